"""Renaming a class, or merging it into another: one entry in the log that holds for the whole data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit.decisions import Decision, effective, new_batch, renames
from labelaudit.errors import BadInput, did_you_mean
from labelaudit.labels import Value, decode, encode, show
from labelaudit.tasks import TASKS
from labelaudit.text import is_encodable, shorten

if TYPE_CHECKING:
    import pandas as pd

    from labelaudit.dataset import Dataset

LONGEST = 200  # characters of a class's name


@dataclass(frozen=True)
class Renaming:
    """What a renaming would do: the dry run.

    Parameters
    ----------
    old, new : str
        The classes as JSON text.
    undecided, decided : int
        How many rows of the whole data set have the old class: given, by a decision. Those that were left out of a
        sampled audit count as well.
    excluded : int
        How many more have it and are not exported.
    there : int
        How many have the new class already: with some, it is a merge.
    """

    old: str
    new: str
    undecided: int
    decided: int
    excluded: int
    there: int

    @property
    def rows(self) -> int:
        """How many rows an export writes otherwise."""
        return self.undecided + self.decided

    @property
    def sentence(self) -> str:
        """What would happen, in one sentence."""
        parts = [
            f"{self.rows:,} {'row' if self.rows == 1 else 'rows'} {show(decode(self.old))} → {show(decode(self.new))}",
            f"{self.decided:,} of them decided" if self.decided else "",
            f"{self.excluded:,} more are excluded" if self.excluded else "",
            f"merged with the {self.there:,} that are there" if self.there else "",
        ]
        return ", ".join(filter(None, parts))

    def decision(self, actor: str, *, fingerprint: str, base: int, run: str = "") -> Decision:
        """Return the entry for the log; see `Plan.decisions` in `labelaudit.bulk` for its parameters."""
        return Decision(
            actor=actor,
            action="rename",
            id="",
            before=self.old,
            after=self.new,
            reason="merged" if self.there else "renamed",
            batch=new_batch(),
            base=base,
            fingerprint=fingerprint,
            run=run,
        )


def labels_now(dataset: Dataset, in_force: pd.DataFrame) -> np.ndarray:
    """Return the label of every unit with what was decided, before any class is renamed.

    Parameters
    ----------
    dataset : Dataset
        With n units.
    in_force : DataFrame
        What `labelaudit.decisions.effective` returns.

    Returns
    -------
    ndarray of shape (n,), object
        JSON text, None where there is none.
    """
    labels = dataset.given_texts.copy()
    made = in_force[in_force["action"] == "set"]
    units = dataset.units_of(made["id"], made["part"])
    labels[units[units >= 0]] = made["after"].to_numpy()[units >= 0]
    return labels


def renamed(dataset: Dataset, in_force: pd.DataFrame, called: Mapping[str, str]) -> dict[int, str]:
    """Return the units whose class has another name in the end, with that name as JSON text.

    Parameters
    ----------
    dataset : Dataset
    in_force : DataFrame
        What `labelaudit.decisions.effective` returns.
    called : mapping of str to str
        What `labelaudit.decisions.renames` returns.
    """
    if not called:
        return {}
    labels = labels_now(dataset, in_force)
    return {row: called[label] for row, label in enumerate(labels.tolist()) if label in called}


def written(dataset: Dataset, in_force: pd.DataFrame, called: Mapping[str, str]) -> list[Any]:
    """Return the labels as an export writes them: those decided, by the names that their classes have in the end.

    Parameters
    ----------
    dataset, in_force, called
        As in `renamed`.
    """
    values = TASKS[dataset.task].apply(dataset, in_force)
    for row, name in renamed(dataset, in_force, called).items():
        values[row] = decode(name)
    return values


def classes_now(dataset: Dataset, decisions: Sequence[Decision]) -> dict[str, int]:
    """Count the rows of every class that an export would write, by its JSON text, the most frequent first."""
    labels = _in_the_end(dataset, effective(decisions), decisions)
    return dict(Counter(label for label in labels.tolist() if label is not None).most_common())


def _in_the_end(dataset: Dataset, in_force: pd.DataFrame, decisions: Sequence[Decision]) -> np.ndarray:
    labels = labels_now(dataset, in_force)
    for row, name in renamed(dataset, in_force, renames(decisions)).items():
        labels[row] = name
    return labels


def check(dataset: Dataset) -> None:
    """Refuse labels whose classes have no names of their own.

    Raises
    ------
    BadInput
        Numbers, and labels that are present or absent.
    """
    if TASKS[dataset.task].unnamed:
        raise BadInput(TASKS[dataset.task].unnamed)


def plan(dataset: Dataset, decisions: Sequence[Decision], old: str, name: str) -> Renaming:
    """Say what it would do to call a class otherwise, and change nothing.

    Parameters
    ----------
    dataset : Dataset
    decisions : sequence of Decision
        In log order.
    old : str
        The class that some rows have now, as JSON text.
    name : str
        The new name as a person wrote it; that of a class that is there merges the two.

    Raises
    ------
    BadInput
        No row has the old class, or the new name is empty, too long, the same, or no value of the label column; or
        see `check`.
    """
    check(dataset)
    in_force = effective(decisions)
    labels, actions = _in_the_end(dataset, in_force, decisions), _actions(dataset, in_force)
    has = labels == old
    if not has.any():
        there = [dataset.name_of(text) for text in {text for text in labels.tolist() if text is not None}]
        raise BadInput(f"no row has the class {dataset.name_of(old)!r}{did_you_mean(show(decode(old)), sorted(there))}")
    new = str(encode(_value(dataset, name)))
    if new == old:
        raise BadInput(f"{show(decode(old))!r} would be called as it is; write another name.")
    out = actions == "exclude"
    undecided = np.isin(actions, ("", "skip"))
    return Renaming(
        old,
        new,
        int((has & undecided).sum()),
        int((has & ~undecided & ~out).sum()),
        int((has & out).sum()),
        int((labels == new).sum()),
    )


def _actions(dataset: Dataset, in_force: pd.DataFrame) -> np.ndarray:
    actions = np.full(len(dataset.units), "", dtype=object)
    units = dataset.units_of(in_force["id"], in_force["part"])
    actions[units[units >= 0]] = in_force["action"].to_numpy()[units >= 0]
    return actions


def _value(dataset: Dataset, name: str) -> Value:
    """Read a class's name as a value of the label column: that of a class that has it, else a new one."""
    if name in dataset.class_by_name:
        return dataset.class_by_name[name]
    tidy = name.strip()
    if not tidy or not is_encodable(tidy):
        raise BadInput("a class needs a name; write one.")
    if len(tidy) > LONGEST:
        raise BadInput(f"the name {shorten(tidy)!r} has {len(tidy):,} characters; write at most {LONGEST}.")
    value: Value = tidy
    if dataset.classes and not any(isinstance(known, str) for known in dataset.classes):
        value = _number(tidy, dataset.classes)
    first = dataset.take(np.array([0]))
    first.with_labels([value] * len(first.units))  # raises where the column can't hold it
    return value


def _number(text: str, classes: Sequence[Value]) -> Value:
    """Read a number of the kind that the classes are: a whole one, say."""
    try:
        value = decode(text)
    except ValueError:
        value = None
    kinds = {type(known) for known in classes}
    kinds |= {int} if float in kinds else set()
    if type(value) not in kinds or not np.isfinite(value):
        raise BadInput(f"{shorten(text)!r} is no number like {show(classes[0])}; write one.")
    number: Value = value
    return number
