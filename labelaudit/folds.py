"""Which fold holds out which row: stratified, copies and groups kept together."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import scipy.sparse as sp

from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput


@dataclass(frozen=True)
class Folds:
    """Which fold holds out which row.

    Parameters
    ----------
    fold : ndarray of shape (N,)
        From 0.
    n_folds : int
    note : str
        What was kept together, for a person; empty where nothing was.
    """

    fold: np.ndarray
    n_folds: int
    note: str

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield the mask of the held-out rows of each fold."""
        return (self.fold == number for number in range(self.n_folds))


def assign_folds(dataset: Dataset, n_folds: int, seed: int, near: np.ndarray | None = None) -> Folds:
    """Deal the rows into folds: stratified by label, copies, near copies and groups kept together.

    A copy of a wrongly labelled row in the training folds would teach the model the wrong label and hide the error,
    so exact copies (by content), near duplicates and rows of one group share a fold. Only members of such sets are
    moved, the largest sets first, to the fold that has the fewest rows.

    Parameters
    ----------
    dataset : Dataset
        With N rows.
    n_folds : int
        At least 2.
    seed : int
    near : ndarray of shape (N,), int, optional
        Number of each row's set of near duplicates, -1 for none; see `labelaudit.checks.near_duplicate_sets`.

    Raises
    ------
    BadInput
        There are fewer groups, or fewer sets of copies, than folds.
    """
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(dataset))
    dealt = shuffled[np.argsort(dataset.strata[0][shuffled], kind="stable")]
    fold = np.empty(len(dataset), dtype=np.int64)
    fold[dealt] = np.arange(len(dataset)) % n_folds

    if dataset.given is not None and dataset.given.folds is not None:
        return _checked(dataset, dataset.given.folds, near)
    links, notes = [], []
    groups = dataset.groups()
    if groups is not None:
        n_groups = len(np.unique(groups))
        if n_groups < n_folds:
            raise BadInput(
                f"column {dataset.group_column!r} has {n_groups} groups, fewer than the {n_folds} folds; "
                "use fewer folds or another group column."
            )
        links.append(groups)
        notes.append(f"rows with the same {dataset.group_column!r} share a fold")
    for alike, note in _alike(dataset, near, n_folds):
        links.append(alike)
        notes.append(note)
    if links:
        sets = _joined(links)
        n_sets = len(np.unique(sets))
        if n_sets < n_folds:
            raise BadInput(
                f"rows that share a group or are copies of each other make {n_sets} sets, fewer than the {n_folds} "
                "folds; use fewer folds or more rows."
            )
        fold = _kept_together(fold, sets, dataset.strata[0], n_folds, rng)
    return Folds(fold, n_folds, "; ".join(notes))


def _checked(dataset: Dataset, fold: np.ndarray, near: np.ndarray | None) -> Folds:
    """Take the user's folds as they are, and say where copies or groups are split over them."""
    n_folds = int(fold.max()) + 1
    notes = [f"your {n_folds:,} folds were used"]
    groups = dataset.groups()
    kinds = (
        (copy_sets(dataset), "exact copies"),
        (near, "near duplicates"),
        (groups, f"rows with the same {dataset.group_column!r}"),
    )
    for sets, what in kinds:
        if sets is None:
            continue
        spread = pd.Series(fold).groupby(sets).transform("nunique").to_numpy() > 1
        split = int((spread & (sets >= 0)).sum())
        if split:
            notes.append(
                f"warning: {split:,} {what} are split over several of them, where one can hide another's error"
            )
    return Folds(fold, n_folds, "; ".join(notes))


