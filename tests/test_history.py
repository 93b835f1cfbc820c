"""The history: each filter finds what it says, and nothing that was taken back is forgotten."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labelaudit.decisions import Decision
from labelaudit.history import Filter, told


def entry(seq: int, action: str, id: str, **more: Any) -> Decision:
    about = {"actor": "me", "time": f"2026-01-0{seq}T12:00:00.000+00:00", "batch": str(seq), "fingerprint": "f"}
    return Decision(seq=seq, action=action, id=id, **{**about, **more})


LOG = [
    entry(1, "set", "a", before='"cat"', after='"dog"', reason="Barks"),
    entry(2, "keep", "b", actor="ann", before='"cat"', after='"cat"', comment="odd <b>one</b>"),
    entry(3, "tag", "a", after='["low_quality_blur"]'),
    entry(4, "undo", "", after='"1"'),
    entry(5, "exclude", "b", actor="rule: r"),
    entry(6, "exclude", "c", actor="rule: r", batch="5"),
    entry(7, "undo", "", actor="ann", after='"5"'),
    entry(8, "undo", "", actor="ann", after='"7"'),
]


@pytest.mark.parametrize(
    ("wanted", "seqs"),
    [
        (Filter(), [1, 2, 3, 4, 5, 6, 7, 8]),
        (Filter(id="a"), [1, 3, 4]),
        (Filter(id="b"), [2, 5, 7]),
        (Filter(id="gone"), []),
        (Filter(actors=("ann", "rule: r"), actions=("keep", "exclude")), [2, 5, 6]),
        (Filter(before='"cat"', after='"dog"'), [1]),
        (Filter(text="bark"), [1]),
        (Filter(text="ODD <b>"), [2]),
        (Filter(text="blur"), [3]),
        (Filter(since="2026-01-03", until="2026-01-04"), [3, 4]),
        (Filter(batch="5"), [5, 6]),
        (Filter(undone=True), [1, 7]),
        (Filter(undone=False, actions=("exclude", "set")), [5, 6]),
    ],
)
def test_each_filter_finds_what_it_says(wanted: Filter, seqs: list[int]) -> None:
    assert [d.seq for d in wanted.applied(LOG)] == seqs


def test_an_undo_says_what_it_took_back() -> None:
    assert [told(LOG[n], LOG) for n in (0, 3, 6, 7)] == [
        "set",
        "took back a decision: a",
        "took back 2 decisions: b and 1 more",
        "redid what was undone: b and 1 more",
    ]


def test_a_batch_that_is_not_there_is_no_error() -> None:
    assert told(entry(9, "undo", "", after=json.dumps("nowhere")), LOG) == "took back 0 decisions"


def test_an_undo_names_the_part_and_one_that_names_itself_ends() -> None:
    log = [entry(1, "set", "a", part="c:happy", after="true"), entry(2, "undo", "", after='"1"')]
    assert told(log[1], log) == "took back a decision: a c:happy"
    assert told(log[1], log, lambda decision: decision.part[2:]) == "took back a decision: happy"
    circle = [entry(1, "undo", "", after='"1"')]
    assert told(circle[0], circle) == "took back 0 decisions"
