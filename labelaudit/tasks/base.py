"""What a task is: a name, what it needs, and a handful of plain functions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from labelaudit.blocks import Block
from labelaudit.cache import Cache
from labelaudit.dataset import Dataset
from labelaudit.heads import HEADS
from labelaudit.labels import decode
from labelaudit.predict import Progress, silent
from labelaudit.tasks.grids import Grid, confusions

if TYPE_CHECKING:
    from labelaudit.checks import Finding
    from labelaudit.config import AuditConfig
    from labelaudit.features import Features
    from labelaudit.neighbors import Graph
    from labelaudit.result import Audit

Editor = Literal["choice", "multi", "number", "tags", "boxes"]
NOISES = {"uniform": "to any other class", "confusable": "to a class that it is confused with"}

ISSUE_COLUMNS = (
    "id",
    "part",
    "issue",
    "score",
    "is_issue",
    "given",
    "suggested",
    "related",
    "cluster",
    "evidence",
)


@dataclass
class Run:
    """One audit under way: where it keeps its files, whom it tells, and how long its steps took.

    Parameters
    ----------
    cache : Cache
    progress : callable
        See `labelaudit.predict.Progress`.
    """

    cache: Cache
    progress: Progress = silent
    timings: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Announce a step and time it, in seconds."""
        self.progress(name, 0, 1)
        start = time.perf_counter()
        yield
        self.timings[name] = round(time.perf_counter() - start, 4)
        self.progress(name, 1, 1)


@dataclass(frozen=True)
class Seen:
    """What is known of the examples without their labels.

    Parameters
    ----------
    features : Features or None
        Of N rows; None where there is nothing to compute them from, since probabilities were brought.
    graph : Graph or None
        The nearest neighbours of every row.
    near : ndarray of shape (N,), int, or None
        Number of the set of near duplicates that a row belongs to, -1 for none.
    """

    features: Features | None
    graph: Graph | None = None
    near: np.ndarray | None = None


@dataclass(frozen=True)
class Found:
    """What `find_issues` found.

    Parameters
    ----------
    issues : DataFrame
        With `ISSUE_COLUMNS`; every (id, part) has a row whose issue is ``label``.
    scores : DataFrame
        ``id``, ``part`` and one numeric column per detector; one row per (id, part), in the order of the label rows.
    per_class : DataFrame
        One row per class.
    confident_joint : ndarray of shape (K, K) or None
    health : mapping
        Figures of the whole data set.
    findings : mapping of str to Finding
        What is told of issues of the task's own, by their names in the table.
    """

    issues: pd.DataFrame
    scores: pd.DataFrame
    per_class: pd.DataFrame
    confident_joint: np.ndarray | None
    health: Mapping[str, float]
    findings: Mapping[str, Finding] = field(default_factory=dict)


@dataclass(frozen=True)
class Axes:
    """What the two axes of the scatter are.

    Parameters
    ----------
    x, y : str
        In a few words.
    bounds : tuple of float or None
        Of both; None for whatever the examples span.
    short : tuple of str
        In a word each.
    """

    x: str = "self-confidence"
    y: str = "highest other probability"
    bounds: tuple[float, float] | None = (0.0, 1.0)
    short: tuple[str, str] = ("self-confidence", "other")


def given_name(audit: Audit, position: int) -> str:
    """Name the given label of a unit as it is written."""
    return audit.dataset.name_of(audit.label_issues["given"].iloc[position])


def pair_name(audit: Audit, members: np.ndarray) -> str:
    """Name the given and the suggested label that the members of a cluster share."""
    first = audit.label_issues.iloc[members[0]]
    return " → ".join(audit.dataset.name_of(first[column]) for column in ("given", "suggested"))


