"""A class gets another name or is merged into another: in the export, for all rows, and undone by one undo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import relabelled, table

from labelaudit.decisions import Decision, effective, renames
from labelaudit.errors import BadInput
from labelaudit.exchange import read_jsonl, write_jsonl
from labelaudit.export import diff, export
from labelaudit.labels import encode
from labelaudit.renaming import plan
from labelaudit.review import DecisionLog

KITTEN, CAT, DOG = '"class 0"', '"class 1"', '"class 2"'
DATASET = relabelled(table(n=30), {9: None})


def decide(row: int, action: str, after: str | None = None) -> Decision:
    return Decision(actor="me", action=action, id=str(row), after=after)


def rename(old: str, new: str) -> Decision:
    return Decision(actor="me", action="rename", id="", before=old, after=new)


def labels(log: list[Decision]) -> list[object]:
    return export(DATASET, log).table["label"].to_pylist()


GIVEN = labels([])


def test_all_rows_of_a_class_get_its_new_name_undecided_and_decided_earlier_and_later() -> None:
    log = [decide(0, "set", CAT), decide(1, "keep"), rename(CAT, '"feline"'), decide(3, "set", CAT), decide(4, "skip")]
    expected = ["feline" if name == "class 1" or row in (0, 3) else name for row, name in enumerate(GIVEN)]
    assert labels(log) == expected
    assert list(effective(log)["action"]) == ["set", "keep", "set", "skip"]  # nothing is decided by a new name


def test_the_dry_run_counts_what_the_export_changes() -> None:
    log = [decide(0, "set", CAT), decide(1, "keep"), decide(4, "exclude"), decide(7, "set", DOG)]
    planned = plan(DATASET, log, CAT, "class 2")
    assert planned.sentence == (
        "9 rows class 1 → class 2, 2 of them decided, 1 more are excluded, merged with the 11 that are there"
    )
    before, after = labels(log), labels([*log, planned.decision("me", fingerprint="", base=0)])
    assert sum(old != new for old, new in zip(before, after, strict=True)) == planned.rows == 9
    assert plan(DATASET, [], CAT, " feline ").sentence == "10 rows class 1 → feline"


def test_the_differences_name_what_was_renamed_relabelled_and_removed() -> None:
    log = [decide(0, "set", CAT), decide(4, "exclude"), decide(1, "set", CAT), rename(CAT, '"feline"')]
    changes = diff(DATASET, log).set_index("row")
    assert changes.loc[[0, 1, 4, 7], ["change", "before", "after"]].values.tolist() == [
        ["relabelled", "class 0", "feline"],
        ["renamed", "class 1", "feline"],  # set to what was given
        ["removed", "class 1", None],
        ["renamed", "class 1", "feline"],
    ]
    assert len(changes) == 11
    assert diff(DATASET, [decide(0, "set", CAT), rename(CAT, KITTEN)]).query("row == 0").empty  # back to its own


NAMES = st.sampled_from([KITTEN, CAT, DOG, '"a"', '"b"'])


@given(st.lists(st.tuples(NAMES, NAMES), max_size=8))
def test_renaming_again_and_again_is_the_same_as_one_after_the_other(pairs: list[tuple[str, str]]) -> None:
    texts = list(map(encode, GIVEN))
    for old, new in pairs:
        texts = [new if text == old else text for text in texts]
    assert list(map(encode, labels([rename(*pair) for pair in pairs]))) == texts


def test_one_undo_takes_a_renaming_back_and_a_file_carries_it(tmp_path: Path) -> None:
    log = DecisionLog(f"sqlite:///{tmp_path}/decisions.sqlite")
    fingerprint = DATASET.data_fingerprint
    log.append([plan(DATASET, [], CAT, "<b>cat</b>").decision("me", fingerprint=fingerprint, base=0)])
    written = log.read(fingerprint)
    assert labels(written)[1] == "<b>cat</b>"
    write_jsonl(written, tmp_path / "decisions.jsonl")
    assert renames(read_jsonl(tmp_path / "decisions.jsonl")) == {CAT: '"<b>cat</b>"'}
    log.undo(fingerprint, "me")
    assert labels(log.read(fingerprint)) == GIVEN


def test_classes_that_are_numbers_stay_numbers() -> None:
    numbers = replace(
        DATASET, table=DATASET.table.drop_columns("label").append_column("label", pa.array([n % 3 for n in range(30)]))
    )
    planned = plan(numbers, [], "2", "7")
    assert planned.new == "7"
    assert export(numbers, [planned.decision("me", fingerprint="", base=0)]).table["label"].to_pylist()[2] == 7
    for name in ("cat", "NaN", "[1]", "7.5"):
        with pytest.raises(BadInput, match="is no number like 0; write one"):
            plan(numbers, [], "2", name)


@pytest.mark.parametrize(
    ("old", "name", "says"),
    [
        (CAT, "", "a class needs a name"),
        (CAT, "  \n", "a class needs a name"),
        (CAT, "\ud800", "a class needs a name"),
        (CAT, "class 1", "would be called as it is"),
        (CAT, "x" * 10_000, "has 10,000 characters; write at most 200"),
        ('"class 9"', "x", "no row has the class 'class 9'; did you mean"),
    ],
)
def test_a_name_that_will_not_do_is_one_sentence(old: str, name: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        plan(DATASET, [], old, name)


def test_a_renaming_without_a_class_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text('{"actor": "me", "action": "rename", "id": "", "after": "1"}\n')
    with pytest.raises(BadInput, match="needs the class that gets another name"):
        read_jsonl(tmp_path / "d.jsonl")
