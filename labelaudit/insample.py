"""Signs that probabilities were made by a model that had seen the labels that it judges."""

from __future__ import annotations

import numpy as np

from labelaudit.cache import Matrix

K = 10  # neighbours that vote
ROWS, JUDGED = 10_000, 2_000  # rows among which neighbours are looked for, and rows that are judged by them
FEWEST = 12  # rows that neighbours doubt: of fewer, nothing can be said
CLEAR = 0.7  # share of the votes from which neighbours are sure of another class
# A model that had not seen the labels doubted at least .17 of what neighbours doubt and .3 of what they doubt clearly,
# on nine sets with and without planted errors and seven kinds of models; one that had learned them by heart, next to
# none. Where neighbours are wrong often, as among images, a good model shares few of their doubts.
SHARED, SHARED_CLEARLY = 0.02, 0.05
NEVER = 1 / 2000  # share of the given labels that a model disagrees with which is next to none


def in_sample_signs(
    pred_probs: np.ndarray, labels: np.ndarray, features: Matrix | None = None, neighbours: np.ndarray | None = None
) -> str:
    """Say why probabilities look as if the model had been trained on the labels that it judges.

    Where the neighbours of an example vote for another class, a model that had not seen its label doubts it often,
    too; a model that learned all labels by heart never does, wrong ones included. Without features or neighbours the
    only sign is that there is next to no disagreement at all, which labels without errors would give as well.

    Parameters
    ----------
    pred_probs : ndarray of shape (N, K)
    labels : ndarray of shape (N,)
        -1 where missing.
    features : csr_matrix or ndarray of shape (N, d), optional
    neighbours : ndarray of shape (N, k), optional
        Rows; -1 for none. Looked for among the features by default.

    Returns
    -------
    str
        A warning for a person; empty where there are no signs.
    """
    labelled = labels >= 0
    agrees = pred_probs.argmax(axis=1) == labels
    disagreement = 1 - agrees[labelled].mean() if labelled.any() else 1.0
    votes = _votes(labels, pred_probs.shape[1], features, neighbours)
    if votes is not None:
        rows, share = votes
        doubted = rows[share.argmax(axis=1) != labels[rows]]
        clear = rows[(share.argmax(axis=1) != labels[rows]) & (share.max(axis=1) >= CLEAR)]
        for which, least in ((clear, SHARED_CLEARLY), (doubted, SHARED)):
            if len(which) >= FEWEST and (shared := 1 - agrees[which].mean()) <= least:
                return (
                    f"warning: your probabilities look in-sample: they doubt {shared:.0%} of the {len(which):,} labels "
                    "that the nearest neighbours doubt, so the model has probably seen them in training and errors "
                    "stay hidden; bring out-of-fold probabilities, or none"
                )
        if len(doubted) <= len(rows) * 0.005:
            return ""  # neighbours doubt nothing either: the data is easy
    if disagreement <= NEVER:
        return (
            "warning: your probabilities agree with all given labels but "
            f"{disagreement:.2%}: either hardly any is wrong, or the model has seen them in training and errors stay "
            "hidden; make sure that they are out-of-fold"
        )
    return ""


def _votes(
    labels: np.ndarray, n_classes: int, features: Matrix | None, neighbours: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray] | None:
    """Let neighbours vote on a sample of rows: the rows, and the share of the votes that each class has there."""
    rng = np.random.default_rng(0)
    known = np.flatnonzero(labels >= 0)
    if neighbours is not None:
        rows = np.sort(rng.permutation(known)[:JUDGED])
        index = neighbours[rows][:, :K]
    elif features is not None and features.shape[1] and len(known) > K:
        from labelaudit.heads import prepare
        from labelaudit.neighbors import nearest

        among = rng.permutation(known)[:ROWS]
        points = prepare(features[among], "knn")
        place, _ = nearest(points[:JUDGED], points, K + 1)
        place[place == np.arange(len(place))[:, None]] = -1
        rows, index = among[:JUDGED], np.where(place < 0, -1, among[place])
    else:
        return None
    voted = np.where(index < 0, -1, labels[index])
    votes = np.zeros((len(rows), n_classes), dtype=np.float32)
    voter, _ = np.nonzero(voted >= 0)
    np.add.at(votes, (voter, voted[voted >= 0]), 1)
    totals = votes.sum(axis=1)
    enough = totals >= K / 2
    return rows[enough], votes[enough] / totals[enough, None]
