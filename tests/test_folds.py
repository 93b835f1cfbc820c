"""Which fold holds out which row."""

from __future__ import annotations

import made
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from labelaudit.audit import audit
from labelaudit.checks import near_duplicate_sets
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.folds import assign_folds, copy_sets
from labelaudit.neighbors import knn_graph
from labelaudit.predict import out_of_fold


def grouped(n_groups: int, n: int = 120, seed: int = 0) -> Dataset:
    groups = np.random.default_rng(seed).permutation(np.arange(n) % n_groups)
    return made.with_column(made.table(n), "group", groups, group_column="group")


def with_copies(n: int, copied: int) -> Dataset:
    return made.table(n).take(np.concatenate([np.arange(n), np.arange(copied)]))


def test_folds_are_even_stratified_and_reproducible() -> None:
    dataset = made.table(n=150)
    folds = assign_folds(dataset, 5, seed=0)
    counts = pd.crosstab(dataset.labels, folds.fold)
    assert (counts == 10).all(axis=None)
    np.testing.assert_array_equal(folds.fold, assign_folds(dataset, 5, seed=0).fold)
    assert (folds.fold != assign_folds(dataset, 5, seed=1).fold).any()
    assert folds.note == ""


def test_every_row_is_held_out_once() -> None:
    held_out = np.array(list(assign_folds(made.table(), 7, seed=0)))
    assert held_out.shape == (7, 120)
    assert (held_out.sum(axis=0) == 1).all()


@pytest.mark.parametrize("n_groups", [5, 6, 8, 13, 60])
@pytest.mark.parametrize("seed", range(4))
def test_no_fold_is_empty_however_few_the_groups(n_groups: int, seed: int) -> None:
    dataset = grouped(n_groups, seed=seed)
    folds = assign_folds(dataset, 5, seed)
    assert (pd.Series(folds.fold).groupby(dataset.groups()).nunique() == 1).all()
    sizes = np.bincount(folds.fold, minlength=5)
    largest = int(np.bincount(dataset.groups()).max())
    assert sizes.min() > 0
    assert sizes.max() - sizes.min() <= largest


def test_few_groups_can_be_audited() -> None:
    audit(grouped(6), AuditConfig(model="knn"))


def test_fewer_groups_than_folds_is_refused() -> None:
    with pytest.raises(BadInput, match="'group' has 4 groups, fewer than the 5 folds"):
        assign_folds(grouped(4), 5, seed=0)


def test_groups_joined_by_copies_to_fewer_sets_than_folds_are_refused() -> None:
    dataset = made.table(n=6)
    linked = dataset.take(np.array([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4]))
    linked = made.with_column(linked, "group", [0, 1, 2, 3, 4, 4, 1, 2, 3, 4, 0], group_column="group")
    with pytest.raises(BadInput, match="make 1 sets"):
        assign_folds(linked, 5, seed=0)


def test_rows_without_a_group_are_one_group() -> None:
    groups = [None, None, None] + [str(i) for i in range(117)]
    dataset = made.with_column(made.table(), "group", groups, group_column="group")
    assert len(set(assign_folds(dataset, 5, seed=0).fold[:3])) == 1


def test_only_copies_are_moved() -> None:
    dataset = with_copies(100, 20)
    moved = assign_folds(dataset, 5, seed=0)
    copies = copy_sets(dataset)
    assert (pd.Series(moved.fold).groupby(copies).nunique() == 1).all()
    assert moved.note == "20 exact copies share a fold with their original"
    plain = assign_folds(made.with_column(dataset, "key", range(120), feature_columns=("key",)), 5, seed=0)
    np.testing.assert_array_equal(moved.fold[20:100], plain.fold[20:100])


def test_copies_are_dealt_so_that_folds_stay_stratified() -> None:
    dataset = with_copies(150, 75)
    counts = pd.crosstab(dataset.labels, assign_folds(dataset, 5, seed=0).fold)
    assert counts.min(axis=None) >= 10
    assert counts.max(axis=None) <= 20


