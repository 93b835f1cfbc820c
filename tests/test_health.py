"""Figures about the labels as a whole are cleanlab's."""

from __future__ import annotations

from pathlib import Path

import made
import numpy as np
import pandas as pd
import pytest
from cleanlab.dataset import find_overlapping_classes, health_summary, rank_classes_by_label_quality
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from labelaudit import confident, health

Known = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module", params=["made", "noise0.2_sparsity0.4", "noise0.4_sparsity0.2"])
def known(request: pytest.FixtureRequest) -> Known:
    if request.param == "made":
        return made.probabilities()
    folder: Path = request.getfixturevalue("shared_data") / "confident_learning"
    with np.load(folder / f"{request.param}.npz") as file:
        return file["given"].astype(np.int64), file["pred_probs"].astype(np.float32)


@pytest.fixture(scope="module")
def joint(known: Known) -> np.ndarray:
    return confident.confident_joint(*known)


def test_figures_are_those_of_cleanlabs_health_summary(known: Known, joint: np.ndarray) -> None:
    labels, pred_probs = known
    names = [f"class {k}" for k in range(pred_probs.shape[1])]
    summary = health_summary(labels, pred_probs, verbose=False)
    found = health.overall(labels, pred_probs)
    assert found["overall_label_health_score"] == summary["overall_label_health_score"]
    ranked = summary["classes_by_label_quality"]
    suspects = confident.label_issues(labels, pred_probs, "prune_by_noise_rate")
    table = health.per_class(labels, joint, names, suspects, pred_probs.argmax(axis=1))
    for ours, theirs in {
        "code": "Class Index",
        "label_quality": "Label Quality Score",
        "noise_out": "Label Noise",
        "noise_in": "Inverse Label Noise",
    }.items():
        np.testing.assert_array_equal(table[ours], ranked[theirs])
    pairs = find_overlapping_classes(labels, pred_probs, asymmetric=True)
    pairs = pairs[pairs["Num Overlapping Examples"] > 0]
    overlaps = health.overlaps(joint, names, len(labels))
    np.testing.assert_array_equal(overlaps["share"], pairs["Joint Probability"])
    np.testing.assert_array_equal(overlaps["given_code"], pairs["Class Index A"])
    np.testing.assert_array_equal(overlaps["suggested_code"], pairs["Class Index B"])


def test_class_table_counts_examples_and_suspects(known: Known, joint: np.ndarray) -> None:
    labels, pred_probs = known
    suspects = confident.label_issues(labels, pred_probs, "prune_by_noise_rate")
    suggested = pred_probs.argmax(axis=1)
    names = [f"class {k}" for k in range(pred_probs.shape[1])]
    table = health.per_class(labels, joint, names, suspects, suggested)
    assert sorted(table["code"]) == list(range(len(names)))
    for row in table.itertuples():
        assert row[1] == names[row.code]
        assert row.examples == (labels == row.code).sum()
        assert row.suspects == (suspects & (labels == row.code)).sum()
        assert row.missing == (suspects & (suggested == row.code)).sum()
    order = rank_classes_by_label_quality(labels, pred_probs)["Label Quality Score"]
    assert order.is_monotonic_increasing


def test_interval_holds_the_noise_rate_and_is_reproducible(known: Known) -> None:
    found = health.overall(*known, seed=3)
    assert found == health.overall(*known, seed=3)
    assert found["noise_rate"] == 1 - found["overall_label_health_score"]
    assert 0 <= found["noise_rate_low"] < found["noise_rate"] < found["noise_rate_high"] <= 1


def test_interval_narrows_with_more_examples() -> None:
    few, many = (made.probabilities(n=n) for n in (100, 10_000))
    assert width(many) < width(few) / 3


def width(known: Known) -> float:
    found = health.overall(*known)
    return found["noise_rate_high"] - found["noise_rate_low"]


def test_perfect_labels_are_healthy() -> None:
    labels = np.arange(90) % 3
    found = health.overall(labels, np.eye(3)[labels])
    assert found == {
        "overall_label_health_score": 1,
        "noise_rate": 0,
        "noise_rate_low": 0,
        "noise_rate_high": 0,
    }


COUNTS = st.integers(1, 8).flatmap(lambda k: hnp.arrays(np.int64, (k, k), elements=st.integers(0, 500)))


@given(COUNTS)
def test_noise_matrices_sum_to_1_by_column_and_by_row(counts: np.ndarray) -> None:
    columns = health.noise_matrix(counts).sum(axis=0)
    np.testing.assert_allclose(columns, np.where(counts.sum(axis=0) > 0, 1, 0))
    rows = health.inverse_noise_matrix(counts).sum(axis=1)
    np.testing.assert_allclose(rows, np.where(counts.sum(axis=1) > 0, 1, 0))


@given(COUNTS)
def test_order_of_confusion_is_a_permutation(counts: np.ndarray) -> None:
    assert sorted(health.confused_order(counts)) == list(range(len(counts)))


def test_confused_classes_stand_together_the_most_confused_group_first() -> None:
    order = health.confused_order(
        made.joint(12, [(1, 5, 20), (5, 9, 20), (9, 1, 20), (0, 11, 5), (11, 0, 5)]),
    ).tolist()
    assert set(order[:3]) == {1, 5, 9}
    assert set(order[3:5]) == {0, 11}


def test_two_classes_keep_their_order() -> None:
    assert health.confused_order(made.joint(2, [(0, 1, 5)])).tolist() == [0, 1]


def test_overlaps_leave_out_pairs_that_nobody_confuses() -> None:
    table = health.overlaps(made.joint(4, [(0, 1, 7), (2, 3, 2)]), list("abcd"), 200)
    assert list(zip(table["given"], table["suggested"], strict=True)) == [("a", "b"), ("c", "d")]
    assert isinstance(table, pd.DataFrame)
