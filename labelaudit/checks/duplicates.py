"""Copies and near copies, and those among them that disagree about the label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from labelaudit.checks.base import DoesNotApply, Material, Outcome
from labelaudit.checks.sets import near_sets
from labelaudit.text import count_of

NAMED = 20  # other members of a set that an example names


def near_duplicates(material: Material) -> Outcome:
    """Flag every example that is a copy of another one or much closer to it than examples usually are.

    Scored as in cleanlab's Datalab: 1 - exp(-distance to the nearest / usual distance), and 0 for a copy. Unlike there,
    copies by content are found even where their features differ or where features are missing, the usual distance
    leaves copies out (see `labelaudit.checks.sets.usual_distance`), and sets don't overlap.
    """
    number = material.near.number
    score = _nearness(material)
    members = _members(number)
    rows = np.concatenate([[], *members]).astype(np.int64)
    rows = rows[np.argsort(score[rows], kind="stable")]
    n_exact = int(_copied(material.copies)[rows].sum())
    if not len(rows):
        where = "" if material.graph is not None else " (only exact copies were looked for: there are no features)"
        return Outcome(f"No two examples are copies or nearly so{where}.", score=score)
    return Outcome(
        f"{count_of(len(rows), 'example')} in {count_of(len(members), 'set')} "
        f"{'is' if len(rows) == 1 else 'are'} copies of each other or nearly so, {n_exact:,} of them exact copies; "
        "they count double, and can hide an error or leak from training into test data.",
        "Keep one of each set, or make sure that a set is never split between training and test data.",
        rows,
        _likeness(material, rows),
        score,
        related=_others(members, number, rows),
        cluster=number[rows],
    )


def conflicting_duplicates(material: Material) -> Outcome:
    """Flag the members of a set of copies or near copies that have different labels.

    The score is the share of the set's labelled members that have the example's label; a label that more than half of
    them have is suggested to the others. Rows of a table have to be exact copies: a small difference in a number may
    well decide the label.
    """
    labels, number = material.labels, material.near.number
    if material.graph is not None and material.graph.metric == "euclidean":
        number = near_sets(None, material.copies, material.dataset).number
    if not (labels >= 0).any():
        raise DoesNotApply(material.no_classes)
    score = np.ones(len(labels))
    flagged: list[np.ndarray] = []
    suggested = np.full(len(labels), -1)
    for members in _members(np.where(labels >= 0, number, -1)):
        codes, which, counts = np.unique(labels[members], return_inverse=True, return_counts=True)
        if len(codes) == 1:
            continue
        flagged.append(members)
        score[members] = counts[which] / len(members)
        if counts.max() > len(members) / 2:
            most = codes[counts.argmax()]
            suggested[members[labels[members] != most]] = most
    if not flagged:
        return Outcome("No copies or near copies have different labels.", score=score)
    rows = np.concatenate(flagged)
    rows = rows[np.argsort(score[rows], kind="stable")]
    return Outcome(
        f"{count_of(len(rows), 'example')} in {count_of(len(flagged), 'set')} of copies or near copies have different "
        "labels: one label of each set is wrong, or what was recorded of them does not decide it.",
        "Look at these first, and give the whole set one label.",
        rows,
        [_contradiction(material, *pair) for pair in zip(rows, _sets_of(flagged, number, rows), strict=True)],
        score,
        suggested[rows],
        _others(flagged, number, rows),
        number[rows],
    )


def _nearness(material: Material) -> np.ndarray:
    score = np.ones(len(material))
    if material.graph is not None and len(material) > 1:
        usual = material.near.usual or np.finfo(np.float64).eps
        score = -np.expm1(-material.graph.distance[:, 0].astype(np.float64) / usual)
    score[_copied(material.copies)] = 0
    return score


def _copied(copies: np.ndarray) -> np.ndarray:
    _, node, counts = np.unique(copies, return_inverse=True, return_counts=True)
    return np.asarray(counts[node] > 1)


def _members(number: np.ndarray) -> list[np.ndarray]:
    """The positions that have each number, those of -1 left out and numbers that only one has."""
    order = np.argsort(number, kind="stable")
    bounds = np.flatnonzero(np.diff(number[order])) + 1
    return [part for part in np.split(order, bounds) if len(part) > 1 and number[part[0]] >= 0]


def _sets_of(sets: Sequence[np.ndarray], number: np.ndarray, rows: np.ndarray) -> list[np.ndarray]:
    by_number = {int(number[members[0]]): members for members in sets}
    return [by_number[int(number[row])] for row in rows]


def _others(sets: Sequence[np.ndarray], number: np.ndarray, rows: np.ndarray) -> list[list[int]]:
    """At most `NAMED` other members of each row's set."""
    found = []
    for row, members in zip(rows, _sets_of(sets, number, rows), strict=True):
        some = members[: NAMED + 1]
        found.append([int(other) for other in some if other != row][:NAMED])
    return found


def _likeness(material: Material, rows: np.ndarray) -> list[str]:
    """Which example each is like, and how much."""
    graph = material.graph
    order = np.argsort(material.copies, kind="stable")
    _, start, which, counts = np.unique(
        material.copies[order], return_index=True, return_inverse=True, return_counts=True
    )
    node = np.empty(len(order), dtype=np.int64)
    node[order] = which
    first, n_same = order[start[node]], counts[node]
    second = order[np.minimum(start[node] + 1, len(order) - 1)]
    found = []
    for row in rows:
        if n_same[row] > 1 or graph is None:
            other = second[row] if first[row] == row else first[row]
            more = f" and {n_same[row] - 2:,} more" if n_same[row] > 2 else ""
            found.append(f"exact copy of {material.ids[other]}{more}")
            continue
        index, number = graph.index[row], material.near.number
        place = int(((number[index] == number[row]) & (index >= 0)).argmax())
        nearest, distance = index[place], float(graph.distance[row, place])
        share = distance / material.near.usual if distance else 0.0
        how = f"{share:.1%} of the usual distance" if share else "their features are the same"
        found.append(f"nearly the same as {material.ids[nearest]}: {how}")
    return found


def _contradiction(material: Material, row: int, members: np.ndarray) -> str:
    """Which member of the set has which other label, the exact copies first."""
    labels, copies = material.labels, material.copies
    others = members[labels[members] != labels[row]]
    exact = others[copies[others] == copies[row]]
    other = int(exact[0] if len(exact) else others[0])
    likeness = "exact copy of" if len(exact) else "nearly the same as"
    name = material.names(labels[[other]])[0]
    more = f" (of the {len(members):,} in the set, {len(others):,} have another label)" if len(members) > 2 else ""
    return f"{likeness} {material.ids[other]}, labelled {name}{more}"
