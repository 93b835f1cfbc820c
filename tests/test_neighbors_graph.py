"""The graph of neighbours, against brute force."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_distances, euclidean_distances
from sklearn.preprocessing import normalize

import labelaudit.neighbors
from labelaudit.neighbors import Graph, knn_graph


def brute(X: np.ndarray, k: int, metric: str) -> np.ndarray:
    """The distances to the k nearest others, ascending."""
    X = X.astype(np.float64)
    distance = cosine_distances(X) if metric == "cosine" else euclidean_distances(X)
    np.fill_diagonal(distance, np.inf)
    return np.sort(distance, axis=1)[:, :k]


def check_form(graph: Graph, n: int, k: int) -> None:
    assert graph.index.shape == graph.distance.shape == (n, k)
    assert graph.index.dtype == np.int32
    assert graph.distance.dtype == np.float32
    assert not (graph.index == np.arange(n)[:, None]).any()
    ordered = np.sort(graph.index, axis=1)
    assert ((np.diff(ordered, axis=1) > 0) | (ordered[:, 1:] == -1)).all(), "a neighbour is named twice"
    assert (graph.distance[:, 1:] >= graph.distance[:, :-1]).all()
    assert ((graph.index < 0) == np.isinf(graph.distance)).all()


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(2, 60), d=st.integers(1, 9), k=st.integers(1, 20), copies=st.integers(0, 40), seed=st.integers(0, 99)
)
def test_distances_are_those_of_brute_force(n: int, d: int, k: int, copies: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)).astype(np.float32)
    X[rng.integers(0, n, copies)] = X[0]
    graph = knn_graph(X, k)
    check_form(graph, n, k)
    assert graph.metric == ("cosine" if d > 3 else "euclidean")
    assert graph.recall == 1
    found = min(k, n - 1)
    np.testing.assert_allclose(graph.distance[:, :found], brute(X, found, graph.metric), atol=2e-6)
    assert (graph.index[:, found:] == -1).all()


def test_copies_of_a_row_are_at_distance_0_however_many_there_are() -> None:
    X = np.random.default_rng(0).normal(size=(80, 5)).astype(np.float32)
    X[20:70] = X[20]
    graph = knn_graph(X, 10)
    check_form(graph, 80, 10)
    assert (graph.distance[20:70] == 0).all()
    assert ((graph.index[20:70] >= 20) & (graph.index[20:70] < 70)).all()


def test_copies_of_a_sparse_row_are_at_distance_0() -> None:
    X = sp.random(60, 40, density=0.3, random_state=1, dtype=np.float32, format="csr")
    X = normalize(sp.vstack([X, X[:20]], format="csr"))
    graph = knn_graph(X, 5)
    check_form(graph, 80, 5)
    assert (graph.distance[:20, 0] == 0).all()
    assert graph.index[:20, 0].tolist() == list(range(60, 80))
    np.testing.assert_allclose(graph.distance, brute(X.toarray(), 5, "cosine"), atol=1e-5)


def test_empty_sparse_rows_have_no_neighbours_and_are_none() -> None:
    X = sp.csr_matrix(np.eye(5, 4, dtype=np.float32)[[0, 0, 1, 4, 4]])
    graph = knn_graph(X, 3)
    check_form(graph, 5, 3)
    assert graph.index[:2, 0].tolist() == [1, 0]
    assert (graph.index[2:] == -1).all()


@pytest.mark.parametrize("n", [1, 2])
def test_one_row_has_no_neighbour_and_two_have_each_other(n: int) -> None:
    graph = knn_graph(np.eye(n, 6, dtype=np.float32), 4)
    check_form(graph, n, 4)
    assert graph.index[:, 0].tolist() == [[-1], [1, 0]][n - 1]


def test_gaps_count_as_the_median() -> None:
    X = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32)
    filled = X.copy()
    X[3, 2] = np.nan
    filled[3, 2] = np.nanmedian(X[:, 2])
    np.testing.assert_array_equal(knn_graph(X, 5).index, knn_graph(filled, 5).index)
    X[:, 4] = np.nan
    assert np.isfinite(knn_graph(X, 5).distance).all()


def test_columns_of_a_table_count_alike_whatever_their_units() -> None:
    X = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
    table = knn_graph(X, 5, embedding=False)
    in_other_units = knn_graph(X * [1, 1000, 1e-3, 7, 1] + 3, 5, embedding=False)
    assert table.metric == "euclidean"
    np.testing.assert_array_equal(table.index, in_other_units.index)


def test_distances_far_from_the_origin_are_exact() -> None:
    X = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32) + np.float32(1000)
    np.testing.assert_allclose(knn_graph(X, 5).distance, brute(X, 5, "euclidean"), rtol=1e-3)


@pytest.mark.parametrize("d", [2, 12])
def test_approximate_search_says_how_much_it_finds(d: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    X = (5 * rng.normal(size=(20, d))[rng.integers(0, 20, 3000)] + rng.normal(size=(3000, d))).astype(np.float32)
    exact = knn_graph(X, 10)
    monkeypatch.setattr(labelaudit.neighbors, "EXACT_WORK", 0)
    found, again = knn_graph(X, 10, seed=3), knn_graph(X, 10, seed=3)
    check_form(found, 3000, 10)
    same = np.mean([np.isin(a, b).mean() for a, b in zip(exact.index, found.index, strict=True)])
    assert labelaudit.neighbors.WANTED_RECALL <= found.recall <= 1
    assert same == pytest.approx(found.recall, abs=0.03)
    np.testing.assert_array_equal(found.index, again.index)
    assert found.recall == again.recall


def test_approximate_search_of_texts_says_how_much_it_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = np.linspace(0.9, 0.01, 300) ** 2
    words = (np.random.default_rng(0).random((400, 300)) < weights) * (1.01 - weights)
    X = sp.csr_matrix(normalize(np.vstack([words, words[:5]])), dtype=np.float32)
    exact = knn_graph(X, 8)
    monkeypatch.setattr(labelaudit.neighbors, "EXACT_SHARED", 2e6)
    found = knn_graph(X, 8)
    check_form(found, 405, 8)
    assert exact.recall == 1
    assert 0.3 < found.recall < 1
    assert found.index[400:, 0].tolist() == [0, 1, 2, 3, 4]
    assert (found.distance[400:, 0] == 0).all()
    distances = cosine_distances(X.toarray())
    row, place = np.nonzero(found.index >= 0)
    np.testing.assert_allclose(found.distance[row, place], distances[row, found.index[row, place]], atol=1e-5)
