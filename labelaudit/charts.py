"""DataFrames to Altair charts; no Streamlit here."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

GIVEN, SUGGESTED = "#64748b", "#d97706"
ERROR, KEPT, UNDECIDED, QUIET = "#dc2626", "#15803d", "#0e7490", "#94a3b8"
STATUS = {
    "not suspected": (QUIET, "circle"),
    "suspect": (UNDECIDED, "triangle-up"),
    "skipped": (UNDECIDED, "triangle-down"),
    "error": (ERROR, "cross"),
    "kept": (KEPT, "square"),
    "excluded": ("#57534e", "diamond"),
    "ambiguous": ("#7c3aed", "triangle-right"),
}

CLUSTER = "#b45309"
# Of classes and kinds of issues: told apart by colour-blind people too, and none of the colours that mean something.
KINDS = (
    ("#4a86c8", "circle"),
    ("#ccbb44", "square"),
    ("#c4458f", "triangle-up"),
    ("#66ccee", "diamond"),
    ("#44aa99", "cross"),
    ("#b08fd8", "triangle-down"),
)

BINNED_ABOVE = 20_000  # points; beyond it, a browser takes seconds to draw each, and they are drawn as density


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


def scatter(
    points: pd.DataFrame,
    hulls: pd.DataFrame,
    density: pd.DataFrame | None = None,
    *,
    height: int = 520,
    brush: bool = True,
    box: tuple[float, float, float, float] | None = None,
    chosen: int | None = None,
) -> alt.LayerChart:
    """Draw the plane of self-confidence and best other probability; the selections are ``brush`` and ``cluster``.

    Parameters
    ----------
    points : DataFrame
        ``x``, ``y``, ``status`` (a key of `STATUS`), ``given``, ``suggested``, ``score``.
    hulls : DataFrame
        ``cluster``, ``name``, ``order``, ``x``, ``y``: outlines of the clusters of suspects. They lie over each other,
        so only numbers are plain to see, and an outline when its number is pointed at.
    density : DataFrame, optional
        ``x0``, ``x1``, ``y0``, ``y1``, ``count`` in place of the points that are too many to draw.
    height : int
        In pixels.
    brush : bool
        Whether a box can be dragged and a cluster clicked.
    box : tuple of float, optional
        What is selected: x from box[0] to box[1], y from box[2] to box[3].
    chosen : int, optional
        The cluster that is selected.
    """
    x = alt.X(
        "x:Q",
        title="self-confidence: probability of the given label",
        axis=alt.Axis(tickCount=10),
        scale=alt.Scale(domain=[0, 1], nice=False),
    )
    y = alt.Y("y:Q", title="highest other probability", scale=alt.Scale(domain=[0, 1], nice=False))
    corner = pd.DataFrame({"x": [0.0, 0.5], "low": [0.0, 0.5], "high": [1.0, 0.5]})
    region = alt.Chart(corner).mark_area(color=SUGGESTED, opacity=0.10).encode(x="x:Q", y="low:Q", y2="high:Q")
    name = (
        alt.Chart(pd.DataFrame({"x": [0.0], "y": [0.015], "text": ["region of suspicion: another label is likelier"]}))
        .mark_text(align="left", baseline="bottom", fontSize=12, color=SUGGESTED, fontWeight=600, dx=4)
        .encode(x="x:Q", y="y:Q", text="text:N")
    )
    layers: list[alt.Chart] = [region]
    if density is not None:
        layers.append(density_layer(density))
    seen = [status for status in STATUS if (points["status"] == status).any()]
    dots = (
        alt.Chart(points)
        .mark_point(filled=True)
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "status:N",
                scale=alt.Scale(domain=seen, range=[STATUS[s][0] for s in seen]),
                legend=alt.Legend(title=None, orient="top-right"),
            ),
            shape=alt.Shape(
                "status:N",
                scale=alt.Scale(domain=seen, range=[STATUS[s][1] for s in seen]),
                legend=None,
            ),
            size=alt.condition("datum.status == 'not suspected'", alt.value(14), alt.value(34)),
            opacity=alt.condition("datum.status == 'not suspected'", alt.value(0.25), alt.value(0.75)),
            tooltip=[
                alt.Tooltip("given:N"),
                alt.Tooltip("suggested:N"),
                alt.Tooltip("score:Q", format=".3f"),
                alt.Tooltip("status:N"),
            ],
        )
    )
    if brush:
        dots = dots.add_params(alt.selection_interval(name="brush", encodings=["x", "y"]))
    layers.append(dots)
    if box is not None:
        layers.append(outline_layer(box))
    if len(hulls):
        layers += cluster_layers(hulls, clickable=brush, chosen=chosen)
    return alt.LayerChart(layer=[*layers, name], height=height)


def density_layer(bins: pd.DataFrame) -> alt.Chart:
    """Draw the counts of bins, the more the darker."""
    chart: alt.Chart = (
        alt.Chart(bins)
        .mark_rect()
        .encode(
            x=alt.X("x0:Q"),
            x2="x1:Q",
            y=alt.Y("y0:Q"),
            y2="y1:Q",
            color=alt.value(GIVEN),
            opacity=alt.Opacity("count:Q", scale=alt.Scale(type="log", range=[0.06, 0.6]), legend=None),
            tooltip=[alt.Tooltip("count:Q", title="examples", format=",d")],
        )
    )
    return chart


def outline_layer(box: tuple[float, float, float, float]) -> alt.Chart:
    """Draw the box that is selected."""
    frame = pd.DataFrame([dict(zip(("x0", "x1", "y0", "y1"), box, strict=True))])
    outline = alt.Chart(frame).mark_rect(fillOpacity=0, stroke=UNDECIDED, strokeWidth=2, strokeDash=[6, 3])
    chart: alt.Chart = outline.encode(x="x0:Q", x2="x1:Q", y="y0:Q", y2="y1:Q")
    return chart


def plot_map(
    points: pd.DataFrame,
    density: pd.DataFrame | None,
    kinds: list[str],
    *,
    height: int = 560,
    box: tuple[float, float, float, float] | None = None,
) -> alt.LayerChart:
    """Draw the map; the selections are ``brush`` and ``picked`` (a point's ``position``).

    Parameters
    ----------
    points : DataFrame
        ``x``, ``y``, ``kind``, ``given``, ``suggested``, ``score``, ``position``, ``strong`` (the others are faded).
    density : DataFrame or None
        ``x0``, ``x1``, ``y0``, ``y1``, ``count`` in place of the points that are too many to draw.
    kinds : list of str
        At most as many as `KINDS`: those that have a colour; the others are grey.
    height : int
        In pixels.
    box : tuple of float, optional
        What is selected: x from box[0] to box[1], y from box[2] to box[3].
    """
    seen = [kind for kind in points["kind"].unique() if kind not in kinds]
    looks = [*zip(kinds, KINDS, strict=False), *((kind, (QUIET, "circle")) for kind in sorted(seen))]
    domain = [kind for kind, _ in looks]
    nowhere = alt.Axis(labels=False, ticks=False, grid=False, domain=False, title=None)  # the axes mean nothing
    scale = alt.Scale(zero=False, nice=False, padding=12)
    picked = alt.selection_point(name="picked", fields=["position"], on="click", clear="dblclick", empty=False)
    grey = alt.FieldOneOfPredicate("kind", [kind for kind in domain if kind not in kinds])
    dots = (
        alt.Chart(points)
        .mark_point(filled=True, cursor="pointer")
        .encode(
            x=alt.X("x:Q", axis=nowhere, scale=scale),
            y=alt.Y("y:Q", axis=nowhere, scale=scale),
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=domain, range=[colour for _, (colour, _) in looks]),
                legend=alt.Legend(title=None, orient="bottom", columns=6, labelLimit=170, symbolOpacity=1),
            ),
            shape=alt.Shape(
                "kind:N", scale=alt.Scale(domain=domain, range=[shape for _, (_, shape) in looks]), legend=None
            ),
            size=alt.when(picked).then(alt.value(160)).when(grey).then(alt.value(14)).otherwise(alt.value(36)),
            opacity=alt.when("datum.strong").then(alt.value(0.85)).otherwise(alt.value(0.25)),
            order=alt.Order("strong:Q"),
            tooltip=[alt.Tooltip(f"{name}:N") for name in ("kind", "given", "suggested")]
            + [alt.Tooltip("score:Q", format=".3f")],
        )
        .add_params(picked, alt.selection_interval(name="brush", encodings=["x", "y"]))
    )
    under = [] if density is None else [density_layer(density)]
    over = [] if box is None else [outline_layer(box)]
    return alt.LayerChart(layer=[*under, dots, *over], height=height)


def cluster_layers(hulls: pd.DataFrame, *, clickable: bool, chosen: int | None) -> list[alt.Chart]:
    """Draw the outlines faintly and their numbers on top; pointing at a number brings its outline out."""
    pointed = alt.selection_point(name="pointed", fields=["cluster"], on="pointerover", empty=False)
    clicked = alt.selection_point(name="cluster", fields=["cluster"], on="click", clear="dblclick", empty=False)
    is_chosen = f"datum.cluster == {-1 if chosen is None else chosen}"

    def strong(value: float, otherwise: float) -> Any:
        chain = alt.when(is_chosen).then(alt.value(value))
        if clickable:
            chain = chain.when(pointed).then(alt.value(value))
        return chain.otherwise(alt.value(otherwise))

    base = alt.Chart(hulls).encode(x="x:Q", y="y:Q", order="order:Q", detail="cluster:N")
    outlines = base.mark_line(color=CLUSTER, interpolate="linear-closed").encode(
        opacity=strong(1, 0.3), strokeWidth=strong(3, 1)
    )
    middles = hulls.groupby(["cluster", "name"], as_index=False)[["x", "y"]].mean()
    middles[["x", "y"]] = _apart(middles[["x", "y"]].to_numpy())
    numbers = alt.Chart(middles.assign(number=(middles["cluster"] + 1).astype(str))).encode(
        x="x:Q", y="y:Q", tooltip=[alt.Tooltip("name:N", title="cluster")]
    )
    badges = numbers.mark_point(filled=True, size=340, opacity=1, color=CLUSTER, cursor="pointer")
    if clickable:
        badges = badges.add_params(pointed, clicked)
    text = numbers.mark_text(fontSize=12, fontWeight=700, color="white").encode(text="number:N")
    return [outlines, badges, text]


def _apart(middles: np.ndarray) -> np.ndarray:
    """Move points in the unit square so that a number fits on each, one after the other and no farther than needed."""
    room = np.array([0.035, 0.06])
    turns = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    steps = [np.zeros(2), *(ring * room * (np.cos(t), np.sin(t)) for ring in np.arange(0.5, 20, 0.5) for t in turns)]
    placed: list[np.ndarray] = []
    for middle in middles:
        spots = (np.clip(middle + step, room / 2, 1 - room / 2) for step in steps)
        free = (spot for spot in spots if all((np.abs(spot - other) / room).max() >= 1 for other in placed))
        placed.append(next(free, middle))
    return np.array(placed)


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


def per_class(table: pd.DataFrame, *, sort: str = "noise_out") -> alt.LayerChart:
    """Draw noise out (left) and noise in (right) of every class; the selection is called ``class``.

    Parameters
    ----------
    table : DataFrame
        ``class``, ``noise_out``, ``noise_in``, ``label_quality``, ``suspects``, ``examples``.
    sort : str
        The column that orders the bars, highest first.
    """
    ordered = table.sort_values(sort, ascending=sort == "label_quality")
    order = ordered["class"].tolist()
    long = pd.concat(
        [
            ordered.assign(share=-ordered["noise_out"], kind="given wrongly (noise out)"),
            ordered.assign(share=ordered["noise_in"], kind="missing from it (noise in)"),
        ]
    )
    clicked = alt.selection_point(name="class", fields=["class"], on="click", clear="dblclick")
    bars = (
        alt.Chart(long)
        .mark_bar(cursor="pointer", cornerRadius=2)
        .encode(
            y=alt.Y("class:N", sort=order, title=None, axis=alt.Axis(labelLimit=170)),
            x=alt.X(
                "share:Q",
                title="share of the class",
                axis=alt.Axis(format="%", labelExpr="format(abs(datum.value), '.0%')"),
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
                alt.Tooltip("class:N"),
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


def class_counts(table: pd.DataFrame, *, height: int = 220) -> alt.Chart:
    """Draw how many examples each class has.

    Parameters
    ----------
    table : DataFrame
        ``class``, ``examples``; most frequent first.
    """
    chart: alt.Chart = (
        alt.Chart(table)
        .mark_bar(color=GIVEN, cornerRadius=2)
        .encode(
            y=alt.Y("class:N", sort=None, title=None, axis=alt.Axis(labelLimit=170, labelOverlap=False)),
            x=alt.X("examples:Q", title="examples"),
            tooltip=["class:N", alt.Tooltip("examples:Q", format=",d")],
        )
        .properties(height=height)
    )
    return chart


def review_curve(curve: pd.DataFrame, *, height: int = 300) -> alt.LayerChart:
    """Draw precision and recall by review depth.

    Parameters
    ----------
    curve : DataFrame
        What `labelaudit.noise.review_curve` returns, thinned to what a screen can show, plus ``perfect``: the recall
        of a reviewer who is shown nothing but errors.
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
            x=alt.X("reviewed:Q", title="examples reviewed, worst first"),
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
