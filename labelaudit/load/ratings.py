"""Ratings by several annotators to a data set: long files, a row per rating, and wide ones, a column per annotator."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from labelaudit.columns import can_be_id, codes, is_blank, is_text
from labelaudit.crowd import Ratings, majority
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput, did_you_mean
from labelaudit.labels import can_be_classes, is_canonical_int
from labelaudit.load import cells
from labelaudit.load.guess import LABEL_NAMES, guess
from labelaudit.load.leaks import label_codes, left_out
from labelaudit.load.roles import Wanted, fair, listed
from labelaudit.shapes.votes import are_whole, consensus_column, votes
from labelaudit.text import shorten

CONSENSUS = "consensus"
MOST_CELLS = 200_000_000  # of a table of items and classes; more would not fit into memory
OPTIONS = ("item", "annotator", "annotators", "items")
ITEMS = ("item", "task", "hit", "example", "unit", "question", "document", "doc", "image", "movie", "row", "text")
ANNOTATORS = ("annotator", "worker", "rater", "user", "labeler", "labeller", "coder", "judge", "reviewer", "person")
MORE_LABELS = ("rating", "answer", "response", "vote", "annotation", "judgement", "judgment", "value")
_WIDE = re.compile(rf"(?i)({'|'.join(ANNOTATORS)}|ann|coder|a|r)s?[ _.-]?(id)?[ _.-]?\d+")


def assign_ratings(wanted: Wanted) -> Dataset:
    """Find who rated what; the label of an item is what most say, or its consensus where the file has one.

    Options: ``item`` and ``annotator`` name columns of a long file; ``items`` is a second file with a row for each
    item, rated or not; ``annotators`` names the columns of a wide file, with commas between, or what they begin with:
    ``rater*``. Several label columns are those of a wide file, too.

    Raises
    ------
    BadInput
        A column is not there or can't be told, a rating has no item or no annotator, or a rated item is not among the
        items; the message says what and where.
    """
    wrong = next((name for name in wanted.options if name not in OPTIONS), None)
    if wrong is not None:
        raise BadInput(f"ratings have no option {wrong!r}{did_you_mean(wrong, OPTIONS)}")
    names = wanted.table.column_names
    if wanted.options.get("annotators") or len(wanted.labels) > 1:
        return _wide(wanted, _columns_of(wanted))
    annotator = wanted.options.get("annotator") or _named(names, ANNOTATORS)
    if annotator is not None:
        return _long(wanted, str(annotator))
    columns = [name for name in names if _WIDE.fullmatch(name)]
    if len(columns) > 1:
        return _wide(wanted, columns)
    raise BadInput(
        f"{wanted.name!r} has no column that looks like annotators, nor several that look like one each; choose the "
        f"annotator (--label-option annotator=…), or the columns of all annotators as labels, of {listed(names)}."
    )


def _named(names: Sequence[str], known: Iterable[str], suffixes: Sequence[str] = ("", "id")) -> str | None:
    """Find the first column that is called as one of these, or an id of one."""
    plain = {re.sub(r"[^a-z0-9]", "", name.casefold()): name for name in reversed(names)}
    return next((plain[name + end] for name in known for end in suffixes if name + end in plain), None)


def _there(wanted: Wanted, name: str) -> str:
    if name not in wanted.table.column_names:
        raise BadInput(f"{wanted.name!r} has no column {name!r}{did_you_mean(name, wanted.table.column_names)}")
    return name


# -- long -----------------------------------------------------------------------------------------------


def _long(wanted: Wanted, annotator: str) -> Dataset:
    table, names = wanted.table, wanted.table.column_names
    _there(wanted, annotator)
    rest = [name for name in names if name != annotator]
    label = wanted.labels[0] if wanted.labels else _named(rest, (*MORE_LABELS[:3], *LABEL_NAMES, *MORE_LABELS), ("",))
    rest = [name for name in rest if name != label]
    item = wanted.options.get("item") or wanted.id or _named(rest, ITEMS) or ("id" if "id" in rest else None)
    rest = [name for name in rest if name != item]
    if label is None and len(rest) == 1:
        label = rest[0]
    elif item is None and len(rest) == 1:
        item = rest[0]
    for what, found in (("item", item), ("label", label)):
        if found is None:
            raise BadInput(
                f"{wanted.name!r} has no column that looks like the {what} of a rating; name it, one of {listed(rest)}."
            )
    item, label = _there(wanted, str(item)), _there(wanted, str(label))
    roles = {"item": item, "annotator": annotator, "label": label}
    if len(set(roles.values())) < len(roles):
        raise BadInput(f"item, annotator and label are {listed(list(roles.values()))}; choose a column for each.")
    _check_cells(wanted, roles)
    items = _items(wanted, roles)
    dataset = Dataset(
        name=wanted.name,
        table=items,
        label_columns=(),
        feature_columns=(),
        task=wanted.task,
        value_type="votes",
        label_options=roles,
        id_column=item,
        group_column=wanted.group,
        annotations=table,
        source=wanted.source,
        provenance=wanted.provenance,
    )
    return _with_consensus(wanted, dataset, table.schema.field(label), (item,))


def _check_cells(wanted: Wanted, roles: Mapping[str, str]) -> None:
    """Refuse ratings of nothing and by nobody; an empty label is none."""
    if not can_be_classes(wanted.table.schema.field(roles["label"]).type):
        raise BadInput(f"column {roles['label']!r} holds no classes; choose the column with the label of each rating.")
    empty = {what: is_blank(wanted.table[name]).to_numpy() for what, name in roles.items()}
    for what in ("item", "annotator"):
        bad = np.flatnonzero(empty[what] & ~empty["label"])
        if what == "item":
            bad = np.flatnonzero(empty[what])
        if len(bad):
            many = "1 rating has" if len(bad) == 1 else f"{len(bad):,} ratings have"
            raise BadInput(
                f"{wanted.name!r}: {many} no {what} in column {roles[what]!r} (the first is row {bad[0]:,}); fill it "
                "in or remove the row."
            )


def _items(wanted: Wanted, roles: Mapping[str, str]) -> pa.Table:
    """Make a table of one row per item, with the columns that say the same in all its rows, or read it from a file."""
    item, table = roles["item"], wanted.table
    found = codes(table[item])
    if wanted.options.get("items"):
        return _read_items(wanted, item, [str(value) for value in found.values.to_pylist()])
    first = np.unique(found.codes, return_index=True)[1]
    values = [str(value) for value in found.values.to_pylist()]
    if all(map(is_canonical_int, values)):  # numbers of rows, by which features may be aligned
        first = first[np.argsort([int(value) for value in values], kind="stable")]
    else:
        first = np.sort(first)
    own = [name for name in table.column_names if name not in roles.values() and _constant(table[name], found.codes)]
    return table.select([item, *own]).take(pa.array(first))


def _constant(column: pa.ChunkedArray, item: np.ndarray) -> bool:
    """Whether all rows of an item have the same cell."""
    value = codes(column).codes
    return len(np.unique(item * (value.max() + 1) + value)) == len(np.unique(item))


def _read_items(wanted: Wanted, item: str, rated: Sequence[str]) -> pa.Table:
    from labelaudit.load import read

    path = Path(str(wanted.options["items"]))
    table, _ = read(path)
    if item not in table.column_names:
        raise BadInput(f"{path.name} has no column {item!r}{did_you_mean(item, table.column_names)}")
    known = pd.Index([str(value) for value in table[item].to_pylist()])
    if not known.is_unique:
        twice = known[known.duplicated()][0]
        raise BadInput(f"{path.name} has the item {shorten(twice)!r} more than once; keep one row for each.")
    missing = [name for name in rated if name not in known]
    if missing:
        raise BadInput(
            f"{path.name} lacks {len(missing):,} of {len(rated):,} rated items (the first is {shorten(missing[0])!r}); "
            "add a row for each, or correct the ratings."
        )
    return table


def _ids(table: pa.Table) -> str | None:
    """Find the column that names the items of a wide file."""
    names = table.column_names
    found = "id" if "id" in names else _named(names, ITEMS, ("id",)) or _named(names, ITEMS[:3])
    return found if found is not None and can_be_id(table[found]) else None


# -- wide -----------------------------------------------------------------------------------------------


def _columns_of(wanted: Wanted) -> list[str]:
    if len(wanted.labels) > 1:
        return list(wanted.labels)
    names, told = wanted.table.column_names, wanted.options["annotators"]
    columns: list[str] = []
    for part in told.split(",") if isinstance(told, str) else told:
        part = part.strip()
        begun = [name for name in names if part.endswith("*") and name.startswith(part[:-1])]
        columns += begun or [_there(wanted, part)]
    if len(columns) < 2:
        raise BadInput(f"{columns[0]!r} is one annotator's column; name at least two, or a long file's annotator=….")
    return list(dict.fromkeys(columns))


def _wide(wanted: Wanted, columns: Sequence[str]) -> Dataset:
    table = wanted.table
    fields = [table.schema.field(name) for name in columns]
    wrong = next((field.name for field in fields if not can_be_classes(field.type)), None)
    if wrong is not None:
        raise BadInput(f"column {wrong!r} holds no classes; leave it out of the annotators.")
    if len({cells.is_json(field) for field in fields if not pa.types.is_null(field.type)}) > 1:
        raise BadInput(f"the columns {listed(columns)} hold labels of different kinds; write them all alike.")
    dataset = Dataset(
        name=wanted.name,
        table=table,
        label_columns=(),
        feature_columns=(),
        task=wanted.task,
        value_type="votes",
        label_options={"annotators": list(columns)},
        id_column=wanted.id or _ids(table),
        group_column=wanted.group,
        source=wanted.source,
        provenance=wanted.provenance,
    )
    like = next((field for field in fields if not pa.types.is_null(field.type)), fields[0])
    return _with_consensus(wanted, dataset, like, columns)


# -- both -----------------------------------------------------------------------------------------------


def _with_consensus(wanted: Wanted, dataset: Dataset, like: pa.Field, taken: Sequence[str]) -> Dataset:
    """Add the column of the consensus, and say what a model may see and what was wrong with the ratings."""
    names = dataset.table.column_names
    notes = []
    stands = CONSENSUS in names and dataset.table.schema.field(CONSENSUS).type == like.type
    if are_whole(dataset) and not (stands and pa.types.is_floating(like.type)):
        dataset = replace(dataset, label_options={**dataset.label_options, "whole": True})
        like = like.with_type(like.type if is_text(like.type) else pa.int64())
        stands = CONSENSUS in names and dataset.table.schema.field(CONSENSUS).type == like.type
    if stands:
        consensus = CONSENSUS
        notes.append(f"the labels are those of the column {CONSENSUS!r}; without it, they would be what most say")
        dataset = replace(dataset, label_columns=(consensus,))
        found = votes(dataset)
    else:
        consensus = cells.unique_names([*wanted.table.column_names, *names, CONSENSUS])[-1]
        blank, column = consensus_column([None] * len(dataset), like, consensus)
        more = [name for name in names if name not in wanted.table.column_names]
        options = {**dataset.label_options, "added": [*more, consensus]}
        table = dataset.table.append_column(blank, column)
        dataset = replace(dataset, table=table, label_columns=(consensus,), label_options=options)
        found = votes(dataset)
        _check_labels(dataset, found.ratings, like.name)
        labels = [None if code < 0 else dataset.classes[code] for code in majority(found.ratings).tolist()]
        field, column = consensus_column(labels, like, consensus)
        place = dataset.table.schema.get_field_index(consensus)
        dataset = replace(dataset, table=dataset.table.set_column(place, field, column))
    if found.repeated:
        notes.append(f"{_ratings(found.repeated)} given twice alike by the same annotator, and counted once")
    if found.contradicted:
        notes.append(
            f"{_ratings(found.contradicted)} contradicted by a later one of the same annotator; the last one counts"
        )
    dataset = replace(dataset, source=replace(dataset.source, notes=(*dataset.source.notes, *notes)))
    return _featured(wanted, dataset, (*taken, consensus))


def _featured(wanted: Wanted, dataset: Dataset, taken: Sequence[str]) -> Dataset:
    """Choose what a model may see of the items, which may be nothing."""
    chosen = wanted.texts or wanted.features
    used = {*taken, *dataset.label_columns, dataset.id_column, dataset.group_column, *wanted.taken}
    free = [name for name in dataset.table.column_names if name not in used]
    known = dataset.table.select([*free, *dataset.label_columns])
    roles = guess(known, dataset.source, label=dataset.label_columns[0], id="")
    is_text = wanted.texts or (roles.modality == "text" and set(chosen) <= set(roles.features))
    columns = chosen or (roles.features if is_text else tuple(free))
    dataset = replace(dataset, feature_columns=tuple(columns), modality="text" if is_text else "tabular")
    return (
        fair(dataset, replace(wanted, featureless=True), left_out(dataset, [label_codes(dataset)]))
        if columns
        else dataset
    )


def _check_labels(dataset: Dataset, ratings: Ratings, label: str) -> None:
    """Refuse labels of which none is there, or so many differ that they are no classes."""
    if not len(ratings):
        raise BadInput(f"{dataset.name!r} has no labels at all in column {label!r}; choose the column that holds them.")
    if ratings.n_classes * ratings.n_items > MOST_CELLS:
        raise BadInput(
            f"column {label!r} holds {ratings.n_classes:,} different labels of {ratings.n_items:,} items; choose a "
            "column with a few classes."
        )


def _ratings(count: int) -> str:
    return "1 rating was" if count == 1 else f"{count:,} ratings were"
