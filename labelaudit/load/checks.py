"""What is wrong with a data set before any audit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from labelaudit.columns import Codes, codes, is_blank, is_named_like_id, numbers
from labelaudit.dataset import Dataset
from labelaudit.folds import copy_sets
from labelaudit.labels import encode, show
from labelaudit.load.leaks import giveaway, label_codes, reason_of
from labelaudit.text import shorten

Severity = Literal["high", "medium", "low"]
_SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")
_READS_LIKE_NOTHING = frozenset({"na", "none", "?", "-", "--", "n.a.", "unknown", "missing", "undefined"})
_EXAMPLES = 3
FEW_NUMBERS = 50  # rows from which a model of numbers learns something


@dataclass(frozen=True)
class Finding:
    """Something about the data that an audit suffers from.

    Parameters
    ----------
    key : str
        Which check found it.
    title : str
        What it is, with its number.
    count : int
        How many rows, classes or columns.
    examples : tuple of str
        Up to three, with row numbers (from 0).
    effect, fix : str
        What it does to an audit, and what to do about it.
    severity : {"high", "medium", "low"}
        How much it hurts.
    """

    key: str
    title: str
    count: int
    examples: tuple[str, ...]
    effect: str
    fix: str
    severity: Severity


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
    known = _Known(dataset)
    of_classes: tuple[Callable[[_Known, int], Iterable[Finding]], ...] = (
        _few_classes,
        _number_label,
        _giveaways,
        _variants,
        _small_classes,
        _reads_like_nothing,
    )
    of_all: tuple[Callable[[_Known, int], Iterable[Finding]], ...] = (
        _rows_without_image,
        _conflicting_rows,
        _missing_labels,
        _few_groups,
        _repeated_ids,
        _repeated_rows,
        _constants,
    )
    own = {"class": of_classes, "number": (_few_numbers,)}
    checks = (*own.get(dataset.value_type, ()), *of_all)
    found = [finding for check in checks for finding in check(known, folds)]
    return sorted(found, key=lambda finding: _SEVERITIES.index(finding.severity))


class _Known:
    """What several checks need, computed once."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.label = ", ".join(dataset.label_columns)
        self.classes = dataset.classes
        self.labels, self.names = dataset.strata
        self.counts = np.bincount(self.labels[self.labels >= 0], minlength=len(self.names))
        brought = () if dataset.given is None else dataset.given.columns
        images = dataset.feature_columns if dataset.modality == "image" else ()
        others = [
            name for name in dataset.table.column_names if name not in (*dataset.label_columns, *brought, *images)
        ]
        self.columns = {name: codes(dataset.table[name]) for name in others}

    def rows_of(self, label: int) -> np.ndarray:
        """Which rows have this class."""
        return np.flatnonzero(self.labels == label)

    def twins(self) -> tuple[np.ndarray, np.ndarray]:
        """Which rows have a twin of the same content, and the number of the set of twins that each belongs to."""
        sets = copy_sets(self.dataset)
        repeated = np.bincount(sets)[sets] > 1
        rows = np.flatnonzero(repeated)
        return rows, sets[rows]


# -- labels -----------------------------------------------------------------------------------------


def _few_classes(known: _Known, folds: int) -> Iterable[Finding]:
    if len(known.classes) < 2:
        only = f"only one class, {known.names[0]!r}" if known.classes else "no label at all"
        yield Finding(
            "one_class",
            f"The label column {known.label!r} has {only}",
            len(known.classes),
            (),
            "There is nothing that a label could be confused with, so no audit can run.",
            "Choose another label column.",
            "high",
        )


def _number_label(known: _Known, folds: int) -> Iterable[Finding]:
    values = numbers(pa.array(known.names)) if known.classes else None
    rows = int(known.counts.sum())
    if values is None or rows <= 50:
        return
    in_sequence = bool((np.diff(np.sort(values)) == 1).all())
    if len(values) * 2 > rows or (len(values) > 50 and not in_sequence):
        yield Finding(
            "number_label",
            f"The label {known.label!r} looks like a number to predict: {len(values):,} different values",
            len(values),
            tuple(known.names[:_EXAMPLES]),
            "Every value counts as a class of its own, and few have enough examples to learn from.",
            "Audit it as a number, put the numbers into ranges, or choose a column with few classes.",
            "high",
        )


