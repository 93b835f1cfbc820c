"""One change on many examples: the dry run says what applying does, and one undo takes it back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made import relabelled, table

from labelaudit.audit import audit
from labelaudit.bulk import ACTIONS, Change, Plan, plan
from labelaudit.decisions import Decision, effective, tags_of
from labelaudit.errors import BadInput
from labelaudit.labels import encode
from labelaudit.result import Audit
from labelaudit.review import DecisionLog
from labelaudit.selection import Selection, points, selected, with_decisions

WRONG = {row: f"class {(row + 1) % 3}" for row in range(0, 60, 5)}
CLASSES = ['"class 0"', '"class 1"', '"class 2"']
CHANGES = st.builds(
    Change, action=st.sampled_from([a for a in ACTIONS if a not in ("set", "tag", "untag")]), over=st.booleans()
) | st.builds(Change, action=st.just("set"), value=st.sampled_from(CLASSES), over=st.booleans())
TAGGINGS = st.builds(Change, action=st.sampled_from(["tag", "untag"]), value=st.sampled_from(["keep", "own"]))


@pytest.fixture(scope="module")
def found() -> Audit:
    return audit(relabelled(table(n=120), {**WRONG, 100: None, 101: None}))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> DecisionLog:
    return DecisionLog(f"sqlite:///{tmp_path_factory.mktemp('log')}/decisions.sqlite")


def state(found: Audit, log: DecisionLog) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]]]:
    decisions = log.read(found.dataset.data_fingerprint)
    return with_decisions(found, points(found), effective(decisions)), tags_of(decisions)


def apply(found: Audit, log: DecisionLog, planned: Plan, actor: str = "me") -> list[Decision]:
    fingerprint = found.dataset.data_fingerprint
    return log.append(planned.decisions(actor, fingerprint=fingerprint, base=log.last(fingerprint)))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CHANGES | TAGGINGS, st.sets(st.integers(0, 119), min_size=1)), min_size=1, max_size=4))
def test_applying_does_what_the_dry_run_says_and_undoing_all_leaves_all_as_before(
    found: Audit, log: DecisionLog, changes: list[tuple[Change, set[int]]]
) -> None:
    states = [state(found, log)]
    for change, chosen in changes:
        before, tags = states[-1]
        positions = np.array(sorted(chosen))
        planned = plan(found, before, positions, change, tags)
        apply(found, log, planned)
        after, new_tags = state(found, log)
        ids = before["id"].astype(str)
        columns = ["action", "final"]
        moved = (before[columns].fillna("") != after[columns].fillna("")).any(axis=1)
        moved |= ids.map(tags.get).fillna("") != ids.map(new_tags.get).fillna("")
        changed = ids[moved].tolist()
        assert planned.examples["id"].tolist() == changed
        assert planned.moves["rows"].sum() == len(planned) == len(changed)
        left = 0 if change.over else planned.otherwise
        assert len(planned) + planned.already + planned.lacking + left == len(positions)
        again = plan(found, after, positions, change, new_tags)
        assert len(again) == 0
        states.append((after, new_tags) if changed else states.pop())
        if not changed:
            continue
    for before, tags in reversed(states[:-1]):
        log.undo(found.dataset.data_fingerprint)
        now, now_tags = state(found, log)
        pd.testing.assert_frame_equal(now, before)
        assert now_tags == tags


def test_the_sentence_says_what_changes_and_what_stays(found: Audit, tmp_path: Path) -> None:
    log = DecisionLog(f"sqlite:///{tmp_path}/decisions.sqlite")
    shown, _ = state(found, log)
    cell = Selection(suspects=True, given=CLASSES[1], suggested=CLASSES[0])
    two = np.flatnonzero(selected(found, shown, cell))
    assert plan(found, shown, two, Change("accept")).sentence == "2 rows class 1 → class 0"
    unsuspected = int(np.flatnonzero(shown["suggested"].isna())[0])
    suspects = np.flatnonzero(shown["is_issue"])
    apply(found, log, plan(found, shown, suspects[:1], Change("accept")))
    apply(found, log, plan(found, shown, suspects[1:2], Change("exclude")), actor="ann")
    shown, _ = state(found, log)
    some = plan(found, shown, np.append(suspects, unsuspected), Change("accept"))
    left = len(suspects) - 2
    assert some.sentence == f"{left} rows change, 1 already decided otherwise, 1 already so, 1 with no suggestion"
    assert some.moves["rows"].sum() == left
    over = plan(found, shown, suspects, Change("accept", over=True))
    assert over.sentence == f"{left + 1} rows change, 1 of them decided otherwise, 1 already so"
    assert over.moves.set_index("from").loc["excluded", ["rows", "ids"]].tolist() == [1, str(shown["id"][suspects[1]])]


def test_what_has_no_label_can_not_be_kept(found: Audit, tmp_path: Path) -> None:
    shown, _ = state(found, DecisionLog(f"sqlite:///{tmp_path}/decisions.sqlite"))
    kept = plan(found, shown, np.array([99, 100, 101]), Change("keep"))
    assert kept.sentence == "1 row class 0 → class 0 (kept), 2 with no given label"


def test_nothing_selected_changes_nothing(found: Audit, tmp_path: Path) -> None:
    shown, _ = state(found, DecisionLog(f"sqlite:///{tmp_path}/decisions.sqlite"))
    for action in ACTIONS:
        planned = plan(found, shown, np.array([], dtype=int), Change(action, '"class 0"'))
        assert (planned.sentence, len(planned.moves)) == ("0 rows change", 0)
        assert planned.decisions("me", fingerprint="", base=0) == []


def test_html_in_a_class_stays_text(found: Audit, tmp_path: Path) -> None:
    shown, _ = state(found, DecisionLog(f"sqlite:///{tmp_path}/decisions.sqlite"))
    planned = plan(found, shown, np.array([0]), Change("set", str(encode("<script>alert(1)</script>"))))
    assert planned.moves["to"].tolist() == ["<script>alert(1)</script>"]


@pytest.mark.parametrize("action", ["set", "tag", "untag"])
def test_a_change_that_lacks_its_value_is_one_sentence(found: Audit, action: str, tmp_path: Path) -> None:
    shown, _ = state(found, DecisionLog(f"sqlite:///{tmp_path}/decisions.sqlite"))
    with pytest.raises(BadInput, match=r"is needed to (set|add|remove)"):
        plan(found, shown, np.array([0]), Change(action))  # type: ignore[arg-type]
