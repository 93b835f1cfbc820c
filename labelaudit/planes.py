"""Points in a plane to Altair charts: the plane of probabilities, the map, and what lies over and under them."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from labelaudit.palette import CLUSTER, GIVEN, KINDS, QUIET, STATUS, SUGGESTED, UNDECIDED

BINNED_ABOVE = 20_000  # points; beyond it, a browser takes seconds to draw each, and they are drawn as density


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
