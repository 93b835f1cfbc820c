"""What the cells of a column are: how many differ, whether they are numbers, texts or identifiers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_IDENTIFIER_NAME = re.compile(r"(?i:(.*[_ .-])?(id|uuid|guid)|index|idx|unnamed: \d+|column_1)|.*[a-z]I[dD]")
_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
_WHOLE = r"^[+-]?\d{1,18}$"


@dataclass(frozen=True, eq=False)
class Codes:
    """A column as whole numbers.

    Parameters
    ----------
    codes : ndarray of shape (N,)
        Which of the distinct values every row holds; the last number for null.
    values : pyarrow.Array
        The distinct values, without null.
    nulls : int
        How many cells are null.
    """

    codes: np.ndarray
    values: pa.Array
    nulls: int

    @property
    def distinct(self) -> int:
        """How many values there are; null is one, too."""
        return len(self.values) + bool(self.nulls)


def codes(column: pa.ChunkedArray) -> Codes:
    """Number the distinct cells of a column.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of N cells
        Of any type.

    Returns
    -------
    Codes
        Lists and structs count as their JSON text.
    """
    column = comparable(column)
    if pa.types.is_null(column.type):
        return Codes(np.zeros(len(column), dtype=np.int64), pa.array([], type=pa.string()), len(column))
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    numbers = encoded.indices.fill_null(len(encoded.dictionary)).to_numpy(zero_copy_only=False)
    return Codes(numbers.astype(np.int64), encoded.dictionary, column.null_count)


def comparable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return cells of a type whose values Arrow can tell apart.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of N cells
        Of any type.

    Returns
    -------
    pyarrow.ChunkedArray of N cells
        Categories as what they stand for, types of others as they are stored, lists and structs as JSON text.
    """
    if isinstance(column.type, pa.BaseExtensionType):
        stored = [chunk.storage for chunk in column.chunks]
        return comparable(pa.chunked_array(stored, type=column.type.storage_type))
    if pa.types.is_dictionary(column.type):
        decoded = [chunk.dictionary_decode() for chunk in column.chunks]
        return comparable(pa.chunked_array(decoded, type=column.type.value_type))
    if pa.types.is_nested(column.type):
        texts = [None if value is None else json.dumps(value, default=str) for value in column.to_pylist()]
        return pa.chunked_array([pa.array(texts, type=pa.string())])
    return column


def is_text(kind: pa.DataType) -> bool:
    """Whether cells of this type are strings."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_number(kind: pa.DataType) -> bool:
    """Whether cells of this type are numbers."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def numbers(values: pa.Array) -> np.ndarray | None:
    """Return values as floats, or None unless all of them are numbers or read like one."""
    values = values.drop_null()
    if not len(values) or not (is_text(values.type) or is_number(values.type)):
        return None
    if is_text(values.type):
        if not pc.all(pc.match_substring_regex(values, _NUMBER)).as_py():
            return None
        values = pc.utf8_trim_whitespace(values)
        values = pc.replace_substring_regex(values, r"^\+", "")
    return np.asarray(values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))


def is_whole(values: pa.Array) -> bool:
    """Whether all values are whole numbers, or read like one."""
    if pa.types.is_integer(values.type):
        return True
    return is_text(values.type) and bool(pc.all(pc.match_substring_regex(values, _WHOLE), min_count=0).as_py())


def is_blank(column: Any) -> Any:
    """Tell for every cell whether it is null, not a number or an empty text."""
    null = pc.is_null(column, nan_is_null=True)
    if not is_text(column.type):
        return null
    return pc.or_(null, pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), ""), False))


def can_be_id(column: pa.ChunkedArray) -> bool:
    """Whether every row has a value of its own."""
    found = codes(column)
    if found.nulls or found.distinct < len(column) or pa.types.is_floating(column.type):
        return False
    return not pa.types.is_nested(column.type) and not pc.any(is_blank(found.values)).as_py()


def is_named_like_id(name: str) -> bool:
    """Whether a column's name says that it holds identifiers."""
    return _IDENTIFIER_NAME.fullmatch(name) is not None
