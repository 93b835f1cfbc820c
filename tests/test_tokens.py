"""Arrays of tags, against cleanlab and scikit-learn."""

from __future__ import annotations

import made
import numpy as np
import pytest
from cleanlab.token_classification.filter import find_label_issues
from cleanlab.token_classification.rank import get_label_quality_scores
from sklearn.metrics import f1_score

from labelaudit import confident
from labelaudit.tokens import macro_f1, pooled, sentence_scores

LENGTHS = [1, 7, 92, 100, 200]


@pytest.fixture(scope="module")
def nested() -> tuple[np.ndarray, np.ndarray, list[list[int]], list[np.ndarray]]:
    labels, pred_probs = made.probabilities()
    ends = np.cumsum(LENGTHS)[:-1]
    return labels, pred_probs, [part.tolist() for part in np.split(labels, ends)], np.split(pred_probs, ends)


def test_sentences_are_scored_as_by_cleanlab(
    nested: tuple[np.ndarray, np.ndarray, list[list[int]], list[np.ndarray]],
) -> None:
    labels, pred_probs, label_lists, prob_lists = nested
    theirs, _ = get_label_quality_scores(label_lists, prob_lists, sentence_score_method="softmin")
    scores = confident.quality_scores(labels, pred_probs, "self_confidence")
    ours = sentence_scores(scores, np.repeat(np.arange(5), LENGTHS), 6)
    np.testing.assert_allclose(ours[:5], theirs, rtol=1e-5)
    assert ours[5] == 1  # a sentence without tokens


def test_tokens_are_flagged_as_by_cleanlab(
    nested: tuple[np.ndarray, np.ndarray, list[list[int]], list[np.ndarray]],
) -> None:
    labels, pred_probs, label_lists, prob_lists = nested
    starts = np.cumsum([0, *LENGTHS[:-1]])
    theirs = sorted(int(starts[sentence] + token) for sentence, token in find_label_issues(label_lists, prob_lists))
    assert np.flatnonzero(confident.label_issues(labels, pred_probs, "prune_by_noise_rate")).tolist() == theirs


def test_macro_f1_is_that_of_scikit_learn_over_the_tags_that_occur() -> None:
    rng = np.random.default_rng(0)
    given, predicted = rng.integers(0, 4, 50), rng.integers(0, 5, 50)
    assert macro_f1(given, predicted, 7) == pytest.approx(f1_score(given, predicted, average="macro"))


def test_a_tag_has_to_be_likely_to_both() -> None:
    found = pooled(np.array([[0.8, 0.2, 0.0]]), np.array([[0.2, 0.8, 0.0]]))
    np.testing.assert_allclose(found, [[0.5, 0.5, 0]], atol=1e-5)
