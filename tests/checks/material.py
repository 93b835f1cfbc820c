"""What the checks see, made here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from labelaudit.checks import Material
from labelaudit.dataset import Dataset
from labelaudit.folds import copy_sets
from labelaudit.neighbors import knn_graph


def clusters(n: int = 600, d: int = 8, k: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points around one centre per class, their labels, and what a fair model says."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, k, n)
    X = (3 * rng.normal(size=(k, d))[labels] + rng.normal(size=(n, d))).astype(np.float32)
    scores = np.exp(3 * np.eye(k)[labels] + rng.gumbel(size=(n, k)))
    return X, labels, (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)


def of(X: Any, labels: Any, pred_probs: np.ndarray | None = None, **changes: Any) -> Material:
    """Rows of a table, whose columns are one embedding."""
    names = tuple(f"x{j}" for j in range(X.shape[1]))
    columns = {name: X[:, j] for j, name in enumerate(names)}
    given = [None if label == -1 else f"c{label}" for label in np.asarray(labels).tolist()]
    dataset = Dataset("made", pa.table({**columns, "label": given}), ("label",), names)
    graph = knn_graph(X, seed=0)
    material = Material(dataset, dataset.ids, dataset.labels, pred_probs, X, graph, None, copy_sets(dataset))
    return replace(material, **changes)


def table(columns: dict[str, Any], **changes: Any) -> Material:
    """A table with these columns beside a label, and no features."""
    n = len(next(iter(columns.values())))
    labels = [f"c{i % 2}" for i in range(n)]
    dataset = Dataset("made", pa.table({**columns, "label": labels}), ("label",), tuple(columns))
    material = Material(dataset, dataset.ids, dataset.labels, None, None, None, None, np.arange(n))
    return replace(material, **changes)
