"""Tables to Altair charts; no Streamlit here."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from labelaudit.palette import GIVEN, QUIET, UNDECIDED
from labelaudit.text import plural


def heatmap(
    cells: pd.DataFrame,
    *,
    as_share: bool,
    side: int = 560,
    row: str = "given",
    column: str = "suggested",
    counted: str = "confident joint, examples",
) -> alt.LayerChart:
    """Draw a table of counts, the confident joint above all; the selection is called ``cell``.

    Parameters
    ----------
    cells : DataFrame
        ``row``, ``column`` (names), ``value``, ``count``, ``suspects``, ``muted`` and ``selected`` (bool); in order.
    as_share : bool
        Whether ``value`` is a share from 0 to 1 and not a count.
    side : int
        Pixels of the longer side.
    row, column, counted : str
        What the rows, the columns and ``count`` are.
    """
    down, across = (list(dict.fromkeys(cells[name])) for name in ("row", "column"))
    step = max(16, min(130, side // max(1, len(down), len(across))))
    # Cells of a square table are square; of another one, as wide as there is room for.
    wide = step
    if len(down) != len(across):
        wide, step = max(16, min(130, side // max(1, len(across)))), min(step, 56)
    small = step < 26
    cells = cells.assign(text=[_in_cell(value, as_share, wide) for value in cells["value"]])
    # Altair refuses a DataFrame of more rows than that; as many classes as it takes are for a notebook or a report.
    data: Any = cells if len(cells) <= 5000 else {"values": cells.to_dict("records")}
    axis = alt.Axis(labelLimit=150, labelFontSize=10 if small else 12, labelOverlap=False)
    base = alt.Chart(data).encode(
        x=alt.X(
            "column:N",
            sort=across,
            title="suggested (confidently)" if column == "suggested" else column,
            axis=alt.Axis(**axis.to_dict(), orient="top", labelAngle=-45 if len(across) > 6 else 0),
        ),
        y=alt.Y("row:N", sort=down, title=row, axis=axis),
    )
    tooltip = [
        alt.Tooltip("row:N", title=row),
        alt.Tooltip("column:N", title=column),
        alt.Tooltip("count:Q", title=counted, format=",d"),
        alt.Tooltip("suspects:Q", title="suspects to review", format=",d"),
        *([alt.Tooltip("value:Q", title="share", format=".1%")] if as_share else []),
    ]
    clicked = alt.selection_point(name="cell", fields=["row", "column"], on="click", clear="dblclick")
    off = base.transform_filter("!datum.muted && datum.value > 0")
    errors = (
        off.mark_rect(cursor="pointer", cornerRadius=2, strokeWidth=4)
        .encode(
            color=alt.Color("value:Q", scale=alt.Scale(scheme="orangered", domainMin=0), legend=None),
            stroke=alt.condition("datum.selected", alt.value("#0e7490"), alt.value(None)),
            tooltip=tooltip,
        )
        .add_params(clicked)
    )
    muted = (
        base.transform_filter("datum.muted")
        .mark_rect(color=QUIET, opacity=0.18, cornerRadius=2)
        .encode(tooltip=tooltip)
    )
    layers = [muted, errors]
    if step >= 26:
        top = float(cells.loc[~cells["muted"], "value"].max() or 0)
        dark = f"datum.value > {top * 0.55}"
        layers.append(
            off.mark_text(fontSize=12, fontWeight=600).encode(
                text="text:N",
                color=alt.condition(dark, alt.value("white"), alt.value("#1e293b")),
                tooltip=tooltip,
            )
        )
        layers.append(
            base.transform_filter("datum.muted")
            .mark_text(fontSize=11, color=QUIET)
            .encode(text="text:N", tooltip=tooltip)
        )
    return alt.LayerChart(layer=layers, width=alt.Step(wide), height=alt.Step(step))


def _in_cell(value: float, as_share: bool, step: int) -> str:
    """Write a value as long as there is room for, and nothing for a share that would read 0%."""
    if as_share:
        return f"{value:.0%}" if value >= 0.005 else ""
    if value < 1000 or step >= 44:
        return f"{value:,.0f}"
    return f"{value / 1000:.1f}k" if value < 9950 else f"{value / 1000:.0f}k"


def margin(
    values: np.ndarray, title: str, *, bounds: tuple[float, float] | None = (0.0, 1.0), height: int = 120
) -> alt.Chart:
    """Draw a histogram of values between bounds, or over all that they span, binned here and not in the browser."""
    counts, edges = np.histogram(values[~np.isnan(values)], bins=40, range=bounds)
    frame = pd.DataFrame({"x0": edges[:-1], "x1": edges[1:], "count": counts})
    chart: alt.Chart = (
        alt.Chart(frame)
        .mark_bar(color=GIVEN, opacity=0.6, binSpacing=0)
        .encode(
            x=alt.X("x0:Q", bin="binned", title=title, axis=alt.Axis(tickCount=5)),
            x2="x1:Q",
            y=alt.Y("count:Q", title=None, axis=None),
            tooltip=[alt.Tooltip("count:Q", format=",d")],
        )
        .properties(height=height)
    )
    return chart


def rank(table: pd.DataFrame, *, height: int = 420) -> alt.LayerChart:
    """Draw the score against the rank, and the rank at which flagging stops.

    Parameters
    ----------
    table : DataFrame
        ``rank``, ``score``, ``is_issue``; thinned to what a screen can show.
    """
    line = (
        alt.Chart(table)
        .mark_line(color=GIVEN)
        .encode(
            x=alt.X("rank:Q", title="rank, worst first"),
            y=alt.Y("score:Q", title="label quality score", scale=alt.Scale(domain=[0, 1])),
        )
    )
    flagged = (
        alt.Chart(table[table["is_issue"]])
        .mark_tick(color=UNDECIDED, opacity=0.5, thickness=1)
        .encode(x="rank:Q", y="score:Q", tooltip=["rank:Q", alt.Tooltip("score:Q", format=".3f")])
    )
    return alt.LayerChart(layer=[line, flagged], height=height)


def per_class(table: pd.DataFrame, *, sort: str = "noise_out", word: str = "class") -> alt.LayerChart:
    """Draw noise out (left) and noise in (right) of every class; the selection is called as a class is.

    Parameters
    ----------
    table : DataFrame
        The class in a column called ``word``, ``noise_out``, ``noise_in``, ``label_quality``, ``suspects``,
        ``examples``.
    sort : str
        The column that orders the bars, highest first.
    word : str
        What a class is called: a tag, a label.
    """
    ordered = table.sort_values(sort, ascending=sort == "label_quality")
    order = ordered[word].tolist()
    long = pd.concat(
        [
            ordered.assign(share=-ordered["noise_out"], kind="given wrongly (noise out)"),
            ordered.assign(share=ordered["noise_in"], kind="missing from it (noise in)"),
        ]
    )
    clicked = alt.selection_point(name=word, fields=[word], on="click", clear="dblclick")
    bars = (
        alt.Chart(long)
        .mark_bar(cursor="pointer", cornerRadius=2)
        .encode(
            y=alt.Y(f"{word}:N", sort=order, title=None, axis=alt.Axis(labelLimit=170)),
            x=alt.X(
                "share:Q",
                title=f"share of the {word}",
                # Trimmed, so that small shares have the decimals that tell their ticks apart.
                axis=alt.Axis(format="%", labelExpr="format(abs(datum.value), '~%')"),
            ),
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(
                    domain=["given wrongly (noise out)", "missing from it (noise in)"],
                    range=["#0e7490", "#7c6fb0"],
                ),
                legend=alt.Legend(title=None, orient="top"),
            ),
            opacity=alt.condition(clicked, alt.value(1), alt.value(0.55)),
            tooltip=[
                alt.Tooltip(f"{word}:N"),
                alt.Tooltip("examples:Q", format=",d"),
                alt.Tooltip("suspects:Q", format=",d"),
                alt.Tooltip("label_quality:Q", title="label quality", format=".1%"),
                alt.Tooltip("noise_out:Q", title="given wrongly", format=".1%"),
                alt.Tooltip("noise_in:Q", title="missing from it", format=".1%"),
            ],
        )
        .add_params(clicked)
    )
    zero = alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color=QUIET).encode(x="x:Q")
    return alt.LayerChart(layer=[bars, zero], height=alt.Step(26))


def class_counts(table: pd.DataFrame, *, height: int = 220, unit: str = "example") -> alt.Chart:
    """Draw how many examples each class has.

    Parameters
    ----------
    table : DataFrame
        ``class``, ``examples``; most frequent first.
    height : int
        In pixels.
    unit : str
        What is counted.
    """
    chart: alt.Chart = (
        alt.Chart(table)
        .mark_bar(color=GIVEN, cornerRadius=2)
        .encode(
            y=alt.Y("class:N", sort=None, title=None, axis=alt.Axis(labelLimit=170, labelOverlap=False)),
            x=alt.X("examples:Q", title=plural(unit)),
            tooltip=["class:N", alt.Tooltip("examples:Q", title=plural(unit), format=",d")],
        )
        .properties(height=height)
    )
    return chart


def review_curve(curve: pd.DataFrame, *, height: int = 300, unit: str = "example") -> alt.LayerChart:
    """Draw precision and recall by review depth.

    Parameters
    ----------
    curve : DataFrame
        What `labelaudit.noise.review_curve` returns, thinned to what a screen can show, plus ``perfect``: the recall
        of a reviewer who is shown nothing but errors.
    height : int
        In pixels.
    unit : str
        What one review is about.
    """
    long = curve.melt("reviewed", ["recall", "precision", "perfect"], "measure", "share")
    names = {
        "recall": "recall: planted errors found",
        "precision": "precision: reviews that find one",
        "perfect": "recall, if every review found one",
    }
    long["measure"] = long["measure"].map(names)
    lines = (
        alt.Chart(long)
        .mark_line()
        .encode(
            x=alt.X("reviewed:Q", title=f"{plural(unit)} reviewed, worst first"),
            y=alt.Y("share:Q", title=None, axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            color=alt.Color(
                "measure:N",
                scale=alt.Scale(domain=list(names.values()), range=["#0e7490", "#7c6fb0", QUIET]),
                legend=alt.Legend(title=None, orient="bottom", columns=1, labelLimit=300),
            ),
            strokeDash=alt.condition(f"datum.measure == '{names['perfect']}'", alt.value([4, 3]), alt.value([1, 0])),
            tooltip=[
                alt.Tooltip("measure:N"),
                alt.Tooltip("reviewed:Q", format=",d"),
                alt.Tooltip("share:Q", format=".1%"),
            ],
        )
    )
    return alt.LayerChart(layer=[lines], height=height)
