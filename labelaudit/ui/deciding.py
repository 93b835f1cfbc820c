"""What a key, a button or the table does: decisions in the log, and which example comes next."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from labelaudit.errors import BadInput
from labelaudit.labels import encode
from labelaudit.review import Decision
from labelaudit.tasks import TASKS
from labelaudit.ui import session
from labelaudit.ui.opened import Opened

N_DIGITS = 9  # classes that have a key, the likeliest first, where their names are none
DIGITS = "0123456789"
# What can be decided on an example, and the action that the log knows it by.
CHOICES = {
    "accept": "set",
    "class": "set",
    "value": "set",
    "keep": "keep",
    "exclude": "exclude",
    "skip": "skip",
    "ambiguous": "ambiguous",
}


@dataclass(frozen=True)
class Choice:
    """What somebody decided on some examples at once.

    Parameters
    ----------
    what : str
        One of `CHOICES`.
    positions : sequence of int
    code : int or str, optional
        The class, for ``class``; the number as it was typed, for ``value``.
    reason, comment : str
    base : sequence of int
        The last `seq` of the log that was seen about each of them.
    key : str
        Names it everywhere; one undo takes all of it back.
    """

    what: str
    positions: Sequence[int]
    code: int | str | None = None
    reason: str = ""
    comment: str = ""
    base: Sequence[int] = ()
    key: str = ""


def open_row(position: int, *, mark: bool = True) -> None:
    """Show an example, and mark it in the table unless it is there that it was opened."""
    st.session_state["position"] = position
    if mark:
        mark_row(position)
    st.session_state["jumps"] = st.session_state.get("jumps", 0) + 1  # the browser goes where it is told only once


def mark_row(position: int | None) -> None:
    """Mark an example in the table, with the last that was done there: what is done after that has moved on."""
    st.session_state["marked"] = position, st.session_state.get("touched", "fresh")


def visit(position: int, before: int) -> None:
    """Show an example that is not in the queue, a neighbour perhaps; the queue goes on with the one it came from."""
    come_from(position, before)
    open_row(position)


def come_from(position: int, before: int) -> None:
    """Note from which example of the queue one that may not be in it was opened."""
    visited = st.session_state.get("visited")
    st.session_state["visited"] = (position, visited[1] if visited and visited[0] == before else before)


def with_visited(queue: np.ndarray) -> np.ndarray:
    """Put the example that is visited into the queue, before the one that it was opened from."""
    position, before = st.session_state.get("visited") or (None, None)
    if position is None or position != st.session_state.get("position") or position in queue:
        return queue
    place = np.flatnonzero(queue == before)
    return np.insert(queue, place[0] if len(place) else 0, position)


def left_of(opened: Opened, queue: np.ndarray) -> np.ndarray:
    """List what is left of a queue: what nobody decided on, then what was skipped."""
    actions = opened.table["action"].to_numpy()[queue]
    return np.concatenate([queue[actions == ""], queue[actions == "skip"]])


def after(opened: Opened, queue: np.ndarray, position: int) -> np.ndarray:
    """List what is left of a queue after an example, and then what is left before it."""
    place = int(np.flatnonzero(queue == position)[0])
    return left_of(opened, np.concatenate([queue[place + 1 :], queue[:place]]))


def class_keys(opened: Opened, position: int) -> list[tuple[str, int, float]]:
    """Say which digit is the key of which class, and how likely that is.

    The digit is the class's name where all classes are digits, else its rank for the model.
    """
    names = opened.dataset.class_names
    options = TASKS[opened.dataset.task].options(opened.audit, position)
    if names and set(names) <= set(DIGITS):
        return [(names[code], code, p) for code, p in sorted(options)]
    return [(str(rank), code, p) for rank, (code, p) in enumerate(options[:N_DIGITS], start=1)]


def places_of(opened: Opened, decisions: Sequence[Decision]) -> np.ndarray:
    """Find what decisions are about among the audited units; -1 where it is not there."""
    return opened.audit.positions([d.id for d in decisions], [d.part for d in decisions])


def decisions(opened: Opened, choice: Choice) -> list[Decision]:
    """Make the decisions of this reviewer; where nothing is suggested there is nothing to accept.

    Parameters
    ----------
    opened : Opened
    choice : Choice

    Returns
    -------
    list of Decision
        One per example; one undo takes all of them back.
    """
    action, rows = CHOICES[choice.what], opened.plain.iloc[list(choice.positions)]
    chosen = _chosen(opened, choice)
    seen = list(choice.base) or [last_seq(opened)] * len(rows)
    made = []
    columns = (rows[name] for name in ("id", "part", "given", "suggested"))
    for id_, part, given, suggested, base in zip(*columns, seen, strict=True):
        before = given if isinstance(given, str) else None
        label = {"accept": suggested, "class": chosen, "value": chosen, "keep": before}.get(choice.what)
        if action == "set" and not isinstance(label, str):
            continue
        made.append(
            Decision(
                actor=session.reviewer(),
                action=action,
                id=str(id_),
                part=part,
                before=before,
                after=label,
                reason=choice.reason.strip(),
                comment=choice.comment.strip(),
                batch=choice.key,
                key="/".join(filter(None, (choice.key, str(id_), part))) if choice.key else "",
                base=base,
                fingerprint=opened.dataset.data_fingerprint,
                run=opened.audit.id,
            )
        )
    return made


def _chosen(opened: Opened, choice: Choice) -> str | None:
    """Write the class or the number that was chosen as JSON text; None for neither.

    Raises
    ------
    BadInput
        What should be a number is none.
    """
    if choice.what == "class" and choice.code is not None:
        return encode(opened.dataset.classes[int(choice.code)])
    if choice.what != "value":
        return None
    if opened.dataset.numerals is None:
        raise BadInput("labels are classes here, so none can be a number; reload the page.")
    return encode(opened.dataset.numerals.typed(str(choice.code)))


def last_seq(opened: Opened) -> int:
    """Return the last number in the log that this page knows."""
    return opened.decisions[-1].seq if opened.decisions else 0


def steps(log: Sequence[Decision], actor: str) -> tuple[list[str], list[str]]:
    """Return what somebody can take back, and what can be done again, the latest last.

    Parameters
    ----------
    log : sequence of Decision
        In log order.
    actor : str

    Returns
    -------
    undo, redo : list of str
        Batches. A new decision ends what could be done again.
    """
    undo: dict[str, None] = {}  # in order
    redo: dict[str, str] = {}  # by the batch of the undo, which is what a redo takes back
    for decision in log:
        if decision.action != "undo":
            if decision.actor == actor and decision.batch not in undo:
                undo[decision.batch] = None
                redo.clear()
            continue
        target = json.loads(decision.after or '""')
        if target in undo:
            del undo[target]
            redo[decision.batch] = target
        elif target in redo:
            undo[redo.pop(target)] = None
    return list(undo), list(redo.values())
