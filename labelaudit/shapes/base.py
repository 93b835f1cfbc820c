"""What the labels of a data set look like: which are its units, and how their labels are read and written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from labelaudit.dataset import Dataset
    from labelaudit.labels import Value
    from labelaudit.numerals import Numerals


@dataclass(frozen=True, eq=False)
class Units:
    """What one decision each is about: an example, or a part of it that has a label of its own.

    Parameters
    ----------
    rows : ndarray of shape (n,), int64
        The table row of each unit, ascending.
    parts : ndarray of shape (n,), object
        As in the issue table; empty for a whole example.
    """

    rows: np.ndarray
    parts: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Shape:
    """How labels of one kind are read and written.

    Parameters
    ----------
    units : callable
        ``(dataset) -> Units``, n of them.
    encoded : callable
        ``(dataset) -> classes, codes of shape (n,)``: sorted, without repetition; -1 where there is no label. Decisions
        that the data set was reviewed by are applied.
    values : callable
        ``(dataset) -> the n labels`` as plain values, as they stand in the table.
    written : callable
        ``(dataset, n values) -> table``: what has not changed stays exactly as it was. Raises `BadInput` where a value
        does not fit.
    strata : callable
        ``(dataset) -> codes of shape (N,), names``: one class per example where something needs one, to deal folds or
        to draw a sample; all -1 where that means nothing.
    names : callable
        ``(classes) -> names`` for a person, each its own; None for the usual ones.
    texts : callable
        ``(dataset) -> the n labels`` that stand in the table as JSON text; None where they are classes.
    numerals : callable
        ``(dataset) -> Numerals``: how the labels are written, where they are numbers; None where they are classes.
    filed : callable
        ``(dataset) -> the table`` that is written to a file, where it is another than the data set's.
    """

    units: Callable[[Dataset], Units]
    encoded: Callable[[Dataset], tuple[tuple[Value, ...], np.ndarray]]
    values: Callable[[Dataset], list[Any]]
    written: Callable[[Dataset, Sequence[Any]], pa.Table]
    strata: Callable[[Dataset], tuple[np.ndarray, Sequence[str]]]
    names: Callable[[Sequence[Value]], tuple[str, ...]] | None = None
    texts: Callable[[Dataset], np.ndarray] | None = None
    numerals: Callable[[Dataset], Numerals] | None = None
    filed: Callable[[Dataset], pa.Table] | None = None


def whole(dataset: Dataset) -> Units:
    """Take every example as one unit."""
    return Units(np.arange(len(dataset)), np.full(len(dataset), "", dtype=object))
