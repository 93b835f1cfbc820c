"""What is wrong with labels that are classes, or numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from labelaudit.labels import encode
from labelaudit.load.known import EXAMPLES, Finding, Known
from labelaudit.load.leaks import giveaway, label_codes, reason_of
from labelaudit.shapes import binary
from labelaudit.shapes.several import bits_of, label_sets
from labelaudit.text import count_of

FEWEST_LABELS = 3  # columns: fewer are as often features beside a class
FEW_NUMBERS = 50  # rows from which a model of numbers learns something
_READS_LIKE_NOTHING = frozenset({"na", "none", "?", "-", "--", "n.a.", "unknown", "missing", "undefined"})


def few_classes(known: Known, folds: int) -> Iterable[Finding]:
    """Classes that an audit can tell apart are too few."""
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


def number_label(known: Known, folds: int) -> Iterable[Finding]:
    """Numbers to predict that are taken for classes, perhaps because a few cells hold something else."""
    read = [_number(name) for name in known.names]
    values = np.sort([value for value in read if value is not None])
    odd = [name for name, value in zip(known.names, read, strict=True) if value is None]
    rows = int(known.counts.sum())
    if rows <= 50 or len(odd) * 10 > len(values):
        return
    in_sequence = bool((np.diff(values) == 1).all())
    if len(values) * 2 > rows or (len(values) > 50 and not in_sequence):
        but = f", but for {' and '.join(map(repr, odd[:EXAMPLES]))}" if odd else ""
        yield Finding(
            "number_label",
            f"The label {known.label!r} looks like a number to predict: {len(values):,} different values{but}",
            len(values),
            tuple(known.names[:EXAMPLES]),
            "Every value counts as a class of its own, and few have enough examples to learn from.",
            f"{'Correct or empty those cells, and audit' if odd else 'Audit'} it as a number, put the numbers into "
            "ranges, or choose a column with few classes.",
            "high",
            "regression",
        )


def _number(name: str) -> float | None:
    try:
        value = float(name)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def several_labels(known: Known, folds: int) -> Iterable[Finding]:
    """Columns that seem to be a label each, one of which is taken for the class."""
    names, table = [], known.dataset.table
    for name in reversed(table.column_names):
        if not binary.is_binary(table[name]):
            break
        names.append(name)
    if len(names) >= FEWEST_LABELS and set(known.dataset.label_columns) <= set(names):
        yield Finding(
            "several_labels",
            f"The last {len(names)} columns say 0 or 1, no or yes, and look like a label each",
            len(names),
            tuple(reversed(names[-EXAMPLES:])),
            f"Only {known.label!r} is audited, and the model learns it from the other labels.",
            "Audit them as several labels per example.",
            "high",
            "multilabel",
        )


def one_sided(known: Known, folds: int) -> Iterable[Finding]:
    """Labels that every example has, or none, or so few that some folds train without one."""
    bits = bits_of(known.dataset)
    present, absent = (bits == 1).sum(axis=0), (bits == 0).sum(axis=0)
    names = label_sets(known.dataset).names
    rare = np.flatnonzero(np.minimum(present, absent) < folds)
    if len(rare):
        said = [f"{names[k]!r} ({present[k]:,} of {present[k] + absent[k]:,} rows)" for k in rare[:EXAMPLES]]
        yield Finding(
            "one_sided",
            f"{count_of(len(rare), 'label occurs', 'labels occur')} in hardly any row, or in nearly all",
            len(rare),
            tuple(said),
            f"With fewer than {folds} rows on one side, a model hardly learns when the label belongs there.",
            "Take such labels out, or find more examples.",
            "medium",
        )


def few_numbers(known: Known, folds: int) -> Iterable[Finding]:
    """So few numbers that chance decides which look wrong."""
    rows = int((known.dataset.labels >= 0).sum())
    if rows < FEW_NUMBERS:
        yield Finding(
            "few_numbers",
            f"{rows} {'row has' if rows == 1 else 'rows have'} a number, too few to tell wrong ones from odd ones",
            rows,
            (),
            f"A model learns little from fewer than {FEW_NUMBERS}: suspects are hints, and errors may not stand out.",
            "Find more rows, or look at all of them, the lowest scores first.",
            "high",
        )


def variants(known: Known, folds: int) -> Iterable[Finding]:
    """Classes that differ in case, spaces or type only."""
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
            tuple(" and ".join(_class_and_rows(known, code) for code in group) for group in groups[:EXAMPLES]),
            "They count as different classes, and each is taken for an error of the other.",
            "Give them one spelling before the audit.",
            "high",
        )


def _class_and_rows(known: Known, code: int) -> str:
    count = int(known.counts[code])
    if not count:  # probabilities came along for a class that no row has
        return f"{known.names[code]!r} (no row)"
    rows = f"{count:,} rows, first {known.rows_of(code)[0]:,}" if count > 1 else f"row {known.rows_of(code)[0]:,}"
    return f"{known.names[code]!r} ({rows})"


def small_classes(known: Known, folds: int) -> Iterable[Finding]:
    """Classes of too few examples to learn from."""
    if len(known.classes) < 2:
        return
    single = np.flatnonzero(known.counts == 1)
    if len(single):
        yield Finding(
            "single_example",
            f"{count_of(len(single), 'class has', 'classes have')} one example",
            len(single),
            tuple(_class_and_rows(known, code) for code in single[:EXAMPLES]),
            "A model that has not seen the example knows nothing of its class, so the label looks wrong.",
            "Merge the class into another one, or find more examples.",
            "medium",
        )
    small = np.flatnonzero((known.counts > 1) & (known.counts < folds))
    if len(small):
        yield Finding(
            "small_classes",
            f"{count_of(len(small), 'class has', 'classes have')} fewer examples than the {folds} folds",
            len(small),
            tuple(_class_and_rows(known, code) for code in small[:EXAMPLES]),
            "Some folds train without the class, and its scores say little.",
            "Merge the classes, find more examples, or choose fewer folds.",
            "medium",
        )


def reads_like_nothing(known: Known, folds: int) -> Iterable[Finding]:
    """Classes that read as if the label were missing."""
    texts = [value.strip().casefold() if isinstance(value, str) else "" for value in known.classes]
    alike = [code for code, text in enumerate(texts) if text in _READS_LIKE_NOTHING]
    if alike:
        rows = int(known.counts[alike].sum())
        yield Finding(
            "reads_like_nothing",
            f"{count_of(rows, 'row has', 'rows have')} a label that reads like none",
            rows,
            tuple(_class_and_rows(known, code) for code in alike[:EXAMPLES]),
            "It is kept as a class of its own.",
            "If it means that the label is not known, empty those cells.",
            "medium",
        )


def giveaways(known: Known, folds: int) -> Iterable[Finding]:
    """Columns that tell the label, seen by the model or kept from it."""
    dataset = known.dataset
    reasons = _leaks(known)
    seen = [name for name in reasons if name in dataset.feature_columns]
    hidden = [name for name in reasons if name in dataset.provenance.get("left_out", {})]
    if seen:
        yield Finding(
            "giveaways",
            f"{count_of(len(seen), 'feature gives', 'features give')} too much away",
            len(seen),
            tuple(f"{name!r} {reasons[name]}" for name in seen[:EXAMPLES]),
            "The model takes the answer from there instead of learning it, so that wrong labels look right.",
            "Take the column out of the features.",
            "high",
        )
    if hidden:
        yield Finding(
            "giveaways_left_out",
            f"{count_of(len(hidden), 'column is', 'columns are')} left out of the features",
            len(hidden),
            tuple(f"{name!r} {reasons[name]}" for name in hidden[:EXAMPLES]),
            "The model does not see what would give the label away or identify the rows.",
            "If such a column is a fair feature, choose the features yourself.",
            "low",
        )


def _leaks(known: Known) -> dict[str, str]:
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
