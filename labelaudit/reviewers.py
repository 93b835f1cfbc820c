"""The people who review: how far each is, how fast, and when they were last at it."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from labelaudit.agreement import is_person
from labelaudit.decisions import DECIDING, RULE, Decision, in_force
from labelaudit.errors import BadInput

LONGEST_NAME = 60
PAUSE = 300  # seconds without a decision; a longer gap is no work


def check_name(typed: str) -> str:
    """Return a typed name as it stands in the log.

    Who signed in stands there with an e-mail address (or ``id@issuer``), so a typed name has no ``@``, in whatever
    width it is written, and can't be taken for one of them; nor for a rule.

    Raises
    ------
    BadInput
        It is empty, too long, or could be taken for somebody who signed in or for a rule.
    """
    name = " ".join(unicodedata.normalize("NFKC", typed).split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise BadInput(f"a name has 1 to {LONGEST_NAME} letters; type a shorter one, or your initials.")
    if "@" in name:
        raise BadInput("names with @ belong to those who sign in; type your name without it, or sign in.")
    if not is_person(name.casefold()):
        raise BadInput(f"names that begin with {RULE!r} belong to rules; type your own name.")
    return name


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


def second_opinions(decisions: Sequence[Decision], name: str) -> list[Decision]:
    """Return the part of the log that one person sees in a blind second review.

    Their own second opinions and what took these back; in log order, as all of the log.
    """
    found, batches = [], set()
    for decision in decisions:
        if decision.action == "undo":
            theirs = json.loads(decision.after or '""') in batches
        else:
            theirs = decision.stage == "second" and decision.actor == name
        if theirs:
            found.append(decision)
            batches.add(decision.batch)
    return found
