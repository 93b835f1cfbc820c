"""Ratings: long files and wide ones, read and written back."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import rated

from labelaudit.dataset import Dataset, Source
from labelaudit.errors import BadInput
from labelaudit.load import load, ratings, read, to_bytes, write
from labelaudit.shapes.votes import votes, with_votes

LONG = """item,annotator,label,seconds,title
b,ann,cat,3,a nice cat
b,bob,dog,5,a nice cat
b,cid,cat,4,a nice cat
a,ann,dog,9,some dog
a,bob,dog,2,some dog
a,cid,,1,some dog
"""
WIDE = """id,text,rater_1,rater_2,rater_3
7,one,x,x,y
8,two,y,,y
9,three,,,
"""


def of(text: str, **options: object) -> Dataset:
    return load(rated.csv_of(text), task="multiannotator", **options)  # type: ignore[arg-type]


def back(dataset: Dataset) -> str:
    return to_bytes(dataset, "csv").decode()


def people(dataset: Dataset) -> dict[tuple[str, str], str]:
    found = votes(dataset)
    return {
        (str(dataset.ids[i]), found.annotators[a]): str(dataset.classes[k])
        for i, a, k in zip(found.ratings.item, found.ratings.annotator, found.ratings.label, strict=True)
    }


# -- long ---------------------------------------------------------------------------------------------


def test_a_long_file_has_one_row_per_item_with_what_is_its_own_and_what_most_say() -> None:
    dataset = of(LONG)
    assert dataset.table.to_pydict() == {
        "item": ["b", "a"],
        "title": ["a nice cat", "some dog"],
        "consensus": ["cat", "dog"],
    }
    assert dataset.feature_columns == ("title",)
    assert dataset.id_column == "item"
    assert people(dataset) == {
        ("b", "ann"): "cat",
        ("b", "bob"): "dog",
        ("b", "cid"): "cat",
        ("a", "ann"): "dog",
        ("a", "bob"): "dog",
    }


def test_items_that_are_numbers_come_in_their_order_by_which_features_are_aligned() -> None:
    dataset = of("item,annotator,label\n10,a,x\n2,a,y\n2,b,y\n10,b,x\n1,a,x\n1,b,y\n")
    assert dataset.ids.tolist() == [1, 2, 10]


def test_a_long_file_comes_back_with_every_rating_and_the_consensus_beside_it() -> None:
    dataset = of(LONG)
    lines = LONG.strip().split("\n")
    written = [lines[0] + ",consensus", *(line + f",{'cat' if line[0] == 'b' else 'dog'}" for line in lines[1:])]
    assert back(dataset).strip().split("\n") == written
    corrected = dataset.with_labels(["dog", "cat"])
    assert [line.rpartition(",")[2] for line in back(corrected).strip().split("\n")[1:]] == ["dog"] * 3 + ["cat"] * 3


def test_ratings_of_items_that_are_left_out_are_left_out() -> None:
    rest = of(LONG).take(np.array([1]))
    assert [line[0] for line in back(rest).strip().split("\n")[1:]] == ["a"] * 3
    assert set(people(rest)) == {("a", "ann"), ("a", "bob")}


def test_what_was_exported_is_read_with_its_consensus_for_labels() -> None:
    dataset = of(back(of(LONG).with_labels(["dog", "cat"])))
    assert dataset.label_values() == ["dog", "cat"]
    assert dataset.feature_columns == ("title",)
    assert any("column 'consensus'" in note for note in dataset.source.notes)
    assert back(dataset) == back(of(LONG).with_labels(["dog", "cat"]))


@pytest.mark.parametrize("format", ["csv", "tsv", "jsonl", "parquet", "arrow", "xlsx"])
def test_every_format_holds_the_ratings(format: str, tmp_path: Path) -> None:
    dataset = rated.long()
    path = tmp_path / f"ratings.{format}"
    path.write_bytes(to_bytes(dataset, format))
    table, _ = read(path)
    assert table.num_rows == 600
    again = load(path, task="multiannotator")
    assert list(map(str, again.label_values())) == list(map(str, dataset.label_values()))
    np.testing.assert_array_equal(votes(again).ratings.votes, votes(dataset).ratings.votes)


def test_labels_of_different_types_stay_what_they_are() -> None:
    table = pa.table({"item": [1, 1, 2, 2], "worker": ["a", "b", "a", "b"], "answer": [True, True, False, True]})
    dataset = load(table, task="multiannotator")
    assert dataset.classes == (False, True)
    assert dataset.table["consensus"].type == pa.bool_()
    lines = io.BytesIO(to_bytes(dataset, "jsonl")).read().decode()
    assert '"answer":true,"consensus":true' in lines.replace(" ", "")


def test_an_item_without_any_label_has_none_and_one_rated_by_others_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text("item,title\na,some dog\nb,a nice cat\nc,who knows\n")
    dataset = of("item,annotator,label\nb,ann,cat\nb,bob,cat\na,ann,dog\n", label_options={"items": str(path)})
    assert dataset.ids.tolist() == ["a", "b", "c"]
    assert dataset.labels.tolist() == [1, 0, -1]
    assert dataset.feature_columns == ("title",)
    written = back(dataset.with_labels(["dog", "cat", "cat"])).strip().split("\n")
    assert written[-1].startswith("c,,")
    assert written[-1].endswith("cat")
    assert "label_options" not in dataset.provenance


def test_the_same_rating_twice_counts_once_and_of_two_the_last_one() -> None:
    dataset = of("item,annotator,label\na,ann,x\na,ann,x\na,bob,x\nb,ann,x\nb,bob,y\nb,ann,y\n")
    assert people(dataset)[("b", "ann")] == "y"
    assert votes(dataset).ratings.votes.tolist() == [[2, 0], [0, 2]]
    assert any(note.startswith("1 rating was given twice alike") for note in dataset.source.notes)
    assert any(note.startswith("1 rating was contradicted") for note in dataset.source.notes)
    assert len(back(dataset).strip().split("\n")) == 7


@pytest.mark.parametrize("names", ["task,worker_id,answer", "item_id,rater,label", "Example,AnnotatorID,Vote"])
def test_columns_are_found_by_the_names_that_people_use(names: str) -> None:
    dataset = of(names + "\n1,ann,x\n1,bob,x\n2,ann,y\n")
    assert {dataset.label_options[role] for role in ("item", "annotator", "label")} == set(names.split(","))


def test_columns_of_other_names_are_named_by_options() -> None:
    text = "what,by,says\n1,ann,x\n1,bob,x\n2,ann,y\n"
    dataset = of(text, label="says", label_options={"item": "what", "annotator": "by"})
    assert len(votes(dataset).ratings) == 3


def test_ratings_are_recognised_without_being_told() -> None:
    assert load(rated.csv_of(LONG)).task == "multiannotator"


# -- wide ---------------------------------------------------------------------------------------------


def test_a_wide_file_keeps_its_columns_and_gets_the_consensus() -> None:
    dataset = of(WIDE)
    assert dataset.table.column_names == ["id", "text", "rater_1", "rater_2", "rater_3", "consensus"]
    assert dataset.label_values() == ["x", "y", ""]
    assert dataset.labels.tolist() == [0, 1, -1]
    assert people(dataset)[("7", "rater_3")] == "y"
    assert back(dataset).split("\n")[:3] == [
        "id,text,rater_1,rater_2,rater_3,consensus",
        "7,one,x,x,y,x",
        "8,two,y,,y,y",
    ]
    assert back(of(back(dataset))) == back(dataset)


@pytest.mark.parametrize(
    "told", [{"label": ["rater_1", "rater_3"]}, {"label_options": {"annotators": "rater_1, rater_3"}}]
)
def test_annotators_of_a_wide_file_can_be_named(told: dict[str, object]) -> None:
    assert votes(of(WIDE, **told)).annotators == ("rater_1", "rater_3")


def test_annotators_of_a_wide_file_can_be_named_by_how_they_begin() -> None:
    assert len(votes(of(WIDE, label_options={"annotators": "rater*"})).annotators) == 3


def test_a_class_that_never_wins_is_a_class() -> None:
    dataset = of("id,rater_1,rater_2,rater_3\n1,x,x,z\n2,y,y,x\n")
    assert dataset.classes == ("x", "y", "z")


@pytest.mark.parametrize("make", [rated.long, rated.wide])
def test_other_votes_are_written_where_they_stand(make: object) -> None:
    dataset = make()  # type: ignore[operator]
    found = votes(dataset)
    label = found.ratings.label.copy()
    label[::7] = (label[::7] + 1) % 3
    changed = votes(with_votes(dataset, found, label))
    np.testing.assert_array_equal(changed.ratings.label, label)
    np.testing.assert_array_equal(changed.ratings.item, found.ratings.item)


# -- bad input ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ("item,annotator,label\n,ann,x\n", {}, "no item in column 'item' .the first is row 0."),
        ("item,annotator,label\n1,ann,x\n1,,y\n", {}, "1 rating has no annotator in column 'annotator' .* row 1"),
        ("a,b,c,d\n1,2,3,4\n", {}, "no column that looks like annotators"),
        ("annotator,p,q,r\nann,1,2,3\n", {}, "no column that looks like the item"),
        ("item,annotator,label\n1,ann,x\n", {"label_options": {"annotator": "anotator"}}, "did you mean 'annotator'"),
        ("item,annotator,label\n1,ann,x\n", {"label_options": {"rater": "ann"}}, "no option 'rater'"),
        (
            "item,annotator,label\n1,ann,x\n",
            {"label_options": {"item": "label"}},
            "choose a column for each",
        ),
        ("item,annotator,label\n1,ann,\n1,bob,\n", {}, "no labels at all in column 'label'"),
        (WIDE, {"label_options": {"annotators": "rater_1"}}, "one annotator's column"),
        (WIDE, {"label_options": {"annotators": "rater_1,rater_9"}}, "no column 'rater_9'; did you mean"),
    ],
)
def test_bad_ratings_get_one_sentence(text: str, options: dict[str, object], says: str) -> None:
    with pytest.raises(BadInput, match=says) as error:
        of(text, **options)
    assert str(error.value).endswith((".", "?"))


@pytest.mark.parametrize(
    ("items", "says"),
    [
        ("item,title\na,one\n", "lacks 1 of 2 rated items .the first is 'b'."),
        ("item,title\na,one\nb,two\nb,three\n", "the item 'b' more than once"),
        ("name,title\na,one\n", "no column 'item'"),
    ],
)
def test_bad_items_get_one_sentence(items: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text(items)
    with pytest.raises(BadInput, match=says):
        of(LONG, label_options={"items": str(path)})


def test_labels_that_are_no_classes_are_refused() -> None:
    table = pa.table({"item": [1, 1], "annotator": ["a", "b"], "label": [[1], [2]]})
    with pytest.raises(BadInput, match="holds no classes"):
        load(table, task="multiannotator")


def test_labels_that_nearly_all_differ_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratings, "MOST_CELLS", 5)
    with pytest.raises(BadInput, match="holds 3 different labels of 2 items"):
        of("item,annotator,label\n1,ann,0.13\n1,bob,0.7\n2,ann,0.9\n")


# -- gaps ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "xlsx", "parquet"])
def test_ratings_with_gaps_are_the_numbers_that_the_file_says(suffix: str, tmp_path: Path) -> None:
    path, out = tmp_path / f"ratings.{suffix}", tmp_path / f"out.{suffix}"
    table = pa.table({"id": [1, 2, 3], "rater_1": [0, None, 1], "rater_2": [0, 1, 1]})
    write(load(table, label="rater_2"), path, format=suffix)
    dataset = load(path, task="multiannotator", label_options={"annotators": "rater*"})
    assert dataset.class_names == ("0", "1")
    write(dataset, out)
    again = read(out)[0]
    assert again.drop_columns(["consensus"]).equals(read(path)[0])
    assert [str(cell) for cell in again["consensus"].to_pylist()] == ["0", "1", "1"]
    if suffix == "csv":
        assert out.read_text().splitlines() == ["id,rater_1,rater_2,consensus", "1,0,0,0", "2,,1,1", "3,1,1,1"]


@pytest.mark.parametrize("as_text", [False, True])
def test_what_pandas_made_a_float_because_of_a_gap_is_the_same_class_as_without(as_text: bool) -> None:
    cells: list[list[object]] = [[0.0, None, 1.0, 1.0], [0, 1, 1, 0]]
    if as_text:
        cells = [["" if cell is None else str(cell) for cell in column] for column in cells]
    table = pa.table({"id": list("abcd"), "rater_1": cells[0], "rater_2": cells[1], "rater_3": cells[1]})
    dataset = load((table, Source("csv")) if as_text else table, task="multiannotator")
    assert dataset.class_names == ("0", "1")
    assert [str(cell) for cell in dataset.table["consensus"].to_pylist()] == ["0", "1", "1", "0"]
    assert dataset.table.drop_columns(["consensus"]).equals(table)
    again = load((dataset.table, dataset.source), task="multiannotator")
    assert again.class_names == ("0", "1")
    assert again.table.equals(dataset.table)


def test_numbers_that_are_not_whole_stay_as_they_are() -> None:
    dataset = of("item,annotator,label\n1,ann,1.0\n1,bob,1.5\n2,ann,1.0\n2,bob,1.0\n")
    assert dataset.class_names == ("1.0", "1.5")