def _kept_together(
    fold: np.ndarray, sets: np.ndarray, labels: np.ndarray, n_folds: int, rng: np.random.Generator
) -> np.ndarray:
    """Deal the sets of several rows whole; those of one size by label, so that folds stay stratified."""
    size = np.bincount(sets)
    moved = size[sets] > 1
    label = np.empty(len(size), dtype=labels.dtype)
    label[sets] = labels
    order = np.lexsort((rng.random(len(size)), label, -size))
    filled = [(int(n), number) for number, n in enumerate(np.bincount(fold[~moved], minlength=n_folds))]
    heapq.heapify(filled)
    target = np.zeros(len(size), dtype=np.int64)
    for several in order[size[order] > 1]:
        n, number = filled[0]
        target[several] = number
        heapq.heapreplace(filled, (n + int(size[several]), number))
    return np.where(moved, target[sets], fold)


def _alike(dataset: Dataset, near: np.ndarray | None, n_folds: int) -> Iterator[tuple[np.ndarray, str]]:
    """Yield the sets of copies and of near duplicates that can share a fold, and say how many rows that is.

    In a table of few distinct rows, copies are how it looks; held out together, nothing could be learned of them. Nor
    of near duplicates that would fill a fold.
    """
    n = len(dataset)
    copies = copy_sets(dataset)
    n_copies = n - len(np.unique(copies))
    if 0 < n_copies <= n / 2:
        words = "exact copy shares a fold with its" if n_copies == 1 else "exact copies share a fold with their"
        yield copies, f"{n_copies:,} {words} original"
    if near is None:
        return
    alone = (near < 0) | (np.bincount(near + 1)[near + 1] > n / n_folds)
    sets = np.where(alone, near.max() + 1 + np.arange(n), near)
    n_near = n - n_copies - len(np.unique(_joined([copies, sets])))
    if n_near > 0 and n_near + n_copies <= n / 2:
        words = "near duplicate shares a fold with its" if n_near == 1 else "near duplicates share a fold with their"
        yield sets, f"{n_near:,} {words} like"


def copy_sets(dataset: Dataset) -> np.ndarray:
    """Number the sets of rows whose feature columns, or image files, hold the same, shape (N,); from 0."""
    if dataset.modality == "image":
        # A file that can't be read has no hash, and is like no other.
        alone = np.arange(len(dataset)).astype(str).astype(object)
        return np.asarray(pd.factorize(np.where(dataset.digests == "", alone, dataset.digests))[0], dtype=np.int64)
    if not dataset.feature_columns and dataset.given is not None and dataset.given.features is not None:
        return np.asarray(np.unique(dataset.given.features, axis=0, return_inverse=True)[1], dtype=np.int64)
    sets = np.zeros(len(dataset), dtype=np.int64) if dataset.feature_columns else np.arange(len(dataset))
    for name in dataset.feature_columns:
        shared = np.flatnonzero(np.bincount(sets)[sets] > 1)  # the rows that the columns so far do not tell apart
        if not len(shared):
            break
        codes = pd.factorize(_plain(dataset.table[name].take(pa.array(shared))), use_na_sentinel=False)[0]
        pairs = sets[shared] * (int(codes.max()) + 1) + codes
        sets[shared] = int(sets.max()) + 1 + pd.factorize(pairs)[0]
    return np.asarray(pd.factorize(sets)[0], dtype=np.int64)


def _plain(column: Any) -> np.ndarray:
    """Nested cells can't be hashed; their text can."""
    values = column.to_pandas().to_numpy(dtype=object)
    return np.array([repr(v) if isinstance(v, (list, dict, np.ndarray)) else v for v in values], dtype=object)


def _joined(links: list[np.ndarray]) -> np.ndarray:
    """Number the connected components of rows that share a number in any of the arrays."""
    from scipy.sparse.csgraph import connected_components

    n = len(links[0])
    rows = np.tile(np.arange(n), len(links))
    offsets = np.cumsum([n] + [int(link.max()) + 1 for link in links])
    columns = np.concatenate([link + offset for link, offset in zip(links, offsets, strict=False)])
    size = int(offsets[-1])
    graph = sp.coo_matrix((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1][:n])
