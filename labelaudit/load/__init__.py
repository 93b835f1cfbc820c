"""Files, frames and demos to data sets, and data sets back to files."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from labelaudit.dataset import Dataset, Source
from labelaudit.errors import BadInput, did_you_mean
from labelaudit.files import BROKEN_ARCHIVE, reason, replacing, require_file, writing
from labelaudit.load import archives, arrays, columnar, conll, delimited, excel, hub, imagery, jsonl, sentences
from labelaudit.load.bring import bring
from labelaudit.load.demos import DEMOS
from labelaudit.load.encoding import recognise
from labelaudit.load.frames import from_pandas
from labelaudit.load.guess import Roles, guess, guess_task
from labelaudit.load.named import NAMED, load_named, named
from labelaudit.load.pieces import PREDICTING, Brought, Role, among_own, own_columns
from labelaudit.load.roles import Wanted, assign
from labelaudit.settings import settings

__all__ = [
    "DEMOS",
    "NAMED",
    "FORMATS",
    "SUFFIXES",
    "TABLES",
    "Roles",
    "formats",
    "guess",
    "guess_task",
    "load",
    "read",
    "to_bytes",
    "write",
]

FORMATS: dict[str, Any] = {
    "csv": delimited,
    "tsv": delimited,
    "jsonl": jsonl,
    "parquet": columnar,
    "arrow": columnar,
    "xlsx": excel,
    "npz": arrays,
    "conllu": conll,
    "conll": conll,
}
SUFFIXES = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".npz": "npz",
    ".conllu": "conllu",
    ".conll": "conll",
    ".iob": "conll",
    ".iob2": "conll",
    ".bio": "conll",
}
SENTENCES = ("conllu", "conll")  # which only what came so can be written as
TABLES = tuple(name for name in FORMATS if name not in SENTENCES)
CLASS_FOLDERS = "zip"  # what images can be written as, besides
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


def load(
    source: str | Path | pd.DataFrame | pa.Table | tuple[pa.Table, Source],
    *,
    label: str | Sequence[str] | None = None,
    text: str | Sequence[str] | None = None,
    features: Sequence[str] | None = None,
    id: str | None = None,
    group: str | None = None,
    task: str | None = None,
    label_options: Mapping[str, Any] | None = None,
    name: str | None = None,
    labels: str | Path | None = None,
    split: str | None = None,
    subset: str | None = None,
    pred_probs: Brought | None = None,
    predictions: Brought | None = None,
    embeddings: Brought | None = None,
    coordinates: Brought | None = None,
    neighbours: Brought | None = None,
    folds: Brought | None = None,
) -> Dataset:
    """Read a data set and decide which column plays which role.

    Parameters
    ----------
    source : path, demo name, pandas.DataFrame, pyarrow.Table or what `read` returned
        Where the data is; a name without a file of that name is a demo, a public data set (``adult_income``,
        ``cifar10:cat,dog,ship``; see `labelaudit.load.named`), or is looked for in the data folder;
        ``hf://owner/name`` is a data set on the Hugging Face Hub.
    label : str or sequence of str, optional
        The label column, or several where an example has several labels; guessed by default.
    text : str or sequence of str, optional
        The columns that hold the text, if the examples are texts.
    features : sequence of str, optional
        The columns that the model may see; by default the text columns, or all columns except for those that play
        another role, give the label away or say nothing (``provenance["left_out"]`` tells why).
    id : str, optional
        A column of unique identifiers; by default one that is called "id", else the rows are numbered from 0.
    group : str, optional
        Rows of one group share a fold.
    task : str, optional
        A key of `labelaudit.tasks.TASKS`; by default what the columns look like, "classification" mostly.
    label_options : mapping, optional
        How the labels are written, where there is a choice: see the modules of `labelaudit.shapes`.
    name : str, optional
        What to call the data set; the file's name by default.
    labels : path, optional
        A table that names the images of a folder or an archive and their labels.
    split, subset : str, optional
        Which part of a Hugging Face data set.
    pred_probs, predictions, embeddings, coordinates, neighbours, folds : optional
        What you bring in place of what an audit would compute: a file (``.npy``, ``.npz``, a table), columns (a name, a
        prefix of names, or names), an array, a frame or a mapping of arrays. Probabilities, or the predictions of
        numbers, replace the model; they have to be out of sample. Embeddings replace the feature columns. Files with
        ids are aligned by them. See
        `labelaudit.load.bring.bring`.

    Returns
    -------
    Dataset
        Of a file, ``provenance["path"]`` is where it was.

    Raises
    ------
    BadInput
        The source cannot be read, a column is not there, no column looks like the label, or what you bring does not
        fit.
    """
    path = None
    brought: dict[Role, Brought | None] = {
        "pred_probs": pred_probs,
        "predictions": predictions,
        "features": embeddings,
        "coordinates": coordinates,
        "neighbours": neighbours,
        "folds": folds,
    }
    public = named(source) if isinstance(source, str) else None
    if public is not None and not Path(str(source)).exists():
        return load_named(
            *public,
            label=label,
            text=text,
            features=features,
            id=id,
            group=group,
            task=task,
            label_options=label_options,
            name=name,
            pred_probs=pred_probs,
            predictions=predictions,
            embeddings=embeddings,
            coordinates=coordinates,
            neighbours=neighbours,
            folds=folds,
        )
    if isinstance(source, str) and source in DEMOS and not Path(source).exists():
        demo = DEMOS[source].load()
        if not (label or text or features or id or group or task or any(v is not None for v in brought.values())):
            return demo if name is None else replace(demo, name=name)
        table, origin, default_name = demo.table, demo.source, demo.name
        label, id = label or demo.label_columns[0], id or demo.id_column
    elif isinstance(source, pd.DataFrame):
        table, origin, default_name = from_pandas(source), Source("parquet"), "data"
    elif isinstance(source, pa.Table):
        table, origin, default_name = columnar.usable(source), Source("parquet"), "data"
    elif isinstance(source, tuple):
        (table, origin), default_name = source, "data"
    elif isinstance(source, str) and source.startswith(hub.PREFIX):
        (table, origin), default_name = hub.read_hub(source, split, subset), source.rpartition("/")[2]
    else:
        path = _find(Path(source))
        (table, origin), default_name = read(path, labels, split=split), _name_of(path)
    texts = (text,) if isinstance(text, str) else tuple(text or ())
    if origin.format == "npz":
        brought |= {role: own for role, own in among_own(table).items() if brought[role] is None}
    taken = dict.fromkeys(name for value in brought.values() for name in own_columns(table, value))
    dataset = assign(
        Wanted(
            table=table,
            source=origin,
            name=name or default_name,
            labels=(label,) if isinstance(label, str) else tuple(label or ()),
            texts=texts,
            features=tuple(features or ()),
            id=id,
            group=group,
            task=task or guess_task(table, origin),
            options=label_options or {},
            path=path,
            taken=tuple(taken),
            featureless=any(brought[role] is not None for role in PREDICTING),
        )
    )
    return bring(dataset, brought)


def _name_of(path: Path) -> str:
    if path.is_dir():
        return path.resolve().name
    return path.name.partition(".")[0] if archives.is_tar(path) else path.stem


def _find(path: Path) -> Path:
    """Return the file, or the one of that name in the data folder."""
    stored = settings().data_dir / path
    try:
        return stored if not path.exists() and stored.exists() else path
    except OSError:  # a name that no file can have: reading it says so
        return path


def write(dataset: Dataset, path: str | Path, *, format: str | None = None, spreadsheet_safe: bool = False) -> None:
    """Write a data set to a file, by default in the format that the ending names or that it came in.

    Parameters
    ----------
    dataset : Dataset
        An unchanged one gives the same columns, order, types and cells that were read.
    path : str or Path
        Replaced only when all is written.
    format : str, optional
        One of `formats`.
    spreadsheet_safe : bool
        In CSV and TSV, put an apostrophe before cells that a spreadsheet would run as a formula.

    Raises
    ------
    BadInput
        The format is unknown or cannot hold the data.
    StoreError
        The file cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    named = CLASS_FOLDERS if suffix == ".zip" else SUFFIXES.get(suffix)
    data = to_bytes(dataset, format or named, spreadsheet_safe)
    with writing(path, "choose another place"), replacing(path) as file:
        file.write(data)


