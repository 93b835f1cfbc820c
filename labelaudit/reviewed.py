"""What was decided so far about the labels of a data set, for an audit that takes it into account."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.files import read_json, write_json
from labelaudit.text import json_text

FILE = "reviewed.json"


@dataclass(frozen=True, eq=False)
class Reviewed:
    """The units that were decided on, and the label that an export would write there.

    Parameters
    ----------
    units : ndarray of shape (m,), int64
        Their numbers in `Dataset.units`, ascending.
    labels : tuple of m str or None
        JSON text; None for no label.
    actions : tuple of m str
        The decision on each, one of `labelaudit.decisions.DECIDING`; examples to exclude are not audited.
    """

    units: np.ndarray
    labels: tuple[str | None, ...]
    actions: tuple[str, ...]

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the units, the labels and what is excluded; why a label stays as it is does not matter."""
        told = [self.units.tolist(), self.labels, self.excluded.tolist()]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:24]

    @cached_property
    def excluded(self) -> np.ndarray:
        """The units that are left out, and their examples with them."""
        return np.asarray(self.units[np.array(self.actions, dtype=object) == "exclude"])

    @property
    def note(self) -> str:
        """What it holds, in words."""
        counts = Counter(self.actions)
        stay = len(self.units) - counts["set"] - counts["exclude"]
        parts = [(counts["set"], "with the decided label"), (stay, "confirmed"), (counts["exclude"], "left out")]
        told = ", ".join(f"{n:,} {what}" for n, what in parts if n)
        return f"{len(self.units):,} decided so far, and taken into account: {told}"

    def take(self, units: np.ndarray) -> Reviewed:
        """Keep what was decided on these units, which get new numbers from 0."""
        place = {unit: n for n, unit in enumerate(self.units.tolist())}
        found = [(new, place[old]) for new, old in enumerate(units.tolist()) if old in place]
        return Reviewed(
            np.array([new for new, _ in found], dtype=np.int64),
            tuple(self.labels[n] for _, n in found),
            tuple(self.actions[n] for _, n in found),
        )

    def applied(self, values: Sequence[Any], indices: np.ndarray) -> tuple[list[Any], np.ndarray]:
        """Put the decided labels into a column that was encoded as a dictionary.

        Parameters
        ----------
        values : sequence
            What occurs in the column.
        indices : ndarray of shape (n,)
            Which of them each unit has; -1 for none.

        Returns
        -------
        values : list
            With the new ones at the end, and None for those that no unit has any more.
        indices : ndarray of shape (n,)
        """
        places = {json_text(value): n for n, value in enumerate(values) if value is not None}
        new = [text for text in dict.fromkeys(self.labels) if text is not None and text not in places]
        places |= {text: n for n, text in enumerate(new, start=len(values))}
        changed = indices.copy()
        changed[self.units] = [-1 if text is None else places[text] for text in self.labels]
        used = set(np.unique(changed).tolist())
        every = [*values, *map(json.loads, new)]
        return [value if n in used else None for n, value in enumerate(every)], changed

    # -- on disk ----------------------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Write it into a folder; what are units here were rows when each row had one label."""
        write_json(folder / FILE, {"rows": self.units.tolist(), "labels": self.labels, "actions": self.actions})

    @classmethod
    def open(cls, folder: Path) -> Reviewed:
        """Read what `save` wrote.

        Raises
        ------
        OSError, ValueError
            It can't be read, or is not as it was written.
        """
        told = read_json(folder / FILE)
        return cls(np.array(told["rows"], dtype=np.int64), tuple(told["labels"]), tuple(told["actions"]))
