"""The Heatmap page's parts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from labelaudit import health
from labelaudit.audit import Audit
from labelaudit.labels import decode
from labelaudit.selection import cell
from labelaudit.tasks import TASKS
from labelaudit.ui import session
from labelaudit.ui.opened import Opened

MOST = 24  # classes that can be told apart on one screen
MEASURES = {
    "counts": "examples, estimated",
    "P(given | true)": "of the true members of the column's class, the share given as the row's",
    "P(true | given)": "of the examples given as the row's class, the share that is truly the column's",
}


def controls(opened: Opened) -> tuple[str, np.ndarray]:
    """Draw the controls; return the measure and which classes to show, in order."""
    joint = opened.audit.joint
    names = list(opened.dataset.class_names)
    order = health.confused_order(joint)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure = st.segmented_control(
            "Show as",
            list(MEASURES),
            default="counts",
            key="heatmap-measure",
            required=True,
            help="; ".join(f"{k}: {v}" for k, v in MEASURES.items()),
        )
        if len(names) > MOST:
            found = st.selectbox(
                "Find a class",
                range(len(names)),
                index=None,
                format_func=names.__getitem__,
                placeholder=f"{len(names)} classes: the most confused {MOST} are shown",
                key="heatmap-find",
                width=320,
            )
            if found is not None:
                confusion = joint[found] + joint[:, found]
                confusion[found] = confusion.max() + 1
                chosen = set(np.argsort(-confusion, kind="stable")[:MOST].tolist())
                order = np.array([k for k in order if k in chosen])
    return measure, order[:MOST]


def draw(opened: Opened, measure: str, order: np.ndarray) -> None:
    """Draw the confident joint; a click on a cell selects its suspects everywhere."""
    joint = opened.audit.joint
    values = {
        "counts": lambda: joint,
        "P(given | true)": lambda: health.noise_matrix(joint),
        "P(true | given)": lambda: health.inverse_noise_matrix(joint),
    }[measure]()
    by_name = opened.dataset.class_by_name
    cells = cells_of(opened.audit, values, order)
    chosen = [opened.dataset.name_of(text) for text in (opened.selection.given, opened.selection.suggested)]
    cells["selected"] = (cells["given"] == chosen[0]) & (cells["suggested"] == chosen[1])
    key = session.chart_key("heatmap")

    def clicked() -> None:
        picked = st.session_state[key]["selection"].get("cell", [])
        if picked:
            session.select(cell(by_name[picked[0]["given"]], by_name[picked[0]["suggested"]]))

    wrong = int(joint.sum() - np.trace(joint))
    with st.container(key="heatmap"):
        st.altair_chart(
            TASKS[opened.dataset.task].charts()["heatmap"](cells, as_share=measure != "counts"),
            key=key,
            on_select=clicked,
            selection_mode="cell",
            width="content",
            alt=f"Heatmap of given against suggested labels; about {wrong:,} examples are off the diagonal",
        )
    st.caption(
        f"{MEASURES[measure].capitalize()}. The confident joint estimates about {wrong:,} wrong labels in all; a click "
        "on a cell selects the suspects in it. The diagonal, where both agree, is muted."
    )


def cells_of(audit: Audit, values: np.ndarray, order: np.ndarray) -> pd.DataFrame:
    """Return what `labelaudit.charts.heatmap` draws.

    Parameters
    ----------
    audit : Audit
    values : ndarray of shape (K, K)
        What the colour and the number in a cell say.
    order : ndarray of int
        The classes that are shown.
    """
    names = audit.dataset.class_names
    joint, suspects = audit.joint, _suspects(audit)
    rows, columns = np.repeat(order, len(order)), np.tile(order, len(order))
    return pd.DataFrame(
        {
            "given": [names[k] for k in rows],
            "suggested": [names[k] for k in columns],
            "value": values[rows, columns],
            "joint": joint[rows, columns],
            "suspects": suspects[rows, columns],
            "diagonal": rows == columns,
            "selected": False,
        }
    )


def _suspects(audit: Audit) -> np.ndarray:
    """Count the suspects by given and suggested class, shape (K, K)."""
    classes = audit.dataset.classes
    flagged = audit.label_issues["is_issue"].to_numpy()
    suggested = audit.label_issues.loc[flagged, "suggested"]
    place = {text: classes.index(decode(text)) for text in suggested.unique()}
    counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(counts, (audit.codes[flagged], suggested.map(place).to_numpy(dtype=np.int64)), 1)
    return counts
