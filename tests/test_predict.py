"""Out-of-fold probabilities of one head, and of several pooled."""

from __future__ import annotations

import made
import numpy as np
import pytest
import scipy.sparse as sp

from labelaudit.folds import Folds, assign_folds
from labelaudit.predict import out_of_fold, pool_weights, tempered


def test_class_that_the_training_rows_lack_gets_probability_0() -> None:
    labels = np.array([0, 1] * 10 + [2, 2])
    fold = np.array([0, 0, 1, 1] * 5 + [0, 0])
    X = np.random.default_rng(0).normal(size=(22, 2)).astype(np.float32)
    pred_probs = out_of_fold(X, labels, 3, Folds(fold, 2, ""), "logistic_regression")
    assert (pred_probs[fold == 0, 2] == 0).all()
    assert (pred_probs[fold == 1, 2] > 0).all()


def test_held_out_rows_do_not_touch_their_own_prediction() -> None:
    dataset = made.table(n=60)
    X = np.column_stack([dataset.table[c] for c in dataset.feature_columns]).astype(np.float32)
    folds = assign_folds(dataset, 3, seed=0)
    labels = dataset.labels.copy()
    before = out_of_fold(X, labels, 3, folds, "logistic_regression")
    own = folds.fold == 1
    labels[own] = (labels[own] + 1) % 3
    after = out_of_fold(X, labels, 3, folds, "logistic_regression")
    np.testing.assert_array_equal(before[own], after[own])
    assert (before[~own] != after[~own]).any()


def test_unlabelled_row_gets_the_mean_of_all_folds() -> None:
    dataset = made.relabelled(made.table(n=60), {0: None})
    X = np.column_stack([dataset.table[c] for c in dataset.feature_columns]).astype(np.float32)
    folds = assign_folds(dataset, 3, seed=0)
    pred_probs = out_of_fold(X, dataset.labels, 3, folds, "logistic_regression")
    assert pred_probs[0].sum() == pytest.approx(1)
    assert pred_probs[0].argmax() == 0


def test_rows_that_a_head_says_nothing_about_get_equal_shares() -> None:
    X = sp.csr_matrix(np.zeros((8, 3), dtype=np.float32))
    labels = np.array([0, 1] * 4)
    pred_probs = out_of_fold(X, labels, 2, Folds(np.arange(8) // 4, 2, ""), "complement_naive_bayes")
    np.testing.assert_allclose(pred_probs, 0.5)


# -- several heads as one -----------------------------------------------------------------------------


def drawn(n: int = 20_000, k: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, and labels drawn by them."""
    rng = np.random.default_rng(0)
    pred_probs = rng.dirichlet(np.full(k, 0.5), n)
    return pred_probs, (pred_probs.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)


@pytest.mark.parametrize("too_sure", [0.4, 1.0, 3.0])
def test_temperature_is_found_and_taken_back(too_sure: float) -> None:
    right, labels = drawn()
    claimed = right**too_sure / (right**too_sure).sum(axis=1, keepdims=True)
    calibrated, temperature = tempered(claimed.astype(np.float32), labels)
    assert temperature == pytest.approx(too_sure, rel=0.1)
    np.testing.assert_allclose(calibrated.sum(axis=1), 1, rtol=1e-5)
    assert np.abs(calibrated - right).mean() < 0.02
    np.testing.assert_array_equal(calibrated.argmax(axis=1)[:100], claimed.argmax(axis=1)[:100])


def test_missing_labels_do_not_enter_the_temperature() -> None:
    pred_probs, labels = drawn(2000)
    hidden = labels.copy()
    hidden[::2] = -1
    wrong = labels.copy()
    wrong[::2] = 0
    assert (
        tempered(pred_probs, hidden)[1] == tempered(pred_probs[1::2], labels[1::2])[1] != tempered(pred_probs, wrong)[1]
    )


def test_better_head_weighs_more_and_no_head_is_shut_out() -> None:
    pred_probs, labels = drawn(3000)
    good = pred_probs[np.arange(3000), labels]
    weights = pool_weights(np.column_stack([good, np.full(3000, 0.25), np.full(3000, 0.01)]))
    assert weights.sum() == pytest.approx(1)
    assert weights[0] > weights[1] >= weights[2] >= 1 / 6 - 1e-6


def test_equal_heads_weigh_the_same() -> None:
    of_given = np.tile(np.random.default_rng(0).random((500, 1)), 3)
    np.testing.assert_allclose(pool_weights(of_given), 1 / 3)


def test_of_many_examples_a_drawn_sample_weighs_which_meets_every_label() -> None:
    good, bad = np.full(200_000, 0.9), np.full(200_000, 0.1)
    even = np.arange(200_000) % 2 == 0  # two labels of each example: one head is good at either
    weights = pool_weights(np.column_stack([np.where(even, good, bad), np.where(even, bad, good)]))
    np.testing.assert_allclose(weights, 0.5, atol=0.01)
