"""Charts of annotators; no Streamlit here."""

from __future__ import annotations

import altair as alt
import pandas as pd

from labelaudit.palette import QUIET, UNDECIDED


def quality(table: pd.DataFrame, *, sort: str = "quality") -> alt.Chart:
    """Draw how often each annotator is right; the selection is called ``annotator``.

    Parameters
    ----------
    table : DataFrame
        What `labelaudit.annotators.ranked` returns.
    sort : str
        The column that orders the bars: quality from the lowest up, the others from the highest down.
    """
    order = table.sort_values(sort, ascending=sort == "quality", kind="stable")["annotator"].tolist()
    clicked = alt.selection_point(name="annotator", fields=["annotator"], on="click", clear="dblclick")
    bars: alt.Chart = (
        alt.Chart(table)
        .mark_bar(cursor="pointer", cornerRadius=2)
        .encode(
            y=alt.Y("annotator:N", sort=order, title=None, axis=alt.Axis(labelLimit=170)),
            x=alt.X(
                "quality:Q",
                title="right, as far as can be told",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%"),
            ),
            color=alt.condition(alt.datum.note == "", alt.value(UNDECIDED), alt.value(QUIET)),
            opacity=alt.condition(clicked, alt.value(1), alt.value(0.55)),
            tooltip=[
                alt.Tooltip("annotator:N"),
                alt.Tooltip("quality:Q", format=".1%"),
                alt.Tooltip("ratings:Q", format=",d"),
                alt.Tooltip("disputed:Q", format=",d"),
                alt.Tooltip("agreement:Q", title="agree with others", format=".1%"),
                alt.Tooltip("said:N", title="says most often"),
                alt.Tooltip("meant:N", title="for"),
                alt.Tooltip("note:N"),
            ],
        )
        .add_params(clicked)
        .properties(height=alt.Step(22))
    )
    return bars
