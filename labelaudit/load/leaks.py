"""Columns that a model should not see: constants, identifiers, and what gives the label away."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from labelaudit.columns import Codes, codes, is_named_like_id, is_whole, numbers
from labelaudit.dataset import Dataset

MIN_ROWS = 10  # in fewer rows, two columns agree by chance


def left_out(dataset: Dataset, labels: Sequence[Codes]) -> dict[str, str]:
    """Choose the features that a model should not see by default.

    Parameters
    ----------
    dataset : Dataset
        With all columns as features that could be ones.
    labels : sequence of Codes
        What must not be given away, each by itself.

    Returns
    -------
    dict of str to str
        The column, and the reason in words that follow its name.
    """
    found = ((name, reason_of(name, codes(dataset.table[name]), labels)) for name in dataset.feature_columns)
    return {name: reason for name, reason in found if reason is not None}


def label_codes(dataset: Dataset) -> Codes:
    """Return the class of each example as a column; missing ones are null."""
    strata, names = dataset.strata
    return coded(strata, len(names))


def coded(codes: np.ndarray, classes: int) -> Codes:
    """Return class indices as a column; -1 is null."""
    missing = codes < 0
    return Codes(np.where(missing, classes, codes), pa.array(range(classes)), int(missing.sum()))


def reason_of(name: str, column: Codes, labels: Sequence[Codes]) -> str | None:
    """Say why a model should not see a column, if there is a reason."""
    if column.distinct <= 1:
        return "is constant"
    if _is_identifier(name, column):
        return "identifies the rows: it is different in every one"
    return next((reason for label in labels if (reason := giveaway(column, label))), None)


def _is_identifier(name: str, column: Codes) -> bool:
    """Whether a column is different in every row and no measurement."""
    rows, kind = len(column.codes), column.values.type
    if column.distinct < rows or pa.types.is_floating(kind) or pa.types.is_temporal(kind):
        return False
    if is_named_like_id(name):
        return True
    values = numbers(column.values)
    in_sequence = values is None or (is_whole(column.values) and values.max() - values.min() == rows - 1)
    return rows >= MIN_ROWS and in_sequence


def giveaway(column: Codes, label: Codes) -> str | None:
    """Say how a column of few values gives the label away, if it does."""
    known = label.codes < len(label.values)
    rows, classes = int(known.sum()), len(label.values)
    if rows < MIN_ROWS or classes < 2 or column.distinct > min(10 * classes, rows / 2):
        return None
    pairs = np.bincount(
        column.codes[known] * classes + label.codes[known], minlength=(len(column.values) + 1) * classes
    ).reshape(-1, classes)
    totals = pairs.sum(axis=0)
    if np.count_nonzero(totals) < 2:  # anything determines a label that is always the same
        return None
    wrong = rows - pairs.max(axis=1).sum()
    if wrong == 0 and np.count_nonzero(pairs) == np.count_nonzero(totals):
        return "is a copy of the label under other names"
    if column.distinct > rows / 10 or wrong > 0.02 * (rows - totals.max()):
        return None
    return f"determines the label in {1 - wrong / rows:.1%} of the rows"
