"""CSV and TSV: every cell stays the text that it is in the file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple

import pyarrow as pa

from labelaudit.dataset import Source
from labelaudit.errors import BadInput
from labelaudit.load import cells
from labelaudit.load.encoding import WESTERN, decode

DELIMITERS = (",", ";", "\t", "|")
_LARGEST_CELL = 1 << 30
_SAMPLE = 100
_HEAD = 1_000_000  # characters, in which the sample is looked for first
_BATCH = 10_000
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_END = "\0end"  # no file with NUL gets this far, so no record looks like it


# -- read -------------------------------------------------------------------------------------------


def read(path: Path, format: str = "csv") -> tuple[pa.Table, Source]:
    """Read a delimited text file.

    Parameters
    ----------
    path : Path
        The file; how it is encoded, delimited and quoted is found out.
    format : {"csv", "tsv"}
        TSV is delimited by tabs.

    Returns
    -------
    table : pyarrow.Table
        All columns are strings; an empty cell is an empty string.
    source : Source
        Options ``encoding``, ``bom``, ``delimiter``, ``terminator``, ``quote_all``, ``header``.

    Raises
    ------
    BadInput
        The file is empty, binary, has no rows, a row of another length, or a quote that is never closed.
    """
    text, encoding, bom = decode(path, WESTERN)
    if not text or text.isspace():
        raise BadInput(f"{path.name} is empty; choose a file with a header and rows below it.")
    delimiter = "\t" if format == "tsv" else _delimiter(text)
    notes = []
    if encoding in WESTERN:
        notes.append(f"the file is not UTF-8 and was read as {encoding}; if letters look wrong, save it as UTF-8")
    try:
        header, table = _table(path.name, text, delimiter, strict=True)
    except csv.Error:
        header, table = _table(path.name, text, delimiter, strict=False)
        notes.append("some cells go on after their closing quote and were read without quotes there")
    originals = cells.renamed(header, table.column_names)
    terminator = _terminator(text, delimiter)
    options = {
        "encoding": encoding,
        "bom": bom,
        "delimiter": delimiter,
        "terminator": terminator,
        "quote_all": _is_all_quoted(text, delimiter, terminator),
        "header": originals,
    }
    return table, Source(format, options, (*notes, *cells.rename_notes(originals)))


def _table(name: str, text: str, delimiter: str, strict: bool) -> tuple[list[str], pa.Table]:
    """Parse the header and the rows, in batches: millions of lists at once make Python slow."""
    records = _records(name, text, delimiter, strict)
    header = next(records).fields
    names = cells.unique_names(header)
    batches: list[pa.RecordBatch] = []
    rows = 0
    while batch := list(islice(records, _BATCH)):
        if len(header) > 1:  # a line of spaces is a blank line
            batch = [record for record in batch if len(record.fields) > 1 or record.fields[0].strip()]
        _check_widths(name, batch, rows, len(header))
        rows += len(batch)
        columns = zip(*(record.fields for record in batch), strict=True)
        arrays = [pa.array(column, type=pa.string()) for column in columns]
        if arrays:
            batches.append(pa.record_batch(arrays, names=names))
    if not rows:
        raise BadInput(f"{name} has a header and no rows; choose a file with data below its header.")
    return header, pa.Table.from_batches(batches).combine_chunks()


class _Record(NamedTuple):
    fields: list[str]
    first_line: int
    last_line: int


def _lines(text: str) -> io.StringIO:
    return io.StringIO(text, newline="")


def _reader(lines: Iterable[str], delimiter: str, strict: bool = False) -> Any:
    csv.field_size_limit(_LARGEST_CELL)  # it is one number for the whole process, and small by default
    return csv.reader(lines, delimiter=delimiter, strict=strict)


def _delimiter(text: str) -> str:
    """Choose the delimiter that splits the first records most consistently."""

    def consistency(delimiter: str) -> tuple[float, bool, int]:
        try:
            widths, strict = _widths(text, delimiter, strict=True), True
        except csv.Error:
            widths, strict = _widths(text, delimiter, strict=False), False
        if widths[0] == 1:
            return 0.0, False, 1
        return sum(width == widths[0] for width in widths) / len(widths), strict, widths[0]

    return max(DELIMITERS, key=consistency)


def _widths(text: str, delimiter: str, strict: bool) -> list[int]:
    # To copy all of a large file for each delimiter would take longer than to read it.
    head = _first(text[:_HEAD], delimiter, strict) if len(text) > _HEAD else None
    records = head or list(islice(_reader(_lines(text), delimiter, strict), _SAMPLE))
    return [len(record) for record in records if record]


def _first(head: str, delimiter: str, strict: bool) -> list[list[str]] | None:
    """Split the start of a text into the sample; None where it may not hold all of it."""
    try:
        records = list(islice(_reader(_lines(head), delimiter, strict), _SAMPLE + 1))
    except csv.Error:  # also where the start ends within quotes
        return None
    return records[:_SAMPLE] if len(records) > _SAMPLE else None


def _records(name: str, text: str, delimiter: str, strict: bool) -> Iterator[_Record]:
    """Split text into records; a last record of our own shows whether all quotes were closed."""
    lines = chain(_lines(text if text.endswith(("\n", "\r")) else text + "\n"), [_END])
    reader = _reader(lines, delimiter, strict)
    last_line = 0
    try:
        for fields in reader:
            if fields and fields[-1].endswith(_END):
                if fields == [_END]:
                    return
                break
            if fields:
                yield _Record(fields, last_line + 1, reader.line_num)
            last_line = reader.line_num
    except csv.Error as error:
        if "unexpected end of data" not in str(error):
            if strict:
                raise
            raise BadInput(
                f"{name}: the row that starts in line {last_line + 1:,} can't be split into cells ({error}); "
                "check its quotes."
            ) from error
    raise BadInput(
        f"{name}: the row that starts in line {last_line + 1:,} opens a quote that is never closed; "
        "close it, or double the quotes that belong to the text."
    )


def _check_widths(name: str, records: Sequence[_Record], first: int, width: int) -> None:
    for row, record in enumerate(records, first):
        if len(record.fields) != width:
            lines = f"line {record.first_line:,}"
            if record.last_line > record.first_line:
                lines = f"lines {record.first_line:,} to {record.last_line:,}"
            found = f"{len(record.fields):,} field{'s' * (len(record.fields) != 1)}"
            raise BadInput(
                f"{name}: row {row:,} ({lines}) has {found} where the header has {width:,}; "
                "check that row for a missing or extra delimiter or quote."
            )


def _terminator(text: str, delimiter: str) -> str:
    """Return what ends the header."""
    reader = _reader(_lines(text), delimiter)
    next(fields for fields in reader if fields)
    last = next(islice(_lines(text), reader.line_num - 1, None))
    return "\r\n" if last.endswith("\r\n") else "\r" if last.endswith("\r") else "\n"


def _is_all_quoted(text: str, delimiter: str, terminator: str) -> bool:
    """Whether the file begins exactly as a writer that quotes every cell would begin it."""
    records = islice(_reader(_lines(text), delimiter), _SAMPLE)
    begin = "".join(_rows(records, delimiter, terminator, quote_all=True))
    return text.startswith(begin.removesuffix(terminator))


# -- write ------------------------------------------------------------------------------------------


def write(table: pa.Table, source: Source, file: BinaryIO) -> None:
    """Write delimited text in the way that the file was written that `read` saw.

    Parameters
    ----------
    table : pyarrow.Table
        Cells that are no text are written as a person would (nested ones as JSON).
    source : Source
        The options of `read`; ``spreadsheet_safe`` puts an apostrophe before every cell that a spreadsheet would run.
    file : binary file
        Open for writing.
    """
    options = source.options
    originals = options.get("header", {})
    rows: Iterable[Sequence[str]] = chain(
        [[originals.get(name, name) for name in table.column_names]],
        zip(*(cells.texts_of(table, name) for name in table.column_names), strict=True),
    )
    if options.get("spreadsheet_safe"):
        rows = ([_neutral(cell) for cell in row] for row in rows)
    delimiter = options.get("delimiter", "\t" if source.format == "tsv" else ",")
    terminator = options.get("terminator", "\n")
    lines = list(rows)
    text = "".join(_rows(lines, delimiter, terminator, options.get("quote_all", False)))
    if source.format == "csv" and _delimiter(text) != delimiter:  # cells full of another one: leave no doubt
        text = "".join(_rows(lines, delimiter, terminator, quote_all=True))
    mark = "\ufeff" if options.get("bom") else ""
    try:
        file.write((mark + text).encode(options.get("encoding", "utf-8")))
    except UnicodeEncodeError:  # a new label may hold characters that the file's old encoding has not
        file.write(text.encode("utf-8", errors="replace"))


class _Lines(list[str]):
    """What a csv writer writes to."""

    write = list.append


def _rows(rows: Iterable[Sequence[str]], delimiter: str, terminator: str, quote_all: bool) -> Iterator[str]:
    lines = _Lines()
    # Python before 3.13 quotes a line break in a cell only if it is part of the terminator: so write with both.
    quoting: Literal[0, 1] = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    csv.writer(lines, delimiter=delimiter, lineterminator="\r\n", quoting=quoting).writerows(rows)
    return (line.removesuffix("\r\n") + terminator for line in lines)


def _neutral(cell: str) -> str:
    """Keep a spreadsheet from running a cell as a formula."""
    return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not _NUMBER.fullmatch(cell) else cell
