"""An audit with what checks and a graph of neighbours add to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from labelaudit.result import Audit
from labelaudit.tasks import ISSUE_COLUMNS
from labelaudit.why import NAMES


def finding(title: str, count: int = 0, **parts: Any) -> dict[str, Any]:
    """What the manifest holds of one check."""
    words = f"{count} found by {title.lower()}."
    return {"title": title, "count": count, "words": words, "applies": True, "advice": "Look.", "details": [], **parts}


FINDINGS = {
    "conflicting_duplicate": finding("Conflicting duplicates", 2),
    "near_duplicate": finding("Near duplicates", 3),
    "outlier": finding("Outliers"),
    "class_imbalance": finding(
        "Class imbalance", 1, details=[{"label": "class 0", "share": 0.12345, "times_fewer": 4}]
    ),
    "dark": finding("Dark images", applies=False, words="There are no images."),
}


def flagged_rows(audit: Audit, issue: str, places: list[int], cluster: int) -> pd.DataFrame:
    """Rows of the issue table for some examples that are of one set."""
    return pd.DataFrame(
        {
            "id": audit.label_issues["id"].iloc[places].tolist(),
            "part": "",
            "issue": issue,
            "score": np.linspace(0.3, 0.0, len(places)),
            "is_issue": True,
            "given": audit.label_issues["given"].iloc[places].tolist(),
            "suggested": None,
            "related": None,
            "cluster": pd.array([cluster] * len(places), dtype="Int64"),
            "evidence": [["exact copy"]] * len(places),
        },
        columns=list(ISSUE_COLUMNS),
    )


def issued(audit: Audit, k: int = 4) -> Audit:
    """Let checks have found rows 1 and 2 as conflicting copies, 10 to 12 as near ones, and the graph be a ring."""
    n = len(audit.rows)
    conflicting = flagged_rows(audit, "conflicting_duplicate", [1, 2], 0)
    near = flagged_rows(audit, "near_duplicate", [10, 11, 12], 1)
    index = (np.arange(n)[:, None] + np.array([1, -1, 2, -2])[:k]) % n
    outlier = np.linspace(0, 1, n)
    detectors = [name for name in audit.scores if name in ("id", "part", *NAMES)]
    return replace(
        audit,
        issues=pd.concat([audit.label_issues, conflicting, near], ignore_index=True),
        scores=audit.scores[detectors].assign(outlier=outlier),
        outputs={
            **audit.outputs,
            "neighbours": index.astype(np.int32),
            "distances": np.tile(np.linspace(0.1, 0.4, k), (n, 1)).astype(np.float32),
        },
        manifest={**audit.manifest, "checks": FINDINGS},
    )
