"""Small data sets of numbers, made here, in which all are right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from labelaudit.dataset import Dataset
from labelaudit.load import load


def table(n: int = 300, seed: int = 0) -> Dataset:
    """Numbers that follow from three columns, twice as exactly in one half as in the other."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    noise = rng.normal(size=n) * np.where(x[:, 0] > 0, 1.0, 2.0)
    columns: dict[str, Any] = {f"x{j}": x[:, j] for j in range(3)}
    columns["size"] = np.round(100 + 20 * x[:, 0] + 10 * np.abs(x[:, 1]) + noise, 1)
    return load(pa.table(columns), task="regression", label="size", name="made numbers")


def texts(n: int = 300, seed: int = 0) -> Dataset:
    """Texts in which the most frequent word says how large the number is."""
    rng = np.random.default_rng(seed)
    words = np.array([f"word{chr(97 + i)}" for i in range(6)])
    main = rng.integers(0, 6, n)
    said = zip(words[main], rng.integers(0, 9, n), strict=True)
    drawn = [" ".join(["a", "text", *[word] * 4, f"filler{chr(97 + other)}"]) for word, other in said]
    size = np.round(20.0 * main + 2 * rng.normal(size=n), 1)
    columns = pa.table({"body": drawn, "size": size})
    return load(columns, task="regression", label="size", text="body", name="made texts")
