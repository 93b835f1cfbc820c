"""Ratings by several annotators, made here; most say what is right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import made
import numpy as np
import pyarrow as pa

from labelaudit.crowd import Ratings
from labelaudit.dataset import Dataset, Source
from labelaudit.load import load

RIGHT = (0.95, 0.95, 0.9, 0.9, 0.85)


def drawn(n: int, k: int, right: tuple[float, ...], seed: int = 0, share: float = 1.0) -> tuple[Ratings, np.ndarray]:
    """Let annotators who are right so often rate a share of n items each; returns the true classes, too."""
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % k
    item, annotator = (grid.ravel() for grid in np.meshgrid(np.arange(n), np.arange(len(right)), indexing="ij"))
    some = rng.random(len(item)) < share
    item, annotator = item[some], annotator[some]
    is_right = rng.random(len(item)) < np.array(right)[annotator]
    other = (truth[item] + rng.integers(1, k, len(item))) % k
    return Ratings(item, annotator, np.where(is_right, truth[item], other), n, len(right), k), truth


def frame(n: int = 120, k: int = 3, right: tuple[float, ...] = RIGHT, seed: int = 0) -> pa.Table:
    """A long table with what is known of the items beside each rating."""
    ratings, _ = drawn(n, k, right, seed)
    features = made.table(n, k).table.drop_columns(["label"]).take(pa.array(ratings.item))
    columns: dict[str, Any] = {
        "item": ratings.item,
        "annotator": [f"person {chr(97 + who)}" for who in ratings.annotator],
        "label": [f"class {code}" for code in ratings.label],
        "seconds": np.arange(len(ratings)) % 7,
        **{name: features[name] for name in features.column_names},
    }
    return pa.table(columns)


def long() -> Dataset:
    """Ratings one below the other, of items of which something is known."""
    return load(frame(), task="multiannotator", name="made ratings")


def wide() -> Dataset:
    """A column for each annotator, and nothing else known."""
    ratings, _ = drawn(120, 3, (0.98, 0.98, 0.95, 0.95, 0.95, 0.9, 0.9, 0.9, 0.9))
    said = np.full((120, 9), None, dtype=object)
    said[ratings.item, ratings.annotator] = [f"class {code}" for code in ratings.label]
    columns = {"id": pa.array(range(120)), **{f"rater_{m}": pa.array(said[:, m], pa.string()) for m in range(9)}}
    return load(pa.table(columns), task="multiannotator", name="made ratings")


def saying(dataset: Dataset, label: str | None) -> Dataset:
    """Let everybody say the same, or nothing."""
    cells = pa.array([label], pa.string())
    empty = dataset.with_labels([label] * len(dataset))
    if dataset.annotations is not None:
        long, name = dataset.annotations, dataset.label_options["label"]
        place = long.schema.get_field_index(name)
        return replace(empty, annotations=long.set_column(place, name, cells.take(pa.array([0] * len(long)))))
    table = empty.table
    for name in dataset.label_options["annotators"]:
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, cells.take(pa.array([0] * len(table))))
    return replace(empty, table=table)


def csv_of(text: str) -> tuple[pa.Table, Source]:
    """Read the text of a CSV file."""
    rows = [line.split(",") for line in text.strip().splitlines()]
    columns = {name: [row[at] for row in rows[1:]] for at, name in enumerate(rows[0])}
    return pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()}), Source("csv")
