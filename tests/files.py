"""What users drop on the app and name on the command line: one table of files, and what becomes of each."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 60
LABELS = ["ab"[row % 2] for row in range(ROWS)]
SIZES = [(row * 7 % 13) / 2 + row % 2 for row in range(ROWS)]
NOTES = [f"some words about {'cats' if row % 2 else 'dogs'} in row {row}" for row in range(ROWS)]


@dataclass(frozen=True)
class Case:
    """A file, and what is said of it.

    Parameters
    ----------
    name : str
        Of the file.
    content : bytes, str or callable
        What is in it, or what makes that.
    refused : str
        Words of the sentence with which it is refused on the command line and in the app.
    no_audit : str
        Words of the sentence on the command line where the file can be loaded and not be audited.
    noticed : str
        Words of what is noticed about it, in both.
    options : sequence of str
        More options for the command line.
    exact : bool
        Whether an export without decisions gives the file back byte for byte.
    """

    name: str
    content: bytes | str | Callable[[], bytes | str]
    refused: str = ""
    no_audit: str = ""
    noticed: str = ""
    options: Sequence[str] = ()
    exact: bool = True

    def bytes(self) -> bytes:
        """Make the file's content."""
        made = self.content() if callable(self.content) else self.content
        return made.encode() if isinstance(made, str) else made

    def __str__(self) -> str:
        return self.name


# -- what files are made of -----------------------------------------------------------------------


def table(**columns: Any) -> pa.Table:
    """Good rows, with other columns beside or in place of what is good."""
    return pa.table({"size": SIZES, "label": LABELS, **columns})


def as_csv(rows: pa.Table, encoding: str = "utf-8", **options: Any) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n", **options)
    writer.writerow(rows.column_names)
    writer.writerows(zip(*rows.to_pydict().values(), strict=True))
    return file.getvalue().encode(encoding)


def as_lines(rows: pa.Table) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows.to_pylist()).encode()


