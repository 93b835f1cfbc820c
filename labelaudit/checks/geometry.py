"""What the graph of neighbours says: far from all others, between two classes, in an order, badly predicted."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import scipy.sparse as sp

from labelaudit.checks.base import DoesNotApply, K, Material, Outcome
from labelaudit.neighbors import Graph
from labelaudit.text import count_of

FAR = 1 / 0.37037 - 1  # interquartile ranges above the third quartile, as in cleanlab's Datalab
BETWEEN = 0.4  # scores of ambiguity below this are flagged
PERMUTATIONS, SIGNIFICANT, ENOUGH_ROWS = 25, 0.05, 30
RADIUS, DENSE, SMALLEST_GROUP, UNDERPERFORMS = 0.5, 5, 5, 0.1
SHOWN_GROUPS = 5


def neighbour_votes(labels: np.ndarray, graph: Graph, k: int = K) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count how the nearest neighbours are labelled.

    Parameters
    ----------
    labels : ndarray of shape (n,)
        Class indices; -1 where missing, which is no vote.
    graph : Graph
    k : int
        How many neighbours vote; at most the graph's.

    Returns
    -------
    own : ndarray of shape (n,)
        Share of the votes for the example's given label; NaN without a label or a vote.
    other : ndarray of shape (n,), int
        The class with most votes among the other classes, the nearest where several have as many; -1 for none.
    share : ndarray of shape (n,)
        Its share of the votes; 0 where there is none, NaN without a vote.
    """
    index = graph.index[:, :k]
    votes = np.where(index >= 0, labels[index], -1)
    known = votes >= 0
    n_votes = known.sum(axis=1).astype(np.float64)
    n_votes[n_votes == 0] = np.nan
    given = votes == labels[:, None]
    own = np.where(labels >= 0, (given & known).sum(axis=1), np.nan) / n_votes
    alike = np.zeros(votes.shape, dtype=np.int64)  # how many votes are for the class of each vote
    for place in range(votes.shape[1]):
        alike += votes == votes[:, [place]]
    alike[given | ~known] = 0
    rows, best = np.arange(len(votes)), alike.argmax(axis=1)
    most = alike[rows, best]
    return own, np.where(most > 0, votes[rows, best], -1), most / n_votes


def outliers(material: Material) -> Outcome:
    """Flag the examples whose neighbours are unusually far away.

    As in cleanlab's Datalab: the mean distance to the `K` nearest is beyond the third quartile by `FAR` interquartile
    ranges; the score is exp(-mean distance / its median).
    """
    graph = material.needed_graph
    # Rows of text that share no word with enough others are at a right angle to the rest.
    distance = np.where(graph.index[:, :K] >= 0, graph.distance[:, :K], 1.0).mean(axis=1, dtype=np.float64)
    first, usual, third = np.percentile(distance, [25, 50, 75])
    rows = np.flatnonzero(distance > third + FAR * (third - first))
    rows = rows[np.argsort(-distance[rows], kind="stable")]
    tiny = 100 * np.finfo(np.float64).eps
    score = np.where(distance < tiny, 1.0, np.exp(-distance / max(usual, tiny)))
    words = "No example lies unusually far from all others."
    if len(rows):
        words = (
            f"{count_of(len(rows), 'example')} {'lies' if len(rows) == 1 else 'lie'} unusually far from all others: "
            "wrong data, rare cases, or things that don't belong."
        )
    times = distance[rows] / max(usual, tiny)
    evidence = [
        f"its {K} nearest neighbours are {t:,.1f} times as far away as usual" if t < 1e6 else "alone among copies"
        for t in times
    ]
    return Outcome(
        words,
        "Look at the worst; exclude what does not belong, and collect more of what is only rare." if len(rows) else "",
        rows,
        evidence,
        score,
    )


