"""One class per example, in one column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from labelaudit.columns import codes, comparable, is_text
from labelaudit.errors import BadInput
from labelaudit.labels import Value, can_be_classes, class_order, decode, encode, is_missing
from labelaudit.shapes.base import Shape, whole
from labelaudit.text import shorten

if TYPE_CHECKING:
    from labelaudit.dataset import Dataset


def encoded(dataset: Dataset, others: Sequence[Value] = ()) -> tuple[tuple[Value, ...], np.ndarray]:
    """Number the different values of the label column; `others` and brought probabilities may name more classes."""
    name = dataset.label_columns[0]
    column = dataset.table[name]
    if not can_be_classes(column.type):
        raise BadInput(
            f"column {name!r} holds {shorten(str(column.type))}, not one class per example; "
            "choose another label column."
        )
    column = comparable(column)
    if pa.types.is_null(column.type):
        return numbered(dataset, [], np.full(len(dataset), -1, dtype=np.int32), others)
    found = column.combine_chunks().dictionary_encode()
    as_json = dataset.holds_json(name)
    values = [decode(v) if as_json else v for v in found.dictionary.to_pylist()]
    indices = found.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return numbered(dataset, values, indices, others)


def numbered(
    dataset: Dataset, values: Sequence[Any], indices: np.ndarray, others: Sequence[Value] = ()
) -> tuple[tuple[Value, ...], np.ndarray]:
    """Sort the different labels of all units, decided and brought ones included.

    Parameters
    ----------
    dataset : Dataset
    values : sequence
        What occurs; several may be the same class, and some may mean that there is none.
    indices : ndarray of shape (n,)
        Which of them each unit has; -1 for none.
    others : sequence
        Classes that there are, too.
    """
    if dataset.reviewed is not None:
        values, indices = dataset.reviewed.applied(values, indices)
    brought = () if dataset.given is None else dataset.given.classes
    present = {encode(v): v for v in (*values, *brought, *others) if not is_missing(v)}
    classes = tuple(sorted(present.values(), key=class_order(list(present.values()))))
    order = {encode(v): code for code, v in enumerate(classes)}
    # the last one is for -1: no value
    lookup = np.array([-1 if is_missing(v) else order[encode(v)] for v in values] + [-1], dtype=np.int32)
    return classes, lookup[indices]


def values(dataset: Dataset) -> list[Any]:
    """The cells of the label column as plain values, missing ones as they are."""
    name = dataset.label_columns[0]
    column = dataset.table[name]
    if is_text(column.type) and not dataset.holds_json(name):
        found = codes(column)  # few that differ, which many cells share
        return list(np.array([*found.values.to_pylist(), None], dtype=object)[found.codes])
    cells = column.to_pylist()
    return [decode(cell) for cell in cells] if dataset.holds_json(name) else cells


def written(dataset: Dataset, values: Sequence[Any]) -> pa.Table:
    """Give every example a label; the column keeps its place and its type."""
    name = dataset.label_columns[0]
    schema_field = dataset.table.schema.field(name)
    cells = [encode(value) for value in values] if dataset.holds_json(name) else values
    array = fitting(name, cells, schema_field.type)
    return dataset.table.set_column(dataset.table.schema.get_field_index(name), schema_field, array)


def fitting(name: str, cells: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Make an array of labels of the type that the column `name` has.

    Raises
    ------
    BadInput
        One of them does not fit.
    """
    try:
        return array_of(cells, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise BadInput(
            f"a new label does not fit column {name!r} of type {kind} ({shorten(str(error))}); "
            "choose one like the others."
        ) from error


def array_of(cells: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Make an array of a type, which may be a dictionary."""
    if not pa.types.is_dictionary(kind):
        return pa.array(cells, type=kind)
    found = pa.array(cells, type=kind.value_type).dictionary_encode()
    return pa.DictionaryArray.from_arrays(found.indices.cast(kind.index_type), found.dictionary, ordered=kind.ordered)


def strata(dataset: Dataset) -> tuple[np.ndarray, Sequence[str]]:
    """The classes themselves."""
    return dataset.labels, dataset.class_names


SINGLE = Shape(units=whole, encoded=encoded, values=values, written=written, strata=strata)
