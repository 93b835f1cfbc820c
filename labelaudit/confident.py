"""Labels and out-of-sample probabilities to label errors: Confident Learning (Northcutt et al. 2021), by cleanlab.

Class indices and arrays only, so that each function is three lines to test.
"""

from __future__ import annotations

import warnings
from typing import Literal, get_args

import numpy as np

Filter = Literal[
    "prune_by_noise_rate",
    "prune_by_class",
    "both",
    "confident_learning",
    "predicted_neq_given",
    "low_normalized_margin",
    "low_self_confidence",
]
Score = Literal["pairwise_confidence", "self_confidence", "normalized_margin", "confidence_weighted_entropy"]
FILTERS: tuple[str, ...] = get_args(Filter)
SCORES: tuple[str, ...] = get_args(Score)


def label_issues(labels: np.ndarray, pred_probs: np.ndarray, filter_by: str) -> np.ndarray:
    """Flag the labels that Confident Learning takes for errors.

    Parameters
    ----------
    labels : ndarray of shape (N,)
    pred_probs : ndarray of shape (N, K)
        Out of sample.
    filter_by : str
        One of `FILTERS`, with cleanlab's meaning.

    Returns
    -------
    ndarray of shape (N,), bool
    """
    from cleanlab.filter import find_label_issues

    # n_jobs=1: cleanlab's own processes cost more than they save on data of this size, and fork under a server.
    with warnings.catch_warnings():
        # A class with one example: the issue table says that it can't be judged.
        warnings.filterwarnings("ignore", message="May not flag all label issues in class")
        return np.asarray(find_label_issues(labels, pred_probs, filter_by=filter_by, n_jobs=1), dtype=bool)


def quality_scores(labels: np.ndarray, pred_probs: np.ndarray, score: str) -> np.ndarray:
    """Score every label from 0 (bad) to 1: by pairwise confidence, or by cleanlab's method of that name.

    *Pairwise confidence* is self-confidence when only the given class and its strongest rival are left:
    p(given) / (p(given) + p(best other)). Self-confidence finds errors made at random best and the margin those with
    a system, where the label is not unlikely but another is likelier; this is near the better one on both.

    Parameters
    ----------
    labels : ndarray of shape (N,)
    pred_probs : ndarray of shape (N, K)
    score : str
        One of `SCORES`.

    Returns
    -------
    ndarray of shape (N,), float
    """
    from cleanlab.rank import get_label_quality_scores

    if score == "pairwise_confidence":
        own = pred_probs[np.arange(len(labels)), labels].astype(np.float64)
        rival = other_best(labels, pred_probs)
        return np.asarray(own / np.maximum(own + rival, np.finfo(np.float64).tiny))
    return np.asarray(get_label_quality_scores(labels, pred_probs, method=score))


def confident_joint(labels: np.ndarray, pred_probs: np.ndarray) -> np.ndarray:
    """Count labels by (given, confidently other), calibrated so that rows sum to the given counts.

    Parameters
    ----------
    labels : ndarray of shape (N,)
    pred_probs : ndarray of shape (N, K)

    Returns
    -------
    ndarray of shape (K, K), int
    """
    from cleanlab.count import compute_confident_joint

    return np.asarray(compute_confident_joint(labels, pred_probs))


def joint_and_errors(labels: np.ndarray, pred_probs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the confident joint, and which labels cleanlab's health score counts as errors, in one go.

    They are off the diagonal of the confident joint, and the likeliest class is another one (cleanlab's
    ``num_label_issues``, which takes ten times as long).

    Parameters
    ----------
    labels : ndarray of shape (N,)
    pred_probs : ndarray of shape (N, K)

    Returns
    -------
    joint : ndarray of shape (K, K), int
    errors : ndarray of shape (N,), bool
    """
    from cleanlab.count import compute_confident_joint

    joint, off = compute_confident_joint(labels, pred_probs, return_indices_of_off_diagonals=True)
    errors = np.zeros(len(labels), dtype=bool)
    errors[off] = True
    return np.asarray(joint), errors & (pred_probs.argmax(axis=1) != labels)


def thresholds(labels: np.ndarray, pred_probs: np.ndarray) -> np.ndarray:
    """Return how sure the model is on average of each class where it is given, shape (K,).

    A probability above its class's threshold counts as confident (equation 2 of Northcutt et al. 2021).
    """
    from cleanlab.count import get_confident_thresholds

    return np.asarray(get_confident_thresholds(labels, pred_probs))


def other_best(labels: np.ndarray, pred_probs: np.ndarray) -> np.ndarray:
    """Return the highest probability of a class that is not the given one, shape (N,)."""
    others = pred_probs.copy()
    others[np.arange(len(labels)), labels] = -1
    return np.asarray(others.max(axis=1))
