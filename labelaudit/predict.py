"""Features and labels to out-of-fold class probabilities."""

from __future__ import annotations

import heapq
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
import scipy.sparse as sp

from labelaudit.cache import Cache, Matrix, key
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput

Model = Literal[
    "auto",
    "logistic_regression",
    "linear_sgd",
    "complement_naive_bayes",
    "hist_gradient_boosting",
    "random_forest",
    "extra_trees",
    "knn",
]
MODELS: tuple[str, ...] = get_args(Model)

# Called with what is going on, how much of it is done and how much there is; it may raise Cancelled.
Progress = Callable[[str, float, float], None]

VERSION = 3  # part of the cache key: raise it when the probabilities change


def silent(step: str, done: float, total: float) -> None:
    """Report no progress."""


def choose_model(dataset: Dataset, model: str) -> tuple[str, str]:
    """Turn ``auto`` into a model by kind and size.

    Parameters
    ----------
    dataset : Dataset
        With N rows and K classes.
    model : str
        One of `MODELS`.

    Returns
    -------
    tuple of str
        The model and, for a person, why.
    """
    if model != "auto":
        return model, "chosen by you"
    size = f"{len(dataset):,} rows"
    if dataset.modality == "text":
        return "linear_sgd", f"texts, {size}: a linear model on words and word pairs is fast and hard to beat"
    if len(dataset) < 1000:
        return "logistic_regression", f"a table of {size}: too few for trees to do better than a linear model"
    if len(dataset) * len(dataset.classes) > 5_000_000:
        return (
            "extra_trees",
            f"a table of {size} and {len(dataset.classes)} classes: trees whose time grows little with classes",
        )
    return "hist_gradient_boosting", f"a table of {size}: enough for boosted trees, which find how columns interact"


# -- folds --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Folds:
    """Which fold holds out which row.

    Parameters
    ----------
    fold : ndarray of shape (N,)
        From 0.
    n_folds : int
    note : str
        What was kept together, for a person; empty where nothing was.
    """

    fold: np.ndarray
    n_folds: int
    note: str

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield the mask of the held-out rows of each fold."""
        return (self.fold == number for number in range(self.n_folds))


def assign_folds(dataset: Dataset, n_folds: int, seed: int) -> Folds:
    """Deal the rows into folds: stratified by label, copies and groups kept together.

    A copy of a wrongly labelled row in the training folds would teach the model the wrong label and hide the error,
    so exact copies (by feature columns) and rows of one group share a fold. Only members of such sets are moved, the
    largest sets first, to the fold that has the fewest rows.

    Parameters
    ----------
    dataset : Dataset
        With N rows.
    n_folds : int
        At least 2.
    seed : int

    Raises
    ------
    BadInput
        There are fewer groups, or fewer sets of copies, than folds.
    """
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(dataset))
    dealt = shuffled[np.argsort(dataset.labels[shuffled], kind="stable")]
    fold = np.empty(len(dataset), dtype=np.int64)
    fold[dealt] = np.arange(len(dataset)) % n_folds

    links, notes = [], []
    groups = dataset.groups()
    if groups is not None:
        n_groups = len(np.unique(groups))
        if n_groups < n_folds:
            raise BadInput(
                f"column {dataset.group_column!r} has {n_groups} groups, fewer than the {n_folds} folds; "
                "use fewer folds or another group column."
            )
        links.append(groups)
        notes.append(f"rows with the same {dataset.group_column!r} share a fold")
    copies = copy_sets(dataset)
    n_distinct = int(copies.max()) + 1
    # In a table of few distinct rows, copies are how it looks; held out together, nothing could be learned of them.
    if len(dataset) / 2 <= n_distinct < len(dataset):
        links.append(copies)
        n_copies = len(dataset) - n_distinct
        words = "exact copy shares a fold with its" if n_copies == 1 else "exact copies share a fold with their"
        notes.append(f"{n_copies:,} {words} original")
    if links:
        sets = _joined(links)
        n_sets = len(np.unique(sets))
        if n_sets < n_folds:
            raise BadInput(
                f"rows that share a group or are copies of each other make {n_sets} sets, fewer than the {n_folds} "
                "folds; use fewer folds or more rows."
            )
        fold = _kept_together(fold, sets, dataset.labels, n_folds, rng)
    return Folds(fold, n_folds, "; ".join(notes))


def _kept_together(
    fold: np.ndarray, sets: np.ndarray, labels: np.ndarray, n_folds: int, rng: np.random.Generator
) -> np.ndarray:
    """Deal the sets of several rows whole; those of one size by label, so that folds stay stratified."""
    size = np.bincount(sets)
    moved = size[sets] > 1
    label = np.empty(len(size), dtype=labels.dtype)
    label[sets] = labels
    order = np.lexsort((rng.random(len(size)), label, -size))
    filled = [(int(n), number) for number, n in enumerate(np.bincount(fold[~moved], minlength=n_folds))]
    heapq.heapify(filled)
    target = np.zeros(len(size), dtype=np.int64)
    for several in order[size[order] > 1]:
        n, number = filled[0]
        target[several] = number
        heapq.heapreplace(filled, (n + int(size[several]), number))
    return np.where(moved, target[sets], fold)


def copy_sets(dataset: Dataset) -> np.ndarray:
    """Number the sets of rows whose feature columns hold the same, shape (N,); numbers start from 0."""
    table = dataset.table.select(list(dataset.feature_columns))
    codes = [pd.factorize(_plain(column), use_na_sentinel=False)[0] for column in table.columns]
    if not codes:
        return np.arange(len(dataset))
    sets = codes[0].astype(np.int64)
    for code in codes[1:]:
        pairs = sets * (int(code.max()) + 1) + code
        sets = pd.factorize(pairs)[0].astype(np.int64)
    return np.asarray(pd.factorize(sets)[0], dtype=np.int64)


def _plain(column: Any) -> np.ndarray:
    """Nested cells can't be hashed; their text can."""
    values = column.to_pandas().to_numpy(dtype=object)
    return np.array([repr(v) if isinstance(v, (list, dict, np.ndarray)) else v for v in values], dtype=object)


