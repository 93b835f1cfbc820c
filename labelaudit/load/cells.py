"""Values to Arrow columns that hold them exactly, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from labelaudit.dataset import JSON_CELLS
from labelaudit.text import json_text


def exact_column(name: str, values: Sequence[Any]) -> tuple[pa.Field, pa.Array]:
    """Put JSON values into one Arrow column without changing any of them.

    Parameters
    ----------
    name : str
        Of the column.
    values : sequence of N JSON values
        None, booleans, numbers, text, lists and objects.

    Returns
    -------
    field : pyarrow.Field
        Marked with `JSON_CELLS` where no Arrow type holds all values exactly (1 beside 1.0, text beside numbers).
    array : pyarrow.Array of N cells
        The values, or their JSON text.
    """
    array = _native(values)
    if array is not None:
        return pa.field(name, array.type), array
    return json_column(name, [json_text(value) for value in values])


def json_column(name: str, texts: Sequence[str | None]) -> tuple[pa.Field, pa.Array]:
    """Mark JSON texts as a column whose cells hold JSON."""
    return pa.field(name, pa.string(), metadata=JSON_CELLS), pa.array(texts, type=pa.string())


def _native(values: Sequence[Any]) -> pa.Array | None:
    try:
        array = pa.array(values)
    except (pa.ArrowException, OverflowError, UnicodeEncodeError):
        return None
    if pa.types.is_string(array.type):
        return array
    return array if json.dumps(array.to_pylist()) == json.dumps(values) else None


def is_json(field: pa.Field) -> bool:
    """Whether the cells of a column are JSON text."""
    return bool(field.metadata and field.metadata.items() >= JSON_CELLS.items())


def values_of(table: pa.Table, name: str) -> list[Any]:
    """Return the cells of a column as Python values, JSON text decoded."""
    cells = table[name].to_pylist()
    if not is_json(table.schema.field(name)):
        return list(cells)
    return [None if cell is None else json.loads(cell) for cell in cells]


def texts_of(table: pa.Table, name: str) -> list[str]:
    """Return the cells of a column as a text format writes them; nothing for null."""
    kind = table.schema.field(name).type
    if (pa.types.is_string(kind) or pa.types.is_large_string(kind)) and not is_json(table.schema.field(name)):
        return ["" if cell is None else cell for cell in table[name].to_pylist()]
    return [text(value) for value in values_of(table, name)]


def text(value: Any) -> str:
    """Write a value as a person would; nested ones as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else str(value)


def unique_names(header: Iterable[str]) -> list[str]:
    """Give every column a name of its own: an empty one by its place, a repeated one by a number."""
    wanted = list(header)
    taken = set(wanted) - {""}
    seen: set[str] = set()
    names = []
    for place, name in enumerate(wanted, 1):
        unique = name or f"column_{place}"
        number = 2
        while unique in seen or (unique != name and unique in taken):
            unique = f"{name or f'column_{place}'}_{number}"
            number += 1
        seen.add(unique)
        names.append(unique)
    return names


def renamed(header: Sequence[Any], names: Sequence[str]) -> dict[str, Any]:
    """Say what the columns were called whose names had to change: table name to name in the file."""
    return {name: original for original, name in zip(header, names, strict=True) if original != name}


def rename_notes(originals: dict[str, Any]) -> tuple[str, ...]:
    """Tell the user about columns that had to be renamed."""
    if not originals:
        return ()
    shown = ", ".join(f"{original!r} as {name!r}" for name, original in list(originals.items())[:3])
    more = f" and {len(originals) - 3:,} more" if len(originals) > 3 else ""
    return (f"column names that are empty or occur twice are shown with a name of their own: {shown}{more}",)
