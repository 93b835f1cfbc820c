"""What can be seen without a model: missing cells, columns that number the rows, classes that are rare."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from labelaudit.checks.base import DoesNotApply, Material, Outcome
from labelaudit.columns import comparable, is_blank, is_text
from labelaudit.labels import MISSING_TEXT
from labelaudit.text import count_of

RARE = 0.1  # of an equal share, as in cleanlab's Datalab
LONGEST_KEY = 64  # characters; what is longer is a text
ENOUGH_ROWS = 10  # fewer rows are all different by chance


def class_imbalance(material: Material) -> Outcome:
    """Flag the examples of classes that have less than a tenth of an equal share.

    As in cleanlab's Datalab, which flags the rarest class alone; classes without examples are told apart.
    """
    if len(material.dataset.units) != len(material):
        raise DoesNotApply("an example has several labels")
    labels, names = material.labels, material.class_names
    n_labelled = int((labels >= 0).sum())
    if len(names) < 2 or not n_labelled:
        raise DoesNotApply("there are fewer than two classes" if n_labelled else material.no_classes)
    counts = np.bincount(labels[labels >= 0], minlength=len(names))
    shares = counts / n_labelled
    rare = shares < RARE / len(names)
    score = np.where(labels >= 0, np.where(rare, shares, 1.0)[labels], 1.0)
    rows = np.flatnonzero((labels >= 0) & rare[labels])
    rows = rows[np.argsort(score[rows], kind="stable")]
    order = np.argsort(counts, kind="stable")
    details = [
        {"label": names[c], "count": int(counts[c]), "share": round(float(shares[c]), 6)} for c in order if rare[c]
    ]
    if not details:
        rarest = int(order[0])
        return Outcome(
            f"No class is rare; the smallest, {names[rarest]}, has {count_of(int(counts[rarest]), 'example')}.",
            score=score,
        )
    return Outcome(
        f"{count_of(len(details), 'class has', 'classes have')} less than a tenth of an equal share; the rarest, "
        f"{details[0]['label']}, has {count_of(details[0]['count'], 'example')}. Models "
        "neglect such classes, and their label errors are hard to tell.",
        "Collect or weight examples of these classes, or merge them.",
        rows,
        [f"one of {counts[labels[i]]:,} examples of {names[labels[i]]}, {shares[labels[i]]:.2%} of all" for i in rows],
        score,
        count=len(details),
        details=details,
    )


def nulls(material: Material) -> Outcome:
    """Flag the examples of which nothing is known; the score is the share of the cells that hold something.

    As in cleanlab's Datalab; blank text counts as missing. Per column, the share of missing cells is a detail.
    """
    names, missing = _missing_cells(material)
    score = 1 - missing.mean(axis=1)
    rows = np.flatnonzero(score == 0)
    shares = missing.mean(axis=0)
    order = [int(c) for c in np.argsort(-shares, kind="stable") if shares[c] > 0]
    details = [
        {"column": names[c], "share": round(float(shares[c]), 6), "count": int(missing[:, c].sum())} for c in order
    ]
    n_some = int((score < 1).sum())
    if not details:
        return Outcome("No cell is missing.", score=score)
    worst = f"most in {details[0]['column']!r} ({details[0]['share']:.1%})"
    words = f"{count_of(n_some, 'example lacks', 'examples lack')} some cells, {worst}; none lacks all of them."
    if len(rows):
        words = (
            f"{count_of(len(rows), 'example holds', 'examples hold')} nothing at all, so nothing can be learned from "
            f"or said about {'it' if len(rows) == 1 else 'them'}; {n_some:,} lack some cells, {worst}."
        )
    return Outcome(
        words,
        "Exclude what is empty, and find out why cells are missing." if len(rows) else "",
        rows,
        ["all its cells are missing" if len(names) > 1 else "it is blank"] * len(rows),
        score,
        details=details,
    )


def _missing_cells(material: Material) -> tuple[list[str], np.ndarray]:
    """The names of the columns, and whether a cell holds nothing, shape (n, columns)."""
    dataset = material.dataset
    if dataset.modality not in ("tabular", "text"):
        raise DoesNotApply("images have no cells; those that can't be read are listed by name")
    columns = list(dataset.feature_columns)
    if columns:
        return columns, np.column_stack([_is_missing(dataset.table[name]) for name in columns])
    if isinstance(material.features, np.ndarray):
        return [f"feature {c}" for c in range(material.features.shape[1])], np.isnan(material.features)
    raise DoesNotApply("there are no feature columns")


def _is_missing(column: pa.ChunkedArray) -> np.ndarray:
    cells = comparable(column)
    missing = is_blank(cells)
    if is_text(cells.type):
        text = pc.utf8_lower(pc.utf8_trim_whitespace(cells))
        missing = pc.or_(missing, pc.is_in(text, pa.array(sorted(MISSING_TEXT), text.type)))
    return np.asarray(missing.to_numpy())


def identifier_columns(material: Material) -> Outcome:
    """Name the feature columns that number or name the rows.

    A column of whole numbers that are all different and in one run, or that only rise or only fall from row to row; or
    of short texts without spaces that are all different. cleanlab's Datalab looks for whole numbers in one run.
    """
    dataset = material.dataset
    if dataset.modality != "tabular":
        raise DoesNotApply("the examples are not rows of a table")
    if not dataset.feature_columns:
        raise DoesNotApply("there are no feature columns")
    if len(material) < ENOUGH_ROWS:
        raise DoesNotApply(f"fewer than {ENOUGH_ROWS} rows are all different by chance")
    details: list[dict[str, Any]] = []
    for name in dataset.feature_columns:
        why = _identifies(dataset.table[name])
        if why:
            details.append({"column": name, "why": why})
    if not details:
        return Outcome("No feature column numbers or names the rows.")
    listed = ", ".join(f"{fact['column']!r} ({fact['why']})" for fact in details[:3])
    more = f" and {len(details) - 3:,} more" if len(details) > 3 else ""
    return Outcome(
        f"{count_of(len(details), 'feature column numbers', 'feature columns number')} or "
        f"{'names' if len(details) == 1 else 'name'} the rows: {listed}{more}. A model can learn rows by heart from "
        "that, and it means nothing for new ones.",
        "Leave it out of the features, or use it as the id.",
        count=len(details),
        details=details,
    )


def _identifies(column: pa.ChunkedArray) -> str:
    """Why a column is an identifier; empty where it is none."""
    from labelaudit.features.tabular import typed

    if column.null_count or pa.types.is_boolean(column.type):
        return ""
    head = column.slice(0, 1000)  # most columns can be told by their first cells
    if is_text(column.type) and pc.count_distinct(head).as_py() < len(head):
        return ""  # the same text is the same value: thousands of columns need not be read for that
    first = typed(head)
    if not first.is_unique or (first.dtype.kind == "f" and (first % 1 != 0).any()):
        return ""
    values = typed(column)
    if values.isna().any() or not values.is_unique:
        return ""
    if values.dtype == object:
        texts = values.astype(str)
        short = texts.str.len().max() <= LONGEST_KEY and not texts.str.contains(r"\s").any()
        return "a different word in every row" if short else ""
    if values.dtype.kind == "M":
        return "a time that only rises" if values.is_monotonic_increasing else ""
    numbers = values.to_numpy(dtype=np.float64)
    if (numbers != np.round(numbers)).any():
        return ""
    if np.ptp(numbers) == len(numbers) - 1:
        return "whole numbers in one run"
    if values.is_monotonic_increasing or values.is_monotonic_decreasing:
        return "whole numbers that only rise" if values.is_monotonic_increasing else "whole numbers that only fall"
    return ""
