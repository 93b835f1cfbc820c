"""What the user brings to a data set: aligned with its rows, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.given import Given, spread
from labelaudit.load.pieces import WORDS, Brought, Piece, Role, finite, found, numeric
from labelaudit.load.probabilities import pred_probs
from labelaudit.text import shorten


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
        of_tokens = role == "pred_probs" and dataset.value_type == "tags"
        rows, how = (_aligned_tokens if of_tokens else _aligned)(dataset, piece)
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


def _aligned_tokens(dataset: Dataset, piece: Piece) -> tuple[np.ndarray, str]:
    """Find the row of the piece that belongs to each token; lists of sentences are aligned as rows are."""
    many = np.bincount(dataset.units.rows, minlength=len(dataset))
    if piece.lengths is None:
        if len(piece.values) != many.sum():
            raise BadInput(
                f"{piece.what} has {len(piece.values):,} rows and {dataset.name!r} has {many.sum():,} tokens; bring "
                "one row for each, or a list for each sentence."
            )
        return np.arange(many.sum()), "aligned by position"
    sentences, how = _aligned(dataset, replace(piece, values=piece.lengths))
    wrong = np.flatnonzero(piece.lengths[sentences] != many)
    if len(wrong):
        row, theirs = int(wrong[0]), int(piece.lengths[sentences[wrong[0]]])
        rest = f" (and {len(wrong) - 1:,} more sentences differ)" if len(wrong) > 1 else ""
        raise BadInput(
            f"{piece.what} has probabilities of {theirs:,} tokens for sentence {row:,}, which has {many[row]:,}{rest}; "
            "bring one row for each token."
        )
    starts = (np.cumsum(piece.lengths) - piece.lengths)[sentences]
    return spread(starts, many), how


# -- checking -------------------------------------------------------------------------------------------


def _predictions(dataset: Dataset, piece: Piece, rows: np.ndarray) -> tuple[dict[str, Any], str]:
    if dataset.value_type != "number":
        raise BadInput(
            f"{piece.what} holds predicted numbers and the labels of {dataset.name!r} are none; bring probabilities, "
            "or choose the task regression."
        )
    values = numeric(piece, "predictions", 1).astype(np.float64)
    finite(values, piece)
    return {"predictions": values[rows]}, f"{len(rows):,} predictions{piece.origin}"


def _features(dataset: Dataset, piece: Piece, rows: np.ndarray) -> tuple[dict[str, Any], str]:
    values = numeric(piece, "features", 2).astype(np.float32)
    if not values.shape[1]:
        raise BadInput(f"{piece.what} has no columns; bring at least one number per example.")
    finite(values, piece)
    return {"features": values[rows]}, f"{len(rows):,} x {values.shape[1]:,} features{piece.origin}"


def _coordinates(dataset: Dataset, piece: Piece, rows: np.ndarray) -> tuple[dict[str, Any], str]:
    values = numeric(piece, "coordinates", 2).astype(np.float32)
    if values.shape[1] != 2:
        raise BadInput(f"{piece.what} has {values.shape[1]:,} columns; coordinates on a map are two, x and y.")
    finite(values, piece)
    return {"coordinates": values[rows]}, f"{len(rows):,} pairs of coordinates{piece.origin}"


def _neighbours(dataset: Dataset, piece: Piece, rows: np.ndarray) -> tuple[dict[str, Any], str]:
    values = _whole(numeric(piece, "neighbours", 2), piece, "neighbours")
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
    values = _whole(numeric(piece, "folds", 1), piece, "folds")
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
    finite(values, piece)
    whole = values.astype(np.int64)
    bad = np.flatnonzero((whole != values).reshape(len(values), -1).any(axis=1))
    if len(bad):
        raise BadInput(
            f"row {bad[0]:,} of {piece.what} holds a number with a fraction; {WORDS[role]} are whole numbers."
        )
    return whole


_CHECKS = {
    "pred_probs": pred_probs,
    "predictions": _predictions,
    "features": _features,
    "coordinates": _coordinates,
    "neighbours": _neighbours,
    "folds": _folds,
}
