"""Features to nearest neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, ClassifierMixin

from labelaudit.cache import Matrix


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
        from sklearn.neighbors import NearestNeighbors

        distance, index = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(others).kneighbors(X)
        squared = distance.astype(np.float32) ** 2
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
