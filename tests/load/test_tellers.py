"""Columns that give a number away."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from labelaudit.load import load
from labelaudit.load.checks import findings

N = 400
RNG = np.random.default_rng(0)
ONE, TWO = RNG.gamma(9, 3, N), RNG.gamma(9, 10, N)
SUM = ONE + TWO
HONEST = ONE + RNG.normal(0, 10, N)


def left_out(**columns: np.ndarray) -> dict[str, str]:
    dataset = load(pa.table({**columns, "honest": HONEST, "total": SUM}), task="regression", label="total")
    assert "honest" in dataset.feature_columns
    found: dict[str, str] = dataset.provenance.get("left_out", {})
    return found


@pytest.mark.parametrize(
    "cells",
    [
        ["{:,} kg", "{} kg", ""],
        ["€ {}.50", "€ {}.00", "€ {}.99"],
        ["{} %", "{}%", "n/a"],
        ["EUR {}", "EUR {:,}", "EUR {}"],
    ],
)
def test_a_column_of_numbers_with_a_unit_is_guessed_as_the_label(cells: list[str]) -> None:
    weights = [cells[row % 3].format(1000 + 7 * row) for row in range(60)]
    table = pa.table({"x": np.arange(60.0) ** 2 % 37, "z": np.arange(60.0) % 7, "heavy": weights})
    assert load(table, task="regression").label_columns == ("heavy",)


@pytest.mark.parametrize("cell", ["Room {}", "{} Main Street {}", "2024-01-{:02d}", "B{}"])
def test_names_with_a_number_in_them_are_no_numbers(cell: str) -> None:
    names = [cell.format(1 + row % 28, "abc"[row % 3]) for row in range(60)]
    table = pa.table({"z": np.arange(60.0) % 7, "x": np.arange(60.0) ** 2 % 37, "place": names})
    assert load(table, task="regression").label_columns == ("x",)


def test_few_rows_are_warned_of_in_plain_words() -> None:
    columns = {"x": np.arange(60.0) ** 2 % 37, "y": np.arange(60.0) % 11}
    few = {name: values[:30] for name, values in columns.items()}
    told = [found.title for found in findings(load(pa.table(few), task="regression", label="y"))]
    assert told[0] == "30 rows have a number, too few to tell wrong ones from odd ones"
    assert "few_numbers" not in [found.key for found in findings(load(pa.table(columns), task="regression", label="y"))]


def test_parts_that_add_up_to_the_label_are_left_out_together() -> None:
    found = left_out(casual=ONE, registered=TWO, rare=(np.arange(N) % 40 == 0).astype(float))
    assert found == {
        "casual": "gives the label away with 'registered': their sum is the label in 100.0% of the rows",
        "registered": "gives the label away with 'casual': their sum is the label in 100.0% of the rows",
    }


def test_a_few_wrong_labels_do_not_hide_the_parts() -> None:
    total = SUM.copy()
    total[[5, 90]] += 400
    table = pa.table({"casual": ONE, "registered": TWO, "honest": HONEST, "total": total})
    found = load(table, task="regression", label="total").provenance["left_out"]
    assert set(found) == {"casual", "registered"}
    assert "in 99.5% of the rows" in found["casual"]


@pytest.mark.parametrize(
    ("column", "says"),
    [(SUM * 2.54 - 3, "is the label in another unit"), (np.log(SUM), "orders the rows as the label does")],
)
def test_the_label_in_another_unit_or_order_of_size_is_left_out(column: np.ndarray, says: str) -> None:
    assert left_out(copy=column) == {"copy": says}


def test_a_column_that_only_goes_with_the_label_stays() -> None:
    assert left_out(near=SUM + RNG.normal(0, 1, N)) == {}


def test_a_number_of_few_values_is_given_away_as_a_class_is() -> None:
    quality = np.arange(N) % 5
    names = np.array(["poor", "fair", "good", "fine", "best"])[quality]
    dataset = load(pa.table({"word": names, "x": HONEST, "quality": quality}), task="regression", label="quality")
    assert dataset.provenance["left_out"] == {"word": "is a copy of the label under other names"}


def test_the_last_column_of_numbers_is_guessed_unless_one_is_called_like_a_label() -> None:
    table = {"id": np.arange(N), "name": [f"a{i}" for i in range(N)], "x": HONEST, "y": SUM, "z": TWO}
    assert load(pa.table(table), task="regression").label_columns == ("y",)
    table["other"] = table.pop("y")
    assert load(pa.table(table), task="regression").label_columns == ("other",)
