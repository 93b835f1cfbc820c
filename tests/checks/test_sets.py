"""Sets of near duplicates."""

from __future__ import annotations

import made
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelaudit.checks.sets import NEAR, near_duplicate_sets, near_sets, usual_distance
from labelaudit.dataset import Dataset
from labelaudit.neighbors import Graph, knn_graph

TABLE = made.table(n=3)


def on_a_line(places: list[float], k: int = 15) -> Graph:
    """Examples at these places, as a graph."""
    return knn_graph(np.array(places, dtype=np.float32)[:, None], k)


def sets_of(places: list[float], copies: list[int] | None = None) -> list[int]:
    numbers = np.arange(len(places)) if copies is None else np.array(copies)
    return near_duplicate_sets(on_a_line(places), numbers, TABLE).tolist()


FAR = [100.0, 110.0, 120.0, 130.0, 140.0, 150.0, 160.0, 170.0, 180.0]  # so that 10 is the usual distance


def test_members_of_a_set_are_near_its_middle_and_chains_are_cut() -> None:
    assert sets_of([0, 1, 2, *FAR])[:3] == [0, 0, 0]
    assert sets_of([0, 1.2, 2.4, 3.6, *FAR])[:4] == [0, 0, 1, 1]
    assert sets_of(FAR) == [-1] * 9


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 60), st.floats(0.2, 30), st.integers(0, 99))
def test_who_is_near_another_is_in_one_set_and_near_its_middle(n: int, width: float, seed: int) -> None:
    places = np.random.default_rng(seed).uniform(0, width, n).astype(np.float32)
    graph = on_a_line([*places, *FAR])
    number, limit = near_duplicate_sets(graph, np.arange(n + 9), TABLE), NEAR * usual_distance(graph, np.arange(n + 9))
    assert ((number >= 0) == (graph.distance[:, 0] < limit)).all()
    x = np.array([*places, *FAR])
    for members in (x[number == s] for s in range(number.max() + 1)):
        apart = np.abs(members[:, None] - members[None])
        assert len(members) > 1
        assert (apart <= limit * 1.001).all(axis=1).any(), "no member is near all the others"
    sizes = np.bincount(number[number >= 0])
    assert (np.diff(sizes) <= 0).all(), "the largest set comes first"


def test_two_examples_are_enough() -> None:
    assert near_duplicate_sets(None, np.array([0, 0]), TABLE).tolist() == [0, 0]
    X = np.array([[1, 2, 3, 4], [1, 2, 3, 4.01]], dtype=np.float32)
    assert near_duplicate_sets(knn_graph(X), np.arange(2), TABLE).tolist() == [0, 0]
    X = np.array([[1, 2, 3, 4], [4, 3, 2, 1]], dtype=np.float32)
    assert near_duplicate_sets(knn_graph(X), np.arange(2), TABLE).tolist() == [-1, -1]


def test_copies_are_a_set_even_where_features_differ() -> None:
    assert sets_of(FAR, copies=[0, 1, 2, 3, 4, 5, 6, 7, 0]) == [0, -1, -1, -1, -1, -1, -1, -1, 0]


def test_near_copies_of_one_of_many_copies_join_their_set() -> None:
    assert sets_of([0, 0, 1, *FAR], copies=[0, 0, *range(1, 11)])[:3] == [0, 0, 0]


def test_data_that_are_mostly_copies_keep_a_usual_distance() -> None:
    X = np.random.default_rng(0).normal(size=(60, 6)).astype(np.float32)
    X = np.concatenate([X, X, X + np.float32(0.001)])
    copies = np.concatenate([np.arange(60), np.arange(60), np.arange(60, 120)])
    number = near_duplicate_sets(knn_graph(X), copies, TABLE)
    assert number.max() == 59
    assert (number[:60] == number[60:120]).all()
    assert (number[:60] == number[120:]).all()


def test_all_rows_alike_are_one_set() -> None:
    X = np.ones((40, 5), dtype=np.float32)
    assert set(near_duplicate_sets(knn_graph(X), np.arange(40), TABLE)) == {0}


def test_brought_neighbours_without_distances_show_no_near_duplicates() -> None:
    index = np.array([[1, 2], [0, 2], [0, 1]], dtype=np.int32)
    graph = Graph(index, np.tile(np.float32([1, 2]), (3, 1)), "euclidean", 1.0)
    assert near_duplicate_sets(graph, np.arange(3), TABLE).tolist() == [-1, -1, -1]


def test_texts_that_differ_in_a_rare_word_are_not_near() -> None:
    texts = ["what does a b mean", "what does c d mean", "what does a b mean ?", "now", "then"]
    dataset = Dataset("t", pa.table({"text": texts, "y": list("abcde")}), ("y",), ("text",), modality="text")
    graph = knn_graph(np.array([[1, 0, 0, 1], [1, 0, 0, 1], [1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]], np.float32))
    assert near_duplicate_sets(graph, np.arange(5), dataset).tolist() == [0, -1, 0, -1, -1]


@pytest.mark.parametrize(("modality", "found"), [("tabular", False), ("image", True)])
def test_an_image_that_was_moved_by_a_pixel_is_near(modality: str, found: bool) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 50)).astype(np.float32)
    X[0] = X[1] + 0.55 * rng.normal(size=50)  # at a fourth of the usual distance
    graph = knn_graph(X)
    dataset = Dataset("t", pa.table({"y": ["a", "b"]}), ("y",), ())
    object.__setattr__(dataset, "modality", modality)
    assert NEAR < graph.distance[0, 0] / near_sets(graph, np.arange(200), dataset).usual < 0.35
    assert (near_duplicate_sets(graph, np.arange(200), dataset)[:2] == 0).all() == found
