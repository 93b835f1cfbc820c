"""The data set: a table exactly as it was read, and which of its columns plays which role."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa

from labelaudit.columns import codes, comparable, is_blank, is_text
from labelaudit.errors import BadInput, StoreError, did_you_mean
from labelaudit.files import digest, read_json, replacing, write_json
from labelaudit.given import FILE as GIVEN_FILE
from labelaudit.given import Given
from labelaudit.labels import (
    Value,
    can_be_classes,
    class_order,
    decode,
    encode,
    is_canonical_int,
    is_missing,
    show,
)
from labelaudit.media import Media
from labelaudit.reviewed import FILE as REVIEWED_FILE
from labelaudit.reviewed import Reviewed
from labelaudit.text import shorten

if TYPE_CHECKING:
    import pandas as pd

Modality = Literal["text", "tabular", "image"]

KEPT_ARCHIVE = "images.zip"
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
        What a label is: ``class``, ``classes``, ``number``, ``tags``, ``boxes`` or ``mask``.
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
        if self.modality == "image":
            roles["digests"] = self.digests.tolist()
        return _hash(roles, self.table, self.annotations)

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
        return _hash(roles)

    @cached_property
    def feature_fingerprint(self) -> str:
        """Hash of the feature columns alone: features stay valid when only labels change."""
        roles: dict[str, Any] = {"modality": self.modality, "text_cells": self.source.text_cells}
        if self.given is not None and self.given.features is not None:
            return self.given.feature_fingerprint
        if self.modality == "image":
            roles["digests"] = self.digests.tolist()
        return _hash(roles, self.table.select(list(self.feature_columns)))

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

    # -- labels ---------------------------------------------------------------------------------

    @cached_property
    def _classes_and_codes(self) -> tuple[tuple[Value, ...], np.ndarray]:
        name = self.label_columns[0]
        column = self.table[name]
        if not can_be_classes(column.type):
            raise BadInput(
                f"column {name!r} holds {shorten(str(column.type))}, not one class per example; "
                "choose another label column."
            )
        column = comparable(column)
        if pa.types.is_null(column.type):
            return (), np.full(len(self), -1, dtype=np.int32)
        encoded = column.combine_chunks().dictionary_encode()
        as_json = self._holds_json(name)
        values = [decode(v) if as_json else v for v in encoded.dictionary.to_pylist()]
        indices = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        if self.reviewed is not None:
            values, indices = self.reviewed.applied(values, indices)
        brought = () if self.given is None else self.given.classes
        present = {encode(v): v for v in (*values, *brought) if not is_missing(v)}
        classes = tuple(sorted(present.values(), key=class_order(list(present.values()))))
        order = {encode(v): code for code, v in enumerate(classes)}
        # the last one is for -1: no value
        lookup = np.array([-1 if is_missing(v) else order[encode(v)] for v in values] + [-1], dtype=np.int32)
        return classes, lookup[indices]

    @property
    def classes(self) -> tuple[Value, ...]:
        """The K classes, sorted, as the user wrote them; one that only brought probabilities name has no example."""
        return self._classes_and_codes[0]

    @property
    def labels(self) -> np.ndarray:
        """The label of every example as an index into `classes`, shape (N,); -1 where missing."""
        return self._classes_and_codes[1]

    @cached_property
    def as_written(self) -> Dataset:
        """The same data without what was decided since."""
        return self if self.reviewed is None else replace(self, reviewed=None)

    @cached_property
    def given_texts(self) -> np.ndarray:
        """The labels that stand in the table as JSON text, shape (N,); None where missing."""
        written = self.as_written
        texts = np.array([*map(encode, written.classes), None], dtype=object)
        return np.asarray(texts[written.labels])

    @cached_property
    def verified(self) -> np.ndarray:
        """Which labels somebody decided on, so that they are no suspects any more, bool of shape (N,)."""
        decided = np.zeros(len(self), dtype=bool)
        if self.reviewed is not None:
            decided[self.reviewed.rows] = True
        return decided

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        """The K classes for a person, each with a name of its own: text that shows like another class is quoted."""
        names = [show(value) for value in self.classes]
        quoted = [shorten(str(encode(value))) for value in self.classes]
        while True:
            counts = Counter([show(None), *names])
            alike = [
                code
                for code, value in enumerate(self.classes)
                if isinstance(value, str) and counts[names[code]] > 1 and names[code] != quoted[code]
            ]
            if not alike:
                break
            for code in alike:  # a name in quotes may be another class's own
                names[code] = quoted[code]
        # What is still alike is long and differs only in what was cut off.
        return tuple(f"{name} ({code})" if counts[name] > 1 else name for code, name in enumerate(names))

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
            Its name in `class_names`; a label that is no class yet is quoted where it shows like one.
        """
        value = decode(text)
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
        """The cells of the label column as plain values, missing ones as they are."""
        name = self.label_columns[0]
        column = self.table[name]
        if is_text(column.type) and not self._holds_json(name):
            found = codes(column)  # few that differ, which many cells share
            return list(np.array([*found.values.to_pylist(), None], dtype=object)[found.codes])
        values = column.to_pylist()
        return [decode(v) for v in values] if self._holds_json(name) else values

    def _holds_json(self, column: str) -> bool:
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
        return ["\n".join("" if v is None else str(v) for v in row) for row in zip(*columns, strict=True)]

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

    def with_labels(self, values: Sequence[Any], column: str | None = None) -> Dataset:
        """Give every example a label; the column keeps its place and its type, and what was decided is settled.

        Parameters
        ----------
        values : sequence of N labels
            As the user writes them; None for no label.
        column : str, optional
            Which label column; the first by default.

        Raises
        ------
        BadInput
            A value does not fit the column's type.
        """
        name = column or self.label_columns[0]
        schema_field = self.table.schema.field(name)
        if self._holds_json(name):
            values = [encode(v) for v in values]
        try:
            array = _array_of(values, schema_field.type)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise BadInput(
                f"a new label does not fit column {name!r} of type {schema_field.type} ({shorten(str(error))}); "
                "choose one like the others."
            ) from error
        index = self.table.schema.get_field_index(name)
        return replace(self, table=self.table.set_column(index, schema_field, array), reviewed=None)

    def take(self, rows: np.ndarray) -> Dataset:
        """Keep these rows, in this order; without an id column their numbers are lost, so keep them yourself."""
        given = None if self.given is None else self.given.take(rows)
        reviewed = None if self.reviewed is None else self.reviewed.take(rows)
        return replace(self, table=self.table.take(pa.array(rows)), given=given, reviewed=reviewed)

    # -- on disk ----------------------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Write `data.arrow` (the exact table) and `dataset.json` (the roles) into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        with (
            replacing(folder / "data.arrow") as file,
            pa.ipc.new_file(file, self.table.schema, options=options) as writer,
        ):
            writer.write_table(self.table.unify_dictionaries())
        roles = {
            "name": self.name,
            "label_columns": self.label_columns,
            "feature_columns": self.feature_columns,
            "modality": self.modality,
            "task": self.task,
            "value_type": self.value_type,
            "id_column": self.id_column,
            "group_column": self.group_column,
            "source": {"format": self.source.format, "options": dict(self.source.options), "notes": self.source.notes},
            "media": self._keep_media(folder),
            "provenance": dict(self.provenance),
            "hashes": {"data_fingerprint": self.data_fingerprint, "fingerprint": self.fingerprint},
            "data": digest(folder / "data.arrow"),
        }
        if self.given is not None:
            rest = self.given.save(folder)
            roles["given"] = {**rest, "data": digest(folder / GIVEN_FILE)}
        if self.reviewed is not None:
            self.reviewed.save(folder)
            roles["reviewed"] = self.reviewed.fingerprint
        write_json(folder / "dataset.json", roles)

    def _keep_media(self, folder: Path) -> dict[str, Any] | None:
        """Keep an archive beside the table, since an upload is gone afterwards; a folder stays where it is."""
        media = self.source.media
        if media is None or media.root is None or media.root.is_dir():
            return None if media is None else media.to_record()
        kept = folder / KEPT_ARCHIVE
        if not kept.exists():
            if media.root.name == KEPT_ARCHIVE:  # ours, which nobody changes: a second name is enough
                os.link(media.root, kept)
            else:
                with media.root.open("rb") as archive, replacing(kept) as file:
                    shutil.copyfileobj(archive, file, 1 << 20)
        return {**media.to_record(), "root": kept.name, "bytes": kept.stat().st_size}

    def kept_in(self, folder: Path) -> Dataset:
        """The same data set, its archive of images being the one that `save` kept in the folder."""
        media = self.source.media
        if media is None or media.root is None or media.root.is_dir():
            return self
        return replace(self, source=replace(self.source, media=replace(media, root=folder / KEPT_ARCHIVE)))

    @staticmethod
    def is_whole(folder: Path) -> bool:
        """Whether a folder holds all that `save` wrote."""
        try:
            _saved_roles(folder)
        except (OSError, ValueError):
            return False
        return True

    @classmethod
    def open(cls, folder: Path) -> Dataset:
        """Read what `save` wrote.

        Raises
        ------
        StoreError
            The folder does not hold a data set, or a file in it is damaged.
        """
        try:
            roles = _saved_roles(folder)
        except (OSError, ValueError) as error:
            raise StoreError(
                f"{folder} does not hold a data set that can be read ({error}); load the file and audit it again."
            ) from error
        with pa.OSFile(str(folder / "data.arrow"), "rb") as file:
            table = pa.ipc.open_file(file).read_all()
        source, kept, given = roles.pop("source"), roles.pop("media"), roles.pop("given", None)
        reviewed = roles.pop("reviewed", None)
        media = None if kept is None else Media.from_record(kept, folder)
        hashes = roles.pop("hashes", {})
        made = cls(
            table=table,
            source=Source(source["format"], source["options"], tuple(source["notes"]), media),
            label_columns=tuple(roles.pop("label_columns")),
            feature_columns=tuple(roles.pop("feature_columns")),
            given=None if given is None else Given.open(folder, given),
            reviewed=None if reviewed is None else Reviewed.open(folder),
            **roles,
        )
        if media is None:  # the files are as they were written; images in a folder may have changed
            vars(made).update(hashes)
        return made


