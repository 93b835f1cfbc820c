"""The Map tab: every example beside its neighbours; made when it is first asked for, and kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import streamlit as st

from labelaudit import planes
from labelaudit.drawing import on_the_map
from labelaudit.errors import LabelauditError
from labelaudit.jobs import Job
from labelaudit.map import seconds
from labelaudit.selection import Box
from labelaudit.tasks import TASKS
from labelaudit.ui import deciding, run, session
from labelaudit.ui.cards import card_html
from labelaudit.ui.opened import Opened, map_file

COLOURS: dict[Literal["class", "issue"], str] = {"class": "given class", "issue": "kind of issue"}
MOST_DRAWN = 5000  # points with an issue, one by one over a density


def show(opened: Opened) -> None:
    """Draw the map, or how far it is, or the way to have one."""
    if opened.places is not None:
        _draw(opened, opened.places)
        return
    path = map_file(opened.audit.id, opened.audit)
    if path is None:
        st.info(_why_none(opened), icon=":material/map:")
        return
    job = session.job(path.stem)
    if job is not None and job.active:
        run.progress(job)
        return
    _offer(opened, path.stem, job)


def _why_none(opened: Opened) -> str:
    """Say why there is no map, and what would help, if anything does."""
    task = TASKS[opened.dataset.task]
    if task.own_features:
        return (
            f"A map lays examples side by side that are alike. Here each {task.unit} is judged by itself and by what "
            "stands around it, not by others that are like it, so there is no map; Plane and Rank show all of them."
        )
    if not opened.dataset.feature_columns:
        return "There is nothing by which one example could be like another, so there is no map; see Plane and Rank."
    return "This audit looked for label errors alone and has no nearest neighbours; audit again with the other checks."


def _offer(opened: Opened, name: str, job: Job | None) -> None:
    """Say what the map is, and offer to make it."""
    with st.container(border=True):
        st.subheader("A map of all examples")
        st.write(
            "Examples that are alike lie side by side (UMAP). Islands are kinds of examples; a point in the wrong "
            "colour in the middle of one is worth a look. Distances between islands mean little."
        )
        if job is not None and job.state == "failed":
            session.show_error(job.work.error)
        elif job is not None and job.state == "cancelled":
            st.caption("Cancelled.")
        label = f"Make the map (about {seconds(len(opened.table)):.0f} s)"
        if st.button(label, type="primary", icon=":material/map:", key="make-map"):
            try:
                session.submit_map(opened, name)
            except LabelauditError as error:
                session.show_error(error)
                return
            st.rerun()


def _draw(opened: Opened, places: np.ndarray) -> None:
    by = st.segmented_control(
        "Colour by", list(COLOURS), default="class", format_func=COLOURS.__getitem__, key="map-by", required=True
    )
    points, bins, kinds = on_the_map(
        opened.audit, opened.table, places, opened.mask, by, all_up_to=planes.BINNED_ABOVE, most=MOST_DRAWN
    )
    key = session.chart_key("map")

    def marked() -> None:
        marks = st.session_state[key]["selection"]
        picked = [mark["position"] for mark in marks.get("picked", []) if "position" in mark]
        st.session_state["picked"] = int(picked[0]) if picked else None
        box = _box(marks.get("brush", {}))
        if box != session.selection().map and not picked:
            session.select(replace(session.selection(), map=box))

    left, right = st.columns([4, 1], gap="medium")
    with left:
        st.altair_chart(
            planes.plot_map(points, bins, kinds, box=opened.selection.map),
            key=key,
            on_select=marked,
            selection_mode=["brush", "picked"],
            alt=f"Map of {len(opened.table):,} examples by {COLOURS[by]}; examples that are alike lie side by side",
        )
    with right:
        _picked(opened)
    note = "Drag a box to select on all pages; click a point to look at it."
    if bins is not None:
        note += f" {len(opened.table):,} examples are drawn as density, and {len(points):,} with an issue one by one."
    st.caption(note)


def _picked(opened: Opened) -> None:
    """The example that was clicked, and the way to it."""
    position = st.session_state.get("picked")
    if position is None or position >= len(opened.table):
        st.caption("Click a point to see it here.")
        return
    with st.container(border=True):
        st.html(card_html(opened, position))
        if st.button("Open in the Inspector", key="open-picked"):
            ranked = opened.ranked
            deciding.visit(position, int(ranked[0]) if len(ranked) else position)
            st.switch_page("pages/6_Inspector.py")


def _box(brush: dict[str, list[float]]) -> Box | None:
    if not brush:
        return None
    (x0, x1), (y0, y1) = brush["x"], brush["y"]
    return (round(x0, 3), round(x1, 3), round(y0, 3), round(y1, 3))
