"""Tags of tokens: what two sources say together, how good a sentence is, and how right tags are.

Arrays only, so that each function is three lines to test.
"""

from __future__ import annotations

import numpy as np

from labelaudit.predict import LOWEST

TEMPERATURE = 0.05  # of cleanlab's softmin


def pooled(model: np.ndarray, elsewhere: np.ndarray) -> np.ndarray:
    """Pool two sources of probabilities so that a tag has to be likely to both: their geometric mean, normalised.

    Parameters
    ----------
    model, elsewhere : ndarray of shape (n, K)

    Returns
    -------
    ndarray of shape (n, K), float32
        Rows sum to 1.
    """
    mean = np.sqrt(np.maximum(model, LOWEST) * np.maximum(elsewhere, LOWEST))
    return np.asarray(mean / mean.sum(axis=1, keepdims=True), dtype=np.float32)


def sentence_scores(scores: np.ndarray, sentence: np.ndarray, n_sentences: int) -> np.ndarray:
    """Score sentences by their tokens: near the lowest score (cleanlab's softmin).

    Parameters
    ----------
    scores : ndarray of shape (n,)
    sentence : ndarray of shape (n,)
    n_sentences : int
        N.

    Returns
    -------
    ndarray of shape (N,)
        1 for a sentence without tokens.
    """
    lowest = np.ones(n_sentences)
    np.minimum.at(lowest, sentence, scores)
    weights = np.exp((lowest[sentence] - scores) / TEMPERATURE)
    totals = np.bincount(sentence, weights, n_sentences)
    sums = np.bincount(sentence, weights * scores, n_sentences)
    return np.where(totals > 0, sums / np.maximum(totals, np.finfo(float).tiny), 1.0)


def macro_f1(given: np.ndarray, predicted: np.ndarray, n_classes: int) -> float:
    """Average F1 over the tags that occur in either, each alike.

    Parameters
    ----------
    given, predicted : ndarray of shape (n,)
    n_classes : int
    """
    right = np.bincount(given[given == predicted], minlength=n_classes)
    either = np.bincount(given, minlength=n_classes) + np.bincount(predicted, minlength=n_classes)
    occurs = either > 0
    return float(np.mean(2 * right[occurs] / either[occurs])) if occurs.any() else 0.0
