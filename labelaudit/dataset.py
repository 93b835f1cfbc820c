"""The data set: a table exactly as it was read, and which of its columns plays which role."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa

from labelaudit.columns import codes, comparable, is_blank
from labelaudit.content import content_hash
from labelaudit.errors import BadInput, did_you_mean
from labelaudit.given import Given
from labelaudit.labels import Value, decode, encode, is_canonical_int, named, show
from labelaudit.media import Media
from labelaudit.reviewed import Reviewed
from labelaudit.shapes import SHAPES, Shape, Units

if TYPE_CHECKING:
    import pandas as pd

    from labelaudit.numerals import Numerals

Modality = Literal["text", "tabular", "image"]

# Marks a column whose cells are JSON text because no single Arrow type holds them exactly.
JSON_CELLS = {b"labelaudit.cells": b"json"}


@dataclass(frozen=True)
class Source:
    """How the file was written, so that it can be written back in the same way.

    Parameters
    ----------
    format : str
        A key of `labelaudit.load.FORMATS`.
    options : mapping
        What that format's writer needs (delimiter, encoding, sheet name, …); JSON values only.
    notes : tuple of str
        What the reader had to decide and the user should know.
    media : Media or None
        Where the images are, if the examples are images.
    """

    format: str
    options: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    media: Media | None = None

    @property
    def text_cells(self) -> bool:
        """Whether all cells are text, so that numbers have to be recognised."""
        return self.format in ("csv", "tsv")


@dataclass(frozen=True, eq=False)
class Dataset:
    """A labelled data set.

    Parameters
    ----------
    name : str
        For people and file names.
    table : pyarrow.Table of N rows
        One row per example, all columns in the file's order, cells exactly as read (text for CSV and TSV).
    label_columns : tuple of str
        One for most tasks.
    feature_columns : tuple of str
        What the model may see: the text columns, or the columns of a table.
    modality : {"text", "tabular", "image"}
        What the feature columns hold; one column that names or holds the images.
    task : str
        A key of `labelaudit.tasks.TASKS`.
    value_type : str
        What a label is, a key of `labelaudit.shapes.SHAPES`: ``class``, ``classes``, ``number``, ``tags``, ``votes``.
    label_options : mapping
        How the labels are written, where there is a choice: a separator, a layer; JSON values only.
    id_column, group_column : str or None
        Unique identifiers; rows of one group share a fold.
    annotations : pyarrow.Table or None
        A long table (item, annotator, label; or item, box) for the tasks that have one.
    source : Source
        How to write it back.
    provenance : mapping
        Where it came from and what was done to it; JSON values only; never part of the fingerprint.
    given : Given or None
        Probabilities, features, coordinates, neighbours and folds that the user brings.
    reviewed : Reviewed or None
        What was decided so far, where an audit takes it into account: `labels` and `classes` are then those that an
        export would write. The table stays as it was read.

    Raises
    ------
    BadInput
        A column is not there, ids repeat, there is no row, or what the user brings has another number of rows.
    """

    name: str
    table: pa.Table
    label_columns: tuple[str, ...]
    feature_columns: tuple[str, ...]
    modality: Modality = "tabular"
    task: str = "classification"
    value_type: str = "class"
    label_options: Mapping[str, Any] = field(default_factory=dict)
    id_column: str | None = None
    group_column: str | None = None
    annotations: pa.Table | None = None
    source: Source = Source("parquet")
    provenance: Mapping[str, Any] = field(default_factory=dict)
    given: Given | None = None
    reviewed: Reviewed | None = None

    def __post_init__(self) -> None:
        if self.table.num_rows == 0:
            raise BadInput(f"{self.name!r} has no rows; choose a file with data below its header.")
        names = dict.fromkeys(self.table.column_names)  # a list would be searched once per column
        for column in (*self.label_columns, *self.feature_columns, self.id_column, self.group_column):
            if column is not None and column not in names:
                raise BadInput(f"{self.name!r} has no column {column!r}{did_you_mean(column, names)}")
        if self.id_column is not None:
            self._check_ids(self.id_column)
        if self.given is not None and self.given.rows not in (None, len(self)):
            raise BadInput(
                f"{self.name!r} has {len(self):,} rows and what you bring has {self.given.rows:,}; bring one row each."
            )

    def _check_ids(self, column: str) -> None:
        from pandas import Index

        cells = comparable(self.table[column])
        empty = np.flatnonzero(is_blank(cells).to_numpy())
        if len(empty):
            rows = "1 row has" if len(empty) == 1 else f"{len(empty):,} rows have"
            raise BadInput(
                f"{rows} no id in column {column!r} (the first is row {empty[0]:,}); "
                "choose another id column, or none to number the rows."
            )
        if not Index(cells.to_pandas()).is_unique:  # which takes a third of the time of saying which repeats
            found = codes(cells)
            repeated = np.flatnonzero(np.bincount(found.codes) > 1)
            value = show(found.values[repeated[0]].as_py())
            first, second = np.flatnonzero(found.codes == repeated[0])[:2]
            ids, occur = ("1 id", "occurs") if len(repeated) == 1 else (f"{len(repeated):,} ids", "occur")
            raise BadInput(
                f"{ids} in column {column!r} {occur} more than once ({value} in rows {first:,} and {second:,}); "
                "choose another id column, or none to number the rows."
            )

    def __len__(self) -> int:
        return int(self.table.num_rows)

    # -- identity -------------------------------------------------------------------------------

    @cached_property
    def data_fingerprint(self) -> str:
        """Hash of the table, the label columns and the ids: what a decision is about."""
        roles: dict[str, Any] = {"label": self.label_columns, "id": self.id_column, "task": self.task}
        if self.label_options:
            roles["label_options"] = dict(self.label_options)
        if self.modality == "image":
            roles["digests"] = self.digests.tolist()
        return content_hash(roles, self.table, self.annotations)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of everything that an audit sees; with the config it is the key of all that follows."""
        roles: dict[str, Any] = {
            "data": self.data_fingerprint,
            "features": self.feature_columns,
            "modality": self.modality,
            "group": self.group_column,
            "value_type": self.value_type,
            "text_cells": self.source.text_cells,
        }
        if self.given is not None:
            roles["given"] = self.given.fingerprint
        if self.reviewed is not None:
            roles["reviewed"] = self.reviewed.fingerprint
        return content_hash(roles)

    @cached_property
    def feature_fingerprint(self) -> str:
        """Hash of the feature columns alone: features stay valid when only labels change."""
        roles: dict[str, Any] = {"modality": self.modality, "text_cells": self.source.text_cells}
        if self.given is not None and self.given.features is not None:
            return self.given.feature_fingerprint
        if self.modality == "image":
            roles["digests"] = self.digests.tolist()
        return content_hash(roles, self.table.select(list(self.feature_columns)))

    @cached_property
    def ids(self) -> np.ndarray:
        """The id of every example, shape (N,): whole numbers where all are, else text."""
        if self.id_column is None:
            return np.arange(len(self), dtype=np.int64)
        values = self.table[self.id_column].to_pylist()
        if all(_is_int64(v) if isinstance(v, int) else isinstance(v, str) and is_canonical_int(v) for v in values):
            return np.array([int(v) for v in values], dtype=np.int64)
        return np.array([str(v) for v in values], dtype=object)

    @cached_property
    def _places(self) -> pd.Index:
        from pandas import Index

        return Index([str(id_) for id_ in self.ids.tolist()], dtype=object)

    def rows_of(self, ids: Iterable[str]) -> np.ndarray:
        """Find the rows with these ids, which are text as in decisions; -1 where there is none."""
        from pandas import Index

        return np.asarray(self._places.get_indexer(Index(ids, dtype=object)))

    def units_in(self, rows: np.ndarray) -> np.ndarray:
        """List the units of these rows, row after row."""
        if len(self.units) == len(self):
            return rows
        first = np.searchsorted(self.units.rows, rows)
        many = np.searchsorted(self.units.rows, rows, side="right") - first
        start = np.repeat(first - np.append(0, np.cumsum(many)[:-1]), many)
        return np.asarray(start + np.arange(many.sum()))

    def units_of(self, ids: Iterable[str], parts: Iterable[str]) -> np.ndarray:
        """Find the units with these ids and parts, which are text as in decisions; -1 where there is none."""
        from pandas import MultiIndex

        rows = self.rows_of(ids)
        if len(self.units) == len(self):
            return np.where(np.array(list(parts), dtype=object) == "", rows, -1)
        return np.asarray(self._parts.get_indexer(MultiIndex.from_arrays([rows, list(parts)])))

    @cached_property
    def _parts(self) -> pd.MultiIndex:
        from pandas import MultiIndex

        return MultiIndex.from_arrays([self.units.rows, self.units.parts])

    # -- labels ---------------------------------------------------------------------------------

    @property
    def shape(self) -> Shape:
        """How the labels are read and written."""
        return SHAPES[self.value_type]

    @cached_property
    def units(self) -> Units:
        """The n units: what one decision each is about."""
        return self.shape.units(self)

    @cached_property
    def _classes_and_codes(self) -> tuple[tuple[Value, ...], np.ndarray]:
        return self.shape.encoded(self)

    @property
    def classes(self) -> tuple[Value, ...]:
        """The K classes, sorted, as the user wrote them; one that only brought probabilities name has no example."""
        return self._classes_and_codes[0]

    @property
    def labels(self) -> np.ndarray:
        """The label of every unit as an index into `classes`, shape (n,); -1 where missing."""
        return self._classes_and_codes[1]

    @cached_property
    def strata(self) -> tuple[np.ndarray, Sequence[str]]:
        """One class per example, shape (N,), and the names; where an example has many labels, what stands for them."""
        return self.shape.strata(self)

    @cached_property
    def as_written(self) -> Dataset:
        """The same data without what was decided since."""
        return self if self.reviewed is None else replace(self, reviewed=None)

    @cached_property
    def given_texts(self) -> np.ndarray:
        """The labels that stand in the table as JSON text, shape (n,); None where missing."""
        written = self.as_written
        if self.shape.texts is not None:
            return self.shape.texts(written)
        texts = np.array([*map(encode, written.classes), None], dtype=object)
        return np.asarray(texts[written.labels])

    @cached_property
    def verified(self) -> np.ndarray:
        """Which labels somebody decided on, so that they are no suspects any more, bool of shape (n,)."""
        decided = np.zeros(len(self.units), dtype=bool)
        if self.reviewed is not None:
            decided[self.reviewed.units] = True
        return decided

    @cached_property
    def numerals(self) -> Numerals | None:
        """How the labels are written, where they are numbers; None where they are classes."""
        return None if self.shape.numerals is None else self.shape.numerals(self)

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """The K classes for a person, each with a name of its own: text that shows like another class is quoted."""
        if self.shape.names is not None:
            return self.shape.names(self.classes)
        return named(self.classes)

    @cached_property
    def class_by_name(self) -> dict[str, Value]:
        """The classes by `class_names`."""
        return dict(zip(self.class_names, self.classes, strict=True))

    @cached_property
    def _name_by_text(self) -> dict[str | None, str]:
        return dict(zip(map(encode, self.classes), self.class_names, strict=True))

    @cached_property
    def _code_by_text(self) -> dict[str | None, int]:
        return {encode(value): code for code, value in enumerate(self.classes)}

    def code_of(self, text: str | float | None) -> int:
        """Find a label, JSON text or NaN, among the classes; -1 where it is none of them."""
        return self._code_by_text.get(text, -1) if isinstance(text, str) else -1

    def name_of(self, text: str | float | None) -> str:
        """Write a label for a person.

        Parameters
        ----------
        text : str, NaN or None
            The label as JSON text, as the issue table and the decisions hold it.

        Returns
        -------
        str
            Its name in `class_names`; a label that is no class yet is quoted where it shows like one. A number is
            written as the texts of its column are.
        """
        value = decode(text)
        if self.numerals is not None and isinstance(value, (int, float)):
            return self.numerals.shown(value)
        shown = show(value)
        as_text = encode(value)
        fallback = str(as_text) if isinstance(value, str) and shown in self.class_names else shown
        return self._name_by_text.get(as_text, fallback)

    def names_of(self, texts: pd.Series) -> np.ndarray:
        """Write many labels for a person, each different one once; see `name_of`."""
        from pandas import factorize

        which, different = factorize(texts)
        names = [*map(self.name_of, different), self.name_of(None)]  # the last one is for -1: no label
        return np.array(names, dtype=object)[which]

    def label_values(self) -> list[Any]:
        """The n labels as plain values, missing ones as they are."""
        return self.shape.values(self)

    def holds_json(self, column: str) -> bool:
        """Whether the cells of a column are JSON text because no single Arrow type holds them."""
        metadata = self.table.schema.field(column).metadata or {}
        return all(metadata.get(name) == value for name, value in JSON_CELLS.items())

    def groups(self) -> np.ndarray | None:
        """The group of every example as an integer, shape (N,), or None without a group column."""
        if self.group_column is None:
            return None
        return codes(self.table[self.group_column]).codes

    def texts(self) -> list[str]:
        """The text of every example: its feature columns, one below the other."""
        columns = [self.table[c].to_pylist() for c in self.feature_columns]
        return ["\n".join(map(_in_words, row)) for row in zip(*columns, strict=True)]

    # -- images ---------------------------------------------------------------------------------

    @cached_property
    def _image_cells(self) -> tuple[Media, pa.ChunkedArray]:
        if self.source.media is None:
            raise BadInput(f"{self.name!r} has no images.")
        return self.source.media, self.table[self.source.media.column]

    def image(self, row: int) -> bytes:
        """Read the image file of an example, undecoded.

        Raises
        ------
        BadInput
            It is not there or can't be read; the message says so in a few words.
        """
        media, cells = self._image_cells
        return media.read(cells[int(row)].as_py())

    def image_name(self, row: int) -> str:
        """The name of the image file of an example, or its id where images have no names."""
        media, cells = self._image_cells
        return str(cells[int(row)].as_py()) if media.root is not None else str(self.ids[row])

    @cached_property
    def digests(self) -> np.ndarray:
        """Hash of the content of every image, shape (N,); empty where there is none."""
        media, cells = self._image_cells
        return np.array([media.digest(cell) for chunk in cells.chunks for cell in chunk.to_pylist()], dtype=object)

    # -- copies with a change ---------------------------------------------------------------------

    def with_labels(self, values: Sequence[Any]) -> Dataset:
        """Give every unit a label; what has not changed stays as it was written, and what was decided is settled.

        Parameters
        ----------
        values : sequence of n labels
            As the user writes them; None for no label.

        Raises
        ------
        BadInput
            A value does not fit.
        """
        return replace(self, table=self.shape.written(self, values), reviewed=None)

    def take(self, rows: np.ndarray) -> Dataset:
        """Keep these rows, in this order; without an id column their numbers are lost, so keep them yourself."""
        given = None if self.given is None else self.given.take(rows)
        reviewed = None if self.reviewed is None else self.reviewed.take(self.units_in(rows))
        return replace(self, table=self.table.take(pa.array(rows)), given=given, reviewed=reviewed)


def _in_words(cell: Any) -> str:
    return "" if cell is None else " ".join(cell) if isinstance(cell, list) else str(cell)


def _is_int64(value: int) -> bool:
    return -(2**63) <= value < 2**63