@dataclass(frozen=True)
class Task:
    """A kind of label.

    Parameters
    ----------
    name, title : str
        For the command line and for people.
    needs : str
        What the data must have, in words.
    value_type : str
        See `labelaudit.dataset.Dataset`.
    editor : str
        Which editor the Inspector shows.
    check : callable
        ``(dataset, config)``: refuse data that can't be audited (`BadInput`); cheap, and called before anything else.
    predict : callable
        ``(dataset, seen, config, run) -> outputs``: ``arrays`` by name, out of sample, which `Audit.outputs` keeps, and
        among them ``pred_probs`` of shape (n, K) where a unit has classes; ``fold`` of the examples or the units;
        ``resolved`` (what was chosen), ``notes``, and what `find_issues` needs besides.
    find_issues : callable
        ``(dataset, ids, seen, outputs, config) -> Found``.
    apply : callable
        ``(dataset, effective decisions) -> the n label values`` as the user writes them, in the order of the units.
    plant : callable
        ``(dataset, fraction, kind, seed, confident_joint=None) -> (dataset, mask of shape (n,))``: known errors.
    metrics : callable
        ``(audit) -> figures for Health``.
    charts : callable
        ``() -> names to functions`` from DataFrames to Altair charts.
    view : callable
        ``(audit, position) -> blocks`` that show one unit, the example first.
    options : callable
        ``(audit, position) -> (code, probability) pairs``: the classes that this unit can have, the likeliest first;
        none for a label that is no class.
    plane : callable
        ``(audit) -> x, y of shape (n,)``: where the units lie on the scatter; NaN where nowhere.
    heatmaps : callable
        ``(audit) -> grids``, one after the other, or in a sentence why there is none.
    axes : Axes
        Of that plane.
    part_name : callable
        ``(audit, position) -> what a part of an example is called``: the word, the class; empty for a whole example.
    near_name : callable
        ``(audit, position) -> the given label`` of a unit for a person, where many stand side by side.
    cluster_name : callable
        ``(audit, positions) -> str``: what the members of a cluster of suspects have in common.
    detectors : mapping of str to str
        Columns of `Found.scores` that speak about labels, with their titles; those of `confident.SCORES` and of the
        heads need not be named.
    expected : callable
        ``(dataset, config) -> heads, why, seconds``: which heads will be fitted, why those (for a person), and in about
        how many seconds.
    overview : callable
        ``(dataset) -> DataFrame`` with ``class`` (text) and ``examples``: what is shown of the labels before an audit.
    choices : tuple of str
        The fields of `AuditConfig` that mean something here, of those that not every task has.
    models : tuple of str
        The models that can be chosen besides ``auto``.
    noises : mapping of str to str
        The kinds of errors that `plant` knows, the usual one first, with what becomes of a label in words.
    one_each : bool
        Whether `plant` makes one label of a share of the examples wrong, and not a share of all labels.
    several : bool
        Whether several columns can hold the labels.
    label_options : mapping of str to sequence of str
        Name of an option of `Dataset.label_options` to its values, the usual one first.
    own_features : bool
        Whether `predict` makes features of its own, of units that are no whole examples: nothing is `Seen` then.
    word, unit : str
        What one row of `Audit.per_class` is for a person, and what one decision is about.
    unnamed : str
        Why no class can be renamed, and what to do instead; empty where it can.
    """

    name: str
    title: str
    needs: str
    value_type: str
    editor: Editor
    check: Callable[[Dataset, AuditConfig], None]
    predict: Callable[[Dataset, Seen, AuditConfig, Run], dict[str, Any]]
    find_issues: Callable[[Dataset, np.ndarray, Seen, Mapping[str, Any], AuditConfig], Found]
    apply: Callable[[Dataset, pd.DataFrame], list[Any]]
    plant: Callable[..., tuple[Dataset, np.ndarray]]
    metrics: Callable[[Audit], dict[str, Any]]
    charts: Callable[[], Mapping[str, Callable[..., Any]]]
    view: Callable[[Audit, int], Sequence[Block]]
    options: Callable[[Audit, int], list[tuple[int, float]]]
    plane: Callable[[Audit], tuple[np.ndarray, np.ndarray]]
    expected: Callable[[Dataset, AuditConfig], tuple[tuple[str, ...], str, float]]
    overview: Callable[[Dataset], pd.DataFrame]
    heatmaps: Callable[[Audit], Sequence[Grid] | str] = confusions
    axes: Axes = Axes()
    part_name: Callable[[Audit, int], str] = lambda audit, position: ""
    near_name: Callable[[Audit, int], str] = given_name
    cluster_name: Callable[[Audit, np.ndarray], str] = pair_name
    detectors: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[str, ...] = ("model", "filter_by", "score", "calibrate")
    models: tuple[str, ...] = HEADS
    noises: Mapping[str, str] = field(default_factory=lambda: NOISES)
    one_each: bool = False
    several: bool = False
    label_options: Mapping[str, Sequence[str]] = field(default_factory=dict)
    own_features: bool = False
    word: str = "class"
    unit: str = "example"
    unnamed: str = ""

    @property
    def counted(self) -> str:
        """What has a label, or several of them: in this, the members of a class are counted."""
        return "example" if self.one_each else self.unit


def apply(dataset: Dataset, decisions: pd.DataFrame) -> list[Any]:
    """Put the decided labels in place of the given ones.

    Parameters
    ----------
    dataset : Dataset
        With n units.
    decisions : DataFrame
        What `labelaudit.review.effective` returns; ids as text.

    Returns
    -------
    list of n labels
        As the user writes them; untouched ones exactly as they were, missing ones included.
    """
    values = dataset.label_values()
    changes = decisions[decisions["action"] == "set"]
    units = dataset.units_of(changes["id"], changes["part"])
    for unit, after in zip(units.tolist(), changes["after"], strict=True):
        if unit >= 0:
            values[unit] = decode(after)
    return values


def likeliest(audit: Audit, position: int) -> list[tuple[int, float]]:
    """Order the classes of a unit by the model's probability."""
    probabilities = audit.outputs["pred_probs"][position]
    return [(int(code), float(probabilities[code])) for code in np.argsort(-probabilities, kind="stable")]


def confidence_plane(audit: Audit) -> tuple[np.ndarray, np.ndarray]:
    """Place units by self-confidence and by the best other probability."""
    from labelaudit.confident import other_best

    labelled = audit.codes >= 0
    x, y = np.full(len(labelled), np.nan), np.full(len(labelled), np.nan)
    known, codes = audit.outputs["pred_probs"][labelled], audit.codes[labelled]
    x[labelled] = known[np.arange(len(known)), codes]
    y[labelled] = other_best(codes, known)
    return x, y


def class_counts(dataset: Dataset) -> pd.DataFrame:
    """Count the units of each class, the most frequent first."""
    counts = np.bincount(dataset.labels[dataset.labels >= 0], minlength=len(dataset.classes))
    table = pd.DataFrame({"class": dataset.class_names, "examples": counts})
    return table.sort_values("examples", ascending=False, kind="stable", ignore_index=True)
