"""Columns that give a number away."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from labelaudit.load import load

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
