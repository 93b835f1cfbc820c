"""What an audit sees of the examples before it looks at their labels: features, neighbours, copies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit.dataset import Dataset
from labelaudit.features import Features, features
from labelaudit.folds import copy_sets
from labelaudit.given import Given
from labelaudit.neighbors import Graph, cached_graph
from labelaudit.tasks import TASKS, Run, Seen
from labelaudit.text import shorten

if TYPE_CHECKING:
    from labelaudit.config import AuditConfig


@dataclass(frozen=True, eq=False)
class Sight:
    """The examples that can be audited, and what is known of them without their labels.

    Parameters
    ----------
    dataset : Dataset
        The n examples; its classes are those of all.
    rows : ndarray of shape (n,)
        Their positions in the whole table.
    seen : Seen
    copies : ndarray of shape (n,)
        Number of the set of exact copies.
    unreadable : list of dict
        ``id``, ``row``, ``name`` and ``reason`` of the images that can't be read.
    notes : list of str
        What was used where there was a choice, and what is left out.
    """

    dataset: Dataset
    rows: np.ndarray
    seen: Seen
    copies: np.ndarray
    unreadable: list[dict[str, Any]]
    notes: list[str]


def look(dataset: Dataset, rows: np.ndarray, config: AuditConfig, run: Run) -> Sight:
    """Compute features and neighbours of these rows; images that can't be read are left out.

    Raises
    ------
    BadInput
        There is nothing to learn from, or too few images can be read.
    """
    from labelaudit.checks import near_duplicate_sets

    audited = dataset if len(rows) == len(dataset) else dataset.take(rows)
    if audited.classes != dataset.classes:  # a sample may lack one that was decided on, decided away or voted for
        audited = _with_classes(audited, dataset)
    made, unreadable, notes = None, [], []
    with run.step("features"):
        brought = audited.given is not None and audited.given.features is not None
        if (audited.feature_columns or brought) and not TASKS[dataset.task].own_features:
            made = features(audited, config, run.cache, run.progress)
            notes += [f"features by {made.embedder}: {made.why}"] if made.why else []
    # What is left out by decision has features, so that those of the rest need not be computed again.
    left_out = set() if audited.reviewed is None else set(audited.units.rows[audited.reviewed.excluded].tolist())
    if made is not None and made.unreadable:
        unreadable = _described(audited, dataset.ids, rows, made)
        notes.append(_left_out(unreadable))
        left_out |= set(made.unreadable)
    if left_out:
        kept = np.setdiff1d(np.arange(len(rows)), list(left_out))
        rows, made = rows[kept], None if made is None else made.take(kept)
        audited = _with_classes(audited.take(kept), dataset)
        TASKS[dataset.task].check(audited, config)
    copies = copy_sets(audited)
    with run.step("neighbours"):
        graph = _graph(audited, made, run) if config.checks else None
        near = near_duplicate_sets(graph, copies, audited) if config.checks else None
    return Sight(audited, rows, Seen(made, graph, near), copies, unreadable, notes)


def _graph(dataset: Dataset, made: Features | None, run: Run) -> Graph | None:
    brought = dataset.given
    if brought is not None and brought.neighbours is not None:
        index = brought.neighbours
        # Without distances only the order is known.
        order = np.where(index < 0, np.inf, np.arange(1, index.shape[1] + 1, dtype=np.float32))
        return Graph(index, order if brought.distances is None else brought.distances, "euclidean", 1.0)
    if made is None:
        return None
    return cached_graph(made.matrix, run.cache, embedding=made.embedder != "table")


def _with_classes(part: Dataset, whole: Dataset) -> Dataset:
    """Keep the classes of which no example is left, so that their numbers stay."""
    given = part.given or Given()
    return part if given.pred_probs is not None else replace(part, given=replace(given, classes=whole.classes))


def _described(dataset: Dataset, ids: np.ndarray, rows: np.ndarray, made: Features) -> list[dict[str, Any]]:
    return [
        {"id": str(ids[rows[row]]), "row": int(rows[row]), "name": dataset.image_name(row), "reason": reason}
        for row, reason in made.unreadable.items()
    ]


def _left_out(unreadable: list[dict[str, Any]]) -> str:
    images = "1 image" if len(unreadable) == 1 else f"{len(unreadable):,} images"
    name, why = shorten(unreadable[0]["name"]), unreadable[0]["reason"]
    return f"{images} can't be read, left out of the audit and not out of the export (the first: {name!r} {why})"
