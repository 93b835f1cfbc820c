"""Confident learning agrees with cleanlab to the bit."""

from __future__ import annotations

from pathlib import Path

import made
import numpy as np
import pyarrow as pa
import pytest
from cleanlab.count import compute_confident_joint, get_confident_thresholds
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

from labelaudit import confident
from labelaudit.confident import FILTERS, SCORES
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.tasks import TASKS, Seen

STORED = ("noise0.2_sparsity0.4", "noise0.4_sparsity0.2")
CLEANLABS = [score for score in SCORES if score != "pairwise_confidence"]  # which is ours
Known = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module", params=["made", *STORED])
def known(request: pytest.FixtureRequest) -> Known:
    """Labels and probabilities: small made ones, and the stored ones whole."""
    if request.param == "made":
        return made.probabilities()
    return stored(request.getfixturevalue("shared_data"), request.param)


def stored(shared_data: Path, name: str) -> Known:
    with np.load(shared_data / "confident_learning" / f"{name}.npz") as file:
        return file["given"].astype(np.int64), file["pred_probs"].astype(np.float32)


@pytest.mark.parametrize("filter_by", FILTERS)
def test_filter_flags_what_cleanlab_flags(known: Known, filter_by: str) -> None:
    labels, pred_probs = known
    ours = confident.label_issues(labels, pred_probs, filter_by)
    assert ours.dtype == bool
    assert 0 < ours.sum() < len(labels)
    np.testing.assert_array_equal(ours, find_label_issues(labels, pred_probs, filter_by=filter_by, n_jobs=1))


@pytest.mark.parametrize("score", CLEANLABS)
def test_score_is_cleanlabs_bit_for_bit(known: Known, score: str) -> None:
    labels, pred_probs = known
    ours = confident.quality_scores(labels, pred_probs, score)
    np.testing.assert_array_equal(ours, get_label_quality_scores(labels, pred_probs, method=score))
    assert ours.min() >= 0
    assert ours.max() <= 1


def test_joint_and_thresholds_are_cleanlabs(known: Known) -> None:
    labels, pred_probs = known
    joint = confident.confident_joint(labels, pred_probs)
    np.testing.assert_array_equal(joint, compute_confident_joint(labels, pred_probs))
    np.testing.assert_array_equal(joint.sum(axis=1), np.bincount(labels))
    ours = confident.thresholds(labels, pred_probs)
    np.testing.assert_array_equal(ours, get_confident_thresholds(labels, pred_probs))


@pytest.mark.parametrize("name", STORED)
def test_issue_table_holds_cleanlabs_flags_and_scores(shared_data: Path, name: str) -> None:
    labels, pred_probs = stored(shared_data, name)
    dataset = Dataset(name, pa.table({"label": labels}), ("label",), ())
    outputs = {"arrays": {"pred_probs": pred_probs}, "fold": np.arange(len(labels)) % 5, "verdicts": {}}
    config = AuditConfig(score="normalized_margin")
    found = TASKS["classification"].find_issues(dataset, dataset.ids, Seen(None), outputs, config)
    np.testing.assert_array_equal(found.issues["is_issue"], find_label_issues(labels, pred_probs, n_jobs=1))
    for score in CLEANLABS:
        expected = get_label_quality_scores(labels, pred_probs, method=score)
        np.testing.assert_array_equal(found.scores[score], expected)
    np.testing.assert_array_equal(found.issues["score"], found.scores["normalized_margin"])
    flagged = found.issues["is_issue"].to_numpy()
    suggested = found.issues["suggested"][flagged].astype(int)
    np.testing.assert_array_equal(suggested, pred_probs.argmax(axis=1)[flagged])


def test_other_best_is_what_a_loop_finds() -> None:
    labels, pred_probs = made.probabilities(n=50)
    before = pred_probs.copy()
    ours = confident.other_best(labels, pred_probs)
    for i, label in enumerate(labels):
        assert ours[i] == max(p for k, p in enumerate(pred_probs[i]) if k != label)
    np.testing.assert_array_equal(pred_probs, before)


def test_normalized_margin_is_half_of_self_confidence_minus_other_best_plus_one(known: Known) -> None:
    labels, pred_probs = known
    self_confidence = confident.quality_scores(labels, pred_probs, "self_confidence")
    np.testing.assert_array_equal(self_confidence, pred_probs[np.arange(len(labels)), labels])
    margin = confident.quality_scores(labels, pred_probs, "normalized_margin")
    expected = (self_confidence - confident.other_best(labels, pred_probs) + 1) / 2
    np.testing.assert_allclose(margin, expected, rtol=0, atol=1e-7)


def test_pairwise_confidence_is_that_of_the_given_class_against_its_strongest_rival(known: Known) -> None:
    labels, pred_probs = known
    ours = confident.quality_scores(labels, pred_probs, "pairwise_confidence")
    own = pred_probs[np.arange(len(labels)), labels]
    np.testing.assert_allclose(ours, own / (own + confident.other_best(labels, pred_probs)), rtol=1e-6)
    likeliest = pred_probs.argmax(axis=1) == labels
    assert ours[likeliest].min() >= 0.5
    assert ours[~likeliest].max() <= 0.5


def test_class_with_one_example_gives_no_warning() -> None:
    labels, pred_probs = made.probabilities(n=60)
    labels = np.where(labels < 3, labels, 0)
    labels[0] = 3
    assert confident.label_issues(labels, pred_probs, "prune_by_noise_rate").shape == (60,)
