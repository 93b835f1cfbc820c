"""Probabilities that the user brings: of classes, of tags, or of several labels each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput, did_you_mean
from labelaudit.labels import Value
from labelaudit.load.pieces import Piece, count, finite, numeric
from labelaudit.shapes.several import label_sets
from labelaudit.text import json_text, shorten

TOLERANCE = 0.01  # by how much a row may miss the sum of 1: stored with half precision, rows miss it by .002
ROUNDED = 1e-5  # by how much one number may exceed 1


def pred_probs(dataset: Dataset, piece: Piece, rows: np.ndarray) -> tuple[dict[str, Any], str]:
    """Check probabilities, and name their classes.

    Parameters
    ----------
    dataset : Dataset
        With n units.
    piece : Piece
    rows : ndarray of shape (n,), or (N,) where examples have several labels
        Of the piece.

    Returns
    -------
    made : dict
        What `labelaudit.given.Given` is made of.
    said : str
        What was recognised.

    Raises
    ------
    BadInput
        They are no probabilities, or not of these classes.
    """
    if dataset.value_type == "classes":
        return _of_labels(dataset, piece, rows)
    values = numeric(piece, "pred_probs", 2).astype(np.float32)
    if values.shape[1] < 2:
        raise BadInput(f"{piece.what} has one column; probabilities need one for each class, at least two.")
    finite(values, piece)
    negative = np.flatnonzero((values < 0).any(axis=1))
    if len(negative):
        raise BadInput(
            f"{piece.place(negative[0])} holds a negative value ({count(len(negative))} in all); bring "
            "probabilities, not scores (a softmax makes them from logits)."
        )
    sums = values.sum(axis=1, dtype=np.float64)
    bad = np.flatnonzero(np.abs(sums - 1) > TOLERANCE)
    if len(bad):
        raise BadInput(
            f"{piece.place(bad[0])} sums to {sums[bad[0]]:.4g} instead of 1 ({count(len(bad))} in all); "
            "bring the probabilities of all classes."
        )
    classes, order = _classes(dataset, piece, values.shape[1])
    values = (values / sums[:, None]).astype(np.float32)[rows]
    said = f"{len(values):,} x {values.shape[1]:,} probabilities{piece.origin}, {order}"
    made: dict[str, Any] = {"pred_probs": values, "classes": classes}
    if dataset.value_type == "tags":
        made["lengths"] = np.bincount(dataset.units.rows, minlength=len(dataset))
    return made, said


def _of_labels(dataset: Dataset, piece: Piece, rows: np.ndarray) -> tuple[dict[str, Any], str]:
    """Take one column for each label, each a probability by itself."""
    values = numeric(piece, "pred_probs", 2).astype(np.float32)
    finite(values, piece)
    outside = np.flatnonzero(((values < 0) | (values > 1 + ROUNDED)).any(axis=1))
    if len(outside):
        odd = values[outside[0]]
        raise BadInput(
            f"{piece.place(outside[0])} holds {odd[(odd < 0) | (odd > 1)][0]:.4g} ({count(len(outside))} in all); "
            "bring the probability of each label, from 0 to 1 (a sigmoid makes it from logits)."
        )
    columns, order = _labels(dataset, piece, values.shape[1])
    said = f"{len(rows):,} x {len(columns):,} probabilities{piece.origin}, {order}"
    return {"pred_probs": values[rows][:, columns].clip(0, 1)}, said


def _labels(dataset: Dataset, piece: Piece, n_columns: int) -> tuple[list[int], str]:
    """Which column is of which label, and in words how that is known."""
    labels = label_sets(dataset).names
    names: Sequence[Any] = piece.classes or piece.names
    if piece.classes and len(piece.classes) != n_columns:
        raise BadInput(
            f"{piece.what} names {len(piece.classes):,} labels and has {n_columns:,} columns of probabilities; name as "
            "many labels as there are columns."
        )
    texts = _without_prefix([str(name) for name in names], set(labels)) if names else []
    if not set(texts) & set(labels) and not piece.classes and all(text.isdigit() for text in texts):
        if n_columns != len(labels):
            raise BadInput(
                f"{piece.what} has {n_columns:,} columns of probabilities and {dataset.name!r} has {len(labels):,} "
                "labels; bring one column for each, or say what they are by an array 'classes' or by their names."
            )
        return list(range(n_columns)), f"columns taken for the labels in this order ({shorten(', '.join(labels))})"
    twice = next((text for text in texts if texts.count(text) > 1), None)
    if twice is not None:
        raise BadInput(f"{piece.what} names the label {shorten(twice)!r} more than once; name every label once.")
    lacking = next((label for label in labels if label not in texts), None)
    if lacking is not None:
        others = [text for text in texts if text not in labels]
        hint = did_you_mean(lacking, others) if others else "; add a column for it."
        raise BadInput(f"{piece.what} has no probabilities of the label {lacking!r}{hint}")
    more = n_columns - len(labels)
    left_out = f", {more:,} of them left out, which are no labels here" if more else ""
    return [texts.index(label) for label in labels], f"labels as in the file{left_out}"


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
        raise BadInput(f"{piece.what} has no probabilities of class {name!r}, which {count(rows)} have{hint}")
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
