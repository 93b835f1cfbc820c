"""One tag for every token of a sentence: a column of lists beside the column of the tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from labelaudit.errors import BadInput
from labelaudit.labels import Value, is_missing
from labelaudit.shapes.base import Shape, Units
from labelaudit.shapes.single import fitting, numbered

if TYPE_CHECKING:
    from labelaudit.dataset import Dataset


def lengths(dataset: Dataset) -> np.ndarray:
    """Count the tokens of every sentence, shape (N,)."""
    return np.asarray(pc.fill_null(pc.list_value_length(dataset.table[dataset.feature_columns[0]]), 0).to_numpy())


def units(dataset: Dataset) -> Units:
    """Number the tokens of every sentence from 0: ``t0``, ``t1`` and so on."""
    many = lengths(dataset)
    rows = np.repeat(np.arange(len(many)), many)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(many) - many, many)
    names = np.array([f"t{number}" for number in range(int(many.max(initial=0)))], dtype=object)
    return Units(rows, names[place])


def tokens(dataset: Dataset) -> list[str]:
    """The n tokens as text, one sentence after the other."""
    cells = pc.list_flatten(dataset.table[dataset.feature_columns[0]])
    return ["" if token is None else str(token) for token in cells.to_pylist()]


def _flat(dataset: Dataset) -> pa.Array:
    """The n tags; none for the tokens of a sentence that has no list of tags."""
    column = dataset.table[dataset.label_columns[0]]
    if column.null_count:
        many = lengths(dataset)
        cells = [[None] * n if cell is None else cell for cell, n in zip(column.to_pylist(), many, strict=True)]
        column = pa.chunked_array([pa.array(cells, column.type)])
    flat = pc.list_flatten(column)
    if len(flat) != lengths(dataset).sum():
        raise BadInput(
            f"{dataset.name!r} has {lengths(dataset).sum():,} tokens and {len(flat):,} tags; give every token one tag."
        )
    return flat.combine_chunks() if isinstance(flat, pa.ChunkedArray) else flat


def encoded(dataset: Dataset) -> tuple[tuple[Value, ...], np.ndarray]:
    """Number the different tags."""
    flat = _flat(dataset)
    if pa.types.is_null(flat.type):
        return (), np.full(len(flat), -1, dtype=np.int32)
    found = flat.dictionary_encode()
    return numbered(dataset, found.dictionary.to_pylist(), found.indices.fill_null(-1).to_numpy(zero_copy_only=False))


def values(dataset: Dataset) -> list[Any]:
    """The n tags as they stand in the table."""
    found: list[Any] = _flat(dataset).to_pylist()
    return found


def written(dataset: Dataset, values: Sequence[Any]) -> pa.Table:
    """Give every token a tag; a sentence that had no list of tags and gets no tag stays without one."""
    name = dataset.label_columns[0]
    field = dataset.table.schema.field(name)
    many = lengths(dataset)
    flat = fitting(name, values, field.type.value_type)
    ends = np.cumsum(many)
    bare = dataset.table[name].is_null().to_numpy()
    if bare.any():
        missing = np.append(0, np.cumsum([is_missing(value) for value in values]))
        bare &= missing[ends] - missing[ends - many] == many
    offsets = pa.array(np.append(0, ends), pa.int64() if pa.types.is_large_list(field.type) else pa.int32())
    kind = pa.LargeListArray if pa.types.is_large_list(field.type) else pa.ListArray
    lists = kind.from_arrays(offsets, flat, type=field.type)
    if bare.any():
        lists = pc.if_else(pa.array(bare), pa.scalar(None, field.type), lists)
    return dataset.table.set_column(dataset.table.schema.get_field_index(name), field, lists)


def strata(dataset: Dataset) -> tuple[np.ndarray, Sequence[str]]:
    """Sentences have no class."""
    return np.full(len(dataset), -1), ()


TAGS = Shape(units=units, encoded=encoded, values=values, written=written, strata=strata)
