"""What is taken back, brought back, and what holds after that."""

from __future__ import annotations

import json

import pytest
from decided import DATA, decide, outcome, relabel
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.decisions import undone_batches
from labelaudit.errors import Stale
from labelaudit.review import Decision, DecisionLog, effective


def test_undo_takes_back_a_whole_batch_and_brings_back_what_was_before(url: str) -> None:
    log = DecisionLog(url)
    log.append([decide("a"), decide("b")])
    second = log.append([relabel("a", "dog", base=2), relabel("b", "dog", base=2)])
    before = outcome(log.read(DATA)[:2])
    assert log.undo(DATA, "me") == second[0].batch
    assert outcome(log.read(DATA)) == before
    assert len(log.read(DATA)) == 5


def test_undo_again_takes_back_the_batch_before_until_nothing_is_left(url: str) -> None:
    log = DecisionLog(url)
    batches = [log.append([decide(id_)])[0].batch for id_ in "abc"]
    assert [log.undo(DATA, "me") for _ in range(4)] == [*reversed(batches), None]
    assert effective(log.read(DATA)).empty


def test_undo_leaves_the_batches_of_others(url: str) -> None:
    log = DecisionLog(url)
    mine = log.append([decide("a")])[0].batch
    rule = log.append([relabel("b", "dog", actor="rule: r")])[0].batch
    assert log.undo(DATA, "you") is None
    assert log.undo(DATA, "me") == mine
    assert log.undo(DATA) == rule
    assert {d.actor for d in log.read(DATA) if d.action == "undo"} == {"me", "rule: r"}


def test_undo_and_redo_of_one_stage_leave_the_others_as_they_are(url: str) -> None:
    log = DecisionLog(url)
    second = [log.append([decide(id_, stage="second")])[0].batch for id_ in "ab"]
    first = log.append([decide("c")])[0].batch
    assert [log.undo(DATA, "me", stage="second") for _ in range(3)] == [*reversed(second), None]
    assert outcome(log.read(DATA)) == {"c": ("keep", None)}
    log.append([decide("d")])
    assert log.redo(DATA, "me") is None
    assert log.redo(DATA, "me", stage="second") == second[0]
    assert log.undo(DATA, "me", stage="") != first
    assert log.undo(DATA, "me", stage="") == first
    assert outcome(log.read(DATA)) == {"a": ("keep", None)}


def test_redo_brings_back_one_batch_after_the_other_and_undo_works_again(url: str) -> None:
    log = DecisionLog(url)
    one, two = (log.append([decide(id_)])[0].batch for id_ in "ab")
    assert [log.undo(DATA, "me") for _ in range(2)] == [two, one]
    assert log.redo(DATA, "you") is None
    assert log.redo(DATA, "me") == one
    assert outcome(log.read(DATA)) == {"a": ("keep", None)}
    assert log.redo(DATA, "me") == two
    assert log.redo(DATA, "me") is None
    assert log.undo(DATA, "me") == two
    assert log.redo(DATA, "me") == two
    assert [log.undo(DATA, "me") for _ in range(3)] == [two, one, None]


def test_a_new_decision_leaves_nothing_to_redo(url: str) -> None:
    log = DecisionLog(url)
    log.append([decide("a")])
    log.undo(DATA, "me")
    log.append([decide("b", actor="ann")])
    assert log.redo(DATA, "me") is not None
    log.undo(DATA, "me")
    log.append([decide("c")])
    assert log.redo(DATA, "me") is None


def test_who_takes_back_what_a_rule_did_is_on_record(url: str) -> None:
    log = DecisionLog(url)
    rule = log.append([decide("a", actor="rule: r")])[0].batch
    assert log.undo(DATA, "rule: r", by="ann") == rule
    assert log.redo(DATA, "rule: r", by="bob") == rule
    assert [d.actor for d in log.read(DATA)] == ["rule: r", "ann", "bob"]


def test_an_undo_leaves_what_others_decided_since(url: str) -> None:
    log = DecisionLog(url)
    [mine] = log.append([decide("a")])
    log.append([relabel("a", "dog", actor="ann", base=mine.seq)])
    assert log.undo(DATA, "me") == mine.batch
    assert outcome(log.read(DATA)) == {"a": ("set", '"dog"')}


def test_a_redo_that_would_overrule_what_somebody_decided_since_is_refused(url: str) -> None:
    log = DecisionLog(url)
    [mine] = log.append([decide("a", stage="final")])
    log.undo(DATA, "me")
    [theirs] = log.append([relabel("a", "dog", actor="ann", base=mine.seq + 1)])
    before = log.read(DATA)
    with pytest.raises(Stale, match="id 'a' was decided on by ann meanwhile; it stays as it is") as caught:
        log.redo(DATA, "me")
    assert caught.value.conflicts == ((mine, theirs),)
    assert log.read(DATA) == before


def test_an_undo_that_is_undone_brings_its_batch_back() -> None:
    decisions = [
        decide("a", batch="1"),
        decide("", "undo", after='"1"', batch="2"),
        decide("", "undo", after='"2"', batch="3"),
    ]
    assert undone_batches(decisions) == {"2"}
    assert outcome(decisions) == {"a": ("keep", None)}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["keep", "exclude", "skip", "undo"]))))
def test_effective_is_what_replaying_with_a_stack_gives(steps: list[tuple[str, str]]) -> None:
    decisions: list[Decision] = []
    stack: list[Decision] = []
    for number, (id_, action) in enumerate(steps):
        if action != "undo":
            stack.append(decide(id_, action, batch=str(number)))
            decisions.append(stack[-1])
        elif stack:
            decisions.append(decide("", "undo", after=json.dumps(stack.pop().batch), batch=str(number)))
    assert outcome(decisions) == {d.id: (d.action, None) for d in stack}


def test_effective_keeps_one_row_per_example_and_part_in_order() -> None:
    frame = effective([decide("b"), decide("a"), decide("b", part="t1"), relabel("b", "dog")])
    assert list(zip(frame.id, frame.part, frame.action, strict=True)) == [
        ("a", "", "keep"),
        ("b", "t1", "keep"),
        ("b", "", "set"),
    ]
    assert frame.after.tolist() == [None, None, '"dog"']


def test_effective_of_nothing_has_the_columns() -> None:
    assert effective([]).columns[:4].tolist() == ["id", "part", "action", "before"]
