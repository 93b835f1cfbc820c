"""What the user brings in place of what an audit computes: probabilities, predictions, features, folds and more.

Plain arrays, checked and aligned with the rows of the data set by `labelaudit.load.bring`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit.files import replacing
from labelaudit.text import json_text

if TYPE_CHECKING:
    from labelaudit.labels import Value

ARRAYS = ("lengths", "pred_probs", "predictions", "features", "coordinates", "neighbours", "distances", "folds")
FILE = "given.npz"


def spread(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """List the numbers of so many things after each start, one run after the other, shape (lengths.sum(),)."""
    before = np.cumsum(lengths) - lengths
    return np.asarray(np.repeat(starts - before, lengths) + np.arange(lengths.sum()))


@dataclass(frozen=True, eq=False)
class Given:
    """What the user brought; None or empty for what an audit computes itself.

    Parameters
    ----------
    pred_probs : ndarray of shape (N, C), float32, or None
        Rows sum to 1; one row for each token where labels are tags. Where examples have several labels, one column for
        each of them, and rows sum to anything.
    classes : tuple of C values
        What the columns of `pred_probs` stand for, as the user writes labels; every given class is among them. None
        where they are the labels of examples with several.
    lengths : ndarray of shape (N,), int, or None
        How many rows of `pred_probs` are of each example, where they are of its tokens.
    predictions : ndarray of shape (N,), float64, or None
        Of numbers.
    features : ndarray of shape (N, d), float32, or None
    coordinates : ndarray of shape (N, 2), float32, or None
        Where a map shows the examples.
    neighbours : ndarray of shape (N, k), int32, or None
        Rows of the data set, nearest first, never the row itself; -1 where there are fewer.
    distances : ndarray of shape (N, k), float32, or None
        Of the neighbours, ascending; infinite where there is none.
    folds : ndarray of shape (N,), int64, or None
        From 0, without gaps.
    columns : tuple of str
        The columns of the data set's own table that hold any of these; a model may not see them.
    notes : tuple of str
        What was recognised, for a person.
    """

    pred_probs: np.ndarray | None = None
    classes: tuple[Value, ...] = ()
    lengths: np.ndarray | None = None
    predictions: np.ndarray | None = None
    features: np.ndarray | None = None
    coordinates: np.ndarray | None = None
    neighbours: np.ndarray | None = None
    distances: np.ndarray | None = None
    folds: np.ndarray | None = None
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def predicted(self) -> str | None:
        """What stands in place of a model's, in a word; None where nothing does."""
        if self.pred_probs is not None:
            return "probabilities"
        return None if self.predictions is None else "predictions"

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """What is there, by name."""
        return {name: array for name in ARRAYS if (array := getattr(self, name)) is not None}

    @property
    def rows(self) -> int | None:
        """N, or None where nothing was brought."""
        return next((len(array) for array in self.arrays.values()), None)

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the arrays and of the classes."""
        return self._hash(*ARRAYS)

    @cached_property
    def feature_fingerprint(self) -> str:
        """Hash of the features alone."""
        return self._hash("features")

    def _hash(self, *names: str) -> str:
        hashed = hashlib.sha256(json.dumps(self.classes).encode())
        for name in names:
            array = getattr(self, name)
            if array is not None:
                hashed.update(f"{name} {array.dtype} {array.shape}".encode())
                hashed.update(np.ascontiguousarray(array).data)
        return hashed.hexdigest()[:24]

    def probabilities(self, classes: Sequence[Value]) -> np.ndarray:
        """Return the probabilities with one column per class of the data set, shape (N, K).

        Raises
        ------
        ValueError
            There are none.
        """
        if self.pred_probs is None:
            raise ValueError("no probabilities were brought")
        place = {json_text(value): code for code, value in enumerate(classes)}
        aligned = np.zeros((len(self.pred_probs), len(classes)), dtype=np.float32)
        aligned[:, [place[json_text(value)] for value in self.classes]] = self.pred_probs
        return aligned

    def take(self, rows: np.ndarray) -> Given:
        """Keep these rows, in this order; neighbours that are not among them are dropped."""
        own = {name: array for name, array in self.arrays.items() if name != "pred_probs" or self.lengths is None}
        taken: dict[str, Any] = {name: array[rows] for name, array in own.items()}
        if self.lengths is not None and self.pred_probs is not None:
            starts = np.cumsum(self.lengths) - self.lengths
            taken["pred_probs"] = self.pred_probs[spread(starts[rows], taken["lengths"])]
        if self.neighbours is not None:
            place = np.full(len(self.neighbours) + 1, -1, dtype=np.int32)  # the last one is for -1: no neighbour
            place[rows] = np.arange(len(rows), dtype=np.int32)
            index = place[taken["neighbours"]]
            order = np.argsort(index < 0, axis=1, kind="stable")
            taken["neighbours"] = np.take_along_axis(index, order, axis=1)
            if self.distances is not None:
                distances = np.where(index < 0, np.float32(np.inf), taken["distances"])
                taken["distances"] = np.take_along_axis(distances, order, axis=1)
        return replace(self, **taken)

    def with_more(self, other: Given) -> Given:
        """Add what `other` holds, which wins where both hold the same."""
        classes = other.classes if other.pred_probs is not None else self.classes
        joined = {"columns": (*self.columns, *other.columns), "notes": (*self.notes, *other.notes), "classes": classes}
        return replace(self, **other.arrays, **joined)  # type: ignore[arg-type]

    # -- on disk ----------------------------------------------------------------------------------

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the arrays into a folder, and return the rest as JSON values."""
        with replacing(folder / FILE) as file:
            np.savez(file, allow_pickle=False, **self.arrays)
        return {"classes": self.classes, "columns": self.columns, "notes": self.notes}

    @classmethod
    def open(cls, folder: Path, rest: dict[str, Any]) -> Given:
        """Read what `save` wrote and returned."""
        with (folder / FILE).open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        return cls(
            **arrays,
            classes=tuple(rest["classes"]),
            columns=tuple(rest["columns"]),
            notes=tuple(rest["notes"]),
        )
