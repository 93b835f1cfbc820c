"""In which order the examples are reviewed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from labelaudit.heads import HEADS
from labelaudit.result import Audit
from labelaudit.selection import Selection, issue_scores

LEARNED = "learned"
# Orders that are no detector's: name to title, and what it means.
ORDERS: Mapping[str, tuple[str, str]] = {
    "gain": (
        "expected gain",
        "how likely the label is wrong, times the share of the two classes (given and suggested) that one example is: "
        "what its correction does for the average class. Small classes come earlier than by the score",
    ),
    "class": ("class", "one given class after the other, that with the worst label first"),
    "cluster": (
        "cluster",
        "like with like: clusters of suspects, then sets of near duplicates, stay together; that with the worst label "
        "first",
    ),
    "disagreement": (
        "disagreement",
        "where the models and the neighbours' vote rank a label most differently; with a single one, where its "
        "probabilities are most even",
    ),
    LEARNED: ("what was decided", "how likely the label is wrong by what was confirmed and refused so far"),
    "random": ("lot", "at random, the same for every reviewer: each example left is as likely to be next as any other"),
}
OF_CLASSES = ("gain", "class")  # orders that mean nothing where labels are no classes
COPIES = "near_duplicate"  # the issue whose sets the order by cluster keeps together
AHEAD = 500  # places of the queue in which the random sample is mixed; the rest is mixed when it comes near


def orders_of(audit: Audit) -> Mapping[str, tuple[str, str]]:
    """Return those of `ORDERS` that mean something for the labels of an audit."""
    return {name: told for name, told in ORDERS.items() if audit.dataset.classes or name not in OF_CLASSES}


def ranking(audit: Audit, table: pd.DataFrame, selection: Selection, by: str = "") -> np.ndarray:
    """Return the scores by which the examples are ordered for review.

    Parameters
    ----------
    audit : Audit
    table : DataFrame
        What `points` returns, with n rows.
    selection : Selection
    by : str
        A column of ``audit.scores``, or one of `ORDERS`. Without one it is the check's score where the selection names
        an issue, else the combined score.

    Returns
    -------
    ndarray of shape (n,)
        Low is bad; NaN where there is nothing to say.
    """
    if by == "gain":
        return _gain(audit, table)
    if by == "disagreement":
        return _disagreement(audit)
    if by in detectors_of(audit):
        return np.asarray(audit.scores[by], dtype=float)
    if selection.issue and not by:
        return issue_scores(audit, selection.issue)[1]
    return np.asarray(table["score"], dtype=float)


def _gain(audit: Audit, table: pd.DataFrame) -> np.ndarray:
    """One minus the expected gain, relative to the largest."""
    sizes = table["given"].value_counts()
    given, suggested = (1 / table[name].map(sizes).astype(float) for name in ("given", "suggested"))
    shares = given + suggested.fillna(0)  # without a suggestion, the correction touches one class that is known
    gain = ((1 - table["score"]) * shares).to_numpy(dtype=float)
    return np.asarray(1 - gain / (np.nanmax(gain, initial=0) or 1))


def _disagreement(audit: Audit) -> np.ndarray:
    """One minus the spread of the detectors' ranks, or minus the entropy of a single model's probabilities."""
    voices = [name for name in audit.scores.columns if name in HEADS or name == "neighbours"]
    if len(voices) > 1:
        return np.asarray(1 - 2 * audit.scores[voices].rank(pct=True).std(axis=1, ddof=0).to_numpy())
    if "pred_probs" not in audit.outputs:
        return np.asarray(audit.label_issues["score"], dtype=float)
    pred_probs = np.asarray(audit.outputs["pred_probs"], dtype=float)
    surprise = -np.where(pred_probs > 0, pred_probs * np.log(np.maximum(pred_probs, 1e-300)), 0).sum(axis=1)
    return np.asarray(1 - surprise / np.log(max(2, pred_probs.shape[1])))


def sets_of(audit: Audit, selection: Selection, by: str = "") -> np.ndarray | None:
    """Number the sets of examples that are reviewed one after the other.

    Parameters
    ----------
    audit : Audit
    selection : Selection
        In the usual order, sets of the issue that it names, copies of each other say, stay together.
    by : str
        See `ranking`.

    Returns
    -------
    ndarray of shape (n,), int, or None
        An example that belongs to none is a set of its own; None where all are.
    """
    n = len(audit.rows)
    if by == "class":
        return np.asarray(audit.codes)
    together = ["label", COPIES] if by == "cluster" else [selection.issue] if selection.issue and not by else []
    if not together:
        return None
    number = np.arange(n)
    for place, issue in reversed(list(enumerate(together, start=1))):
        rows = audit.flagged[(audit.flagged["issue"] == issue) & audit.flagged["cluster"].notna()]
        number[rows["position"]] = place * n + rows["cluster"].astype(np.int64)
    return number


def review_order(mask: np.ndarray, scores: np.ndarray, sets: np.ndarray | None = None) -> np.ndarray:
    """Order the selected examples for review, the worst first.

    Parameters
    ----------
    mask : ndarray of shape (n,), bool
        What `selected` returns.
    scores : ndarray of shape (n,)
        What `ranking` returns.
    sets : ndarray of shape (n,), int, optional
        What `sets_of` returns: each stays together, the one with the lowest score first.

    Returns
    -------
    ndarray of int
        Positions among the audited examples.
    """
    rows = np.flatnonzero(mask)
    if sets is None:  # the usual case, for which a million rows are sorted once
        return np.asarray(rows[np.argsort(scores[rows], kind="stable")])
    _, number = np.unique(sets[rows], return_inverse=True)
    lowest = np.full(len(rows), np.inf)
    np.fmin.at(lowest, number, scores[rows])
    return np.asarray(rows[np.lexsort((scores[rows], number, lowest[number]))])


def led_by(position: int, ranked: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Put one example before all that are still to come, where the order has changed while it was looked at.

    Parameters
    ----------
    position : int
    ranked : ndarray of int
        In the new order.
    seen : ndarray of shape (n,), bool
        Decided or skipped.
    """
    if seen[position] or position not in ranked:
        return ranked
    rest = ranked[ranked != position]
    to_come = np.flatnonzero(~seen[rest])
    return np.insert(rest, to_come[0] if len(to_come) else len(rest), position)


