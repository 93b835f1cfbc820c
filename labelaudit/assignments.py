"""Work that is shared out: who is to review what, blind or not, and how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from labelaudit.agreement import is_person
from labelaudit.decisions import DECIDING, Decision, effective, in_force
from labelaudit.errors import BadInput
from labelaudit.reviewers import check_name, pace
from labelaudit.selection import Selection
from labelaudit.store import Slice


@dataclass(frozen=True)
class Assignment:
    """A slice that somebody is to review, and how far they are.

    Parameters
    ----------
    slice : Slice
    total, decided : int
        How many examples it has, and on how many of them it is decided: in a first review by anyone, in a second review
        by the one whose it is.
    per_hour : float or None
        Their pace in all that they decide, the same wherever it is shown; see `labelaudit.reviewers.Reviewer`.
    last : str
        When they last decided on one of its examples, ISO 8601; empty for never.
    """

    slice: Slice
    total: int
    decided: int
    per_hour: float | None
    last: str

    @property
    def left(self) -> int:
        """How many examples are left."""
        return self.total - self.decided


def assignment(wanted: Slice, ids: Sequence[str], decisions: Sequence[Decision]) -> Assignment:
    """Say how far an assigned slice is.

    Parameters
    ----------
    wanted : Slice
    ids : sequence of str
        Of the examples that it selects.
    decisions : sequence of Decision
        The whole log, in log order.
    """
    chosen = set(ids)
    all_theirs = [d for d in in_force(decisions) if d.actor == wanted.reviewer and d.action in DECIDING]
    theirs = [d for d in all_theirs if d.stage == wanted.stage and d.id in chosen]
    if wanted.stage == "second":
        decided = {d.id for d in theirs}
    else:
        now = effective(decisions)
        decided = chosen & set(now.loc[now["action"].isin(DECIDING), "id"])
    return Assignment(wanted, len(chosen), len(decided), pace(all_theirs), max((d.time for d in theirs), default=""))


def dealt(ids: Sequence[str], names: Sequence[str]) -> dict[str, list[str]]:
    """Deal examples out like cards, so that each person gets as many of the worst as of the best.

    Parameters
    ----------
    ids : sequence of str
        In the order of review.
    names : sequence of str
    """
    return {name: list(ids[place :: len(names)]) for place, name in enumerate(names)}


def drawn(ids: Sequence[str], share: float, seed: int) -> list[str]:
    """Draw a share of the examples at random, at least one, in their order.

    Parameters
    ----------
    ids : sequence of str
    share : float
        From 0 to 1.
    seed : int
    """
    n = min(len(ids), max(1, round(share * len(ids))))
    places = np.random.default_rng(seed).choice(len(ids), n, replace=False)
    return [ids[place] for place in sorted(places)]


def people(decisions: Sequence[Decision], slices: Sequence[Slice]) -> list[str]:
    """List everyone who decided on something or is to review something, by name."""
    names = {d.actor for d in decisions if is_person(d.actor)} | {s.reviewer for s in slices}
    return sorted(names - {""}, key=str.casefold)


def named(names: Sequence[str], first: str = "") -> list[str]:
    """Return the names of those who get something to review, as they stand in the log.

    Parameters
    ----------
    names : sequence of str
        As they were typed.
    first : str
        Whose decisions are reviewed blind, which is nothing for themselves.

    Raises
    ------
    BadInput
        A name can't be one, a person is named twice, or would give a second opinion on their own decisions.
    """
    found = [name if "@" in name else check_name(name) for name in names]
    if len(set(found)) < len(found):
        raise BadInput("somebody is named twice; name each person once.")
    if first and first in found:
        raise BadInput(f"{first!r} can't review their own decisions blind; choose somebody else.")
    return found


def free_name(name: str, slices: Sequence[Slice]) -> str:
    """Return a name that no slice has: this one, or with the first number that is free."""
    taken = {s.name for s in slices}
    if name not in taken:
        return name
    return next(f"{name} ({n})" for n in range(2, len(taken) + 3) if f"{name} ({n})" not in taken)


def frozen(selection: Selection, ids: Sequence[str]) -> Selection:
    """Return a selection of the same examples that stays the same while they are decided on."""
    return replace(Selection(), ids=tuple(ids)) if selection.changes else selection
