"""Heads to out-of-fold predictions: which are fitted, how long that takes, and how they are pooled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from labelaudit import confident
from labelaudit.cache import key
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.heads import TITLES, TREES, YOURS, Size, choose, chosen, expected_size, reduced, seconds
from labelaudit.predict import Progress, out_of_fold, pool_weights, tempered
from labelaudit.tasks.base import Run

if TYPE_CHECKING:
    from labelaudit.config import AuditConfig
    from labelaudit.features import Features
    from labelaudit.folds import Folds


Learned = tuple[np.ndarray, dict[str, tuple[np.ndarray, np.ndarray]], dict[str, float]]


def learned(
    dataset: Dataset, found: Features, folds: Folds, labels: np.ndarray, config: AuditConfig, run: Run
) -> tuple[Learned, str]:
    """Predict the class of every example by models that have not seen it.

    Parameters
    ----------
    dataset, found, folds, config, run
        What is predicted, from which features, and how.
    labels : ndarray of shape (N,)
        Class indices to learn from; -1 for none.

    Returns
    -------
    pool : tuple
        What `pooled` returns.
    why : str
        Why these heads.

    Raises
    ------
    BadInput
        Groups or copies leave a fold's model with one class to learn.
    """
    for number in range(folds.n_folds):
        if len(np.unique(labels[(folds.fold != number) & (labels >= 0)])) < 2:
            raise BadInput(
                f"without fold {number + 1} only one class is left to train on, because groups or copies hold whole "
                "classes; use fewer folds or another group column."
            )
    fit = partial(out_of_fold, labels=labels, n_classes=len(dataset.classes))
    every, why = by_head(dataset, found, folds, fit, config, run, sha256(labels.tobytes()).hexdigest())
    return pooled(every, labels), why


def by_head(
    dataset: Dataset,
    found: Features,
    folds: Folds,
    fit: Callable[..., np.ndarray],
    config: AuditConfig,
    run: Run,
    labels: str,
    choose: Callable[..., tuple[tuple[str, ...], str]] = choose,
) -> tuple[dict[str, np.ndarray], str]:
    """Predict by each of the heads that suit the data, or by the one that was chosen.

    Parameters
    ----------
    dataset, found, folds, config, run
        What is predicted, from which features, and how.
    fit : callable
        `labelaudit.predict.out_of_fold`, the labels known, or one with the same parameters.
    labels : str
        What those labels are told by in the cache.
    choose : callable
        ``(size, model, folds) -> heads, why``: `labelaudit.heads.choose` or one like it.

    Returns
    -------
    every : dict
        Head to what `fit` returned.
    why : str
        Why these heads.
    """
    size = Size.of(dataset, found.embedding)
    heads, why = choose(size, config.model, config.folds)
    matrix, codes = found.matrix, found.codes
    if size.embedding and isinstance(matrix, np.ndarray):
        embedded = matrix
        matrix = codes = run.cache.matrix(f"reduced-{key(features=found.key)}", lambda: reduced(embedded))
    depends = key(features=found.key, labels=labels, folds=folds.fold.tolist())
    costs = np.array([seconds(head, size, config.folds) for head in heads])
    ends = np.cumsum(costs) / costs.sum()
    every = {
        head: fit(
            codes if head in TREES else matrix,
            folds=folds,
            model=head,
            calibrate=config.calibrate,
            seed=config.seed,
            embedding=size.embedding,
            cache=run.cache,
            name=depends,
            progress=_share_of(run.progress, head, float(end - cost), float(end), folds.n_folds * len(heads)),
        )
        for head, end, cost in zip(heads, ends, costs / costs.sum(), strict=True)
    }
    return every, why


def _share_of(progress: Progress, head: str, start: float, end: float, total: int) -> Progress:
    """Report the folds of one head as its share of all folds of all heads, by what they cost."""

    def report(step: str, done: float, of: float) -> None:
        progress(f"{step}, {TITLES[head]}", total * (start + (end - start) * done / of), total)

    return report


def pooled(every: dict[str, np.ndarray], labels: np.ndarray) -> Learned:
    """Pool the heads' probabilities.

    Parameters
    ----------
    every : dict
        Head to its out-of-fold probabilities, shape (N, K).
    labels : ndarray of shape (N,)

    Returns
    -------
    pred_probs : ndarray of shape (N, K)
    verdicts : dict
        Head to its pairwise confidence in each given label (NaN without one) and the class it prefers, shape (N,).
    weights : dict
        Head to its weight.
    """
    labelled = np.flatnonzero(labels >= 0)
    if len(every) > 1:
        every = {head: tempered(pred_probs, labels)[0] for head, pred_probs in every.items()}
    weights = pool_weights(np.column_stack([p[labelled, labels[labelled]] for p in every.values()]))
    pooled = sum(np.float32(weight) * p for weight, p in zip(weights, every.values(), strict=True))
    shares = {head: round(float(w), 3) for head, w in zip(every, weights, strict=True)}
    return np.asarray(pooled), verdicts_of(every, labels), shares


def verdicts_of(every: Mapping[str, np.ndarray], labels: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Say what each head thinks of the given labels: the ``verdicts`` of `pooled`."""
    labelled = np.flatnonzero(labels >= 0)
    verdicts = {}
    for head, pred_probs in every.items():
        score = np.full(len(labels), np.nan)
        score[labelled] = confident.quality_scores(labels[labelled], pred_probs[labelled], "pairwise_confidence")
        verdicts[head] = score, pred_probs.argmax(axis=1)
    return verdicts


def expected(dataset: Dataset, config: AuditConfig) -> tuple[tuple[str, ...], str, float]:
    """Say which heads will be fitted, why those, and in about how many seconds."""
    size = expected_size(dataset, config)
    heads, why = chosen(dataset, size, config.model, config.folds)
    times = 4 if config.calibrate else 1
    return heads, why, times * sum(seconds(head, size, config.folds) for head in heads if head != YOURS)
