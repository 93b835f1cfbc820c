"""XLSX: the first sheet with data; formulas come as their last computed values and never go out."""

from __future__ import annotations

import math
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, time, timedelta
from itertools import chain, zip_longest
from pathlib import Path
from tempfile import gettempdir
from typing import Any, BinaryIO

import pyarrow as pa

# openpyxl parses with defusedxml where it is installed, which refuses entities that would fill the memory.
from defusedxml.ElementTree import ParseError

from labelaudit.dataset import Source
from labelaudit.errors import BadInput
from labelaudit.files import BROKEN_ARCHIVE, writing
from labelaudit.load import cells

_FORMULA_OR_FORMAT = re.compile(rb'<(?:\w+:)?f[\s/>]|\ss="[1-9]')
_MAX_BYTES = 1 << 30
_MAX_RATIO = 200
_RATIO_FROM = 10 << 20  # small members of honest files compress well, too
_MAX_CELLS = 50_000_000  # what Python has room for, most of them empty
_MAX_ROWS, _MAX_COLUMNS, _MAX_TEXT = 1_048_576, 16_384, 32_767
_NOT_IN_TITLES = re.compile(r"[\\*?:/\[\]]")
# Excel writes characters that XML cannot hold as _x000D_, and a text that looks like that with _x005F_ before it.
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_TO_ESCAPE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
# JSON has no dates: in a column of several kinds they are objects of one of these keys.
_TIMES: dict[type, str] = {datetime: "$date", date: "$day", time: "$time", timedelta: "$seconds"}
_READ_TIME: dict[str, Callable[[Any], Any]] = {
    "$date": datetime.fromisoformat,
    "$day": date.fromisoformat,
    "$time": time.fromisoformat,
    "$seconds": lambda seconds: timedelta(seconds=seconds),
}


# -- read -------------------------------------------------------------------------------------------


def read(path: Path, format: str = "xlsx") -> tuple[pa.Table, Source]:
    """Read the first sheet of a workbook that has data.

    Parameters
    ----------
    path : Path
        The workbook.
    format : {"xlsx"}
        One format lives here.

    Returns
    -------
    table : pyarrow.Table
        Whole numbers, numbers, booleans, dates or text; a column of several kinds is JSON text.
    source : Source
        Options ``sheet`` and ``header`` (columns that had to be renamed).

    Raises
    ------
    BadInput
        The workbook is damaged, has no data, or unpacks to an unreasonable size.
    """
    try:
        title, rows, lost = _read_sheet(path)
    except _damaged() as error:
        raise BadInput(f"{path.name} cannot be read as XLSX: it is damaged or not complete; save it again.") from error
    if not rows:
        raise BadInput(f"{path.name} is empty; choose a workbook with a header and rows below it.")
    if len(rows) == 1:
        raise BadInput(f"{path.name} has a header and no rows; choose a workbook with data below its header.")
    columns = list(zip_longest(*rows))
    header = [column[0] for column in columns]
    names = cells.unique_names("" if name is None else str(name) for name in header)
    made = [_column(name, column[1:]) for name, column in zip(names, columns, strict=True)]
    table = pa.Table.from_arrays([array for _, array in made], schema=pa.schema([field for field, _ in made]))
    originals = cells.renamed([_to_json(name) for name in header], names)
    notes = cells.rename_notes({name: v or "" for name, v in originals.items() if v is None or isinstance(v, str)})
    return table, Source(format, {"sheet": title, "header": originals}, (*lost, *notes))


def _read_sheet(path: Path) -> tuple[str, list[list[Any]], list[str]]:
    """Return the sheet's title, its rows, and notes on what of the workbook does not come along."""
    from openpyxl import load_workbook

    _check_size(path)
    # Not by path: openpyxl refuses a workbook whose name does not end in .xlsx.
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # what openpyxl leaves out: validations, drawings, themes
        workbook = load_workbook(file, read_only=True, data_only=True)
        try:
            rows: list[list[Any]] = []
            title = ""
            for sheet in workbook.worksheets:
                sheet.reset_dimensions()  # some programs write wrong ones
                title, rows = sheet.title, _rows(path.name, sheet)
                if rows:
                    break
            if not rows:
                return title, rows, []
            notes = [*_other_sheets(title, workbook.sheetnames), *_lost_in(path, file, workbook, title)]
            return title, rows, notes
        finally:
            workbook.close()


