"""By which detector the examples are ordered."""

from __future__ import annotations

import streamlit as st

from labelaudit.ordering import detectors_of
from labelaudit.ui import session
from labelaudit.ui.session import Opened
from labelaudit.why import title_of


def choose(opened: Opened, place: str = "") -> None:
    """Draw the choice of the order; it holds on all pages and is in the address.

    Parameters
    ----------
    opened : Opened
    place : str
        Tells one choice from another on the same page.
    """
    issue = opened.selection.issue
    usual = f"by {title_of(opened.audit, issue).lower()}" if issue else "by the combined score"
    titles = {"": usual, **{name: f"by {title_of(opened.audit, name).lower()}" for name in detectors_of(opened.audit)}}
    key = f"order{place}"
    st.session_state[key] = opened.rank
    st.selectbox(
        "Worst first",
        list(titles),
        format_func=titles.__getitem__,
        key=key,
        label_visibility="collapsed",
        width=230,
        help="What orders the examples, the worst first: the combined score, or a single detector",
        on_change=lambda: session.rank_by(st.session_state[key]),
    )