def _saved_roles(folder: Path) -> dict[str, Any]:
    """Read `dataset.json`, after making sure that the other files are as they were written, images by size."""
    roles = read_json(folder / "dataset.json")
    if roles.pop("data") != digest(folder / "data.arrow"):
        raise ValueError("data.arrow is not as it was written")
    if "given" in roles and roles["given"].pop("data") != digest(folder / GIVEN_FILE):
        raise ValueError(f"{GIVEN_FILE} is not as it was written")
    if "reviewed" in roles and roles["reviewed"] != Reviewed.open(folder).fingerprint:
        raise ValueError(f"{REVIEWED_FILE} is not as it was written")
    media = roles["media"]
    if media and "bytes" in media and (folder / media["root"]).stat().st_size != media["bytes"]:
        raise ValueError(f"{media['root']} is not as it was written")
    return roles


def _is_int64(value: int) -> bool:
    return -(2**63) <= value < 2**63


def _array_of(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if not pa.types.is_dictionary(kind):
        return pa.array(values, type=kind)
    encoded = pa.array(values, type=kind.value_type).dictionary_encode()
    return pa.DictionaryArray.from_arrays(
        encoded.indices.cast(kind.index_type), encoded.dictionary, ordered=kind.ordered
    )


def _hash(roles: Mapping[str, Any], *tables: pa.Table | None) -> str:
    """Hash roles and tables by content; how a table is chunked in memory does not matter."""
    digest = hashlib.sha256(json.dumps(roles, sort_keys=True).encode())
    for table in tables:
        if table is None:
            continue
        bare = table.replace_schema_metadata(None).combine_chunks()
        digest.update(str(bare.schema).encode())
        for column in bare.columns:
            for chunk in column.chunks:
                if chunk.get_total_buffer_size() != chunk.nbytes:  # a slice: Arrow would write bytes beyond its end
                    chunk = pa.concat_arrays([chunk[:0], chunk])
                sink = pa.BufferOutputStream()
                batch = pa.record_batch([chunk], names=[""])
                with pa.ipc.new_stream(sink, batch.schema) as writer:
                    writer.write_batch(batch)
                digest.update(sink.getvalue())
    return digest.hexdigest()[:24]
