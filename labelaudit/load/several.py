"""A table of examples with several labels each to a data set: which columns hold the labels, and how."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from labelaudit.columns import is_text
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.labels import is_missing
from labelaudit.load.guess import LABEL_NAMES
from labelaudit.load.leaks import coded, left_out
from labelaudit.load.roles import Wanted, fair, id_of, listed, unnamed, with_features
from labelaudit.shapes import binary
from labelaudit.shapes.listed import guess_separator
from labelaudit.shapes.several import form_of, label_sets, settled

NAMES = (*LABEL_NAMES, "tags", "genres", "emotions", "categories", "topics", "keywords")
SAMPLE = 1000  # rows by which the columns are judged


def several_classes(wanted: Wanted) -> Dataset:
    """Find the columns of several labels per example, and how they are written.

    Raises
    ------
    BadInput
        No column looks like labels, they are not of one form, or no column is left to learn from.
    """
    labels = wanted.labels or _guessed(wanted)
    options = settled(wanted.table, labels, wanted.options)
    dataset = with_features(wanted, labels, value_type="classes", label_options=options)
    sets = label_sets(dataset)  # raises where cells are of another form
    note = _note(sets.names, options, wanted.table[labels[0]])
    dataset = replace(dataset, source=replace(dataset.source, notes=(*dataset.source.notes, note)))
    return fair(dataset, wanted, left_out(dataset, [coded(column, 2) for column in sets.given.T]))


def _guessed(wanted: Wanted) -> tuple[str, ...]:
    """One column of lists or separated names, or else the last run of columns of absent and present."""
    table = unnamed(wanted)
    free = [name for name in table.column_names if name not in (id_of(wanted), wanted.group)]
    sample = table.slice(0, SAMPLE)
    forms = {name: _form(sample, name) for name in free}
    named = {name.strip().casefold(): name for name in reversed(free)}
    usual = [named[name] for name in NAMES if name in named]
    for candidates, wants in ((usual, ("list", "text", "separated")), (free, ("list", "text"))):
        found = next((name for name in candidates if forms[name] in wants), None)
        if found is not None:
            return (found,)
    runs: list[list[str]] = [[]]
    for name in free:
        if forms[name] == "binary":
            runs[-1].append(name)
        elif runs[-1]:
            runs.append([])
    columns = next((run for run in reversed(runs) if len(run) > 1), None)
    if columns is None:
        raise BadInput(
            f"{wanted.name!r} has no column of lists and no two columns of 0 and 1 that look like labels; name them, "
            f"among {listed(free)}."
        )
    return tuple(columns)


def _form(table: pa.Table, name: str) -> str:
    """Say how a column could hold labels; empty where it can't."""
    column = table[name]
    if binary.is_binary(column):
        return "binary"
    form = form_of(table, [name], has_separator=False)
    if form != "separated":
        return form
    texts = column.drop_null().to_pylist() if is_text(column.type) else []
    separator = guess_separator(texts)
    return form if any(separator in text for text in texts) else ""


def _note(names: tuple[str, ...], options: dict[str, Any], column: pa.ChunkedArray) -> str:
    if options["form"] == "binary":
        return f"{len(names)} labels are read from as many columns: {listed(names)}"
    how = f"with {options['separator']!r} between them" if options["form"] == "separated" else "as lists"
    note = f"{len(names)} labels are read from one column, {how}: {listed(names)}"
    if not is_text(column.type):
        return note
    empty = int(np.sum([not cell.strip() for cell in column.to_pylist() if cell is not None and is_missing(cell)]))
    cells = "1 empty cell is" if empty == 1 else f"{empty:,} empty cells are"
    means = {"none": "none of the labels", "missing": "labels that are missing"}[options["empty_means"]]
    return f"{note}; {cells} taken for {means}" if empty else note
