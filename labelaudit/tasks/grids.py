"""What the Heatmap page draws: tables of counts whose cells lead to their suspects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labelaudit import health
from labelaudit.labels import decode
from labelaudit.text import plural

if TYPE_CHECKING:
    from labelaudit.result import Audit
    from labelaudit.selection import Selection

NO_CLASSES = "These labels are no classes, of which one can be taken for another; see **Scatter**."


@dataclass(frozen=True, eq=False)
class Grid:
    """A table of counts or shares.

    Parameters
    ----------
    name : str
        What it is called where one of several is chosen.
    title : str
        Above it.
    about : str
        What the number in a cell says.
    caption : str
        What all of it says, and what to do.
    what : str
        What one row is: "class".
    row, column : str
        What the rows and the columns say.
    rows, columns : sequence of R str and of C str
    values : ndarray of shape (R, C)
        What the colour and the number in a cell say.
    counts : ndarray of shape (R, C)
    counted : str
        What `counts` are.
    suspects : ndarray of shape (R, C), int
        How many a click selects.
    muted : ndarray of shape (R, C), bool
        Cells in which nothing is wrong.
    select : callable
        ``(row, column) -> Selection``, of numbers.
    order : ndarray of int
        The rows in the order in which they are shown, those first that matter most.
    as_share : bool
        Whether `values` are shares from 0 to 1.
    """

    name: str
    title: str
    about: str
    caption: str
    what: str
    row: str
    column: str
    rows: Sequence[str]
    columns: Sequence[str]
    values: np.ndarray
    counts: np.ndarray
    counted: str
    suspects: np.ndarray
    muted: np.ndarray
    select: Callable[[int, int], Selection]
    order: np.ndarray
    as_share: bool = False

    @property
    def is_square(self) -> bool:
        """Whether the columns are what the rows are, and stand in their order."""
        return tuple(self.rows) == tuple(self.columns)


def confusions(audit: Audit) -> list[Grid] | str:
    """The confident joint of given and suggested class, as counts and as shares; or why there is none."""
    from labelaudit.selection import cell
    from labelaudit.tasks import TASKS

    task = TASKS[audit.dataset.task]
    word, units = task.word, plural(task.unit)
    classes, names = audit.dataset.classes, audit.dataset.class_names
    if audit.confident_joint is None:
        return NO_CLASSES
    joint = audit.joint
    wrong = int(joint.sum() - np.trace(joint))
    order, suspects = health.confused_order(joint), _suspects(audit)
    measures = {
        "counts": (joint, f"{units}, estimated"),
        "P(given | true)": (
            health.noise_matrix(joint),
            f"of the true members of the column's {word}, the share given as the row's",
        ),
        "P(true | given)": (
            health.inverse_noise_matrix(joint),
            f"of the {units} given as the row's {word}, the share that is truly the column's",
        ),
    }
    return [
        Grid(
            name=name,
            title=f"Which {word} is given, and which is meant",
            about=about,
            caption=(
                f"The confident joint estimates about {wrong:,} wrong labels in all; a click on a cell selects the "
                "suspects in it. The diagonal, where both agree, is muted."
            ),
            what=word,
            row="given",
            column="suggested",
            rows=names,
            columns=names,
            values=values,
            counts=joint,
            counted=f"confident joint, {units}",
            suspects=suspects,
            muted=np.eye(len(names), dtype=bool),
            select=lambda row, column: cell(classes[row], classes[column]),
            order=order,
            as_share=name != "counts",
        )
        for name, (values, about) in measures.items()
    ]


def _suspects(audit: Audit) -> np.ndarray:
    """Count the suspects by given and suggested class, shape (K, K)."""
    classes = audit.dataset.classes
    flagged = audit.label_issues["is_issue"].to_numpy()
    suggested = audit.label_issues.loc[flagged, "suggested"]
    place = {text: classes.index(decode(text)) for text in suggested.unique()}
    counts = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(counts, (audit.codes[flagged], suggested.map(place).to_numpy(dtype=np.int64)), 1)
    return counts
