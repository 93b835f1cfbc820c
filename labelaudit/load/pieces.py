"""Where the user's probabilities, features, coordinates, neighbours and folds are: files, columns or memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

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
        return Piece(f"your array of {WORDS[role]}", np.asarray(value))
    return _of_file(dataset, role, Path(value))


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
    there = set(dataset.table.column_names) if taken else set()
    names = [name for name in table.column_names if name != ids and name not in there]
    lists = [name for name in names if pa.types.is_nested(table.schema.field(name).type)]
    # A column of single numbers that is called X is one of several.
    known = [name for name in NAMES[role] if name in lists or (role in SINGLE and name in names)]
    extra = next((name for name in DISTANCES if name in table.column_names), None) if role == "neighbours" else None
    chosen = known[:1] or [name for name in lists if name != extra][:1]
    if not chosen:
        chosen = [n for n in names if is_number(table.schema.field(n).type) or is_text(table.schema.field(n).type)]
    if not chosen:
        raise BadInput(f"{what} has no column with {WORDS[role]}; add a column of lists, or columns of numbers.")
    values = _matrix(table, chosen, what)
    return Piece(
        what,
        values[:, 0] if role in SINGLE and values.shape[1] == 1 else values,
        names=tuple(chosen) if len(chosen) > 1 else (),
        ids=None if ids is None else np.array([str(v) for v in table[ids].to_pylist()], dtype=object),
        extra=None if extra is None else _matrix(table, [extra], what),
    )


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