def ambiguous(material: Material) -> Outcome:
    """Flag the examples that lie between two classes, of which the given label is one.

    Three things have to come together: the two likeliest classes are nearly even (best against second best; Joshi et
    al. 2009), both are clearly ahead of the third, and the neighbours are split between the same two classes (k
    disagreeing neighbours; Smith et al. 2014). The score is 1 minus the product of these three, so that one that is
    missing clears the example. A label that is neither of the two is a matter of label errors, not of ambiguity.
    """
    pred_probs, graph, labels = material.needed_probabilities, material.needed_graph, material.labels
    n, n_classes = pred_probs.shape
    if n_classes < 2:
        raise DoesNotApply("there is one class")
    rows = np.arange(n)
    top = np.argpartition(-pred_probs, range(min(3, n_classes)), axis=1)[:, :3]
    first, second = top[:, 0], top[:, 1]
    p = np.take_along_axis(pred_probs, top, axis=1).astype(np.float64)
    third = p[:, 2] if n_classes > 2 else np.zeros(n)
    even = p[:, 1] / np.maximum(p[:, 0], 1e-12)
    ahead = 1 - third / np.maximum(p[:, 1], 1e-12)
    votes = np.where(graph.index[:, :K] >= 0, labels[graph.index[:, :K]], -1)
    n_votes = np.maximum((votes >= 0).sum(axis=1), 1)
    shares = np.stack([(votes == c[:, None]).sum(axis=1) / n_votes for c in (first, second)])
    split = 2 * shares.min(axis=0)
    score = 1 - even * ahead * np.minimum(split, 1)
    own = (labels == first) | (labels == second) | (labels < 0)
    flagged = rows[(score < BETWEEN) & own]
    flagged = flagged[np.argsort(score[flagged], kind="stable")]
    names = material.dataset.class_names
    evidence = [
        f"{names[first[i]]} {p[i, 0]:.0%} or {names[second[i]]} {p[i, 1]:.0%}; of its neighbours, "
        f"{shares[0, i]:.0%} are labelled {names[first[i]]} and {shares[1, i]:.0%} {names[second[i]]}"
        for i in flagged
    ]
    if not len(flagged):
        return Outcome("No example lies between two classes.", score=score)
    pairs: dict[tuple[str, str], int] = {}
    for i in flagged:
        pair = tuple(sorted((names[first[i]], names[second[i]])))
        pairs[pair[0], pair[1]] = pairs.get((pair[0], pair[1]), 0) + 1
    most = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:SHOWN_GROUPS]
    (one, two), _ = most[0]
    return Outcome(
        f"{count_of(len(flagged), 'example')} {'lies' if len(flagged) == 1 else 'lie'} between two classes, by the "
        f"model and by the neighbours; most often {one} and {two}.",
        f"Write down what separates {one} from {two}, or allow both labels.",
        flagged,
        evidence,
        score,
        details=[{"label": a, "other": b, "count": count} for (a, b), count in most],
    )


def non_iid(material: Material) -> Outcome:
    """Test whether examples that are close in the file are also alike, as in cleanlab's Datalab.

    The distances in row numbers between neighbours are compared with those between all rows by a Kolmogorov-Smirnov
    statistic, and that with the statistics of 25 random orders (the same ones). Unlike Datalab no single example is
    flagged: the order is a matter of the whole data set.
    """
    index = material.needed_graph.index[:, :K]
    n = len(index)
    if n < ENOUGH_ROWS:
        raise DoesNotApply(f"an order can't be told from chance in fewer than {ENOUGH_ROWS} examples")
    start, place = np.nonzero(index >= 0)
    end = index[start, place]
    if not len(end):
        raise DoesNotApply("no example has a neighbour")
    background = np.cumsum((n - np.arange(1, n)) / (n * (n - 1) / 2))
    random = np.random.RandomState(0)  # the permutations that Datalab draws
    orders = [random.permutation(n) for _ in range(PERMUTATIONS)]
    by_chance = np.array([_order_statistic(order[start], order[end], background) for order in orders])
    statistic = _order_statistic(start, end, background)
    p_value = float(np.mean(by_chance >= statistic))
    if np.ptp(by_chance) > 0:
        from scipy.stats import gaussian_kde

        p_value = float(gaussian_kde(by_chance).integrate_box_1d(statistic, 100))
    found = p_value < SIGNIFICANT
    known = np.flatnonzero(material.labels >= 0)
    runs = np.diff(material.labels[known]) == 0
    shares = np.bincount(material.labels[known]) / max(len(known), 1)
    by_label = bool(len(runs) and runs.mean() > (1 + (shares**2).sum()) / 2)
    why = "the file is sorted by label, which explains it" if by_label else "the data drift, or were put in some order"
    return Outcome(
        f"Rows that are close in the file are alike (p {'< 0.001' if p_value < 0.001 else f'= {p_value:.3f}'}): {why}."
        if found
        else f"The order of the rows looks random (p = {p_value:.2f}).",
        "Shuffle before you split off test data, and ask how the order came about." if found else "",
        count=int(found),
        details=[{"p_value": round(p_value, 4), "statistic": round(statistic, 4), "sorted_by_label": by_label}],
    )


