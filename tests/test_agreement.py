"""Agreement of reviewers: published figures, the formulas, and what counts as an independent opinion."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import cohen_kappa_score

from labelaudit.agreement import by_class, category, counted, fleiss_kappa, opinions, pairs
from labelaudit.assignments import assignment
from labelaudit.conflicts import conflicts, table
from labelaudit.decisions import Decision, effective, to_redo
from labelaudit.errors import BadInput
from labelaudit.reviewers import check_name, decided_by, reviewers, second_opinions
from labelaudit.store import Slice

# Fleiss 1971, table 1: 30 patients, six psychiatrists each, five diagnoses.
DIAGNOSES = [
    "00060", "03003", "01401", "00006", "03030", "20400", "00402", "20310", "20040", "00006",
    "10050", "11040", "03300", "10050", "02031", "00501", "30012", "51000", "02040", "10203",
    "00006", "01050", "02013", "20040", "10041", "05010", "40002", "02040", "10500", "00006",
]  # fmt: skip
# The example of many textbooks: ten subjects, fourteen raters, five categories.
TEXTBOOK = [
    (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
]  # fmt: skip


def say(actor: str, id: str, label: str, **more: Any) -> Decision:
    """`keep`, `exclude`, `ambiguous` and `skip` of an example that is given as cat, or another class for it."""
    before = json.dumps("cat")
    if label in ("exclude", "ambiguous", "skip"):
        return Decision(actor=actor, action=label, id=id, before=before, **more)
    action = "keep" if label == "cat" else "set"
    return Decision(actor=actor, action=action, id=id, before=before, after=json.dumps(label), **more)


def blind(actor: str, id: str, label: str) -> Decision:
    return say(actor, id, label, stage="second")


def log(*decisions: Decision) -> list[Decision]:
    """As the log returns them: numbered, each a batch of its own unless it says otherwise."""
    return [
        replace(d, seq=n, batch=d.batch or str(n), time=d.time or f"2026-01-01T10:{n:02}:00.000+00:00")
        for n, d in enumerate(decisions, start=1)
    ]


# -- Fleiss' kappa --------------------------------------------------------------------------------


def test_fleiss_kappa_of_the_paper() -> None:
    counts = np.array([[int(digit) for digit in row] for row in DIAGNOSES])
    assert set(counts.sum(axis=1)) == {6}
    kappa, low, high = fleiss_kappa(counts)
    assert kappa == pytest.approx(0.430, abs=0.0005)
    assert low < kappa < high


def test_fleiss_kappa_of_the_textbook() -> None:
    assert fleiss_kappa(np.array(TEXTBOOK))[0] == pytest.approx(0.210, abs=0.0005)


@given(arrays(int, (12, 3), elements=st.integers(0, 3)))
def test_fleiss_kappa_is_its_formula(drawn: np.ndarray) -> None:
    counts = drawn[drawn.sum(axis=1) >= 2]
    share = counts.sum(axis=0) / max(1, counts.sum())
    if not len(counts) or (share == 1).any():
        assert np.isnan(fleiss_kappa(drawn)).all()
        return
    observed = np.mean([sum(n * (n - 1) for n in row) / (row.sum() * (row.sum() - 1)) for row in counts])
    expected = sum(p * p for p in share)
    assert fleiss_kappa(drawn)[0] == pytest.approx((observed - expected) / (1 - expected))


# -- independent opinions -------------------------------------------------------------------------


def said(*decisions: Decision) -> dict[tuple[str, str], str]:
    found = opinions(log(*decisions)).table
    return {(row.id, row.actor): row.category for row in found.itertuples()}


def test_an_opinion_is_the_label_that_results() -> None:
    assert [category(say("ann", "1", label)) for label in ("cat", "dog", "exclude", "ambiguous", "skip")] == [
        '"cat"', '"dog"', "exclude", "ambiguous", None,
    ]  # fmt: skip
    assert category(say("ann", "1", "exclude")) != category(
        Decision(actor="ann", action="set", id="1", after='"exclude"')
    )


def test_blind_opinions_are_independent_and_an_overwrite_is_not() -> None:
    decisions = log(
        say("ann", "1", "cat"),
        say("ann", "1", "dog"),  # she corrects herself
        say("bob", "1", "cow"),  # he has seen hers
        blind("cid", "1", "cat"),
        blind("cid", "1", "dog"),
        say("bob", "2", "cat"),
        say("ann", "2", "cat"),
    )
    found = opinions(decisions)
    assert said(*decisions) == {("1", "ann"): '"dog"', ("1", "cid"): '"dog"', ("2", "bob"): '"cat"'}
    assert (found.overruled, found.changed) == (2, 1)


def test_rules_final_says_skips_and_what_was_undone_are_nobodys_opinion() -> None:
    undone = say("ann", "3", "dog", batch="gone")
    assert said(
        say("rule: accept suggestions below 0.2", "1", "dog"),
        say("ann", "1", "cat"),
        say("bob", "1", "dog", stage="final"),
        blind("bob", "2", "skip"),
        undone,
        Decision(actor="ann", action="undo", id="", after='"gone"'),
    ) == {("1", "ann"): '"cat"'}


def test_a_second_opinion_on_ones_own_review_does_not_count_twice() -> None:
    assert said(say("ann", "1", "cat"), blind("ann", "1", "dog")) == {("1", "ann"): '"cat"'}


# -- pairs and classes ----------------------------------------------------------------------------


def two(ours: list[str], theirs: list[str]) -> pd.DataFrame:
    decisions = [say("ann", str(n), label) for n, label in enumerate(ours)]
    return opinions(log(*decisions, *(blind("bob", str(n), label) for n, label in enumerate(theirs)))).table


def test_pairs_have_cohens_kappa_and_an_interval() -> None:
    rng = np.random.default_rng(0)
    ours = rng.choice(["cat", "dog", "exclude"], 40).tolist()
    theirs = [a if rng.random() < 0.7 else "dog" for a in ours]
    (pair,) = pairs(two(ours, theirs)).to_dict("records")
    agreed = sum(a == b for a, b in zip(ours, theirs, strict=True))
    assert (pair["one"], pair["other"], pair["examples"], pair["agreed"]) == ("ann", "bob", 40, agreed)
    assert pair["low"] < pair["share"] == agreed / 40 < pair["high"]
    assert pair["kappa"] == pytest.approx(cohen_kappa_score(ours, theirs))
    assert pair["note"] == ""


def test_a_kappa_that_says_nothing_says_so() -> None:
    (alike,) = pairs(two(["cat"] * 5, ["cat"] * 5)).to_dict("records")
    assert np.isnan(alike["kappa"])
    assert "not defined" in alike["note"]
    (few,) = pairs(two(["cat", "dog"], ["cat", "cat"])).to_dict("records")
    assert "fewer than 30" in few["note"]
    assert pairs(two(["cat"], [])).empty
    assert np.isnan(fleiss_kappa(counted(two(["cat"], []))[0])).all()


def test_classes_on_which_they_differ_come_first() -> None:
    found = by_class(*counted(two(["cat", "cat", "dog", "cow"], ["cat", "dog", "cat", "cow"])))
    assert found["category"].tolist() == ['"dog"', '"cat"', '"cow"']
    dog, cat, cow = found.to_dict("records")
    assert (dog["opinions"], dog["agreement"], dog["confused_with"], dog["times"]) == (2, 0, '"cat"', 2)
    assert (cat["opinions"], cat["agreement"]) == (4, 0.5)
    assert (cow["agreement"], cow["confused_with"]) == (1, "")


def test_fleiss_and_cohen_are_close_for_two_who_use_the_classes_alike() -> None:
    ours, theirs = ["cat", "dog"] * 20, ["cat", "dog"] * 18 + ["dog", "cat"] * 2
    counts, _ = counted(two(ours, theirs))
    assert counts.shape == (40, 2)
    assert fleiss_kappa(counts)[0] == pytest.approx(cohen_kappa_score(ours, theirs))


SAID = {  # what one person says, and how often each says what is right
    "alike": ((0.25, 0.25, 0.25, 0.25), 0.85),
    "one class is rare": ((0.95, 0.05), 0.97),
    "often by chance": ((0.5, 0.5), 0.7),
}


@pytest.mark.parametrize(("share", "right"), SAID.values(), ids=SAID)
@pytest.mark.parametrize("people", [2, 3])
def test_the_interval_of_kappa_covers_it_as_often_as_it_says(
    share: tuple[float, ...], right: float, people: int
) -> None:
    rng, k = np.random.default_rng(0), len(share)
    says = np.full((k, k), (1 - right) / (k - 1)) + (right - (1 - right) / (k - 1)) * np.eye(k)

    def asked(n: int) -> np.ndarray:
        true = rng.choice(k, n, p=share)
        said = (rng.random((n, people, 1)) > says.cumsum(axis=1)[true][:, None]).sum(axis=2)
        return (said[:, :, None] == np.arange(k)).sum(axis=1)

    truth = fleiss_kappa(asked(400_000))[0]
    bounds = np.array([fleiss_kappa(asked(150))[1:] for _ in range(400)])
    covered = ((bounds[:, 0] <= truth) & (truth <= bounds[:, 1])).mean()
    assert 0.92 <= covered <= 0.99


def test_of_two_people_both_kappas_are_as_sure() -> None:
    ours, theirs = ["cat", "dog"] * 20, ["cat", "dog"] * 18 + ["dog", "cat"] * 2
    (pair,) = pairs(two(ours, theirs)).to_dict("records")
    kappas = pair["kappa"], pair["kappa_low"], pair["kappa_high"]
    assert kappas == pytest.approx(fleiss_kappa(counted(two(ours, theirs))[0]))
    assert kappas[0] == pytest.approx(0.8)
    assert kappas[1] < 0.65 and kappas[2] < 1
    (alike,) = pairs(two(["cat", "dog"] * 10, ["cat", "dog"] * 10)).to_dict("records")
    assert (alike["kappa"], alike["kappa_high"]) == (1, 1)
    assert alike["kappa_low"] < 0.75  # twenty that are the same do not make sure


# -- conflicts ------------------------------------------------------------------------------------


def test_conflicts_are_where_opinions_differ_until_the_final_say_settles_them() -> None:
    decisions = log(
        say("ann", "1", "cat"), say("ann", "2", "cat"), say("ann", "3", "cat"), say("ann", "4", "dog"),
        blind("bob", "1", "dog"), blind("bob", "2", "cat"), blind("bob", "3", "exclude"),
        blind("cid", "4", "cat"), blind("cid", "5", "dog"), blind("bob", "5", "cat"),
        say("bob", "4", "cat"),  # having seen ann's, so that nobody differs any more
    )  # fmt: skip
    found = conflicts(decisions)
    assert [c.id for c in found] == ["1", "3", "5"]
    assert [d.actor for d in found[0].opinions] == ["ann", "bob"]
    assert not any(c.final for c in found)
    settled = [*decisions, *log(say("dee", "1", "dog", stage="final"))]
    assert {c.id: c.final and c.final.actor for c in conflicts(settled)} == {"1": "dee", "3": None, "5": None}
    in_force = effective(settled).set_index("id")
    assert in_force.loc["1", "after"] == '"dog"'
    assert in_force.loc["3", "action"] == "keep"
    written = table(conflicts(settled))
    assert written["state"].tolist() == ["settled"] * 3 + ["open"] * 4
    assert written["said"].tolist()[:3] == ['"cat"', '"dog"', '"dog"']


def test_undoing_the_final_say_opens_the_conflict_again() -> None:
    decisions = log(say("ann", "1", "cat"), blind("bob", "1", "dog"), say("dee", "1", "dog", stage="final", batch="f"))
    assert conflicts(decisions)[0].final is not None
    again = [*decisions, *log(Decision(actor="dee", action="undo", id="", after='"f"'))]
    assert conflicts(again)[0].final is None


# -- reviewers ------------------------------------------------------------------------------------


def test_progress_counts_examples_and_leaves_pauses_out() -> None:
    def at(minute: int, second: int, id: str, **more: Any) -> Decision:
        return say("ann", id, "cat", time=f"2026-01-01T10:{minute:02}:{second:02}.000+00:00", **more)

    bulk = [at(0, 20, str(n)) for n in range(10, 20)]
    (ann,) = reviewers(log(at(0, 0, "1"), at(0, 10, "1"), *bulk, at(50, 0, "2"), at(50, 10, "3", stage="second")))
    assert (ann.name, ann.first, ann.second, ann.final) == ("ann", 12, 1, 0)
    assert ann.per_hour == pytest.approx(3 * 3600 / 30)
    assert ann.last.startswith("2026-01-01T10:50:10")
    assert reviewers(log(say("rule: accept suggestions below 0.2", "1", "dog"))) == []
    assert reviewers(log(say("bob", "1", "dog")))[0].per_hour is None


def test_the_pace_in_an_assignment_is_that_of_the_reviewer() -> None:
    decisions = log(*(say("ann", str(n), "cat", time=f"2026-01-01T10:{n:02}:00.000+00:00") for n in (0, 1, 5, 6)))
    wanted = Slice(name="two", fingerprint="", selection="", reviewer="ann")
    made = assignment(wanted, ["0", "1"], decisions)
    assert (made.total, made.decided, made.last) == (2, 2, "2026-01-01T10:01:00.000+00:00")
    assert made.per_hour == reviewers(decisions)[0].per_hour == pytest.approx(3 * 3600 / 360)


def test_what_somebody_decided_can_be_listed() -> None:
    decisions = log(say("ann", "2", "cat"), say("ann", "1", "dog"), blind("ann", "3", "dog"), say("ann", "4", "skip"))
    assert decided_by(decisions, "ann") == ["2", "1"]
    assert decided_by(decisions, "ann", "second") == ["3"]


@pytest.mark.parametrize(
    "typed", ["", " \n", "x" * 61, "a@b", "ann\uff20b", "rule: mine", "RULE:x", "a\u202eb", "a\x1b[1m"]
)
def test_a_name_that_is_none_or_anothers_is_refused(typed: str) -> None:
    with pytest.raises(BadInput, match="name"):
        check_name(typed)


def test_a_name_is_kept_as_typed_but_for_its_spaces() -> None:
    assert check_name("  Änn \t O'Neil ") == "Änn O'Neil"
    assert check_name("x" * 60) == "x" * 60


def test_a_blind_reviewer_sees_their_own_opinions_and_what_took_them_back() -> None:
    decisions = log(
        say("ann", "1", "cat"), blind("bob", "1", "dog"), blind("cid", "1", "cow"), say("bob", "2", "cat"),
        replace(blind("bob", "3", "dog"), batch="b"),
        Decision(actor="bob", action="undo", id="", after='"b"', stage="second", batch="u"),
        Decision(actor="ann", action="undo", id="", after='"1"'),
    )  # fmt: skip
    seen = second_opinions(decisions, "bob")
    assert [(d.actor, d.action, d.id) for d in seen] == [("bob", "set", "1"), ("bob", "set", "3"), ("bob", "undo", "")]
    assert effective(seen)["id"].tolist() == ["1"]
    assert to_redo(seen, "bob") is not None
