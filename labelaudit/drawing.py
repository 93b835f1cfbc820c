"""What the charts draw: clusters and their outlines, points, and a density in place of those that are too many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from labelaudit.clusters import common_trait
from labelaudit.dataset import Dataset
from labelaudit.result import Audit
from labelaudit.tasks import TASKS
from labelaudit.why import findings_of, title_of

OTHER, NOTHING, NO_LABEL = "other", "nothing found", "no label"  # kinds of points that have no colour of their own
COLOURED = 6  # kinds of points that have one
CORE = 0.75  # share of a cluster that its outline holds


@dataclass(frozen=True)
class Cluster:
    """Suspects that belong together, in words.

    Parameters
    ----------
    number : int
        From 0, the largest first.
    pair : str
        Given → suggested, or what else the members have in common.
    size : int
    trait : str
        A word or a cell that most members have and few other suspects; empty where there is none.
    """

    number: int
    pair: str
    size: int
    trait: str


def largest_clusters(audit: Audit, table: pd.DataFrame, most: int = 5) -> list[Cluster]:
    """List the largest clusters of suspects.

    Parameters
    ----------
    audit : Audit
    table : DataFrame
        What `points` returns.
    most : int
        How many clusters.

    """
    suspects = np.flatnonzero(table["is_issue"].to_numpy())
    number = table["cluster"].to_numpy()[suspects]
    found = []
    for cluster in range(min(most, int(number.max(initial=-1)) + 1)):
        members, others = suspects[number == cluster], suspects[number != cluster]
        first = table.iloc[members[0]]
        pair = TASKS[audit.dataset.task].cluster_name(audit, members)
        one_part = first["part"] and (table["part"].iloc[members] == first["part"]).all()
        if one_part:
            pair = f"{TASKS[audit.dataset.task].part_name(audit, int(members[0]))}: {pair}"
        own = first["part"] if one_part else ""
        trait = common_trait(audit.dataset, audit.rows[members], audit.rows[others], own)
        found.append(Cluster(cluster, pair, len(members), trait))
    return found


def outlines(table: pd.DataFrame, most: int = 5) -> pd.DataFrame:
    """Outline the largest clusters of suspects in the plane of the scatter.

    An outline holds the `CORE` of its cluster, the members closest to their middle: a single one far off would make
    it cover all others.

    Parameters
    ----------
    table : DataFrame
        What `points` returns.
    most : int
        How many clusters.

    Returns
    -------
    DataFrame
        ``cluster``, ``order``, ``x``, ``y``: corners of the convex hulls, in drawing order.
    """
    from scipy.spatial import ConvexHull, QhullError

    corners = []
    for number in range(most):
        plane = table.loc[table["cluster"] == number, ["x", "y"]].to_numpy()
        if not len(plane):
            break
        far = np.linalg.norm(plane - np.median(plane, axis=0), axis=1)
        plane = plane[far <= np.quantile(far, CORE, method="higher")]
        try:
            hull = plane[ConvexHull(plane).vertices]
        except QhullError:  # all on one line, as with two classes: the line itself is the outline
            hull = plane[[plane[:, 0].argmin(), plane[:, 0].argmax()]]
        corners.append(pd.DataFrame({"cluster": number, "order": range(len(hull)), "x": hull[:, 0], "y": hull[:, 1]}))
    columns = ["cluster", "order", "x", "y"]
    return pd.concat(corners, ignore_index=True) if corners else pd.DataFrame(columns=columns)


def drawn(
    dataset: Dataset,
    table: pd.DataFrame,
    *,
    all_up_to: int,
    most: int,
    bounds: tuple[float, float] | None = (0.0, 1.0),
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Choose what of the scatter the browser gets: points, and a density in place of those that are too many.

    Parameters
    ----------
    dataset : Dataset
    table : DataFrame
        What `points` returns, with ``status``; ``low`` and ``high`` where there are intervals.
    all_up_to : int
        Up to so many points, all are drawn and there is no density.
    most : int
        Beyond, this many of those that are suspected or decided are drawn, evenly by score.
    bounds : tuple of float, optional
        See `density`.

    Returns
    -------
    points : DataFrame
        ``x``, ``y``, ``status``, ``given``, ``suggested`` (in words), ``score``, and the interval.
    density : DataFrame or None
        See `density`.
    """
    known = table[table["x"].notna()]
    shown, bins = known, None
    if len(known) > all_up_to:
        bins = density(known[["x", "y"]].to_numpy(), bounds=bounds)
        shown = known[known["status"] != "not suspected"].sort_values("score", kind="stable")
        shown = _thinned(shown, most)
    words = {column: dataset.names_of(shown[column]) for column in ("given", "suggested")}
    columns = ["x", "y", "status", "given", "suggested", "score", *({"low", "high"} & set(shown.columns))]
    return _light(shown.assign(**words)[columns].round(4)), bins


