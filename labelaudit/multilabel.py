"""Several labels per example: out-of-fold probabilities, what is missing and what is too much; arrays only.

Each label of each example is a *bit*: 1 where it is present, 0 where it is absent, -1 where nothing is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit import confident
from labelaudit.errors import BadInput
from labelaudit.heads import N_TREES, TREES
from labelaudit.noise import check_planting
from labelaudit.predict import Progress, cross_fitted, fit, silent

if TYPE_CHECKING:
    from labelaudit.cache import Cache, Matrix
    from labelaudit.folds import Folds
    from labelaudit.neighbors import Graph

VERSION = 1  # part of the cache key: raise it when the probabilities change
FEWEST = 2  # training examples with and without a label from which something can be learned
# The kinds of errors that can be planted, the usual one first.
NOISES = {
    "uniform": "one label of an example given or taken away",
    "missing": "one label of an example taken away",
    "extra": "one label of an example given",
}


# -- a model of many labels -------------------------------------------------------------------------


def out_of_fold(
    X: Matrix,
    bits: np.ndarray,
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
    """Predict every label of every row by models that were trained without the row, its copies and its group.

    One against the rest, over any head. A forest and the neighbours predict all labels at once, which takes a
    fraction of the time and, on the emotions of music, finds as many errors.

    Parameters
    ----------
    X : csr_matrix or ndarray of shape (N, d)
    bits : ndarray of shape (N, K)
    folds, model, calibrate, seed, embedding, cache, name, progress
        As in `labelaudit.predict.out_of_fold`.

    Returns
    -------
    ndarray of shape (N, K), float32
        Probabilities, each for itself. That of a label which a fold's training rows all lack is near 0.
    """
    at_once = {"knn": _neighbours, **dict.fromkeys(TREES - {"hist_gradient_boosting"}, _forest)}
    predict = _one_by_one if calibrate else at_once.get(model, _one_by_one)

    def predicted(data: Matrix, train: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        return predict(data[train], bits[train], data[wanted], model, calibrate=calibrate, seed=seed)

    parts = {"labels": "several", "name": name, "model": model, "calibrate": calibrate, "seed": seed}
    silent_rows = np.asarray((bits < 0).all(axis=1))
    how: dict[str, Any] = {"model": model, "embedding": embedding, "cache": cache, "progress": progress}
    return cross_fitted(X, bits.shape[1], silent_rows, folds, predicted, {**parts, "several": VERSION}, **how)


def _one_by_one(X: Matrix, bits: np.ndarray, wanted: Matrix, model: str, *, calibrate: bool, seed: int) -> np.ndarray:
    found = np.empty((wanted.shape[0], bits.shape[1]), dtype=np.float32)
    for label, column in enumerate(bits.T):
        rows = np.flatnonzero(column >= 0)
        counts = np.bincount(column[rows], minlength=2)
        if counts.min() < (3 if calibrate else FEWEST):  # three inner folds calibrate
            found[:, label] = share_of(column)
        else:
            found[:, label] = fit(X[rows], column[rows], model, calibrate, seed).predict_proba(wanted)[:, 1]
    return found


def share_of(column: np.ndarray) -> float:
    """The share of examples with a label, drawn towards a half where there are few."""
    return float(((column == 1).sum() + 0.5) / ((column >= 0).sum() + 1))


def _filled(bits: np.ndarray) -> np.ndarray:
    """Put the share of its label in place of each bit of which nothing is said."""
    shares = np.array([share_of(column) for column in bits.T], dtype=np.float32)
    return np.where(bits < 0, shares, bits).astype(np.float32)


def _forest(X: Matrix, bits: np.ndarray, wanted: Matrix, model: str, *, calibrate: bool, seed: int) -> np.ndarray:
    """The mean of bits 0 and 1 is a probability, and their variance the Gini impurity: a regression does it."""
    from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

    kind = RandomForestRegressor if model == "random_forest" else ExtraTreesRegressor
    forest = kind(N_TREES, min_samples_leaf=2, max_features="sqrt", n_jobs=-1, random_state=seed)
    return np.asarray(forest.fit(X, _filled(bits)).predict(wanted)).reshape(wanted.shape[0], -1)


def _neighbours(X: Matrix, bits: np.ndarray, wanted: Matrix, model: str, *, calibrate: bool, seed: int) -> np.ndarray:
    """Vote of the nearest rows, weighed by similarity, as `labelaudit.neighbors.Neighbours` does for classes."""
    from labelaudit.neighbors import Neighbours, nearest

    index, similarity = nearest(wanted, X, min(Neighbours().k, len(bits)))
    similarity = np.where(index < 0, 0, similarity)
    shares = np.array([share_of(column) for column in bits.T])
    weight = similarity.mean(axis=1, keepdims=True) + 1e-3  # the shares are one more vote
    votes = shares * weight
    filled = _filled(bits)
    for place in range(index.shape[1]):
        votes += similarity[:, [place]] * filled[index[:, place]]
    return np.asarray(votes / (weight + similarity.sum(axis=1, keepdims=True)))


# -- issues -----------------------------------------------------------------------------------------


def neighbour_shares(bits: np.ndarray, graph: Graph, k: int) -> np.ndarray:
    """Return the share of the nearest neighbours with each label, shape (N, K); NaN where none is known."""
    index = graph.index[:, :k]
    present, known = np.zeros(bits.shape), np.zeros(bits.shape)
    for column in index.T:
        votes = np.where(column[:, None] >= 0, bits[column], -1)
        present += votes == 1
        known += votes >= 0
    return np.asarray(np.divide(present, known, out=np.full(bits.shape, np.nan), where=known > 0))


def of_given(probabilities: np.ndarray, bits: np.ndarray) -> np.ndarray:
    """Return the probability of what is given, shape of `bits`; NaN where nothing is."""
    own = np.where(bits == 1, probabilities, 1 - probabilities)
    return np.where(bits < 0, np.nan, own)


def label_issues(bits: np.ndarray, probabilities: np.ndarray, filter_by: str, judged: np.ndarray) -> np.ndarray:
    """Flag the bits that Confident Learning takes for errors, label by label.

    What cleanlab's ``multilabel_classification.filter.find_multilabel_issues_per_class`` flags where all bits are
    given and judged.

    Parameters
    ----------
    bits, probabilities : ndarray of shape (N, K)
    filter_by : str
        One of `labelaudit.confident.FILTERS`.
    judged : ndarray of shape (N, K), bool
        Bits that may be flagged, and count for how sure the model usually is.

    Returns
    -------
    ndarray of shape (N, K), bool
    """
    flagged = np.zeros(bits.shape, dtype=bool)
    for label, column in enumerate(bits.T):
        rows = np.flatnonzero((column >= 0) & judged[:, label])
        if len(np.unique(column[rows])) == 2:
            of_two = two_classes(probabilities[rows, label])
            flagged[rows, label] = confident.label_issues(column[rows], of_two, filter_by)
    return flagged


def joints(bits: np.ndarray, probabilities: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Return the confident joint of each label, shape (K, 2, 2): given by true; absent is 0."""
    found = np.zeros((bits.shape[1], 2, 2), dtype=np.int64)
    for label, column in enumerate(bits.T):
        rows = np.flatnonzero((column >= 0) & judged[:, label])
        counts = np.bincount(column[rows], minlength=2)
        if counts.min() > 0:
            found[label] = confident.confident_joint(column[rows], two_classes(probabilities[rows, label]))
        else:
            np.fill_diagonal(found[label], counts)
    return found