def detectors_of(audit: Audit) -> list[str]:
    """List the columns of ``audit.scores`` by which the examples can be ordered."""
    return [name for name in audit.scores.columns if name not in ("id", "part")]


def mixed(ranked: np.ndarray, sample: np.ndarray, seen: np.ndarray, every: int) -> tuple[np.ndarray, np.ndarray]:
    """Put one of the random sample into every so many places of the queue that are still to come.

    Which places these are follows from how many were seen, and what stands there from the lots: a decision moves
    nothing, and two reviewers get the same.

    Parameters
    ----------
    ranked : ndarray of int
        Positions in the order of review.
    sample : ndarray of int
        Positions in the order in which they are drawn, seen ones included.
    seen : ndarray of shape (n,), bool
        Decided or skipped.
    every : int

    Returns
    -------
    queue : ndarray of int
        `ranked`, with some of it further ahead and with what else was drawn.
    drawn : ndarray of int
        Those that stand where they do because they were drawn.
    """
    drawn = iter(sample[~seen[sample]][: 2 * AHEAD].tolist())  # one in each place, and as many that are passed over
    to_come = np.flatnonzero(~seen[ranked])[:AHEAD]
    place_of = np.arange(len(ranked), dtype=float)
    places = dict(zip(ranked[to_come].tolist(), to_come.tolist(), strict=True))
    moved: dict[int, float] = {}
    passed: set[int] = set()
    slot = int(seen.sum())
    for position, place in places.items():
        if position in moved:
            continue
        if (slot + 1) % every == 0:
            found = next((other for other in drawn if other not in passed and other != position), None)
            if found is not None:
                moved[found] = place - 0.5
                slot += 1
        passed.add(position)
        slot += 1
    ahead = np.array(list(moved), dtype=ranked.dtype)
    stays = ~np.isin(ranked, ahead)
    order = np.argsort(np.concatenate([place_of[stays], np.array(list(moved.values()))]), kind="stable")
    return np.concatenate([ranked[stays], ahead])[order], ahead
