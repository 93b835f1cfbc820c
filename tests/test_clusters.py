"""Suspects that belong together."""

from __future__ import annotations

from dataclasses import replace

import made
import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp

from labelaudit.cache import Matrix
from labelaudit.clusters import MAX_SUSPECTS_PER_PAIR, MIN_SIZE, common_trait, suspect_clusters


def blobs(sizes: tuple[int, ...], d: int = 6, seed: int = 0) -> np.ndarray:
    """Rows in tight groups, each in a direction of its own."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(len(sizes)), sizes)
    return np.eye(d)[groups] * 10 + rng.normal(0, 0.1, size=(len(groups), d))


def clustered(features: Matrix, given: np.ndarray, suggested: np.ndarray, suspects: np.ndarray) -> np.ndarray:
    return suspect_clusters(features, given, suggested, suspects, np.linspace(0, 1, len(given)))


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix])
def test_close_suspects_of_a_pair_are_one_cluster_the_largest_first(form: type) -> None:
    sizes = (10, 20)
    given, suggested = np.zeros(30, dtype=int), np.ones(30, dtype=int)
    clusters = clustered(form(blobs(sizes)), given, suggested, np.ones(30, dtype=bool))
    assert (clusters[10:] == 0).mean() > 0.9
    assert (clusters[:10] == 1).mean() > 0.9


def test_clusters_never_mix_pairs_nor_hold_the_unsuspected() -> None:
    rng = np.random.default_rng(1)
    given, suggested = rng.integers(0, 3, 200), rng.integers(0, 3, 200)
    suspects = rng.random(200) < 0.7
    clusters = clustered(blobs((100, 60, 40)), given, suggested, suspects)
    assert (clusters[~suspects] == -1).all()
    numbers = range(clusters.max() + 1)
    sizes = [(clusters == number).sum() for number in numbers]
    assert sizes == sorted(sizes, reverse=True)
    assert min(sizes) >= MIN_SIZE
    for number in numbers:
        members = clusters == number
        assert len(set(zip(given[members], suggested[members], strict=True))) == 1


@pytest.mark.parametrize("n", [0, 1, MIN_SIZE - 1])
def test_fewer_suspects_than_a_cluster_needs_are_none(n: int) -> None:
    suspects = np.arange(20) < n
    clusters = clustered(blobs((20,)), np.zeros(20, dtype=int), np.ones(20, dtype=int), suspects)
    assert (clusters == -1).all()


def test_gaps_and_equal_rows_are_borne() -> None:
    features = np.full((12, 3), np.nan)
    features[:, 0] = 1
    clusters = clustered(features, np.zeros(12, dtype=int), np.ones(12, dtype=int), np.ones(12, dtype=bool))
    assert clusters.shape == (12,)


def test_only_the_lowest_scores_of_a_huge_pair_are_compared() -> None:
    n = MAX_SUSPECTS_PER_PAIR + 500
    given, suggested = np.zeros(n, dtype=int), np.ones(n, dtype=int)
    features = np.random.default_rng(0).normal(size=(n, 2))
    clusters = clustered(features, given, suggested, np.ones(n, dtype=bool))
    assert (clusters[MAX_SUSPECTS_PER_PAIR:] == -1).all()


def test_same_suspects_give_the_same_clusters() -> None:
    features = sp.random(300, 500, density=0.05, format="csr", random_state=0)
    given, suggested = np.zeros(300, dtype=int), np.ones(300, dtype=int)
    one, again = (clustered(features, given, suggested, np.ones(300, dtype=bool)) for _ in range(2))
    np.testing.assert_array_equal(one, again)


def test_a_cluster_has_the_word_that_its_texts_share_and_others_lack() -> None:
    dataset = made.texts(90, 3)
    values = [f"{text} Refund" if row < 20 else text for row, text in enumerate(dataset.texts())]
    told = replace(dataset, table=dataset.table.set_column(0, "text", pa.array(values)))
    members, others = np.arange(20), np.arange(20, 90)
    assert common_trait(told, members, others) == "refund"
    assert common_trait(told, others, members) == ""


def test_a_cluster_of_rows_has_the_cell_that_they_share() -> None:
    dataset = made.with_column(made.table(60), "place", ["north" if row < 12 else "south" for row in range(60)])
    dataset = replace(dataset, feature_columns=(*dataset.feature_columns, "place"))
    assert common_trait(dataset, np.arange(12), np.arange(12, 60)) == "place north"


def test_a_cluster_of_one_label_is_named_by_it_and_by_another_that_its_members_have() -> None:
    whole = made.several(60)
    bits = np.zeros((60, 4), dtype=bool)
    bits[:12, :2] = True  # label a, too much, stands beside label b
    bits[12:, 2] = True
    dataset = whole.with_labels(bits.ravel().tolist())
    members, others = np.arange(12), np.arange(12, 60)
    assert common_trait(dataset, members, others, "c:label a") == "label label b"
    assert common_trait(dataset, members, others, "c:label b") == "label label a"
