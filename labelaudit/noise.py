"""Known errors: wrong labels put in on purpose, and how many of them an audit finds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from labelaudit.errors import BadInput


def noised(
    labels: np.ndarray, n_classes: int, fraction: float, kind: str, seed: int, confident_joint: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Give a share of the labels another class.

    Parameters
    ----------
    labels : ndarray of shape (N,)
        Class indices; rows with -1 stay as they are.
    n_classes : int
        K.
    fraction : float
        Between 0 and 1: the share of the labelled rows that becomes wrong.
    kind : {"uniform", "confusable"}
        Any other class alike, or those that `confident_joint` shows the class's members to be given as.
    seed : int
    confident_joint : ndarray of shape (K, K), optional
        Needed for ``confusable``.

    Returns
    -------
    labels : ndarray of shape (N,)
    planted : ndarray of shape (N,), bool

    Raises
    ------
    BadInput
        The fraction or the kind is not one of those.
    """
    check_planting(fraction, kind, ("uniform", "confusable"))
    if n_classes < 2:
        raise BadInput("errors can't be planted where there is one class; choose data with two or more.")
    rng = np.random.default_rng(seed)
    labelled = np.flatnonzero(labels >= 0)
    rows = rng.choice(labelled, size=max(1, round(fraction * len(labelled))), replace=False)
    weights = np.ones((n_classes, n_classes))
    if kind == "confusable":
        if confident_joint is None:
            raise BadInput("confusable noise needs an audit of the data first, to know which classes are confused.")
        # A little of the uniform kind keeps a class that nobody confuses from having nowhere to go.
        weights = confident_joint.T + 0.01 * confident_joint.sum() / n_classes**2 + 1e-9
    weights = weights * (1 - np.eye(n_classes))
    cumulative = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    drawn = (rng.random(len(rows))[:, None] > cumulative[labels[rows]]).sum(axis=1)
    changed = labels.copy()
    changed[rows] = np.minimum(drawn, n_classes - 1)
    return changed, changed != labels


def shifted(
    numbers: np.ndarray, fraction: float, kind: str, seed: int, step: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Add noise to a share of the numbers: of either sign, and of half to one and a half of their standard deviation.

    Parameters
    ----------
    numbers : ndarray of shape (N,)
        Rows with NaN stay as they are. Where none is negative, none becomes so.
    fraction : float
        Between 0 and 1: the share of the known numbers that becomes wrong.
    kind : {"uniform"}
    seed : int
    step : float
        The new numbers are multiples of it; 0 for any.

    Returns
    -------
    numbers : ndarray of shape (N,)
    planted : ndarray of shape (N,), bool

    Raises
    ------
    BadInput
        The fraction or the kind is not one of those, or all numbers are the same.
    """
    check_planting(fraction, kind, ("uniform",))
    known = np.flatnonzero(~np.isnan(numbers))
    spread = float(numbers[known].std()) if len(known) else 0.0
    if not spread:
        raise BadInput("errors can't be planted where all numbers are the same; choose data with different ones.")
    rng = np.random.default_rng(seed)
    rows = rng.choice(known, size=max(1, round(fraction * len(known))), replace=False)
    added = rng.choice([-1.0, 1.0], len(rows)) * rng.uniform(0.5, 1.5, len(rows)) * spread
    if numbers[known].min() >= 0:
        added = np.where(numbers[rows] + added < 0, -added, added)
    if step:
        added = np.copysign(np.maximum(np.round(np.abs(added) / step), 1) * step, added)
    changed = numbers.copy()
    changed[rows] += added
    planted = np.zeros(len(numbers), dtype=bool)
    planted[rows] = True
    return changed, planted


def check_planting(fraction: float, kind: str, kinds: Sequence[str]) -> None:
    """Refuse a share or a kind of errors that can't be planted.

    Raises
    ------
    BadInput
    """
    if not 0 < fraction < 1:
        raise BadInput(f"noise {fraction:g} is outside (0, 1); choose a share such as 0.1.")
    if kind not in kinds:
        raise BadInput(f"there is no noise of kind {kind!r}; choose {' or '.join(map(repr, kinds))}.")


def review_curve(score: np.ndarray, is_error: np.ndarray) -> pd.DataFrame:
    """Count the errors found when examples are reviewed from the lowest score up.

    Parameters
    ----------
    score : ndarray of shape (N,)
        Low is bad.
    is_error : ndarray of shape (N,), bool

    Returns
    -------
    DataFrame of shape (N, 4)
        ``reviewed``, ``found``, ``precision``, ``recall``.
    """
    order = np.argsort(score, kind="stable")
    found = np.cumsum(is_error[order])
    reviewed = np.arange(1, len(order) + 1)
    return pd.DataFrame(
        {
            "reviewed": reviewed,
            "found": found,
            "precision": found / reviewed,
            "recall": found / max(1, int(is_error.sum())),
        }
    )
