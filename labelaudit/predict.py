"""Features and labels to out-of-fold class probabilities, of one head or of several pooled."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

from labelaudit.cache import Cache, Matrix, key
from labelaudit.errors import BadInput
from labelaudit.folds import Folds
from labelaudit.heads import head, prepare

# Called with what is going on, how much of it is done and how much there is; it may raise Cancelled.
Progress = Callable[[str, float, float], None]

VERSION = 6  # part of the cache key: raise it when the probabilities change

LOWEST = 1e-6  # probability from which on a head's "never" is not believed
SAMPLE = 5000  # examples that are enough to fit one number
MOST_WEIGHED = 100_000  # examples that are enough to weigh a handful of heads


def silent(step: str, done: float, total: float) -> None:
    """Report no progress."""


def out_of_fold(
    X: Matrix,
    labels: np.ndarray,
    n_classes: int,
    folds: Folds,
    model: str,
    *,
    calibrate: bool = False,
    seed: int = 0,
    embedding: bool = False,
    cache: Cache | None = None,
    name: str = "",
    progress: Progress = silent,
) -> np.ndarray:
    """Predict every row by models that were trained without it, its copies and its group.

    Parameters
    ----------
    X : csr_matrix or ndarray of shape (N, d)
    labels : ndarray of shape (N,)
        Class indices; rows with -1 train nothing and get the mean over the folds' models.
    n_classes : int
        K.
    folds : Folds
    model : str
        One of `labelaudit.heads.HEADS`.
    calibrate : bool
        Whether each fold's model is calibrated (Platt scaling over three inner folds).
    seed : int
    embedding : bool
        See `labelaudit.heads.prepare`.
    cache, name : Cache, str
        Each finished fold is kept under this name, so an interrupted run resumes there.
    progress : callable

    Returns
    -------
    ndarray of shape (N, K), float32
        Rows sum to 1. A class that a fold's training rows lack has probability 0 in that fold.
    """
    unlabelled = labels < 0

    def predicted(data: Matrix, train: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        probabilities = np.zeros((int(wanted.sum()), n_classes), dtype=np.float32)
        fitted = fit(data[train], labels[train], model, calibrate, seed)
        probabilities[:, fitted.classes_] = fitted.predict_proba(data[wanted])
        return probabilities

    parts = {"name": name, "model": model, "calibrate": calibrate, "seed": seed, "version": VERSION}
    how: dict[str, Any] = {"model": model, "embedding": embedding, "cache": cache, "progress": progress}
    return _normalised(cross_fitted(X, n_classes, unlabelled, folds, predicted, parts, **how))


def cross_fitted(
    X: Matrix,
    n_outputs: int,
    unlabelled: np.ndarray,
    folds: Folds,
    predicted: Callable[[Matrix, np.ndarray, np.ndarray], np.ndarray],
    parts: Mapping[str, Any],
    *,
    model: str,
    embedding: bool = False,
    cache: Cache | None = None,
    progress: Progress = silent,
) -> np.ndarray:
    """Predict every row by models that were fitted without its fold; each finished fold is kept.

    Parameters
    ----------
    X : csr_matrix or ndarray of shape (N, d)
    n_outputs : int
        Numbers that are predicted for a row.
    unlabelled : ndarray of shape (N,), bool
        Rows that train nothing and get the mean over the folds' models.
    folds : Folds
    predicted : callable
        ``(prepared X, mask of the training rows, mask of the m rows to predict) -> (m, n_outputs)``.
    parts : mapping
        What the key of a fold in the cache is made of, beside its number.
    model, embedding, cache, progress
        As in `out_of_fold`.

    Returns
    -------
    ndarray of shape (N, n_outputs), float32
    """
    cache = cache or Cache(None)
    prepared: list[Matrix] = []  # made by the first fold that is not in the cache
    found = np.zeros((X.shape[0], n_outputs), dtype=np.float32)

    def fit_fold(held_out: np.ndarray) -> np.ndarray:
        if not prepared:
            prepared.append(prepare(X, model, embedding))
        # Such small matrices gain nothing from the threads of the linear algebra, which wait for each other in a loop:
        # beside another busy process they took ten times as long.
        with threadpool_limits(1, user_api="blas"):
            return np.asarray(predicted(prepared[0], ~held_out & ~unlabelled, held_out | unlabelled), dtype=np.float32)

    for number, held_out in enumerate(folds):
        progress(f"fold {number + 1} of {folds.n_folds}", number, folds.n_folds)
        wanted = held_out | unlabelled
        held = cache.matrix(f"pred_probs-{key(**parts, fold=number)}", partial(fit_fold, held_out))
        own, shared = held_out & ~unlabelled, unlabelled
        found[own] = held[own[wanted]]
        found[shared] += held[shared[wanted]] / folds.n_folds
    progress(f"fold {folds.n_folds} of {folds.n_folds}", folds.n_folds, folds.n_folds)
    return found


def fit(X: Matrix, labels: np.ndarray, model: str, calibrate: bool, seed: int) -> Any:
    """Fit a head, calibrated if wanted."""
    from sklearn.exceptions import ConvergenceWarning

    classifier = head(model, X.shape[0], sp.issparse(X), seed)
    if calibrate:
        from sklearn.calibration import CalibratedClassifierCV

        rarest = int(np.bincount(labels)[np.unique(labels)].min())
        if rarest < 3:
            raise BadInput(
                f"calibration needs 3 training examples of every class and one class has {rarest}; "
                "switch calibration off, or merge or complete the rare classes."
            )
        classifier = CalibratedClassifierCV(classifier, method="sigmoid", cv=3)
    with warnings.catch_warnings():
        # A bounded number of passes is the choice; what they reach is judged by the out-of-fold probabilities.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return classifier.fit(X, labels)


def _normalised(pred_probs: np.ndarray) -> np.ndarray:
    """Rows of one-against-the-rest heads can sum to 0; they then say nothing, which is what equal shares say."""
    totals = pred_probs.sum(axis=1, keepdims=True)
    empty = (totals <= 0) | ~np.isfinite(totals)
    shares = np.where(empty, 1 / pred_probs.shape[1], pred_probs / np.where(empty, 1, totals))
    return np.asarray(shares, dtype=np.float32)


# -- several heads as one -----------------------------------------------------------------------------


def tempered(pred_probs: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, float]:
    """Make a head as sure as it is right, by one temperature (Guo et al. 2017).

    Heads differ in how sure they are of themselves: without this the loudest would decide. The probabilities are out
    of fold and one number is fitted to all of them, so they stay out of sample to all intents.

    Parameters
    ----------
    pred_probs : ndarray of shape (N, K)
    labels : ndarray of shape (N,)
        -1 where missing.

    Returns
    -------
    pred_probs : ndarray of shape (N, K), float32
    temperature : float
        Above 1 where the head was too sure.
    """
    from scipy.optimize import minimize_scalar

    rows = np.flatnonzero(labels >= 0)
    rows = rows[:: max(1, len(rows) // SAMPLE)]
    logs = np.log(np.maximum(pred_probs[rows], LOWEST), dtype=np.float64)
    given = logs[np.arange(len(rows)), labels[rows]]

    def loss(log_temperature: float) -> float:
        scale = np.exp(-log_temperature)
        return float(np.mean(np.log(np.exp(scale * logs).sum(axis=1)) - scale * given))

    best = minimize_scalar(loss, bounds=(-2.5, 2.5), method="bounded", options={"xatol": 0.01})
    temperature = float(np.exp(best.x))
    powers = np.maximum(pred_probs, LOWEST) ** np.float32(1 / temperature)
    return powers / powers.sum(axis=1, keepdims=True), temperature


def pool_weights(of_given: np.ndarray, rounds: int = 100) -> np.ndarray:
    """Weigh heads for a linear opinion pool: halfway between equal and what explains the given labels best.

    The likeliest weights (found by EM, as for a mixture) shut out heads that are weak here; equal weights are safer
    where errors are systematic, because what explains wrong labels best has learned them. Halfway was close to the
    better of the two on each of ten sets with planted and real errors.

    Parameters
    ----------
    of_given : ndarray of shape (N, M)
        Probability that each of M heads gives to the given label.
    rounds : int

    Returns
    -------
    ndarray of shape (M,)
        Sums to 1.
    """
    if len(of_given) > MOST_WEIGHED:  # drawn: one in so many would always meet the same labels of examples with several
        of_given = of_given[np.random.default_rng(0).choice(len(of_given), MOST_WEIGHED, replace=False)]
    n_heads = of_given.shape[1]
    weights = np.full(n_heads, 1 / n_heads)
    floored = np.maximum(of_given, LOWEST)
    for _ in range(rounds):
        shares = weights * floored
        weights = (shares / shares.sum(axis=1, keepdims=True)).mean(axis=0)
    return np.asarray((weights + 1 / n_heads) / 2)
