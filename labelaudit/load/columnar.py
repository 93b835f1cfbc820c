"""Parquet and Arrow IPC (Feather): tables with types of their own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from labelaudit.dataset import Source
from labelaudit.errors import BadInput
from labelaudit.load import cells
from labelaudit.text import shorten

_TITLES = {"parquet": "Parquet", "arrow": "Arrow"}
_PLAIN = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}
_HOLDS_TIMES = re.compile("date|time|duration")


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
        With its types and the schema's metadata; only few have to become others, see `usable`.
    source : Source
        Options ``header`` (columns that had to be renamed), ``compression`` (Parquet) or ``container`` (Arrow).

    Raises
    ------
    BadInput
        The file is truncated or not what it says.
    """
    try:
        table, options = _read_parquet(path) if format == "parquet" else _read_arrow(path)
        table.validate(full=True)  # what Arrow believes of a damaged file would end the process
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"{path.name} cannot be read as {_TITLES[format]}: it is damaged or not complete; "
            "write or download it again."
        ) from error
    if not table.num_columns:
        raise BadInput(f"{path.name} has no columns; choose a file with data.")
    names = cells.unique_names(table.column_names)
    originals = cells.renamed(table.column_names, names)
    return usable(_renamed(table, names)), Source(
        format, {**options, "header": originals}, cells.rename_notes(originals)
    )


def usable(table: pa.Table) -> pa.Table:
    """Turn the types of which Arrow cannot take rows yet into others: views and repeated runs.

    Raises
    ------
    BadInput
        A column has such a type deep inside, or cells that Python cannot hold.
    """
    columns = []
    for field, column in zip(table.schema, table.columns, strict=True):
        try:
            if pa.types.is_run_end_encoded(column.type):
                column = pc.run_end_decode(column)
            column = column.cast(_without_views(column.type))
            _try_out(column)
        except (pa.ArrowNotImplementedError, ValueError, OverflowError) as error:
            raise BadInput(
                f"column {field.name!r} of type {shorten(str(field.type))} has cells that can't be read "
                f"({shorten(str(error))}); leave it out of the file or convert it to text."
            ) from error
        columns.append(column)
    fields = [field.with_type(column.type) for field, column in zip(table.schema, columns, strict=True)]
    return pa.table(columns, schema=pa.schema(fields, metadata=table.schema.metadata))


def _without_views(kind: pa.DataType) -> pa.DataType:
    def inner(field: pa.Field) -> pa.Field:
        return field.with_type(_without_views(field.type))

    if pa.types.is_struct(kind):
        return pa.struct([inner(field) for field in kind.fields])
    if pa.types.is_list(kind):
        return pa.list_(inner(kind.value_field))
    if pa.types.is_large_list(kind):
        return pa.large_list(inner(kind.value_field))
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(inner(kind.value_field), kind.list_size)
    if pa.types.is_map(kind):  # in Parquet its parts have names that Arrow's files do not keep
        return pa.map_(inner(kind.key_field), inner(kind.item_field), kind.keys_sorted)
    if pa.types.is_dictionary(kind):
        return pa.dictionary(kind.index_type, _without_views(kind.value_type), kind.ordered)
    return _PLAIN.get(kind, kind)


def _try_out(column: pa.ChunkedArray) -> None:
    """Do once what would fail later: take a row, make Python values of all dates and times."""
    first = column[:1]
    first.take(pa.array([0] if len(first) else [], type=pa.int64())).to_pylist()
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type) or pa.types.is_time(column.type):
        pc.min_max(column).as_py()
    elif _HOLDS_TIMES.search(str(column.type)):
        column.to_pylist()


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