def _other_sheets(title: str, titles: Sequence[str]) -> Iterator[str]:
    others = [repr(other) for other in titles if other != title]
    if others:
        listed = ", ".join(others[:3]) + (f" and {len(others) - 3:,} more" if len(others) > 3 else "")
        yield (
            f"of {len(titles)} sheets only {title!r} was read, the first with data; an export does not keep the "
            f"others ({listed})"
        )


def _lost_in(path: Path, file: BinaryIO, workbook: Any, title: str) -> Iterator[str]:
    """Tell about formulas and formats; a second reading, and only where there may be any."""
    from openpyxl import load_workbook
    from openpyxl.styles import is_date_format

    if not _has_formulas_or_formats(path):
        return
    computed = empty = 0
    formatted = False
    twin = load_workbook(file, read_only=True)
    twin[title].reset_dimensions()
    for values, written in zip(workbook[title].iter_rows(), twin[title].iter_rows(), strict=True):
        for value, cell in zip(values, written, strict=True):
            if cell.data_type == "f":
                # "str" is a computed text, even where it is empty.
                is_empty = value.value is None and value.data_type != "str"
                computed, empty = computed + (not is_empty), empty + is_empty
            if cell.value is not None and cell.has_style and not is_date_format(cell.number_format):
                formatted = True
    if computed:
        yield f"{_formulas(computed)} read as the last value that was computed; an export holds the values"
    if empty:
        yield f"{_formulas(empty)} empty, with no computed value in the file; open and save it in a spreadsheet program"
    if formatted:
        yield "cell formats (fonts, colours, number formats) are not kept by an export"


def _formulas(count: int) -> str:
    return "1 formula was" if count == 1 else f"{count:,} formulas were"


