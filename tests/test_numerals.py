"""Numbers as people write them: read, refused, and written back in the same style."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from labelaudit.errors import BadInput
from labelaudit.numerals import read

NAN = float("nan")


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1,234.5", "12", ".5"], [1234.5, 12, 0.5]),
        (["1.234,5", "12", "0,5"], [1234.5, 12, 0.5]),
        (["1 234,5", "2\u00a0000", "3\u202f456"], [1234.5, 2000, 3456]),
        (["1'234.50", "7"], [1234.5, 7]),
        (["12 kg", "13.5kg", "7"], [12, 13.5, 7]),
        (["$1,200", "$3"], [1200, 3]),
        (["€ 12,50", "€ 3,00"], [12.5, 3]),
        (["15 %", "3.5%"], [15, 3.5]),
        (["5 km/h", "80 km/h"], [5, 80]),
        (["-3", "+4", "−5", " 6 "], [-3, 4, -5, 6]),
        (["1e3", "2.5E-2"], [1000, 0.025]),
        (["0,123", "1,5"], [0.123, 1.5]),
        (["1,234", "987"], [1234, 987]),
        ([12.5, None, NAN, 3], [12.5, NAN, NAN, 3]),
        (["", "  ", "NaN", "n/a", "7"], [NAN, NAN, NAN, NAN, 7]),
        ([Decimal("1.50"), Decimal("2")], [1.5, 2]),
    ],
)
def test_numbers_in_many_styles_are_read(cells: list[Any], values: list[float]) -> None:
    np.testing.assert_array_equal(read(cells, "y").values, values)


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (["1", "inf"], "row 1 of column 'y' holds 'inf', which is infinite"),
        ([1.0, float("-inf")], "row 1 of column 'y' holds '-Infinity', which is infinite"),
        (["1", "∞"], "row 1 of column 'y' holds '∞', which is infinite"),
        (["1", "1e999"], "row 1 of column 'y' holds '1e999', which is infinite"),
        (["1", "", "twelve"], "row 2 of column 'y' holds 'twelve', which is no number; correct it, leave it empty"),
        (["1", "<5"], "'<5', which is no number"),
        (["1", "12-15"], "'12-15', which is no number"),
        (["1", "12/01/2011"], "'12/01/2011', which is no number"),
        (["1", "12:30"], "'12:30', which is no number"),
        (["1", "3 of 5"], "'3 of 5', which is no number"),
        (["1", "1,23,4"], "'1,23,4', which is no number"),
        ([1, True], "row 1 of column 'y' holds 'true', which is no number"),
        ([1, [2]], "which is no number"),
        (["1,234.5", "x", "1"], "'x', which is no number"),
        (["1,234.5", "2.345,6"], "'2.345,6' in row 1, whose decimal marks differ; write all numbers in one style"),
        (["12 kg", "3 kg", "500 g"], "in 'kg' .row 0. and in 'g' .row 2.; convert them to one unit"),
    ],
)
def test_what_is_no_number_gets_one_sentence_that_says_where(cells: list[Any], says: str) -> None:
    with pytest.raises(BadInput, match=says) as error:
        read(cells, "y")
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)


def test_the_decimal_mark_can_be_told_where_the_cells_leave_it_open() -> None:
    assert read(["1,234", "2,500"], "y").values.tolist() == [1234, 2500]
    assert "decimal=, reads the other way" in read(["1,234", "2,500"], "y").note
    assert read(["1,234", "2,500"], "y", {"decimal": ","}).values.tolist() == [1.234, 2.5]
    with pytest.raises(BadInput, match="is none of auto"):
        read(["1"], "y", {"decimal": ";"})


@pytest.mark.parametrize(
    ("column", "value", "like", "written"),
    [
        (["1,234.5"], 9876543.25, "1,234.5", "9,876,543.25"),
        (["1.234,5"], 7, "1.234,5", "7,0"),
        (["12 kg", "13.5kg"], 11, "13.5kg", "11.0kg"),
        (["€ 12,50"], -0.5, "€ 12,50", "€ -0,50"),
        (["1 234", "5"], 45678, "5", "45 678"),
        (["+4"], 5, "+4", "+5"),
        ([" 7 "], 8, " 7 ", " 8 "),
        ([3, 4], 5.0, 3, 5),
        ([3.5], 4.25, 3.5, 4.25),
        ([Decimal("1.50")], 2.25, Decimal("1.50"), Decimal("2.25")),
    ],
)
def test_a_number_is_written_like_the_cell_that_it_replaces(
    column: list[Any], value: float, like: Any, written: Any
) -> None:
    found = read(column, "y").written(value, like)
    assert found == written
    assert type(found) is type(written)


def test_what_was_written_is_read_as_the_same_number() -> None:
    rng = np.random.default_rng(0)
    for cells in (["1,234.56 kg"], ["1.234,5"], ["$1,200"], ["0.001"]):
        for value in (rng.normal(0, 10.0 ** rng.integers(-2, 7), 50)).round(3).tolist():
            style = read(cells, "y")
            assert read([*cells, style.written(value, cells[0])], "y").values[1] == value


def test_numbers_are_rounded_to_digits_that_mean_something() -> None:
    assert read(["10", "20", "30"], "y").rounded(np.array([12.34])).tolist() == [12]
    assert read(["1.5", "2.25"], "y").rounded(np.array([1.2345])).tolist() == [1.23]
    measured = read([1.14056034018175, 0.8296055844970882, -2.1], "y")
    assert measured.rounded(np.array([0.84446461])).tolist() == [0.844]


PRICES, GERMAN, SWISS = ["€ 4,749.15", "€ 12"], ["1.234,5 kg", "7 kg"], ["1’234.50", "7"]


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        (PRICES, "5,351", 5351),
        (PRICES, "€ 5,351.00", 5351),
        (PRICES, "5,351 €", 5351),
        (PRICES, " €-5351.5 ", -5351.5),
        (PRICES, "5.351", 5.351),
        (GERMAN, "1.234,56", 1234.56),
        (GERMAN, "5.351", 5351),
        (GERMAN, "5351.5", 5351.5),
        (GERMAN, "5,5 kg", 5.5),
        (SWISS, "5'351", 5351),
        (["1\u202f234,5"], "12 345,5", 12345.5),
        (["3,5"], "5351,25", 5351.25),
        (["3,5"], "0.351", 0.351),
        ([3.5, 4], "5351.5", 5351.5),
        ([3.5, 4], "-.5", -0.5),
        ([3.5, 4], "1e3", 1000),
        ([3.5, 4], "7,25", 7.25),
    ],
)
def test_what_a_person_types_is_read_like_the_column(column: list[Any], text: str, value: float) -> None:
    found = read(column, "y").typed(text)
    assert found == value
    assert isinstance(found, int) == float(value).is_integer()


@pytest.mark.parametrize("column", [PRICES, GERMAN, SWISS, ["3,5"], [3.5, 4]])
def test_a_plain_number_can_always_be_typed(column: list[Any]) -> None:
    assert [read(column, "y").typed(text) for text in ("5351", "5351.5", "−12.25")] == [5351, 5351.5, -12.25]


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (PRICES, "1.234,56"),
        (PRICES, "55,75"),
        (PRICES, "0x10"),
        (PRICES, "$ 5"),
        (PRICES, ""),
        (PRICES, "five"),
        (PRICES, "1e999"),
        (GERMAN, "5,351.00"),
        (["3,5"], "5.351"),  # a fraction for some, thousands for others
        ([3.5, 4], "5,351"),
        (["12", "7"], "1,234"),
    ],
)
def test_what_could_be_two_numbers_or_is_none_is_refused_with_one_of_the_column(column: list[Any], text: str) -> None:
    with pytest.raises(BadInput, match=r"is no number as this column writes them; write one such as ") as error:
        read(column, "y").typed(text)
    assert str(error.value).endswith(f"{column[0]}.")


@pytest.mark.parametrize("column", [PRICES, GERMAN, SWISS, ["1 234,5"], ["$1,200"], ["+4"], [0.00001, 3], [3, 4]])
def test_what_is_shown_of_a_column_can_be_typed_again(column: list[Any]) -> None:
    found = read(column, "y")
    for value in (-0.5, 7.0, 4749.15, 55758.98, 1234567.0, 1e-7):
        assert found.typed(found.shown(value)) == value


def test_numbers_are_shown_with_the_unit_and_the_thousands_of_their_column() -> None:
    assert read(["7", *PRICES], "y").shown(55758.98) == "€ 55,758.98"
    assert read(GERMAN, "y").shown(-1234.0) == "-1.234,0 kg"
    assert read([3.5, 4], "y").shown(55758.98) == "55758.98"
