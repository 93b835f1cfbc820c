"""Numbers and their out-of-sample predictions to label errors: how far off each is, against how far off such ones are.

A residual alone says little where some numbers are harder to predict than others. Here it is divided by the size that
residuals have for such examples, itself predicted out of fold (as in normalised conformal prediction, Papadopoulos et
al. 2008) and drawn towards the usual size of all: where errors gather, their surroundings look merely noisy.

Arrays only, so that each function is three lines to test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from labelaudit.folds import Folds
from labelaudit.verdicts import Verdict, judged

FENCE = 3  # distances between the quartiles, beyond which Tukey calls numbers far out
LOCAL = 0.7  # how far the ranking follows the size of residuals in the surroundings: 0 not at all, 1 wholly
CAPPED = 0.95  # quantile of the residuals above which they do not make their surroundings look noisier
LEAST = 0.2  # of the usual size: how small the size of residuals may be said to be
MANY = 20_000  # rows from which threads are worth their while
FEWEST = 100  # rows from which the size of residuals can be learned
LEVEL = 0.9  # share of the right numbers that lie within the interval


def smoothed(X: np.ndarray, values: np.ndarray, folds: Folds, seed: int = 0) -> np.ndarray:
    """Predict values by a small model of the features, out of fold.

    Parameters
    ----------
    X : ndarray of shape (n, d)
    values : ndarray of shape (n,)
        Rows with NaN train nothing.
    folds : Folds
        Of the same n rows.
    seed : int

    Returns
    -------
    ndarray of shape (n,)
        The mean, where there are too few rows to learn from.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    known = ~np.isnan(values)
    if known.sum() < FEWEST:
        return np.full(len(values), values[known].mean())
    X = np.where(np.isnan(X).all(axis=0), 0, X)
    found = np.empty(len(values))
    # So small a model gains little from threads, which wait for each other in a loop beside another busy process.
    with threadpool_limits(1 if len(values) < MANY else None, user_api="openmp"):
        for held_out in folds:
            small = HistGradientBoostingRegressor(
                early_stopping=False, max_iter=60, max_leaf_nodes=8, min_samples_leaf=40, random_state=seed
            )
            train = ~held_out & known
            found[held_out] = small.fit(X[train], values[train]).predict(X[held_out])
    return found


def resolution(numbers: np.ndarray) -> float:
    """Say how far off a number may be for no other reason than that these numbers come in steps.

    Parameters
    ----------
    numbers : ndarray of shape (n,)
        NaN where there is none.

    Returns
    -------
    float
        Half of the usual step: .5 of whole numbers, next to nothing of measurements.
    """
    steps = np.diff(np.unique(numbers[~np.isnan(numbers)]))
    return float(np.median(steps)) / 2 if len(steps) else 0.0


def scales(X: np.ndarray | None, numbers: np.ndarray, predicted: np.ndarray, folds: Folds, seed: int = 0) -> np.ndarray:
    """Estimate how far off predictions usually are, example by example.

    Parameters
    ----------
    X : ndarray of shape (n, d), optional
        Features, on which the size of a residual may depend besides the prediction.
    numbers : ndarray of shape (n,)
        The given ones; NaN where there is none.
    predicted : ndarray of shape (n,)
        Out of sample.
    folds : Folds
    seed : int

    Returns
    -------
    ndarray of shape (n,)
        Positive; as if for the median of the absolute residuals.
    """
    size = np.abs(numbers - predicted)
    beside = predicted[:, None] if X is None else np.column_stack([X, predicted])
    # Of numbers in steps most may be met exactly, and the others are not wrong because of it.
    usual = max(float(np.nanmedian(size)) or float(np.nanmean(size)), resolution(numbers))
    if not usual:
        return np.ones(len(size))
    around = smoothed(beside, np.minimum(size, np.nanquantile(size, CAPPED)), folds, seed)
    return np.asarray(usual * np.maximum(around / (float(np.median(around)) or 1.0), LEAST))


def drawn_in(scale: np.ndarray, local: float = LOCAL) -> np.ndarray:
    """Draw scales towards the usual one, shape (n,): where errors gather, their surroundings look merely noisy."""
    usual = float(np.median(scale))
    return np.asarray(usual * (scale / usual) ** local)


