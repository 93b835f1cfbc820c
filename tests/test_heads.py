"""Which heads `auto` takes, and what each can bear."""

from __future__ import annotations

from dataclasses import replace

import made
import numpy as np
import pyarrow as pa
import pytest

from labelaudit.dataset import Dataset
from labelaudit.folds import assign_folds
from labelaudit.heads import HEADS, Size, choose, n_passes, prepare, seconds, words
from labelaudit.predict import out_of_fold

TEXTS = Size("text", rows=5000, classes=4, columns=1, stored=2e5, chars=800_000, numeric=False)
TABLE = Size("tabular", rows=5000, classes=4, columns=12, stored=2e5, chars=0, numeric=False)
EMBEDDING = replace(TABLE, rows=900, columns=64, stored=57_600, numeric=True)


@pytest.mark.parametrize(
    ("size", "heads"),
    [
        (TEXTS, ("linear_sgd", "complement_naive_bayes", "knn")),
        (TABLE, ("logistic_regression", "hist_gradient_boosting", "extra_trees")),
        (replace(TABLE, rows=200, stored=8e3), ("logistic_regression", "extra_trees")),
        (EMBEDDING, ("logistic_regression", "extra_trees", "knn")),
    ],
    ids=["texts", "table", "small table", "embedding"],
)
def test_auto_takes_unlike_heads_by_kind_and_size_and_says_why(size: Size, heads: tuple[str, ...]) -> None:
    chosen, why = choose(size, "auto", 5)
    assert chosen == heads
    assert f"{size.rows:,} rows of {size.classes} classes" in why


@pytest.mark.parametrize("size", [TEXTS, TABLE], ids=["texts", "table"])
def test_auto_leaves_out_what_would_take_long_and_says_so(size: Size) -> None:
    large = replace(size, rows=2_000_000, stored=1e8, chars=size.chars * 400, classes=100)
    heads, why = choose(large, "auto", 5)
    assert heads[0] == "linear_sgd"
    assert "would take" in why
    assert len(heads) < len(choose(size, "auto", 5)[0])


def test_a_second_head_is_worth_a_wait_and_a_third_is_not() -> None:
    large = replace(TABLE, rows=200_000, stored=8e6, classes=6)
    quick = 3 + large.rows / 20_000
    assert all(seconds(head, large, 5) > quick for head in ("hist_gradient_boosting", "extra_trees"))
    heads, why = choose(large, "auto", 5)
    assert heads == ("linear_sgd", "hist_gradient_boosting")
    assert "randomised trees would take" in why


def test_named_head_is_kept_whatever_it_costs() -> None:
    assert choose(replace(TEXTS, rows=10**8), "hist_gradient_boosting", 5) == (
        ("hist_gradient_boosting",),
        "chosen by you",
    )


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("size", [TEXTS, TABLE], ids=["texts", "table"])
def test_more_data_takes_longer(head: str, size: Size) -> None:
    twice = replace(size, rows=2 * size.rows, stored=2 * size.stored, chars=2 * size.chars)
    assert 0 < seconds(head, size, 5) <= seconds(head, twice, 5)
    assert seconds(head, size, 3) < seconds(head, size, 10)


def test_size_of_texts_counts_their_characters() -> None:
    table = pa.table({"a": ["über", None, "x" * 96], "b": ["", "日本", None], "y": ["p", "q", "p"]})
    size = Size.of(Dataset("t", table, ("y",), ("a", "b"), modality="text"))
    assert (size.rows, size.classes, size.chars) == (3, 2, 102)


def test_size_of_a_table_counts_what_its_columns_become() -> None:
    n = 300
    table = pa.table(
        {
            "number": np.arange(n),
            "text of numbers": [str(i) for i in range(n)],
            "colour": ["red", "green", "blue"] * 100,
            "name": [f"name {i}" for i in range(n)],
            "y": ["a", "b"] * 150,
        }
    )
    size = Size.of(Dataset("t", table, ("y",), tuple(table.column_names[:-1])))
    assert (size.columns, size.stored, size.numeric) == (4, n * (1 + 1 + 3 + 30), False)
    assert Size.of(Dataset("t", table, ("y",), ("number", "text of numbers"))).numeric


def test_heads_are_named_as_in_a_sentence() -> None:
    assert words(["knn"]) == "nearest neighbours"
    assert words(["linear_sgd", "extra_trees", "knn"]) == "a linear model, randomised trees and nearest neighbours"


def test_passes_fall_with_the_rows_between_bounds() -> None:
    assert [n_passes(n, sparse=True) for n in (1, 1000, 5000, 10_000, 10**7)] == [20, 20, 10, 5, 3]
    assert [n_passes(n, sparse=False) for n in (1, 1000, 5000, 10_000, 10**7)] == [20, 20, 10, 10, 10]


@pytest.mark.parametrize("model", HEADS)
def test_gaps_and_constant_columns_suit_every_model(model: str) -> None:
    dataset = made.table(n=60)
    X = np.column_stack([dataset.table[c] for c in dataset.feature_columns]).astype(np.float32)
    X[::7, 0] = np.nan
    X = np.column_stack([X, np.full(60, np.nan), np.ones(60)]).astype(np.float32)
    folds = assign_folds(dataset, 3, seed=0)
    pred_probs = out_of_fold(X, dataset.labels, 3, folds, model)
    assert (pred_probs.argmax(axis=1) == dataset.labels).mean() > 0.8


def test_scaled_features_of_naive_bayes_are_never_negative() -> None:
    X = np.random.default_rng(0).normal(1e6, 1e-2, size=(500, 20)).astype(np.float32)
    assert prepare(X, "complement_naive_bayes").min() >= 0
