"""Why an example is suspected: which detectors agree, and what its nearest neighbours are labelled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit.checks.base import K
from labelaudit.confident import SCORES
from labelaudit.heads import TITLES
from labelaudit.tasks import TASKS

if TYPE_CHECKING:
    from labelaudit.result import Audit

CHUNK = 1 << 16  # examples whose neighbours vote at once, so that memory stays small
COPIES = ("conflicting_duplicate", "near_duplicate")  # issues whose clusters are sets of copies
NAMES = {
    "label": "Suspected labels",
    "pairwise_confidence": "pairwise confidence",
    "self_confidence": "self-confidence",
    "normalized_margin": "margin",
    "confidence_weighted_entropy": "entropy",
    **TITLES,
}


@dataclass(frozen=True)
class Detector:
    """What one detector says of one example.

    Parameters
    ----------
    title : str
        For a person.
    words : str
        What it says, in a few words.
    agrees : bool
        Whether it speaks against the given label.
    hint : str
        What the words mean.
    """

    title: str
    words: str
    agrees: bool
    hint: str


@dataclass(frozen=True)
class Neighbour:
    """A near example.

    Parameters
    ----------
    position : int
        Among the audited examples.
    distance : float
    label : str
        As people read it.
    agrees : bool or None
        Whether it has the given label; None where one of both has none.
    """

    position: int
    distance: float
    label: str
    agrees: bool | None


def findings_of(audit: Audit) -> Mapping[str, Mapping[str, Any]]:
    """Return what the checks found, by name in display order; nothing for an audit without checks."""
    found: Mapping[str, Mapping[str, Any]] = audit.manifest.get("checks") or {}
    return found


def title_of(audit: Audit, name: str) -> str:
    """Name a detector or an issue for a person."""
    finding = findings_of(audit).get(name)
    own = TASKS[audit.dataset.task].detectors
    return finding["title"] if finding else own.get(name) or NAMES.get(name, name.replace("_", " "))


def neighbours(audit: Audit, position: int) -> list[Neighbour]:
    """List the `K` nearest neighbours of an example, nearest first; none for an audit without a graph."""
    if "neighbours" not in audit.outputs:
        return []
    index = audit.near(np.array([position]), K)[0]
    distance = audit.outputs["distances"][audit.examples[position], :K]
    given = int(audit.codes[position])
    known = bool(audit.dataset.classes)  # two numbers are hardly ever the same
    found = []
    for other, far in zip(index.tolist(), distance.tolist(), strict=True):
        if other < 0:
            continue
        code = int(audit.codes[other])
        label = TASKS[audit.dataset.task].near_name(audit, other)
        found.append(Neighbour(other, float(far), label, code == given if known and min(code, given) >= 0 else None))
    return found


def parts_named(audit: Audit, ids: Iterable[str], parts: Iterable[str]) -> list[str]:
    """Name parts of examples for a person: the word, the class; empty for whole examples.

    Parameters
    ----------
    audit : Audit
    ids, parts : iterable of str
        As in decisions; a part that is not there is called as in the issue table.
    """
    name, parts = TASKS[audit.dataset.task].part_name, list(parts)
    places = audit.positions(ids, parts).tolist()
    return [name(audit, at) if part and at >= 0 else part for at, part in zip(places, parts, strict=True)]


def detectors_of_labels(audit: Audit) -> list[str]:
    """List the columns of ``audit.scores`` that are about labels."""
    own = TASKS[audit.dataset.task].detectors
    return [name for name in audit.scores.columns if name in SCORES or name in TITLES or name in own]


def detectors(audit: Audit, position: int) -> list[Detector]:
    """Say of every detector of label errors whether it speaks against an example's label.

    A score agrees where it has the example among its own worst, as many as there are suspects: scores of different
    kinds can only be compared by their ranks. The neighbours agree where most of those with a label have another one.

    Returns
    -------
    list of Detector
        Empty for an example without a label.
    """
    if audit.codes[position] < 0:
        return []
    suspects = int(audit.manifest["counts"]["suspects"])
    found = []
    for name in detectors_of_labels(audit):
        scores = audit.scores[name].to_numpy()
        rank = int((scores < scores[position]).sum()) + 1
        hint = f"of {len(scores):,} examples it ranks this one {rank:,}; it agrees up to {suspects:,}"
        found.append(Detector(title_of(audit, name), f"#{rank:,}", rank <= suspects, hint))
    vote = _vote(audit, position)
    return found if vote is None else [*found, vote]


def agreeing(audit: Audit) -> np.ndarray:
    """Count for every example the detectors that speak against its label, as `detectors` says of one.

    `Audit.agreeing` counts once.

    Returns
    -------
    ndarray of shape (n,), int8
        0 for an example without a label.
    """
    suspects = int(audit.manifest["counts"]["suspects"])
    count = audit.outvoted.astype(np.int8)
    for name in detectors_of_labels(audit):
        scores = audit.scores[name].to_numpy()
        if suspects:
            count += scores <= np.partition(scores, suspects - 1)[suspects - 1]
    return np.where(audit.codes >= 0, count, 0)


def outvoted(audit: Audit) -> np.ndarray:
    """Say of which examples most of the labelled neighbours have another label.

    `Audit.outvoted` looks once.

    Returns
    -------
    ndarray of shape (n,), bool
    """
    found = np.zeros(len(audit.rows), dtype=bool)
    if "neighbours" not in audit.outputs or not audit.dataset.classes:
        return found
    for start in range(0, len(found), CHUNK):
        part = np.arange(start, min(start + CHUNK, len(found)))
        index, given = audit.near(part, K), audit.codes[part, None]
        codes = np.where(index >= 0, audit.codes[index], -1)
        votes = np.zeros(codes.shape, dtype=np.int8)  # for the class of each neighbour
        for column in codes.T:
            votes += codes == column[:, None]
        most = np.where(codes >= 0, votes, 0).max(axis=1)
        found[part] = (given[:, 0] >= 0) & ((codes == given).sum(axis=1) < most)
    return found


def _vote(audit: Audit, position: int) -> Detector | None:
    """What most of the labelled neighbours are labelled."""
    index = audit.near(np.array([position]), K)[0]
    codes = audit.codes[index[index >= 0]]
    codes = codes[codes >= 0]
    if len(codes) == 0 or not audit.dataset.classes:
        return None
    votes, given = np.bincount(codes, minlength=len(audit.dataset.classes)), int(audit.codes[position])
    winner = given if votes[given] == votes.max() else int(votes.argmax())
    words = f"{votes[winner]} of {len(codes)} for {audit.dataset.class_names[winner]}"
    return Detector("neighbours’ vote", words, winner != given, "how the nearest neighbours are labelled")


def issues_of(audit: Audit, position: int) -> list[tuple[str, list[str]]]:
    """Name the issues of an example other than its label, each with its reasons.

    Returns
    -------
    list of (issue, reasons)
    """
    rows = audit.flagged
    rows = rows[(rows["position"] == position) & (rows["issue"] != "label")]
    return [(str(issue), list(why)) for issue, why in zip(rows["issue"], rows["evidence"], strict=True)]


def copies(audit: Audit, position: int) -> np.ndarray:
    """Find the other members of the sets of copies and near copies that an example belongs to.

    Returns
    -------
    ndarray of int
        Their positions; empty where it has no copies.
    """
    rows = audit.flagged
    rows = rows[rows["issue"].isin(COPIES) & rows["cluster"].notna()]
    own = rows.loc[rows["position"] == position, ["issue", "cluster"]]
    same = rows.merge(own, on=["issue", "cluster"])["position"].to_numpy()
    return np.unique(same[same != position])
