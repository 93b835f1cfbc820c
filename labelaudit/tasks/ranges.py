"""How well numbers are predicted, as a whole and range by range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from labelaudit.numerals import Numerals
from labelaudit.panels import Card, Column, Ranking
from labelaudit.shapes.number import read

if TYPE_CHECKING:
    from labelaudit.result import Audit

RANGES = 8  # of the numbers, as many in each as can be
SHARED = "An error that the other columns share, as when one instrument drifts with another, can't be seen at any size."


def unseen(size: float, found: Numerals) -> str:
    """Say which errors can't be told from noise: those of less than this size, in the unit of the numbers."""
    return f"errors under about {found.shown(float(f'{size:.2g}'))} can't be told from noise here"


def fit(numbers: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Say how well predictions fit numbers.

    Parameters
    ----------
    numbers, predicted : ndarray of shape (N,)
        NaN where there is no number.

    Returns
    -------
    dict
        ``r2`` (1 is perfect, 0 no better than the mean), ``rmse`` and ``mae`` (in the unit of the numbers).
    """
    known = ~np.isnan(numbers)
    off = (numbers - predicted)[known]
    total = float(((numbers[known] - numbers[known].mean()) ** 2).sum())
    return {
        "r2": 1 - float((off**2).sum()) / total if total else 0.0,
        "rmse": float(np.sqrt((off**2).mean())),
        "mae": float(np.abs(off).mean()),
    }


def by_range(numbers: np.ndarray, predicted: np.ndarray, flagged: np.ndarray, found: Numerals) -> pd.DataFrame:
    """Say how well predictions fit in each range of the numbers, as many in each as can be.

    Returns
    -------
    DataFrame of at most `RANGES` rows, ascending
        ``class`` (the range in words), ``code``, ``low``, ``high``, ``examples``, ``suspects``, ``rmse``, ``mae``,
        ``bias`` (mean of predicted minus given).
    """
    known = ~np.isnan(numbers)
    edges = np.unique(np.quantile(numbers[known], np.linspace(0, 1, RANGES + 1)))
    place = np.searchsorted(edges[1:-1], numbers[known], side="right")
    table = pd.DataFrame({"code": place, "off": (predicted - numbers)[known], "suspects": flagged[known]})
    each = table.groupby("code").agg(
        examples=("off", "size"),
        suspects=("suspects", "sum"),
        rmse=("off", lambda off: float(np.sqrt((off**2).mean()))),
        mae=("off", lambda off: float(off.abs().mean())),
        bias=("off", "mean"),
    )
    low, high = edges[each.index], edges[each.index + 1]
    names = [f"{found.about(a)} to {found.about(b)}" for a, b in zip(low, high, strict=True)]
    ranges = pd.DataFrame({"class": names, "code": each.index, "low": low, "high": high})
    return pd.concat([ranges, each.reset_index(drop=True)], axis=1)


def metrics(audit: Audit) -> dict[str, Any]:
    """Return the figures that Health shows beside those in the manifest."""
    from labelaudit.residual_charts import by_range as chart
    from labelaudit.selection import Selection

    health, found = audit.manifest["health"], read(audit.dataset)
    x = np.quantile(audit.outputs["predicted"], [0, 1]).tolist()
    table = audit.per_class.rename(columns={"class": "range"})
    boxes = zip(table["low"].tolist(), table["high"].tolist(), strict=True)
    return {
        **health,
        "health_words": f"as far as it shows: {unseen(health['seen'], found)}",
        "health_help": "one minus the share of numbers that are further off than right ones are, judged by how far off "
        f"the bulk of them is. {SHARED}",
        "agreement_words": "Of those that are large enough to show; the upper end takes all numbers for wrong that are "
        "as far off as one in a hundred right ones.",
        "card": Card(
            "Usual error",
            found.about(health["mae"]),
            f"is how far predictions are from the given numbers in the mean, without having seen them; R² "
            f"{health['r2']:.2f}, root mean square {found.about(health['rmse'])}. "
            "The smaller, the better the suspects.",
        ),
        "panels": [
            Ranking(
                title="Error by range",
                what="range",
                table=table,
                columns={
                    "examples": Column("examples", "count"),
                    "suspects": Column("suspects", "count"),
                    "mae": Column("mean error", "number", "mean absolute error of predictions without the example"),
                    "rmse": Column("root mean square", "number"),
                    "bias": Column("bias", "number", "mean of predicted minus given: above 0, predictions are higher"),
                },
                sorts={"low": "Range", "mae": "Mean error", "suspects": "Suspects"},
                ascending=frozenset({"low"}),
                selections={
                    name: Selection(box=(x[0], x[1], low, high))
                    for name, (low, high) in zip(table["range"], boxes, strict=True)
                },
                note="Where predictions are far off throughout, the target is noisy, and a suspect says less.",
                chart=chart,
                alt="Bars of the mean error in each range of the given numbers",
            )
        ],
    }
