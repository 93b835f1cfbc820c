"""One class per item, on which several annotators voted; what stands in the table is the consensus so far.

Options of a data set (`Dataset.label_options`): of a long file, whose rows are `Dataset.annotations`, the names of its
columns ``item``, ``annotator`` and ``label``; of a wide one ``annotators``, the columns of the table. Of both
``whole``, where labels are whole numbers of which some were written as 1.0, since a table had gaps: all are read as 1;
and ``added``, a list of the column of the consensus, where the file had none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from labelaudit.columns import codes, is_text
from labelaudit.crowd import Ratings
from labelaudit.labels import Value, decode, encode, is_missing, show
from labelaudit.shapes import single
from labelaudit.shapes.base import Shape, whole

if TYPE_CHECKING:
    from labelaudit.dataset import Dataset


_WHOLE = re.compile(r"-?[0-9]+(\.0*)?")


@dataclass(frozen=True, eq=False)
class Votes:
    """Who said what.

    Parameters
    ----------
    ratings : Ratings
        By row of the table, number of the annotator and code of the class.
    annotators : tuple of M str
        Their names.
    place : ndarray of shape (R,)
        Where each rating stands: the row of a long file; of a wide one, the columns one below the other.
    repeated, contradicted : int
        Ratings that somebody gave an item again, the same and another; of those of one person the last one counts.
    """

    ratings: Ratings
    annotators: tuple[str, ...]
    place: np.ndarray
    repeated: int = 0
    contradicted: int = 0


def votes(dataset: Dataset) -> Votes:
    """Read the votes of a data set; an empty label is no vote."""
    long = dataset.annotations
    item, who, annotators, label = _wide(dataset) if long is None else _long(dataset, long)
    label = label.astype(np.int64)
    known = np.flatnonzero((item >= 0) & (label >= 0))
    frame = pd.DataFrame({"item": item[known], "who": who[known], "label": label[known]})
    again = frame.duplicated(["item", "who"], keep="last")
    same = frame.duplicated(["item", "who", "label"], keep="last")
    frame = frame[~again]
    item, who, label = (frame[name].to_numpy(np.int64) for name in ("item", "who", "label"))
    ratings = Ratings(item, who, label, len(dataset), len(annotators), len(dataset.classes))
    return Votes(ratings, annotators, known[frame.index], int(same.sum()), int(again.sum() - same.sum()))


def _long(dataset: Dataset, long: pa.Table) -> tuple[np.ndarray, np.ndarray, tuple[str, ...], np.ndarray]:
    """Row, annotator, names of the annotators and code of every row of a long file."""
    item, annotator = (codes(long[dataset.label_options[name]]) for name in ("item", "annotator"))
    rows = dataset.rows_of([str(value) for value in item.values.to_pylist()])
    names = tuple(show(value) for value in annotator.values.to_pylist())
    label = dataset.label_options["label"]
    return np.append(rows, -1)[item.codes], annotator.codes, names, _coded(dataset, long, label)


def _wide(dataset: Dataset) -> tuple[np.ndarray, np.ndarray, tuple[str, ...], np.ndarray]:
    names = dataset.label_options["annotators"]
    n, m = len(dataset), len(names)
    label = [_coded(dataset, dataset.table, name) for name in names]
    return np.tile(np.arange(n), m), np.repeat(np.arange(m), n), tuple(names), np.concatenate(label)


def _coded(dataset: Dataset, table: pa.Table, name: str) -> np.ndarray:
    """Number the cells of a column by the classes of the data set; -1 for none."""
    found, values = _cells(dataset, table, name)
    numbers = [-1 if is_missing(value) else dataset.code_of(encode(value)) for value in values]
    return np.asarray(np.array([*numbers, -1], dtype=np.int64)[found])


def _cells(dataset: Dataset, table: pa.Table, name: str) -> tuple[np.ndarray, list[Value]]:
    """Number the different cells of a column, the last number for none, and return them as plain values."""
    from labelaudit.load.cells import is_json

    found, as_json = codes(table[name]), is_json(table.schema.field(name))
    values = [decode(value) if as_json else value for value in found.values.to_pylist()]
    return found.codes, [_whole(value) for value in values] if dataset.label_options.get("whole") else values


def _whole(value: Value) -> Value:
    """Take 1.0 for 1, be it a number or a text."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value.partition(".")[0] if isinstance(value, str) and _WHOLE.fullmatch(value) else value


