"""In which order the examples are reviewed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from labelaudit.audit import Audit
from labelaudit.selection import Selection, issue_scores


def ranking(audit: Audit, table: pd.DataFrame, selection: Selection, by: str = "") -> np.ndarray:
    """Return the scores by which the examples are ordered for review.

    Parameters
    ----------
    audit : Audit
    table : DataFrame
        What `points` returns, with n rows.
    selection : Selection
    by : str
        A column of ``audit.scores``. Without one it is the check's score where the selection names an issue, else the
        combined score.

    Returns
    -------
    ndarray of shape (n,)
        Low is bad; NaN where there is nothing to say.
    """
    if by in detectors_of(audit):
        return np.asarray(audit.scores[by], dtype=float)
    if selection.issue:
        return issue_scores(audit, selection.issue)[1]
    return np.asarray(table["score"], dtype=float)


def review_order(audit: Audit, mask: np.ndarray, scores: np.ndarray, issue: str = "") -> np.ndarray:
    """Order the selected examples for review, the worst first.

    Parameters
    ----------
    audit : Audit
    mask : ndarray of shape (n,), bool
        What `selected` returns.
    scores : ndarray of shape (n,)
        What `ranking` returns.
    issue : str
        Sets of this issue, copies of each other say, stay together: the set with the lowest score first.

    Returns
    -------
    ndarray of int
        Positions among the audited examples.
    """
    rows = np.flatnonzero(mask)
    flagged = audit.flagged[(audit.flagged["issue"] == issue) & audit.flagged["cluster"].notna()]
    if flagged.empty:  # the usual case, for which a million rows are sorted once
        return np.asarray(rows[np.argsort(scores[rows], kind="stable")])
    number = np.arange(len(mask)) + len(mask)  # an example that is in no set is one of its own
    number[flagged["position"]] = flagged["cluster"].astype(np.int64)
    lowest = np.full(2 * len(mask), np.inf)
    np.fmin.at(lowest, number, scores)
    return np.asarray(rows[np.lexsort((scores[rows], number[rows], lowest[number[rows]]))])


def detectors_of(audit: Audit) -> list[str]:
    """List the columns of ``audit.scores`` by which the examples can be ordered."""
    return [name for name in audit.scores.columns if name not in ("id", "part")]