def _light(points: pd.DataFrame) -> pd.DataFrame:
    """The same in a quarter of the bytes: words by their number, and as many digits as a screen has pixels."""
    light = {"f": "float32", "i": "int32", "b": "bool"}
    return points.astype({name: light.get(column.dtype.kind, "category") for name, column in points.items()})


def _thinned(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """At most so many rows, spread evenly."""
    return table.iloc[np.unique(np.linspace(0, len(table) - 1, min(most, len(table))).round().astype(np.int64))]


def on_the_map(
    audit: Audit,
    table: pd.DataFrame,
    places: np.ndarray,
    mask: np.ndarray,
    by: Literal["class", "issue"],
    *,
    all_up_to: int,
    most: int,
) -> tuple[pd.DataFrame, pd.DataFrame | None, list[str]]:
    """Choose what of the map the browser gets: points, and a density in place of those that are too many.

    Parameters
    ----------
    audit : Audit
    table : DataFrame
        What `points` returns, with n rows.
    places : ndarray of shape (n, 2)
    mask : ndarray of shape (n,), bool
        Which examples are selected.
    by : {"class", "issue"}
        What a point's ``kind`` is: its given class, or the first of its issues in display order, the label first.
    all_up_to : int
        Up to so many points, all are drawn and there is no density.
    most : int
        Beyond, this many of those that have an issue are drawn, evenly by score.

    Returns
    -------
    points : DataFrame
        ``x``, ``y``, ``kind``, ``given``, ``suggested`` (in words), ``score``, ``position``, ``strong``: whether it
        is selected, or by issue whether it has one.
    density : DataFrame or None
        See `density`; ``x0`` … in units of `places`.
    kinds : list of str
        The most frequent kinds, which have a colour each; the others are grey.
    """
    issue = _first_issue(audit)
    names = audit.dataset.names_of(table["given"])
    kind = pd.Series(np.where(table["given"].isna(), NO_LABEL, names) if by == "class" else issue, dtype=object)
    counted = kind[~kind.isin([NOTHING, NO_LABEL])].value_counts()
    kinds = sorted(counted.index[:COLOURED].tolist())
    shown = pd.DataFrame(
        {
            "x": places[:, 0],
            "y": places[:, 1],
            "kind": kind.where(kind.isin([*kinds, NOTHING, NO_LABEL]), OTHER),
            "given": names,
            "suggested": audit.dataset.names_of(table["suggested"]),
            "score": table["score"].to_numpy(),
            "position": np.arange(len(table)),
            "strong": mask if by == "class" else issue != NOTHING,
        }
    )
    if len(shown) <= all_up_to:
        return _light(shown.round(4)), None, kinds
    bins = density(places, bounds=None)
    few = _thinned(shown[issue != NOTHING].sort_values("score", kind="stable"), most)
    return _light(few.round(4)), bins, kinds


def _first_issue(audit: Audit) -> np.ndarray:
    """The title of each example's first issue, shape (n,)."""
    first = np.full(len(audit.rows), NOTHING, dtype=object)
    for name in reversed(["label", *findings_of(audit)]):
        rows = audit.flagged
        first[rows.loc[rows["issue"] == name, "position"]] = title_of(audit, name)
    return first


def density(plane: np.ndarray, bins: int = 60, bounds: tuple[float, float] | None = (0.0, 1.0)) -> pd.DataFrame:
    """Count points in bins.

    Parameters
    ----------
    plane : ndarray of shape (n, 2)
    bins : int
        On each axis.
    bounds : tuple of float, optional
        Of both axes, at whose edge what lies beyond is counted; None for what the points span on each.

    Returns
    -------
    DataFrame
        ``x0``, ``x1``, ``y0``, ``y1``, ``count``; empty bins are left out.
    """
    spanned = None if bounds is None else [list(bounds)] * 2
    plane = plane if bounds is None else plane.clip(*bounds)
    counts, x, y = np.histogram2d(plane[:, 0], plane[:, 1], bins=bins, range=spanned)
    across, up = np.nonzero(counts)
    return pd.DataFrame(
        {
            "x0": x[across],
            "x1": x[across + 1],
            "y0": y[up],
            "y1": y[up + 1],
            "count": counts[across, up].astype(int),
        }
    )
