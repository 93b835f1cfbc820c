"""A grid's sort and filter, against pandas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.query import ordered

TABLE = pd.DataFrame(
    {
        "name": ["Ant", "bee", None, "Cat", "ant", "", "a.t", "bee"],
        "number": [3.0, 1.0, np.nan, 2.0, 3.0, 1.0, -1.0, 2.0],
        "cluster": pd.array([1, None, 2, 2, None, 1, 3, 1], dtype="Int64"),
        "flag": [True, False, True, False, True, True, False, False],
    }
)
Keys = list[tuple[str, str]]


def by(*keys: tuple[str, str]) -> list[dict[str, str]]:
    return [{"colId": column, "sort": direction} for column, direction in keys]


def one(column: str, kind: str, wanted: Any = None, **more: Any) -> dict[str, Any]:
    numeric = column in ("number", "cluster")
    return {column: {"filterType": "number" if numeric else "text", "type": kind, "filter": wanted, **more}}


def test_without_sort_and_filter_all_rows_stand_as_they_are() -> None:
    assert ordered(TABLE, [], {}).tolist() == list(range(8))


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", None]), st.one_of(st.none(), st.integers(0, 3))), max_size=30),
    st.lists(
        st.tuples(st.sampled_from(["x", "y"]), st.sampled_from(["asc", "desc"])), max_size=2, unique_by=lambda k: k[0]
    ),
)
def test_sort_by_several_columns_is_that_of_pandas(rows: list[tuple[str | None, int | None]], keys: Keys) -> None:
    table = pd.DataFrame({"x": pd.Series([x for x, _ in rows], dtype=object), "y": [y for _, y in rows]})
    table["y"] = table["y"].astype("float64")
    expected = table
    for column, direction in reversed(keys):
        expected = expected.sort_values(column, ascending=direction == "asc", kind="stable", na_position="last")
    assert ordered(table, by(*keys), {}).tolist() == expected.index.tolist()


def test_ties_keep_their_order_both_ways() -> None:
    assert ordered(TABLE, by(("number", "asc")), {}).tolist() == [6, 1, 5, 3, 7, 0, 4, 2]
    assert ordered(TABLE, by(("number", "desc")), {}).tolist() == [0, 4, 3, 7, 1, 5, 6, 2]


def test_unknown_columns_are_passed_over() -> None:
    assert ordered(TABLE, by(("gone", "asc"), ("number", "asc")), one("gone", "equals", "x")).tolist()[0] == 6


NAMES = TABLE["name"].fillna("").str.casefold()
FILTERS: list[tuple[dict[str, Any], Any]] = [
    (one("name", "equals", "ANT"), NAMES == "ant"),
    (one("name", "notEqual", "ant"), NAMES != "ant"),
    (one("name", "contains", "A"), NAMES.str.contains("a")),
    (one("name", "contains", "a.t"), NAMES == "a.t"),
    (one("name", "notContains", "a"), ~NAMES.str.contains("a")),
    (one("name", "startsWith", "B"), NAMES.str.startswith("b")),
    (one("name", "endsWith", "T"), NAMES.str.endswith("t")),
    (one("name", "blank"), NAMES == ""),
    (one("name", "notBlank"), NAMES != ""),
    (one("name", "contains", None), NAMES == NAMES),
    (one("flag", "equals", "true"), TABLE["flag"]),
    (one("number", "equals", 3), TABLE["number"] == 3),
    (one("number", "notEqual", 3), TABLE["number"] != 3),
    (one("number", "lessThan", 2), TABLE["number"] < 2),
    (one("number", "lessThanOrEqual", 2), TABLE["number"] <= 2),
    (one("number", "greaterThan", 2), TABLE["number"] > 2),
    (one("number", "greaterThanOrEqual", 2), TABLE["number"] >= 2),
    (one("number", "inRange", 1, filterTo=2), TABLE["number"].between(1, 2)),
    (one("number", "blank"), TABLE["number"].isna()),
    (one("number", "notBlank"), TABLE["number"].notna()),
    (one("number", "empty"), TABLE["number"].notna() | True),
    (one("cluster", "equals", 2), (TABLE["cluster"] == 2).fillna(False)),
    (one("cluster", "greaterThan", 1), (TABLE["cluster"] > 1).fillna(False)),
    (one("cluster", "blank"), TABLE["cluster"].isna()),
]


@pytest.mark.parametrize(("condition", "expected"), FILTERS, ids=lambda value: str(value)[:60])
def test_filter_keeps_what_pandas_keeps(condition: dict[str, Any], expected: pd.Series) -> None:
    np.testing.assert_array_equal(ordered(TABLE, [], condition), np.flatnonzero(expected))


@pytest.mark.parametrize(("operator", "join"), [("AND", np.logical_and), ("OR", np.logical_or)])
def test_conditions_are_joined(operator: str, join: Callable[..., Any]) -> None:
    parts = [one("number", "greaterThan", 1)["number"], one("number", "lessThan", 3)["number"]]
    condition = {"number": {"filterType": "number", "operator": operator, "conditions": parts}}
    expected = join(TABLE["number"] > 1, TABLE["number"] < 3)
    np.testing.assert_array_equal(ordered(TABLE, [], condition), np.flatnonzero(expected))


def test_filters_of_several_columns_all_hold_and_what_is_left_is_sorted() -> None:
    filters = {**one("name", "contains", "e"), **one("number", "lessThan", 5)}
    assert ordered(TABLE, by(("number", "desc")), filters).tolist() == [7, 1]


def test_no_row_and_no_table_are_borne() -> None:
    assert ordered(TABLE, by(("number", "asc")), one("name", "equals", "zebra")).tolist() == []
    assert ordered(TABLE[:0], by(("name", "asc")), one("name", "contains", "a")).tolist() == []
