"""How far a review is: what was found, what is left, what comes next, and whether to go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labelaudit.decisions import Decision, in_force, was_seen
from labelaudit.stopping import HORIZON, LEVEL, SUSPECTED, Draws, Estimate, Lots, drawn_from, remaining, upcoming

if TYPE_CHECKING:
    import pandas as pd

    from labelaudit.result import Audit

FEW = 20  # decisions before the next ones are spoken about
WORTH = 5  # of `HORIZON`: fewer real errors are not worth the review
ONE_LOOK = 100  # decisions that one person takes at once and has seen; more of a kind are a rule
WRONG = ("error", "excluded")  # statuses in which the given label did not stand
RIGHT = ("kept", "ambiguous")  # an ambiguous one keeps its label
EVERY = 10  # places of the queue of which one is of the random sample


@dataclass(frozen=True, eq=False)
class Reviewed:
    """What a person found, example by example.

    Parameters
    ----------
    when : ndarray of shape (n,)
        The place in the log of what was first said of an example; infinity where nothing was.
    known, error : ndarray of shape (n,), bool
        Whether a person decided on it (a skip, a rule or a decision on a whole selection is none), and whether its
        given label did not stand: another one was set, or it was excluded.
    """

    when: np.ndarray
    known: np.ndarray
    error: np.ndarray

    @classmethod
    def of(cls, audit: Audit, table: pd.DataFrame, decisions: Sequence[Decision]) -> Reviewed:
        """Read the log.

        Parameters
        ----------
        audit : Audit
        table : DataFrame
            What `labelaudit.selection.with_decisions` returns, with n rows.
        decisions : sequence of Decision
            The whole log.
        """
        said = [d for d in in_force(decisions) if d.action not in ("tag", "rename")]
        sizes = Counter(d.batch for d in said)
        first: dict[tuple[str, str], int] = {}
        unseen: dict[tuple[str, str], bool] = {}
        for number, decision in enumerate(said):
            place = decision.id, decision.part
            first.setdefault(place, number)
            unseen[place] = not was_seen(decision) or sizes[decision.batch] > ONE_LOOK
        places = audit.positions([id_ for id_, _ in first], [part for _, part in first])
        there = places >= 0
        when, looked_at = np.full(len(table), np.inf), np.ones(len(table), dtype=bool)
        when[places[there]] = np.array(list(first.values()), dtype=float)[there]
        looked_at[places[there]] = ~np.array(list(unseen.values()), dtype=bool)[there]
        status = table["status"].to_numpy()
        error = np.isin(status, WRONG) & looked_at
        known = (error | (np.isin(status, RIGHT) & looked_at)) & np.isfinite(when)
        return cls(when, known, error & known)

    @property
    def seen(self) -> np.ndarray:
        """Which examples somebody was shown, or a rule decided on."""
        return np.asarray(np.isfinite(self.when))

    @property
    def in_order(self) -> np.ndarray:
        """Positions of the known ones in the order in which they were decided."""
        rows = np.flatnonzero(self.known)
        return np.asarray(rows[np.argsort(self.when[rows], kind="stable")])


def lots_of(audit: Audit, table: pd.DataFrame) -> Lots:
    """Return the lots of an audit's examples, which are the same for everybody who looks at these data."""
    score, suspect = table["score"].to_numpy(dtype=float), table["is_issue"].to_numpy(dtype=bool)
    return Lots.of(table["id"].to_list(), score, suspect, audit.codes >= 0)


@dataclass(frozen=True)
class Progress:
    """How far a review is.

    Parameters
    ----------
    reviewed, found, skipped : int
        Examples that a person decided on, the real errors among them, and those skipped or decided on unseen.
    drawn, missing : int
        Reviewed ones that the random sample brought up; how many more it takes for an estimate of all.
    suspects_left, ahead : int
        Suspects that nobody looked at; how many of the queue's next `HORIZON` there are.
    suspects, everywhere : Estimate or None
        Real errors among the suspects left; among all that nobody looked at.
    upcoming : Estimate or None
        Real errors among the `ahead` next ones.
    """

    reviewed: int
    found: int
    skipped: int
    drawn: int
    missing: int
    suspects_left: int
    ahead: int
    suspects: Estimate | None
    everywhere: Estimate | None
    upcoming: Estimate | None

    @property
    def done(self) -> bool:
        """Whether it is time to stop: no suspect is left, or hardly any of the next ones is an error."""
        if self.upcoming is None:
            return not self.suspects_left
        return self.upcoming.likely < max(1, WORTH * self.ahead / HORIZON)

    @property
    def advice(self) -> str:
        """Say in a sentence what to do."""
        if self.upcoming is not None:
            does = "Stop" if self.done else "Go on"
            return f"{does}: {self.upcoming} of the next {self.ahead:,} would be real errors."
        if self.done:
            return "Stop: no suspect is left."
        return f"Review {max(1, FEW - self.reviewed):,} more to learn what comes next."

    def sentences(self) -> list[str]:
        """Say what was found and what is left."""
        told = [f"{self.found:,} real errors found in {self.reviewed:,} reviewed."]
        if self.skipped:
            were = "was" if self.skipped == 1 else "were"
            told.append(f"{self.skipped:,} {were} skipped, or decided by a rule or in bulk, and not counted.")
        if self.suspects is not None and self.suspects_left:
            told.append(f"{self.suspects} remain among the {self.suspects_left:,} suspects left.")
        if self.everywhere is not None:
            told.append(f"{self.everywhere} remain in all that nobody looked at.")
        if self.missing:
            told.append(f"Review {self.missing:,} more of the random sample to learn how many remain.")
        return [sentence[0].upper() + sentence[1:] for sentence in told]


def progress(reviewed: Reviewed, lots: Lots, score: np.ndarray, queue: np.ndarray) -> Progress:
    """Measure how far a review is.

    Parameters
    ----------
    reviewed : Reviewed
        Of n examples.
    lots : Lots
    score : ndarray of shape (n,)
        By which the queue is ordered, low is bad; from 0 to 1.
    queue : ndarray of int
        Positions in the order of review, those that were seen included.
    """
    draws: list[Draws] = drawn_from(lots, reviewed.when, reviewed.error, reviewed.known)
    ahead = queue[~reviewed.seen[queue]][:HORIZON]
    known = reviewed.known
    suspects = draws[:SUSPECTED]
    return Progress(
        reviewed=int(known.sum()),
        found=int(reviewed.error.sum()),
        skipped=int((reviewed.seen & ~known).sum()),
        drawn=sum(len(stratum.error) for stratum in draws),
        missing=sum(stratum.missing for stratum in draws),
        suspects_left=sum(stratum.rest for stratum in suspects),
        ahead=len(ahead),
        suspects=remaining(suspects),
        everywhere=remaining(draws),
        upcoming=upcoming(score[known], reviewed.error[known], score[ahead])
        if known.sum() >= FEW and len(ahead)
        else None,
    )


NOTE = (
    f"Intervals hold the truth {LEVEL:.0%} of the time. What remains is counted from the random sample: from each part "
    "of the data, every example left is as likely to be drawn as any other, so neither the model nor the order of the "
    "review can bend it. What comes next follows from how the scores fared so far. A real error is a label that was "
    "changed or an example that was excluded; an ambiguous one keeps its label and is none. Skipped ones, and those "
    "decided on by a rule or with a whole selection, without a look at each, are not counted."
)
