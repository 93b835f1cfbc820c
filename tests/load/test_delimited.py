"""CSV and TSV."""

from __future__ import annotations

import csv
import io

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kinds import Again, Made

from labelaudit.dataset import Source
from labelaudit.errors import BadInput
from labelaudit.load import delimited, read

CELLS = st.one_of(
    st.sampled_from(
        ["", "007", "1.0", "NA", "null", " x ", '"', '""', "a,b", "a;b", "a\tb", "a|b", "\n", "\r", "\r\n", "'"]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
)
NAMES = st.one_of(
    st.sampled_from(["", "a", "b", "a,b", 'say "x"', "x;y", "two\nlines"]), st.text("xyzü ,;|", max_size=5)
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    header = draw(st.lists(NAMES, min_size=1, max_size=4).filter(lambda names: any(name.strip() for name in names)))
    rows = st.lists(CELLS, min_size=len(header), max_size=len(header))
    return header, draw(st.lists(rows, min_size=1, max_size=6))


@settings(max_examples=300, deadline=None)
@given(
    content=tables(),
    format=st.sampled_from(["csv", "tsv"]),
    delimiter=st.sampled_from(delimited.DELIMITERS),
    terminator=st.sampled_from(["\n", "\r\n", "\r"]),
    quote_all=st.booleans(),
    encoding=st.sampled_from([("utf-8", False), ("utf-8", True), ("utf-16-le", True), ("utf-32-be", True)]),
)
def test_what_goes_in_comes_out(
    again: Again,
    content: tuple[list[str], list[list[str]]],
    format: str,
    delimiter: str,
    terminator: str,
    quote_all: bool,
    encoding: tuple[str, bool],
) -> None:
    header, rows = content
    names = [f"c{i}" for i in range(len(header))]
    table = pa.table([pa.array(column, pa.string()) for column in zip(*rows, strict=True)], names=names)
    options = {
        "delimiter": "\t" if format == "tsv" else delimiter,
        "terminator": terminator,
        "quote_all": quote_all,
        "encoding": encoding[0],
        "bom": encoding[1],
        "header": dict(zip(names, header, strict=True)),
    }
    first, source = again(table, Source(format, options))
    assert [source.options["header"].get(name, name) for name in first.column_names] == header
    assert [list(column) for column in zip(*first.to_pydict().values(), strict=True)] == rows
    second, source_again = again(first, source)
    assert second.equals(first)
    assert source_again == source


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("terminator", ["\n", "\r\n"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_ALL, csv.QUOTE_MINIMAL])
def test_an_unchanged_file_is_written_byte_for_byte(made: Made, delimiter: str, terminator: str, quoting: int) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, lineterminator=terminator, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([["id", "text", "label"], ["007", "a, b; c", "x"], ["1.0", 'say "hi"\nnow', "NA"]])
    path = made("x.csv", file.getvalue())
    table, source = read(path)
    out = io.BytesIO()
    delimited.write(table, source, out)
    assert out.getvalue() == path.read_bytes()
    assert table.to_pydict() == {"id": ["007", "1.0"], "text": ["a, b; c", 'say "hi"\nnow'], "label": ["x", "NA"]}


def test_decimal_commas_do_not_look_like_delimiters(made: Made) -> None:
    table, source = read(made("x.csv", "size;weight;label\n1,5;2,5;a\n1,0;3,5;b\n"))
    assert source.options["delimiter"] == ";"
    assert table.column_names == ["size", "weight", "label"]


def test_one_column_is_not_split(made: Made) -> None:
    table, _ = read(made("x.csv", "word\nalpha\nbeta\n"))
    assert table.to_pydict() == {"word": ["alpha", "beta"]}


def test_blank_lines_are_skipped(made: Made) -> None:
    table, _ = read(made("x.csv", "\na,b\n\n1,2\n   \n3,4\n\n"))
    assert table.to_pydict() == {"a": ["1", "3"], "b": ["2", "4"]}


def test_empty_and_repeated_column_names_are_told_apart_and_restored(made: Made) -> None:
    path = made("x.csv", ",a,a,a_2\n1,2,3,4\n")
    table, source = read(path)
    assert table.column_names == ["column_1", "a", "a_3", "a_2"]
    assert "column names" in source.notes[0]
    out = io.BytesIO()
    delimited.write(table, source, out)
    assert out.getvalue() == path.read_bytes()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_encodings_are_understood_and_kept(made: Made, encoding: str, mark: str) -> None:
    content = (mark + "text,label\nnaïve café 日本 😀,ü\n").encode(encoding)
    table, source = read(made("x.csv", content))
    assert table.to_pydict() == {"text": ["naïve café 日本 😀"], "label": ["ü"]}
    out = io.BytesIO()
    delimited.write(table, source, out)
    assert out.getvalue() == content


def test_western_text_is_read_written_back_and_noted(made: Made) -> None:
    content = "text,label\ncafé,“x”\n".encode("cp1252")
    path = made("x.csv", content)
    table, source = read(path)
    assert table["text"].to_pylist() == ["café"]
    assert source.notes == ("the file is not UTF-8 and was read as cp1252; if letters look wrong, save it as UTF-8",)
    out = io.BytesIO()
    delimited.write(table, source, out)
    assert out.getvalue() == content


def test_bytes_that_no_western_text_has_are_read_as_latin_1(made: Made) -> None:
    table, source = read(made("x.csv", b"a,b\n\x81,\xe9\n"))
    assert table.to_pydict() == {"a": ["\x81"], "b": ["é"]}
    assert source.options["encoding"] == "latin-1"


def test_a_label_that_the_old_encoding_lacks_makes_the_file_utf_8(made: Made, again: Again) -> None:
    _, source = read(made("x.csv", "a,b\né,1\n".encode("cp1252")))
    table, source = again(pa.table({"a": ["日本"], "b": ["1"]}), source)
    assert table["a"].to_pylist() == ["日本"]
    assert source.options["encoding"] == "utf-8"


def test_stray_quotes_are_tolerated_and_noted(made: Made) -> None:
    table, source = read(made("x.csv", 'text,label\n5" disk,a\n"big" one,b\n'))
    assert table["text"].to_pylist() == ['5" disk', "big one"]
    assert "closing quote" in source.notes[0]


def test_a_cell_of_five_megabytes_is_read(made: Made, again: Again) -> None:
    long = "word, " * 900_000
    table, source = read(made("x.csv", f'text,label\n"{long}",a\n'))
    assert table["text"].to_pylist() == [long]
    assert again(table, source)[0].equals(table)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "x.csv is empty; choose a file with data."),
        ("\n \n", "x.csv is empty; choose a file with a header and rows below it."),
        ("a,b\n", "x.csv has a header and no rows; choose a file with data below its header."),
        ("a,b\n\n\n", "x.csv has a header and no rows; choose a file with data below its header."),
        (
            "a,b,c\n1,2,3\n" + "1,2\n",
            "x.csv: row 1 (line 3) has 2 fields where the header has 3; "
            "check that row for a missing or extra delimiter or quote.",
        ),
        (
            'a,b\n1,"two\nlines"\n1,"x\ny",3\n',
            "x.csv: row 1 (lines 4 to 5) has 3 fields where the header has 2; "
            "check that row for a missing or extra delimiter or quote.",
        ),
        (
            'a,b\n1,2\n3,"never closed\n5,6\n',
            "x.csv: the row that starts in line 3 opens a quote that is never closed; "
            "close it, or double the quotes that belong to the text.",
        ),
        (
            'a,b\n"x" y,2\n3,"never closed\n5,6\n',
            "x.csv: the row that starts in line 3 opens a quote that is never closed; "
            "close it, or double the quotes that belong to the text.",
        ),
        ("a,b\n1,\0\n", "x.csv is not text: it holds NUL bytes (line 2); save it as UTF-8 text."),
        (b"\xff\xfea\0,\0b\0\n\0\x31", "x.csv is not UTF-16-LE text (line 2); save it as UTF-8."),
    ],
)
def test_bad_files_get_one_sentence(made: Made, content: str | bytes, sentence: str) -> None:
    path = made("x.csv", content)
    with pytest.raises(BadInput) as caught:
        read(path)
    assert str(caught.value) == sentence


