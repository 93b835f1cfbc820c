"""The data set: identity, labels, ids, and its folder."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from operator import mul
from pathlib import Path
from typing import Any

import made
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.dataset import JSON_CELLS, Dataset, Source
from labelaudit.errors import BadInput, StoreError
from labelaudit.labels import decode, encode, is_missing, show
from labelaudit.saved import open_dataset, save_dataset


def labelled(cells: Any, **roles: Any) -> Dataset:
    return Dataset("t", pa.table({"x": range(len(cells)), "y": cells}), ("y",), ("x",), **roles)


def with_ids(cells: Any) -> Dataset:
    return Dataset("t", pa.table({"id": cells}), (), (), id_column="id")


# -- labels as text -----------------------------------------------------------------------------------


@given(st.none() | st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False))
def test_labels_survive_as_json_text(value: Any) -> None:
    again = decode(encode(value))
    assert again == value
    assert type(again) is type(value)


def test_missing_text_is_no_label() -> None:
    assert decode(float("nan")) is None
    assert decode(None) is None


@pytest.mark.parametrize(("value", "shown"), [("cat", "cat"), (1, "1"), (True, "true"), (None, "–"), ("ä", "ä")])
def test_labels_are_shown_without_quotes(value: Any, shown: str) -> None:
    assert show(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(" cat", "␠cat"), ("a  b \t", "a  b␠␠"), ("\u00a0x", "␠x"), ("", ""), ("  ", "␠␠")]
)
def test_white_space_at_the_ends_of_a_label_is_visible(value: str, shown: str) -> None:
    assert show(value) == shown


@pytest.mark.parametrize("value", [None, float("nan"), "", "  ", "NaN", "null", "N/A", "#N/A", "<NA>"])
def test_blank_and_null_words_are_missing(value: Any) -> None:
    assert is_missing(value)


@pytest.mark.parametrize("value", [0, False, "0", "none of these", "NA", "unknown", 0.0])
def test_other_values_are_labels(value: Any) -> None:
    assert not is_missing(value)


# -- classes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "classes", "codes"),
    [
        (["b", "a", None, "b", ""], ("a", "b"), [1, 0, -1, 1, -1]),
        (["10", "9", "2"], ("2", "9", "10"), [2, 1, 0]),
        (["10", "9", "x"], ("10", "9", "x"), [0, 1, 2]),
        ([3, 1, None], (1, 3), [1, 0, -1]),
        ([True, False, None], (False, True), [1, 0, -1]),
        ([1.5, float("nan"), 0.5], (0.5, 1.5), [1, -1, 0]),
        (pa.array(["b", None, "a"]).dictionary_encode(), ("a", "b"), [1, -1, 0]),
        (pa.nulls(3), (), [-1, -1, -1]),
        (pa.chunked_array([["b"], ["a", "b"]]), ("a", "b"), [1, 0, 1]),
    ],
)
def test_classes_are_sorted_and_coded(cells: Any, classes: tuple[Any, ...], codes: list[int]) -> None:
    dataset = labelled(cells)
    assert dataset.classes == classes
    assert [type(c) for c in dataset.classes] == [type(c) for c in classes]
    assert dataset.labels.tolist() == codes


def test_values_that_are_equal_in_python_are_classes_of_their_own_in_a_mixed_column() -> None:
    field = pa.field("y", pa.string(), metadata=JSON_CELLS)
    dataset = Dataset("t", pa.table([["1", "true", '"1"']], schema=pa.schema([field])), ("y",), ())
    assert sorted(map(encode, dataset.classes)) == ['"1"', "1", "true"]
    assert sorted(dataset.labels) == [0, 1, 2]


def mixed(values: list[Any]) -> Dataset:
    field = pa.field("y", pa.string(), metadata=JSON_CELLS)
    cells = pa.array([encode(value) for value in values], pa.string())
    return Dataset("t", pa.table([cells], schema=pa.schema([field])), ("y",), ())


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["b", "a", "a "], {"b", "a", "a␠"}),
        ([3, "3", "x"], {"3", '"3"', "x"}),
        ([3, "3", '"3"'], {"3", '"3"', '"\\"3\\""'}),
        ([True, "true", None], {"true", '"true"'}),
        ([" a", "\ta"], {'" a"', '"\\ta"'}),
        (["–", "x"], {'"–"', "x"}),
        (["a" * 500 + "1", "a" * 500 + "2"], {'"' + "a" * 118 + "… (0)", '"' + "a" * 118 + "… (1)"}),
        (["\ud800", "\\ud800"], {'"\\ud800"', '"\\\\ud800"'}),
    ],
)
def test_every_class_has_a_name_of_its_own(values: list[Any], names: set[str]) -> None:
    dataset = mixed(values)
    assert set(dataset.class_names) == names
    assert len(dataset.class_names) == len(dataset.classes)
    assert tuple(dataset.name_of(encode(value)) for value in dataset.classes) == dataset.class_names


@given(
    st.lists(
        st.builds(mul, st.text(' \t3"x–\ud800', max_size=4), st.sampled_from([1, 60]))
        | st.integers(0, 3)
        | st.booleans(),
        min_size=1,
        max_size=8,
    )
)
def test_names_of_classes_never_repeat(values: list[Any]) -> None:
    names = mixed(values).class_names
    assert len(set(names)) == len(names)


def test_labels_that_are_no_class_have_a_name_too() -> None:
    dataset = mixed([3, "x "])
    assert [dataset.name_of(text) for text in (None, float("nan"), '"new "', "4", '"3"')] == [
        *("–", "–", "new␠", "4", '"3"')
    ]


@given(st.lists(st.sampled_from([None, '"new "', "4", '"3"', "3", '"x "'])))
def test_a_column_of_labels_has_the_names_of_each(texts: list[str | None]) -> None:
    dataset = mixed([3, "x "])
    column = pd.Series(texts, dtype=object)
    assert dataset.names_of(column).tolist() == [dataset.name_of(text) for text in texts]


@pytest.mark.parametrize(
    "cells", [[[1], [2]], [{"a": 1}, None], [b"x", b"y"], pa.array([0, 1], pa.date32()), [Decimal("1.5"), None]]
)
def test_columns_that_hold_no_classes_are_refused(cells: Any) -> None:
    with pytest.raises(BadInput, match=r"column 'y' holds .*; choose another label column"):
        _ = labelled(cells).labels


# -- ids ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "ids"),
    [
        ([7, 3], [7, 3]),
        (["7", "3"], [7, 3]),
        (["-7", "0"], [-7, 0]),
        (["07", "3"], ["07", "3"]),
        (["7", "x"], ["7", "x"]),
        ([2**63, 1], [str(2**63), "1"]),
        (["9" * 30, "1"], ["9" * 30, "1"]),
        ([1.5, 2.0], ["1.5", "2.0"]),
    ],
)
def test_ids_are_whole_numbers_where_all_are_and_text_otherwise(cells: Any, ids: list[Any]) -> None:
    column = pa.array(cells, pa.uint64()) if 2**63 in cells else cells
    assert with_ids(column).ids.tolist() == ids


def test_rows_are_numbered_without_an_id_column() -> None:
    assert labelled(["a", "b"]).ids.tolist() == [0, 1]


def test_rows_are_found_by_id_as_text() -> None:
    assert labelled(["a", "b"]).rows_of(["1", "0", "2", "", "00"]).tolist() == [1, 0, -1, -1, -1]
    assert with_ids(["x", "10", "9"]).rows_of(pd.Series(["9", "x", "y"])).tolist() == [2, 0, -1]
    assert with_ids(["x", "10", "9"]).rows_of([]).tolist() == []


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (["a", "b", "a"], r"1 id in column 'id' occurs more than once \(a in rows 0 and 2\)"),
        ([3, 3, 4, 4], r"2 ids in column 'id' occur more than once \(3 in rows 0 and 1\)"),
        ([None, "b", None], r"2 rows have no id in column 'id' \(the first is row 0\)"),
        (["a", " ", "b"], r"1 row has no id in column 'id' \(the first is row 1\)"),
        ([0.5, float("nan"), 1.5], r"1 row has no id in column 'id' \(the first is row 1\)"),
    ],
)
def test_repeated_ids_are_refused(cells: list[Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        with_ids(cells)


# -- roles --------------------------------------------------------------------------------------------


def test_missing_column_is_named_with_what_was_meant() -> None:
    with pytest.raises(BadInput, match="no column 'lable'; did you mean 'label'"):
        replace(made.table(), label_columns=("lable",))


def test_table_without_rows_is_refused() -> None:
    with pytest.raises(BadInput, match="has no rows"):
        made.table().take(np.array([], dtype=np.int64))


def test_groups_are_numbered_and_the_empty_one_is_one_group() -> None:
    dataset = made.with_column(labelled(list("abcd")), "g", ["x", None, "x", None], group_column="g")
    groups = dataset.groups()
    assert groups is not None
    assert groups[0] == groups[2] != groups[1] == groups[3]
    assert labelled(["a"]).groups() is None


# -- identity -----------------------------------------------------------------------------------------


def test_fingerprint_is_of_content_and_not_of_chunks_or_names() -> None:
    whole = made.table()
    halves = pa.concat_tables([whole.table.slice(0, 50), whole.table.slice(50)])
    same = replace(whole, table=halves, name="other", provenance={"demo": "x"})
    assert same.fingerprint == whole.fingerprint
    assert same.data_fingerprint == whole.data_fingerprint


def test_sliced_table_has_the_fingerprint_of_its_rows() -> None:
    whole = made.table()
    part = replace(whole, table=whole.table.slice(30, 40))
    assert part.fingerprint == whole.take(np.arange(30, 70)).fingerprint


def test_fingerprint_changes_with_every_cell_type_and_role() -> None:
    dataset = made.table()
    variants = [
        dataset,
        made.relabelled(dataset, {0: "class 2"}),
        made.relabelled(dataset, {0: None}),
        replace(dataset, feature_columns=("x0",)),
        replace(dataset, modality="text"),
        replace(dataset, source=Source("csv")),
        replace(dataset, table=dataset.table.rename_columns(["a", "x1", "x2", "label"]), feature_columns=("x1",)),
        made.with_column_as_label(dataset, dataset.table["label"].combine_chunks().dictionary_encode()),
    ]
    assert len({variant.fingerprint for variant in variants}) == len(variants)


def test_data_fingerprint_is_the_same_for_other_features() -> None:
    dataset = made.table()
    assert replace(dataset, feature_columns=("x0",)).data_fingerprint == dataset.data_fingerprint
    assert made.relabelled(dataset, {0: "new"}).data_fingerprint != dataset.data_fingerprint
    assert made.relabelled(dataset, {0: "new"}).feature_fingerprint == dataset.feature_fingerprint


# -- copies -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cells",
    [["a", None], [1, None], [True, None], [0.5, None], pa.array(["a", None]).dictionary_encode()],
)
def test_given_back_labels_leave_the_table_as_it_was(cells: Any) -> None:
    dataset = labelled(cells)
    assert dataset.with_labels(dataset.label_values()).table.equals(dataset.table)


def test_label_that_does_not_fit_the_column_is_refused() -> None:
    with pytest.raises(BadInput, match="does not fit column 'y' of type int64"):
        labelled([1, 2]).with_labels([1, "two"])


def test_new_class_fits_a_dictionary_column() -> None:
    dataset = labelled(pa.array(["a", "b"]).dictionary_encode())
    assert dataset.with_labels(["a", "new"]).classes == ("a", "new")


# -- on disk ------------------------------------------------------------------------------------------


def test_saved_data_set_opens_as_it_was(tmp_path: Path) -> None:
    source = Source("csv", {"delimiter": ";"}, ("read as Latin-1",))
    dataset = made.with_column(made.texts(), "key", range(120), id_column="key", source=source, provenance={"a": [1]})
    save_dataset(dataset, tmp_path / "d")
    opened = open_dataset(tmp_path / "d")
    assert opened.table.equals(dataset.table)
    assert opened.table.schema.equals(dataset.table.schema, check_metadata=True)
    for field in ("name", "label_columns", "feature_columns", "modality", "id_column", "group_column", "source"):
        assert getattr(opened, field) == getattr(dataset, field)
    assert opened.fingerprint == dataset.fingerprint
    assert sorted(path.name for path in (tmp_path / "d").iterdir()) == ["data.arrow", "dataset.json"]


@pytest.mark.parametrize("name", ["data.arrow", "dataset.json"])
@pytest.mark.parametrize("content", [None, b"", b"{}", b"scribble"])
def test_damaged_folder_is_a_sentence(tmp_path: Path, name: str, content: bytes | None) -> None:
    save_dataset(made.table(), tmp_path)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(StoreError, match="does not hold a data set"):
        open_dataset(tmp_path)
