"""Probabilities that the user brings, in place of what models would have predicted."""

from __future__ import annotations

from typing import Any

import numpy as np

from labelaudit.cache import Matrix
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.folds import assign_folds
from labelaudit.given import Given
from labelaudit.heads import YOURS
from labelaudit.insample import in_sample_signs
from labelaudit.tasks.base import Run, Seen
from labelaudit.tasks.pooling import pooled


def check_shape(dataset: Dataset, *shape: int) -> None:
    """Refuse probabilities of other units, as who makes a `Given` by hand may attach.

    Raises
    ------
    BadInput
        They have another shape than this.
    """
    brought = None if dataset.given is None else dataset.given.pred_probs
    if brought is not None and brought.shape != shape:
        raise BadInput(
            f"{dataset.name!r} needs probabilities of the shape {shape}, and what you bring has {brought.shape}; bring "
            "one row for each."
        )


def as_brought(
    dataset: Dataset,
    given: Given,
    pred_probs: np.ndarray,
    seen: Seen,
    run: Run,
    *,
    matrix: Matrix | None = None,
    neighbours: np.ndarray | None = None,
) -> dict[str, Any]:
    """Take probabilities as they are, and say where they look as if the model had seen the labels.

    Parameters
    ----------
    dataset : Dataset
        With N examples and n units.
    given : Given
    pred_probs : ndarray of shape (n, K)
    seen, run
        As in `labelaudit.tasks.base.Task.predict`.
    matrix : csr_matrix or ndarray of shape (n, d), optional
    neighbours : ndarray of shape (n, k), optional
        Of the units: either of them tells whether the probabilities are in-sample.

    Returns
    -------
    dict
        What `Task.predict` returns, ``fold`` being of the examples.
    """
    with run.step("folds"):
        notes = [in_sample_signs(pred_probs, dataset.labels, matrix, neighbours)]
        fold = np.zeros(len(dataset), dtype=np.int64)
        if given.folds is not None:
            folds = assign_folds(dataset, int(given.folds.max()) + 1, seed=0, near=seen.near)
            fold, notes = folds.fold, [folds.note, *notes]
        _, verdicts, weights = pooled({YOURS: pred_probs}, dataset.labels)
    if seen.features is None and not dataset.feature_columns:
        notes.append("there are no features: what needs them (clusters, neighbours, near duplicates) does not apply")
    return {
        "arrays": {"pred_probs": pred_probs},
        "fold": fold,
        "verdicts": verdicts,
        "resolved": {"heads": weights, "why": "the probabilities that you brought"},
        "notes": [note for note in notes if note],
    }
