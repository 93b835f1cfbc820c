"""What the user brings to a data set: aligned with its rows, and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput, did_you_mean
from labelaudit.given import Given
from labelaudit.labels import Value
from labelaudit.load.pieces import WORDS, Brought, Piece, Role, found
from labelaudit.text import json_text, shorten

TOLERANCE = 0.01  # by how much a row may miss the sum of 1: stored with half precision, rows miss it by .002


def bring(dataset: Dataset, brought: Mapping[Role, Brought | None]) -> Dataset:
    """Attach what the user brings, in place of what was attached before.

    Parameters
    ----------
    dataset : Dataset
        With N rows.
    brought : mapping
        By role. Files with ids (an array or column ``id``, ``ids`` or of the name of the id column) are aligned by
        them, the others by position.

    Raises
    ------
    BadInput
        It can't be read or does not fit; the message says what, where and what to do.
    """
    dataset = replace(dataset, given=None)
    parts: dict[str, Any] = {}
    columns: list[str] = []
    notes: list[str] = []
    for role, value in brought.items():
        if value is None:
            continue
        piece = found(dataset, role, value)
        rows, how = _aligned(dataset, piece)
        made, said = _CHECKS[role](dataset, piece, rows)
        parts |= made
        columns += piece.own
        notes.append(f"{said}, {how}" if how else said)
    return replace(dataset, given=Given(**parts, columns=tuple(columns), notes=tuple(notes))) if parts else dataset


# -- aligning -------------------------------------------------------------------------------------------


def _aligned(dataset: Dataset, piece: Piece) -> tuple[np.ndarray, str]:
    """Find the row of the piece that belongs to each row of the data set, and say how it was found."""
    n, found = len(dataset), len(piece.values)
    if piece.ids is None or dataset.id_column is None:
        if found != n:
            advice = "bring one row for each"
            advice += f", or an array {dataset.id_column!r} with the ids" if dataset.id_column else ""
            raise BadInput(f"{piece.what} has {found:,} rows and the data set {dataset.name!r} has {n:,}; {advice}.")
        if piece.own:
            return np.arange(n), ""
        unused = " (the data set has no id column, so its ids were not used)" if piece.ids is not None else ""
        return np.arange(n), f"aligned by position{unused}"
    if len(piece.ids) != found:
        raise BadInput(f"{piece.what} has {len(piece.ids):,} ids and {found:,} rows; bring one id for each row.")
    place = pd.Index([str(id_) for id_ in piece.ids.tolist()])
    if not place.is_unique:
        twice = place[place.duplicated()][0]
        raise BadInput(f"{piece.what} has the id {shorten(twice)!r} more than once; keep one row for each id.")
    rows = place.get_indexer(pd.Index([str(id_) for id_ in dataset.ids.tolist()]))
    missing = np.flatnonzero(rows < 0)
    if len(missing):
        first = shorten(str(dataset.ids[missing[0]]))
        raise BadInput(
            f"{piece.what} has no row for {len(missing):,} of {n:,} ids of the data set (the first is {first!r}); "
            "bring one for each, or choose another id column."
        )
    more = f", {found - n:,} rows of others left out" if found > n else ""
    return np.asarray(rows, dtype=np.int64), f"aligned by {dataset.id_column!r}{more}"


# -- checking -------------------------------------------------------------------------------------------


def _numeric(piece: Piece, role: Role, dimensions: int) -> np.ndarray:
    values = piece.values
    if values.ndim != dimensions:
        wanted = "one number per row" if dimensions == 1 else "a matrix with one row per example"
        raise BadInput(f"{piece.what} has the shape {values.shape}; {WORDS[role]} are {wanted}.")
    if values.dtype.kind not in "biuf":
        raise BadInput(f"{piece.what} holds {values.dtype}, not numbers; bring {WORDS[role]} as numbers.")
    return values


def _finite(values: np.ndarray, piece: Piece) -> None:
    bad = np.flatnonzero(~np.isfinite(values).reshape(len(values), -1).all(axis=1))
    if len(bad):
        raise BadInput(
            f"row {bad[0]:,} of {piece.what} holds a value that is no finite number ({_count(len(bad))} in all); "
            "correct or remove it."
        )


def _count(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows:,} rows"


def _pred_probs(dataset: Dataset, piece: Piece, rows: np.ndarray) -> tuple[dict[str, Any], str]:
    if len(dataset.units) != len(dataset):
        raise BadInput(
            f"{piece.what} can't be taken for the probabilities of examples with several labels each; leave it out, or "
            "bring embeddings."
        )
    values = _numeric(piece, "pred_probs", 2).astype(np.float32)
    if values.shape[1] < 2:
        raise BadInput(f"{piece.what} has one column; probabilities need one for each class, at least two.")
    _finite(values, piece)
    negative = np.flatnonzero((values < 0).any(axis=1))
    if len(negative):
        raise BadInput(
            f"row {negative[0]:,} of {piece.what} holds a negative value ({_count(len(negative))} in all); bring "
            "probabilities, not scores (a softmax makes them from logits)."
        )
    sums = values.sum(axis=1, dtype=np.float64)
    bad = np.flatnonzero(np.abs(sums - 1) > TOLERANCE)
    if len(bad):
        raise BadInput(
            f"row {bad[0]:,} of {piece.what} sums to {sums[bad[0]]:.4g} instead of 1 ({_count(len(bad))} in all); "
            "bring the probabilities of all classes."
        )
    classes, order = _classes(dataset, piece, values.shape[1])
    values = (values / sums[:, None]).astype(np.float32)[rows]
    said = f"{len(values):,} x {values.shape[1]:,} probabilities{piece.origin}, {order}"
    return {"pred_probs": values, "classes": classes}, said


def _classes(dataset: Dataset, piece: Piece, n_columns: int) -> tuple[tuple[Value, ...], str]:
    """What the columns stand for, and in words how that is known."""
    used, label = dataset.classes, dataset.label_columns[0]
    names: Sequence[Any] = piece.classes or piece.names
    if piece.classes and len(piece.classes) != n_columns:
        raise BadInput(
            f"{piece.what} names {len(piece.classes):,} classes and has {n_columns:,} columns of probabilities; "
            "name as many classes as there are columns."
        )
    if not names or (not piece.classes and all(str(name).isdigit() for name in names)):
        return _in_order(dataset, piece, n_columns)
    texts = _without_prefix([str(name) for name in names], {str(value) for value in used})
    by_text = {**{json_text(value): value for value in used}, **{str(value): value for value in used}}
    if not any(text in by_text for text in texts):
        raise BadInput(
            f"{piece.what} names the classes {shorten(', '.join(texts))}, none of which is a label in column "
            f"{label!r}; name them as they are there: {shorten(', '.join(map(str, used)))}."
        )
    classes = tuple(by_text[text] if text in by_text else _typed(text, used, piece) for text in texts)
    if len(set(map(json_text, classes))) < len(classes):
        twice = next(text for text in texts if texts.count(text) > 1)
        raise BadInput(f"{piece.what} names the class {shorten(twice)!r} more than once; name every class once.")
    lacking = [code for code, value in enumerate(used) if value not in classes]
    if lacking:
        rows = int((dataset.labels == lacking[0]).sum())
        name = dataset.class_names[lacking[0]]
        unused = [text for text in texts if text not in by_text]
        hint = did_you_mean(name, unused) if unused else "; add a column for it, or correct those labels."
        raise BadInput(f"{piece.what} has no probabilities of class {name!r}, which {_count(rows)} have{hint}")
    more = len(classes) - len(used)
    return classes, "classes as in the file" + (f", {more:,} of them without examples" if more else "")


def _in_order(dataset: Dataset, piece: Piece, n_columns: int) -> tuple[tuple[Value, ...], str]:
    used = dataset.classes
    kind = type(used[0]) if used else str
    if used and all(_is_code(v) and type(v) is kind and int(v) < n_columns for v in used):
        more = n_columns - len(used)
        unused = f", {more:,} of them without examples" if more else ""
        return tuple(kind(code) for code in range(n_columns)), f"columns in the order of the numbers of classes{unused}"
    if n_columns != len(used):
        raise BadInput(
            f"{piece.what} has {n_columns:,} columns of probabilities and column {dataset.label_columns[0]!r} has "
            f"{len(used):,} classes; say what the columns are by an array 'classes' beside them, or by their names."
        )
    listed = shorten(", ".join(dataset.class_names))
    return used, f"columns taken for the classes in sorted order ({listed})"


def _without_prefix(names: list[str], used: set[str]) -> list[str]:
    """Take off what all names begin with (``prob_``), as far as that makes most of them classes."""
    first, last = min(names), max(names)
    shared = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    hits = [sum(name[length:] in used for name in names) for length in range(shared + 1)]
    best = hits.index(max(hits))
    return [name[best:] for name in names]


def _is_code(value: Value) -> bool:
    """Whether a class is a whole number, or the text of one."""
    return not isinstance(value, bool) and str(value).isdigit() and str(int(value)) == str(value)


def _typed(text: str, used: Sequence[Value], piece: Piece) -> Value:
    """Give the name of a class that nobody used the type of the others."""
    kinds = {type(value) for value in used}
    if kinds <= {str}:
        return text
    if kinds == {int} and _is_code(text):
        return int(text)
    raise BadInput(
        f"{piece.what} names a class {shorten(text)!r}, which is no label like {shorten(str(used[0]))}; name the "
        "classes as the labels are."
    )


def _predictions(dataset: Dataset, piece: Piece, rows: np.ndarray) -> tuple[dict[str, Any], str]:
    if dataset.value_type != "number":
        raise BadInput(
            f"{piece.what} holds predicted numbers and the labels of {dataset.name!r} are none; bring probabilities, "
            "or choose the task regression."
        )
    values = _numeric(piece, "predictions", 1).astype(np.float64)
    _finite(values, piece)
    return {"predictions": values[rows]}, f"{len(rows):,} predictions{piece.origin}"


def _features(dataset: Dataset, piece: Piece, rows: np.ndarray) -> tuple[dict[str, Any], str]:
    values = _numeric(piece, "features", 2).astype(np.float32)
    if not values.shape[1]:
        raise BadInput(f"{piece.what} has no columns; bring at least one number per example.")
    _finite(values, piece)
    return {"features": values[rows]}, f"{len(rows):,} x {values.shape[1]:,} features{piece.origin}"


def _coordinates(dataset: Dataset, piece: Piece, rows: np.ndarray) -> tuple[dict[str, Any], str]:
    values = _numeric(piece, "coordinates", 2).astype(np.float32)
    if values.shape[1] != 2:
        raise BadInput(f"{piece.what} has {values.shape[1]:,} columns; coordinates on a map are two, x and y.")
    _finite(values, piece)
    return {"coordinates": values[rows]}, f"{len(rows):,} pairs of coordinates{piece.origin}"


def _neighbours(dataset: Dataset, piece: Piece, rows: np.ndarray) -> tuple[dict[str, Any], str]:
    values = _whole(_numeric(piece, "neighbours", 2), piece, "neighbours")
    m = len(values)
    outside = np.flatnonzero(((values < -1) | (values >= m)).any(axis=1))
    if len(outside):
        raise BadInput(
            f"row {outside[0]:,} of {piece.what} has a neighbour that is no row from 0 to {m - 1:,}; number the "
            "neighbours by their rows in the same file, -1 for none."
        )
    distances = _distances(piece, values)
    place = np.full(m + 1, -1, dtype=np.int32)  # from rows of the file to rows of the data set; the last one is for -1
    place[rows] = np.arange(len(rows), dtype=np.int32)
    index = place[values[rows]]
    index[index == np.arange(len(rows))[:, None]] = -1
    ranked = np.broadcast_to(np.arange(index.shape[1]), index.shape) if distances is None else distances[rows]
    ranked = np.where(index < 0, np.float32(np.inf), ranked).astype(np.float32)
    order = np.argsort(ranked, axis=1, kind="stable")
    index, ranked = np.take_along_axis(index, order, axis=1), np.take_along_axis(ranked, order, axis=1)
    width = max(1, int((index >= 0).sum(axis=1).max()))  # a column less where every row was its own neighbour
    made = {"neighbours": index[:, :width]}
    if distances is not None:
        made["distances"] = ranked[:, :width]
    without = "" if distances is not None else ", without distances"
    return made, f"{width:,} neighbours of each of {len(rows):,} rows{piece.origin}{without}"


def _distances(piece: Piece, index: np.ndarray) -> np.ndarray | None:
    if piece.extra is None:
        return None
    if piece.extra.shape != index.shape:
        raise BadInput(
            f"{piece.what} has distances of the shape {piece.extra.shape} and neighbours of {index.shape}; bring one "
            "distance for each neighbour."
        )
    distances = piece.extra.astype(np.float32)
    bad = np.flatnonzero((~(distances >= 0) | ((index >= 0) & ~np.isfinite(distances))).any(axis=1))
    if len(bad):
        raise BadInput(f"row {bad[0]:,} of {piece.what} has a distance that is negative or no number; correct it.")
    return distances


def _folds(dataset: Dataset, piece: Piece, rows: np.ndarray) -> tuple[dict[str, Any], str]:
    values = _whole(_numeric(piece, "folds", 1), piece, "folds")
    negative = np.flatnonzero(values < 0)
    if len(negative):
        raise BadInput(f"row {negative[0]:,} of {piece.what} has the fold {values[negative[0]]}; number folds from 0.")
    different, numbered = np.unique(values[rows], return_inverse=True)
    if len(different) < 2:
        raise BadInput(f"{piece.what} puts all rows into one fold; at least two are needed.")
    if len(different) > len(rows) // 2:
        raise BadInput(f"{piece.what} has {len(different):,} folds for {len(rows):,} rows; use at most half as many.")
    return {"folds": numbered.astype(np.int64)}, f"{len(different):,} folds{piece.origin}"


def _whole(values: np.ndarray, piece: Piece, role: Role) -> np.ndarray:
    _finite(values, piece)
    whole = values.astype(np.int64)
    bad = np.flatnonzero((whole != values).reshape(len(values), -1).any(axis=1))
    if len(bad):
        raise BadInput(
            f"row {bad[0]:,} of {piece.what} holds a number with a fraction; {WORDS[role]} are whole numbers."
        )
    return whole


_CHECKS = {
    "pred_probs": _pred_probs,
    "predictions": _predictions,
    "features": _features,
    "coordinates": _coordinates,
    "neighbours": _neighbours,
    "folds": _folds,
}
