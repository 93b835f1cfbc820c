"""JSON Lines: one object a line; or one JSON array of objects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from labelaudit.dataset import Source
from labelaudit.errors import BadInput
from labelaudit.load import cells
from labelaudit.load.encoding import decode
from labelaudit.text import is_encodable, json_text

_ABSENT = object()
_MAX_CELLS = 200_000_000


# -- read -------------------------------------------------------------------------------------------


def read(path: Path, format: str = "jsonl") -> tuple[pa.Table, Source]:
    """Read JSON objects as rows.

    Parameters
    ----------
    path : Path
        UTF-8, UTF-16 or UTF-32 text.
    format : {"jsonl"}
        One format lives here.

    Returns
    -------
    table : pyarrow.Table
        One column per key, in the order of first appearance; see `labelaudit.load.cells.exact_column`. In a column of
        JSON text a null cell is an absent key and the text ``null`` is an explicit null.
    source : Source
        Options ``layout`` (``lines`` or ``array``), ``encoding``, ``bom`` and ``absent`` (columns in which
        null is an absent key).

    Raises
    ------
    BadInput
        The file is empty, no such text, or a line is not a JSON object.
    """
    text, encoding, bom = decode(path)
    layout = "array" if text.lstrip().startswith("[") else "lines"
    rows = _array(path.name, text) if layout == "array" else _lines(path.name, text)
    if not rows:
        raise BadInput(f"{path.name} is empty; choose a file with one JSON object a line.")
    names = list(dict.fromkeys(key for row in rows for key in row))
    if not names:
        raise BadInput(f"{path.name} has only objects without keys; choose a file with data.")
    if len(rows) * len(names) > _MAX_CELLS:
        raise BadInput(
            f"{path.name} has {len(names):,} different keys in {len(rows):,} rows; use the same few keys in every row."
        )
    if not all(map(is_encodable, names)):
        raise BadInput(f"{path.name} has a key with half of a surrogate pair; rename it.")
    fields, arrays, absent = [], [], []
    for name in names:
        values = [row.get(name, _ABSENT) for row in rows]
        field, array, null_is_absent = _column(name, values)
        fields.append(field)
        arrays.append(array)
        if null_is_absent:
            absent.append(name)
    options = {"layout": layout, "encoding": encoding, "bom": bom, "absent": absent}
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields)), Source(format, options)


def _column(name: str, values: Sequence[Any]) -> tuple[pa.Field, pa.Array, bool]:
    if _ABSENT not in values:
        return *cells.exact_column(name, values), False
    if None not in values:
        field, array = cells.exact_column(name, [None if value is _ABSENT else value for value in values])
        if not cells.is_json(field):
            return field, array, True
    texts = [None if value is _ABSENT else json_text(value) for value in values]
    return *cells.json_column(name, texts), False


def _lines(name: str, text: str) -> list[dict[str, Any]]:
    try:
        rows = list(_objects(name, text))
        is_table = len(rows) == 1 and _is_table(rows[0])
    except BadInput:
        is_table = _is_table_in_lines(text)
        if not is_table:
            raise
    if is_table:
        raise BadInput(
            f'{name} is one JSON object; write one for every row, like {{"text": "...", "label": "..."}} '
            "(in pandas: to_json(path, orient='records', lines=True))."
        )
    return rows


def _is_table(value: dict[str, Any]) -> bool:
    """Whether an object holds columns rather than the cells of a row."""
    lengths = {len(column) if isinstance(column, list | dict) else 0 for column in value.values()}
    return len(lengths) == 1 and max(lengths) > 1


def _is_table_in_lines(text: str) -> bool:
    try:
        return "\n" in text.strip() and isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _objects(name: str, text: str) -> Iterator[dict[str, Any]]:
    # Only \n ends a line: JSON text may hold the other separators that str.splitlines knows.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        value = _parse(name, line, number)
        if not isinstance(value, dict):
            raise BadInput(
                f"{name}: line {number:,} is {_kind(value)}, not a JSON object; every line has to be one, like "
                '{"text": "...", "label": "..."}.'
            )
        yield value


def _array(name: str, text: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = _parse(name, text, 1)
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise BadInput(
                f"{name}: element {number:,} of the array is {_kind(row)}, not a JSON object; every row has to be one."
            )
    return rows


def _parse(name: str, text: str, line: int) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        where = f"line {line + error.lineno - 1:,}, column {error.colno:,}"
        raise BadInput(f"{name}: {where} is not valid JSON ({error.msg}); correct it or remove it.") from error
    except RecursionError as error:
        raise BadInput(f"{name}: line {line:,} is nested too deeply; flatten it.") from error
    except _RepeatedKey as error:
        raise BadInput(f"{name}: line {line:,} has the key {error.args[0]!r} twice; keep one of them.") from error
    except ValueError as error:  # Python's limit on the digits of a whole number
        raise BadInput(f"{name}: line {line:,} has a number of thousands of digits; write it as text.") from error


class _RepeatedKey(ValueError):
    """A JSON object says two things under one key, and one of them would be lost."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _RepeatedKey(next(key for key in keys if keys.count(key) > 1))
    return found


def _kind(value: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list"}
    return names.get(type(value), "null")


# -- write ------------------------------------------------------------------------------------------


def write(table: pa.Table, source: Source, file: BinaryIO) -> None:
    """Write one JSON object per row, as lines or as one array.

    Parameters
    ----------
    table : pyarrow.Table
        What JSON has no type for (dates, bytes) is written as text.
    source : Source
        The options of `read`.
    file : binary file
        Open for writing.
    """
    absent = set(source.options.get("absent", ()))
    columns = [_encoded(table, name, name in absent) for name in table.column_names]
    keys = [json_text(name) for name in table.column_names]
    rows = (
        "{" + ", ".join(f"{key}: {text}" for key, text in zip(keys, row, strict=True) if text is not None) + "}"
        for row in zip(*columns, strict=True)
    )
    in_array = source.options.get("layout") == "array"
    text = "[" + ",\n ".join(rows) + "]\n" if in_array else "\n".join(rows) + "\n"
    mark = "\ufeff" if source.options.get("bom") else ""
    file.write((mark + text).encode(source.options.get("encoding", "utf-8")))


def _encoded(table: pa.Table, name: str, null_is_absent: bool) -> list[str | None]:
    """Return the JSON text of every cell; None where the key is absent."""
    values = table[name].to_pylist()
    if cells.is_json(table.schema.field(name)):
        return list(values)
    return [None if value is None and null_is_absent else _json(value) for value in values]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=lambda v: v.hex() if isinstance(v, bytes) else str(v))
