"""How long an audit will take and how much memory it will need, said before it starts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from labelaudit.heads import EXACT_WORK, OF_A_PAIR, Size, expected_size
from labelaudit.tasks import TASKS

if TYPE_CHECKING:
    from labelaudit.config import AuditConfig
    from labelaudit.dataset import Dataset

LIBRARIES_MB = {"text": 268, "tabular": 360, "image": 380}  # what a process holds that has imported all that it needs
HOG, NETWORK = 1e-3, 8e-3  # seconds per image; networks differ, and a GPU takes a fraction
REFERENCE = 0.0085  # seconds that `_pace` measures on the machine on which the constants were found


@dataclass(frozen=True)
class Estimate:
    """What an audit will do, and need.

    Parameters
    ----------
    heads : tuple of str
    why : str
        For a person.
    seconds : float
        With nothing cached.
    memory_mb : int
        Peak of the process.
    """

    heads: tuple[str, ...]
    why: str
    seconds: float
    memory_mb: int

    def __str__(self) -> str:
        """Say it as one would: "about 4 s and 0.6 GB"."""
        if self.seconds < 90:
            time = f"{max(1, round(self.seconds))} s"
        else:
            time = f"{self.seconds / 60:.0f} min" if self.seconds < 5400 else f"{self.seconds / 3600:.0f} h"
        return f"about {time} and {max(0.1, self.memory_mb / 1024):.1f} GB"


def estimate(dataset: Dataset, config: AuditConfig) -> Estimate:
    """Estimate the time and the peak memory of an audit from the size and kind of the data.

    Parameters
    ----------
    dataset : Dataset
    config : AuditConfig
    """
    part = expected_size(dataset, config)
    heads, why, fits = TASKS[dataset.task].expected(dataset, config)
    read = 3e-7 * part.chars if part.modality == "text" else 1.5e-6 * part.rows * part.columns
    if part.embedding and (dataset.given is None or dataset.given.features is None):
        read = part.rows * (HOG if config.embedder in ("auto", "hog") else NETWORK)
    near = _neighbours(part) + 1.5e-5 * part.rows if config.checks else 0.0
    cells = part.rows * part.classes
    found = 1.5e-8 * cells * (len(heads) + 4) + 1e-5 * part.rows
    bytes_of = {
        "table": 3 * dataset.table.nbytes,
        "features": 12 * part.stored + 10 * part.chars,
        "probabilities": 4 * cells * (2 * len(heads) + 6),
        "issues": 700 * part.rows,
    }
    memory = LIBRARIES_MB[part.modality] + round(sum(bytes_of.values()) / 2**20)
    return Estimate(heads, why, (0.08 + fits + read + near + found) * _pace() / REFERENCE, memory)


def _neighbours(size: Size) -> float:
    """Seconds that the search for neighbours takes; beyond some work it is no longer exact, which bounds it."""
    if size.modality == "text" and not size.embedding:
        return 0.1 + min(30.0, size.rows * size.chars * 6e-11)
    work = float(size.rows) * size.rows * (size.stored / size.rows + OF_A_PAIR)
    return 0.05 + 5e-12 * min(work, EXACT_WORK)


@cache
def _pace() -> float:
    """Time some work of the kind that audits do, once per process, in seconds."""
    values = np.random.default_rng(0).random(100_000)
    best = np.inf
    for _ in range(3):
        start = time.perf_counter()
        np.sort(values)
        sum(value * value for value in values.tolist())
        best = min(best, time.perf_counter() - start)
    return float(best)
