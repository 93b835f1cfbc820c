"""The Inspector: how far the review is, the three views of the queue, and the deck that decides."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from labelaudit.selection import Selection
from labelaudit.tasks import TASKS
from labelaudit.text import count_of
from labelaudit.ui import bar, deciding, deck, grid, history, keys, order, reaudit, session, stopping, tags
from labelaudit.ui.deck import Mode
from labelaudit.ui.markdown import plain
from labelaudit.ui.opened import Opened
from labelaudit.why import title_of

VIEWS = {"One by one": "one", "Cards": "cards", "Table": "beside"}  # the last two words of the deck


@st.fragment
def show(audit_id: str) -> None:
    """Draw the page; a decision draws only this again.

    Parameters
    ----------
    audit_id : str
        The audit; what it holds is read anew at each run, since decisions change.
    """
    opened = session.require_audit("the suspects one by one")
    bar.show(opened, deck=True)
    view, head = _head(opened)
    if len(opened.ranked) == 0:
        if opened.audit.manifest["counts"]["suspects"]:
            st.info(
                "No example matches the selection. Drop a filter in the bar above, or pick suspects on another page."
            )
        else:
            st.info("No label is suspected here, which does not say that all are right: look at the lowest scores.")
        if opened.selection:
            st.button(
                "Review all, the lowest scores first",
                icon=":material/sort:",
                key="review-all",
                on_click=session.select,
                args=(Selection(),),
            )
        return
    queue = deciding.with_visited(grid.queue_of(opened, opened.queue))
    position = _position(opened, queue)
    if position is not None:
        with head:
            history.of(opened, position)
    _done(opened)
    if view != "Table":
        st.session_state["ticked"] = []
        if position is None:
            st.info("No row matches the table's filter. Reset it in the column's menu of the table to go on.")
        else:
            deck.show(opened, queue, position, cast(Mode, VIEWS[view]))
            tags.edit(opened, position)
        return
    left, right = st.columns([7, 5], gap="medium")
    with left:
        grid.show(opened, queue, position)
    with right:
        if position is None:
            st.info("No row matches the table's filter. Reset it in the column's menu to go on.")
        else:
            deck.show(opened, queue, position, "beside")
            tags.edit(opened, position)


def _position(opened: Opened, queue: np.ndarray) -> int | None:
    """The example that is open: the chosen one, or the first that is left; None where the queue is empty."""
    chosen = st.session_state.get("position")
    if len(queue) == 0 or (chosen is not None and chosen in queue):
        return chosen if len(queue) else None
    first = int(np.append(deciding.left_of(opened, queue), queue[0])[0])
    deciding.open_row(first)
    return first


def _head(opened: Opened) -> tuple[str, DeltaGenerator]:
    """How far the review is, the search, the order and the keys; returns the view, and the row to add to."""
    issue = opened.selection.issue
    many, decided = int(opened.mask.sum()), int((opened.mask & opened.decided).sum())
    unit = "suspect" if opened.table["is_issue"].to_numpy()[opened.mask].all() else TASKS[opened.dataset.task].unit
    what = f"{many:,} {plain(title_of(opened.audit, issue).lower())}" if issue else count_of(many, unit)
    head = st.container(horizontal=True, vertical_alignment="center", key="head")
    with head:
        view = st.segmented_control(
            "View",
            list(VIEWS),
            default=st.session_state.get("last-view", "One by one"),  # other pages forget their widgets
            key="view",
            label_visibility="collapsed",
            required=True,
        )
        st.session_state["last-view"] = view
        st.markdown(f"**{what}**, {decided:,} decided, {many - decided:,} left", width="content")
        stopping.show(opened)
        st.space("stretch")
        key = f"search-{session.chart_key('inspector')}"
        st.text_input(
            "Search",
            opened.selection.search,
            key=key,
            placeholder="Search text or cells",
            label_visibility="collapsed",
            width=210,
            on_change=lambda: session.select(replace(session.selection(), search=st.session_state[key])),
        )
        order.choose(opened)
        keys.button()
    return str(view), head


def _done(opened: Opened) -> None:
    """Say so where all that is selected is decided, and what comes next."""
    if not bool((opened.mask & ~opened.decided).any()):
        with st.container(horizontal=True, vertical_alignment="center", key="done"):
            st.success("All of these are decided.", icon=":material/done_all:", width=260)
            st.page_link("pages/9_Export.py", label="Export the cleaned data", icon=":material/download:")
            st.page_link("pages/4_Heatmap.py", label="Choose the next slice", icon=":material/grid_on:")
            reaudit.offer(opened, "done")
