"""A column of numbers as labels, and the columns that give it away: in another unit, or parts that add up to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from labelaudit.columns import codes, numbers
from labelaudit.dataset import Dataset
from labelaudit.load.guess import MAX_CLASSES, guess_number
from labelaudit.load.leaks import MIN_ROWS, coded, left_out
from labelaudit.load.roles import Wanted, fair, label_of, with_features
from labelaudit.shapes.number import read

SAMPLE = 5000  # rows that are enough
WRONG = 0.2  # of the rows may be otherwise: labels may be wrong, and so many exact sums are no chance
EXACT = 1e-6  # of the label's spread: what rounding leaves between two ways to write the same number
STEPS = 12  # of reweighting
SAME_ORDER = 0.9999  # rank correlation


def one_number(wanted: Wanted) -> Dataset:
    """Find the one column that holds the number of each example; see `labelaudit.load.roles.assign`."""
    label = label_of(wanted, guess_number)
    dataset = with_features(wanted, (label,), value_type="number", label_options=wanted.options)
    found = read(dataset)
    if found.note:
        dataset = replace(dataset, source=replace(dataset.source, notes=(*dataset.source.notes, found.note)))
    return fair(dataset, wanted, left_out_of_numbers(dataset, found.values))


def left_out_of_numbers(dataset: Dataset, targets: np.ndarray) -> dict[str, str]:
    """Choose the features that a model of numbers should not see: as `left_out`, and what a number follows from."""
    known = ~np.isnan(targets)
    different, inverse = np.unique(targets[known], return_inverse=True)
    labels = []
    if len(different) <= MAX_CLASSES:  # so few that they are like classes
        place = np.full(len(targets), -1)
        place[known] = inverse
        labels = [coded(place, len(different))]
    reasons = left_out(dataset, labels)
    return reasons | tellers(dataset, [name for name in dataset.feature_columns if name not in reasons], targets)


def tellers(dataset: Dataset, names: Sequence[str], targets: np.ndarray) -> dict[str, str]:
    """Find the columns from which the label can be computed.

    Parameters
    ----------
    dataset : Dataset
        With N rows.
    names : sequence of str
        The columns to look at; those that hold no numbers are passed over.
    targets : ndarray of shape (N,)
        NaN where there is no label.

    Returns
    -------
    dict of str to str
        The column, and the reason in words that follow its name.
    """
    known = np.flatnonzero(~np.isnan(targets))
    rows = np.random.default_rng(0).permutation(known)[:SAMPLE]
    y = targets[rows]
    if len(rows) < MIN_ROWS or np.ptp(y) == 0:
        return {}
    columns = {name: values for name in names if (values := _values(dataset, name, rows)) is not None}
    spread = float(y.std())
    found = {}
    for name, x in columns.items():
        if _fits(_fit(x[:, None], y)[0], spread):
            found[name] = "is the label in another unit"
        elif _same_order(x, y):
            found[name] = "orders the rows as the label does"
    rest = [name for name in columns if name not in found]
    if len(rest) < 2 or len(rows) < 3 * len(rest):
        return found
    errors, weights = _fit(np.column_stack([columns[name] for name in rest]), y)
    if _fits(errors, spread):
        parts = [name for name, weight in zip(rest, weights, strict=True) if abs(weight) > 1e-3 * spread]
        share = float((errors <= EXACT * spread).mean())
        for name in parts:
            others = " and ".join(repr(other) for other in parts if other != name)
            found[name] = f"gives the label away with {others}: their sum is the label in {share:.1%} of the rows"
    return found


def _values(dataset: Dataset, name: str, rows: np.ndarray) -> np.ndarray | None:
    """Read a column of numbers; gaps become its median. None for another column."""
    found = codes(dataset.table[name])
    values = numbers(found.values)
    if values is None or not np.isfinite(values).all():
        return None
    cells = np.append(values, np.nan)[found.codes[rows]]
    cells = np.where(np.isnan(cells), np.nanmedian(cells) if np.isfinite(cells).any() else 0.0, cells)
    return None if np.ptp(cells) == 0 else cells


def _fit(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit a plane with the least sum of absolute errors (by reweighting), which a few wrong labels do not bend.

    Returns
    -------
    errors : ndarray of shape (n,)
        Absolute.
    weights : ndarray of shape (d,)
        Of standardised columns.
    """
    Z = np.column_stack([(X - X.mean(axis=0)) / X.std(axis=0), np.ones(len(X))])
    spread = float(y.std())
    errors = np.ones(len(y))
    for _ in range(STEPS):
        root = 1 / np.sqrt(np.maximum(errors, EXACT * spread))[:, None]
        weights = np.linalg.lstsq(root * Z, root[:, 0] * y, rcond=None)[0]
        errors = np.abs(y - Z @ weights)
        if _fits(errors, spread):
            break
    return errors, weights[:-1]


def _fits(errors: np.ndarray, spread: float) -> bool:
    return bool((errors > EXACT * spread).mean() <= WRONG)


def _same_order(x: np.ndarray, y: np.ndarray) -> bool:
    from scipy.stats import spearmanr

    if len(np.unique(x)) < MIN_ROWS or len(np.unique(y)) < MIN_ROWS:
        return False
    return bool(abs(spearmanr(x, y).statistic) >= SAME_ORDER)
