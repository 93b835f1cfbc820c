"""The Scatter page's parts."""

from __future__ import annotations

from dataclasses import replace
from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from labelaudit import charts, planes
from labelaudit.drawing import Cluster, drawn, largest_clusters, outlines
from labelaudit.residuals import bulk
from labelaudit.result import Audit
from labelaudit.selection import Box, Selection
from labelaudit.tasks import TASKS
from labelaudit.text import shorten
from labelaudit.ui import order, session
from labelaudit.ui.opened import Opened

MOST_DRAWN = 5000  # suspects, one by one over a density
RANK_POINTS = 1500
EDGE = 0.01  # of an axis that is taken for its end
JITTER = 0.03  # of the other probability with two classes, where all points lie on one line


def plane(opened: Opened) -> None:
    """Draw the plane of the task, with the suspects and their clusters; a brush selects everywhere."""
    task, two = TASKS[opened.dataset.task], len(opened.dataset.classes) == 2
    axes = task.axes
    table = with_intervals(opened.audit, opened.table)
    clusters, hulls = _clusters_of(opened.workspace.owner, opened.audit.id, opened)
    bounds = axes.bounds or bulk(table["y"].to_numpy(), table["x"].to_numpy())
    points, bins = drawn(opened.dataset, table, all_up_to=planes.BINNED_ABOVE, most=MOST_DRAWN, bounds=bounds)
    if two:
        points["y"] = _spread(points["y"]).round(4)
    key = session.chart_key("plane")

    def marked() -> None:
        marks = st.session_state[key]["selection"]
        clusters = [mark["cluster"] for mark in marks.get("cluster", []) if "cluster" in mark]  # a dot has none
        if clusters:
            session.select(_cluster(int(clusters[0])))
        else:
            session.select(replace(session.selection(), box=box_of(marks.get("brush", {}), two, table, bounds)))

    left, right = st.columns([4, 1], gap="medium")
    with left:
        st.altair_chart(
            task.charts()["scatter"](points, hulls, bins, box=opened.selection.box, chosen=opened.selection.cluster),
            key=key,
            on_select=marked,
            selection_mode=["brush", "cluster"] if len(hulls) else "brush",
            alt=f"Scatter of {axes.x} against {axes.y}",
        )
    with right:
        _clusters(opened, clusters)
        for name, title in (("x", axes.x), ("y", axes.y)):
            values = table[name].to_numpy().clip(*bounds)
            st.altair_chart(charts.margin(values, title, bounds=bounds), alt=f"Histogram of {title}")
    note = "Drag a box over points, or click a number, to select on all pages."
    if two:
        note += " With two classes all points lie on one line; they are spread a little so that they can be seen."
    beyond = int(((table[["x", "y"]] < bounds[0]) | (table[["x", "y"]] > bounds[1])).any(axis=1).sum())
    if beyond:
        lie, are = ("lies", "is") if beyond == 1 else ("lie", "are")
        note += f" {beyond:,} {lie} beyond the axes and {are} drawn at their edge."
    if bins is not None:
        suspects = int((table["status"] != "not suspected").sum())
        some = f"{len(points):,} of the {suspects:,}" if len(points) < suspects else f"the {suspects:,}"
        note += f" {len(table):,} examples are drawn as density, and {some} suspects one by one."
    st.caption(note)


def with_intervals(audit: Audit, table: pd.DataFrame) -> pd.DataFrame:
    """Add between which numbers each label is expected, where the task says that."""
    return table.assign(**{name: audit.outputs[name] for name in ("low", "high") if name in audit.outputs})


def _clusters(opened: Opened, clusters: list[Cluster]) -> None:
    st.markdown("**Clusters of suspects**", help="Suspected alike, and close in features (HDBSCAN).")
    if not clusters:
        st.caption("None: the suspects do not gather anywhere.")
    for cluster in clusters:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                str(cluster.number + 1),
                key=f"cluster-{cluster.number}",
                type="primary" if opened.selection.cluster == cluster.number else "secondary",
                help="Select this cluster on all pages",
                on_click=session.select,
                args=(_cluster(cluster.number),),
            )
            trait = f", most with “{shorten(cluster.trait, 30)}”" if cluster.trait else ""
            st.html(
                f'<div class="la-small" dir="auto"><b>{escape(shorten(cluster.pair))}</b><br>'
                f"{cluster.size:,} suspects{escape(trait)}</div>"
            )


def _cluster(number: int) -> Selection:
    return Selection(suspects=True, cluster=number)


@st.cache_resource(max_entries=8, show_spinner=False)
def _clusters_of(owner: str, audit_id: str, _opened: Opened) -> tuple[list[Cluster], pd.DataFrame]:
    """The largest clusters, and their outlines."""
    clusters = largest_clusters(_opened.audit, _opened.plain)
    names = {cluster.number: f"{cluster.pair}, {cluster.size:,} suspects" for cluster in clusters}
    hulls = outlines(_opened.plain)
    return clusters, hulls.assign(name=hulls["cluster"].map(names))


def _spread(values: pd.Series) -> np.ndarray:
    """Move points off the line, the same way at every run."""
    moved = values.to_numpy() + np.random.default_rng(0).uniform(-JITTER, JITTER, len(values))
    return np.asarray(np.clip(moved, 0, 1))


def box_of(
    brush: dict[str, list[float]], two_classes: bool, table: pd.DataFrame, bounds: tuple[float, float]
) -> Box | None:
    """Turn a brush into a box; with two classes the spread height means nothing.

    What reaches the edge of the axes takes what lies beyond, since that is drawn there.
    """
    if not brush:
        return None
    x0, x1 = brush["x"]
    y0, y1 = (0.0, 1.0) if two_classes else brush["y"]
    x0, x1, y0, y1 = (float(f"{edge:.4g}") for edge in (x0, x1, y0, y1))  # as many digits as a screen has pixels
    near = EDGE * (bounds[1] - bounds[0])
    start, end = bounds[0] + near, bounds[1] - near
    least, most = table[["x", "y"]].min(), table[["x", "y"]].max()
    return (
        min(x0, float(least["x"])) if x0 <= start else x0,
        max(x1, float(most["x"])) if x1 >= end else x1,
        min(y0, float(least["y"])) if y0 <= start else y0,
        max(y1, float(most["y"])) if y1 >= end else y1,
    )


def rank(opened: Opened) -> None:
    """Draw the scores in order, and where flagging stops."""
    order.choose(opened)
    places = np.argsort(opened.scores, kind="stable")
    places = places[~np.isnan(opened.scores[places])]
    thin = np.unique(np.linspace(0, len(places) - 1, min(RANK_POINTS, len(places))).astype(int))
    table = opened.table.iloc[places[thin]][["is_issue"]].assign(score=opened.scores[places[thin]], rank=thin + 1)
    st.altair_chart(charts.rank(table), alt="Label quality score by rank; suspects are marked")
    flagged = np.flatnonzero(opened.table["is_issue"].to_numpy()[places])
    last = int(flagged[-1]) + 1 if len(flagged) else 0
    st.caption(
        f"Ticks are suspects; the last one has rank {last:,} of {len(places):,}. A steep start and a long flat end "
        "mean that the worst labels stand out."
    )
