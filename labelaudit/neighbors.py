"""Features to nearest neighbours."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, ClassifierMixin

from labelaudit.cache import Cache, Matrix, key
from labelaudit.heads import EXACT_WORK, OF_A_PAIR

VERSION = 2  # part of the cache key: raise it when the neighbours change
Metric = Literal["cosine", "euclidean"]

HIGH_DIMENSION = 3  # an embedding of more columns than these is compared by angle, as cleanlab does
EXACT_SHARED = 3e10  # words that two texts share, over all pairs, in an exact search of sparse rows of such a time
WANTED_RECALL = 0.95
JUDGED = 500  # rows by which the recall is measured
CLOSE = 1e-3  # distances below this, of rows of length one, are computed again without cancellation
BLOCK = 4096  # rows


@dataclass(frozen=True)
class Graph:
    """The nearest neighbours of every row, the row itself left out.

    Parameters
    ----------
    index : ndarray of shape (N, k), int32
        Nearest first; -1 where there are fewer.
    distance : ndarray of shape (N, k), float32
        Ascending; inf where `index` is -1.
    metric : str
        ``cosine``: 1 minus the cosine, from 0 to 2; or ``euclidean``.
    recall : float
        1 where exact, else the share of the true neighbours that were found for a sample of rows.
    """

    index: np.ndarray
    distance: np.ndarray
    metric: Metric
    recall: float


def knn_graph(X: Matrix, k: int = 15, seed: int = 0, *, embedding: bool = True) -> Graph:
    """Find the `k` nearest other rows of every row.

    An embedding is compared by angle, the choice of cleanlab's Datalab for more than three columns. The columns of a
    table are standardised and compared by Euclidean distance: on five of six tables of ADBench that finds the
    anomalies better than the angle does, on four by far. The search is exact while that takes about half a minute
    at the most; beyond, rows are searched in the nearest of many cells (faiss's inverted lists), in so many that most
    neighbours of a sample of rows are found; texts without their most frequent words.

    Parameters
    ----------
    X : csr_matrix or ndarray of shape (N, d)
        Sparse rows have length one. NaN counts as the column's median.
    k : int
    seed : int
        Of the cells and the sample.
    embedding : bool
        Whether dense columns are one embedding, and not columns of a table, which are standardised first.

    Returns
    -------
    Graph
        A copy of a row is at distance 0, and sparse rows that share nothing are no neighbours.
    """
    wanted, n = k, X.shape[0]
    k = min(k, n - 1)
    if k < 1:
        return Graph(np.full((n, wanted), -1, np.int32), np.full((n, wanted), np.inf, np.float32), "cosine", 1.0)
    recall = 1.0
    metric: Metric = "cosine"
    if not isinstance(X, np.ndarray):
        index, distance, recall = _search_sparse(X, k + 1, seed)
    else:
        X, metric = _comparable(X, embedding)
        if float(n) * n * (X.shape[1] + OF_A_PAIR) <= EXACT_WORK:
            index, distance = _search(X, X, k + 1, metric)
        else:
            index, distance, recall = _search_cells(X, k + 1, metric, seed)
    distance = np.where(index < 0, np.inf, distance).astype(np.float32)
    _measure_again(X, index, distance, metric, everywhere=metric == "euclidean" or (sp.issparse(X) and recall < 1))
    index, distance = _without_itself(index, distance)
    if metric == "euclidean":
        distance = np.sqrt(distance)
    padding = ((0, 0), (0, wanted - k))
    return Graph(
        np.pad(index, padding, constant_values=-1).astype(np.int32),
        np.pad(distance, padding, constant_values=np.inf).astype(np.float32),
        metric,
        recall,
    )


def cached_graph(X: Matrix, cache: Cache, *, embedding: bool) -> Graph:
    """Find the neighbours once for the same features, whatever the labels and the model; see `knn_graph`."""
    parts = (X,) if isinstance(X, np.ndarray) else (X.data, X.indices, X.indptr)
    hashed = sha256()
    for part in parts:
        hashed.update(np.ascontiguousarray(part).data)
    name = key(features=hashed.hexdigest(), shape=X.shape, embedding=embedding, version=VERSION)
    found = functools.cache(lambda: knn_graph(X, embedding=embedding))
    index = cache.matrix(f"neighbours-{name}", lambda: found().index)
    distance = cache.matrix(f"distances-{name}", lambda: found().distance)
    how = cache.matrix(f"search-{name}", lambda: np.array([found().metric == "cosine", found().recall]))
    return Graph(np.asarray(index), np.asarray(distance), "cosine" if how[0] else "euclidean", float(how[1]))


def _comparable(X: np.ndarray, embedding: bool) -> tuple[np.ndarray, Metric]:
    """Fill gaps and scale, so that a distance means something: unit rows by angle, else columns around 0."""
    from labelaudit.heads import prepare

    if not embedding:
        X = prepare(X, "knn")
    X = np.array(X, dtype=np.float32, order="C")
    if np.isnan(X).any():
        from sklearn.impute import SimpleImputer

        X = SimpleImputer(strategy="median", keep_empty_features=True).fit_transform(X)
    if not embedding or X.shape[1] <= HIGH_DIMENSION:
        return X - X.mean(axis=0), "euclidean"
    length = np.linalg.norm(X, axis=1, keepdims=True)
    return np.divide(X, length, out=np.zeros_like(X), where=length > 0), "cosine"


def _search(X: np.ndarray, others: np.ndarray, k: int, metric: Metric) -> tuple[np.ndarray, np.ndarray]:
    """Search exactly; the distances are 1 minus the cosine, or squared."""
    import faiss

    kind = faiss.METRIC_INNER_PRODUCT if metric == "cosine" else faiss.METRIC_L2
    found, index = faiss.knn(X, others, k, metric=kind)
    return index, 1 - found if metric == "cosine" else found


def _search_sparse(X: sp.csr_matrix, k: int, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Search by angle; where that would take long, without the most frequent words, which weigh least."""
    counts = np.bincount(X.indices, minlength=X.shape[1])
    order = np.argsort(counts, kind="stable")
    kept = order[np.cumsum(counts[order].astype(np.float64) ** 2) <= EXACT_SHARED]
    if len(kept) == X.shape[1]:
        index, similarity = nearest(X, X, k)
        return index, 1 - similarity, 1.0
    rare = sp.csr_matrix(X[:, np.sort(kept)])
    index, similarity = nearest(rare, rare, k)
    sample = np.sort(np.random.default_rng(seed).choice(len(index), min(len(index), JUDGED), replace=False))
    return index, 1 - similarity, _recall(nearest(X[sample], X, k)[0], index[sample])


def _recall(true: np.ndarray, found: np.ndarray) -> float:
    """The share of the true neighbours that were found."""
    hits = [np.isin(t[t >= 0], f).sum() for t, f in zip(true, found, strict=True)]
    return float(sum(hits) / max((true >= 0).sum(), 1))


def _search_cells(X: np.ndarray, k: int, metric: Metric, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Search the nearest cells of every row; twice as many until the recall is as wanted."""
    import faiss

    n, d = X.shape
    kind = faiss.METRIC_INNER_PRODUCT if metric == "cosine" else faiss.METRIC_L2
    n_cells = int(4 * np.sqrt(n))
    cells = faiss.IndexIVFFlat(faiss.IndexFlat(d, kind), d, n_cells, kind)
    cells.cp.seed, cells.cp.max_points_per_centroid = seed, 64
    cells.train(X)
    cells.add(X)
    sample = np.sort(np.random.default_rng(seed).choice(n, min(n, JUDGED), replace=False))
    true, _ = _search(X[sample], X, k, metric)
    cells.nprobe, recall = 8, 0.0
    while recall < WANTED_RECALL and cells.nprobe < n_cells:
        cells.nprobe = min(2 * cells.nprobe, n_cells)
        found = cells.search(X[sample], k)[1]
        recall = _recall(true, found)
    distance, index = cells.search(X, k)
    return index, 1 - distance if metric == "cosine" else distance, recall


def _measure_again(X: Matrix, index: np.ndarray, distance: np.ndarray, metric: Metric, *, everywhere: bool) -> None:
    """Put exact distances in place of those that suffer from cancellation, near 0, where copies are; or of all."""
    limit = np.inf if everywhere else CLOSE
    row, place = np.nonzero((distance < limit) & (index >= 0))
    half = 0.5 if metric == "cosine" else 1
    stored = X.shape[1] if isinstance(X, np.ndarray) else X.nnz // X.shape[0] + 1
    step = max(1, BLOCK * BLOCK // stored)
    for start in range(0, len(row), step):
        rows, places = row[start : start + step], place[start : start + step]
        difference = X[rows] - X[index[rows, places]]
        if isinstance(difference, np.ndarray):
            squared = np.einsum("ij,ij->i", difference, difference)
        else:
            squared = np.asarray(difference.multiply(difference).sum(axis=1)).ravel()
        distance[rows, places] = half * squared


def _without_itself(index: np.ndarray, distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sort by distance, ties by row, and drop each row from its own neighbours, or the last one where it is not there.

    Among many copies of a row, the row itself may not be one of those that were found.
    """
    own = index == np.arange(len(index))[:, None]
    own[~own.any(axis=1), -1] = True
    order = np.lexsort((index, distance, own), axis=1)[:, :-1]
    return np.take_along_axis(index, order, axis=1), np.take_along_axis(distance, order, axis=1)


def nearest(X: Matrix, others: Matrix, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the `k` nearest of `others` for every row: by cosine for sparse rows, else by Euclidean distance.

    Parameters
    ----------
    X, others : csr_matrix or ndarray of shapes (N, d) and (M, d)
        Sparse rows have length one.
    k : int
        At most M.

    Returns
    -------
    index : ndarray of shape (N, k), int
        Nearest first; -1 where fewer than `k` rows share anything with a sparse row.
    similarity : ndarray of shape (N, k), float32
        From 0 to 1: the cosine, or 1 / (1 + squared distance / its median).
    """
    if isinstance(X, np.ndarray):
        index, squared = _search(X, others, k, "euclidean")
        usual = float(np.median(squared)) or 1.0
        return index, 1 / (1 + squared / usual)
    from sparse_dot_topn import sp_matmul_topn

    # Only the products that are not zero are computed, in C++: several times faster than all pairs.
    products = sp_matmul_topn(X, sp.csr_matrix(others.T), top_n=k, sort=True, n_threads=_threads())
    row = np.repeat(np.arange(X.shape[0]), np.diff(products.indptr))
    place = np.arange(products.nnz) - products.indptr[row]
    index = np.full((X.shape[0], k), -1, dtype=np.int64)
    similarity = np.zeros((X.shape[0], k), dtype=np.float32)
    index[row, place] = products.indices
    similarity[row, place] = products.data
    return index, similarity


def _threads() -> int:
    from joblib import cpu_count

    return int(cpu_count())  # what the process may use, not what the machine has


class Neighbours(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Vote of the `k` nearest training rows, weighed by similarity, with the class shares as one more vote.

    Parameters
    ----------
    k : int
    """

    def __init__(self, k: int = 20) -> None:
        self.k = k

    def fit(self, X: Matrix, y: np.ndarray) -> Any:
        """Keep the rows, shape (N, d), and their labels, shape (N,)."""
        self.classes_, self.codes_ = np.unique(y, return_inverse=True)
        self.rows_ = X
        return self

    def predict_proba(self, X: Matrix) -> np.ndarray:
        """Return the shares of the votes, shape (N, K)."""
        index, similarity = nearest(X, self.rows_, min(self.k, len(self.codes_)))
        n_classes = len(self.classes_)
        shares = np.bincount(self.codes_, minlength=n_classes) / len(self.codes_)
        votes = np.tile(shares * 1e-3, (X.shape[0], 1))  # says something where no neighbour does
        votes += shares * similarity.mean(axis=1, keepdims=True)
        row = np.repeat(np.arange(X.shape[0]), index.shape[1])
        known = index.ravel() >= 0
        np.add.at(votes, (row[known], self.codes_[index.ravel()[known]]), similarity.ravel()[known])
        return np.asarray(votes / votes.sum(axis=1, keepdims=True))