def _has_formulas_or_formats(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.startswith("xl/worksheets/"):
                continue
            with archive.open(name) as sheet:
                end = b""
                while chunk := sheet.read(1 << 20):
                    if _FORMULA_OR_FORMAT.search(end + chunk):
                        return True
                    end = chunk[-16:]
    return False


def _damaged() -> tuple[type[Exception], ...]:
    from openpyxl.formula.tokenizer import TokenizerError
    from openpyxl.utils.exceptions import InvalidFileException

    return (*BROKEN_ARCHIVE, InvalidFileException, TokenizerError, ParseError, TypeError, AttributeError, IndexError)


def _check_size(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    total = sum(member.file_size for member in members)
    if total > _MAX_BYTES:
        raise BadInput(
            f"{path.name} unpacks to {total / 2**30:,.1f} GiB and the limit is 1 GiB; save the data as Parquet or CSV."
        )
    for member in members:
        if member.file_size > _RATIO_FROM and member.file_size > _MAX_RATIO * max(member.compress_size, 1):
            ratio = member.file_size // max(member.compress_size, 1)
            raise BadInput(
                f"{path.name} unpacks to {ratio:,} times its size ({member.filename}), as a zip bomb does; "
                "save the data as Parquet or CSV."
            )


def _rows(name: str, sheet: Any) -> list[list[Any]]:
    """Return the rows that hold anything, each up to its last cell with a value."""
    rows: list[list[Any]] = []
    width = 0
    for row in sheet.iter_rows(values_only=True):
        values = [_unescape(value) if isinstance(value, str) else value for value in row]
        while values and values[-1] is None:
            values.pop()
        if values:
            rows.append(values)
            width = max(width, len(values))
        if len(rows) * width > _MAX_CELLS:
            raise BadInput(
                f"{name}: the sheet {sheet.title!r} has more than {_MAX_CELLS:,} cells (row {len(rows):,} of "
                f"{width:,} columns); save the data as Parquet or CSV."
            )
    return rows


def _unescape(text: str) -> str | None:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) or None


def _column(name: str, values: Sequence[Any]) -> tuple[pa.Field, pa.Array]:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:  # a workbook has one kind of number; openpyxl reads 1.0 as 1
        values = [None if value is None else float(value) for value in values]
    elif len(kinds) == 1 and kinds <= _TIMES.keys():
        array = pa.array(values)
        return pa.field(name, array.type), array
    return cells.exact_column(name, [_to_json(value) for value in values])


def _to_json(value: Any) -> Any:
    """Write a date or a time as an object that says what it is."""
    if type(value) is timedelta:
        return {"$seconds": value.total_seconds()}
    key = _TIMES.get(type(value))
    return value if key is None else {key: value.isoformat()}


def _from_json(found: dict[str, Any]) -> Any:
    if len(found) == 1:
        ((key, value),) = found.items()
        if key in _READ_TIME and isinstance(value, str | float):
            return _READ_TIME[key](value)
    return found


# -- write ------------------------------------------------------------------------------------------


def write(table: pa.Table, source: Source, file: BinaryIO) -> None:
    """Write a workbook of one sheet; text stays text, whatever it looks like.

    Parameters
    ----------
    table : pyarrow.Table
        What a workbook has no type for (lists, bytes, time zones) is written as text.
    source : Source
        The options of `read`.
    file : binary file
        Open for writing.

    Raises
    ------
    BadInput
        There are more rows or columns, or a longer text, than a sheet can hold.
    """
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    if table.num_rows >= _MAX_ROWS or table.num_columns > _MAX_COLUMNS:
        raise BadInput(
            f"a sheet holds {_MAX_ROWS - 1:,} rows and {_MAX_COLUMNS:,} columns, and this table has "
            f"{table.num_rows:,} and {table.num_columns:,}; export it as CSV or Parquet."
        )
    names = table.column_names
    originals = source.options.get("header", {})
    header = [_plain(_revived(originals.get(name, name)), name, -1) for name in names]
    # All columns are checked first: openpyxl cannot leave a sheet half written.
    columns = [_plain_column(table, name) for name in names]
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(_NOT_IN_TITLES.sub("_", source.options.get("sheet", "data"))[:31])

    def cell(value: Any) -> Any:
        """Keep openpyxl from rounding numbers to 16 digits and from taking text for formulas."""
        if isinstance(value, bool) or not isinstance(value, float | int | str):
            return value
        made = WriteOnlyCell(sheet, value=value if isinstance(value, str) else repr(value))
        made.data_type = "s" if isinstance(value, str) else "n"
        return made

    with writing(gettempdir()), _cleaned_up(sheet):  # openpyxl writes there first
        for values in chain([header], zip(*columns, strict=True)):
            sheet.append([cell(value) for value in values])
        workbook.save(file)


@contextmanager
def _cleaned_up(sheet: Any) -> Iterator[None]:
    """Let openpyxl leave nothing open or behind where its temporary file can't be written."""
    try:
        yield
    except OSError:
        for stream in (sheet._rows, sheet._writer.xf):
            with suppress(OSError):  # the same again: it has more to write before it closes
                stream.close()
        sheet._writer.cleanup()
        raise


def _plain_column(table: pa.Table, name: str) -> list[Any]:
    values = [_plain(_revived(value), name, row) for row, value in enumerate(cells.values_of(table, name))]
    if all(value.time() == time.min for value in values if isinstance(value, datetime)):
        return [value.date() if isinstance(value, datetime) else value for value in values]  # shown without a time
    return values


def _revived(value: Any) -> Any:
    return _from_json(value) if isinstance(value, dict) else value


def _plain(value: Any, column: str, row: int) -> Any:
    """Return what a workbook can hold; text for all else."""
    if isinstance(value, float) and math.isfinite(value):
        return value
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool | int | timedelta):
        return value
    if isinstance(value, date | time):
        aware = getattr(value, "tzinfo", None) is not None
        if not aware and not (isinstance(value, date) and value.year < 1900):
            return value
        value = value.isoformat()
    text = _TO_ESCAPE.sub(lambda match: f"_x{ord(match[0]):04X}_", cells.text(value))
    if len(text) > _MAX_TEXT:
        raise BadInput(
            f"row {row:,} of column {column!r} has {len(text):,} characters and a cell of a workbook "
            f"holds {_MAX_TEXT:,}; export the data as CSV or Parquet."
        )
    return text
