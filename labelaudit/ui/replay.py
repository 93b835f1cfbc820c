"""The Replay tab: the corrections as an animation that the browser plays, and as a file to take along."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from labelaudit import replay
from labelaudit.errors import BadInput
from labelaudit.ui import visitor
from labelaudit.ui.markdown import plain
from labelaudit.ui.opened import Opened

HTML = '<div class="la-replay"></div>'
MOUNT = """
// Streamlit calls this at each run of the page; what plays goes on as long as the decisions are the same.
export default function ({data, parentElement}) {
  const root = parentElement.querySelector(".la-replay");
  const text = JSON.stringify(data);
  if (root.played === text) return;
  root.played = text;
  play(root, data);
}
"""


def show(opened: Opened) -> None:
    """Draw the player; where nothing was decided, say what to do."""
    if not opened.decided.any():
        with st.container(border=True):
            st.subheader("There is nothing to play yet")
            st.write(
                "Once labels are decided on, this plays what that did to them: heatmap, scatter and health from before "
                "the first decision to now, for a talk or a report."
            )
            st.page_link("pages/6_Inspector.py", label="Review the suspects", icon=":material/rate_review:")
        return
    last = opened.decisions[-1].key
    try:
        data = _played(opened.workspace.owner, opened.audit.id, len(opened.decisions), last, opened)
    except BadInput as error:
        st.info(plain(visitor.sentence(error)), icon=":material/movie_off:")
        return
    _component()(data=data, key="replay", height="content")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Download as one HTML file",
            partial(replay.page, data),
            "replay.html",
            "text/html",
            icon=":material/download:",
            key="download-replay",
            on_click="ignore",
        )
        st.caption("Plays offline, in any browser. Decisions that were taken back are not in it.")


@st.cache_resource(max_entries=4, show_spinner="Working out what each decision did …")
def _played(owner: str, audit_id: str, decisions: int, last: str, _opened: Opened) -> dict[str, Any]:
    return replay.replay(_opened.audit, _opened.decisions)


@st.cache_resource(show_spinner=False)
def _component() -> ComponentRenderer:
    return st.components.v2.component("labelaudit.replay", html=HTML, css=replay.CSS, js=replay.JS + MOUNT)
