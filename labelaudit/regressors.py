"""Numbers predicted out of fold: which models suit the data, how they are made, and how several are weighed."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import scipy.sparse as sp

from labelaudit.cache import Cache, Matrix
from labelaudit.errors import BadInput, did_you_mean
from labelaudit.folds import Folds
from labelaudit.heads import FEW, N_LEAVES, N_ROUNDS, N_TREES, PATIENCE, TITLES, TREES, Size, seconds
from labelaudit.predict import Progress, cross_fitted, silent

Regressor = Literal["ridge", "hist_gradient_boosting", "random_forest", "extra_trees"]
REGRESSORS: tuple[str, ...] = get_args(Regressor)
VERSION = 1  # part of the cache key: raise it when the predictions change
ALPHAS = np.logspace(-2, 4, 13)  # of ridge, chosen by leave-one-out
TEXT_ALPHA = 1.0  # of sparse rows of length one


def choose(size: Size, model: str, folds: int) -> tuple[tuple[str, ...], str]:
    """Turn ``auto`` into unlike models that the data's kind and size allow; see `labelaudit.heads.choose`.

    Returns
    -------
    models : tuple of str
        At least one.
    why : str
        For a person.

    Raises
    ------
    BadInput
        The model predicts classes and no numbers.
    """
    if model != "auto":
        if model not in REGRESSORS:
            raise BadInput(f"the model {model!r} predicts no numbers{did_you_mean(model, ('auto', *REGRESSORS))}")
        return (model,), "chosen by you"
    suited = ["hist_gradient_boosting"] if size.rows >= FEW else []
    suited += [] if size.modality == "text" else ["extra_trees"]
    slow = {name: took for name in suited if (took := seconds(name, size, folds)) > PATIENCE}
    chosen = ("ridge", *(name for name in suited if name not in slow))
    what = f"{_kind(size)}, {size.rows:,} rows: unlike models that err in different places"
    return chosen, "; ".join([what, *(f"{TITLES[name]} would take {took:,.0f} s" for name, took in slow.items())])


def _kind(size: Size) -> str:
    return {"text": "texts", "image": "images"}.get(size.modality, "an embedding" if size.embedding else "a table")


def regressor(name: str, sparse: bool, seed: int) -> Any:
    """Return the unfitted scikit-learn regressor of this name.

    Parameters
    ----------
    name : str
        One of `REGRESSORS`.
    sparse : bool
        Whether the training rows are sparse.
    seed : int
    """
    from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor, RandomForestRegressor
    from sklearn.linear_model import Ridge, RidgeCV

    match name:
        case "ridge":
            return Ridge(TEXT_ALPHA, solver="sparse_cg", random_state=seed) if sparse else RidgeCV(ALPHAS)
        case "hist_gradient_boosting":
            return HistGradientBoostingRegressor(
                loss="absolute_error",  # wrong numbers pull at a mean and hardly at a median
                early_stopping=False,
                max_iter=N_ROUNDS,
                max_leaf_nodes=N_LEAVES,
                random_state=seed,
            )
        case "random_forest":
            return RandomForestRegressor(N_TREES, min_samples_leaf=2, max_features=0.5, n_jobs=-1, random_state=seed)
        case _:
            return ExtraTreesRegressor(N_TREES // 2, min_samples_leaf=2, n_jobs=-1, random_state=seed)


def out_of_fold(
    X: Matrix,
    targets: np.ndarray,
    *,
    folds: Folds,
    model: str,
    keep: np.ndarray | None = None,
    calibrate: bool = False,
    seed: int = 0,
    embedding: bool = False,
    cache: Cache | None = None,
    name: str = "",
    progress: Progress = silent,
) -> np.ndarray:
    """Predict every row's number by models that were trained without it, its copies and its group.

    Parameters
    ----------
    X : csr_matrix or ndarray of shape (N, d)
    targets : ndarray of shape (N,)
        Rows with NaN train nothing and get the mean over the folds' models.
    folds : Folds
    model : str
        One of `REGRESSORS`.
    keep : ndarray of shape (N,), bool, optional
        The rows to learn from; all by default.
    calibrate : bool
        Means nothing for numbers.
    seed, embedding, cache, name, progress
        As in `labelaudit.predict.out_of_fold`.

    Returns
    -------
    ndarray of shape (N,)
    """
    known = ~np.isnan(targets)
    learned = known if keep is None else known & keep
    centre, spread = float(targets[learned].mean()), float(targets[learned].std()) or 1.0

    def predicted(data: Matrix, train: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        train = train & learned
        fitted = regressor(model, sp.issparse(data), seed)
        # Predictions are kept as float32: of targets around 0, those lose nothing that matters.
        fitted.fit(_bearable(data[train], model), (targets[train] - centre) / spread)
        return np.asarray(fitted.predict(data[wanted])).reshape(-1, 1)

    parts = {"name": name, "numbers": model, "seed": seed, "version": VERSION}
    if keep is not None:
        parts["left_out"] = np.flatnonzero(~keep).tolist()
    how: dict[str, Any] = {"model": model, "embedding": embedding, "cache": cache, "progress": progress}
    found = cross_fitted(X, 1, ~known, folds, predicted, parts, **how)
    return np.asarray(found[:, 0].astype(np.float64) * spread + centre)


def _bearable(X: Matrix, model: str) -> Matrix:
    """Give columns that hold nothing in the training rows a value, for the trees, which can't bin them."""
    if model not in TREES or not isinstance(X, np.ndarray):
        return X
    return np.where(np.isnan(X).all(axis=0), 0, X)
