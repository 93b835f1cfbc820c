"""Suspects that belong together: the same given and suggested label, and close in features."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from labelaudit.cache import Matrix
from labelaudit.dataset import Dataset
from labelaudit.labels import show
from labelaudit.shapes.several import PART, bits_of, label_sets
from labelaudit.tasks.evidence import WORD

MIN_SIZE = 5
TRAIT_SAMPLE = 300
MIN_AHEAD = 0.3  # by how much more of the members have what tells them apart
LONGEST_CELL = 40  # characters
MAX_SUSPECTS_PER_PAIR = 2000  # HDBSCAN compares all pairs; beyond this the lowest scores stand for the rest


def suspect_clusters(
    features: Matrix, given: np.ndarray, suggested: np.ndarray, suspects: np.ndarray, score: np.ndarray
) -> np.ndarray:
    """Cluster the suspects of each (given, suggested) pair by HDBSCAN (Campello et al. 2013).

    Parameters
    ----------
    features : csr_matrix or ndarray of shape (N, d)
    given, suggested : ndarray of shape (N,)
        Class indices.
    suspects : ndarray of shape (N,), bool
    score : ndarray of shape (N,)
        Low is bad.

    Returns
    -------
    ndarray of shape (N,), int
        Cluster numbers from 0, largest first; -1 for none.
    """
    clusters = np.full(len(given), -1, dtype=np.int64)
    rows = np.flatnonzero(suspects)
    if len(rows) < MIN_SIZE:
        return clusters
    points = _reduced(features[rows])
    pairs = pd.DataFrame({"given": given[rows], "suggested": suggested[rows]})
    found: list[np.ndarray] = []
    for _, pair in pairs.groupby(["given", "suggested"]):
        positions = pair.index.to_numpy()
        if len(positions) > MAX_SUSPECTS_PER_PAIR:
            positions = positions[np.argsort(score[rows[positions]], kind="stable")[:MAX_SUSPECTS_PER_PAIR]]
        found += [rows[positions[members]] for members in _dense_groups(points[positions])]
    for number, members in enumerate(sorted(found, key=lambda group: (-len(group), group[0]))):
        clusters[members] = number
    return clusters


def common_trait(dataset: Dataset, members: np.ndarray, others: np.ndarray, part: str = "") -> str:
    """Find what most members of a cluster have and few others do.

    Parameters
    ----------
    dataset : Dataset
    members, others : ndarray of int
        Rows of the table; of many, `TRAIT_SAMPLE` that are spread evenly stand for all.
    part : str
        The part of the examples that the cluster is about: a label tells nothing of itself.

    Returns
    -------
    str
        A word of the texts, a column with its value, or another label; empty where nothing tells them apart.
    """
    have, lack = (_shares(dataset, rows, part) for rows in (members, others))
    ahead = {trait: share - lack[trait] for trait, share in have.items() if share >= 0.5}
    best = max(sorted(ahead), key=ahead.__getitem__, default="")
    return best if ahead.get(best, 0) >= MIN_AHEAD else ""


def _shares(dataset: Dataset, rows: np.ndarray, part: str) -> Counter[str]:
    """The share of the rows that have each word, cell or other label."""
    spread = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), TRAIT_SAMPLE)).round().astype(np.int64))
    records = dataset.table.select(list(dataset.feature_columns)).take(rows[spread]).to_pylist()
    found: Counter[str] = Counter()
    for record in records:
        cells = {name: show(value) for name, value in record.items() if value not in (None, "")}
        if dataset.modality == "text":
            found.update({word.casefold() for text in cells.values() for word in WORD.findall(text)})
        else:
            found.update(f"{name} {value}" for name, value in cells.items() if len(value) <= LONGEST_CELL)
    if dataset.value_type == "classes":
        names, has = label_sets(dataset).names, bits_of(dataset)[rows[spread]] == 1
        found.update(f"label {name}" for row in has for name in np.array(names)[row] if PART + name != part)
    return Counter({trait: count / len(records) for trait, count in found.items()})


def _dense_groups(points: np.ndarray) -> list[np.ndarray]:
    from sklearn.cluster import HDBSCAN

    if len(points) < MIN_SIZE:
        return []
    labels = HDBSCAN(min_cluster_size=MIN_SIZE, min_samples=2, copy=True).fit_predict(points)
    return [np.flatnonzero(labels == number) for number in range(labels.max() + 1)]


def _reduced(features: Matrix) -> np.ndarray:
    """Bring the rows to at most 20 dimensions and length one, so that distance means difference in direction."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import StandardScaler, normalize

    matrix = features
    if isinstance(features, np.ndarray):
        matrix = StandardScaler().fit_transform(np.nan_to_num(features))
    dimensions = min(20, min(matrix.shape) - 1)
    if matrix.shape[1] > 20 and dimensions >= 2:
        with np.errstate(invalid="ignore"):  # of copies, which vary by nothing, it divides by that
            matrix = TruncatedSVD(dimensions, random_state=0).fit_transform(matrix)
    return np.asarray(normalize(matrix.toarray() if hasattr(matrix, "toarray") else matrix))