def _order_statistic(start: np.ndarray, end: np.ndarray, background: np.ndarray) -> float:
    """The largest difference between two distributions of distances in row numbers.

    From counts instead of sorted values: where a distance occurs several times, only its first and its last place in
    the sorted order can be furthest from the background.
    """
    counts = np.bincount(np.abs(start - end), minlength=len(background) + 1)[1:]
    last = np.cumsum(counts)
    total, seen = last[-1], counts > 0
    first = (last - counts)[seen] / total
    return float(max(np.abs(first - background[seen]).max(), np.abs((last[seen] - 1) / total - background[seen]).max()))


def underperforming_groups(material: Material) -> Outcome:
    """Flag the groups of similar examples whose given labels the model finds unlikely throughout.

    As in cleanlab's Datalab: DBSCAN over the graph (radius 0.5, five neighbours); a group underperforms where its mean
    self-confidence is below a tenth of that of all groups. Datalab flags the worst of them alone.
    """
    pred_probs, graph, labels = material.needed_probabilities, material.needed_graph, material.labels
    group = _dense_groups(graph)
    known = (group >= 0) & (labels >= 0)
    sizes = np.bincount(group[known], minlength=group.max(initial=-1) + 1)
    large = np.flatnonzero(sizes >= SMALLEST_GROUP)
    if not len(large):
        raise DoesNotApply("the examples form no groups")
    known &= np.isin(group, large)
    confidence = pred_probs[np.flatnonzero(known), labels[known]].astype(np.float64)
    overall = float(confidence.mean())
    means = np.full(len(sizes), np.nan)
    means[large] = np.bincount(group[known], confidence, minlength=len(sizes))[large] / sizes[large]
    ratio = np.minimum(means / max(overall, 1e-12), 1)
    score = np.ones(len(labels))
    in_group = (group >= 0) & np.isfinite(ratio[group])
    score[in_group] = ratio[group[in_group]]
    found = np.flatnonzero(ratio < UNDERPERFORMS)
    rows = np.flatnonzero(np.isin(group, found))
    rows = rows[np.argsort(score[rows], kind="stable")]
    worst = large[np.argsort(ratio[large], kind="stable")][:SHOWN_GROUPS]
    details = [_group_facts(material, np.flatnonzero(group == g), int(g), float(ratio[g])) for g in worst]
    if len(found):
        words = (
            f"In {count_of(len(found), 'group')} of similar examples ({count_of(len(rows), 'example')}) the model "
            "finds the given labels unlikely throughout: they are labelled wrongly together, or hard in the same way."
        )
    else:
        words = f"In none of {count_of(len(large), 'group')} of similar examples does the model fail throughout."
    return Outcome(
        words,
        "Look at a few of each group; one decision may fit all of them." if len(found) else "",
        rows,
        [f"in a group of {sizes[group[i]]:,} whose labels are {score[i]:.0%} as likely as usual" for i in rows],
        score,
        cluster=group[rows],
        count=len(found),
        details=details,
    )


def _dense_groups(graph: Graph) -> np.ndarray:
    """Number the dense groups of a graph by scikit-learn's DBSCAN; -1 for none."""
    from sklearn.cluster import DBSCAN
    from sklearn.exceptions import EfficiencyWarning

    n = len(graph.index)
    near = (graph.index[:, :K] >= 0) & (graph.distance[:, :K] <= RADIUS)
    # Each row is its own nearest neighbour, and rows are sorted by distance: DBSCAN would do both, slowly.
    counts = 1 + near.sum(axis=1)
    pointers = np.concatenate([[0], np.cumsum(counts)])
    data, indices = np.zeros(pointers[-1], dtype=np.float64), np.empty(pointers[-1], dtype=np.int32)
    own = np.zeros(pointers[-1], dtype=bool)
    own[pointers[:-1]] = True
    indices[own], indices[~own] = np.arange(n), graph.index[:, :K][near]
    data[~own] = graph.distance[:, :K][near]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EfficiencyWarning)
        found: Any = DBSCAN(eps=RADIUS, min_samples=DENSE, metric="precomputed").fit_predict(
            sp.csr_matrix((data, indices, pointers), shape=(n, n))
        )
    return np.asarray(found)


def _group_facts(material: Material, rows: np.ndarray, group: int, ratio: float) -> dict[str, Any]:
    labels = material.labels[rows]
    labels = labels[labels >= 0]
    most = int(np.bincount(labels).argmax())
    return {
        "group": group,
        "count": len(rows),
        "label": material.dataset.class_names[most],
        "share": round(float((labels == most).mean()), 3),
        "score": round(ratio, 4),
    }
