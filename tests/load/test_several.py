"""Several labels per example: how they are found, read, and written back as they stood."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kinds import Made
from made import several

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.labels import encode
from labelaudit.load import load, to_bytes, write
from labelaudit.shapes.several import label_sets

SIZES = [(row * 7 % 13) / 2 + row % 3 for row in range(12)]


def csv(label: str, cells: list[str]) -> str:
    quoted = ['"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\n') else cell for cell in cells]
    rows = [f"{size},{cell}" for size, cell in zip(SIZES * 9, quoted, strict=False)]
    return "\n".join([f"size,{label}", *rows]) + "\n"


def names(dataset: Dataset) -> tuple[str, ...]:
    return label_sets(dataset).names


def sets(dataset: Dataset) -> list[str]:
    """The labels of each example: their initials, a question mark for those of which nothing is said."""
    initials = [name[0] for name in names(dataset)]
    given = label_sets(dataset).given
    return ["".join(letter if bit else "" for letter, bit in zip(initials, row, strict=True) if bit >= 0)
            + "?" * bool((row < 0).any()) for row in given]  # fmt: skip


def changed(dataset: Dataset, row: int, **labels: bool | None) -> Dataset:
    """Give one example other labels."""
    values = dataset.label_values()
    for name, value in labels.items():
        values[row * len(names(dataset)) + names(dataset).index(name)] = value
    return dataset.with_labels(values)


def lines_that_differ(made: Path, dataset: Dataset) -> list[str]:
    before, after = made.read_text().splitlines(), to_bytes(dataset).decode().splitlines()
    assert len(before) == len(after)
    return [new for old, new in zip(before, after, strict=True) if old != new]


# -- a column for each label ------------------------------------------------------------------------


def binary(absent: str = "0", present: str = "1") -> str:
    """A column for each of three labels; no example is calm, and of one that is not said."""
    rows = ["a,1.5,+,-,-", "b,2.5,-,+,", "c,0.5,+,+,-", "d,3.5,-,-,-", "e,1.0,-,+,-"]
    cells = [row.replace("-", absent).replace("+", present) for row in rows]
    return "\n".join(["id,size,happy,sad,calm", *cells]) + "\n"


BINARY = binary()


def test_the_last_run_of_columns_of_0_and_1_are_the_labels(made: Made) -> None:
    dataset = load(made("songs.csv", BINARY), task="multilabel")
    assert dataset.label_columns == names(dataset) == ("happy", "sad", "calm")
    assert (dataset.feature_columns, dataset.id_column) == (("size",), "id")
    assert sets(dataset) == ["h", "s?", "hs", "", "s"]
    assert dataset.units.parts[:3].tolist() == ["c:happy", "c:sad", "c:calm"]
    assert dataset.classes == (False, True)
    assert "3 labels are read from as many columns: 'happy', 'sad', 'calm'" in dataset.source.notes


@pytest.mark.parametrize("wanted", [["happy", "sad"], "happy,sad", "?a[pd]*", ["sad", "happy"]])
def test_columns_are_named_each_or_in_a_list_or_by_a_pattern(made: Made, wanted: Any) -> None:
    dataset = load(made("songs.csv", BINARY), task="multilabel", label=wanted)
    assert set(dataset.label_columns) == {"happy", "sad"}


@pytest.mark.parametrize(
    ("absent", "present"),
    [("0", "1"), ("no", "yes"), ("No", "Yes"), ("FALSE", "TRUE"), ("n", "y"), ("0.0", "1.0"), (" no", " yes")],
)
def test_a_changed_cell_is_in_the_words_of_its_column(made: Made, absent: str, present: str) -> None:
    path = made("songs.csv", binary(absent, present))
    dataset = load(path, task="multilabel", label=["happy", "sad", "calm"])
    assert to_bytes(dataset) == path.read_bytes()
    # No example is calm: the word for it is that of the pair.
    assert lines_that_differ(path, changed(dataset, 3, calm=True)) == [f"d,3.5,{absent},{absent},{present.strip()}"]
    assert lines_that_differ(path, changed(dataset, 3, happy=None)) == [f"d,3.5,,{absent},{absent}"]


def test_a_blank_column_takes_the_words_of_the_others(made: Made) -> None:
    path = made("songs.csv", "size,happy,sad\n" + "".join(f"{n}.5,{'yes' if n % 2 else 'no'},\n" for n in range(6)))
    dataset = load(path, task="multilabel", label="happy,sad")
    assert sets(dataset) == ["?", "h?"] * 3
    assert lines_that_differ(path, changed(dataset, 0, sad=True)) == ["0.5,no,yes"]


@pytest.mark.parametrize("kind", [pa.bool_(), pa.int8(), pa.float64(), pa.string()])
def test_typed_columns_keep_their_type(tmp_path: Path, kind: pa.DataType) -> None:
    bits = [1, 0, None, 1, 0, 1]
    happy = pa.array([None if bit is None else str(bit) for bit in bits]) if kind == pa.string() else pa.array(bits)
    table = pa.table({"x": [0.1, 3.5, 2.2, 1.7, 9.1, 4.4], "happy": happy.cast(kind), "sad": pa.array([0] * 6)})
    path = tmp_path / "songs.parquet"
    pq.write_table(table, path)
    dataset = load(path, task="multilabel", label=["happy", "sad"])
    assert label_sets(dataset).given[:, 0].tolist() == [1, 0, -1, 1, 0, 1]
    write(changed(dataset, 1, happy=True, sad=True), tmp_path / "out.parquet")
    again = pq.read_table(tmp_path / "out.parquet")
    assert again.schema.equals(table.schema)
    assert [row for row in range(6) if again.slice(row, 1) != table.slice(row, 1)] == [1]
    assert label_sets(load(again, task="multilabel", label=["happy", "sad"])).given[1].tolist() == [1, 1]


# -- all labels in one cell -------------------------------------------------------------------------

SEPARATED = ["happy;sad", "sad", "", "calm; happy", "sad;calm;happy", "n/a", "happy", "calm;calm", " sad ;calm", "sad;"]


def test_labels_with_a_separator(made: Made) -> None:
    dataset = load(made("songs.csv", csv("labels", SEPARATED)), task="multilabel")
    assert names(dataset) == ("calm", "happy", "sad")
    assert dataset.label_options["separator"] == ";"
    assert sets(dataset) == ["hs", "s", "", "ch", "chs", "?", "h", "c", "cs", "s"]
    assert "1 empty cell is taken for none of the labels" in dataset.source.notes[-1]


@pytest.mark.parametrize(
    ("row", "labels", "cell"),
    [
        (0, {"calm": True}, "happy;sad;calm"),
        (0, {"happy": False}, "sad"),
        (1, {"sad": False}, ""),
        (2, {"happy": True}, "happy"),
        (3, {"sad": True}, "calm; happy; sad"),
        (3, {"calm": False}, "happy"),
        (4, {"calm": False}, "sad;happy"),
        (5, {"happy": True}, "happy"),
        (7, {"happy": True}, "calm;calm;happy"),
        (7, {"calm": False}, ""),
        (8, {"sad": False}, " calm"),
        (9, {"happy": True}, "sad;happy;"),
    ],
)
def test_a_changed_cell_keeps_its_order_and_its_separator(
    made: Made, row: int, labels: dict[str, bool], cell: str
) -> None:
    path = made("songs.csv", csv("labels", SEPARATED))
    dataset = load(path, task="multilabel")
    assert to_bytes(dataset) == path.read_bytes()
    assert lines_that_differ(path, changed(dataset, row, **labels)) == [f"{SIZES[row]},{cell}"]


def test_labels_in_the_order_of_their_names_stay_in_it(made: Made) -> None:
    path = made("songs.csv", csv("labels", ["a|c", "b|c", "c", "a|b", "a|c"] * 3))
    assert lines_that_differ(path, changed(load(path, task="multilabel"), 0, b=True)) == [f"{SIZES[0]},a|b|c"]


@pytest.mark.parametrize(
    ("cells", "separator"),
    [
        (["rock, pop", "pop", "rock", "jazz, pop"], ","),
        (["R&B / Soul; Rock", "Rock", "R&B / Soul", "Rock; Pop"], ";"),
        (["a|b", "b", "a|c"], "|"),
        (["alone", "alone", "other"], ","),
    ],
)
def test_the_separator_is_guessed(made: Made, cells: list[str], separator: str) -> None:
    dataset = load(made("songs.csv", csv("mood", cells * 3)), task="multilabel", label="mood")
    assert dataset.label_options["separator"] == separator
    assert set(names(dataset)) == {part.strip() for cell in cells for part in cell.split(separator)}


def test_the_separator_and_what_an_empty_cell_means_can_be_said(made: Made) -> None:
    path = made("songs.csv", csv("mood", ["a+b c", "", "b c", "a"] * 3))
    how = {"separator": "+", "empty_means": "missing", "labels": "d,a"}
    dataset = load(path, task="multilabel", label="mood", label_options=how)
    assert names(dataset) == ("d", "a", "b c")  # one that never occurs, too
    assert sets(dataset)[:4] == ["ab", "?", "b", "a"]


@pytest.mark.parametrize(
    ("cells", "row", "after"),
    [
        (['["happy", "sad"]', "[]", '["sad"]', '["sad", "happy"]'], 0, '["happy", "sad", "calm"]'),
        (["['happy', 'sad']", "[]", "['sad']", "['sad', 'happy']"], 2, "['sad', 'calm']"),
        (["['happy','sad']", "", "['sad']", "['sad','happy']"], 1, "['calm']"),
        (["[happy,sad]", "[]", "[sad]", "[sad,happy]"], 3, '[sad,happy,"calm"]'),
    ],
)
def test_lists_that_are_written_as_text(made: Made, cells: list[str], row: int, after: str) -> None:
    path = made("songs.csv", csv("labels", [*cells, cells[0].replace("sad", "calm")] * 2))
    dataset = load(path, task="multilabel")
    assert dataset.label_options["form"] == "text"
    assert sets(dataset)[:5] == ["hs", "", "s", "hs", "ch"]
    assert to_bytes(dataset) == path.read_bytes()
    changed_line = lines_that_differ(path, changed(dataset, row, calm=True))
    assert changed_line == [csv("labels", ["x"] * row + [after]).splitlines()[row + 1]]


def test_lists_of_json_lines(made: Made) -> None:
    lists = [["happy", "sad"], [], None, ["sad", "sad"], ["calm"], ["happy"]]
    text = "".join(json.dumps({"x": n * 7 % 5, "labels": labels}) + "\n" for n, labels in enumerate(lists))
    path = made("songs.jsonl", text)
    dataset = load(path, task="multilabel")
    assert sets(dataset) == ["hs", "", "?", "s", "c", "h"]
    assert to_bytes(dataset).decode() == text
    assert lines_that_differ(path, changed(dataset, 3, calm=True)) == ['{"x": 1, "labels": ["sad", "sad", "calm"]}']
    assert lines_that_differ(path, changed(dataset, 2, calm=False, happy=False, sad=False)) == [
        '{"x": 4, "labels": []}'
    ]


def test_lists_of_parquet_keep_their_type(tmp_path: Path) -> None:
    table = pa.table({"x": [1.5, 2.5, 0.5], "genres": pa.array([[3, 1], [], [1]], pa.large_list(pa.int16()))})
    path = tmp_path / "songs.parquet"
    pq.write_table(table, path)
    dataset = load(path, task="multilabel")
    assert names(dataset) == ("1", "3")
    write(changed(dataset, 1, **{"3": True}), tmp_path / "out.parquet")
    again = pq.read_table(tmp_path / "out.parquet")
    assert again.schema.equals(table.schema)
    assert again["genres"].to_pylist() == [[3, 1], [3], [1]]


def test_a_column_that_gives_one_label_away_is_left_out() -> None:
    happy = [n % 2 for n in range(40)]
    table = pa.table(
        {"mood": ["dull" if n else "bright" for n in happy], "x": [n * 7 % 13 for n in range(40)],
         "happy": happy, "sad": [int(n % 3 == 0) for n in range(40)]}
    )  # fmt: skip
    dataset = load(table, task="multilabel", label=["happy", "sad"])
    assert dataset.provenance["left_out"] == {"mood": "is a copy of the label under other names"}


def test_folds_spread_each_label_and_copies_of_sets_are_told_apart(made: Made) -> None:
    rng = np.random.default_rng(0)
    bits = (rng.random((200, 4)) < [0.5, 0.3, 0.1, 0.05]).astype(int)
    table = pa.table({"x": rng.random(200), **{f"c{k}": bits[:, k] for k in range(4)}})
    dataset = load(table, task="multilabel", label="c*")
    from labelaudit.folds import assign_folds

    fold = assign_folds(dataset, 5, seed=0).fold
    counts = np.array([[bits[fold == number, k].sum() for k in range(4)] for number in range(5)])
    assert (counts.max(axis=0) - counts.min(axis=0) <= 4).all()
    codes, titles = dataset.strata
    assert len(set(zip(map(tuple, bits.tolist()), codes.tolist(), strict=True))) == len(titles) == codes.max() + 1


# -- bad input --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "roles", "words"),
    [
        (BINARY.replace("c,0.5,1", "c,0.5,maybe"), {"label": "happy,sad"}, "'happy' holds maybe in row 2"),
        (BINARY, {"label": "happy"}, "'happy' is one label of absent and present; name the columns of all labels"),
        (BINARY, {"label": "hapy,sad"}, "no column 'hapy'; did you mean 'happy'"),
        (BINARY, {"label": "size,happy"}, "'size' holds 1.5 in row 0"),
        (BINARY, {"label": "happy,sad", "label_options": {"form": "list"}}, "are two columns, and labels"),
        ("x,y\n1.5,u\n2.5,v\n", {}, "no column of lists and no two columns of 0 and 1"),
        (csv("labels", [""] * 6), {"label": "labels"}, "'labels' has no labels at all"),
        (csv("labels", ['["a"]', '["b"]', '["a", "b"', '["a"]']), {}, "'labels' holds .* in row 2, which is no list"),
        (csv("labels", ['["a"]', '[["b"]]', '["a"]']), {}, "'labels' holds .* in row 1, which is no list"),
        (csv("labels", ["a;b"] * 4), {"label_options": {"separatr": ";"}}, "no option 'separatr'; did you"),
        (csv("labels", ["a;b"] * 4), {"label_options": {"empty_means": "zero"}}, "there is no empty_means 'zero'"),
        (csv("labels", ['[1, "1"]', "[1]"] * 3), {}, "has the labels 1 and \"1\", which look alike"),
        (csv("labels", [f"{n};{n}x" for n in range(3000)]), {"label": "labels"}, ""),
    ],
)  # fmt: skip
def test_labels_that_can_not_be_read_are_named(made: Made, content: str, roles: dict[str, Any], words: str) -> None:
    if not words:
        content, words = "x,labels\n" + "".join(f"1.5,a{n};b{n}\n" for n in range(1001)), "has 2,002 different labels"
    with pytest.raises(BadInput, match=words):
        load(made("songs.csv", content), task="multilabel", **roles)


def test_a_label_is_present_or_absent_and_nothing_else(made: Made) -> None:
    dataset = load(made("songs.csv", BINARY), task="multilabel")
    with pytest.raises(BadInput, match="is absent or present, and can't be glad"):
        dataset.with_labels(["glad"] * len(dataset.units))


def test_an_empty_cell_of_a_column_of_one_label_says_nothing_of_that_label_alone(made: Made) -> None:
    dataset = load(made("songs.csv", BINARY), task="multilabel")
    assert label_sets(dataset).given[1].tolist() == [0, 1, -1]
    assert dataset.label_values()[3:6] == [False, True, None]
    filled = changed(dataset, 1, calm=True)
    assert lines_that_differ(made("songs.csv", BINARY), filled) == ["b,2.5,0,1,1"]


def test_nothing_said_of_one_label_is_no_error_and_gets_a_suggestion() -> None:
    whole = several(80)
    values = whole.label_values()
    values[5] = None  # label b of the second example
    rows = audit(whole.with_labels(values), AuditConfig(checks=False)).label_issues
    assert not rows["is_issue"].iloc[5]
    assert rows["evidence"].iloc[5][0] == "no label is given"
    assert rows["suggested"].iloc[5] == encode(whole.label_values()[5])
    assert rows["given"].drop(5).notna().all()