def test_rows_are_counted_across_batches(made: Made) -> None:
    rows = delimited._BATCH + 5
    with pytest.raises(BadInput, match=rf"row {rows:,} \(line {rows + 2:,}\) has 1 field where"):
        read(made("x.csv", "a,b\n" + "1,2\n" * rows + "1\n"))


def test_cells_that_a_spreadsheet_would_run_get_an_apostrophe_only_when_asked() -> None:
    cells = ["=1+1", "+cmd", "-2.5", "+1e5", "@x", "\tx", "\rx", "a=b", "-", ""]
    table = pa.table({"=name": cells})
    exact, safe = io.BytesIO(), io.BytesIO()
    delimited.write(table, Source("csv"), exact)
    delimited.write(table, Source("csv", {"spreadsheet_safe": True}), safe)
    assert [row[0] for row in csv.reader(io.StringIO(exact.getvalue().decode(), newline=""))] == ["=name", *cells]
    expected = ["'=name", "'=1+1", "'+cmd", "-2.5", "+1e5", "'@x", "'\tx", "'\rx", "a=b", "'-", ""]
    assert [row[0] for row in csv.reader(io.StringIO(safe.getvalue().decode(), newline=""))] == expected


def test_typed_columns_are_written_as_a_person_would(again: Again) -> None:
    table = pa.table(
        {"n": [1, None], "x": [0.5, 2.0], "b": [True, False], "l": [[1, "a"][:1], []], "z": [b"\x01", None]}
    )
    read_back, _ = again(table, Source("csv"))
    assert read_back.to_pydict() == {
        "n": ["1", ""],
        "x": ["0.5", "2.0"],
        "b": ["True", "False"],
        "l": ["[1]", "[]"],
        "z": ["01", ""],
    }


def test_the_delimiter_of_a_large_file_is_found_in_its_start_or_where_that_ends_within_a_cell(made: Made) -> None:
    long = "x, y; z\n" * 20_000  # in quotes, longer than what is looked at first
    for cells in (["a;b"] * 200_000, [f'"{long}";{n}' for n in range(12)]):
        table, _ = read(made("large.csv", "\n".join(["text;label", *cells]) + "\n"))
        assert table.column_names == ["text", "label"]
        assert table.num_rows == len(cells)
