"""Which reader takes a file, and how files are written."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from kinds import Made

from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput, StoreError
from labelaudit.load import TABLES, load, read, to_bytes, write

FRAME = pd.DataFrame({"text": ["a b c", "=1+1", ""], "n": [1, 2, 3], "label": ["x", "y", "x"]})


@pytest.fixture
def dataset() -> Dataset:
    return load(FRAME, label="label", features=["n"], name="demo")


@pytest.mark.parametrize("format", TABLES)
def test_content_decides_over_the_ending(dataset: Dataset, made: Made, format: str) -> None:
    by_content = {"tsv": "csv"}.get(format, format)
    table, source = read(made("upload", to_bytes(dataset, format)))
    assert source.format == by_content
    assert table.column_names == ["text", "n", "label"]
    assert [str(value) for value in table["n"].to_pylist()] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.CSV", "csv"),
        ("a.txt", "csv"),
        ("a.tsv", "tsv"),
        ("a.ndjson", "jsonl"),
        ("a.json", "jsonl"),
        ("a.pq", "parquet"),
    ],
)
def test_the_ending_chooses_the_format_that_is_written(
    dataset: Dataset, tmp_path: Path, name: str, format: str
) -> None:
    write(dataset, tmp_path / name)
    assert read(tmp_path / name)[1].format == format
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [name]


def test_an_unknown_ending_keeps_the_format_of_the_source(dataset: Dataset, tmp_path: Path) -> None:
    write(dataset, tmp_path / "cleaned.data")
    assert read(tmp_path / "cleaned.data")[0].equals(dataset.table)


def test_spreadsheet_safe_changes_only_the_copy_for_spreadsheets(dataset: Dataset, tmp_path: Path) -> None:
    write(dataset, tmp_path / "safe.csv", spreadsheet_safe=True)
    write(dataset, tmp_path / "exact.csv")
    assert read(tmp_path / "safe.csv")[0]["text"].to_pylist() == ["a b c", "'=1+1", ""]
    assert read(tmp_path / "exact.csv")[0]["text"].to_pylist() == ["a b c", "=1+1", ""]


def test_an_unknown_format_is_bad_input(dataset: Dataset) -> None:
    with pytest.raises(BadInput, match="can't be written as 'parket'; did you mean 'parquet'"):
        to_bytes(dataset, "parket")


def test_a_place_that_cannot_be_written_keeps_what_was_there(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"can.t be written"):
        write(dataset, tmp_path / "missing" / "x.csv")
    (tmp_path / "x.csv").mkdir()
    with pytest.raises(StoreError, match=r"x\.csv can.t be written \(.*\); choose another place\."):
        write(dataset, tmp_path / "x.csv")
    assert not (tmp_path / "x.csv.part").exists()


CHOOSE = "choose a CSV, TSV, JSON Lines, Parquet, Arrow, XLSX or NPZ file"
IMAGES = "choose a folder or a ZIP archive of images"
UNPACK = "unpack it and choose a file in it"
SAVE = "save it as XLSX or CSV, without a password"
WRITE = "write the data as Parquet or CSV"


def zipped(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "kind", "advice"),
    [
        (b"\x89PNG\r\n\x1a\n", "a PNG image", IMAGES),
        (b"\xff\xd8\xff\xe0", "a JPEG image", IMAGES),
        (b"GIF89a", "a GIF image", IMAGES),
        (b"%PDF-1.7", "a PDF document", CHOOSE),
        (b"\x1f\x8b\x08", "a gzip archive", UNPACK),
        (zipped("content.xml"), "an OpenDocument file", SAVE),
        (zipped("xl/workbook.bin"), "a binary workbook", SAVE),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old or a password-protected Office file", SAVE),
        (pickle.dumps(FRAME), "a pickle", WRITE),
        (b"\n<!DOCTYPE html><html>", "a web page", CHOOSE),
        ("\ufeff<html>".encode("utf-16-le"), "a web page", CHOOSE),
    ],
)
def test_other_kinds_of_files_are_named(made: Made, content: bytes, kind: str, advice: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(made("x.csv", content))
    assert str(caught.value) == f"x.csv is {kind}, not a table; {advice}."


@pytest.mark.parametrize("name", ["x.csv", "x.txt", "x"])
@pytest.mark.parametrize("content", ['[{"a": 1}]', '{"a": 1}\n', '[\n {\n  "a": 1}]'])
def test_json_under_another_name_is_read_as_json(made: Made, name: str, content: str) -> None:
    table, source = read(made(name, content))
    assert (table.to_pydict(), source.format) == ({"a": [1]}, "jsonl")


def test_a_missing_file_gets_a_hint(made: Made, tmp_path: Path) -> None:
    made("tickets.csv", "a\n1\n")
    with pytest.raises(BadInput, match=r"there is no file '.*tikets\.csv'; did you mean 'tickets\.csv'\?"):
        read(tmp_path / "tikets.csv")
    with pytest.raises(BadInput, match=r"there is no file 'irs'; did you mean 'iris'\?"):
        load("irs")
    with pytest.raises(BadInput, match=r"there is no file '.*'; check the name and the folder\."):
        read(tmp_path / "missing" / "0123456789")


def test_an_empty_folder_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"^.* holds no image, no file; choose images, or a table\.$"):
        read(tmp_path)


def test_a_file_without_permission_gets_one_sentence(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = made("x.csv", "a\n1\n")
    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(BadInput, match=r"^'.*x\.csv' may not be read by you; change its permissions\.$"):
        read(path)


def test_a_name_that_no_file_can_have_gets_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot be read \(File name too long\); choose another file\.$"):
        read(tmp_path / ("x" * 300))


@pytest.mark.parametrize("name", ["text/ag_news_test_7600.csv", "tabular/adult_train.csv", "text/clinc_oos_full.csv"])
def test_real_files_are_written_byte_for_byte(shared_data: Path, name: str) -> None:
    assert to_bytes(load(shared_data / name)) == (shared_data / name).read_bytes()


def test_real_cells_survive_every_format(shared_data: Path, tmp_path: Path) -> None:
    dataset = load(shared_data / "text/ag_news_test_7600.csv").take(range(0, 7600, 20))  # type: ignore[arg-type]
    for format in TABLES:
        path = tmp_path / f"x.{format}"
        write(dataset, path)
        table, _ = read(path)
        assert table.to_pydict() == dataset.table.to_pydict()


def test_tables_from_memory_are_written_with_their_types(tmp_path: Path) -> None:
    table = pa.table({"a": pa.array([1, 2], pa.int8()), "label": ["x", "y"]})
    write(load(table, label="label"), tmp_path / "x.parquet")
    assert read(tmp_path / "x.parquet")[0].equals(table)
