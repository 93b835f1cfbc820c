"""Decisions from elsewhere: what still holds is carried over, and of the rest nothing is silently dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from labelaudit.carry import Arrival, arrival
from labelaudit.dataset import Dataset, Source
from labelaudit.decisions import Decision, effective
from labelaudit.errors import BadInput
from labelaudit.exchange import parse_jsonl, to_jsonl
from labelaudit.export import export
from labelaudit.labels import encode
from labelaudit.review import DecisionLog


def pets(names: Sequence[str], labels: Sequence[str], sizes: Sequence[int] = (1, 2, 3)) -> Dataset:
    table = pa.table({"name": list(names), "species": list(labels), "size": list(sizes)})
    roles: dict[str, Any] = {"label_columns": ("species",), "feature_columns": ("size",), "id_column": "name"}
    return Dataset("pets", table, **roles, source=Source("csv"))


BEFORE = pets(["rex", "tom", "tweety"], ["cat", "cat", "bird"])


def decide(dataset: Dataset, id: str, action: str = "keep", after: Any = None, **more: Any) -> Decision:
    row = int(dataset.rows_of([id])[0])
    given = dataset.given_texts[row] if row >= 0 else None
    about = {"actor": "ann", "before": given, "batch": f"b {id}", "fingerprint": dataset.data_fingerprint}
    return Decision(action=action, id=id, after=encode(after), **{**about, **more})


def reasons(came: Arrival) -> list[tuple[str, str]]:
    return [(decision.id, why) for decision, why in came.refused]


def test_a_copy_that_is_brought_back_is_whole_and_known_the_second_time(url: str) -> None:
    log = DecisionLog(url)
    fingerprint = BEFORE.data_fingerprint
    log.append([decide(BEFORE, "rex", "set", "dog"), decide(BEFORE, "tom", "tag", ["ambiguous_class"])])
    log.undo(fingerprint, "ann")
    log.redo(fingerprint, "ann")
    copy = to_jsonl(log.read(fingerprint))
    other = DecisionLog(url, "after the disk was lost")
    for new, known in ((4, 0), (0, 4)):
        came = arrival(parse_jsonl(copy, "copy.jsonl"), BEFORE, other.read(fingerprint))
        assert (len(came.new), len(came.known), came.refused) == (new, known, [])
        other.restore(came.new)
    assert [replace(d, seq=0) for d in other.read(fingerprint)] == [replace(d, seq=0) for d in log.read(fingerprint)]


def test_lines_without_a_key_are_taken_once_and_as_often_as_they_stand_there() -> None:
    line = b'{"actor": "me", "action": "%s", "id": "rex"}\n'
    brought = parse_jsonl(line % b"keep" + line % b"exclude" + line % b"keep", "by hand")
    came = arrival(brought, BEFORE, [])
    assert [d.action for d in came.new] == ["keep", "exclude", "keep"]
    assert len({d.key for d in came.new}) == 3
    assert {d.fingerprint for d in came.new} == {BEFORE.data_fingerprint}
    again = arrival(brought, BEFORE, came.new)
    assert (again.new, len(again.known)) == ([], 3)


def test_a_line_that_stands_there_twice_with_its_key_is_taken_once(url: str) -> None:
    twice = [decide(BEFORE, "rex", key="k")] * 2
    came = arrival(twice, BEFORE, [])
    assert (len(came.new), len(came.known)) == (1, 1)
    assert len(DecisionLog(url).restore(twice)) == 1


def test_data_that_changed_keeps_what_matches_and_lists_the_rest() -> None:
    now = pets(["tweety", "tom", "felix"], ["bird", "dog", "cat"], [3, 2, 9])
    brought = [
        decide(BEFORE, "rex", "exclude"),
        decide(BEFORE, "tom", "set", "dog", reason="barks"),
        decide(BEFORE, "tweety", "set", "cat", reason="meows", comment="c", run="r", time="2026-01-01"),
        decide(BEFORE, "", "undo", "b rex", batch="u"),
        decide(BEFORE, "tom", "tag", ["relabel"]),
        decide(BEFORE, "", "rename", "fowl", before='"bird"'),
        decide(BEFORE, "", "rename", "x", before='"horse"'),
    ]
    came = arrival(brought, now, [])
    origin = f"carried over from data {BEFORE.data_fingerprint[:12]}"
    assert [(d.id, d.action, d.reason) for d in came.new] == [
        ("tweety", "set", f"meows ({origin})"),
        ("tom", "tag", origin),
        ("", "rename", origin),
    ]
    assert (came.new[0].time, came.new[0].run, came.new[0].comment) == ("2026-01-01", "r", "c")
    assert {d.fingerprint for d in came.new} == {now.data_fingerprint}
    assert came.carried == 3
    assert reasons(came) == [
        ("rex", "is about an id that is gone"),
        ("tom", "is about the label 'cat', which is 'dog' now"),
        ("", "takes back what is not here"),
        ("", "is about the class 'horse', which is gone"),
    ]
    assert len(came.new) + len(came.known) + len(came.refused) == len(brought)
    assert export(now, came.new).table["species"].to_pylist() == ["cat", "dog", "cat"]
    again = arrival(brought, now, came.new)
    assert (again.new, len(again.known), len(again.refused)) == ([], 3, 4)


def test_a_row_whose_content_changed_is_told_where_the_earlier_data_is_at_hand() -> None:
    now = pets(["rex", "tom", "tweety"], ["cat", "cat", "bird"], [1, 77, 3])
    brought = [decide(BEFORE, "rex"), decide(BEFORE, "tom")]
    assert len(arrival(brought, now, []).new) == 2
    came = arrival(brought, now, [], earlier=[BEFORE])
    assert [d.id for d in came.new] == ["rex"]
    assert reasons(came) == [("tom", "is about a row whose content changed")]


def test_what_was_decided_otherwise_here_stays_unless_the_file_is_to_win() -> None:
    here = [
        replace(decide(BEFORE, "rex", "exclude", actor="bob", key="h1"), seq=1),
        replace(decide(BEFORE, "tom", "skip", actor="bob", key="h2", batch="h"), seq=2),
        replace(decide(BEFORE, "tweety", "keep", "bird", actor="bob", key="h3", batch="i"), seq=3),
    ]
    brought = [decide(BEFORE, "rex", "set", "dog"), decide(BEFORE, "tom"), decide(BEFORE, "tweety", "keep", "bird")]
    came = arrival(brought, BEFORE, here)
    assert [d.id for d in came.new] == ["tom", "tweety"]
    assert reasons(came) == [("rex", "is about what bob decided otherwise here")]
    assert came.sentence == "2 new, 0 known already, 1 refused"
    assert len(arrival(brought, BEFORE, here, overwrite=True).new) == 3


def test_what_continues_a_log_is_taken_as_its_end() -> None:
    first = replace(decide(BEFORE, "rex", "set", "dog", key="k1"), seq=1)
    then = decide(BEFORE, "rex", "exclude", key="k2", batch="later")
    came = arrival([first, then], BEFORE, [first])
    assert ([d.key for d in came.new], came.known, came.refused) == (["k2"], [first], [])
    assert effective([first, *came.new])["action"].tolist() == ["exclude"]


@pytest.mark.parametrize(
    ("after", "action", "message"),
    [("[1]", "undo", "write the batch that it takes back"), ('"x"', "tag", "write the list of all tags")],
)
def test_a_line_that_would_spoil_the_log_is_refused(after: str, action: str, message: str, tmp_path: Path) -> None:
    line = to_jsonl([Decision(actor="me", action=action, id="rex", after=after)])
    with pytest.raises(BadInput, match=f"line 1 of x.jsonl: .*{message}"):
        parse_jsonl(line, "x.jsonl")
