"""A grid's sort and filter, answered on the server; the grid itself holds one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd


def ordered(table: pd.DataFrame, sort: Sequence[Mapping[str, str]], filters: Mapping[str, Any]) -> np.ndarray:
    """Say which rows of a table to show, in which order.

    Parameters
    ----------
    table : DataFrame of n rows
    sort : sequence of mappings
        ``colId`` and ``sort`` ("asc" or "desc"), as AG Grid's column state has them, most important first; unknown
        columns are passed over.
    filters : mapping
        AG Grid's filter model: column to text or number conditions.

    Returns
    -------
    ndarray of shape (m,), int
        Positions in the table.
    """
    keep = np.ones(len(table), dtype=bool)
    for column, condition in filters.items():
        if column in table:
            keep &= _matches(table[column], condition)
    rows = np.flatnonzero(keep)
    for key in reversed([k for k in sort if k["colId"] in table]):
        ranks, different = pd.factorize(table[key["colId"]].iloc[rows], sort=True)
        # Ranks and not a reversed order, so that ties keep theirs both ways; blanks are last both ways.
        signed = ranks if key["sort"] == "asc" else -ranks
        rows = rows[np.argsort(np.where(ranks < 0, len(different), signed), kind="stable")]
    return rows


def _matches(column: pd.Series, condition: Mapping[str, Any]) -> np.ndarray:
    """Evaluate one column's condition, or several joined by AND or OR."""
    if "conditions" in condition:
        parts = [_matches(column, part) for part in condition["conditions"]]
        joined = np.logical_and if condition.get("operator", "AND") == "AND" else np.logical_or
        return np.asarray(joined.reduce(parts))
    wanted = condition.get("filter")
    if condition.get("filterType") == "number":
        return _meet(column, condition, wanted)
    which, different = pd.factorize(column)  # -1, the last one, is blank
    texts = pd.Series([*map(str, different), ""], dtype=str).str.casefold()
    return _meet(texts, condition, "" if wanted is None else str(wanted).casefold())[which]


def _meet(values: pd.Series, condition: Mapping[str, Any], wanted: Any) -> np.ndarray:
    """Say which values meet a condition."""
    blank = values.isna() | (values == "")
    match condition["type"]:
        case "blank":
            found = blank
        case "notBlank":
            found = ~blank
        case "equals":
            found = values == wanted
        case "notEqual":
            found = values != wanted
        case "contains":
            found = values.str.contains(wanted, regex=False)
        case "notContains":
            found = ~values.str.contains(wanted, regex=False)
        case "startsWith":
            found = values.str.startswith(wanted)
        case "endsWith":
            found = values.str.endswith(wanted)
        case "lessThan":
            found = values < wanted
        case "lessThanOrEqual":
            found = values <= wanted
        case "greaterThan":
            found = values > wanted
        case "greaterThanOrEqual":
            found = values >= wanted
        case "inRange":
            found = values.between(wanted, condition["filterTo"])
        case _:  # an empty filter keeps all
            return np.ones(len(values), dtype=bool)
    return np.asarray(found.fillna(False).to_numpy(dtype=bool))