def test_table_of_few_distinct_rows_is_dealt_as_usual() -> None:
    table = pa.table({"x": [1, 2, 3, 4] * 30, "label": ["a", "b"] * 60})
    dataset = Dataset("few", table, ("label",), ("x",))
    assert assign_folds(dataset, 5, seed=0).note == ""


def test_copies_are_equal_in_every_feature_gaps_and_lists_included() -> None:
    table = pa.table({"a": [1, 1, None, None, 1], "b": [[1], [1], [2], [2], [3]], "y": list("abcde")})
    sets = copy_sets(Dataset("t", table, ("y",), ("a", "b")))
    assert sets.tolist() == [0, 0, 1, 1, 2]


def test_without_feature_columns_nothing_is_a_copy() -> None:
    assert copy_sets(Dataset("t", pa.table({"y": ["a", "a"]}), ("y",), ())).tolist() == [0, 1]


# -- near duplicates ------------------------------------------------------------------------------------


def test_near_duplicates_share_a_fold_and_are_counted_beside_copies() -> None:
    dataset = with_copies(100, 20)
    near = np.full(120, -1)
    near[[0, 100]], near[[50, 51, 52]] = 0, 1
    folds = assign_folds(dataset, 5, 0, near)
    assert len(set(folds.fold[50:53])) == 1
    assert folds.note == (
        "20 exact copies share a fold with their original; 2 near duplicates share a fold with their like"
    )
    np.testing.assert_array_equal(folds.fold[53:100], assign_folds(dataset, 5, 0).fold[53:100])


def test_sets_that_would_fill_a_fold_are_dealt_as_usual() -> None:
    dataset = made.table(100)
    near = np.full(100, -1)
    near[:30] = 0
    assert assign_folds(dataset, 5, 0, near).note == ""
    near[30:33] = 1
    folds = assign_folds(dataset, 5, 0, near)
    assert folds.note == "2 near duplicates share a fold with their like"
    assert len(set(folds.fold[:30])) == 5
    assert len(set(folds.fold[30:33])) == 1


def test_no_near_duplicates_change_nothing() -> None:
    dataset = made.table(100)
    np.testing.assert_array_equal(assign_folds(dataset, 5, 0).fold, assign_folds(dataset, 5, 0, np.full(100, -1)).fold)


def test_errors_that_near_duplicates_hide_are_found_when_they_share_a_fold() -> None:
    """Three edits of each of some examples carry the same wrong label: a model that saw one of them repeats it."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 400)
    X = (1.2 * rng.normal(size=(4, 60))[labels] + 2 * rng.normal(size=(400, 60))).astype(np.float32)
    wrong = np.arange(40)
    edits = [X[wrong] + 0.05 * rng.normal(size=(40, 60)).astype(np.float32) for _ in range(3)]
    X = np.concatenate([X, *edits])
    true = np.concatenate([labels, *[labels[wrong]] * 3])
    given = true.copy()
    is_wrong = np.concatenate([np.arange(400) < 40, np.ones(120, dtype=bool)])
    given[is_wrong] = (true[is_wrong] + 1) % 4
    columns = {f"x{j}": X[:, j] for j in range(60)}
    dataset = Dataset("edits", pa.table({**columns, "y": given}), ("y",), tuple(columns))

    near = near_duplicate_sets(knn_graph(X), copy_sets(dataset), dataset)
    assert near.max() == 39
    found = []
    for sets in (None, near):
        folds = assign_folds(dataset, 5, 0, sets)
        pred_probs = out_of_fold(X, dataset.labels, 4, folds, "extra_trees")
        found.append(float((pred_probs.argmax(axis=1) != dataset.labels)[is_wrong].mean()))
    without, with_sets = found
    assert without < 0.2
    assert with_sets > 0.7