def _joined(links: list[np.ndarray]) -> np.ndarray:
    """Number the connected components of rows that share a number in any of the arrays."""
    from scipy.sparse.csgraph import connected_components

    n = len(links[0])
    rows = np.tile(np.arange(n), len(links))
    offsets = np.cumsum([n] + [int(link.max()) + 1 for link in links])
    columns = np.concatenate([link + offset for link, offset in zip(links, offsets, strict=False)])
    size = int(offsets[-1])
    graph = sp.coo_matrix((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1][:n])


# -- heads ----------------------------------------------------------------------------------------------


def _head(model: str, n_train: int, sparse: bool, seed: int) -> Any:
    """Return the unfitted scikit-learn classifier of this name."""
    from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression, SGDClassifier
    from sklearn.naive_bayes import ComplementNB
    from sklearn.neighbors import KNeighborsClassifier

    match model:
        case "logistic_regression":
            return LogisticRegression(max_iter=400)
        case "linear_sgd":
            # Sparse: alpha = 1 / (C n), the regularisation of a logistic regression with C = 4, at any size. Dense
            # columns make larger steps, which more regularisation and averaged weights steady.
            return SGDClassifier(
                loss="log_loss",
                alpha=1 / (4 * n_train) if sparse else 1e-3,
                average=not sparse,
                max_iter=20,
                tol=1e-3,
                random_state=seed,
            )
        case "complement_naive_bayes":
            return ComplementNB()
        case "hist_gradient_boosting":

            class Boosting(HistGradientBoostingClassifier):  # type: ignore[misc]
                """It can't bin a column that holds nothing in the training rows; a constant one it can."""

                def fit(self, X: np.ndarray, y: np.ndarray) -> Any:
                    return super().fit(np.where(np.isnan(X).all(axis=0), 0, X), y)

            return Boosting(early_stopping=False, max_iter=100, random_state=seed)
        case "random_forest":
            return RandomForestClassifier(n_estimators=200, min_samples_leaf=2, n_jobs=-1, random_state=seed)
        case "extra_trees":
            return ExtraTreesClassifier(n_estimators=200, min_samples_leaf=2, n_jobs=-1, random_state=seed)
        case _:
            neighbours = min(20, max(1, n_train - 1))
            metric = "cosine" if sparse else "euclidean"
            return KNeighborsClassifier(neighbours, weights="distance", metric=metric, n_jobs=-1)


