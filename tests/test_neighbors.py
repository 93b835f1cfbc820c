"""Nearest neighbours and their vote."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.metrics.pairwise import cosine_similarity, euclidean_distances
from sklearn.preprocessing import normalize

from labelaudit.neighbors import Neighbours, nearest


def sparse(n: int, seed: int) -> sp.csr_matrix:
    return normalize(sp.random(n, 40, density=0.15, random_state=seed, dtype=np.float32, format="csr"))


def test_neighbours_of_sparse_rows_are_those_of_highest_cosine() -> None:
    X, others = sparse(30, 0), sparse(80, 1)
    index, similarity = nearest(X, others, 5)
    cosine = cosine_similarity(X, others)
    np.testing.assert_allclose(similarity, -np.sort(-cosine, axis=1)[:, :5], atol=1e-6)
    np.testing.assert_allclose(np.take_along_axis(cosine, index, axis=1), similarity, atol=1e-6)


def test_row_that_shares_nothing_has_no_neighbours() -> None:
    X = sp.csr_matrix(np.array([[0, 0, 1], [0, 0, 0]], dtype=np.float32))
    others = sp.csr_matrix(np.array([[1, 0, 0], [0, 0, 1]], dtype=np.float32))
    index, similarity = nearest(X, others, 2)
    assert index.tolist() == [[1, -1], [-1, -1]]
    assert similarity.tolist() == [[1, 0], [0, 0]]


def test_neighbours_of_dense_rows_are_the_closest() -> None:
    rng = np.random.default_rng(0)
    X, others = rng.normal(size=(20, 6)).astype(np.float32), rng.normal(size=(50, 6)).astype(np.float32)
    index, similarity = nearest(X, others, 4)
    closest = np.argsort(euclidean_distances(X, others), axis=1)[:, :4]
    np.testing.assert_array_equal(index, closest)
    assert (np.diff(similarity, axis=1) <= 0).all()
    assert similarity.min() > 0
    assert similarity.max() <= 1


@pytest.mark.parametrize("kind", ["sparse", "dense"])
def test_vote_goes_to_the_classes_of_the_neighbours(kind: str) -> None:
    X = np.repeat(np.eye(3, dtype=np.float32), 10, axis=0)
    y = np.repeat([4, 7, 9], 10)
    rows = sp.csr_matrix(X) if kind == "sparse" else X
    fitted = Neighbours(k=5).fit(rows, y)
    votes = fitted.predict_proba(rows[::10])
    assert fitted.classes_.tolist() == [4, 7, 9]
    np.testing.assert_allclose(votes.sum(axis=1), 1)
    assert (np.diag(votes) > 0.8).all()


def test_without_neighbours_the_vote_is_the_class_shares() -> None:
    fitted = Neighbours().fit(sp.csr_matrix(np.eye(4, 5, dtype=np.float32)), np.array([0, 0, 0, 1]))
    unknown = sp.csr_matrix(np.array([[0, 0, 0, 0, 1]], dtype=np.float32))
    np.testing.assert_allclose(fitted.predict_proba(unknown), [[0.75, 0.25]])
