"""Parquet and Arrow."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kinds import Again, Made

from labelaudit.dataset import JSON_CELLS, Source
from labelaudit.errors import BadInput
from labelaudit.load import read

TABLE = pa.table(
    {
        "i": pa.array([1, None, 3], pa.int8()),
        "f": pa.array([0.1, float("inf"), -0.0], pa.float32()),
        "s": pa.array(["", None, "ü\n"], pa.large_string()),
        "d": pa.array(["x", "y", None]).dictionary_encode(),
        "t": pa.array([dt.datetime(2020, 1, 1), None, dt.datetime(2021, 5, 5)], pa.timestamp("ns", "UTC")),
        "l": pa.array([[1], [], None], pa.list_(pa.int64())),
        "o": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": ""}]),
        "b": pa.array([b"\x00", b"", None]),
    }
).replace_schema_metadata({"who": "me"})
SOURCES = [
    Source("parquet", {"compression": "ZSTD", "header": {}}),
    Source("parquet", {"compression": "NONE", "header": {}}),
    Source("arrow", {"container": "file", "header": {}}),
    Source("arrow", {"container": "stream", "header": {}}),
]
TYPES = st.sampled_from([pa.int16(), pa.uint64(), pa.float64(), pa.string(), pa.bool_(), pa.list_(pa.string())])


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_types_cells_and_metadata_come_back(again: Again, source: Source) -> None:
    table, source_again = again(TABLE, source)
    assert table.equals(TABLE)
    assert table.schema.metadata == TABLE.schema.metadata
    assert source_again == source


@settings(max_examples=50, deadline=None)
@given(data=st.data(), source=st.sampled_from(SOURCES), rows=st.integers(1, 5))
def test_what_goes_in_comes_out(again: Again, data: st.DataObject, source: Source, rows: int) -> None:
    values = {
        pa.int16(): st.integers(-5, 5),
        pa.uint64(): st.integers(0, 2**64 - 1),
        pa.float64(): st.floats(allow_nan=False),
        pa.string(): st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
        pa.bool_(): st.booleans(),
        pa.list_(pa.string()): st.lists(st.sampled_from(["a", ""]), max_size=2),
    }
    kinds = data.draw(st.lists(TYPES, min_size=1, max_size=3))
    cells = [data.draw(st.lists(st.none() | values[kind], min_size=rows, max_size=rows)) for kind in kinds]
    arrays = [pa.array(column, kind) for column, kind in zip(cells, kinds, strict=True)]
    table = pa.table(arrays, names=[f"c{i}" for i in range(len(kinds))])
    assert again(table, source)[0].equals(table)


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_repeated_column_names_are_told_apart_and_restored(again: Again, tmp_path: Path, source: Source) -> None:
    table = pa.table([pa.array([1]), pa.array([2])], names=["a", "b"])
    twice = Source(source.format, {**source.options, "header": {"b": "a"}})
    read_back, source_again = again(table, twice)
    assert read_back.column_names == ["a", "a_2"]
    assert source_again.options["header"] == {"a_2": "a"}
    assert again(read_back, source_again) == (read_back, source_again)


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_views_become_strings_because_arrow_cannot_take_rows_of_them(again: Again, source: Source) -> None:
    table = pa.table({"s": pa.array(["a", None], pa.string_view()), "b": pa.array([b"a", None], pa.binary_view())})
    read_back, _ = again(table, source)
    assert read_back.schema.types == [pa.large_string(), pa.large_binary()]
    assert read_back.take([1, 0]).to_pydict() == {"s": [None, "a"], "b": [None, b"a"]}


def test_json_cells_stay_marked(again: Again) -> None:
    table = pa.table([pa.array(["1", '"1"'])], schema=pa.schema([pa.field("a", pa.string(), metadata=JSON_CELLS)]))
    assert again(table, Source("parquet"))[0].schema.field("a").metadata == JSON_CELLS


@pytest.mark.parametrize(("name", "title"), [("x.parquet", "Parquet"), ("x.arrow", "Arrow")])
def test_files_that_are_cut_off_get_one_sentence(
    again: Again, made: Made, tmp_path: Path, name: str, title: str
) -> None:
    if title == "Parquet":
        pq.write_table(TABLE, tmp_path / name)
    else:
        with pa.OSFile(str(tmp_path / name), "wb") as sink, pa.ipc.new_file(sink, TABLE.schema) as writer:
            writer.write_table(TABLE)
    path = made(name, (tmp_path / name).read_bytes()[:-200])
    with pytest.raises(BadInput) as caught:
        read(path)
    sentence = f"{name} cannot be read as {title}: it is damaged or not complete; write or download it again."
    assert str(caught.value) == sentence


def test_text_under_the_name_of_a_parquet_file_gets_one_sentence(made: Made) -> None:
    with pytest.raises(BadInput, match=r"^x\.parquet cannot be read as Parquet"):
        read(made("x.parquet", "a,b\n1,2\n"))


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_tables_without_rows_or_columns_get_one_sentence(again: Again, source: Source) -> None:
    with pytest.raises(BadInput, match="has a header and no rows"):
        again(TABLE.slice(0, 0), source)
    with pytest.raises(BadInput, match="has no columns"):
        again(pa.table({}), source)


def test_a_type_that_parquet_lacks_gets_one_sentence(again: Again) -> None:
    table = pa.table({"a": pa.array([(1, 2, 3)], pa.month_day_nano_interval())})
    with pytest.raises(BadInput, match=r"^Parquet cannot hold this table .*; choose another format\.$"):
        again(table, Source("parquet"))
