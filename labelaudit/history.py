"""The history: who decided what and when, which of it was taken back, and what of it one wants to see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from labelaudit.decisions import Decision, undone_batches
from labelaudit.labels import decode
from labelaudit.text import count_of


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which entries of the log are meant; what is left empty does not matter.

    Parameters
    ----------
    id : str
        The example; what took a decision about it back counts as well.
    actors, actions : tuple of str
        Any of these.
    before, after : str
        A label as JSON text.
    text : str
        Somewhere in the reason, the comment or the tags, in whatever case.
    since, until : str
        First and last day, ISO 8601, UTC.
    batch : str
        What one undo takes back.
    undone : bool, optional
        Only what was taken back, or only what was not.
    """

    id: str = ""
    actors: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    text: str = ""
    since: str = ""
    until: str = ""
    batch: str = ""
    undone: bool | None = None

    def applied(self, log: Sequence[Decision]) -> list[Decision]:
        """Return the entries that are meant, in log order.

        Parameters
        ----------
        log : sequence of Decision
            Whole, since an entry may take back one before it.
        """
        undone = undone_batches(log)
        about = {d.batch for d in log if d.id == self.id} if self.id else set()
        sought = self.text.casefold()
        return [
            d
            for d in log
            if (not self.id or d.id == self.id or taken_back(d) in about)
            and (not self.actors or d.actor in self.actors)
            and (not self.actions or d.action in self.actions)
            and (not self.before or d.before == self.before)
            and (not self.after or d.after == self.after)
            and (not sought or sought in _written(d).casefold())
            and self.since <= d.time[:10]
            and (not self.until or d.time[:10] <= self.until)
            and (not self.batch or d.batch == self.batch)
            and (self.undone is None or (d.batch in undone) == self.undone)
        ]


def taken_back(decision: Decision) -> str | None:
    """Return the batch that an undo takes back; None for everything else."""
    return decode(decision.after) if decision.action == "undo" else None


def _written(decision: Decision) -> str:
    """What somebody typed or chose, apart from labels."""
    tags = " ".join(decode(decision.after) or ()) if decision.action == "tag" else ""
    return f"{decision.reason}\n{decision.comment}\n{tags}"


def id_and_part(decision: Decision) -> str:
    """Name what a decision is about, as it stands in the log."""
    return " ".join(filter(None, (decision.id, decision.part)))


def told(decision: Decision, log: Sequence[Decision], name: Callable[[Decision], str] = id_and_part) -> str:
    """Say what an entry did, and of an undo what it was about.

    Parameters
    ----------
    decision : Decision
    log : sequence of Decision
        Whole: what an undo took back stands there.
    name : callable
        ``(decision) -> what it is about``, for a person.
    """
    if decision.action != "undo":
        return WORDS[decision.action]
    back = about = _before(decision, log)
    while about and about[0].action == "undo":
        about = _before(about[0], log)
    did = f"took back {'a decision' if len(back) == 1 else count_of(len(back), 'decision')}"
    if back and back[0].action == "undo":
        did = "redid what was undone"
    first = name(about[0]) if about else ""  # nothing for a class that was renamed
    more = f" and {len(about) - 1:,} more" if len(about) > 1 else ""
    return f"{did}: {first}{more}" if first else did


def _before(undo: Decision, log: Sequence[Decision]) -> list[Decision]:
    """What an undo took back; only what stands before it, so that a forged log has no circle."""
    batch = taken_back(undo)
    return [d for d in log if d.batch == batch and d.seq < undo.seq]


WORDS = {
    "set": "set",
    "keep": "kept",
    "exclude": "excluded",
    "ambiguous": "ambiguous",
    "skip": "skipped",
    "add": "added",
    "delete": "deleted",
    "tag": "tagged",
    "rename": "renamed a class",
    "undo": "undone",
}
