"""Several labels per example: what is missing and what is too much, against cleanlab and scikit-learn."""

from __future__ import annotations

import made
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, hamming_loss

from labelaudit import confident, multilabel
from labelaudit.cooccurrence import by_other_labels, with_other_labels
from labelaudit.errors import BadInput
from labelaudit.folds import Folds
from labelaudit.neighbors import Graph

N, K = 240, 4


def drawn(seed: int = 0, wrong: float = 0.1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bits, a share of them wrong, what a fair model says of them, and which are wrong."""
    rng = np.random.default_rng(seed)
    true = (rng.random((N, K)) < [0.5, 0.3, 0.2, 0.1]).astype(int)
    probabilities = 1 / (1 + np.exp(-(4 * true - 2 + rng.normal(size=(N, K)))))
    planted = rng.random((N, K)) < wrong
    return np.where(planted, 1 - true, true), probabilities, planted


def lists(bits: np.ndarray) -> list[list[int]]:
    return [np.flatnonzero(row).tolist() for row in bits]


def folds(n: int = N, k: int = 4) -> Folds:
    return Folds(np.arange(n) % k, k, "")


# -- as cleanlab and scikit-learn have it -------------------------------------------------------------


@pytest.mark.parametrize("filter_by", confident.FILTERS)
def test_flags_are_those_of_cleanlab_label_by_label(filter_by: str) -> None:
    from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class

    bits, probabilities, _ = drawn()
    everything = np.ones(bits.shape, dtype=bool)
    found = multilabel.label_issues(bits, probabilities, filter_by, everything)
    expected = find_multilabel_issues_per_class(lists(bits), probabilities, filter_by=filter_by, n_jobs=1)
    np.testing.assert_array_equal(found, expected)
    assert found.any()


def test_examples_are_scored_by_cleanlabs_softmin() -> None:
    from cleanlab.multilabel_classification import get_label_quality_scores

    bits, probabilities, _ = drawn()
    scores = multilabel.of_given(probabilities, bits)
    softmin = {"method": "softmin", "temperature": 0.1}
    expected = get_label_quality_scores(lists(bits), probabilities, aggregator_kwargs=softmin)
    np.testing.assert_allclose(multilabel.softmin(scores), expected)
    scores[0] = np.nan
    scores[1, 1:] = np.nan
    assert multilabel.softmin(scores)[:2].tolist() == [1.0, scores[1, 0]]


def test_confident_joints_are_those_of_cleanlab() -> None:
    from cleanlab.count import compute_confident_joint

    bits, probabilities, _ = drawn()
    expected = compute_confident_joint(lists(bits), probabilities, multi_label=True)
    np.testing.assert_array_equal(multilabel.joints(bits, probabilities, np.ones(bits.shape, dtype=bool)), expected)


def test_metrics_are_those_of_scikit_learn() -> None:
    bits, probabilities, _ = drawn()
    predicted = (probabilities >= 0.5).astype(int)
    found = multilabel.metrics(bits, predicted)
    assert found == pytest.approx(
        {
            "micro_f1": f1_score(bits, predicted, average="micro"),
            "macro_f1": f1_score(bits, predicted, average="macro"),
            "subset_accuracy": accuracy_score(bits, predicted),
            "hamming_loss": hamming_loss(bits, predicted),
        }
    )
    unknown = np.where(bits != predicted, -1, bits)
    assert multilabel.metrics(unknown, predicted)["hamming_loss"] == 0
    assert set(multilabel.metrics(np.full((3, 2), -1), predicted[:3, :2]).values()) == {0.0}


# -- probabilities ------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["linear_sgd", "linear_discriminant", "extra_trees", "random_forest", "knn"])
def test_every_kind_of_head_finds_wrong_labels(model: str) -> None:
    dataset = made.several(n=N)
    bits = dataset.labels.reshape(N, -1)
    flipped, planted = multilabel.flipped(bits, 0.2, "uniform", seed=1)
    X = np.column_stack([dataset.table[name].to_numpy() for name in dataset.feature_columns]).astype(np.float32)
    flipped[0] = -1  # nothing is said of this one
    flipped[5, 2] = -1
    found = multilabel.out_of_fold(X, flipped, folds(), model)
    assert found.shape == bits.shape
    assert 0 <= found.min() <= found.max() <= 1
    known = (flipped >= 0) & ~np.isnan(found)
    own = multilabel.of_given(found, flipped)
    assert average_precision_score(planted[known], -own[known]) > 0.6
    assert ((found[0] > 0.5) == bits[0]).mean() >= 0.75


@pytest.mark.parametrize("model", ["linear_sgd", "extra_trees", "knn"])
def test_labels_that_never_or_always_occur_are_no_suspects(model: str) -> None:
    rng = np.random.default_rng(0)
    bits = np.column_stack([np.zeros(N, int), np.ones(N, int), rng.integers(0, 2, N), np.eye(1, N, dtype=int)[0]])
    X = rng.normal(size=(N, 3)).astype(np.float32) + bits[:, [2]]
    found = multilabel.out_of_fold(X, bits, folds(), model)
    assert found[:, 0].max() < 0.1
    assert found[:, 1].min() > 0.9
    judged = multilabel.judged_bits(bits, folds().fold)
    assert not judged[0, 3]  # the only example that has it
    assert judged.sum() == N * 4 - 1
    assert not multilabel.label_issues(bits, found, "prune_by_noise_rate", judged)[:, :2].any()
    assert multilabel.joints(bits, found, judged)[:2].tolist() == [[[N, 0], [0, 0]], [[0, 0], [0, N]]]


def test_other_labels_tell_what_the_features_do_not() -> None:
    rng = np.random.default_rng(0)
    first = rng.integers(0, 2, 600)
    bits = np.column_stack([first, 1 - first, rng.integers(0, 2, 600)])  # the first two exclude each other
    flipped, planted = multilabel.flipped(bits, 0.15, "uniform", seed=2)
    vague = np.clip(0.5 + 0.1 * (2 * bits - 1) + rng.normal(0, 0.2, bits.shape), 0.05, 0.95)
    fold = np.arange(600) % 5

    def precision(probabilities: np.ndarray, among: slice) -> float:
        own = multilabel.of_given(probabilities, flipped)
        return float(average_precision_score(planted[:, among].ravel(), -own[:, among].ravel()))

    pair = slice(0, 2)
    assert precision(with_other_labels(vague, flipped, fold), pair) > 1.5 * precision(vague, pair)
    alone = by_other_labels(flipped, fold)
    assert abs(alone[:, 2] - 0.5).max() < 0.2  # nothing goes with the third
    assert ((alone[:, 0] > 0.5) == (flipped[:, 1] == 0)).mean() > 0.95


def test_other_labels_take_nothing_away_where_labels_are_independent() -> None:
    before, after = [], []
    for seed in range(3):
        bits, probabilities, planted = drawn(seed)
        corrected = with_other_labels(probabilities, bits, np.arange(N) % 5)
        for found, kept in ((probabilities, before), (corrected, after)):
            kept.append(average_precision_score(planted.ravel(), -multilabel.of_given(found, bits).ravel()))
    assert np.mean(after) > 0.97 * np.mean(before)


def test_a_label_that_too_few_have_stays_as_it_is_and_one_label_has_no_others() -> None:
    bits, probabilities, _ = drawn()
    bits[:, 3] = 0
    bits[0, 3] = 1
    found = with_other_labels(probabilities, bits, np.arange(N) % 4)
    np.testing.assert_allclose(found[:, 3], probabilities[:, 3], rtol=1e-6)
    np.testing.assert_array_equal(
        with_other_labels(probabilities[:, :1], bits[:, :1], np.arange(N) % 4), probabilities[:, :1]
    )


def test_neighbours_vote_for_each_label() -> None:
    bits = np.array([[1, 0], [1, -1], [0, -1], [1, 1]])
    index = np.array([[1, 2, 3], [0, 3, -1], [1, -1, -1], [-1, -1, -1]])
    graph = Graph(index, np.where(index < 0, np.inf, 1.0), "euclidean", 1.0)
    expected = [[2 / 3, 1.0], [1.0, 0.5], [1.0, np.nan], [np.nan, np.nan]]
    np.testing.assert_allclose(multilabel.neighbour_shares(bits, graph, 3), expected)


# -- what is confused, and known errors ---------------------------------------------------------------


def test_one_label_in_place_of_another() -> None:
    bits = np.array([[1, 0, 0], [1, 0, 1], [0, 0, 1]])
    flagged = np.array([[True, True, False], [True, True, False], [False, True, False]])
    assert multilabel.confused(flagged & (bits == 1), flagged & (bits == 0)).tolist() == [
        [0, 2, 0],
        [0, 0, 0],
        [0, 0, 0],
    ]


@pytest.mark.parametrize("kind", multilabel.NOISES)
def test_planting_makes_one_label_of_a_share_of_the_examples_wrong(kind: str) -> None:
    bits, _, _ = drawn()
    bits[:20] = -1
    can = (bits == {"uniform": bits, "missing": 1, "extra": 0}[kind]) & (bits >= 0)
    changed, planted = multilabel.flipped(bits, 0.25, kind, seed=3)
    assert planted.sum() == round(0.25 * can.any(axis=1).sum())
    assert planted.sum(axis=1).max() == 1
    assert can[planted].all()
    np.testing.assert_array_equal(changed != bits, planted)
    np.testing.assert_array_equal(multilabel.flipped(bits, 0.25, kind, seed=3)[1], planted)


@pytest.mark.parametrize(
    ("bits", "fraction", "kind", "words"),
    [
        (np.ones((4, 2), int), 1.5, "uniform", r"noise 1.5 is outside \(0, 1\)"),
        (np.ones((4, 2), int), 0.1, "confusable", "no noise of kind 'confusable'; choose 'uniform' or 'missing'"),
        (np.ones((4, 2), int), 0.1, "extra", "no example has such a label"),
    ],
)
def test_errors_that_can_not_be_planted_are_refused(bits: np.ndarray, fraction: float, kind: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        multilabel.flipped(bits, fraction, kind, seed=0)
