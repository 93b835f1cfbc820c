"""Parquet and Arrow IPC (Feather): tables with types of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from labelaudit.dataset import Source
from labelaudit.errors import BadInput
from labelaudit.load import cells

_TITLES = {"parquet": "Parquet", "arrow": "Arrow"}


def read(path: Path, format: str) -> tuple[pa.Table, Source]:
    """Read a Parquet file, an Arrow IPC file (Feather) or an Arrow IPC stream.

    Parameters
    ----------
    path : Path
        The file.
    format : {"parquet", "arrow"}
        Which of them.

    Returns
    -------
    table : pyarrow.Table
        With its types and the schema's metadata; only views become plain strings, see `without_views`.
    source : Source
        Options ``header`` (columns that had to be renamed), ``compression`` (Parquet) or ``container`` (Arrow).

    Raises
    ------
    BadInput
        The file is truncated or not what it says.
    """
    try:
        table, options = _read_parquet(path) if format == "parquet" else _read_arrow(path)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"{path.name} cannot be read as {_TITLES[format]}: it is damaged or not complete; "
            "write or download it again."
        ) from error
    if not table.num_columns:
        raise BadInput(f"{path.name} has no columns; choose a file with data.")
    names = cells.unique_names(table.column_names)
    originals = cells.renamed(table.column_names, names)
    return without_views(_renamed(table, names)), Source(
        format, {**options, "header": originals}, cells.rename_notes(originals)
    )


def without_views(table: pa.Table) -> pa.Table:
    """Turn string and binary views into large strings and binaries: Arrow cannot take rows of views yet."""
    plain = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}
    fields = [field.with_type(plain.get(field.type, field.type)) for field in table.schema]
    return table.cast(pa.schema(fields, metadata=table.schema.metadata))


def _renamed(table: pa.Table, names: list[str]) -> pa.Table:
    return table.rename_columns(names).replace_schema_metadata(table.schema.metadata)  # renaming drops it


def _read_parquet(path: Path) -> tuple[pa.Table, dict[str, Any]]:
    with pq.ParquetFile(path) as file:
        groups = file.metadata.num_row_groups
        first = file.metadata.row_group(0).column(0).compression if groups and file.metadata.num_columns else "SNAPPY"
        return file.read(), {"compression": "NONE" if first == "UNCOMPRESSED" else first}


def _read_arrow(path: Path) -> tuple[pa.Table, dict[str, Any]]:
    with pa.OSFile(str(path), "rb") as file:
        is_file = file.read(6) == b"ARROW1"
        file.seek(0)
        with pa.ipc.open_file(file) if is_file else pa.ipc.open_stream(file) as reader:
            return reader.read_all(), {"container": "file" if is_file else "stream"}


def write(table: pa.Table, source: Source, file: BinaryIO) -> None:
    """Write a table as Parquet or as Arrow IPC.

    Parameters
    ----------
    table : pyarrow.Table
        With the types and the metadata that the file shall have.
    source : Source
        The options of `read`.
    file : binary file
        Open for writing.

    Raises
    ------
    BadInput
        The format has no place for one of the types.
    """
    originals = source.options.get("header", {})
    table = _renamed(table, [originals.get(name, name) for name in table.column_names])
    try:
        if source.format == "parquet":
            pq.write_table(table, file, compression=source.options.get("compression", "SNAPPY"))
            return
        new = pa.ipc.new_stream if source.options.get("container") == "stream" else pa.ipc.new_file
        with new(file, table.schema) as writer:
            writer.write_table(table.unify_dictionaries())
    except pa.ArrowNotImplementedError as error:
        raise BadInput(f"{_TITLES[source.format]} cannot hold this table ({error}); choose another format.") from error
