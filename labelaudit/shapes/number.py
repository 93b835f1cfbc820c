"""One number per example, in one column; label option ``decimal``: the decimal mark, where the texts leave it open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from labelaudit import numerals
from labelaudit.errors import BadInput
from labelaudit.labels import Value, decode, encode
from labelaudit.numerals import Numerals
from labelaudit.shapes import single
from labelaudit.shapes.base import Shape, whole

if TYPE_CHECKING:
    from labelaudit.dataset import Dataset


def read(dataset: Dataset) -> Numerals:
    """Read the label column as it stands in the table.

    Raises
    ------
    BadInput
        See `labelaudit.numerals.read`.
    """
    return numerals.read(single.values(dataset), dataset.label_columns[0], dataset.label_options)


def targets(dataset: Dataset) -> np.ndarray:
    """Return the number of every example, shape (N,), decided ones included; NaN where there is none."""
    numbers = read(dataset).values.copy()
    if dataset.reviewed is not None:
        decided = [decode(text) for text in dataset.reviewed.labels]
        numbers[dataset.reviewed.units] = [np.nan if value is None else float(value) for value in decided]
    return numbers


def encoded(dataset: Dataset) -> tuple[tuple[Value, ...], np.ndarray]:
    """Numbers are no classes: 0 where there is one, -1 where there is none."""
    return (), np.where(np.isnan(targets(dataset)), -1, 0).astype(np.int32)


def values(dataset: Dataset) -> list[Any]:
    """The numbers as JSON has them, None where there is none."""
    return read(dataset).plain()


def texts(dataset: Dataset) -> np.ndarray:
    """The numbers as JSON text."""
    return np.array([encode(value) for value in values(dataset)], dtype=object)


def written(dataset: Dataset, values: Sequence[Any]) -> pa.Table:
    """Write the numbers that changed as the cells that they replace were written; all others stay as they are."""
    name = dataset.label_columns[0]
    whole_only = pa.types.is_integer(dataset.table.schema.field(name).type)
    broken = next((v for v in values if v is not None and not float(v).is_integer()), None) if whole_only else None
    if broken is not None:  # Arrow would cut it
        raise BadInput(f"{broken} does not fit column {name!r}, which holds whole numbers; choose a whole one.")
    found, cells = read(dataset), single.values(dataset)
    usual = next((cell for cell, value in zip(cells, found.values, strict=True) if not np.isnan(value)), None)
    for row, (value, before) in enumerate(zip(values, found.plain(), strict=True)):
        if value is None and before is not None:
            cells[row] = None
        elif value is not None and value != before:
            cells[row] = found.written(value, usual if before is None else cells[row])
    return single.written(dataset, cells)


def strata(dataset: Dataset) -> tuple[np.ndarray, Sequence[str]]:
    """No classes: folds and samples are drawn at random."""
    return np.full(len(dataset), -1, dtype=np.int32), ()


NUMBER = Shape(units=whole, encoded=encoded, values=values, written=written, strata=strata, texts=texts, numerals=read)
