"""Decisions that come too late: somebody else decided on the same since what they were made on."""

from __future__ import annotations

from collections.abc import Sequence

from labelaudit.decisions import Decision, in_force


def overtaken(decisions: Sequence[Decision], log: Sequence[Decision]) -> list[tuple[Decision, Decision | None]]:
    """Return the decisions about something that changed after their `base`, each with what is in force now.

    Labels, the second opinions of each reviewer, and tags are apart: a new tag does not keep anyone from deciding.
    Nor does a skip, which leaves an example as undecided as it was.

    Parameters
    ----------
    decisions : sequence of Decision
        What is to be written.
    log : sequence of Decision
        What is there, in log order.
    """
    ids = {decision.id for decision in decisions}
    about = [d for d in log if d.action == "undo" or d.id in ids]
    now = standing(about)
    late: list[tuple[Decision, Decision | None]] = []
    for base in {decision.base for decision in decisions}:
        seen = standing([d for d in about if d.seq <= base])
        for decision in (d for d in decisions if d.base == base and d.action != "undo"):
            place = channel(decision)
            if seen.get(place) is not now.get(place):
                late.append((decision, now.get(place)))
    return late


def overturned(undo: Decision, batch: str, log: Sequence[Decision]) -> list[tuple[Decision, Decision | None]]:
    """Return what an undo or a redo would change although somebody else decided on it later.

    Parameters
    ----------
    undo : Decision
        What is to be written.
    batch : str
        What it takes back or brings back.
    log : sequence of Decision
        What is there, in log order.

    Returns
    -------
    list of (Decision, Decision)
        What would be taken back or brought back, and the later decision in force that would give way to it.
    """
    ids = {d.id for d in log if d.batch == batch}
    about = [d for d in log if d.action == "undo" or d.id in ids]
    before, after = standing(about), standing([*about, undo])
    found: list[tuple[Decision, Decision | None]] = []
    for place, theirs in before.items():
        mine = after.get(place)
        if mine is None or theirs.batch == batch:  # what is taken back gives way to what stood before it
            continue
        if mine.seq < theirs.seq and mine.actor != theirs.actor:
            found.append((mine, theirs))
    return found


def standing(log: Sequence[Decision]) -> dict[tuple[str, str, str], Decision]:
    """Return what each channel says now, skips left out; the final say stands whatever the review says later."""
    last = {channel(d): d for d in sorted(in_force(log), key=lambda d: d.stage == "final")}
    return {place: decision for place, decision in last.items() if decision.action != "skip"}


def channel(decision: Decision) -> tuple[str, str, str]:
    """Return what a decision is about: the last one in force about it is what counts."""
    if decision.action == "tag":
        return decision.id, "", "tags"
    if decision.action == "rename":
        return "", "", f"class {decision.before}"
    return decision.id, decision.part, f"second {decision.actor}" if decision.stage == "second" else "labels"
