"""In which order the examples come up, and what a ranking that learns has learned."""

from __future__ import annotations

import streamlit as st

from labelaudit.learning import EVERY, FIRST
from labelaudit.ordering import LEARNED, ORDERS, detectors_of, orders_of
from labelaudit.ui import session
from labelaudit.ui.markdown import plain
from labelaudit.ui.opened import Opened
from labelaudit.why import title_of

HELP = "What orders the examples, the worst first: the combined score, a single detector, or"


def choose(opened: Opened, place: str = "") -> None:
    """Draw the choice of the order; it holds on all pages and is in the address.

    Parameters
    ----------
    opened : Opened
    place : str
        Tells one choice from another on the same page.
    """
    issue = opened.selection.issue
    titles = {"": f"by {title_of(opened.audit, issue).lower()}" if issue else "by the combined score"}
    orders = orders_of(opened.audit)
    titles |= {name: title_in(opened, name) for name in (*orders, *detectors_of(opened.audit))}
    meanings = [f"- **{title}**: {meaning}" for title, meaning in orders.values()]
    key = f"order{place}"
    st.session_state[key] = opened.rank
    st.selectbox(
        "Worst first",
        list(titles),
        format_func=titles.__getitem__,
        key=key,
        label_visibility="collapsed",
        width=230,
        help="\n".join([HELP, *meanings]),
        on_change=lambda: session.rank_by(st.session_state[key]),
    )
    if opened.rank == LEARNED:
        _learned(opened, place)


def title_in(opened: Opened, rank: str) -> str:
    """Say an order in the words of the menu: "by what was decided"."""
    return f"by {ORDERS[rank][0] if rank in ORDERS else title_of(opened.audit, rank).lower()}"


def _learned(opened: Opened, place: str) -> None:
    """What was learned, in words; and a word whenever that changed the order."""
    if opened.learned is None:
        missing = FIRST - len(opened.reviewed.in_order)
        st.caption(f"learns after {missing:,} more", width="content")
        return
    learned, _ = opened.learned
    before = st.session_state.get("learned", (opened.audit.id, 0))
    if before != (opened.audit.id, learned.decisions):
        st.session_state["learned"] = opened.audit.id, learned.decisions
        # What is open stays open, and the best of the new order comes next.
        position = st.session_state.get("position")
        st.session_state["led"] = None if position is None else (opened.audit.id, position)
        st.toast(f"The order changed: {learned.decisions:,} decisions learned.")
    with st.popover("Learned", key=f"learned{place}", type="tertiary", help="What the order learned"):
        st.markdown(f"**What the order learned from {learned.decisions:,} decisions**")
        told = learned.words(opened.voices, opened.dataset.class_names)
        st.markdown("\n".join(f"- {plain(words)}" for words in told) or "Nothing that the scores do not say already.")
        st.caption(
            f"It learns again after every {EVERY} decisions; in between, the order stays. The score of each example "
            "is as it was: choose another order to leave all this out."
        )
