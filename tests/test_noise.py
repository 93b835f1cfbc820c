"""Errors put in on purpose."""

from __future__ import annotations

import made
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.errors import BadInput
from labelaudit.noise import noised, review_curve

LABELS = np.arange(3000) % 3


@given(
    st.lists(st.integers(-1, 4), min_size=2, max_size=200).filter(lambda labels: max(labels) >= 0),
    st.floats(0.01, 0.99),
    st.sampled_from(["uniform", "confusable"]),
    st.integers(0, 2**32 - 1),
)
def test_exact_share_of_labelled_rows_gets_another_class(
    labels: list[int], fraction: float, kind: str, seed: int
) -> None:
    before = np.array(labels)
    joint = made.joint(5, [(0, 1, 30), (2, 1, 3)])
    after, planted = noised(before, 5, fraction, kind, seed, joint)
    labelled = (before >= 0).sum()
    assert planted.sum() == max(1, round(fraction * labelled))
    np.testing.assert_array_equal(planted, after != before)
    assert not planted[before < 0].any()
    assert ((after >= 0) & (after < 5))[planted].all()


def test_same_seed_plants_the_same_errors_and_another_seed_others() -> None:
    one, mask = noised(LABELS, 3, 0.1, "uniform", 7)
    again, _ = noised(LABELS, 3, 0.1, "uniform", 7)
    np.testing.assert_array_equal(one, again)
    assert (mask != noised(LABELS, 3, 0.1, "uniform", 8)[1]).any()
    np.testing.assert_array_equal(np.arange(3000) % 3, LABELS)


def test_uniform_errors_go_to_all_other_classes_alike() -> None:
    after, planted = noised(LABELS, 3, 0.5, "uniform", 0)
    counts = np.zeros((3, 3))
    np.add.at(counts, (LABELS[planted], after[planted]), 1)
    assert (np.diag(counts) == 0).all()
    shares = counts[counts > 0] / counts.sum()
    np.testing.assert_allclose(shares, 1 / 6, atol=0.03)


def test_confusable_errors_follow_the_joint() -> None:
    # Members of class 1 are given as 0, never the other way round; class 2 is confused with nobody.
    after, planted = noised(LABELS, 3, 0.3, "confusable", 0, made.joint(3, [(0, 1, 300)], right=600))
    assert (after[planted & (LABELS == 1)] == 0).mean() > 0.95
    others = after[planted & (LABELS == 2)]
    assert 0.35 < (others == 0).mean() < 0.65


def test_one_labelled_row_is_enough() -> None:
    after, planted = noised(np.array([-1, 1, -1]), 2, 0.01, "uniform", 0)
    assert after.tolist() == [-1, 0, -1]
    assert planted.tolist() == [False, True, False]


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, 15.0])
def test_share_outside_0_to_1_is_refused(fraction: float) -> None:
    with pytest.raises(BadInput, match=r"outside \(0, 1\)"):
        noised(LABELS, 3, fraction, "uniform", 0)


def test_unknown_kind_missing_joint_and_one_class_are_refused() -> None:
    with pytest.raises(BadInput, match="kind 'evil'"):
        noised(LABELS, 3, 0.1, "evil", 0)
    with pytest.raises(BadInput, match="needs an audit"):
        noised(LABELS, 3, 0.1, "confusable", 0)
    with pytest.raises(BadInput, match="one class"):
        noised(np.zeros(5, dtype=int), 1, 0.1, "uniform", 0)


def test_review_curve_counts_what_a_reviewer_finds() -> None:
    curve = review_curve(np.array([0.9, 0.1, 0.5, 0.2]), np.array([True, True, False, False]))
    assert curve["reviewed"].tolist() == [1, 2, 3, 4]
    assert curve["found"].tolist() == [1, 1, 1, 2]
    assert curve["precision"].tolist() == [1, 0.5, 1 / 3, 0.5]
    assert curve["recall"].tolist() == [0.5, 0.5, 0.5, 1]


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=100))
def test_review_curve_never_falls_and_ends_at_recall_1(rows: list[tuple[float, bool]]) -> None:
    score, is_error = np.array([s for s, _ in rows]), np.array([e for _, e in rows])
    curve = review_curve(score, is_error)
    assert curve["recall"].is_monotonic_increasing
    assert curve["recall"].iloc[-1] == (1 if is_error.any() else 0)
    assert curve["precision"].iloc[-1] == is_error.mean()
