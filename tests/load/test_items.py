"""Ratings beside a table of their items."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.errors import BadInput
from labelaudit.load import load, to_bytes
from labelaudit.load.items import read_with_items

RATINGS = "item,annotator,label\n1,ann,x\n1,bob,y\n2,ann,x\n2,bob,x\n"


def both(tmp_path: Path, items: str, ratings: str = RATINGS) -> tuple[Path, Path]:
    paths = tmp_path / "ratings.csv", tmp_path / "items.csv"
    for path, text in zip(paths, (ratings, items), strict=True):
        path.write_text(text)
    return paths


def test_items_come_beside_their_ratings_and_back_into_the_file(tmp_path: Path) -> None:
    table, source, name = read_with_items(*both(tmp_path, "item,size\n3,30\n2,20\n1,10\n"))
    dataset = load((table, source), task="multiannotator", name=name)
    assert dataset.feature_columns == ("size",)
    assert dataset.table["size"].to_pylist() == ["10", "20", "30"]
    assert to_bytes(dataset).decode().splitlines()[1:] == [
        "1,ann,x,10,x",
        "1,bob,y,10,x",
        "2,ann,x,20,x",
        "2,bob,x,20,x",
        "3,,,30,",
    ]


@pytest.mark.parametrize(
    ("items", "says"),
    [
        ("item,size\n1,10\n", r"items.csv lacks items that were rated \(the first is '2'\)"),
        ("name,size\n1,10\n2,20\n", "has no column that is named as one of the ratings"),
        ("item,size\n1,10\n1,20\n2,5\n", "names each item once"),
        ("item,label\n1,x\n2,y\n", "'label' of items.csv stands in the ratings, too"),
        (RATINGS, "both of ratings.csv and items.csv look like ratings"),
    ],
)
def test_items_that_do_not_fit_get_one_sentence(items: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=says):
        read_with_items(*both(tmp_path, items))
