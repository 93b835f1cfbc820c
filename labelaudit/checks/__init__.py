"""Every issue that is not a label error: what neighbours, columns and images tell."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd

from labelaudit.checks.base import Check, Checked, DoesNotApply, Finding, Material, Outcome
from labelaudit.checks.columns import class_imbalance, identifier_columns, nulls
from labelaudit.checks.duplicates import conflicting_duplicates, near_duplicates
from labelaudit.checks.geometry import ambiguous, neighbour_votes, non_iid, outliers, underperforming_groups
from labelaudit.checks.images import IMAGE_CHECKS
from labelaudit.checks.sets import near_duplicate_sets
from labelaudit.labels import encode
from labelaudit.tasks.base import ISSUE_COLUMNS

__all__ = ["CHECKS", "Checked", "Finding", "Material", "near_duplicate_sets", "neighbour_votes", "run_checks"]

CHECKS: dict[str, Check] = {
    "conflicting_duplicate": Check("Conflicting duplicates", conflicting_duplicates),
    "near_duplicate": Check("Near duplicates", near_duplicates),
    "outlier": Check("Outliers", outliers),
    "ambiguous": Check("Ambiguous examples", ambiguous),
    "non_iid": Check("Order of the rows", non_iid),
    "class_imbalance": Check("Rare classes", class_imbalance),
    "underperforming_group": Check("Underperforming groups", underperforming_groups),
    "null": Check("Missing cells", nulls),
    "identifier_column": Check("Identifier columns", identifier_columns),
    **IMAGE_CHECKS,
}


def run_checks(material: Material) -> Checked:
    """Run every check; one that does not apply says why.

    Parameters
    ----------
    material : Material
        Of n examples.

    Returns
    -------
    Checked
    """
    findings: dict[str, Finding] = {}
    scores: dict[str, np.ndarray] = {}
    issues: list[pd.DataFrame] = []
    for name, check in CHECKS.items():
        try:
            found = check.find(material)
        except DoesNotApply as reason:
            findings[name] = Finding(check.title, 0, f"Not looked at: {reason}.", applies=False)
            continue
        count = len(found.rows) if found.count is None else found.count
        findings[name] = Finding(check.title, count, found.words, True, found.advice, found.details)
        if found.score is not None:
            scores[name] = found.score
        if len(found.rows):
            issues.append(_issue_rows(material, name, found))
    columns = list(ISSUE_COLUMNS)
    table = pd.concat(issues, ignore_index=True) if issues else pd.DataFrame(columns=columns)
    return Checked(table[columns], pd.DataFrame(scores, index=range(len(material))), findings)


def _issue_rows(material: Material, name: str, found: Outcome) -> pd.DataFrame:
    rows, nothing = found.rows, [None] * len(found.rows)
    whole = len(material.dataset.units) == len(material)  # else an example has no label that could be suggested
    as_json = np.array([encode(c) for c in material.dataset.classes] + [None], dtype=object)
    given = material.dataset.given_texts[rows] if whole else nothing
    suggested = as_json[found.suggested] if whole and found.suggested is not None else nothing
    related = nothing if found.related is None else [_as_text(material.ids, others) for others in found.related]
    return pd.DataFrame(
        {
            "id": material.ids[rows],
            "part": "",
            "issue": name,
            "score": 0.0 if found.score is None else found.score[rows],
            "is_issue": True,
            "given": pd.Series(given, dtype=object),
            "suggested": pd.Series(suggested, dtype=object),
            "related": pd.Series(related, dtype=object),
            "cluster": pd.Series(pd.NA if found.cluster is None else found.cluster, range(len(rows)), dtype="Int64"),
            "evidence": [[reason] for reason in found.evidence],
        }
    )


def _as_text(ids: np.ndarray, positions: Sequence[int]) -> str:
    return json.dumps([str(ids[position]) for position in positions], ensure_ascii=False)
