"""Numbers and their out-of-sample predictions to label errors: how far off each is, against how far off such ones are.

A residual alone says little where some numbers are harder to predict than others. Here it is divided by the size that
residuals have for such examples, itself predicted out of fold (as in normalised conformal prediction, Papadopoulos et
al. 2008), halfway between that and the usual size of all: where errors gather, their surroundings look merely noisy.

Arrays only, so that each function is three lines to test.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.folds import Folds

LOCAL = 0.5  # how far the size of residuals follows the surroundings: 0 not at all, 1 wholly
CAPPED = 0.95  # quantile of the residuals above which they do not make their surroundings look noisier
LEAST = 0.2  # of the usual size: how small the size of residuals may be said to be
FEWEST = 100  # rows from which the size of residuals can be learned
LEVEL = 0.9  # share of the right numbers that lie within the interval
FALSE = 0.1  # share of the flagged numbers that may be right
QUANTILES = np.array([0.5, 0.8])  # of the distances, by which those of right numbers are described
MOST_FREEDOM = 10.0  # of Student's t: tails at least this heavy, since no model's residuals are normal far out
DRAWS = 200


def smoothed(X: np.ndarray, values: np.ndarray, folds: Folds, seed: int = 0) -> np.ndarray:
    """Predict values by a small model of the features, out of fold.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    values : ndarray of shape (n,)
    folds : Folds
        Of the same n rows.
    seed : int

    Returns
    -------
    ndarray of shape (n,)
        The mean, where there are too few rows to learn from.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    if len(values) < FEWEST:
        return np.full(len(values), values.mean())
    X = np.where(np.isnan(X).all(axis=0), 0, X)
    found = np.empty(len(values))
    for held_out in folds:
        small = HistGradientBoostingRegressor(
            early_stopping=False, max_iter=60, max_leaf_nodes=8, min_samples_leaf=40, random_state=seed
        )
        found[held_out] = small.fit(X[~held_out], values[~held_out]).predict(X[held_out])
    return found


def scales(X: np.ndarray, residuals: np.ndarray, folds: Folds, seed: int = 0, local: float = LOCAL) -> np.ndarray:
    """Estimate how far off predictions usually are, example by example.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        What the size of a residual may depend on: the features, and the prediction itself.
    residuals : ndarray of shape (n,)
        Out of sample.
    folds : Folds
    seed : int
    local : float
        See `LOCAL`.

    Returns
    -------
    ndarray of shape (n,)
        Positive; as if for the median of the absolute residuals.
    """
    size = np.abs(residuals)
    usual = float(np.median(size)) or float(size.mean()) or 1.0
    if not size.any():
        return np.full(len(size), usual)
    around = smoothed(X, np.minimum(size, np.quantile(size, CAPPED)), folds, seed)
    around = np.maximum(around / float(np.median(around)), LEAST)
    return np.asarray(usual * around**local)