def distances(residuals: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Divide absolute residuals by their scale, so that the median is 1, shape (n,); less where most are about 0."""
    found = np.abs(residuals) / scale
    return np.asarray(found / max(float(np.nanmedian(found)), 0.5))


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
    """Return the distance within which a share of n numbers lies, with the conformal correction for their count."""
    n = len(distance)
    return float(np.quantile(distance, min(1.0, np.ceil((n + 1) * level) / n), method="higher"))


# -- several models as one --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pooled:
    """What several models say of every example.

    Parameters
    ----------
    predicted, scale : ndarray of shape (N,)
        The predictions as one, and how far off they usually are there.
    distance : ndarray of shape (N,)
        How far off the given numbers are, in the mean over the models, by scales that are `drawn_in`: what ranks.
        Median 1, NaN without a number.
    local : ndarray of shape (N,)
        The same by the scales as they are: what is flagged, since noisy surroundings are no reason.
    even : ndarray of shape (N,)
        The same of numbers that were spread over their steps (as Dunn and Smyth's randomised residuals, 1996).
    weights : dict of str to float
        How much each model counts in `predicted`.
    each : dict of str to ndarray of shape (N,)
        The distance by each model, which ranks.
    every : mapping of str to ndarray of shape (N,)
        The predictions of each model.
    """

    predicted: np.ndarray
    scale: np.ndarray
    distance: np.ndarray
    local: np.ndarray
    even: np.ndarray
    weights: dict[str, float]
    each: dict[str, np.ndarray]
    every: Mapping[str, np.ndarray]

    @property
    def disagreement(self) -> np.ndarray:
        """The standard deviation of the models' predictions, shape (N,)."""
        return np.asarray(np.std(list(self.every.values()), axis=0))

    @property
    def best(self) -> str:
        """The model that counts most."""
        return max(self.weights, key=lambda name: self.weights[name])

    def verdict(self, seed: int = 0) -> Verdict:
        """Judge the numbers that there are."""
        known = ~np.isnan(self.local)
        return judged(self.local[known], self.even[known], seed)


def pooled(
    numbers: np.ndarray, every: Mapping[str, np.ndarray], scale_of: Mapping[str, np.ndarray], seed: int = 0
) -> Pooled:
    """Pool the out-of-sample predictions of several models.

    The prediction is that of the models in proportion to how near they come. How far off a number is, every model says
    by its own scale, and all count alike: a model that is far off everywhere says little by itself, and one that has
    learned wrong numbers by heart is corrected by another that could not.

    Parameters
    ----------
    numbers : ndarray of shape (N,)
        The given ones; NaN where there is none.
    every, scale_of : mapping
        Model to its predictions, shape (N,), and to their `scales`.
    seed : int
        Of how numbers are spread over their steps.
    """
    known, step = ~np.isnan(numbers), resolution(numbers)
    off = {name: numbers - predicted for name, predicted in every.items()}
    spread = np.random.default_rng(seed).uniform(-step, step, len(numbers))
    shares = weights(np.column_stack([found[known] for found in off.values()]), step)
    each = {name: distances(found, drawn_in(scale_of[name])) for name, found in off.items()}
    evened = {name: np.abs(found + spread) / scale_of[name] for name, found in off.items()}
    usual = {name: float(np.nanmedian(found)) or 1.0 for name, found in evened.items()}
    even = np.mean([found / usual[name] for name, found in evened.items()], axis=0)
    local = np.mean([np.abs(found) / scale_of[name] / usual[name] for name, found in off.items()], axis=0)
    together = np.mean(list(each.values()), axis=0)
    predicted = np.column_stack(list(every.values())) @ shares
    scale = np.column_stack([scale_of[name] for name in every]) @ shares
    middle = float(np.nanmedian(even)) or 1.0
    return Pooled(
        predicted,
        scale * max(float(np.nanmedian(np.abs(numbers - predicted) / scale)), 0.5),
        together / max(float(np.nanmedian(together)), 0.5),
        local / middle,
        even / middle,
        dict(zip(every, shares.tolist(), strict=True)),
        each,
        every,
    )


def weights(residuals: np.ndarray, least: float = 0.0) -> np.ndarray:
    """Weigh models by how near they come to the given numbers, the worst errors aside.

    Parameters
    ----------
    residuals : ndarray of shape (n, M)
        Of M models.
    least : float
        Nearer than this is no better.

    Returns
    -------
    ndarray of shape (M,)
        In proportion to one over the square of the median residual; sums to 1.
    """
    usual = np.maximum(np.median(np.abs(residuals), axis=0), least)
    shares = 1 / np.maximum(usual, max(float(usual.max()) * 1e-3, 1e-12)) ** 2
    return np.asarray(shares / shares.sum())


# -- what to make of a suspect ----------------------------------------------------------------------------


def fixable(given: float, low: float, high: float, spread: float) -> bool:
    """Say whether a number can be put right: the interval is narrow for these data, and the given one far outside.

    Elsewhere the target is noisy: that a number is unlikely does not tell which one would be right.

    Parameters
    ----------
    given, low, high : float
    spread : float
        Of all numbers: the width of the middle half.
    """
    width, outside = high - low, max(low - given, given - high)
    return width <= spread and outside >= width / 2


def bulk(given: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
    """Say from where to where to draw numbers, so that a few that are tenfold do not squeeze all others.

    Parameters
    ----------
    given, predicted : ndarray of shape (n,)
        NaN where there is none.

    Returns
    -------
    start, end : float
        All numbers, or what is predicted and the quartiles of what is given with `FENCE` times the distance between
        them on both sides (after J. W. Tukey, Exploratory Data Analysis, 1977), where that is narrower.
    """
    known = ~(np.isnan(given) | np.isnan(predicted))
    both = np.concatenate([given[known], predicted[known]])
    if not len(both):
        return 0.0, 1.0
    low, high = np.quantile(given[known], [0.25, 0.75])
    first, last = np.quantile(predicted[known], [0.005, 0.995])
    start = max(both.min(), min(first, low - FENCE * (high - low)))
    end = min(both.max(), max(last, high + FENCE * (high - low)))
    return float(start), float(end)
