"""XLSX."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kinds import Again, Made
from openpyxl import Workbook, load_workbook

from labelaudit.dataset import JSON_CELLS, Source
from labelaudit.errors import BadInput
from labelaudit.load import excel, read

TEXTS = st.one_of(
    st.sampled_from(
        ["=1+1", "'x", "#N/A", "_x000D_", "_x005F_x000D_", "a\r\nb", " x ", "\x01", "007", "1.0", "TRUE", "\ufffe"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6),
)
MOMENTS = st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2100, 1, 1)).map(lambda m: m.replace(microsecond=0))
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(-1e12, 1e12).filter(lambda x: not x.is_integer()),
    MOMENTS,
    TEXTS,
)
KINDS = [st.none() | kind for kind in (TEXTS, st.integers(-9, 9), st.booleans(), MOMENTS, st.floats(0.1, 0.9))]


def workbook(tmp_path: Path, rows: list[list[Any]], name: str = "x.xlsx", **sheets: list[list[Any]]) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for title, others in sheets.items():
        sheet = book.create_sheet(title)
        for row in others:
            sheet.append(row)
    book.save(tmp_path / name)
    return tmp_path / name


@settings(max_examples=150, deadline=None)
@given(
    columns=st.integers(1, 5).flatmap(
        lambda rows: st.lists(
            st.one_of(CELLS, *KINDS)
            .flatmap(lambda _: st.sampled_from([CELLS, *KINDS]))
            .flatmap(lambda kind: st.lists(kind, min_size=rows, max_size=rows)),
            min_size=1,
            max_size=3,
        )
    )
)
@example(columns=[["a", 1, None, dt.datetime(2020, 1, 2), True], [0.1 + 0.2, 1, 2, 3, 4]])
def test_what_goes_in_comes_out(again: Again, columns: list[list[Any]]) -> None:
    first = [f"row {i}" for i in range(len(columns[0]))]  # a row without any cell is no row
    made = [excel._column(f"c{i}", column) for i, column in enumerate([first, *columns])]
    table = pa.Table.from_arrays([array for _, array in made], schema=pa.schema([field for field, _ in made]))
    read_back, source = again(table, Source("xlsx", {"sheet": "data"}))
    assert read_back.to_pydict() == table.to_pydict()
    if not any(pa.types.is_null(kind) for kind in table.schema.types):
        assert read_back.schema.equals(table.schema, check_metadata=True)
    assert again(read_back, source) == (read_back, source)


def test_types_are_those_of_the_cells(tmp_path: Path) -> None:
    moment = dt.datetime(2024, 2, 29, 12, 30)
    rows: list[list[Any]] = [
        ["i", "f", "b", "d", "s", "mixed"],
        [1, 1, True, moment, "007", moment],
        [2, 0.5, False, None, "1.0", "x"],
        [None, None, None, moment, "NA", 1],
    ]
    table, source = read(workbook(tmp_path, rows))
    kinds = [pa.int64(), pa.float64(), pa.bool_(), pa.timestamp("us"), pa.string(), pa.string()]
    assert table.schema.types == kinds
    assert table.schema.field("mixed").metadata == JSON_CELLS
    assert table["mixed"].to_pylist() == ['{"$date": "2024-02-29T12:30:00"}', '"x"', "1"]
    assert source.options == {"sheet": "Sheet", "header": {}}


def test_the_first_sheet_with_data_is_read_and_its_name_kept(tmp_path: Path, again: Again) -> None:
    table, source = read(workbook(tmp_path, [], tickets=[["text", "label"], ["a", "x"]], other=[["z"], [1]]))
    assert table.to_pydict() == {"text": ["a"], "label": ["x"]}
    assert source.notes == (
        "of 3 sheets only 'tickets' was read, the first with data; an export does not keep the others "
        "('Sheet', 'other')",
    )
    assert again(table, source)[1].options["sheet"] == "tickets"


def test_a_plain_workbook_has_no_notes(tmp_path: Path) -> None:
    rows = [["a", "b"], ["=x", dt.datetime(2024, 1, 1)], ["y", dt.datetime(2024, 1, 1, 12)]]
    path = workbook(tmp_path, rows)
    book = load_workbook(path)
    book.active["A2"].data_type = "s"  # a text that looks like a formula
    book.save(path)
    assert read(path)[1].notes == ()


def test_formulas_and_formats_that_do_not_come_along_are_told(tmp_path: Path) -> None:
    book = Workbook()
    for row in (["a", "b", "c"], ["x", "=1+1", "=2+2"], ["y", "=1+2", '=""'], ["z", "=3", 7]):
        book.active.append(row)
    book.active["C4"].number_format = "0.00"
    book.save(tmp_path / "x.xlsx")
    with zipfile.ZipFile(tmp_path / "x.xlsx") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = members["xl/worksheets/sheet1.xml"].replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>")
    sheet = sheet.replace(b'<c r="C3"><f>""</f><v />', b'<c r="C3" t="str"><f>""</f><v></v>')
    with zipfile.ZipFile(tmp_path / "x.xlsx", "w") as archive:
        for name, content in (members | {"xl/worksheets/sheet1.xml": sheet}).items():
            archive.writestr(name, content)
    table, source = read(tmp_path / "x.xlsx")
    assert table["b"].to_pylist() == [2, None, None]
    assert source.notes == (
        "2 formulas were read as the last value that was computed; an export holds the values",
        "3 formulas were empty, with no computed value in the file; open and save it in a spreadsheet program",
        "cell formats (fonts, colours, number formats) are not kept by an export",
    )


def test_dates_without_a_time_are_shown_without_one(tmp_path: Path) -> None:
    day, moment = dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 2, 3, 4)
    table, source = read(workbook(tmp_path, [["day", "moment"], [day, day], [day, moment], [None, None], [day, day]]))
    file = io.BytesIO()
    excel.write(table, source, file)
    cells = list(load_workbook(file).active.iter_rows())[1]
    assert [cell.number_format for cell in cells] == ["yyyy-mm-dd", "yyyy-mm-dd h:mm:ss"]


def test_column_names_of_any_type_come_back(tmp_path: Path, again: Again) -> None:
    day = dt.datetime(2024, 1, 1)
    table, source = read(workbook(tmp_path, [[None, 2019, day, "a", "a"], [1, 2, 3, 4, 5]]))
    assert table.column_names == ["column_1", "2019", "2024-01-01 00:00:00", "a", "a_2"]
    assert len(source.notes) == 1
    assert again(table, source) == (table, source)


def test_empty_rows_and_columns_around_the_data_are_skipped(tmp_path: Path) -> None:
    table, _ = read(workbook(tmp_path, [[], ["a", "b", None], [], ["x", "y", None], [None, "z"]]))
    assert table.to_pydict() == {"a": ["x", None], "b": ["y", "z"]}


def test_text_never_becomes_a_formula() -> None:
    file = io.BytesIO()
    excel.write(pa.table({"=a": ["=1+1", "+2", "@x"]}), Source("xlsx"), file)
    cells = [cell for (cell,) in load_workbook(file).active.iter_rows()]
    assert [cell.data_type for cell in cells] == ["s"] * 4
    assert cells[1].value == "=1+1"


def test_what_a_workbook_has_no_type_for_becomes_text(again: Again) -> None:
    aware = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    table = pa.table(
        {
            "l": [[1], None],
            "z": [b"\x01", None],
            "f": [float("inf"), float("nan")],
            "t": pa.array([aware, None], pa.timestamp("us", "UTC")),
            "old": [dt.date(1800, 1, 1), None],
            "k": ["1", "2"],
        }
    )
    assert again(table, Source("xlsx"))[0].to_pydict() == {
        "l": ["[1]", None],
        "z": ["01", None],
        "f": ["inf", None],
        "t": ["2020-01-01T00:00:00+00:00", None],
        "old": ["1800-01-01", None],
        "k": ["1", "2"],
    }


def test_times_and_durations_come_back(again: Again) -> None:
    table = pa.table({"t": [dt.time(1, 2, 3)], "d": [dt.timedelta(hours=30)]})
    assert again(table, Source("xlsx"))[0].equals(table)
    mixed, _ = again(
        pa.Table.from_arrays(
            [pa.array(['{"$time": "01:02:03"}', '{"$seconds": 60.0}', '{"x": 1}'])],
            schema=pa.schema([pa.field("a", pa.string(), metadata=JSON_CELLS)]),
        ),
        Source("xlsx"),
    )
    assert mixed["a"].to_pylist() == ['{"$time": "01:02:03"}', '{"$seconds": 60.0}', '"{\\"x\\": 1}"']


def test_too_long_a_text_gets_one_sentence() -> None:
    with pytest.raises(BadInput) as caught:
        excel.write(pa.table({"a": ["x", "y" * 32_768]}), Source("xlsx"), io.BytesIO())
    assert str(caught.value) == (
        "row 1 of column 'a' has 32,768 characters and a cell of a workbook holds 32,767; "
        "export the data as CSV or Parquet."
    )


def test_too_many_rows_get_one_sentence() -> None:
    with pytest.raises(BadInput, match="a sheet holds 1,048,575 rows and 16,384 columns, and this table has 1,048,576"):
        excel.write(pa.table({"a": pa.nulls(1_048_576)}), Source("xlsx"), io.BytesIO())


def test_a_workbook_without_rows_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"^x\.xlsx is empty; choose a workbook with a header"):
        read(workbook(tmp_path, []))
    with pytest.raises(BadInput, match=r"^x\.xlsx has a header and no rows; choose"):
        read(workbook(tmp_path, [["a", "b"]]))


def test_a_damaged_workbook_gets_one_sentence(tmp_path: Path, made: Made) -> None:
    data = workbook(tmp_path, [["a"], [1]]).read_bytes()
    sentence = "^x.xlsx cannot be read as XLSX: it is damaged or not complete; save it again.$"
    for content in (data[: len(data) // 2], data[:200] + b"\xff" * 4000 + data[4200:]):
        with pytest.raises(BadInput, match=sentence):
            read(made("x.xlsx", content))
    without = io.BytesIO()
    with zipfile.ZipFile(without, "w") as archive:
        archive.writestr("xl/workbook.xml", "<broken")
    with pytest.raises(BadInput, match=sentence):
        read(made("x.xlsx", without.getvalue()))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * (11 << 20))
    path = made("x.xlsx", bomb.getvalue())
    with pytest.raises(
        BadInput, match=r"^x\.xlsx unpacks to [\d,]+ times its size \(xl/workbook\.xml\), as a zip bomb"
    ):
        read(path)
    monkeypatch.setattr(excel, "_MAX_BYTES", 10 << 20)
    with pytest.raises(BadInput, match=r"^x\.xlsx unpacks to 0\.0 GiB and the limit is 1 GiB; save the data"):
        read(path)


def test_a_workbook_by_another_name_is_still_one(tmp_path: Path) -> None:
    table, source = read(workbook(tmp_path, [["a"], [1]], name="x.csv.xlsx").rename(tmp_path / "upload.bin"))
    assert (table.to_pydict(), source.format) == ({"a": [1]}, "xlsx")
