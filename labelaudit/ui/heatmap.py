"""The Heatmap page's parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from labelaudit.selection import Selection
from labelaudit.tasks import TASKS
from labelaudit.tasks.grids import Grid
from labelaudit.ui import session
from labelaudit.ui.opened import Opened

MOST = 24  # rows that can be told apart on one screen


def grids(opened: Opened) -> Sequence[Grid]:
    """Return what the task has to draw; none where it says why there is nothing, and that is shown."""
    found = TASKS[opened.dataset.task].heatmaps(opened.audit)
    if isinstance(found, str):
        st.info(found, icon=":material/grid_off:")
        return ()
    return found


def controls(every: Sequence[Grid]) -> tuple[Grid, np.ndarray]:
    """Draw the controls; return what to draw and which of its rows, in order."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by_name = {grid.name: grid for grid in every}
        name = st.segmented_control(
            "Show as",
            list(by_name),
            default=every[0].name,
            key="heatmap-measure",
            required=True,
            help="; ".join(f"{grid.name}: {grid.about}" for grid in every),
        )
        grid = by_name[name]
        order = grid.order
        if len(order) > MOST:
            found = st.selectbox(
                f"Find a {grid.what}",
                range(len(order)),
                index=None,
                format_func=grid.rows.__getitem__,
                placeholder=f"{len(order)} of them: the most confused {MOST} are shown",
                key="heatmap-find",
                width=320,
            )
            order = order if found is None else _around(grid, found)
    return grid, order[:MOST]


def _around(grid: Grid, found: int) -> np.ndarray:
    """The row that was looked for among those that it is confused with most; first, where they are no columns."""
    if not grid.is_square:
        return np.append(found, grid.order[grid.order != found])
    confusion = grid.counts[found] + grid.counts[:, found]
    confusion[found] = confusion.max() + 1
    chosen = set(np.argsort(-confusion, kind="stable")[:MOST].tolist())
    return np.array([row for row in grid.order if row in chosen])


def draw(opened: Opened, grid: Grid, order: np.ndarray) -> None:
    """Draw a grid; a click on a cell selects its suspects everywhere."""
    cells = cells_of(grid, order, opened.selection)
    row_of, column_of = ({name: n for n, name in enumerate(names)} for names in (grid.rows, grid.columns))
    key = session.chart_key("heatmap")

    def clicked() -> None:
        picked = st.session_state[key]["selection"].get("cell", [])
        if picked:
            session.select(grid.select(row_of[picked[0]["row"]], column_of[picked[0]["column"]]))

    with st.container(key="heatmap"):
        st.altair_chart(
            chart(opened.dataset.task, grid, cells),
            key=key,
            on_select=clicked,
            selection_mode="cell",
            width="content",
            alt=f"Heatmap, {grid.row} by {grid.column}: {grid.about}",
        )
    st.caption(f"{grid.about.capitalize()}. {grid.caption}")


def chart(task: str, grid: Grid, cells: pd.DataFrame, side: int = 560) -> Any:
    """Return the chart of some cells of a grid."""
    words = {"row": grid.row, "column": grid.column, "counted": grid.counted}
    return TASKS[task].charts()["heatmap"](cells, as_share=grid.as_share, side=side, **words)


def cells_of(grid: Grid, order: np.ndarray, selection: Selection) -> pd.DataFrame:
    """Return what `labelaudit.charts.heatmap` draws.

    Parameters
    ----------
    grid : Grid
    order : ndarray of int
        The rows that are shown, and the columns where they are the same.
    selection : Selection
        The cell that selects this is outlined.
    """
    across = order if grid.is_square else np.arange(len(grid.columns))
    rows, columns = np.repeat(order, len(across)), np.tile(across, len(order))
    return pd.DataFrame(
        {
            "row": [grid.rows[k] for k in rows],
            "column": [grid.columns[k] for k in columns],
            "value": grid.values[rows, columns],
            "count": grid.counts[rows, columns],
            "suspects": grid.suspects[rows, columns],
            "muted": grid.muted[rows, columns],
            "selected": [
                _holds(selection, grid.select(int(row), int(column))) for row, column in zip(rows, columns, strict=True)
            ],
        }
    )


def _holds(selection: Selection, wanted: Selection) -> bool:
    """Whether all that a cell selects is selected, and maybe less of it."""
    names = [name for name, _ in wanted.chips() if name != "suspects"]
    return all(getattr(selection, name) == getattr(wanted, name) for name in names)
