"""Figures about the labels as a whole, with the meaning that cleanlab gives them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

N_DRAWS = 400


def overall(labels: np.ndarray, pred_probs: np.ndarray, seed: int = 0) -> dict[str, float]:
    """Estimate how many labels are right.

    Parameters
    ----------
    labels : ndarray of shape (N,)
    pred_probs : ndarray of shape (N, K)
    seed : int
        For the interval.

    Returns
    -------
    dict
        ``overall_label_health_score`` (cleanlab's), ``noise_rate`` (one minus it), and ``noise_rate_low`` and
        ``noise_rate_high``: the middle 95 % of the noise rate when the counted examples are drawn again (a parametric
        bootstrap). It holds the luck of the draw, not errors of the model.
    """
    from cleanlab.dataset import overall_label_health_score

    return of_score(float(overall_label_health_score(labels, pred_probs, verbose=False)), len(labels), seed)


def of_score(health: float, n_labels: int, seed: int = 0) -> dict[str, float]:
    """Give the share of labels that are right the interval of `overall`."""
    draws = np.random.default_rng(seed).binomial(n_labels, 1 - health, size=N_DRAWS) / n_labels
    low, high = np.quantile(draws, [0.025, 0.975])
    return {
        "overall_label_health_score": health,
        "noise_rate": 1 - health,
        "noise_rate_low": float(low),
        "noise_rate_high": float(high),
    }


def per_class(
    labels: np.ndarray, confident_joint: np.ndarray, classes: Sequence[str], suspects: np.ndarray, suggested: np.ndarray
) -> pd.DataFrame:
    """Rank the classes by label quality.

    Parameters
    ----------
    labels : ndarray of shape (N,)
    confident_joint : ndarray of shape (K, K)
    classes : sequence of K str
    suspects : ndarray of shape (N,), bool
    suggested : ndarray of shape (N,)
        Class indices, -1 for none.

    Returns
    -------
    DataFrame of K rows, worst first
        ``class``, ``code``, ``examples``, ``suspects`` (given this class and flagged), ``missing`` (flagged and
        suggested this class), ``label_quality`` (cleanlab's "Label Quality Score"), ``noise_out`` (share of the labels
        given as this class that are likely wrong: cleanlab's "Label Noise") and ``noise_in`` (share of the class's
        true members that were likely given another: "Inverse Label Noise").
    """
    from cleanlab.dataset import rank_classes_by_label_quality

    ranked = rank_classes_by_label_quality(labels, None, num_examples=len(labels), confident_joint=confident_joint)
    code = ranked["Class Index"].to_numpy()
    n_classes = len(classes)
    return pd.DataFrame(
        {
            "class": [classes[k] for k in code],
            "code": code,
            "examples": np.bincount(labels, minlength=n_classes)[code],
            "suspects": np.bincount(labels[suspects], minlength=n_classes)[code],
            "missing": np.bincount(suggested[suspects], minlength=n_classes)[code],
            "label_quality": ranked["Label Quality Score"].fillna(0).to_numpy(),
            "noise_out": ranked["Label Noise"].fillna(0).to_numpy(),
            "noise_in": ranked["Inverse Label Noise"].fillna(0).to_numpy(),
        }
    )


def overlaps(confident_joint: np.ndarray, classes: Sequence[str], n_examples: int) -> pd.DataFrame:
    """Rank the pairs of classes by how often one is likely given for the other.

    What cleanlab's ``find_overlapping_classes`` returns, without the second that importing it takes in the server.

    Returns
    -------
    DataFrame
        ``given``, ``suggested``, ``given_code``, ``suggested_code``, ``examples`` (estimated) and ``share``
        (cleanlab's "Joint Probability"), one row per ordered pair, most confused first.
    """
    shares = confident_joint / max(1, confident_joint.sum())
    given, suggested = np.nonzero(~np.eye(len(classes), dtype=bool))
    share = shares[given, suggested]
    examples = (share * n_examples).round().astype(np.int64)
    names = np.array(classes, dtype=object)
    table = pd.DataFrame(
        {
            "given": names[given],
            "suggested": names[suggested],
            "given_code": given,
            "suggested_code": suggested,
            "examples": examples,
            "share": share,
        }
    ).sort_values("share", ascending=False)
    return table[table["examples"] > 0].reset_index(drop=True)


def noise_matrix(confident_joint: np.ndarray) -> np.ndarray:
    """P(given | true): column j says how the true members of class j are given; columns sum to 1 (or 0)."""
    totals = confident_joint.sum(axis=0, keepdims=True)
    return np.asarray(confident_joint / np.where(totals == 0, 1, totals))


def inverse_noise_matrix(confident_joint: np.ndarray) -> np.ndarray:
    """P(true | given): row i says what the examples given as class i truly are; rows sum to 1 (or 0)."""
    totals = confident_joint.sum(axis=1, keepdims=True)
    return np.asarray(confident_joint / np.where(totals == 0, 1, totals))


def confused_order(confident_joint: np.ndarray) -> np.ndarray:
    """Order the classes so that confused ones stand together, the most confused group first, shape (K,).

    Average-linkage clustering on the symmetric share of confusion (SciPy), leaves ordered optimally (Bar-Joseph et
    al. 2001); groups are then moved whole, by the errors that they hold.
    """
    from scipy.cluster.hierarchy import fcluster, leaves_list, linkage, optimal_leaf_ordering
    from scipy.spatial.distance import squareform

    n_classes = len(confident_joint)
    if n_classes < 3:
        return np.arange(n_classes)
    off = confident_joint * (1 - np.eye(n_classes))
    size = np.maximum(1, confident_joint.sum(axis=1))
    similarity = (off + off.T) / np.sqrt(np.outer(size, size))
    distance = 1 - similarity / max(similarity.max(), 1e-12)
    np.fill_diagonal(distance, 0)
    condensed = squareform(distance, checks=False)
    tree = linkage(condensed, method="average")
    leaves = leaves_list(optimal_leaf_ordering(tree, condensed))
    group = fcluster(tree, t=0.95, criterion="distance")
    errors = (off.sum(axis=0) + off.sum(axis=1)) / size
    weight = pd.Series(errors).groupby(group).mean()
    return np.array(sorted(leaves, key=lambda k: -weight[group[k]]), dtype=np.int64)