def distances(residuals: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Divide absolute residuals by their scale, so that the median is 1, shape (n,)."""
    found = np.abs(residuals) / scale
    return np.asarray(found / (float(np.median(found)) or 1.0))


def scores(distance: np.ndarray) -> np.ndarray:
    """Turn distances into scores: 1 for none, 1/2 for the usual one, near 0 for one that is many times as far.

    The label quality score of cleanlab's `CleanLearning` for regression, to the base of 2.

    Parameters
    ----------
    distance : ndarray of shape (n,)
        With a median of 1, as from `distances`.
    """
    return np.asarray(0.5**distance)


def clean_learning(residuals: np.ndarray, epistemic: np.ndarray, aleatoric: float) -> np.ndarray:
    """Score labels as cleanlab's `CleanLearning` for regression does (Zhou et al. 2023).

    Parameters
    ----------
    residuals : ndarray of shape (n,)
        Predicted minus given, out of sample.
    epistemic : ndarray of shape (n,)
        How much models disagree about each.
    aleatoric : float
        Standard deviation of what can be predicted of the residuals.

    Returns
    -------
    ndarray of shape (n,)
        From 0 (bad) to 1.
    """
    from cleanlab.internal.constants import TINY_VALUE

    adjusted = np.abs(residuals / (epistemic + aleatoric + TINY_VALUE))
    return np.asarray(np.exp(-adjusted / max(float(np.median(adjusted)), TINY_VALUE)))


def half_width(distance: np.ndarray, level: float = LEVEL) -> float:
    """Return the distance within which a share of the numbers lies, with the conformal correction for their count."""
    n = len(distance)
    return float(np.quantile(distance, min(1.0, np.ceil((n + 1) * level) / n), method="higher"))


@dataclass(frozen=True)
class Verdict:
    """Which labels are suspected, and how many are wrong.

    Parameters
    ----------
    chance : ndarray of shape (n,)
        The share of right numbers that are as far off as this one.
    flagged : ndarray of shape (n,), bool
    noise_rate, low, high : float
        The share of wrong numbers that stand out, with its 90 % interval.
    """

    chance: np.ndarray
    flagged: np.ndarray
    noise_rate: float
    low: float
    high: float


def judged(distance: np.ndarray, seed: int = 0, false: float = FALSE) -> Verdict:
    """Flag the numbers that are too far off to be right.

    How far off right numbers are is read from the bulk of all (an empirical null, Efron 2004): Student's t through two
    quantiles of the distances, wrong ones allowed for. Of what is left over in the tail, so many are flagged that at
    most a share `false` of them is right (Benjamini and Hochberg 1995).

    Parameters
    ----------
    distance : ndarray of shape (n,)
        With a median of 1.
    seed : int
        Of the interval.
    false : float
    """
    from scipy.stats import t as student

    n, wrong = len(distance), 0.0
    grid = np.geomspace(1e-4, 0.2, 40)
    for _ in range(20):
        # Wrong numbers lie above all quantiles of the right ones.
        one, other = np.quantile(distance, QUANTILES * (1 - wrong))
        freedom = _freedom(float(other / one)) if one > 0 else 1.0
        scale = one / student.ppf(0.5 + QUANTILES[0] / 2, freedom)
        chance = 2 * student.sf(distance / scale, freedom) if scale > 0 else (distance <= 0).astype(float)
        before, wrong = wrong, _excess(np.searchsorted(np.sort(chance), grid, side="right") / n, grid)
        if abs(wrong - before) < 1e-4:
            break
    order = np.argsort(chance, kind="stable")
    passed = np.flatnonzero(chance[order] * n * (1 - wrong) <= false * np.arange(1, n + 1))
    flagged = np.zeros(n, dtype=bool)
    flagged[order[: passed[-1] + 1 if len(passed) else 0]] = True
    cells = np.diff(np.searchsorted(np.sort(chance), grid, side="right"), prepend=0)
    drawn = np.random.default_rng(seed).multinomial(n, np.append(cells, n - cells.sum()) / n, size=DRAWS)
    rates = [_excess(row[:-1].cumsum() / n, grid) for row in drawn]
    low, high = np.quantile(rates, [0.05, 0.95])
    return Verdict(np.asarray(chance), flagged, float(wrong), float(min(low, wrong)), float(max(high, wrong)))


def _freedom(ratio: float) -> float:
    """Find the degrees of freedom of Student's t whose two quantiles have this ratio; the ratio falls as they rise."""
    from scipy.optimize import brentq
    from scipy.stats import t as student

    def off(freedom: float) -> float:
        one, other = student.ppf(0.5 + QUANTILES / 2, freedom)
        return float(other / one) - ratio

    if off(MOST_FREEDOM) >= 0:
        return MOST_FREEDOM
    return 1.0 if off(1.0) <= 0 else float(brentq(off, 1.0, MOST_FREEDOM, xtol=1e-3))


def _excess(share: np.ndarray, grid: np.ndarray) -> float:
    """Return the share of examples beyond what chance explains, judged where it is largest (Storey 2002)."""
    return float(np.clip(((share - grid) / (1 - grid)).max(), 0.0, 0.5))
