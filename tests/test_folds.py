"""Which fold holds out which row."""

from __future__ import annotations

import made
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from labelaudit.audit import AuditConfig, audit
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.folds import assign_folds, copy_sets


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
