"""What is found about a data set, what several checks need to know of it, and the words for both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from labelaudit.columns import codes
from labelaudit.dataset import Dataset
from labelaudit.folds import copy_sets

Severity = Literal["high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")
EXAMPLES = 3


@dataclass(frozen=True)
class Finding:
    """Something about the data that an audit suffers from.

    Parameters
    ----------
    key : str
        Which check found it.
    title : str
        What it is, with its number.
    count : int
        How many rows, classes or columns.
    examples : tuple of str
        Up to three, with row numbers (from 0).
    effect, fix : str
        What it does to an audit, and what to do about it.
    severity : {"high", "medium", "low"}
        How much it hurts.
    task : str
        The kind of label that would suit the data better, where it is that; a key of `labelaudit.tasks.TASKS`.
    """

    key: str
    title: str
    count: int
    examples: tuple[str, ...]
    effect: str
    fix: str
    severity: Severity
    task: str = ""


class Known:
    """What several checks need, computed once."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.label = ", ".join(dataset.label_columns)
        self.classes = dataset.classes
        self.labels, self.names = dataset.strata
        self.counts = np.bincount(self.labels[self.labels >= 0], minlength=len(self.names))
        brought = () if dataset.given is None else dataset.given.columns
        images = dataset.feature_columns if dataset.modality == "image" else ()
        others = [
            name for name in dataset.table.column_names if name not in (*dataset.label_columns, *brought, *images)
        ]
        self.columns = {name: codes(dataset.table[name]) for name in others}

    def rows_of(self, label: int) -> np.ndarray:
        """Which rows have this class."""
        return np.flatnonzero(self.labels == label)

    def twins(self) -> tuple[np.ndarray, np.ndarray]:
        """Which rows have a twin of the same content, and the number of the set of twins that each belongs to."""
        sets = copy_sets(self.dataset)
        repeated = np.bincount(sets)[sets] > 1
        rows = np.flatnonzero(repeated)
        return rows, sets[rows]


def row_numbers(rows: np.ndarray) -> tuple[str, ...]:
    """Name the first rows one by one."""
    return tuple(f"row {row:,}" for row in rows[:EXAMPLES])


def joined_rows(rows: np.ndarray) -> str:
    """Name the first rows in one text, and say how many more there are."""
    shown = [f"{row:,}" for row in rows[:EXAMPLES]]
    more = len(rows) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")
