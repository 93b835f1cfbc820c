"""Several labels per example: a column for each of them, or all of them in one cell.

``label_options``: ``form`` (``binary``; ``list``; ``text``, a list written as text; ``separated``), ``separator``,
``empty_means`` (a cell without text means ``none`` of the labels, or that they are ``missing``) and ``labels``: those
that there are, whether or not they occur. What is not named is guessed once, when the data are loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import pyarrow as pa

from labelaudit.columns import comparable, is_text
from labelaudit.errors import BadInput, did_you_mean
from labelaudit.labels import Value, decode, encode, is_canonical_int, is_missing, show
from labelaudit.shapes import binary, listed
from labelaudit.shapes.base import Shape, Units
from labelaudit.shapes.single import array_of
from labelaudit.text import shorten

if TYPE_CHECKING:
    from labelaudit.dataset import Dataset

ABSENT, PRESENT = "absent", "present"
FORMS = {
    "binary": "absent or present",
    "list": "lists of labels",
    "text": "lists of labels written as text",
    "separated": "labels with a separator",
}
OPTIONS = ("form", "separator", "empty_means", "labels")
EMPTY = ("none", "missing")
GUESSED = "guessed"
PART = "c:"  # before the name of a label
MOST_SETS = 200  # different sets of labels that can stand for classes
MOST_LABELS = 2000
_READ: WeakKeyDictionary[Dataset, LabelSets] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class LabelSets:
    """Which labels the examples have.

    Parameters
    ----------
    names : tuple of K str
    values : tuple of K
        The labels as they are in the cells; a column's name where each has a column.
    given : ndarray of shape (N, K), int8
        1 where present, 0 where absent, -1 where nothing is said.
    """

    names: tuple[str, ...]
    values: tuple[Value, ...]
    given: np.ndarray


def label_sets(dataset: Dataset) -> LabelSets:
    """Read the label columns, once for each data set.

    Raises
    ------
    BadInput
        A cell is not of the form that the others have.
    """
    if dataset not in _READ:
        options = dataset.label_options
        if options["form"] == "binary":
            names = dataset.label_columns
            given = np.column_stack([binary.read(dataset.table[name], name) for name in names])
            _READ[dataset] = LabelSets(names, names, given)
        else:
            _READ[dataset] = _from_cells(dataset.table, dataset.label_columns[0], options)
    return _READ[dataset]


def settled(table: pa.Table, columns: Sequence[str], options: Mapping[str, Any]) -> dict[str, Any]:
    """Complete the options: guess what the user left open, and list the labels.

    Raises
    ------
    BadInput
        An option is unknown, or the columns are not of that form.
    """
    options = {name: value for name, value in options.items() if value not in ("", GUESSED)}
    for name, known in {"form": tuple(FORMS), "empty_means": EMPTY}.items():
        if options.get(name, known[0]) not in known:
            raise BadInput(f"there is no {name} {options[name]!r} of labels{did_you_mean(str(options[name]), known)}")
    unknown = next((name for name in options if name not in OPTIONS), None)
    if unknown is not None:
        raise BadInput(
            f"labels have no option {unknown!r}{did_you_mean(unknown, ('form', 'separator', 'empty', 'labels'))}"
        )
    form = options.get("form") or form_of(table, columns, "separator" in options)
    if form == "binary":
        if len(columns) < 2:
            raise BadInput(
                f"column {columns[0]!r} is one label of absent and present; name the columns of all labels, or choose "
                "the task classification."
            )
        return {"form": form}
    if len(columns) > 1:
        raise BadInput(
            f"{columns[0]!r} and {columns[1]!r} are two columns, and labels of the form {form} are in one; name that "
            "one."
        )
    field = table.schema.field(columns[0])
    if not (_is_list(field.type) or _holds_json(field) if form == "list" else is_text(field.type)):
        raise BadInput(
            f"column {columns[0]!r} holds {shorten(str(field.type))}, not {FORMS[form]}; choose another label column."
        )
    made: dict[str, Any] = {"form": form, "empty_means": options.get("empty_means", "none")}
    if form == "separated":
        made["separator"] = options.get("separator") or listed.guess_separator(_texts(table[columns[0]]))
    named = options.get("labels", ())
    made["labels"] = [part.strip() for part in named.split(",")] if isinstance(named, str) else list(named)
    made["labels"] = [*made["labels"], *_found(table, columns[0], made, made["labels"])]
    if len(made["labels"]) > MOST_LABELS:
        raise BadInput(
            f"column {columns[0]!r} has {len(made['labels']):,} different labels, such as "
            f"{shorten(show(made['labels'][0]))!r}; choose the column of the labels, or another separator."
        )
    return made


def form_of(table: pa.Table, columns: Sequence[str], has_separator: bool) -> str:
    """Guess the form in which these columns hold labels."""
    if len(columns) > 1:
        return "binary"
    column, field = table[columns[0]], table.schema.field(columns[0])
    if _is_list(field.type) or _holds_json(field):
        return "list"
    if has_separator:
        return "separated"
    if binary.is_binary(column):
        return "binary"
    texts = [text.strip() for text in _texts(column) if not is_missing(text)]
    in_brackets = sum(text[0] == "[" and text[-1] == "]" for text in texts)
    return "text" if in_brackets * 2 > len(texts) else "separated"


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _holds_json(field: pa.Field) -> bool:
    return any(key == b"labelaudit.cells" for key in field.metadata or {})


def _texts(column: pa.ChunkedArray) -> list[str]:
    return [str(value) for value in column.unique().to_pylist() if value is not None]


# -- cells ------------------------------------------------------------------------------------------


def _reader(options: Mapping[str, Any]) -> listed.Reader:
    form = options["form"]
    if form == "separated":
        return listed.separated(options["separator"])
    return listed.bracketed if form == "text" else listed.plain


def _cells(table: pa.Table, name: str) -> tuple[list[Any], np.ndarray]:
    """Return the different cells of a column as plain values, and which of them each row holds."""
    column = table[name]
    if not is_text(column.type) or _holds_json(table.schema.field(name)):
        cells = column.to_pylist()
        return [decode(cell) for cell in cells] if is_text(column.type) else cells, np.arange(len(cells))
    found = comparable(column).combine_chunks().dictionary_encode()
    texts = [*found.dictionary.to_pylist(), None]
    return texts, found.indices.fill_null(len(texts) - 1).to_numpy(zero_copy_only=False)


def _read_cells(table: pa.Table, name: str, options: Mapping[str, Any]) -> Iterator[listed.Cell | None]:
    """Take the different cells apart; None for a cell that says nothing."""
    read, (cells, which) = _reader(options), _cells(table, name)
    for number, value in enumerate(cells):
        if isinstance(value, str) and is_missing(value):
            says_none = not value.strip() and options["empty_means"] == "none"
            yield listed.Cell([], []) if says_none else None
            continue
        try:
            cell = read(value)
            if cell is not None and any(isinstance(label, list | dict) for label in cell.labels):
                raise ValueError
        except ValueError as error:
            row = int(np.flatnonzero(which == number)[0])
            raise BadInput(
                f"column {name!r} holds {show(value)} in row {row:,}, which is no list of labels; correct it, or name "
                "the separator if the labels are separated."
            ) from error
        yield cell


def _labels(cell: listed.Cell | None) -> list[Value]:
    """The labels of a cell; what is blank is none."""
    return [] if cell is None else [label for label in cell.labels if not is_missing(label)]


def _found(table: pa.Table, name: str, options: Mapping[str, Any], known: Sequence[Value]) -> list[Value]:
    """List the labels that occur beside the known ones, sorted by name."""
    by_text = {encode(label): label for cell in _read_cells(table, name, options) for label in _labels(cell)}
    names: dict[str, Value] = {}
    for label in by_text.values():
        other = names.setdefault(str(label), label)
        if encode(other) != encode(label):
            raise BadInput(
                f"column {name!r} has the labels {encode(other)} and {encode(label)}, which look alike; write one of "
                "them as the other."
            )
    if not names and not known:
        raise BadInput(f"column {name!r} has no labels at all; choose the column that holds the labels of each row.")
    numeric = all(map(is_canonical_int, names))
    return [names[text] for text in sorted(names.keys() - {*map(str, known)}, key=int if numeric else str)]


def _from_cells(table: pa.Table, name: str, options: Mapping[str, Any]) -> LabelSets:
    values, which = tuple(options["labels"]), _cells(table, name)[1]
    place = {encode(label): number for number, label in enumerate(values)}
    rows = []
    for cell in _read_cells(table, name, options):
        row = np.full(len(values), -1 if cell is None else 0, dtype=np.int8)
        row[[place[encode(label)] for label in _labels(cell)]] = 1
        rows.append(row)
    return LabelSets(tuple(map(str, values)), values, np.array(rows)[which])


# -- the shape --------------------------------------------------------------------------------------


def units(dataset: Dataset) -> Units:
    """Take every label of every example as one unit, example after example."""
    names = label_sets(dataset).names
    parts = np.array([PART + name for name in names], dtype=object)
    return Units(np.repeat(np.arange(len(dataset)), len(names)), np.tile(parts, len(dataset)))


def encoded(dataset: Dataset) -> tuple[tuple[Value, ...], np.ndarray]:
    """Number absent and present, decisions applied."""
    codes = label_sets(dataset).given.ravel().astype(np.int32)
    if dataset.reviewed is not None:
        texts = {"false": 0, "true": 1}
        codes[dataset.reviewed.units] = [texts.get(text or "", -1) for text in dataset.reviewed.labels]
    return (False, True), codes


def values(dataset: Dataset) -> list[Any]:
    """The labels as True, False or, where nothing is said, None."""
    plain: list[Any] = np.array([False, True, None], dtype=object)[label_sets(dataset).given.ravel()].tolist()
    return plain


def written(dataset: Dataset, values: Sequence[Any]) -> pa.Table:
    """Write the cells of the examples that have other labels now, in the way the column is written."""
    sets = label_sets(dataset)
    odd = next((value for value in values if value is not None and not isinstance(value, bool)), None)
    if odd is not None:
        raise BadInput(
            f"a label of an example is {ABSENT} or {PRESENT}, and can't be {show(odd)}; choose one of the two."
        )
    after = np.array([-1 if value is None else int(value) for value in values], dtype=np.int8)
    after = after.reshape(sets.given.shape)
    changed = np.flatnonzero((after != sets.given).any(axis=1))
    if dataset.label_options["form"] != "binary":
        return _with_cells(dataset, sets, after, changed)
    table = dataset.table
    model = next(
        (table[c] for c in dataset.label_columns if binary.is_binary(table[c])), table[dataset.label_columns[0]]
    )
    for column, before, now in zip(dataset.label_columns, sets.given.T, after.T, strict=True):
        if (before != now).any():
            array = binary.written(table[column], before, now, model)
            place = table.schema.get_field_index(column)
            table = table.set_column(place, table.schema.field(place), array)
    return table


def _with_cells(dataset: Dataset, sets: LabelSets, after: np.ndarray, changed: np.ndarray) -> pa.Table:
    options, name = dataset.label_options, dataset.label_columns[0]
    field, read = dataset.table.schema.field(name), _reader(options)
    parsed = [cell for cell in _read_cells(dataset.table, name, options) if cell is not None]
    style = listed.style_of(parsed, options["form"], options.get("separator", ""))
    as_json = _holds_json(field)
    cells = dataset.table[name].to_pylist()
    for row in changed.tolist():
        before, now = sets.given[row], after[row]
        out = {sets.values[k] for k in np.flatnonzero((before == 1) & (now != 1)).tolist()}
        new = [sets.values[k] for k in np.flatnonzero((before != 1) & (now == 1)).tolist()]
        if not new and (now < 0).all():
            cells[row] = None if not is_text(field.type) or as_json else ""
            continue
        given = decode(cells[row]) if as_json else cells[row]
        if (before < 0).all() or (isinstance(given, str) and not given.strip()):
            given = None
        cell = listed.written(given, read, out, new, style)
        cells[row] = encode(cell) if as_json else cell
    array = array_of(cells, field.type)
    return dataset.table.set_column(dataset.table.schema.get_field_index(name), field, array)


def bits_of(dataset: Dataset) -> np.ndarray:
    """The labels as a table, decisions applied, shape (N, K): 1 present, 0 absent, -1 where nothing is said."""
    return dataset.labels.reshape(len(dataset), -1)


def strata(dataset: Dataset) -> tuple[np.ndarray, Sequence[str]]:
    """The whole set of labels, or the rarest label where sets are too many; the order is by the rarest labels.

    Sets next to each other share their rarest labels, so that rows dealt in this order spread each label evenly.
    """
    sets = label_sets(dataset)
    given = bits_of(dataset)
    order = np.argsort((given == 1).sum(axis=0), kind="stable")
    ranked = given[:, order]
    different, codes = np.unique(ranked, axis=0, return_inverse=True)
    names = [sets.names[k] for k in order]
    if len(different) > MOST_SETS:
        has = np.column_stack([ranked == 1, np.ones(len(ranked), dtype=bool)])
        codes, titles = has.argmax(axis=1), [*names, "none"]
    else:
        titles = [_title(row, names) for row in different]
    return np.where((given < 0).all(axis=1), -1, codes.ravel()), titles


def _title(row: np.ndarray, names: Sequence[str]) -> str:
    has = " + ".join(names[k] for k in np.flatnonzero(row == 1).tolist()) or "none"
    return has + "?" * bool((row < 0).any())


def _names(classes: Sequence[Value]) -> tuple[str, ...]:
    return ABSENT, PRESENT


SEVERAL = Shape(units=units, encoded=encoded, values=values, written=written, strata=strata, names=_names)
