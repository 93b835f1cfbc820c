"""Charts are valid and select what the pages ask them for."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import pytest

from labelaudit import charts, noise, palette, planes
from labelaudit.drawing import density


def spec_of(chart: alt.TopLevelMixin) -> dict[str, Any]:
    """Validate against Vega-Lite's schema, too."""
    spec: dict[str, Any] = chart.to_dict()
    return spec


def selections(spec: dict[str, Any]) -> dict[str, str]:
    return {p["name"]: p["select"]["type"] for p in spec.get("params", []) if "select" in p}


def rows_of(spec: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return list(spec["datasets"].values())


def cells(k: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    names = [f"class {n}" for n in range(k)]
    return pd.DataFrame(
        [
            {
                "row": row,
                "column": column,
                "value": float(rng.integers(0, 40)),
                "count": int(rng.integers(0, 40)),
                "suspects": 1,
                "muted": row == column,
            }
            for row in names
            for column in names
        ]
    )


def plane(n: int, binary: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x = rng.random(n)
    return pd.DataFrame(
        {
            "id": range(n),
            "x": x,
            "y": 1 - x if binary else (1 - x) * rng.random(n),
            "status": rng.choice(list(palette.STATUS), n),
            "given": "a",
            "suggested": "b",
            "score": x,
        }
    )


HULLS = pd.DataFrame(
    {
        "cluster": 0,
        "name": "1: a → b (7)",
        "size": 7,
        "order": range(3),
        "x": [0.1, 0.2, 0.15],
        "y": [0.5, 0.5, 0.9],
    }
)


@pytest.mark.parametrize("k", [2, 3, 24, 80])
@pytest.mark.parametrize("as_share", [False, True])
def test_heatmap_selects_a_cell_at_any_number_of_classes(k: int, as_share: bool) -> None:
    table = cells(k)
    if as_share:
        table["value"] /= 40
    spec = spec_of(charts.heatmap(table, as_share=as_share))
    assert selections(spec) == {"cell": "point"}
    chosen = next(p for p in spec["params"] if p["name"] == "cell")
    assert chosen["select"]["fields"] == ["row", "column"]
    assert max(map(len, rows_of(spec))) == k * k


@pytest.mark.parametrize(
    ("value", "as_share", "n_classes", "shown"),
    [
        (0.004, True, 3, ""),
        (0.006, True, 3, "1%"),
        (0.35, True, 20, "35%"),
        (999.0, False, 20, "999"),
        (8124.0, False, 20, "8.1k"),
        (9960.0, False, 20, "10k"),
        (81240.0, False, 20, "81k"),
        (8124.0, False, 3, "8,124"),
    ],
)
def test_a_cell_says_what_it_has_room_for(value: float, as_share: bool, n_classes: int, shown: str) -> None:
    spec = spec_of(charts.heatmap(cells(n_classes).assign(value=value), as_share=as_share))
    assert {row["text"] for rows in rows_of(spec) for row in rows} == {shown}


def test_numbers_of_clusters_never_lie_over_each_other() -> None:
    hulls = pd.concat([HULLS.assign(cluster=n, name=f"pair {n}") for n in range(5)])
    spec = spec_of(planes.scatter(plane(5), hulls, chosen=2))
    numbers = next(rows for rows in rows_of(spec) if rows and "number" in rows[0])
    assert [row["number"] for row in numbers] == list("12345")
    for n, one in enumerate(numbers):
        assert 0 <= one["x"] <= 1 and 0 <= one["y"] <= 1
        assert all(abs(one["x"] - other["x"]) > 0.03 or abs(one["y"] - other["y"]) > 0.05 for other in numbers[:n])


def test_heatmap_keeps_the_order_of_its_rows() -> None:
    table = cells(24).iloc[::-1]
    order = list(dict.fromkeys(table["row"]))
    errors = next(
        layer for layer in spec_of(charts.heatmap(table, as_share=False))["layer"] if "color" in layer["encoding"]
    )
    assert errors["encoding"]["x"]["sort"] == order
    assert errors["encoding"]["y"]["sort"] == order


def test_a_table_that_is_not_square_has_wide_cells_and_its_own_words() -> None:
    table = cells(6)
    table = table[table["column"].isin(["class 0", "class 1", "class 2"])]
    spec = spec_of(charts.heatmap(table, as_share=False, row="label", column="is", counted="examples"))
    assert (spec["width"]["step"], spec["height"]["step"]) == (130, 56)
    encoding = spec["layer"][1]["encoding"]
    assert [tip.get("title") for tip in encoding["tooltip"]] == ["label", "is", "examples", "suspects to review"]
    assert (encoding["x"]["title"], encoding["y"]["title"]) == ("is", "label")


def test_heatmap_without_errors_is_drawn() -> None:
    spec_of(charts.heatmap(cells(3).assign(value=0.0), as_share=True))


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("hulls", [HULLS, HULLS[:0]])
def test_scatter_selects_a_box(binary: bool, hulls: pd.DataFrame) -> None:
    spec = spec_of(planes.scatter(plane(50, binary), hulls))
    clusters = {"cluster": "point", "pointed": "point"} if len(hulls) else {}
    assert selections(spec) == {"brush": "interval", **clusters}
    brush = next(p for p in spec["params"] if p["name"] == "brush")
    assert sorted(brush["select"]["encodings"]) == ["x", "y"]
    assert 50 in map(len, rows_of(spec))


def test_scatter_without_a_brush_selects_nothing() -> None:
    assert selections(spec_of(planes.scatter(plane(5), HULLS, brush=False))) == {}


def test_scatter_draws_density_in_place_of_points() -> None:
    points = plane(500)
    bins = density(points[["x", "y"]].to_numpy(), bins=10)
    spec = spec_of(planes.scatter(points[:20], HULLS, bins))
    assert len(bins) in map(len, rows_of(spec))
    assert max(map(len, rows_of(spec))) < 500


def test_scatter_of_one_status_and_of_no_points_is_drawn() -> None:
    spec_of(planes.scatter(plane(5).assign(status="suspect"), HULLS))
    spec_of(planes.scatter(plane(5)[:0], HULLS[:0]))


def test_class_bars_select_a_class_and_are_sorted() -> None:
    table = pd.DataFrame(
        {
            "class": ["a", "b", "c"],
            "noise_out": [0.1, 0.3, 0.2],
            "noise_in": [0.0, 0.1, 0.2],
            "label_quality": [0.9, 0.7, 0.8],
            "suspects": [1, 3, 2],
            "examples": 10,
        }
    )
    spec = spec_of(charts.per_class(table))
    assert selections(spec) == {"class": "point"}
    assert spec["layer"][0]["encoding"]["y"]["sort"] == ["b", "c", "a"]
    worst = spec_of(charts.per_class(table, sort="label_quality"))
    assert worst["layer"][0]["encoding"]["y"]["sort"] == ["b", "c", "a"]


def test_margin_counts_values_and_leaves_out_gaps() -> None:
    spec = spec_of(charts.margin(np.array([0.0, 0.5, 1.0, np.nan]), "self-confidence"))
    (rows,) = rows_of(spec)
    assert sum(row["count"] for row in rows) == 3


def test_rank_class_counts_and_review_curve_are_valid() -> None:
    ranked = pd.DataFrame({"rank": [1, 2, 3], "score": [0.1, 0.2, 0.9], "is_issue": [True, True, False]})
    assert len(spec_of(charts.rank(ranked))["layer"]) == 2
    spec_of(charts.class_counts(pd.DataFrame({"class": ["a", "b"], "examples": [5, 3]})))
    curve = noise.review_curve(np.array([0.1, 0.4, 0.2]), np.array([True, False, True]))
    rows = rows_of(spec_of(charts.review_curve(curve.assign(perfect=[0.5, 1, 1]))))
    assert {row["measure"] for row in rows[0]} == {
        "recall: planted errors found",
        "precision: reviews that find one",
        "recall, if every review found one",
    }


def places(n: int, kinds: list[str]) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "x": rng.random(n),
            "y": rng.random(n),
            "kind": [kinds[i % len(kinds)] for i in range(n)],
            "given": "a",
            "suggested": "b",
            "score": rng.random(n),
            "position": np.arange(n),
            "strong": np.arange(n) % 2 == 0,
        }
    )


def test_map_colours_the_kinds_and_leaves_the_rest_grey() -> None:
    kinds = [f"class {number}" for number in range(6)]
    spec = spec_of(planes.plot_map(places(60, [*kinds, "other"]), None, kinds))
    assert selections(spec) == {"brush": "interval", "picked": "point"}
    (scale,) = [layer["encoding"]["color"]["scale"] for layer in spec["layer"] if "color" in layer.get("encoding", {})]
    assert scale["domain"] == [*kinds, "other"]
    assert scale["range"] == [colour for colour, _ in palette.KINDS] + [palette.QUIET]


def test_no_kind_has_a_colour_that_means_something() -> None:
    meaning = {palette.GIVEN, palette.SUGGESTED, palette.ERROR, palette.KEPT, palette.UNDECIDED, palette.QUIET}
    colours = [colour for colour, _ in palette.KINDS]
    assert not meaning & set(colours)
    assert len(set(colours)) == len({shape for _, shape in palette.KINDS}) == len(palette.KINDS)


def test_map_draws_density_and_the_box_that_is_selected() -> None:
    points = places(500, ["a"])
    bins = density(points[["x", "y"]].to_numpy(), bins=10)
    spec = spec_of(planes.plot_map(points[:20], bins, ["a"], box=(0.1, 0.2, 0.3, 0.4)))
    rows = rows_of(spec)
    assert {len(bins), 20, 1} <= set(map(len, rows))
    assert [{"x0": 0.1, "x1": 0.2, "y0": 0.3, "y1": 0.4}] in rows


def test_map_without_points_is_drawn() -> None:
    spec_of(planes.plot_map(places(5, ["a"])[:0], None, []))


def test_the_shares_of_classes_have_the_decimals_that_tell_their_ticks_apart() -> None:
    table = pd.DataFrame(
        {"class": ["a"], "noise_out": 0.02, "noise_in": 0.01, "label_quality": 0.9, "suspects": 1, "examples": 9}
    )
    bars = spec_of(charts.per_class(table))["layer"][0]
    # "~" trims, so that 0.015 is 1.5% and 0.02 is 2%
    assert bars["encoding"]["x"]["axis"]["labelExpr"] == "format(abs(datum.value), '~%')"