def as_parquet(rows: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(rows, file)
    return file.getvalue()


def as_arrow(*batches: pa.Table) -> bytes:
    file = io.BytesIO()
    with pa.ipc.new_stream(file, batches[0].schema) as writer:
        for batch in batches:
            writer.write_table(batch)
    return file.getvalue()


def as_workbook(rows: pa.Table) -> bytes:
    from openpyxl import Workbook

    book, file = Workbook(), io.BytesIO()
    book.active.append(rows.column_names)
    for values in zip(*rows.to_pydict().values(), strict=True):
        book.active.append(values)
    book.save(file)
    return file.getvalue()


def zipped(members: dict[str, bytes | str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def workbook_with(member: str, change: Callable[[bytes], bytes]) -> bytes:
    """Put something else into one part of a good workbook."""
    with zipfile.ZipFile(io.BytesIO(as_workbook(table()))) as good:
        members = {name: good.read(name) for name in good.namelist()}
    return zipped({**members, member: change(members[member])})


def laughs(xml: bytes) -> bytes:
    """Ten entities, each ten times the one before: a gigabyte of text."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha" * 50}">' for n in range(8))
    start = xml.index(b"?>") + 2 if xml.startswith(b"<?xml") else 0
    root = xml[start:].split(b">", 1)
    return f"<!DOCTYPE x [{entities}]>".encode() + root[0] + b"><x>&e7;</x>" + root[1]


SHEET = "xl/worksheets/sheet1.xml"
CATEGORY = pa.dictionary(pa.int32(), pa.string())


def far(xml: bytes) -> bytes:
    """Say that the sheet is as large as one can be."""
    return re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', xml)


def far_cells(xml: bytes) -> bytes:
    """Put cells at the far right of some thousand rows."""
    rows = b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (row, row) for row in range(100, 3200))
    return xml.replace(b"</sheetData>", rows + b"</sheetData>")


def of(labels: Sequence[Any], kind: pa.DataType | None = None) -> pa.Table:
    """Good rows with other labels."""
    return table(label=pa.array([labels[row % len(labels)] for row in range(ROWS)], kind))


def wide() -> bytes:
    random = np.random.default_rng(0)
    columns = {f"c{i}": random.integers(0, 9, ROWS).astype(str) for i in range(10_000)}
    return as_csv(pa.table({**columns, "label": LABELS}))


def many() -> str:
    random = np.random.default_rng(0)
    label = random.integers(0, 4, 200_000)
    size = (random.normal(size=200_000) + label).round(2)
    return "size,label\n" + "".join(f"{x},{'abcd'[k]}\n" for x, k in zip(size, label, strict=True))


def prices() -> str:
    return "size,label\n" + "".join(f"{row % 97},{row}\n" for row in range(10_000))


GOOD = as_csv(table()).decode()
HTML = "<img src=x onerror=alert(1)>"
FORMULA = '=HYPERLINK("http://x","y")'
ACCENTS = table(note=[f"naïve café {note}" for note in NOTES])
FOREIGN = table(text=[f"שלום 👩‍👩‍👧 {note} \u202eabc" for note in NOTES], label=["مرحبا", "😀"] * 30)
MARKUP = table(text=[f"<script>alert(1)</script> {note}" for note in NOTES], label=[HTML, FORMULA] * 30)
CONTROLS = table(text=[f"\x1b[31m{note}\x07\x7f" for note in NOTES], label=["\x1b]0;x\x07a", "b\x01"] * 30)
UUIDS = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([bytes([row] * 16) for row in range(ROWS)], pa.binary(16)))
DAYS = [dt.date(2024, 1, 1), dt.date(2024, 1, 2)]
ODD_TYPES = {
    "list of views": pa.array([["v"], None] * 30, pa.list_(pa.string_view())),
    "runs": pa.RunEndEncodedArray.from_arrays([30, ROWS], ["p", "q"]),
    "struct": pa.array([{"a": [row], "when": dt.datetime(2024, 1, 1)} for row in range(ROWS)]),
    "map": pa.array([[("k", row)] for row in range(ROWS)], pa.map_(pa.string(), pa.int64())),
    "category": pa.array(["x", None, "y"] * 20).dictionary_encode(),
    "category of lists": pa.DictionaryArray.from_arrays(pa.array([0, 1] * 30), pa.array([[1], [2]])),
    "uuid": UUIDS,
    "zone": pa.array(range(ROWS), pa.timestamp("us", "Asia/Tokyo")),
    "decimal": pa.array(range(ROWS)).cast(pa.decimal128(21, 2)),
    "duration": pa.array(range(ROWS), pa.duration("s")),
    "bytes": pa.array([bytes([row]) for row in range(ROWS)]),
    "nothing": pa.nulls(ROWS),
}


# -- the table ------------------------------------------------------------------------------------

NOT_A_TABLE = [
    Case("empty.csv", "", "empty.csv is empty"),
    Case("blank.csv", "\n \n", "blank.csv is empty"),
    Case("header.csv", "size,label\n", "header.csv has a header and no rows"),
    Case("image.csv", b"\x89PNG\r\n\x1a\n" + bytes(200), "image.csv is a PNG image, not a table"),
    Case("packed.csv.gz", gzip.compress(GOOD.encode()), "a gzip archive, not a table; unpack it"),
    Case("packed.zip", zipped({"notes.md": "x"}), "packed.zip holds no image, only 'notes.md'; choose images, or"),
    Case("calc.ods", zipped({"content.xml": "<x/>"}), "an OpenDocument file, not a table; save it as XLSX or CSV"),
    Case("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "an old or a password-protected Office file"),
    Case("page.csv", "<!DOCTYPE html>\n<p>Not found", "page.csv is a web page, not a table"),
    Case("zeros.csv", "size,label\n1,\0a\n2,b\n", "zeros.csv is not text: it holds NUL bytes (line 2)"),
    Case("random.csv", bytes(range(256)) * 4, "random.csv is not text: it holds NUL bytes (line 1)"),
]
CUT_OR_BROKEN = [
    Case("quote.csv", GOOD + '1,"a\n2,b\n', "the row that starts in line 62 opens a quote that is never closed"),
    Case("short.csv", "a,b,c,d,label\n1,2,3,4,x\n1,2,x\n", "row 1 (line 3) has 3 fields where the header has 5"),
    Case("long.csv", "a,b,c,d,label\n1,2,3,4,5,6,x\n", "row 0 (line 2) has 7 fields where the header has 5"),
    Case("half.csv", b"\xff\xfe" + GOOD.encode("utf-16-le")[:-1], "half.csv is not UTF-16-LE text"),
    Case(
        "line.jsonl", as_lines(table().slice(0, 5)) + b'{"size": \n', "line.jsonl: line 6, column 10 is not valid JSON"
    ),
    Case("list.jsonl", "[1, 2]\n", "element 0 of the array is a number, not a JSON object"),
    Case("pandas.json", json.dumps(table().to_pydict()), "pandas.json is one JSON object; write one for every row"),
    Case("latin.jsonl", '{"size": 1, "label": "é"}\n'.encode("latin-1"), "latin.jsonl is not UTF-8 text (line 1)"),
    Case("cut.parquet", as_parquet(table())[:700], "cut.parquet cannot be read as Parquet: it is damaged or not"),
    Case("cut.arrow", as_arrow(table())[:700], "cut.arrow cannot be read as Arrow: it is damaged or not complete"),
    Case("cut.xlsx", as_workbook(table())[:3000], "cut.xlsx cannot be read as XLSX: it is damaged or not complete"),
    Case("none.parquet", as_parquet(table().slice(0, 0)), "none.parquet has a header and no rows"),
    Case("year.parquet", as_parquet(table(d=pa.array([10**7] * ROWS, pa.date32()))), "column 'd' of type date32[day]"),
]
BOMBS = [
    Case(
        "ratio.xlsx", zipped({"xl/workbook.xml": " " * (11 << 20)}), "times its size (xl/workbook.xml), as a zip bomb"
    ),
    Case("cells.xlsx", lambda: workbook_with(SHEET, far_cells), "the sheet 'Sheet' has more than 50,000,000 cells"),
    Case("laughs.xlsx", workbook_with(SHEET, laughs), "laughs.xlsx cannot be read as XLSX"),
    Case("more_laughs.xlsx", workbook_with("xl/workbook.xml", laughs), "more_laughs.xlsx cannot be read as XLSX"),
    Case("style_laughs.xlsx", workbook_with("xl/styles.xml", laughs), "style_laughs.xlsx cannot be read as XLSX"),
]
NO_LABEL = [
    Case("other.csv", GOOD.replace("label", "kind"), no_audit="'other' has no column 'label'; choose one of 'size', "),
    Case("typo.csv", GOOD.replace("label", "lable"), no_audit="has no column 'label'; did you mean 'lable'?"),
    Case("capital.csv", GOOD.replace("label", "Label"), no_audit="has no column 'label'; did you mean 'Label'?"),
    Case("missing.csv", as_csv(of([""])), no_audit="'label' has no labels at all", noticed="has no label at all"),
    Case("nulls.parquet", as_parquet(of([None])), no_audit="'label' has no labels at all", noticed="no label at all"),
    Case("one.csv", as_csv(of(["a"])), no_audit="has one class, 'a', in all 60", noticed="has only one class, 'a'"),
    Case("single.csv", "size,label\n1,a\n", no_audit="has one class, 'a', in all 1", noticed="has only one class, 'a'"),
    Case(
        "price.csv", prices, no_audit="10,000 different labels", noticed="a number to predict: 10,000 different values"
    ),
    Case("alone.csv", "label\na\nb\na\nb\n", "has no column beside 'label' that a model could learn from; choose"),
    Case("dates.parquet", as_parquet(of(DAYS)), no_audit="'label' holds date32[day], not one class"),
    Case("uuids.arrow", as_arrow(table(label=UUIDS)), no_audit="holds extension<arrow.uuid>, not one class"),
]
WORKS = [
    Case("utf-8-sig.csv", as_csv(ACCENTS, "utf-8-sig")),
    Case("utf-16.csv", b"\xff\xfe" + as_csv(ACCENTS, "utf-16-le")),
    Case("utf-16-le.csv", as_csv(ACCENTS, "utf-16-le")),
    Case("utf-16-be.csv", as_csv(ACCENTS, "utf-16-be")),
    Case("utf-32-le.csv", as_csv(ACCENTS, "utf-32-le")),
    Case("utf-16.jsonl", b"\xff\xfe" + as_lines(ACCENTS).decode().encode("utf-16-le")),
    Case("latin-1.csv", as_csv(ACCENTS, "latin-1"), noticed="is not UTF-8 and was read as cp1252"),
    Case("cp1252.csv", as_csv(table(note=[f"“{note}” – 5 €" for note in NOTES]), "cp1252"), noticed="read as cp1252"),
    Case("rare.csv", GOOD + "3.5,z\n", noticed="1 class has one example"),
    Case("mixed.csv", as_csv(table(odd=["1", "nan", "inf", "-inf", "words", "2024-01-01"] * 10))),
    Case("mixed.jsonl", as_lines(table()).replace(b"4.5", b"NaN").replace(b"1.5", b'"x"').replace(b"3.0", b"[1]")),
    Case("infinite.parquet", as_parquet(table(n=[float("inf"), float("-inf"), float("nan"), 1e300] * 15)), exact=False),
    Case("wide.csv", wide),
    Case("ids.csv", as_csv(table(id=[1, 1, *range(2, ROWS)])), noticed="1 value of 'id' in more than one row"),
    Case("noid.csv", as_csv(table(id=["", *map(str, range(1, ROWS))]))),
    Case("nanid.parquet", as_parquet(table(id=[float("nan"), *map(float, range(1, ROWS))])), exact=False),
    Case("emoji.csv", as_csv(FOREIGN)),
    Case("emoji.jsonl", as_lines(FOREIGN)),
    Case("five_mb.csv", lambda: as_csv(table(note=["cat dog, sky " * 400_000, *NOTES[1:]]))),
    Case("many.csv", many, options=("--model", "complement_naive_bayes")),
    Case("markup.csv", as_csv(MARKUP)),
    Case("control.csv", as_csv(CONTROLS)),
    Case("surrogate.jsonl", as_lines(table()).replace(b'"a"', b'"\\ud800a"')),
    Case("long_names.csv", as_csv(of(["a" * 50_000, "a" * 50_000 + "b"]))),
    Case("lists.jsonl", as_lines(of([["a"], ["a", "b"]]))),
    Case("true.jsonl", as_lines(of([True, False]))),
    Case("true.csv", as_csv(of(["True", "False"]))),
    Case("gaps.parquet", as_parquet(of([1.0, 2.0, None, float("nan")])), noticed="30 rows have no label", exact=False),
    Case("days.csv", as_csv(of(DAYS))),
    Case("ends.csv", GOOD.replace("\n", "\r\n", 9).replace("\n", "\r", 3), exact=False),
    Case("headers.csv", GOOD.replace("\n", "\nin cm,kind\n", 1), noticed="1 class has one example"),
    Case("decimal.csv", as_csv(table(size=[str(size).replace(".", ",") for size in SIZES]), delimiter=";")),
    Case("twice.csv", GOOD.replace("\n", ",1\n").replace("label,1", "label,size")),
    Case("nameless.csv", GOOD.replace("\n", ",1\n").replace("label,1", "label,")),
    Case("json.csv", as_lines(table())),
    Case("array.json", json.dumps(table().to_pylist()), exact=False),
    Case("far.xlsx", workbook_with(SHEET, far), exact=False),
    Case("days.xlsx", as_workbook(table(day=DAYS * 30)), exact=False),
    Case("batches.arrow", as_arrow(*(of([name, "b"], CATEGORY) for name in "ax")), exact=False),
    *(Case(f"{name}.arrow", as_arrow(table(odd=column)), exact=False) for name, column in ODD_TYPES.items()),
]
CASES = [*NOT_A_TABLE, *CUT_OR_BROKEN, *BOMBS, *NO_LABEL, *WORKS]
REFUSED = [case for case in CASES if case.refused or case.no_audit]
