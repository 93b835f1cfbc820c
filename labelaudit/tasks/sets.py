"""What the pages show of several labels per example: figures, heatmaps, and an example with all its labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from labelaudit import multilabel
from labelaudit.blocks import Bar, Bars, Block, Part, Parts
from labelaudit.labels import encode
from labelaudit.panels import Link, Links
from labelaudit.shapes.several import PART, label_sets
from labelaudit.tasks import classes
from labelaudit.tasks.classification import EXAMPLES
from labelaudit.tasks.grids import Grid

if TYPE_CHECKING:
    from labelaudit.audit import Audit
    from labelaudit.selection import Selection

MOST_BARS = 12


def metrics(audit: Audit) -> dict[str, Any]:
    """Return the figures that Health shows beside those in the manifest."""
    n_labels = len(label_sets(audit.dataset).names)
    bits = audit.codes.reshape(-1, n_labels)
    likely = audit.outputs["pred_probs"].argmax(axis=1)
    labelled = audit.codes >= 0
    return {
        **audit.manifest["health"],
        **classes.said_of_model(float((likely == audit.codes)[labelled].mean())),
        "card": classes.weakest(audit, _suspects_of),
        "panels": [classes.ranking(audit, _suspects_of), _pairs(_overlaps(audit, bits))],
        **multilabel.metrics(bits, likely.reshape(bits.shape)),
    }


def _suspects_of(audit: Audit, label: int) -> Selection:
    from labelaudit.selection import Selection

    return Selection(suspects=True, part=PART + label_sets(audit.dataset).names[label])


def _pairs(overlaps: pd.DataFrame) -> Links:
    from labelaudit.selection import Selection

    links = [
        Link(
            f"{pair['given']} → {pair['suggested']}",
            Selection(suspects=True, part=PART + pair["given"]),
            f"{pair['examples']:,} examples",
            f"pair-{pair['given_code']}-{pair['suggested_code']}",
        )
        for pair in overlaps.head(classes.MOST_PAIRS).to_dict("records")
    ]
    return Links(
        "Pairs that are confused",
        "Examples where the first label is likely too much and the second is missing. A click selects the first's "
        "suspects.",
        links,
        "No label is given in place of another.",
        ("pages/4_Heatmap.py", "All pairs as a heatmap"),
    )


def _overlaps(audit: Audit, bits: np.ndarray) -> pd.DataFrame:
    """Rank the pairs of labels by how often one is flagged as too much where the other is as missing."""
    names = label_sets(audit.dataset).names
    flagged = audit.label_issues["is_issue"].to_numpy().reshape(bits.shape)
    counts = multilabel.confused(flagged, bits)
    extra, missing = np.nonzero(counts)
    table = pd.DataFrame(
        {
            "given": [names[k] for k in extra],
            "suggested": [names[k] for k in missing],
            "given_code": extra,
            "suggested_code": missing,
            "examples": counts[extra, missing],
            "share": counts[extra, missing] / max(1, len(bits)),
        }
    )
    return table.sort_values("examples", ascending=False, kind="stable", ignore_index=True)


def heatmaps(audit: Audit) -> list[Grid]:
    """What is wrong with each label, and which labels are given for each other."""
    from labelaudit.selection import Selection

    names = label_sets(audit.dataset).names
    bits = audit.codes.reshape(-1, len(names))
    flagged = audit.label_issues["is_issue"].to_numpy().reshape(bits.shape)
    extra, missing = flagged & (bits == 1), flagged & (bits == 0)
    counts = np.column_stack([(what.sum(axis=0)) for what in (missing, extra, ~flagged & (bits >= 0))])
    order = np.argsort(-counts[:, :2].sum(axis=1), kind="stable")
    ids = audit.dataset.ids[audit.outputs["rows"]].astype(str)

    def kind(row: int, column: int) -> Selection:
        part = PART + names[row]
        if column == 2:
            return Selection(part=part)
        return Selection(suspects=True, part=part, given=encode(column == 1))

    def pair(row: int, column: int) -> Selection:
        return Selection(suspects=True, ids=tuple(ids[extra[:, row] & missing[:, column]]))

    swapped = multilabel.confused(flagged, bits)
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
            select=pair,
            order=order,
        ),
    ]


def part_name(audit: Audit, position: int) -> str:
    """The label that a unit is about."""
    return str(audit.parts[position].removeprefix(PART))


def view(audit: Audit, position: int) -> Sequence[Block]:
    """Show one label of an example: the example, and how likely it has each of the labels."""
    names = label_sets(audit.dataset).names
    own = position % len(names)
    first = position - own
    probabilities = audit.outputs["pred_probs"][first : first + len(names), 1]
    given, rows = audit.codes[first : first + len(names)], audit.label_issues
    flagged = rows["is_issue"].to_numpy()[first : first + len(names)]
    shown = rows["given"].iloc[first : first + len(names)].map(audit.dataset.name_of).tolist()
    parts = tuple(
        Part(first + k, name, label, bool(suspect))
        for k, (name, label, suspect) in enumerate(zip(names, shown, flagged, strict=True))
    )
    order = [own, *(k for k in np.argsort(-probabilities, kind="stable").tolist() if k != own)][:MOST_BARS]

    def role(label: int) -> Any:
        if flagged[label] and given[label] == 0:
            return "suggested"
        return "given" if given[label] == 1 else "other"

    bars = tuple(Bar(names[k], float(probabilities[k]), role(k)) for k in order)
    return [
        EXAMPLES[audit.dataset.modality](audit, position),
        Parts(parts, position, "All labels of this example: a click changes one", toggles=True),
        Bars("Its labels, by models without this example", bars),
    ]
