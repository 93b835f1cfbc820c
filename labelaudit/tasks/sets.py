"""What the pages show of several labels per example: figures, heatmaps, and an example with all its labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from labelaudit import multilabel
from labelaudit.blocks import Bar, Bars, Block, Part, Parts
from labelaudit.labels import encode
from labelaudit.panels import Column, Link, Links, Ranking
from labelaudit.shapes.several import PART, label_sets
from labelaudit.tasks import classes
from labelaudit.tasks.base import likeliest
from labelaudit.tasks.classification import EXAMPLES, bars_title
from labelaudit.tasks.grids import Grid
from labelaudit.text import count_of

if TYPE_CHECKING:
    from labelaudit.result import Audit
    from labelaudit.selection import Selection


def metrics(audit: Audit) -> dict[str, Any]:
    """Return the figures that Health shows beside those in the manifest."""
    bits, likely = _bits(audit), audit.outputs["pred_probs"].argmax(axis=1)
    labelled = audit.codes >= 0
    return {
        **audit.manifest["health"],
        **classes.said_of_model(float((likely == audit.codes)[labelled].mean())),
        "card": classes.weakest(audit, _of_label, "label"),
        "panels": [_ranking(audit), _swapped(audit)],
        **multilabel.metrics(bits, likely.reshape(bits.shape)),
    }


def _bits(audit: Audit) -> np.ndarray:
    """The given labels of the audited examples, shape (m, K)."""
    return audit.codes.reshape(len(audit.outputs["rows"]), -1)


def _suspected(audit: Audit) -> tuple[np.ndarray, np.ndarray]:
    """Which labels seem to be too much, and which to be missing, each of shape (m, K)."""
    bits = _bits(audit)
    flagged = audit.label_issues["is_issue"].to_numpy().reshape(bits.shape)
    return flagged & (bits == 1), flagged & (bits == 0)


def _of_label(audit: Audit, label: int) -> Selection:
    """Select the suspects of one label."""
    from labelaudit.selection import Selection

    return Selection(suspects=True, part=PART + label_sets(audit.dataset).names[label])


def _ranking(audit: Audit) -> Ranking:
    """All labels, with how many suspects say that it is missing, and how many that it is too much."""
    shown = classes.ranking(audit, _of_label, "label")
    columns = {
        **{name: column for name, column in shown.columns.items() if name not in ("suspects", "missing")},
        "label_quality": Column(
            "quality", "share", "of those that are given it or likely have it, the share that is both"
        ),
        "missing": Column("seems missing", "count", "suspects that are not given it"),
        "extra": Column("seems extra", "count", "suspects that are given it"),
        "suspects": Column("suspects", "count", "missing and extra together"),
    }
    return replace(shown, columns=columns, note="A suspect is missing or extra; a click on a label selects both.")


def _pair(audit: Audit, extra: np.ndarray, missing: np.ndarray) -> Selection:
    """Select the suspects of the examples in which one label seems to stand for another, masks of shape (m,)."""
    from labelaudit.selection import Selection

    rows = audit.outputs["rows"][extra & missing]
    return Selection(suspects=True, ids=tuple(audit.dataset.ids[rows].astype(str)))


def _swapped(audit: Audit) -> Links:
    """The labels that most often stand for another one, each pair with the way to its suspects."""
    names, (extras, missings) = label_sets(audit.dataset).names, _suspected(audit)
    counts = multilabel.confused(extras, missings)
    links = []
    for place in np.argsort(-counts.ravel(), kind="stable")[: classes.MOST_PAIRS].tolist():
        extra, missing = divmod(place, len(names))
        if count := int(counts[extra, missing]):
            title = f"{names[extra]} → {names[missing]}"
            chosen = _pair(audit, extras[:, extra], missings[:, missing])
            links.append(Link(title, chosen, count_of(count, "example"), f"pair-{extra}-{missing}"))
    return Links(
        "Labels that are confused",
        "Examples in which the first label seems to be too much and the second is missing. A click selects them.",
        links,
        "No label seems to stand for another one.",
        ("pages/4_Heatmap.py", "All labels as a heatmap"),
    )


def heatmaps(audit: Audit) -> list[Grid]:
    """What is wrong with each label, and which labels are given for each other."""
    names, (extra, missing) = label_sets(audit.dataset).names, _suspected(audit)
    fine = (_bits(audit) >= 0) & ~extra & ~missing
    counts = np.column_stack([what.sum(axis=0) for what in (missing, extra, fine)])
    order = np.argsort(-counts[:, :2].sum(axis=1), kind="stable")

    def kind(row: int, column: int) -> Selection:
        chosen = _of_label(audit, row)
        return replace(chosen, suspects=False) if column == 2 else replace(chosen, given=encode(column == 1))

    swapped = multilabel.confused(extra, missing)
    return [
        Grid(
            name="per label",
            title="Which labels are missing, and which are too much",
            about="examples, flagged or fine",
            caption="Labels with most suspects first; a click on a cell selects them. What is fine is muted.",
            what="label",
            row="label",
            column="is",
            rows=names,
            columns=("missing", "extra", "fine"),
            values=counts,
            counts=counts,
            counted="examples",
            suspects=counts * [1, 1, 0],
            muted=np.broadcast_to([False, False, True], counts.shape),
            select=kind,
            order=order,
        ),
        Grid(
            name="given for each other",
            title="Which label is given where another is missing",
            about="examples in which the row's label is too much and the column's is missing",
            caption=(
                f"In {int((extra.any(axis=1) & missing.any(axis=1)).sum()):,} examples one label seems to stand for "
                "another; a click on a cell selects the suspects of those examples."
            ),
            what="label",
            row="given",
            column="suggested",
            rows=names,
            columns=names,
            values=swapped,
            counts=swapped,
            counted="examples",
            suspects=swapped,
            muted=np.eye(len(names), dtype=bool),
            select=lambda row, column: _pair(audit, extra[:, row], missing[:, column]),
            order=order,
        ),
    ]


def part_name(audit: Audit, position: int) -> str:
    """The label that a unit is about."""
    return str(audit.parts[position].removeprefix(PART))


def view(audit: Audit, position: int) -> Sequence[Block]:
    """Show one label of an example: the example, all its labels with how likely each is, and this one's odds."""
    names = label_sets(audit.dataset).names
    example = slice(position - position % len(names), position - position % len(names) + len(names))
    rows, likely = audit.label_issues.iloc[example], audit.outputs["pred_probs"][example, 1]
    parts = tuple(
        Part(example.start + label, f"{name} {probability:.0%}", audit.dataset.name_of(given), bool(flagged))
        for label, (name, probability, given, flagged) in enumerate(
            zip(names, likely.tolist(), rows["given"], rows["is_issue"], strict=True)
        )
    )
    row = audit.label_issues.iloc[position]
    roles: dict[Any, Literal["given", "suggested"]] = {row["suggested"]: "suggested", row["given"]: "given"}
    bars = tuple(
        Bar(audit.dataset.class_names[code], probability, roles.get(encode(audit.dataset.classes[code]), "other"))
        for code, probability in likeliest(audit, position)
    )
    return [
        EXAMPLES[audit.dataset.modality](audit, position),
        Parts(parts, position, "All labels, and how likely each is present: a click changes one", toggles=True),
        Bars(bars_title(audit), bars),
    ]
