"""The curve of errors found against examples reviewed, with what is to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from labelaudit.progress import FEW, Progress, Reviewed
from labelaudit.stopping import HORIZON, chances
from labelaudit.text import plural

if TYPE_CHECKING:
    import altair

N_POINTS = 200
RED = "#b91c1c"  # of a confirmed error, everywhere


def curve(reviewed: Reviewed, made: Progress, score: np.ndarray, queue: np.ndarray) -> pd.DataFrame:
    """Return the curve up to now, and from now on to the queue's end.

    Parameters
    ----------
    reviewed : Reviewed
        Of n examples.
    made : Progress
    score : ndarray of shape (n,)
    queue : ndarray of int
        See `labelaudit.progress.progress`.

    Returns
    -------
    DataFrame
        ``reviewed``, ``found``, ``low``, ``high``, ``part`` ("found so far" or "to come"). What is to come has the
        shape that the scores give it and ends at the estimate of the errors among the suspects left; where there is
        none, at what the scores say, and ``low`` and ``high`` are NaN.
    """
    order = reviewed.in_order
    found = np.concatenate([[0], np.cumsum(reviewed.error[order])])
    past = pd.DataFrame({"reviewed": np.arange(len(found)), "found": found, "low": np.nan, "high": np.nan})
    parts = [_thinned(past).assign(part="found so far")]
    ahead = queue[~reviewed.seen[queue]]
    if len(ahead) and len(order) >= FEW:
        near = float(np.median(score[ahead[:HORIZON]]))
        likely, _ = chances(score[order], reviewed.error[order], score[ahead], near)
        rise = np.concatenate([[0], np.cumsum(likely)])
        ends = [rise[-1], np.nan, np.nan]
        if made.suspects is not None:
            ends = [made.suspects.likely, made.suspects.low, made.suspects.high]
        lines = {
            name: found[-1] + rise / rise[-1] * end for name, end in zip(("found", "low", "high"), ends, strict=True)
        }
        rest = pd.DataFrame({"reviewed": len(order) + np.arange(len(rise)), **lines})
        parts.append(_thinned(rest).assign(part="to come"))
    return pd.concat(parts, ignore_index=True)


def _thinned(line: pd.DataFrame) -> pd.DataFrame:
    return line.iloc[np.unique(np.linspace(0, len(line) - 1, min(N_POINTS, len(line))).round().astype(int))]


def chart(line: pd.DataFrame, height: int = 220, unit: str = "example") -> altair.LayerChart | altair.FacetChart:
    """Draw what `curve` returns: found so far as a line, what is to come dashed, its interval as a band.

    The `unit` is what one review is about.
    """
    import altair as alt

    x: Any = alt.X("reviewed:Q", title=f"{plural(unit)} reviewed", axis=alt.Axis(format=",d", tickMinStep=1))
    base = alt.Chart(line)
    band = base.transform_filter("isValid(datum.low)").mark_area(color=RED, opacity=0.15)
    lines = base.mark_line(color=RED, strokeWidth=2).encode(
        x=x,
        y=alt.Y("found:Q", title="real errors", axis=alt.Axis(format=",d", tickMinStep=1)),
        strokeDash=alt.StrokeDash(
            "part:N",
            scale=alt.Scale(domain=["found so far", "to come"], range=[[1, 0], [5, 4]]),
            legend=alt.Legend(title=None, orient="top"),
        ),
        tooltip=[
            alt.Tooltip("reviewed:Q", format=",d"),
            alt.Tooltip("found:Q", format=",.0f", title="real errors"),
            alt.Tooltip("low:Q", format=",.0f", title="at least"),
            alt.Tooltip("high:Q", format=",.0f", title="at most"),
        ],
    )
    return alt.layer(band.encode(x=x, y="low:Q", y2="high:Q"), lines).properties(height=height)
