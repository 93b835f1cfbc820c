"""How many real errors are left and whether to go on, in the Inspector's head and beside the suspects."""

from __future__ import annotations

import numpy as np
import streamlit as st

from labelaudit.curve import chart, curve
from labelaudit.ordering import LEARNED, review_order
from labelaudit.progress import EVERY, NOTE, Progress, progress
from labelaudit.tasks import TASKS
from labelaudit.ui import folding, session
from labelaudit.ui.opened import EVERYTHING, Opened
from labelaudit.ui.session import MIXES

OPEN = "stopping"  # the key of the panel
STEP = 5  # decisions between one estimate in the head line and the next; the panel is always up to date


def show(opened: Opened) -> None:
    """Draw in one line how many real errors are left; unfolded, what to do, the curve, and the random sample."""
    if line := _headline(opened):
        st.markdown(line, width="content")
    if (panel := folding.panel("When to stop", ":material/flag:", OPEN)) is not None:
        with panel:
            _panel(opened)


def note(opened: Opened, position: int) -> list[str]:
    """Say of an example that it is of the random sample, if it is."""
    return ["from the random sample"] if position in opened.drawn else []


def real(opened: Opened) -> str:
    """Say how many of the suspects are real errors, beside their number."""
    suspect = opened.plain["is_issue"].to_numpy()
    found, left = int((opened.reviewed.error & suspect).sum()), _latest(opened).suspects
    if left is None:
        return "How many are real errors? A review with a random sample in it tells."
    low, likely, high = (found + number for number in (left.low, left.likely, left.high))
    return f"About {likely:,} are real errors ({low:,} to {high:,}); {found:,} of them found."


def _headline(opened: Opened) -> str:
    made = _latest(opened)
    if made.suspects is None or not made.suspects_left:
        return ""
    return f"· about **{made.suspects.likely:,} real errors** left"


def _panel(opened: Opened) -> None:
    """What was found, what is left and what to do, the curve, and the choice of the sample."""
    score, queue = _score(opened), _suspects(opened)
    made = progress(opened.reviewed, opened.lots, score, queue)
    st.markdown(f"##### {made.advice}")
    st.markdown("  \n".join(made.sentences()))
    if made.reviewed:
        unit = TASKS[opened.dataset.task].unit
        st.altair_chart(
            chart(curve(opened.reviewed, made, score, queue), unit=unit),
            key="curve",
            alt=f"Line: real errors found against {unit}s reviewed, and how many more are expected",
        )
    _sample(opened, made)
    st.caption(NOTE)


def _sample(opened: Opened, made: Progress) -> None:
    """Mix the random sample in, or leave it out."""
    options = [0, *map(int, MIXES)]
    key = "mix-chosen"
    st.session_state[key] = opened.mix
    st.segmented_control(
        "Random sample in the queue",
        options,
        format_func=lambda every: f"1 in {every}" if every else "none",
        key=key,
        required=True,
        help="Examples drawn by lot, suspected or not, that come up among the others and say so. What they show holds "
        "for all that nobody looks at.",
        on_change=lambda: session.mix_in(st.session_state[key]),
    )
    if opened.mix and opened.selection not in EVERYTHING:
        st.caption("It is mixed in while all suspects or all examples are reviewed; drop the filters to get it.")
    elif not opened.mix and made.missing:
        st.caption(f"Without one, nothing can be said about what nobody looked at. 1 in {EVERY} is a good start.")
    elif made.drawn:
        st.caption(f"{made.drawn:,} drawn so far.")


def _score(opened: Opened) -> np.ndarray:
    """How likely each label is right, by what orders the queue where it says so."""
    if opened.rank == LEARNED and opened.learned is not None:
        return opened.learned[1]
    return opened.plain["score"].to_numpy(dtype=float)


def _suspects(opened: Opened) -> np.ndarray:
    """The suspects in the order of review."""
    suspect = opened.plain["is_issue"].to_numpy(dtype=bool)
    if opened.selection in EVERYTHING:
        return np.asarray(opened.queue[suspect[opened.queue]])
    return review_order(suspect, _score(opened))


def _latest(opened: Opened) -> Progress:
    """The figures as of some decisions ago at most, which is enough for a line that is drawn at each one."""
    count = len(opened.decisions) // STEP * STEP
    last = opened.decisions[count - 1].key if count else ""
    return _measured(opened.workspace.owner, opened.audit.id, opened.blind, count, last, opened.rank, opened)


@st.cache_resource(max_entries=16, show_spinner=False)
def _measured(owner: str, audit_id: str, blind: bool, count: int, last: str, rank: str, _opened: Opened) -> Progress:
    return progress(_opened.reviewed, _opened.lots, _score(_opened), _suspects(_opened))
