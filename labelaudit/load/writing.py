"""Data sets back to files."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

from labelaudit.dataset import Dataset, Source
from labelaudit.errors import BadInput, did_you_mean
from labelaudit.files import replacing, writing
from labelaudit.load import imagery, sentences
from labelaudit.load.formats import CLASS_FOLDERS, FORMATS, SENTENCES, SUFFIXES, TABLES


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
        named = dataset.value_type != "class" and dataset.source.media.root is not None
        listing = to_bytes(dataset, "csv") if named else b""
        imagery.write(dataset.table, dataset.source.media, dataset.label_columns[0], class_at, file, listing)
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