def prepare(X: Matrix, model: str) -> Matrix:
    """Bring the features into the form that a head needs: scaled, without gaps, or dense.

    No label enters, so it is done once for all folds.

    Parameters
    ----------
    X : csr_matrix or ndarray of shape (N, d)
    model : str
        One of `MODELS` apart from ``auto``.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    if not isinstance(X, np.ndarray):
        if model != "hist_gradient_boosting":
            return X
        if X.shape[1] <= 100:
            return np.asarray(X.toarray())
        return np.asarray(TruncatedSVD(100, random_state=0).fit_transform(X), dtype=np.float32)
    if model in ("hist_gradient_boosting", "random_forest", "extra_trees"):
        return X
    scale = MinMaxScaler(clip=True) if model == "complement_naive_bayes" else StandardScaler()
    steps = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), scale)
    # A rare category or an outlier, scaled to many deviations, would outweigh all else in linear heads and distances.
    return np.asarray(steps.fit_transform(X).clip(-5, 5), dtype=np.float32)


def out_of_fold(
    X: Matrix,
    labels: np.ndarray,
    n_classes: int,
    folds: Folds,
    model: str,
    *,
    calibrate: bool = False,
    seed: int = 0,
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
        One of `MODELS` apart from ``auto``.
    calibrate : bool
        Whether each fold's model is calibrated (Platt scaling over three inner folds).
    seed : int
    cache, name : Cache, str
        Each finished fold is kept under this name, so an interrupted run resumes there.
    progress : callable

    Returns
    -------
    ndarray of shape (N, K), float32
        Rows sum to 1. A class that a fold's training rows lack has probability 0 in that fold.
    """
    cache = cache or Cache(None)
    prepared: list[Matrix] = []  # made by the first fold that is not in the cache
    pred_probs = np.zeros((X.shape[0], n_classes), dtype=np.float32)
    unlabelled = labels < 0

    def fit_fold(held_out: np.ndarray) -> np.ndarray:
        if not prepared:
            prepared.append(prepare(X, model))
        data = prepared[0]
        train = ~held_out & ~unlabelled
        head = _fitted(data[train], labels[train], model, calibrate, seed)
        probabilities = np.zeros((X.shape[0], n_classes), dtype=np.float32)
        wanted = held_out | unlabelled
        probabilities[np.ix_(wanted, head.classes_)] = head.predict_proba(data[wanted])
        return probabilities[wanted]

    for number, held_out in enumerate(folds):
        progress(f"fold {number + 1} of {folds.n_folds}", number, folds.n_folds)
        wanted = held_out | unlabelled
        parts = {"name": name, "model": model, "calibrate": calibrate, "seed": seed, "fold": number, "version": VERSION}
        held = cache.matrix(f"pred_probs-{key(**parts)}", partial(fit_fold, held_out))
        own, shared = held_out & ~unlabelled, unlabelled
        pred_probs[own] = held[own[wanted]]
        pred_probs[shared] += held[shared[wanted]] / folds.n_folds
    progress("folds", folds.n_folds, folds.n_folds)
    return _normalised(pred_probs)


def _fitted(X: Matrix, labels: np.ndarray, model: str, calibrate: bool, seed: int) -> Any:
    from sklearn.exceptions import ConvergenceWarning

    head = _head(model, X.shape[0], sp.issparse(X), seed)
    if calibrate:
        from sklearn.calibration import CalibratedClassifierCV

        rarest = int(np.bincount(labels)[np.unique(labels)].min())
        if rarest < 3:
            raise BadInput(
                f"calibration needs 3 training examples of every class and one class has {rarest}; "
                "switch calibration off, or merge or complete the rare classes."
            )
        head = CalibratedClassifierCV(head, method="sigmoid", cv=3)
    with warnings.catch_warnings():
        # A bounded number of passes is the choice; what they reach is judged by the out-of-fold probabilities.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return head.fit(X, labels)


def _normalised(pred_probs: np.ndarray) -> np.ndarray:
    """Rows of one-against-the-rest heads can sum to 0; they then say nothing, which is what equal shares say."""
    totals = pred_probs.sum(axis=1, keepdims=True)
    empty = (totals <= 0) | ~np.isfinite(totals)
    shares = np.where(empty, 1 / pred_probs.shape[1], pred_probs / np.where(empty, 1, totals))
    return np.asarray(shares, dtype=np.float32)
