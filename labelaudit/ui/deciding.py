"""What a key, a button or the table does: one decision in the log, and on to the next example."""

from __future__ import annotations

import numpy as np
import streamlit as st

from labelaudit.dataset import encode
from labelaudit.review import Decision
from labelaudit.ui import session
from labelaudit.ui.markdown import plain
from labelaudit.ui.session import Opened

N_DIGITS = 5  # classes that have a key, the likeliest first, where their names are none
DIGITS = "0123456789"


def open_row(position: int) -> None:
    """Show an example, and mark it in the table."""
    st.session_state["position"] = st.session_state["marked"] = position


def visit(position: int, before: int) -> None:
    """Show an example that is not in the queue, a neighbour perhaps; the queue goes on with the one it came from."""
    visited = st.session_state.get("visited")
    st.session_state["visited"] = (position, visited[1] if visited and visited[0] == before else before)
    open_row(position)


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


def likeliest(opened: Opened, position: int) -> np.ndarray:
    """Order the classes by the model's probability for one example."""
    return np.argsort(-opened.audit.outputs["pred_probs"][position], kind="stable")


def class_keys(opened: Opened, position: int) -> dict[str, int]:
    """Say which digit is the key of which class: its name where all classes are digits, else its rank for the model."""
    names = opened.dataset.class_names
    if set(names) <= set(DIGITS):
        return {name: code for code, name in enumerate(names)}
    likely = likeliest(opened, position)[:N_DIGITS].tolist()
    return {str(rank): code for rank, code in enumerate(likely, start=1)}


def decision(opened: Opened, position: int, action: str, after: str | None = None, batch: str = "") -> Decision:
    """Make a decision of this reviewer on one example.

    Parameters
    ----------
    opened : Opened
    position : int
    action : str
        ``set``, ``keep``, ``exclude`` or ``skip``.
    after : str, optional
        The label as JSON text, for ``set``.
    batch : str
        What one undo takes back together.
    """
    row = opened.plain.iloc[position]
    given = row["given"] if isinstance(row["given"], str) else None
    return Decision(
        actor=session.reviewer(),
        action=action,
        id=str(row["id"]),
        before=given,
        after={"set": after, "keep": given}.get(action),
        reason=st.session_state.get("reason", "").strip(),
        batch=batch,
        base=opened.decisions[-1].seq if opened.decisions else 0,
        fingerprint=opened.dataset.data_fingerprint,
        run=opened.audit.id,
    )


@session.telling()
def decide(opened: Opened, queue: np.ndarray, position: int, action: str, after: str | None = None) -> None:
    """Write a decision and go to the next example without one."""
    opened.decide([decision(opened, position, action, after)])
    st.session_state["reason"] = ""
    place = int(np.flatnonzero(queue == position)[0])
    later = left_of(opened, np.concatenate([queue[place + 1 :], queue[:place]]))
    open_row(int(later[0] if len(later) else queue[min(place + 1, len(queue) - 1)]))


@session.telling()
def undo(opened: Opened) -> None:
    """Take back the last decision, and go to its example."""
    batch = opened.workspace.log.undo(opened.dataset.data_fingerprint, session.reviewer())
    if batch is None:
        session.tell("There is nothing to undo.")
        return
    ids = [d.id for d in opened.decisions if d.batch == batch]
    positions = opened.audit.positions(ids)
    if (positions >= 0).any():
        open_row(int(positions[positions >= 0].min()))
    session.tell(
        f"Took back the decision on {plain(ids[0])}." if len(ids) == 1 else f"Took back {len(ids):,} decisions."
    )


def press(opened: Opened, queue: np.ndarray, position: int, key: str) -> None:
    """Do what a key stands for; the buttons have the same keys.

    Parameters
    ----------
    opened : Opened
    queue : ndarray
        Positions in the order of review.
    position : int
        The example that is open.
    key : str
        ``a``, ``k``, ``x``, ``s``, ``u`` or one of `class_keys`; others do nothing.
    """
    suggested = opened.plain["suggested"].iloc[position]
    if key == "u":
        undo(opened)
    elif key == "a" and isinstance(suggested, str):
        decide(opened, queue, position, "set", suggested)
    elif key in ("k", "x", "s"):
        decide(opened, queue, position, {"k": "keep", "x": "exclude", "s": "skip"}[key])
    elif (code := class_keys(opened, position).get(key)) is not None:
        decide(opened, queue, position, "set", encode(opened.dataset.classes[code]))
