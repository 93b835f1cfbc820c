"""The heads that suit the data, trained on labels fold by fold and pooled: what tasks with classes predict with."""

from __future__ import annotations

from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from labelaudit import confident
from labelaudit.cache import Matrix, key
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.folds import Folds, assign_folds
from labelaudit.heads import TITLES, TREES, Size, choose, reduced, seconds
from labelaudit.predict import Progress, out_of_fold, pool_weights, tempered
from labelaudit.tasks.base import Run, Seen

if TYPE_CHECKING:
    from labelaudit.audit import AuditConfig
    from labelaudit.features import Features

Learned = tuple[np.ndarray, dict[str, tuple[np.ndarray, np.ndarray]], dict[str, float]]


class Learner:
    """Heads and folds for one audit.

    Parameters
    ----------
    dataset : Dataset
        Of N examples, each of which has one label.
    features : Features
    seen, config, run
        See `labelaudit.tasks.base.Task`.

    Raises
    ------
    BadInput
        There are fewer groups or sets of copies than folds.
    """

    def __init__(self, dataset: Dataset, features: Features, seen: Seen, config: AuditConfig, run: Run) -> None:
        self._dataset, self._features, self._config, self._run = dataset, features, config, run
        self._size = Size.of(dataset, features.embedding)
        self.heads, self.why = choose(self._size, config.model, config.folds)
        self.folds: Folds = assign_folds(dataset, config.folds, config.seed, seen.near)

    @cached_property
    def _matrices(self) -> tuple[Matrix, Matrix]:
        """For linear heads and for trees."""
        made = self._features
        if self._size.embedding and isinstance(made.matrix, np.ndarray):
            embedded = made.matrix
            matrix = self._run.cache.matrix(f"reduced-{key(features=made.key)}", lambda: reduced(embedded))
            return matrix, matrix
        return made.matrix, made.codes

    def learned(self, labels: np.ndarray) -> Learned:
        """Predict every example by models that have not seen it.

        Parameters
        ----------
        labels : ndarray of shape (N,)
            Class indices to learn from; -1 for none.

        Returns
        -------
        What `pooled` returns.

        Raises
        ------
        BadInput
            Groups or copies leave a fold's model with one class to learn.
        """
        folds, config, run = self.folds, self._config, self._run
        _check_training(labels, folds.fold, folds.n_folds)
        matrix, codes = self._matrices
        depends = key(
            features=self._features.key, labels=sha256(labels.tobytes()).hexdigest(), folds=folds.fold.tolist()
        )
        costs = np.array([seconds(head, self._size, config.folds) for head in self.heads])
        ends = np.cumsum(costs) / costs.sum()
        every = {
            head: out_of_fold(
                codes if head in TREES else matrix,
                labels,
                len(self._dataset.classes),
                folds,
                head,
                calibrate=config.calibrate,
                seed=config.seed,
                embedding=self._size.embedding,
                cache=run.cache,
                name=depends,
                progress=_share_of(run.progress, head, float(end - cost), float(end), folds.n_folds * len(self.heads)),
            )
            for head, end, cost in zip(self.heads, ends, costs / costs.sum(), strict=True)
        }
        return pooled(every, labels)


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
    verdicts = {}
    for head, pred_probs in every.items():
        score = np.full(len(labels), np.nan)
        score[labelled] = confident.quality_scores(labels[labelled], pred_probs[labelled], "pairwise_confidence")
        verdicts[head] = score, pred_probs.argmax(axis=1)
    weights = pool_weights(np.column_stack([p[labelled, labels[labelled]] for p in every.values()]))
    pool = sum(np.float32(weight) * p for weight, p in zip(weights, every.values(), strict=True))
    return np.asarray(pool), verdicts, {head: round(float(w), 3) for head, w in zip(every, weights, strict=True)}


def _check_training(labels: np.ndarray, fold: np.ndarray, n_folds: int) -> None:
    for number in range(n_folds):
        if len(np.unique(labels[(fold != number) & (labels >= 0)])) < 2:
            raise BadInput(
                f"without fold {number + 1} only one class is left to train on, because groups or copies hold whole "
                "classes; use fewer folds or another group column."
            )