def _few_numbers(known: _Known, folds: int) -> Iterable[Finding]:
    rows = int((known.dataset.labels >= 0).sum())
    if rows < FEW_NUMBERS:
        yield Finding(
            "few_numbers",
            f"{_count(rows, 'row has', 'rows have')} a number, too few to tell wrong ones from odd ones",
            rows,
            (),
            f"A model learns little from fewer than {FEW_NUMBERS}: suspects are hints, and errors may not stand out.",
            "Find more rows, or look at all of them, the lowest scores first.",
            "high",
        )


def _variants(known: _Known, folds: int) -> Iterable[Finding]:
    spellings: dict[str, list[int]] = {}
    for code, value in enumerate(known.classes):
        text = value if isinstance(value, str) else str(encode(value))
        spellings.setdefault(" ".join(text.split()).casefold(), []).append(code)
    groups = [group for group in spellings.values() if len(group) > 1]
    if groups:
        yield Finding(
            "label_variants",
            f"{sum(map(len, groups)):,} labels read alike: they differ only in case, spaces or type",
            sum(map(len, groups)),
            tuple(" and ".join(_counted(known, code) for code in group) for group in groups[:_EXAMPLES]),
            "They count as different classes, and each is taken for an error of the other.",
            "Give them one spelling before the audit.",
            "high",
        )


def _counted(known: _Known, code: int) -> str:
    count = int(known.counts[code])
    if not count:  # probabilities came along for a class that no row has
        return f"{known.names[code]!r} (no row)"
    rows = f"{count:,} rows, first {known.rows_of(code)[0]:,}" if count > 1 else f"row {known.rows_of(code)[0]:,}"
    return f"{known.names[code]!r} ({rows})"


def _missing_labels(known: _Known, folds: int) -> Iterable[Finding]:
    rows = np.unique(known.dataset.units.rows[known.dataset.labels < 0])
    if len(rows):
        yield Finding(
            "missing_labels",
            f"{_count(len(rows), 'row has', 'rows have')} no label",
            len(rows),
            _numbered(rows),
            "The model does not learn from them; the audit suggests a label for each.",
            "Label them in the Inspector, or leave them out.",
            "medium",
        )


def _small_classes(known: _Known, folds: int) -> Iterable[Finding]:
    if len(known.classes) < 2:
        return
    single = np.flatnonzero(known.counts == 1)
    if len(single):
        yield Finding(
            "single_example",
            f"{_count(len(single), 'class has', 'classes have')} one example",
            len(single),
            tuple(_counted(known, code) for code in single[:_EXAMPLES]),
            "A model that has not seen the example knows nothing of its class, so the label looks wrong.",
            "Merge the class into another one, or find more examples.",
            "medium",
        )
    small = np.flatnonzero((known.counts > 1) & (known.counts < folds))
    if len(small):
        yield Finding(
            "small_classes",
            f"{_count(len(small), 'class has', 'classes have')} fewer examples than the {folds} folds",
            len(small),
            tuple(_counted(known, code) for code in small[:_EXAMPLES]),
            "Some folds train without the class, and its scores say little.",
            "Merge the classes, find more examples, or choose fewer folds.",
            "medium",
        )


def _reads_like_nothing(known: _Known, folds: int) -> Iterable[Finding]:
    texts = [value.strip().casefold() if isinstance(value, str) else "" for value in known.classes]
    alike = [code for code, text in enumerate(texts) if text in _READS_LIKE_NOTHING]
    if alike:
        rows = int(known.counts[alike].sum())
        yield Finding(
            "reads_like_nothing",
            f"{_count(rows, 'row has', 'rows have')} a label that reads like none",
            rows,
            tuple(_counted(known, code) for code in alike[:_EXAMPLES]),
            "It is kept as a class of its own.",
            "If it means that the label is not known, empty those cells.",
            "medium",
        )


# -- columns ----------------------------------------------------------------------------------------


def _few_groups(known: _Known, folds: int) -> Iterable[Finding]:
    groups = known.dataset.groups()
    count = folds if groups is None else len(np.unique(groups))
    if count < folds:
        column = known.dataset.group_column
        yield Finding(
            "few_groups",
            f"The group column {column!r} has {_count(count, 'group')}, fewer than the {folds} folds",
            count,
            (),
            "Rows of one group share a fold, so some folds would be empty and no audit can run.",
            f"Choose at most {count} folds, or another group column."
            if count > 1
            else "Choose another group column, or none.",
            "high",
        )


