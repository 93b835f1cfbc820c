"""What a check sees, what it returns, and how it says that it does not apply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from labelaudit.cache import Matrix
from labelaudit.checks.sets import NearSets, near_sets
from labelaudit.dataset import Dataset
from labelaudit.neighbors import Graph

K = 10  # neighbours that the checks look at, as in cleanlab's Datalab


class DoesNotApply(Exception):
    """A check has nothing to look at; the text says why, for the user, in words that end a sentence."""


@dataclass(frozen=True, eq=False)
class Material:
    """What the checks can see; None where there is none, and a check that needs it says so.

    Parameters
    ----------
    dataset : Dataset
        The n audited rows.
    ids : ndarray of shape (n,)
    labels : ndarray of shape (n,)
        Class indices, -1 where missing; of examples with several labels, what stands for them: `Dataset.strata`.
    pred_probs : ndarray of shape (n, K) or None
        Out of sample.
    features : csr_matrix or ndarray of shape (n, d), or None
    graph : Graph or None
        Of the features.
    properties : DataFrame or None
        Of images, n rows.
    copies : ndarray of shape (n,)
        Number of the set of rows with the same content; see `labelaudit.folds.copy_sets`.
    """

    dataset: Dataset
    ids: np.ndarray
    labels: np.ndarray
    pred_probs: np.ndarray | None
    features: Matrix | None
    graph: Graph | None
    properties: pd.DataFrame | None
    copies: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def class_names(self) -> Sequence[str]:
        """The names of the class indices."""
        return self.dataset.strata[1]

    @cached_property
    def near(self) -> NearSets:
        """The sets of near duplicates, which several checks are about; of exact copies alone without a graph."""
        return near_sets(self.graph, self.copies, self.dataset)

    @property
    def needed_graph(self) -> Graph:
        """The graph, where there is one with `K` neighbours of a row."""
        if self.graph is None:
            raise DoesNotApply("there are no features to compare the examples by")
        if len(self) <= K:
            raise DoesNotApply(f"it compares each example with {K} others, and there are {len(self):,} in all")
        return self.graph

    @property
    def needed_probabilities(self) -> np.ndarray:
        """The probabilities, where there are any."""
        if self.pred_probs is None:
            one_class = (self.labels >= 0).any() and len(self.dataset.units) == len(self)
            raise DoesNotApply("there are no predicted probabilities" if one_class else self.no_classes)
        return self.pred_probs

    @property
    def no_classes(self) -> str:
        """Why nothing can be said of classes where no example has one."""
        has_labels = bool((self.dataset.labels >= 0).any())
        return "it is about classes, one per example" if has_labels else "no example has a label"

    @property
    def needed_properties(self) -> pd.DataFrame:
        """The properties of the images, where there are images."""
        if self.properties is None:
            raise DoesNotApply("the examples are not images")
        return self.properties

    def names(self, codes: np.ndarray) -> list[str]:
        """Name labels for a person."""
        names = (*self.class_names, "no label")
        return [names[code] for code in codes]


@dataclass(frozen=True)
class Outcome:
    """What one check found.

    Parameters
    ----------
    words : str
        One sentence: what was found and what it means.
    advice : str
        What to do next.
    rows : ndarray of shape (m,)
        Positions of the flagged examples.
    evidence : sequence of m str
        Why, for each.
    score : ndarray of shape (n,) or None
        Of every example, 0 to 1, low is bad; None where the check is about the data set as a whole.
    suggested : ndarray of shape (m,) or None
        Class indices, -1 for none.
    related : sequence of m sequences of positions, or None
    cluster : ndarray of shape (m,) or None
    count : int or None
        Where it is not the number of flagged examples.
    details : list of dict
        Facts about classes, columns or groups; JSON values.
    """

    words: str
    advice: str = ""
    rows: np.ndarray = field(default_factory=lambda: np.array([], dtype=np.int64))
    evidence: Sequence[str] = ()
    score: np.ndarray | None = None
    suggested: np.ndarray | None = None
    related: Sequence[Sequence[int]] | None = None
    cluster: np.ndarray | None = None
    count: int | None = None
    details: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Check:
    """One kind of issue.

    Parameters
    ----------
    title : str
        For people.
    find : callable
        ``(material) -> Outcome``; raises `DoesNotApply`.
    """

    title: str
    find: Callable[[Material], Outcome]


@dataclass(frozen=True)
class Finding:
    """What a check tells the user; JSON values only.

    Parameters
    ----------
    title : str
    count : int
        Flagged examples; classes, columns or groups where the check is about those.
    words : str
        What was found and what it means, or why the check does not apply.
    applies : bool
    advice : str
        What to do next.
    details : list of dict
    """

    title: str
    count: int
    words: str
    applies: bool
    advice: str = ""
    details: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Checked:
    """What all checks found.

    Parameters
    ----------
    issues : DataFrame
        With `labelaudit.tasks.base.ISSUE_COLUMNS`; the flagged rows alone, ``issue`` is the check's name.
    scores : DataFrame of n rows
        One column per check that scores every example.
    findings : dict
        Check name to `Finding`, for every check, in display order.
    """

    issues: pd.DataFrame
    scores: pd.DataFrame
    findings: dict[str, Finding]

    @classmethod
    def nothing(cls, n: int) -> Checked:
        """Return what is found of `n` rows where nothing is looked for."""
        return cls(pd.DataFrame(), pd.DataFrame(index=range(n)), {})
