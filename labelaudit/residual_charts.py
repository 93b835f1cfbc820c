"""Charts of numbers: given against predicted, with intervals, and errors by range."""

from __future__ import annotations

import altair as alt
import pandas as pd

from labelaudit.palette import GIVEN, QUIET, STATUS, SUGGESTED
from labelaudit.planes import cluster_layers, density_layer, outline_layer
from labelaudit.residuals import bulk

NUMBER = ",.6~r"  # without powers of ten


def given_against_predicted(
    points: pd.DataFrame,
    hulls: pd.DataFrame,
    density: pd.DataFrame | None = None,
    *,
    height: int = 520,
    brush: bool = True,
    box: tuple[float, float, float, float] | None = None,
    chosen: int | None = None,
) -> alt.LayerChart:
    """Draw every number over the one that is predicted, the suspects with their intervals; the selection is ``brush``.

    The axes hold the bulk, see `labelaudit.residuals.bulk`; what lies beyond is drawn at their edge.

    Parameters
    ----------
    points : DataFrame
        ``x`` (predicted), ``y`` (given), ``low``, ``high``, ``status`` (a key of `STATUS`), ``given``, ``suggested``,
        ``score``.
    hulls : DataFrame
        Outlines of the clusters of suspects, see `labelaudit.planes.scatter`.
    density : DataFrame, optional
        ``x0``, ``x1``, ``y0``, ``y1``, ``count`` in place of the points that are too many to draw.
    height : int
        In pixels.
    brush : bool
        Whether a box can be dragged.
    box : tuple of float, optional
        What is selected: x from box[0] to box[1], y from box[2] to box[3].
    chosen : int, optional
        The cluster that is selected.
    """
    if density is None:
        ends = list(bulk(points["y"].to_numpy(), points["x"].to_numpy()))
    else:
        ends = [float(density[["x0", "y0"]].to_numpy().min()), float(density[["x1", "y1"]].to_numpy().max())]
    scale = alt.Scale(domain=ends, clamp=True, nice=False)  # what lies beyond is drawn at the edge
    same = pd.DataFrame({"x": ends, "y": ends, "text": ["", "given as predicted"]})
    line = alt.Chart(same).mark_line(color=QUIET, strokeDash=[6, 4]).encode(x="x:Q", y="y:Q")
    name = (
        alt.Chart(same.tail(1))
        .mark_text(align="right", baseline="top", fontSize=12, color=QUIET, dx=-18, dy=-2)
        .encode(x="x:Q", y="y:Q", text="text:N")
    )
    suspects = points[points["status"] != "not suspected"]
    gaps = alt.Chart(suspects).mark_rule(color=QUIET, opacity=0.3).encode(x="x:Q", y=alt.Y("y:Q"), y2="x:Q")
    spans = alt.Chart(suspects).mark_rule(color=SUGGESTED, opacity=0.6, strokeWidth=3)
    spans = spans.encode(x="x:Q", y=alt.Y("low:Q"), y2="high:Q")
    seen = [status for status in STATUS if (points["status"] == status).any()]
    is_quiet = "datum.status == 'not suspected'"
    dots = (
        alt.Chart(points)
        .mark_point(filled=True)
        .encode(
            x=alt.X("x:Q", title="predicted without the example", scale=scale),
            y=alt.Y("y:Q", title="given", scale=scale),
            color=alt.Color(
                "status:N",
                scale=alt.Scale(domain=seen, range=[STATUS[s][0] for s in seen]),
                legend=alt.Legend(title=None, orient="top", offset=4),
            ),
            shape=alt.Shape("status:N", scale=alt.Scale(domain=seen, range=[STATUS[s][1] for s in seen]), legend=None),
            size=alt.condition(is_quiet, alt.value(14), alt.value(40)),
            opacity=alt.condition(is_quiet, alt.value(0.25), alt.value(0.8)),
            tooltip=[
                alt.Tooltip("given:N"),
                alt.Tooltip("x:Q", title="predicted", format=NUMBER),
                alt.Tooltip("suggested:N"),
                alt.Tooltip("low:Q", title="interval from", format=NUMBER),
                alt.Tooltip("high:Q", title="to", format=NUMBER),
                alt.Tooltip("score:Q", format=".3f"),
                alt.Tooltip("status:N"),
            ],
        )
    )
    if brush:
        dots = dots.add_params(alt.selection_interval(name="brush", encodings=["x", "y"]))
    under = [] if density is None else [density_layer(density)]
    over = [] if box is None else [outline_layer(box)]
    if len(hulls):
        over += cluster_layers(hulls, clickable=brush, chosen=chosen)
    return alt.LayerChart(layer=[*under, line, gaps, spans, dots, *over, name], height=height)


def by_range(table: pd.DataFrame, *, sort: str = "low") -> alt.LayerChart:
    """Draw the mean error in each range of the numbers, and how far it leans to one side; the selection is ``range``.

    Parameters
    ----------
    table : DataFrame
        ``range`` and the other columns of `labelaudit.tasks.regression.by_range`, in the order of the bars.
    sort : str
        The column that they are sorted by, which the table already is.
    """
    y = alt.Y("range:N", sort=table["range"].tolist(), title="given number", axis=alt.Axis(labelLimit=170))
    clicked = alt.selection_point(name="range", fields=["range"], on="click", clear="dblclick")
    bars = (
        alt.Chart(table)
        .mark_bar(color=GIVEN, cursor="pointer", cornerRadius=2)
        .encode(
            y=y,
            x=alt.X("mae:Q", title="mean error (bar), and predicted minus given in the mean (tick)"),
            opacity=alt.condition(clicked, alt.value(0.8), alt.value(0.45)),
            tooltip=[
                alt.Tooltip("range:N", title="given"),
                alt.Tooltip("examples:Q", format=",d"),
                alt.Tooltip("suspects:Q", format=",d"),
                alt.Tooltip("mae:Q", title="mean error", format=NUMBER),
                alt.Tooltip("rmse:Q", title="root mean square", format=NUMBER),
                alt.Tooltip("bias:Q", title="predicted minus given", format=NUMBER),
            ],
        )
        .add_params(clicked)
    )
    ticks = alt.Chart(table).mark_tick(color=SUGGESTED, thickness=3).encode(y=y, x="bias:Q")
    return alt.LayerChart(layer=[bars, ticks], height=alt.Step(30))
