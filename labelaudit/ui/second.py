"""The blind second review: what says so, and what has to wait until it is over."""

from __future__ import annotations

import streamlit as st

from labelaudit.ui import session
from labelaudit.ui.opened import Opened


def banner(opened: Opened) -> None:
    """Say that others' decisions are hidden, and offer to end that."""
    if not opened.blind:
        return
    with st.container(key="second", horizontal=True, vertical_alignment="center"):
        st.html("<div><b>Second review</b>: you don’t see what others decided, and they don’t see what you do.</div>")
        st.button("End it", key="end-second", icon=":material/visibility:", on_click=session.review, args=("",))


def require_sight(opened: Opened, purpose: str) -> None:
    """End the page in a second review, where it would show what others decided.

    Parameters
    ----------
    opened : Opened
    purpose : str
        What the page shows, as the end of "End it to see …".
    """
    if opened.blind:
        st.info(f"This would show what others decided. End the second review to see {purpose}.")
        session.write_address()
        st.stop()
