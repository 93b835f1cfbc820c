"""Audit again with the decisions so far, and say what changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from labelaudit.dataset import Dataset
from labelaudit.decisions import DECIDING, Decision, effective
from labelaudit.errors import BadInput
from labelaudit.labels import encode
from labelaudit.result import Audit
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
    now = now.assign(unit=written.units_of(now["id"], now["part"]))
    now = now[now["unit"] >= 0].drop_duplicates("unit", keep="last").sort_values("unit")
    if now.empty:
        raise BadInput(f"nothing is decided on {dataset.name!r} yet; review some suspects first.")
    labels = TASKS[dataset.task].apply(written, now)
    given, units, actions = written.given_texts, now["unit"].to_numpy(np.int64), now["action"].tolist()
    final = [
        None if action == "exclude" else encode(labels[unit]) if action == "set" else given[unit]
        for unit, action in zip(units.tolist(), actions, strict=True)
    ]
    return replace(written, reviewed=Reviewed(units, tuple(final), tuple(actions)))


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
    decided = set(np.flatnonzero(after.dataset.verified).tolist())
    seen_before, seen_now = (set(audit.units.tolist()) for audit in (before, after))
    freed = set(np.flatnonzero(before.dataset.verified).tolist()) - decided  # a decision that was taken back
    new = [unit for unit in now if unit not in was and (unit in seen_before or unit in freed)]
    cleared = [unit for unit in was if unit not in now and unit not in decided and unit in seen_now]
    return Changes(
        new=_ids(after, new),
        cleared=_ids(after, cleared),
        settled=sum(unit in decided for unit in was),
        remaining=sum(unit in now for unit in was),
        health=(_health(before), _health(after)),
        per_class=_per_class(before.per_class, after.per_class),
    )


def _suspects(audit: Audit) -> dict[int, None]:
    """The units whose labels are flagged, worst first; a dictionary, to be searched and still have an order."""
    flagged = np.flatnonzero(audit.label_issues["is_issue"].to_numpy())
    worst_first = flagged[np.argsort(audit.label_issues["score"].to_numpy()[flagged], kind="stable")]
    return dict.fromkeys(audit.units[worst_first].tolist())


def _ids(audit: Audit, units: list[int]) -> list[str]:
    """The ids of the examples that units are of, each once."""
    rows = audit.dataset.units.rows[np.array(units, dtype=np.int64)]
    return list(dict.fromkeys(audit.dataset.ids[rows].astype(str).tolist()))


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
