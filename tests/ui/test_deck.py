"""What the review screens are given, and what becomes of the events that they send."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from dashboards import Dashboard
from made import relabelled, texts

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.given import Given
from labelaudit.result import Audit
from labelaudit.review import Decision
from labelaudit.selection import Selection
from labelaudit.settings import settings
from labelaudit.ui import deciding, keys
from labelaudit.workspace import Workspace

Decided = Callable[[], dict[str, tuple[str, str | None]]]
SUSPECTS = Selection(suspects=True).to_text()
HTML = "<b onclick=alert(1)>&amp;"


@pytest.fixture
def deck(dashboard: Dashboard, audited: Audit) -> Dashboard:
    dashboard.open("6_Inspector", audit=audited.id, sel=SUSPECTS)
    return dashboard


def event(deck: Dashboard, what: str = "keep", **parts: Any) -> dict[str, Any]:
    shown = deck.deck
    at = parts.pop("at", [shown["open"]])
    usual = {"key": f"k-{what}-{at}", "at": at, "base": [shown["seq"]] * len(at), "reason": "", "comment": ""}
    return {**usual, "do": what, **parts}


def log(audited: Audit) -> list[Decision]:
    return Workspace().log.read(audited.dataset.data_fingerprint)


def by_another(audited: Audit, id_: str, action: str = "exclude", actor: str = "ann") -> None:
    data = audited.dataset.data_fingerprint
    made = Decision(actor=actor, action=action, id=id_, fingerprint=data, base=Workspace().log.last(data))
    Workspace().log.append([made])


def test_an_event_that_comes_twice_is_written_once(deck: Dashboard, audited: Audit, root: Any) -> None:
    first = event(deck)
    following = deck.deck["ahead"][0]
    deck.send(following, first)
    assert deck.waiting == []
    deck.send(following, first)
    assert len(log(audited)) == 1
    # To a server that was started anew, all that waits is sent again.
    other = Dashboard(deck.root, deck.queue)
    other.open("6_Inspector", audit=audited.id, sel=SUSPECTS)
    undo = {"key": "back", "do": "undo", "of": first["key"]}
    for _ in range(2):
        other.send(following, first, undo)
    assert [decision.action for decision in log(audited)] == ["keep", "undo"]


def test_many_events_at_once_are_written_in_their_order(deck: Dashboard, audited: Audit) -> None:
    at = deck.deck["walk"][:5]
    sent = [event(deck, "keep", at=[one]) for one in at]
    sent += [event(deck, "exclude", at=[at[0]]), {"key": "u", "do": "undo", "of": f"k-exclude-[{at[0]}]"}]
    deck.send(at[-1], *sent)
    assert [decision.action for decision in log(audited)] == ["keep"] * 5 + ["exclude", "undo"]
    assert "5 decided" in deck.text()
    assert not deck.deck["refused"]  # what one decided oneself is no surprise


def test_a_decision_on_several_is_one_step(deck: Dashboard, audited: Audit) -> None:
    at = deck.deck["walk"][:3]
    not_suspected = int(np.flatnonzero(~audited.label_issues["is_issue"])[0])
    deck.send(at[0], event(deck, "accept", at=[*at, not_suspected]))  # there is nothing to accept for the last
    written = log(audited)
    assert len(written) == 3 and len({decision.batch for decision in written}) == 1
    assert deck.deck["undo"][-1]["at"] == at


def test_what_another_decided_meanwhile_is_shown_and_not_overwritten(
    deck: Dashboard, audited: Audit, decided: Decided
) -> None:
    own = event(deck)
    id_ = deck.face["id"]
    by_another(audited, id_)
    deck.send(deck.deck["ahead"][0], own)
    (refused,) = deck.deck["refused"]
    (pair,) = refused["pairs"]
    assert (pair["id"], pair["who"], pair["theirs"]) == (id_, "ann", "excluded")
    assert pair["yours"].startswith("keep class")
    assert decided()[id_][0] == "exclude"
    anyway = {**own, "key": "again", "base": [refused["base"]], "over": own["key"]}
    deck.send(deck.deck["open"], anyway)
    assert deck.deck["refused"] == []
    assert decided()[id_][0] == "keep"


def test_one_can_give_way(deck: Dashboard, audited: Audit, decided: Decided) -> None:
    own = event(deck, "ambiguous")
    id_ = deck.face["id"]
    by_another(audited, id_, actor="me")  # a second tab
    deck.send(deck.deck["ahead"][0], own)
    assert [pair["who"] for one in deck.deck["refused"] for pair in one["pairs"]] == ["you, in another tab"]
    deck.send(deck.deck["open"], {"key": "leave", "do": "leave", "over": own["key"]})
    assert deck.deck["refused"] == []
    assert decided()[id_] == ("exclude", None)


def test_an_undo_of_what_is_not_the_last_is_said_and_left_out(deck: Dashboard, audited: Audit) -> None:
    first = event(deck)
    deck.send(deck.deck["ahead"][0], first)
    by_another(audited, str(audited.label_issues["id"].iloc[0]), "skip", actor="me")
    deck.send(deck.deck["open"], {"key": "u", "do": "undo", "of": first["key"]})
    assert "in another tab perhaps" in deck.app.toast[0].value
    assert len(log(audited)) == 2


@pytest.mark.parametrize("wrong", [{"do": "keep", "at": [10**6]}, {"do": "dance"}])
def test_an_event_that_makes_no_sense_is_said_and_not_sent_again(
    deck: Dashboard, audited: Audit, wrong: dict[str, Any]
) -> None:
    deck.send(deck.deck["open"], event(deck, **wrong) | wrong)
    assert deck.app.toast[0].value.endswith("reload the page.")
    assert deck.waiting == [] and log(audited) == []


def test_a_comment_of_any_length_and_a_reason_are_kept(deck: Dashboard, audited: Audit) -> None:
    deck.send(deck.deck["open"], event(deck, reason=" unclear ", comment=HTML * 1000))
    assert (log(audited)[0].reason, log(audited)[0].comment) == ("unclear", HTML * 1000)


def test_why_an_example_was_decided_is_shown_with_it_until_that_is_undone(deck: Dashboard) -> None:
    at = deck.deck["open"]
    made = event(deck, reason="unclear", comment=HTML)
    deck.send(at, made)
    assert deck.deck["state"][str(at)][3] == f"unclear · {HTML}"
    deck.send(at, {"key": "u", "do": "undo", "of": made["key"]})
    assert deck.deck["state"][str(at)] == ["", "", deck.deck["state"][str(at)][2], ""]


def test_the_browser_gets_what_it_lacks_and_names_only_once(deck: Dashboard) -> None:
    first = deck.deck
    assert first["more"] or len(first["faces"]) == first["total"]
    holds = [int(at) for at in first["faces"]]
    deck.hold(holds)
    assert deck.deck["names"] is None
    assert not set(map(int, deck.deck["faces"])) & set(holds)
    assert set(holds) <= set(map(int, deck.deck["state"]))


def test_a_class_name_that_is_html_is_text(dashboard: Dashboard) -> None:
    made = texts(120)
    names = [HTML if row < 20 else f"class {row % 3}" for row in range(120)]
    hostile = relabelled(made, dict(enumerate(names)))
    audit(hostile, AuditConfig(folds=2), cache=settings().cache_dir)
    dashboard.open("6_Inspector", audit=Workspace().request(hostile, AuditConfig(folds=2)))
    assert HTML in dashboard.deck["names"]
    for face in dashboard.deck["faces"].values():
        assert "<b onclick" not in json.dumps(
            face["html"] + face["labels"] + face["facts"] + face["why"] + face["near"]
        )


def test_of_a_thousand_classes_the_likeliest_have_keys_and_all_can_be_found(dashboard: Dashboard) -> None:
    n, k = 2000, 1000
    pred_probs = np.random.default_rng(0).dirichlet(np.full(k, 0.01), n).astype(np.float32)
    classes = tuple(f"class {code}" for code in range(k))
    given = Given(pred_probs=pred_probs, classes=classes)
    columns = {"text": [f"word{row} text" for row in range(n)], "label": [classes[row % k] for row in range(n)]}
    many = Dataset("many", pa.table(columns), ("label",), ("text",), modality="text", given=given)
    audit(many, AuditConfig(checks=False), cache=settings().cache_dir)
    dashboard.open("6_Inspector", audit=Workspace().request(many, AuditConfig(checks=False)))
    assert len(dashboard.deck["names"]) == k
    names = dashboard.deck["names"]  # in the order of the data set's classes, which is another one
    best = [classes[code] for code in np.argsort(-pred_probs[dashboard.deck["open"]], kind="stable")[:9]]
    assert [names[one["code"]] for one in dashboard.face["classes"]] == best
    assert [one["key"] for one in dashboard.face["classes"]] == list("123456789")
    (size,) = (e.proto.ByteSize() for e in dashboard.app.get("bidi_component"))
    assert size < 1_000_000
    dashboard.send(dashboard.deck["open"], event(dashboard, "class", code=names.index("class 777")))
    assert Workspace().log.read(many.data_fingerprint)[0].after == '"class 777"'


def test_all_decided_says_what_comes_next(deck: Dashboard) -> None:
    for at in deck.deck["walk"]:
        deck.send(at, event(deck, at=[at]))
    assert deck.deck["left"] == 0
    assert [success.value for success in deck.app.success] == ["All of these are decided."]
    assert "Export the cleaned data" in [link.proto.label for link in deck.app.get("page_link")]


def test_steps_follow_undo_and_redo_and_end_with_a_new_decision() -> None:
    def made(batch: str, action: str = "keep", after: str | None = None, actor: str = "me") -> Decision:
        return Decision(actor=actor, action=action, id="1", after=after, batch=batch)

    done = [made("a"), made("b"), made("x", actor="ann"), made("c")]
    assert deciding.steps(done, "me") == (["a", "b", "c"], [])
    done += [made("u1", "undo", '"c"'), made("u2", "undo", '"b"')]
    assert deciding.steps(done, "me") == (["a"], ["c", "b"])
    done += [made("r1", "undo", '"u2"')]
    assert deciding.steps(done, "me") == (["a", "b"], ["c"])
    done += [made("d")]
    assert deciding.steps(done, "me") == (["a", "b", "d"], [])


# -- keys -------------------------------------------------------------------------------------------


def test_keys_are_kept_for_each_reviewer_and_back_to_the_defaults(audited: Audit) -> None:
    here, usual = Workspace(), keys.of(Workspace(), "me")
    keys.save(here, "me", {**usual, "accept": ("y", "shift+a"), "next": ("down",)})
    assert keys.of(here, "me") == {**usual, "accept": ("y", "shift+a"), "next": ("down",)}
    assert keys.of(here, "ann") == usual
    keys.save(here, "me", usual)
    assert keys.of(here, "me") == usual


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"keep": ("a",)}, "“a” would be the key of Accept and of Keep; give each its own."),
        ({"keep": ()}, "Keep has no key; write one, k for example."),
        ({"keep": ("3",)}, "“3” is the key of the classes; give Keep another one."),
        ({"keep": ("space",)}, "“space” is the key of the buttons and cards; give Keep another one."),
        ({"keep": ("ctrl+k",)}, "“ctrl+k” is no key that Keep can have; write a single character or left"),
    ],
)
def test_keys_that_can_not_work_are_refused_in_a_sentence(changed: dict[str, tuple[str, ...]], said: str) -> None:
    usual = keys.of(Workspace(), "me")
    with pytest.raises(BadInput, match=f"^{said.replace('+', '.')}"):
        keys.save(Workspace(), "me", {**usual, **changed})
    assert keys.of(Workspace(), "me") == usual


def test_keys_are_read_as_people_write_them() -> None:
    assert keys.parsed(" ArrowLeft h  H h ?") == ("left", "h", "shift+h", "?")


def test_no_two_default_keys_are_the_same() -> None:
    keys.check({action.name: action.keys for action in keys.ACTIONS})
