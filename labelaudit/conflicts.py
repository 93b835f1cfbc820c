"""Conflicts: examples on which the review and the second opinions differ, and the final say that settles them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from labelaudit.agreement import category
from labelaudit.decisions import Decision, in_force

COLUMNS = ("id", "part", "state", "said", "actor", "stage", "time", "reason", "comment")


@dataclass(frozen=True)
class Conflict:
    """One example on which opinions differ.

    Parameters
    ----------
    id, part : str
    opinions : tuple of Decision
        What the review decided, first, if it did; then the last second opinion of each person.
    final : Decision or None
        What settled it.
    """

    id: str
    part: str
    opinions: tuple[Decision, ...]
    final: Decision | None = None


def conflicts(decisions: Sequence[Decision]) -> list[Conflict]:
    """List the examples on which opinions differ, those that are settled included.

    Parameters
    ----------
    decisions : sequence of Decision
        In log order.

    Returns
    -------
    list of Conflict
        In the order in which the examples were first decided on. In the review the last decision counts: who
        overwrites another's has seen it.
    """
    places: dict[tuple[str, str], dict[tuple[str, str], Decision]] = {}
    for decision in in_force(decisions):
        if decision.action != "tag":
            who = decision.actor if decision.stage == "second" else ""
            places.setdefault((decision.id, decision.part), {})[decision.stage, who] = decision
    found = []
    for (id_, part), last in places.items():
        final = last.pop(("final", ""), None)
        said = {key: what for key, decision in last.items() if (what := category(decision)) is not None}
        if len(set(said.values())) > 1:
            found.append(Conflict(id_, part, tuple(last[key] for key in sorted(said)), final))
    return found


def table(found: Sequence[Conflict]) -> pd.DataFrame:
    """Write conflicts as a table with one row per opinion, and one for the final say.

    Returns
    -------
    DataFrame with the columns `COLUMNS`
        ``state`` is ``open`` or ``settled``, ``said`` what `labelaudit.agreement.category` returns.
    """
    rows = [
        (
            conflict.id,
            conflict.part,
            "open" if conflict.final is None else "settled",
            category(d),
            d.actor,
            d.stage or "first",
            d.time,
            d.reason,
            d.comment,
        )
        for conflict in found
        for d in (*conflict.opinions, *([conflict.final] if conflict.final is not None else []))
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
