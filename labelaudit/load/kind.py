"""Guess which kind of label a table holds, where its columns make that plain; a person can say otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from labelaudit.columns import codes, is_text, numbers
from labelaudit.dataset import Source
from labelaudit.load.guess import LABEL_NAMES, MAX_CLASSES, SENTENCE_NAMES, TAG_NAMES, TOKEN_NAMES, guess, named_label
from labelaudit.numerals import look_like_numbers
from labelaudit.shapes import binary
from labelaudit.shapes.listed import guess_separator

RATER = re.compile(r"(annotator|worker|rater|coder|judge|labell?er|crowd ?worker)s?[ _.-]?(id)?", re.IGNORECASE)
RATER_COLUMN = re.compile(r"(annotator|worker|rater|coder|judge|labell?er|ann)[ _.-]?(id)?[ _.-]?\d+", re.IGNORECASE)
SEVERAL_NAMES = frozenset({"labels", "genres", "topics", "categories", "classes", "tags", "keywords", "emotions"})
NUMBER_NAMES = frozenset({"price", "cost", "amount", "salary", "revenue", "sales", "rent", "demand"})
SAMPLE = 2000  # rows by which separators are judged
MANY = 20  # different numbers: more than grades have


def guess_task(table: pa.Table, source: Source, labels: Sequence[str] = ()) -> str:
    """Say which kind of label a table seems to have.

    Parameters
    ----------
    table : pyarrow.Table
    source : Source
    labels : sequence of str
        The label columns, where they are known.

    Returns
    -------
    str
        A key of `labelaudit.tasks.TASKS`; classification where nothing speaks for another.
    """
    rules = RULES.items() if table.num_rows else ()  # that there is no row, loading says
    return next((task for task, holds in rules if holds(table, source, labels)), "classification")


def _tags(table: pa.Table, source: Source, labels: Sequence[str]) -> bool:
    """Lists of tokens beside lists of tags, or a row per token with the number of its sentence."""
    lists = _lists(table)
    names = {name.casefold() for name in table.column_names}
    return bool(lists & set(TOKEN_NAMES) and lists & set(TAG_NAMES)) or bool(
        names & set(SENTENCE_NAMES[:3]) and names & set(TOKEN_NAMES[3:])
    )


def _ratings(table: pa.Table, source: Source, labels: Sequence[str]) -> bool:
    """A column that names annotators, each in several rows, or a column of classes for each annotator."""
    who = [name for name in table.column_names if RATER.fullmatch(name.strip())]
    if len(who) == 1 and table.num_columns >= 3:
        found = codes(table[who[0]])
        return 2 <= found.distinct < len(found.codes)
    each = [name for name in table.column_names if RATER_COLUMN.fullmatch(name.strip())]
    return len(each) > 1 and all(codes(table[name]).distinct * 2 <= table.num_rows for name in each)


def _several(table: pa.Table, source: Source, labels: Sequence[str]) -> bool:
    """A list of labels, labels with a separator under a name in the plural, or texts beside columns of 0 and 1."""
    if len(labels) > 1:
        return all(name in table.column_names and binary.is_binary(table[name]) for name in labels)
    lists = _lists(table)
    if lists & ({name.casefold() for name in labels} or {*LABEL_NAMES, *SEVERAL_NAMES}):
        return True
    plural = next((n for n in labels or table.column_names if n.strip().casefold() in SEVERAL_NAMES), None)
    if plural in table.column_names and is_text(table[plural].type):
        return _is_separated(table[plural].slice(0, SAMPLE))
    if labels:
        return False
    roles = guess(table, source, label="")
    rest = [name for name in table.column_names if name not in (roles.id, *roles.features)]
    least = 2 if named_label(table.column_names) is None else 3
    return roles.modality == "text" and len(rest) >= least and all(binary.is_binary(table[name]) for name in rest)


def _is_separated(column: pa.ChunkedArray) -> bool:
    """Whether many cells hold several names, and the same ones again and again."""
    texts = [text for text in column.to_pylist() if text]
    separator = guess_separator(texts)
    many = [text for text in texts if separator in text]
    names = {name.strip() for text in texts for name in text.split(separator)}
    return len(many) * 5 >= len(texts) and len(names) * 4 <= sum(text.count(separator) + 1 for text in texts)


def _numbers(table: pa.Table, source: Source, labels: Sequence[str]) -> bool:
    """A label with a fraction or very many values; or a last column of those, and no column of classes."""
    label = next(iter(labels), None) or named_label(table.column_names)
    if label is not None:
        return label in table.column_names and _is_measured(table[label])
    last = table.column_names[-1]
    if not _is_measured(table[last]):
        return False
    found = guess(table, source).label
    return found is None or last.strip().casefold() in NUMBER_NAMES or _different(table[found]) > MANY


def _is_measured(column: pa.ChunkedArray) -> bool:
    """Whether a column holds numbers, perhaps with a unit, that are no grades and no running numbers of classes."""
    values = codes(column).values
    if is_text(values.type) and numbers(values) is None:
        return len(values) > MANY and look_like_numbers(values.slice(0, SAMPLE).to_pylist())
    read = numbers(values)
    found = np.unique([] if read is None else read)
    if len(found) <= MANY:
        return False
    return bool((found != np.round(found)).any()) or (len(found) > MAX_CLASSES and bool((np.diff(found) != 1).any()))


def _different(column: pa.ChunkedArray) -> int:
    """How many different numbers a column holds; 0 where they are none."""
    values = numbers(codes(column).values)
    return 0 if values is None else len(values)


def _lists(table: pa.Table) -> set[str]:
    kinds = {field.name.casefold(): field.type for field in table.schema}
    return {name for name, kind in kinds.items() if pa.types.is_list(kind) or pa.types.is_large_list(kind)}


RULES: dict[str, Callable[[pa.Table, Source, Sequence[str]], bool]] = {
    "token": _tags,
    "multiannotator": _ratings,
    "multilabel": _several,
    "regression": _numbers,
}
