"""Files of any known format to tables."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from labelaudit.dataset import Source
from labelaudit.errors import BadInput, did_you_mean
from labelaudit.files import BROKEN_ARCHIVE, reason, require_file
from labelaudit.load import archives, conll, hub, imagery
from labelaudit.load.demos import DEMOS
from labelaudit.load.encoding import recognise
from labelaudit.load.formats import CLASS_FOLDERS, FORMATS, SENTENCES, SUFFIXES
from labelaudit.load.named import NAMED

# What files begin with, and the format or what they are instead.
_BEGINNINGS = ((b"PAR1", "parquet"), (b"ARROW1", "arrow"), (b"\xff\xff\xff\xff", "arrow"))
_CHOOSE = "choose a CSV, TSV, JSON Lines, Parquet, Arrow, XLSX or NPZ file"
_MANY = "choose a folder or a ZIP archive of images"
_UNPACK = "unpack it and choose a file in it"
_SAVE = "save it as XLSX or CSV, without a password"
_WRITE = "write the data as Parquet or CSV"
_OTHERS = (
    (b"\x89PNG", "a PNG image", _MANY),
    (b"\xff\xd8\xff", "a JPEG image", _MANY),
    (b"GIF8", "a GIF image", _MANY),
    (b"%PDF", "a PDF document", _CHOOSE),
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ\x00", "an xz archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"\xd0\xcf\x11\xe0", "an old or a password-protected Office file", _SAVE),
    (b"SQLite format 3\x00", "an SQLite database", _WRITE),
    (b"FEA1", "a Feather file of the old version 1", _WRITE),
    (b"\x93NUMPY", "a NumPy array without labels", "choose the file with the labels and bring this one beside it"),
    (b"\x89HDF", "an HDF5 file", _WRITE),
    (b"\x80\x04\x95", "a pickle", _WRITE),
    (b"\x80\x05\x95", "a pickle", _WRITE),
)
# A file of these names in a ZIP archive tells what it is.
_ZIPPED = {
    "content.xml": ("an OpenDocument file", _SAVE),
    "xl/workbook.bin": ("a binary workbook", _SAVE),
    "word/document.xml": ("a Word document", _CHOOSE),
}
_IS_JSON = re.compile(r"\s*(\[\s*)?\{\s*[\"}]")


def read(path: str | Path, labels: str | Path | None = None, *, split: str | None = None) -> tuple[pa.Table, Source]:
    """Read a file of any known format, or a folder or an archive of images; the content decides which, then the ending.

    Parameters
    ----------
    path : str or Path
        CSV, TSV, JSON Lines, Parquet, Arrow or XLSX; a folder, a ZIP or a TAR archive; or a folder in which Hugging
        Face's `datasets` saved a data set.
    labels : str or Path, optional
        A table that names the images in `path` and their labels.
    split : str, optional
        Of what `datasets` saved.

    Returns
    -------
    table : pyarrow.Table
        All columns in the file's order, cells exactly as they are in the file.
    source : Source
        How to write it back, and where the images are.

    Raises
    ------
    BadInput
        The file is not there, is something else, or is damaged.
    """
    path = Path(path)
    try:
        table, source = _read(path, labels, split)
    except FileNotFoundError as error:
        siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise BadInput(f"there is no file {str(path)!r}{_hint(path.name, [*siblings, *DEMOS, *NAMED])}") from error
    except PermissionError as error:
        raise BadInput(f"{str(path)!r} may not be read by you; change its permissions.") from error
    except OSError as error:
        raise BadInput(f"{str(path)!r} cannot be read ({reason(error)}); choose another file.") from error
    if not table.num_rows:
        raise BadInput(f"{path.name} has a header and no rows; choose a file with data below its header.")
    return table, source


def _read(path: Path, labels: str | Path | None, split: str | None) -> tuple[pa.Table, Source]:
    if path.is_dir():
        if hub.is_saved(path):
            return hub.read_saved(path, split)
        return _read_collection(imagery.collect(path), labels)
    require_file(path)
    format = CLASS_FOLDERS if archives.is_tar(path) else _format(path)
    if format == CLASS_FOLDERS:
        return _read_collection(imagery.collect(path), labels)
    if labels is not None:
        raise BadInput(f"{path.name} is no folder or archive of images, so {Path(labels).name} has nothing to name.")
    table, source = FORMATS[format].read(path, format)
    table, source = imagery.beside(table, source, path)
    return table, source if source.media else imagery.with_image_cells(table, source)


def _read_collection(found: imagery.Collection, labels: str | Path | None) -> tuple[pa.Table, Source]:
    """Take the labels from the table that is named, from one among the files, or from the folders' names."""
    if labels is not None:
        table, source = read(labels)
        return imagery.with_images(table, source, found)
    for name in sorted((name for name in found.others if _is_table_name(name)), key=_depth):
        with found.unpacked(name) as path:
            if not found.images:
                return read(path)
            with suppress(BadInput):  # a table about something else
                table, source = FORMATS[format := _format(path)].read(path, format)
                return imagery.with_images(table, source, found, table_name=name)
    return imagery.class_folders(found)


def _is_table_name(name: str) -> bool:
    suffix = Path(name).suffix.lower()
    return suffix in SUFFIXES and suffix not in (".txt", ".json", ".npz")  # beside images these are about the data


def _depth(name: str) -> tuple[int, str]:
    return name.count("/"), name


def _hint(name: str, choices: Iterable[str]) -> str:
    hint = did_you_mean(name, choices)
    return hint if "did you mean" in hint else "; check the name and the folder."


def _format(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise BadInput(f"{path.name} is empty; choose a file with data.")
    for beginning, format in _BEGINNINGS:
        if head.startswith(beginning):
            return format
    other = next(((kind, advice) for beginning, kind, advice in _OTHERS if head.startswith(beginning)), None)
    if head.startswith(b"PK\x03\x04"):
        names = _names_in(path)
        if path.suffix.lower() in (".xlsx", ".xlsm") or "xl/workbook.xml" in names:
            return "xlsx"
        if names and all(name.endswith(".npy") for name in names):
            return "npz"
        other = next((what for name, what in _ZIPPED.items() if name in names), None)
        if other is None:
            return CLASS_FOLDERS
    encoding, mark = recognise(head)
    start = head[len(mark) :].decode(encoding, errors="ignore").lstrip()
    if start[:15].lower().startswith(("<!doctype html", "<html")):
        other = ("a web page", _CHOOSE)
    if other is not None:
        kind, advice = other
        raise BadInput(f"{path.name} is {kind}, not a table; {advice}.")
    by_content = "jsonl" if _IS_JSON.match(start) else conll.recognise(start) or "csv"
    by_name = SUFFIXES.get(path.suffix.lower(), by_content)
    return by_content if by_name == "csv" or by_content in SENTENCES else by_name


def _names_in(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except BROKEN_ARCHIVE:
        return []
