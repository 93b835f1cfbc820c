"""What was decided in the moment in which the Inspector was left reaches the log from the page that comes next."""

from __future__ import annotations

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from labelaudit.ui import deck_events, zoom
from labelaudit.ui.opened import Opened


@st.cache_resource(show_spinner=False)
def _component() -> ComponentRenderer:
    return st.components.v2.component("labelaudit.postman", html="<i></i>", js=zoom.source("postman.js"))


def deliver(opened: Opened) -> None:
    """Ask the browser for decisions that wait there, on a page without the deck, and write them."""
    box = deck_events.inbox(opened.audit.id)
    sent = (st.session_state.get("postman") or {}).get("sent") or {}
    done = [event["key"] for event in sent.get("events", []) if event["key"] in box.done]
    with st.container(key="visitor-postman"):  # which style.py hides
        result = _component()(data={"run": opened.audit.id, "done": done}, key="postman", on_sent_change=_received)
    if result.sent and deck_events.receive(opened, result.sent):
        st.rerun()


def _received() -> None:
    """Streamlit keeps only the states that have a callback; what came is read where the component is drawn."""