def _giveaways(known: _Known, folds: int) -> Iterable[Finding]:
    dataset = known.dataset
    reasons = _leaks(known)
    seen = [name for name in reasons if name in dataset.feature_columns]
    hidden = [name for name in reasons if name in dataset.provenance.get("left_out", {})]
    if seen:
        yield Finding(
            "giveaways",
            f"{_count(len(seen), 'feature gives', 'features give')} too much away",
            len(seen),
            tuple(f"{name!r} {reasons[name]}" for name in seen[:_EXAMPLES]),
            "The model takes the answer from there instead of learning it, so that wrong labels look right.",
            "Take the column out of the features.",
            "high",
        )
    if hidden:
        yield Finding(
            "giveaways_left_out",
            f"{_count(len(hidden), 'column is', 'columns are')} left out of the features",
            len(hidden),
            tuple(f"{name!r} {reasons[name]}" for name in hidden[:_EXAMPLES]),
            "The model does not see what would give the label away or identify the rows.",
            "If such a column is a fair feature, choose the features yourself.",
            "low",
        )


def _leaks(known: _Known) -> dict[str, str]:
    dataset = known.dataset
    label = label_codes(dataset)
    texts = dataset.feature_columns if dataset.modality == "text" else ()
    leaks = {}
    for name, column in known.columns.items():
        if column.distinct > 1 and name not in (dataset.id_column, dataset.group_column):
            # That texts are different in every row is as it should be.
            reason = giveaway(column, label) if name in texts else reason_of(name, column, [label])
            if reason is not None:
                leaks[name] = reason
    return leaks


def _constants(known: _Known, folds: int) -> Iterable[Finding]:
    constant = [name for name, column in known.columns.items() if column.distinct <= 1]
    if constant and len(known.dataset) > 1:
        yield Finding(
            "constant_columns",
            f"{_count(len(constant), 'column is', 'columns are')} constant",
            len(constant),
            tuple(f"{name!r} is {_value(known.columns[name])}" for name in constant[:_EXAMPLES]),
            "None: it tells a model nothing.",
            "Nothing to do, unless it should hold something.",
            "low",
        )


def _value(column: Codes) -> str:
    value = column.values[0].as_py() if len(column.values) else None
    return "empty everywhere" if value in (None, "") else f"{shorten(repr(value))} everywhere"


def _repeated_ids(known: _Known, folds: int) -> Iterable[Finding]:
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
                f"{_count(len(repeated), 'value')} of {name!r} in more than one row",
                len(repeated),
                tuple(
                    f"{show(column.values[code].as_py())!r} in rows {_joined(np.flatnonzero(column.codes == code))}"
                    for code in repeated[:_EXAMPLES]
                ),
                "The column cannot identify the rows, so they are numbered.",
                "Remove the second of each, or choose another id column.",
                "medium",
            )


# -- rows -------------------------------------------------------------------------------------------


def _rows_without_image(known: _Known, folds: int) -> Iterable[Finding]:
    if known.dataset.modality != "image":
        return
    rows = np.flatnonzero(known.dataset.digests == "")
    if len(rows):
        yield Finding(
            "rows_without_image",
            f"{_count(len(rows), 'row has', 'rows have')} no image that can be opened",
            len(rows),
            tuple(f"{known.dataset.image_name(int(row))!r} in row {row:,}" for row in rows[:_EXAMPLES]),
            "They can't be audited; an export keeps them as they are.",
            "Add the files, or correct their names in the table.",
            "high",
        )


def _conflicting_rows(known: _Known, folds: int) -> Iterable[Finding]:
    yield from _twins(known, conflicting=True)


def _repeated_rows(known: _Known, folds: int) -> Iterable[Finding]:
    yield from _twins(known, conflicting=False)


def _twins(known: _Known, conflicting: bool) -> Iterable[Finding]:
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
    for _, twins in frame[frame["set"].isin(frame["set"].unique()[:_EXAMPLES])].groupby("set", sort=False):
        names = " and ".join(repr(known.names[code]) for code in twins["label"].unique()[:_EXAMPLES])
        examples.append(f"rows {_joined(twins['row'].to_numpy())}: {names}")
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


# -- words ------------------------------------------------------------------------------------------


def _count(count: int, one: str, many: str = "") -> str:
    return f"1 {one}" if count == 1 else f"{count:,} {many or one + 's'}"


def _numbered(rows: np.ndarray) -> tuple[str, ...]:
    return tuple(f"row {row:,}" for row in rows[:_EXAMPLES])


def _joined(rows: np.ndarray) -> str:
    shown = [f"{row:,}" for row in rows[:_EXAMPLES]]
    more = len(rows) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")
