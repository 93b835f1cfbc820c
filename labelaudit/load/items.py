"""Ratings by several annotators and a second table that says what is known of the items."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from labelaudit.columns import can_be_id
from labelaudit.dataset import Source
from labelaudit.errors import BadInput
from labelaudit.load.kind import guess_task
from labelaudit.load.reading import read
from labelaudit.text import shorten


def read_with_items(one: Path, other: Path) -> tuple[pa.Table, Source, str]:
    """Read ratings, and what another file says of their items, whichever of the two is which.

    Returns
    -------
    table : pyarrow.Table
        A row per rating with the item's columns after its own; items without ratings come last, by nobody.
    source : Source
        Of the ratings.
    name : str
        Of their file.

    Raises
    ------
    BadInput
        Neither file or both hold ratings, no column that both have names each item once, or a rated item is missing.
    """
    read_from = {path: read(path) for path in (one, other)}
    rated = [path for path, stored in read_from.items() if guess_task(*stored) == "multiannotator"]
    if len(rated) != 1:
        raise BadInput(
            f"{'both' if rated else 'neither'} of {one.name} and {other.name} look like ratings by several annotators; "
            "choose one file, a ZIP of images together with the table that names them, or ratings together with the "
            "table of their items."
        )
    ratings, source = read_from.pop(rated[0])
    ((items_path, (items, _)),) = read_from.items()
    note = f"what is known of the items is from {items_path.name}, and is written beside their ratings"
    return joined(ratings, items, items_path.name), replace(source, notes=(*source.notes, note)), rated[0].stem


def joined(ratings: pa.Table, items: pa.Table, name: str) -> pa.Table:
    """Put the columns of the items beside their ratings; `name` is what to call them in a message."""
    both = [column for column in items.column_names if column in ratings.column_names]
    item = next((column for column in both if can_be_id(items[column])), None)
    if item is None:
        raise BadInput(
            f"{name} has no column that is named as one of the ratings and names each item once; call the column of "
            "the items alike in both files, and keep one row for each item."
        )
    if len(both) > 1:
        again = ", ".join(repr(column) for column in both if column != item)
        raise BadInput(f"{again} of {name} stands in the ratings, too; keep it in one of both.")
    known = pd.Index([str(value) for value in items[item].to_pylist()])
    place = known.get_indexer(pd.Index([str(value) for value in ratings[item].to_pylist()]))
    if (place < 0).any():
        first = shorten(str(ratings[item][int(np.argmin(place))].as_py()))
        raise BadInput(
            f"{name} lacks items that were rated (the first is {first!r}); add a row for each, or correct the ratings."
        )
    unrated = np.setdiff1d(np.arange(len(items)), place)
    more = items.select([item]).take(pa.array(unrated)).cast(pa.schema([ratings.schema.field(item)]))
    table = pa.concat_tables([ratings, more], promote_options="default")
    of_items = items.drop_columns([item]).take(pa.array(np.append(place, unrated)))
    for field, column in zip(of_items.schema, of_items.columns, strict=True):
        table = table.append_column(field, column)
    return table
