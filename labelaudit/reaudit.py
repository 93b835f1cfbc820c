"""Audit again with the decisions so far, and say what changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from labelaudit.audit import Audit
from labelaudit.dataset import Dataset
from labelaudit.decisions import DECIDING, Decision, effective
from labelaudit.errors import BadInput
from labelaudit.labels import encode
from labelaudit.reviewed import Reviewed
from labelaudit.tasks import TASKS

CLASS_COLUMNS = ("class", "suspects_before", "suspects", "quality_before", "quality")


def with_reviewed(dataset: Dataset, decisions: Sequence[Decision]) -> Dataset:
    """Return the data set as an export would write it now, for an audit; its table, and what decisions are about, stay.

    Labels that were set count as decided, labels that were kept or are ambiguous stay as given, rows that were excluded
    are left out. What was decided on is verified: it teaches the models, and is no suspect any more.

    Parameters
    ----------
    dataset : Dataset
        What was decided before is replaced.
    decisions : sequence of Decision
        In log order; those about other ids do not count.

    Raises
    ------
    BadInput
        Nothing is decided.
    """
    written = dataset.as_written
    now = effective(decisions)
    now = now[now["action"].isin(DECIDING)]
    now = now.assign(row=written.rows_of(now["id"]))
    now = now[now["row"] >= 0].drop_duplicates("row", keep="last").sort_values("row")
    if now.empty:
        raise BadInput(f"nothing is decided on {dataset.name!r} yet; review some suspects first.")
    labels = TASKS[dataset.task].apply(written, now)
    given, rows, actions = written.given_texts, now["row"].to_numpy(np.int64), now["action"].tolist()
    final = [
        None if action == "exclude" else encode(labels[row]) if action == "set" else given[row]
        for row, action in zip(rows.tolist(), actions, strict=True)
    ]
    return replace(written, reviewed=Reviewed(rows, tuple(final), tuple(actions)))


@dataclass(frozen=True, eq=False)
class Changes:
    """What an audit says otherwise than the one before it.

    Parameters
    ----------
    new : list of str
        Ids of the suspects that were none, worst first.
    cleared : list of str
        Ids of those that were suspects and are none any more although nobody decided on them.
    settled : int
        How many were suspects and have been decided on.
    remaining : int
        How many were suspects and still are.
    health : tuple of two float
        The health score before and now.
    per_class : DataFrame with the columns `CLASS_COLUMNS`
        The classes of which either has changed, the most changed first; NaN where a class is new or gone.
    """

    new: list[str]
    cleared: list[str]
    settled: int
    remaining: int
    health: tuple[float, float]
    per_class: pd.DataFrame


def changes(before: Audit, after: Audit) -> Changes:
    """Compare two audits of the same data.

    Parameters
    ----------
    before, after : Audit
        An example that only one of them looked at (of a sample, say) is no change; one that was decided on is settled.
    """
    was, now = _suspects(before), _suspects(after)
    decided = set(after.dataset.ids[after.dataset.verified].astype(str).tolist())
    seen_before, seen_now = (set(audit.dataset.ids[audit.rows].astype(str).tolist()) for audit in (before, after))
    old = before.dataset.verified
    freed = set(before.dataset.ids[old].astype(str).tolist()) - decided  # a decision that was taken back
    return Changes(
        new=[id_ for id_ in now if id_ not in was and (id_ in seen_before or id_ in freed)],
        cleared=[id_ for id_ in was if id_ not in now and id_ not in decided and id_ in seen_now],
        settled=sum(id_ in decided for id_ in was),
        remaining=sum(id_ in now for id_ in was),
        health=(_health(before), _health(after)),
        per_class=_per_class(before.per_class, after.per_class),
    )


def _suspects(audit: Audit) -> dict[str, None]:
    """The ids of the flagged labels, worst first; a dictionary, to be searched and still have an order."""
    return dict.fromkeys(audit.suspects()["id"].astype(str))


def _health(audit: Audit) -> float:
    return float(audit.manifest["health"]["overall_label_health_score"])


def _per_class(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    columns = {"suspects": "suspects", "label_quality": "quality"}
    was, now = (frame[["class", *columns]].rename(columns=columns) for frame in (before, after))
    both = was.merge(now, on="class", how="outer", suffixes=("_before", ""))
    fewer = (both["suspects"].fillna(0) - both["suspects_before"].fillna(0)).abs()
    better = (both["quality"].fillna(0) - both["quality_before"].fillna(0)).abs()
    order = np.lexsort((-better, -fewer))
    return both.iloc[order][((fewer > 0) | (better > 0)).iloc[order]].loc[:, list(CLASS_COLUMNS)].reset_index(drop=True)
