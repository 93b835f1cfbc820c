"""Where the user's probabilities, features, coordinates, neighbours and folds are: files, columns or memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from labelaudit.columns import is_number, is_text, numbers
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput, did_you_mean
from labelaudit.load.arrays import by_name, read_arrays
from labelaudit.text import shorten

Role = Literal["pred_probs", "predictions", "features", "coordinates", "neighbours", "folds"]
# A file, columns of the data set's table (a name, a prefix of names, or names), or what is in memory.
Brought: TypeAlias = (
    str | Path | Sequence[str] | np.ndarray | pd.DataFrame | pa.Table | Mapping[str, np.ndarray] | Sequence[np.ndarray]
)

NAMES: dict[Role, tuple[str, ...]] = {
    "pred_probs": ("pred_probs", "probabilities", "probs", "proba"),
    "predictions": ("predictions", "prediction", "predicted", "oof_prediction", "y_pred"),
    "features": ("features", "embeddings", "embedding", "X"),
    "coordinates": ("coordinates", "xy", "umap", "tsne"),
    "neighbours": ("neighbours", "neighbors", "indices", "index", "knn"),
    "folds": ("folds", "fold"),
}
WORDS: dict[Role, str] = {
    "pred_probs": "probabilities",
    "predictions": "predictions",
    "features": "features",
    "coordinates": "coordinates",
    "neighbours": "neighbours",
    "folds": "folds",
}
SINGLE: frozenset[Role] = frozenset({"predictions", "folds"})  # one number per row
PREDICTING: tuple[Role, ...] = ("pred_probs", "predictions", "features")  # beside these there may be no feature columns
DISTANCES = ("distances", "distance")
IDS = ("id", "ids")


@dataclass(frozen=True)
class Piece:
    """One thing as it was found, not yet aligned.

    Parameters
    ----------
    what : str
        Where it was found, as messages name it.
    values : ndarray of shape (M, d) or (M,)
    lengths : ndarray or None
        How many of these rows each example has, where they are of its parts and that is said.
    names : tuple of d str
        Of the columns; empty where they have none.
    classes : tuple
        What the columns stand for, where that is said.
    ids : ndarray of shape (M,) or None
    extra : ndarray or None
        The distances that came with neighbours.
    own : tuple of str
        The columns of the data set's own table that hold it.
    """

    what: str
    values: np.ndarray
    names: tuple[str, ...] = ()
    classes: tuple[Any, ...] = ()
    ids: np.ndarray | None = None
    extra: np.ndarray | None = None
    own: tuple[str, ...] = ()
    lengths: np.ndarray | None = None

    def place(self, row: int) -> str:
        """Say which row this is, for a person."""
        if self.lengths is None:
            return f"row {row:,} of {self.what}"
        ends = np.cumsum(self.lengths)
        sentence = int(np.searchsorted(ends, row, side="right"))
        return f"token {row - int(ends[sentence] - self.lengths[sentence]):,} of sentence {sentence:,} of {self.what}"

    @property
    def origin(self) -> str:
        """Where it was found, as the end of a note; nothing for what came from memory."""
        return "" if self.what.startswith("your array") else f" of {self.what}"


def own_columns(table: pa.Table, brought: Brought | None) -> tuple[str, ...]:
    """Return the columns of the table that `brought` names: one, a common prefix of several, or a list of them."""
    if isinstance(brought, str):
        if brought in table.column_names:
            return (brought,)
        begin = tuple(name for name in table.column_names if name.startswith(brought))
        return begin if brought and len(begin) > 1 and not Path(brought).exists() else ()
    if isinstance(brought, (list, tuple)) and brought and all(isinstance(name, str) for name in brought):
        missing = next((name for name in brought if name not in table.column_names), None)
        if missing is not None:
            raise BadInput(f"there is no column {missing!r}{did_you_mean(missing, table.column_names)}")
        return tuple(brought)
    return ()


def among_own(table: pa.Table) -> dict[Role, str]:
    """Recognise the matrices of a table by their names."""
    lists = [field.name for field in table.schema if pa.types.is_fixed_size_list(field.type)]
    found = {role: next((name for name in NAMES[role] if name in lists), None) for role in NAMES}
    return {role: name for role, name in found.items() if name is not None}


def found(dataset: Dataset, role: Role, value: Any) -> Piece:
    """Read one thing from wherever `value` says that it is.

    Raises
    ------
    BadInput
        It is not there, can't be read, or which array or column is meant can't be told.
    """
    own = own_columns(dataset.table, value)
    if own:
        what = f"column {own[0]!r}" if len(own) == 1 else f"columns {own[0]!r} to {own[-1]!r}"
        classes = dataset.source.options.get("classes", ())
        piece = _of_table(dataset, dataset.table.select(list(own)), role, what, taken=False)
        return replace(piece, own=own, classes=tuple(classes) if role == "pred_probs" else ())
    if isinstance(value, pd.DataFrame):
        return _of_table(
            dataset, pa.Table.from_pandas(value, preserve_index=False), role, f"your array of {WORDS[role]}"
        )
    if isinstance(value, pa.Table):
        return _of_table(dataset, value, role, f"your array of {WORDS[role]}")
    if isinstance(value, np.ndarray):
        return Piece(f"your array of {WORDS[role]}", value)
    if isinstance(value, Mapping):
        return _of_arrays(dataset, dict(value), role, f"your array of {WORDS[role]}")
    if isinstance(value, (list, tuple)):
        if role == "neighbours" and len(value) == 2:
            return Piece("your array of neighbours", np.asarray(value[0]), extra=np.asarray(value[1]))
        if _of_parts(dataset, role) and any(np.ndim(part) == 2 for part in value):
            return _of_sentences([np.asarray(part) for part in value], f"your array of {WORDS[role]}")
        return Piece(f"your array of {WORDS[role]}", np.asarray(value))
    return _of_file(dataset, role, Path(value))


def _of_parts(dataset: Dataset, role: Role) -> bool:
    """Whether there may be a list for each example: one of its tokens each."""
    return role == "pred_probs" and dataset.value_type == "tags"


def _of_sentences(parts: Sequence[np.ndarray], what: str) -> Piece:
    """Put the matrices of sentences one below the other; that of an empty sentence may have any shape."""
    width = next(part.shape[1] for part in parts if part.ndim == 2)
    odd = next((n for n, part in enumerate(parts) if part.size and part.shape[1:] != (width,)), None)
    if odd is not None:
        raise BadInput(
            f"sentence {odd:,} of {what} has the shape {parts[odd].shape}; bring one row for each token and one column "
            f"for each of the {width:,} tags."
        )
    values = np.concatenate([part.reshape(-1, width) for part in parts])
    return Piece(what, values, lengths=np.array([part.size // width for part in parts]))


def _of_file(dataset: Dataset, role: Role, path: Path) -> Piece:
    from labelaudit.load import read

    try:
        with path.open("rb") as file:
            head = file.read(6)
    except FileNotFoundError as error:
        hint = did_you_mean(str(path), dataset.table.column_names)
        raise BadInput(f"there is no file and no column {str(path)!r} with your {WORDS[role]}{hint}") from error
    except OSError as error:
        raise BadInput(f"{str(path)!r} with your {WORDS[role]} can't be read; choose a file that can be.") from error
    if path.suffix.lower() in (".npy", ".npz") or head == b"\x93NUMPY":
        return _of_arrays(dataset, read_arrays(path), role, path.name)
    table, _ = read(path)
    return _of_table(dataset, table, role, path.name)


def _of_arrays(dataset: Dataset, arrays: dict[str, np.ndarray], role: Role, what: str) -> Piece:
    each = [arrays.get(f"arr_{number}") for number in range(len(arrays))]  # what `np.savez(file, *arrays)` calls them
    parts = [part for part in each if part is not None]
    if _of_parts(dataset, role) and len(arrays) > 1 and len(parts) == len(arrays):
        return _of_sentences(parts, what)
    ids = by_name(arrays, dataset.id_column or "", *IDS) if len(arrays) > 1 else None
    dimensions = 1 if role in SINGLE else 2
    known = next((name for name in NAMES[role] if name in arrays), None)
    fitting = [n for n, a in arrays.items() if a.ndim == dimensions and a.dtype.kind in "biuf" and a is not ids]
    if known is None and len(arrays) > 1 and len(fitting) != 1:
        listed = ", ".join(f"{name!r} {array.shape}" for name, array in arrays.items())
        raise BadInput(
            f"{what} does not say which array holds the {WORDS[role]} (it has {shorten(listed)}); "
            f"name one {NAMES[role][0]!r}."
        )
    values = arrays[known] if known is not None else arrays[fitting[0]] if fitting else next(iter(arrays.values()))
    classes = arrays.get("classes") if role == "pred_probs" else None
    return Piece(
        what,
        values,
        classes=() if classes is None else tuple(classes.ravel().tolist()),
        ids=ids,
        extra=by_name(arrays, *DISTANCES) if role == "neighbours" else None,
    )


def _of_table(dataset: Dataset, table: pa.Table, role: Role, what: str, *, taken: bool = True) -> Piece:
    """Take the list column of a table, or its columns of numbers.

    With `taken`, columns that the data set has as well don't count, but for the ids.
    """
    ids = next((name for name in (dataset.id_column or "", *IDS) if taken and name in table.column_names), None)
    told = None if ids is None else np.array([str(v) for v in table[ids].to_pylist()], dtype=object)
    there = set(dataset.table.column_names) if taken else set()
    names = [name for name in table.column_names if name != ids and name not in there]
    lists = [name for name in names if pa.types.is_nested(table.schema.field(name).type)]
    # A column of single numbers that is called X is one of several.
    known = [name for name in NAMES[role] if name in lists or (role in SINGLE and name in names)]
    extra = next((name for name in DISTANCES if name in table.column_names), None) if role == "neighbours" else None
    chosen, lengths = known[:1] or [name for name in lists if name != extra][:1], None
    if chosen and _of_parts(dataset, role):
        table, chosen, lengths = _flattened(table, known[:1] or lists, what)
    if not chosen:
        chosen = [n for n in names if is_number(table.schema.field(n).type) or is_text(table.schema.field(n).type)]
    if not chosen:
        raise BadInput(f"{what} has no column with {WORDS[role]}; add a column of lists, or columns of numbers.")
    values = _matrix(table, chosen, what)
    return Piece(
        what,
        values[:, 0] if role in SINGLE and values.shape[1] == 1 else values,
        names=tuple(chosen) if len(chosen) > 1 else (),
        ids=told,
        extra=None if extra is None else _matrix(table, [extra], what),
        lengths=lengths,
    )


def _flattened(table: pa.Table, names: Sequence[str], what: str) -> tuple[pa.Table, list[str], np.ndarray]:
    """Make one row of each token: of one list of the probabilities of its tags, or of one list for each tag.

    Returns
    -------
    table : pyarrow.Table
    names : list of str
        The columns of that table that are meant.
    lengths : ndarray
        How many tokens each sentence has.
    """
    deep = [name for name in names if pa.types.is_nested(table.schema.field(name).type.value_type)]
    chosen = deep[:1] or list(names)
    every = np.array([pc.fill_null(pc.list_value_length(table[name]), 0).to_numpy() for name in chosen])
    if (every != every[0]).any():
        sentence = int(np.flatnonzero((every != every[0]).any(axis=0))[0])
        raise BadInput(
            f"the columns {chosen[0]!r} to {chosen[-1]!r} of {what} have lists of other lengths in sentence "
            f"{sentence:,}; write a number for each token in each."
        )
    return pa.table({name: pc.list_flatten(table[name]) for name in chosen}), chosen, every[0]


def _matrix(table: pa.Table, names: Sequence[str], what: str) -> np.ndarray:
    kind = table.schema.field(names[0]).type
    if len(names) == 1 and pa.types.is_nested(kind):
        cells = table[names[0]].combine_chunks()
        lengths = {len(v) if v is not None else 0 for v in cells.to_pylist()} if cells.null_count else None
        if lengths is None:
            lengths = {kind.list_size} if pa.types.is_fixed_size_list(kind) else set(cells.value_lengths().to_pylist())
        if len(lengths) != 1 or not is_number(kind.value_type):
            raise BadInput(
                f"column {names[0]!r} of {what} holds no lists of equally many numbers; write one of the same length "
                "for every row."
            )
        return np.asarray(cells.flatten().to_numpy(zero_copy_only=False)).reshape(len(cells), -1)
    read = []
    for name in names:
        cells = table[name].combine_chunks()
        values = None if cells.null_count else numbers(cells)
        if values is None:
            raise BadInput(
                f"column {name!r} of {what} has cells that are no numbers; name the columns, or take it out."
            )
        read.append(values)
    return np.column_stack(read)


# -- checks that several share ------------------------------------------------------------------------------


def numeric(piece: Piece, role: Role, dimensions: int) -> np.ndarray:
    """Return the numbers of a piece that has so many dimensions.

    Raises
    ------
    BadInput
        It has others, or holds no numbers.
    """
    values = piece.values
    if values.ndim != dimensions:
        wanted = "one number per row" if dimensions == 1 else "a matrix with one row per example"
        raise BadInput(f"{piece.what} has the shape {values.shape}; {WORDS[role]} are {wanted}.")
    if values.dtype.kind not in "biuf":
        raise BadInput(f"{piece.what} holds {values.dtype}, not numbers; bring {WORDS[role]} as numbers.")
    return values


def finite(values: np.ndarray, piece: Piece) -> None:
    """Refuse NaN and infinities."""
    bad = np.flatnonzero(~np.isfinite(values).reshape(len(values), -1).all(axis=1))
    if len(bad):
        raise BadInput(
            f"{piece.place(bad[0])} holds a value that is no finite number ({count(len(bad))} in all); "
            "correct or remove it."
        )


def count(rows: int) -> str:
    """Say how many rows, for a person."""
    return "1 row" if rows == 1 else f"{rows:,} rows"
