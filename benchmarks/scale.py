"""draft"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from labelaudit.dataset import Dataset
from labelaudit.given import Given

CLASSES, WRONG, NEAR = 10, 0.04, 10
WORDS = 2000


def made(n: int, seed: int = 0) -> Dataset:
    """Texts of ten classes, every 25th label wrong, with probabilities, places and neighbours that are brought."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, CLASSES, n)
    wrong = rng.random(n) < WRONG
    given = np.where(wrong, (true + rng.integers(1, CLASSES, n)) % CLASSES, true)
    scores = np.exp(rng.gumbel(size=(n, CLASSES)).astype(np.float32) + 5 * np.eye(CLASSES, dtype=np.float32)[true])
    words = np.array([f"word{number}" for number in range(WORDS)], dtype=object)
    text = [" ".join(row) for row in words[rng.integers(0, WORDS, (n, 12))].tolist()]
    places = (rng.normal(size=(CLASSES, 2))[true] + 0.2 * rng.normal(size=(n, 2))).astype(np.float32)
    # Neighbours are others of the same class: enough for what pages show of them, and made in no time.
    order = np.argsort(true, kind="stable")
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n)
    index = order[(rank[:, None] + np.arange(1, NEAR + 1)) % n].astype(np.int32)
    distance = np.sort(rng.random((n, NEAR), dtype=np.float32), axis=1)
    brought = Given(
        pred_probs=scores / scores.sum(axis=1, keepdims=True),
        classes=tuple(f"class {code}" for code in range(CLASSES)),
        coordinates=places,
        neighbours=index,
        distances=distance,
    )
    names = np.array(brought.classes, dtype=object)
    columns = {"id": [f"r{number:07d}" for number in range(n)], "text": text, "label": names[given].tolist()}
    return Dataset(
        f"made {n:,}", pa.table(columns), ("label",), ("text",), modality="text", id_column="id", given=brought
    )
