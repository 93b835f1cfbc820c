"""The Scatter page's parts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from labelaudit import charts
from labelaudit.selection import Box, Selection, density, outlines
from labelaudit.ui import session
from labelaudit.ui.markdown import plain
from labelaudit.ui.session import Opened

MOST_FLAGGED = 5000  # suspects that are drawn one by one in a binned plane, worst first
RANK_POINTS = 1500
JITTER = 0.03  # of the other probability with two classes, where all points lie on one line


def plane(opened: Opened) -> None:
    """Draw the plane with the region of suspicion and the clusters; a brush selects everywhere."""
    two = len(opened.dataset.classes) == 2
    table = opened.table.dropna(subset=["self_confidence"])
    hulls = outlines(opened.audit, opened.plain)
    binned = len(table) > charts.BINNED_ABOVE
    drawn = table
    if binned:
        flagged = table[table["status"] != "not suspected"].sort_values("score", kind="stable")
        drawn = flagged.head(MOST_FLAGGED)
    named = opened.dataset.name_of
    points = pd.DataFrame(
        {
            "self_confidence": drawn["self_confidence"].round(4),
            "other_best": _spread(drawn["other_best"]).round(4) if two else drawn["other_best"].round(4),
            "status": drawn["status"],
            "given": drawn["given"].map(named),
            "suggested": drawn["suggested"].map(named),
            "score": drawn["score"].round(4),
        }
    )
    key = session.chart_key("plane")

    def brushed() -> None:
        box = _box(st.session_state[key]["selection"].get("brush", {}), two)
        session.select(replace(opened.selection, box=box))

    left, right = st.columns([4, 1], gap="medium")
    with left:
        st.altair_chart(
            charts.scatter(points, hulls, density(table) if binned else None, box=opened.selection.box),
            key=key,
            on_select=brushed,
            selection_mode="brush",
            alt="Scatter of self-confidence against the highest other probability",
        )
    with right:
        _clusters(opened, hulls)
        st.altair_chart(
            charts.margin(table["self_confidence"].to_numpy(), "self-confidence"), alt="Histogram of self-confidence"
        )
        st.altair_chart(
            charts.margin(table["other_best"].to_numpy(), "highest other"), alt="Histogram of the other probability"
        )
    note = "Drag a box over points to select them on all pages."
    if two:
        note += " With two classes all points lie on one line; they are spread a little so that they can be seen."
    if binned:
        note += f" {len(table):,} points: the rest is drawn as density, the {len(drawn):,} worst suspects one by one."
    st.caption(note)


def _clusters(opened: Opened, hulls: pd.DataFrame) -> None:
    st.markdown("**Clusters of suspects**", help="Same given and suggested label, close in features (HDBSCAN).")
    if hulls.empty:
        st.caption("None: the suspects do not gather anywhere.")
    first = hulls.drop_duplicates("cluster")
    for number, name in zip(first["cluster"].tolist(), first["name"].tolist(), strict=True):
        st.button(
            plain(name),
            key=f"cluster-{number}",
            width="stretch",
            type="primary" if opened.selection.cluster == number else "secondary",
            on_click=session.select,
            args=(Selection(suspects=True, cluster=number),),
        )


def _spread(values: pd.Series) -> np.ndarray:
    """Move points off the line, the same way at every run."""
    moved = values.to_numpy() + np.random.default_rng(0).uniform(-JITTER, JITTER, len(values))
    return np.asarray(np.clip(moved, 0, 1))


def _box(brush: dict[str, list[float]], two_classes: bool) -> Box | None:
    """Turn a brush into a box; with two classes the spread height means nothing."""
    if not brush:
        return None
    x0, x1 = brush["self_confidence"]
    y0, y1 = (0.0, 1.0) if two_classes else brush["other_best"]
    return (round(x0, 3), round(x1, 3), round(y0, 3), round(y1, 3))


def rank(opened: Opened) -> None:
    """Draw the scores in order, and where flagging stops."""
    ranked = opened.table.sort_values("score", kind="stable").reset_index(drop=True)
    thin = np.unique(np.linspace(0, len(ranked) - 1, min(RANK_POINTS, len(ranked))).astype(int))
    table = ranked.loc[thin, ["score", "is_issue"]].assign(rank=thin + 1)
    st.altair_chart(charts.rank(table), alt="Label quality score by rank; suspects are marked")
    last = int(np.flatnonzero(ranked["is_issue"].to_numpy()).max()) + 1 if ranked["is_issue"].any() else 0
    st.caption(
        f"Ticks are suspects; the last one has rank {last:,} of {len(ranked):,}. A steep start and a long flat end "
        "mean that the worst labels stand out."
    )