def two_classes(probabilities: np.ndarray) -> np.ndarray:
    """Write the probability of a label as those of the classes absent and present, shape (..., 2)."""
    return np.stack([1 - probabilities, probabilities], axis=-1)


def judged_bits(bits: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Tell which bits a model could judge: it was trained on another example that is given the same, shape (N, K)."""
    fair = np.zeros(bits.shape, dtype=bool)
    for value in (0, 1):
        has = bits == value
        in_fold = np.zeros((int(fold.max()) + 1, bits.shape[1]), dtype=np.int64)
        np.add.at(in_fold, fold, has)
        fair |= has & (has.sum(axis=0) > in_fold[fold])
    return fair


def softmin(scores: np.ndarray, temperature: float = 0.1) -> np.ndarray:
    """Score examples by the worst of their bits, softly: cleanlab's aggregation of that name.

    Parameters
    ----------
    scores : ndarray of shape (N, K)
        NaN does not count.
    temperature : float

    Returns
    -------
    ndarray of shape (N,)
        1 where no bit has a score.
    """
    known = ~np.isnan(scores)
    filled = np.where(known, scores, 1.0)
    weights = np.where(known, np.exp((filled.min(axis=1, keepdims=True) - filled) / temperature), 0)
    total = weights.sum(axis=1)
    return np.asarray(np.divide((weights * filled).sum(axis=1), total, out=np.ones(len(scores)), where=total > 0))


def confused(extra: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Count in how many examples one label is too much and another is missing: one was given for the other.

    Parameters
    ----------
    extra, missing : ndarray of shape (N, K), bool

    Returns
    -------
    ndarray of shape (K, K), int
        Row: the label that is too much; column: the one that is missing.
    """
    return np.asarray(extra.T.astype(np.int64) @ missing.astype(np.int64))


# -- figures and known errors -----------------------------------------------------------------------


def metrics(true: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Compare two sets of bits, as scikit-learn does where all are known.

    Parameters
    ----------
    true, predicted : ndarray of shape (N, K)

    Returns
    -------
    dict
        ``micro_f1``, ``macro_f1`` (the mean over labels; 0 for one that neither has), ``subset_accuracy`` (examples
        all of whose known labels agree) and ``hamming_loss`` (the share of known bits that differ).
    """
    known = (true >= 0) & (predicted >= 0)
    both = (known & (true == 1) & (predicted == 1)).sum(axis=0)
    either = (known & (true == 1)).sum(axis=0) + (known & (predicted == 1)).sum(axis=0)
    wrong = known & (true != predicted)
    return {
        "micro_f1": float(2 * both.sum() / max(1, either.sum())),
        "macro_f1": float((2 * both / np.maximum(1, either)).mean()),
        "subset_accuracy": float((~wrong.any(axis=1))[known.any(axis=1)].mean()) if known.any() else 0.0,
        "hamming_loss": float(wrong.sum() / max(1, known.sum())),
    }


def flipped(bits: np.ndarray, fraction: float, kind: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Make one label of a share of the examples wrong.

    Parameters
    ----------
    bits : ndarray of shape (N, K)
    fraction : float
        Between 0 and 1, of the examples that have such a bit.
    kind : str
        One of `NOISES`.
    seed : int

    Returns
    -------
    bits : ndarray of shape (N, K)
    planted : ndarray of shape (N, K), bool

    Raises
    ------
    BadInput
        The fraction or the kind is not one of those, or no example has such a bit.
    """
    check_planting(fraction, kind, tuple(NOISES))
    can = {"uniform": bits >= 0, "missing": bits == 1, "extra": bits == 0}[kind]
    rows = np.flatnonzero(can.any(axis=1))
    if not len(rows):
        raise BadInput("errors can't be planted where no example has such a label; choose another kind or other data.")
    rng = np.random.default_rng(seed)
    rows = rng.choice(rows, size=max(1, round(fraction * len(rows))), replace=False)
    planted = np.zeros(bits.shape, dtype=bool)
    planted[rows, np.where(can[rows], rng.random((len(rows), bits.shape[1])), -1).argmax(axis=1)] = True
    return np.where(planted, 1 - bits, bits), planted
