"""The people who review: how far each is, how fast, and when they were last at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from labelaudit.agreement import is_person
from labelaudit.decisions import DECIDING, Decision, in_force

PAUSE = 300  # seconds without a decision; a longer gap is no work


@dataclass(frozen=True)
class Reviewer:
    """What one person did so far.

    Parameters
    ----------
    name : str
    first, second, final : int
        Examples that they decided on in the review, blind, and as the final say.
    per_hour : float or None
        How many decisions an hour they take while they are at it: pauses of more than five minutes are left out, and
        what is decided in bulk counts once. None with fewer than two.
    last : str
        When they last decided, ISO 8601.
    """

    name: str
    first: int
    second: int
    final: int
    per_hour: float | None
    last: str


def reviewers(decisions: Sequence[Decision]) -> list[Reviewer]:
    """List the people who decided on something, who was at it last first.

    Parameters
    ----------
    decisions : sequence of Decision
        In log order.
    """
    by_name: dict[str, list[Decision]] = {}
    for decision in in_force(decisions):
        if decision.action in DECIDING and is_person(decision.actor):
            by_name.setdefault(decision.actor, []).append(decision)
    found = [
        Reviewer(
            name,
            first=_examples(theirs, ""),
            second=_examples(theirs, "second"),
            final=_examples(theirs, "final"),
            per_hour=pace(theirs),
            last=max(d.time for d in theirs),
        )
        for name, theirs in by_name.items()
    ]
    return sorted(found, key=lambda reviewer: reviewer.last, reverse=True)


def _examples(decisions: Sequence[Decision], stage: str) -> int:
    return len({d.id for d in decisions if d.stage == stage})


def pace(decisions: Sequence[Decision]) -> float | None:
    """Return how many decisions an hour somebody takes, pauses left out; see `Reviewer`."""
    moments = sorted({datetime.fromisoformat(d.time).timestamp() for d in decisions if d.time})
    gaps = np.diff(moments)
    working = gaps[gaps <= PAUSE]
    return 3600 * len(working) / float(working.sum()) if len(working) else None


def decided_by(decisions: Sequence[Decision], name: str, stage: str = "") -> list[str]:
    """List the ids of the examples that somebody decided on in a stage, in log order."""
    theirs = (d.id for d in in_force(decisions) if d.actor == name and d.stage == stage and d.action in DECIDING)
    return list(dict.fromkeys(theirs))
