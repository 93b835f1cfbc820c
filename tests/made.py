"""Small data sets, made here, in which all labels are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from labelaudit.dataset import Dataset
from labelaudit.load import load


def table(n: int = 120, k: int = 3, seed: int = 0, far: float = 4.0) -> Dataset:
    """Rows around one centre per class, `far` from each other."""
    rng = np.random.default_rng(seed)
    codes = np.arange(n) % k
    x = rng.normal(size=(n, k)) + far * np.eye(k)[codes]
    columns: dict[str, Any] = {f"x{j}": x[:, j] for j in range(k)}
    names = tuple(columns)
    columns["label"] = [f"class {code}" for code in codes]
    return Dataset("made table", pa.table(columns), ("label",), names)


def texts(n: int = 120, k: int = 3, seed: int = 0) -> Dataset:
    """Texts of six words, most of them words of their class alone."""
    rng = np.random.default_rng(seed)
    codes = np.arange(n) % k
    words = np.array([[f"word{chr(97 + c)}{chr(97 + i)}" for i in range(12)] for c in range(k)])
    drawn = [" ".join([*rng.choice(words[c], 5), "and"]) for c in codes]
    columns = {"text": drawn, "label": [f"class {code}" for code in codes]}
    return Dataset("made texts", pa.table(columns), ("label",), ("text",), modality="text")


def with_column(dataset: Dataset, name: str, values: Any, **roles: Any) -> Dataset:
    """Add a column and give it a role."""
    return replace(dataset, table=dataset.table.append_column(name, pa.array(values)), **roles)


def with_column_as_label(dataset: Dataset, values: pa.Array) -> Dataset:
    """Put a label column of another type in place of the one that is there."""
    position = dataset.table.schema.get_field_index("label")
    return replace(dataset, table=dataset.table.set_column(position, "label", values))


def relabelled(dataset: Dataset, changes: dict[int, Any]) -> Dataset:
    """Give some rows another label, or none."""
    values = dataset.table["label"].to_pylist()
    for row, value in changes.items():
        values[row] = value
    return dataset.with_labels(values)


def probabilities(n: int = 400, k: int = 4, seed: int = 0, wrong: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Labels, a share of them wrong, and what a fair model says about them, as float32."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, k, n)
    labels = np.where(rng.random(n) < wrong, rng.integers(0, k, n), true)
    labels[:k] = np.arange(k)
    scores = rng.gumbel(size=(n, k)) + 3 * np.eye(k)[true]
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return labels, shares.astype(np.float32)


def joint(k: int, confused: Sequence[tuple[int, int, int]], right: int = 50) -> np.ndarray:
    """A confident joint with so many right labels per class and some confused pairs (given, truly, how many)."""
    counts = np.diag(np.full(k, right))
    for given, truly, n in confused:
        counts[given, truly] = n
    return counts


def several(n: int = 150, k: int = 4, seed: int = 0, far: float = 4.0, form: str = "binary") -> Dataset:
    """Rows of several labels each, every one of which moves a column of its own; the first two exclude each other.

    Parameters
    ----------
    form : {"binary", "list", "separated"}
        How the labels are written.
    """
    rng = np.random.default_rng(seed)
    bits = rng.random((n, k)) < 0.35
    bits[:, 1] &= ~bits[:, 0]
    x = rng.normal(size=(n, k)) + far * bits
    columns: dict[str, Any] = {f"x{j}": x[:, j] for j in range(k)}
    names = [f"label {chr(97 + j)}" for j in range(k)]
    of_row = [[name for name, has in zip(names, row, strict=True) if has] for row in bits]
    own: dict[str, Any] = {"labels": of_row if form == "list" else ["; ".join(labels) for labels in of_row]}
    if form == "binary":
        own = {name: bits[:, j].astype(int) for j, name in enumerate(names)}
    dataset = load(pa.table({**columns, **own}), label=list(own), task="multilabel", features=list(columns))
    return replace(dataset, name="made labels")