def to_bytes(dataset: Dataset, format: str | None = None, spreadsheet_safe: bool = False) -> bytes:
    """Return what `write` writes.

    Parameters
    ----------
    dataset : Dataset
        The data set.
    format : str, optional
        One of `formats`; the one that the data came in by default.
    spreadsheet_safe : bool
        See `write`.

    Returns
    -------
    bytes
    """
    format = format or dataset.source.format
    if format not in formats(dataset):
        raise BadInput(f"{dataset.name!r} can't be written as {format!r}{did_you_mean(format, formats(dataset))}")
    file = io.BytesIO()
    if format == CLASS_FOLDERS and dataset.source.media:
        class_at = dataset.source.options.get("class_at")
        imagery.write(dataset.table, dataset.source.media, dataset.label_columns[0], class_at, file)
        return file.getvalue()
    table, source = dataset.table if dataset.shape.filed is None else dataset.shape.filed(dataset), dataset.source
    table = sentences.unfolded(table, source)
    if format != source.format:
        table, source = table.drop_columns(source.options.get("own", [])), Source(format)
    if spreadsheet_safe:
        source = replace(source, options={**source.options, "spreadsheet_safe": True})
    FORMATS[format].write(table, source, file)
    return file.getvalue()


def formats(dataset: Dataset) -> list[str]:
    """List the formats in which a data set can be written: tables, class folders of images, sentences as they came."""
    own = [name for name in SENTENCES if name == dataset.source.format]
    return [*TABLES, *own, *([CLASS_FOLDERS] if dataset.source.media else [])]