def are_whole(dataset: Dataset) -> bool:
    """Whether all labels of a data set are whole numbers, and some are written as if they were not."""
    values = [value for value in _voted(dataset) if not is_missing(value)]
    plain = [_whole(value) for value in values]
    whole = all(_WHOLE.fullmatch(value) if isinstance(value, str) else type(value) is int for value in plain)
    return whole and [*map(repr, values)] != [*map(repr, plain)]


def _voted(dataset: Dataset) -> list[Value]:
    """List the different labels of all votes."""
    long = dataset.annotations
    if long is not None:
        return _cells(dataset, long, dataset.label_options["label"])[1]
    table, names = dataset.table, dataset.label_options["annotators"]
    return [value for name in names for value in _cells(dataset, table, name)[1]]


def with_votes(dataset: Dataset, found: Votes, label: np.ndarray) -> Dataset:
    """Return the data set with other votes.

    Parameters
    ----------
    dataset : Dataset
    found : Votes
        Those that it has, R of them.
    label : ndarray of shape (R,)
        The code that each is to have.
    """
    other = np.flatnonzero(label != found.ratings.label)
    place, code = found.place[other], label[other]
    if dataset.annotations is not None:
        name = dataset.label_options["label"]
        return replace(dataset, annotations=_changed(dataset, dataset.annotations, name, place, code))
    table = dataset.table
    for number, name in enumerate(dataset.label_options["annotators"]):
        here = place // len(dataset) == number
        table = _changed(dataset, table, name, place[here] % len(dataset), code[here])
    return replace(dataset, table=table)


def _changed(dataset: Dataset, table: pa.Table, name: str, rows: np.ndarray, code: np.ndarray) -> pa.Table:
    field = table.schema.field(name)
    cells = table[name].to_pylist()
    for row, k in zip(rows.tolist(), code.tolist(), strict=True):
        cells[row] = encode(dataset.classes[k]) if field.metadata else dataset.classes[k]
    return table.set_column(table.schema.get_field_index(name), field, single.array_of(cells, field.type))


def encoded(dataset: Dataset) -> tuple[tuple[Value, ...], np.ndarray]:
    """Number the consensus; what somebody voted for is a class, too."""
    return single.encoded(dataset, _voted(dataset))


def filed(dataset: Dataset) -> pa.Table:
    """Return what is written: of a long file every rating of the items that are left, the consensus beside it.

    An item without ratings has a row without annotator.
    """
    if dataset.annotations is None:
        return dataset.table
    long, item = dataset.annotations, dataset.label_options["item"]
    names = codes(long[item])
    rows = np.append(dataset.rows_of([str(value) for value in names.values.to_pylist()]), -1)[names.codes]
    unrated = np.setdiff1d(np.arange(len(dataset)), rows)
    long = long.take(pa.array(np.flatnonzero(rows >= 0)))
    if len(unrated):
        own = [name for name in long.column_names if name in dataset.table.column_names]
        more = dataset.table.select(own).take(pa.array(unrated)).cast(pa.schema([long.schema.field(n) for n in own]))
        long = pa.concat_tables([long, more], promote_options="default")
    rows = np.append(rows[rows >= 0], unrated)
    for name in dataset.table.column_names:
        if name in long.column_names and name not in dataset.label_columns:
            continue
        field, column = dataset.table.schema.field(name), dataset.table[name].take(pa.array(rows))
        at = long.schema.get_field_index(name)
        long = long.append_column(field, column) if at < 0 else long.set_column(at, field, column)
    return long


VOTES = Shape(
    units=whole,
    encoded=encoded,
    values=single.values,
    written=single.written,
    strata=single.strata,
    filed=filed,
)


def consensus_column(values: Sequence[Value | None], like: pa.Field, name: str) -> tuple[pa.Field, pa.Array]:
    """Make a column of the consensus, whose cells are like those of the votes."""
    kind = like.type.value_type if pa.types.is_dictionary(like.type) else like.type
    none = "" if is_text(kind) and not like.metadata else None
    cells: list[Any] = [none if value is None else encode(value) if like.metadata else value for value in values]
    return pa.field(name, kind, metadata=like.metadata), pa.array(cells, kind)
