"""What is wrong with a data set before any audit."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from labelaudit.columns import Codes, is_blank, is_named_like_id
from labelaudit.dataset import Dataset
from labelaudit.labels import show
from labelaudit.load import label_checks
from labelaudit.load.known import EXAMPLES, SEVERITIES, Finding, Known, joined_rows, row_numbers
from labelaudit.text import count_of, shorten


def findings(dataset: Dataset, folds: int = 5) -> list[Finding]:
    """Say what is wrong with a data set, worst first.

    Parameters
    ----------
    dataset : Dataset
        Of N rows.
    folds : int
        A class needs at least that many examples, and a group column that many groups.

    Returns
    -------
    list of Finding
        Empty where nothing is wrong.
    """
    known = Known(dataset)
    of_classes: tuple[Callable[[Known, int], Iterable[Finding]], ...] = (
        label_checks.few_classes,
        label_checks.number_label,
        label_checks.several_labels,
        label_checks.giveaways,
        label_checks.variants,
        label_checks.small_classes,
        label_checks.reads_like_nothing,
    )
    of_all: tuple[Callable[[Known, int], Iterable[Finding]], ...] = (
        _rows_without_image,
        _conflicting_rows,
        _missing_labels,
        _few_groups,
        _repeated_ids,
        _repeated_rows,
        _constants,
    )
    own = {"class": of_classes, "number": (label_checks.few_numbers,), "classes": (label_checks.one_sided,)}
    checks = (*own.get(dataset.value_type, ()), *of_all)
    found = [finding for check in checks for finding in check(known, folds)]
    return sorted(found, key=lambda finding: SEVERITIES.index(finding.severity))


def _missing_labels(known: Known, folds: int) -> Iterable[Finding]:
    rows = np.unique(known.dataset.units.rows[known.dataset.labels < 0])
    if len(rows):
        yield Finding(
            "missing_labels",
            f"{count_of(len(rows), 'row has', 'rows have')} no label",
            len(rows),
            row_numbers(rows),
            "The model does not learn from them; the audit suggests a label for each.",
            "Label them in the Inspector, or leave them out.",
            "medium",
        )


# -- columns ----------------------------------------------------------------------------------------


def _few_groups(known: Known, folds: int) -> Iterable[Finding]:
    groups = known.dataset.groups()
    count = folds if groups is None else len(np.unique(groups))
    if count < folds:
        column = known.dataset.group_column
        yield Finding(
            "few_groups",
            f"The group column {column!r} has {count_of(count, 'group')}, fewer than the {folds} folds",
            count,
            (),
            "Rows of one group share a fold, so some folds would be empty and no audit can run.",
            f"Choose at most {count} folds, or another group column."
            if count > 1
            else "Choose another group column, or none.",
            "high",
        )


def _constants(known: Known, folds: int) -> Iterable[Finding]:
    constant = [name for name, column in known.columns.items() if column.distinct <= 1]
    if constant and len(known.dataset) > 1:
        yield Finding(
            "constant_columns",
            f"{count_of(len(constant), 'column is', 'columns are')} constant",
            len(constant),
            tuple(f"{name!r} is {_value(known.columns[name])}" for name in constant[:EXAMPLES]),
            "None: it tells a model nothing.",
            "Nothing to do, unless it should hold something.",
            "low",
        )


def _value(column: Codes) -> str:
    value = column.values[0].as_py() if len(column.values) else None
    return "empty everywhere" if value in (None, "") else f"{shorten(repr(value))} everywhere"


def _repeated_ids(known: Known, folds: int) -> Iterable[Finding]:
    for name, column in known.columns.items():
        if name in (known.dataset.id_column, known.dataset.group_column) or not is_named_like_id(name):
            continue
        counts = np.bincount(column.codes)
        counts = counts[: len(column.values)]
        blank = np.asarray(is_blank(column.values).to_numpy(zero_copy_only=False), dtype=bool)
        repeated = np.flatnonzero((counts > 1) & ~blank)
        # An id that most rows share with others names something else: a customer, a page.
        if 0 < counts[repeated].sum() <= len(column.codes) / 2:
            yield Finding(
                "repeated_ids",
                f"{count_of(len(repeated), 'value')} of {name!r} in more than one row",
                len(repeated),
                tuple(
                    f"{show(column.values[code].as_py())!r} in rows {joined_rows(np.flatnonzero(column.codes == code))}"
                    for code in repeated[:EXAMPLES]
                ),
                "The column cannot identify the rows, so they are numbered.",
                "Remove the second of each, or choose another id column.",
                "medium",
            )


# -- rows -------------------------------------------------------------------------------------------


def _rows_without_image(known: Known, folds: int) -> Iterable[Finding]:
    if known.dataset.modality != "image":
        return
    rows = np.flatnonzero(known.dataset.digests == "")
    if len(rows):
        yield Finding(
            "rows_without_image",
            f"{count_of(len(rows), 'row has', 'rows have')} no image that can be opened",
            len(rows),
            tuple(f"{known.dataset.image_name(int(row))!r} in row {row:,}" for row in rows[:EXAMPLES]),
            "They can't be audited; an export keeps them as they are.",
            "Add the files, or correct their names in the table.",
            "high",
        )


def _conflicting_rows(known: Known, folds: int) -> Iterable[Finding]:
    yield from _twins(known, conflicting=True)


def _repeated_rows(known: Known, folds: int) -> Iterable[Finding]:
    yield from _twins(known, conflicting=False)


def _twins(known: Known, conflicting: bool) -> Iterable[Finding]:
    rows, sets = known.twins()
    labelled = known.labels[rows] >= 0
    frame = pd.DataFrame({"set": sets[labelled], "label": known.labels[rows[labelled]], "row": rows[labelled]})
    per_set = frame.groupby("set")["label"].agg(["nunique", "size"])
    agree = per_set["nunique"] == 1
    chosen = ~agree if conflicting else agree & (per_set["size"] > 1)
    frame = frame[frame["set"].isin(per_set.index[chosen])]
    if frame.empty:
        return
    examples = []
    for _, twins in frame[frame["set"].isin(frame["set"].unique()[:EXAMPLES])].groupby("set", sort=False):
        names = " and ".join(repr(known.names[code]) for code in twins["label"].unique()[:EXAMPLES])
        examples.append(f"rows {joined_rows(twins['row'].to_numpy())}: {names}")
    if conflicting:
        yield Finding(
            "conflicting_rows",
            f"{len(frame):,} rows are exact duplicates with different labels",
            len(frame),
            tuple(examples),
            "At most one of the labels is right, and the model learns all of them.",
            "Look at them first in the Inspector.",
            "high",
        )
        return
    yield Finding(
        "repeated_rows",
        f"{len(frame):,} rows are exact duplicates with the same label",
        len(frame),
        tuple(examples),
        "Duplicates share a fold, so that a model is not asked about what it has seen; they weigh more than others.",
        "Nothing to do, unless they are there by mistake.",
        "low",
    )
