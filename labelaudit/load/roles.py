"""A table to a data set: which column plays which role, as far as the user left that open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from labelaudit.columns import can_be_id
from labelaudit.dataset import Dataset, Source
from labelaudit.errors import BadInput, did_you_mean
from labelaudit.load import cells
from labelaudit.load.guess import guess, guess_class, guess_number, is_short_text
from labelaudit.load.leaks import left_out
from labelaudit.load.tellers import left_out_of_numbers
from labelaudit.shapes.number import read
from labelaudit.text import shorten


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A table, and what the user says about its columns.

    Parameters
    ----------
    table, source, name
        What was read, and what to call it.
    labels, texts, features, id, group, task, options
        See `labelaudit.load.load`; None or empty for what is to be guessed.
    path : Path, optional
        The file that was read, kept in ``provenance["path"]``.
    taken : tuple of str
        Columns that hold what the user brings: none of them is guessed to play a role.
    featureless : bool
        Whether there may be no features, since probabilities or features are brought.
    """

    table: pa.Table
    source: Source
    name: str
    labels: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    id: str | None = None
    group: str | None = None
    task: str = "classification"
    options: Mapping[str, Any] = field(default_factory=dict)
    path: Path | None = None
    taken: tuple[str, ...] = ()
    featureless: bool = False

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the data came from."""
        return {} if self.path is None else {"path": str(self.path.resolve())}


def assign(wanted: Wanted) -> Dataset:
    """Make a data set of a table.

    Raises
    ------
    BadInput
        A column or the task is not there, no column looks like the label, or no column is left to learn from.
    """
    if not wanted.table.num_rows:
        raise BadInput(f"{wanted.name!r} has no rows; choose a file with data below its header.")
    names = dict.fromkeys(wanted.table.column_names)
    for column in (*wanted.labels, *wanted.texts, *wanted.features, wanted.id, wanted.group):
        if column is not None and column not in names:
            raise BadInput(f"{wanted.name!r} has no column {column!r}{did_you_mean(column, names)}")
    return ASSIGN[_value_type(wanted.task)](wanted)


def one_class(wanted: Wanted) -> Dataset:
    """Find the one column that holds the class of each example."""
    dataset, chosen = one_column(wanted, guess_class)
    _check_classes(dataset)
    return dataset if chosen else _with_fair_features(dataset, left_out(dataset), wanted.featureless)


def one_number(wanted: Wanted) -> Dataset:
    """Find the one column that holds the number of each example."""
    dataset, chosen = one_column(wanted, guess_number)
    dataset = replace(dataset, value_type="number", label_options=wanted.options)
    found = read(dataset)
    if found.note:
        dataset = replace(dataset, source=replace(dataset.source, notes=(*dataset.source.notes, found.note)))
    if chosen:
        return dataset
    return _with_fair_features(dataset, left_out_of_numbers(dataset, found.values), wanted.featureless)


def one_column(wanted: Wanted, guess_label: Callable[..., str | None]) -> tuple[Dataset, tuple[str, ...]]:
    """Find the one column that holds the labels, and the features.

    Parameters
    ----------
    wanted : Wanted
    guess_label : callable
        ``(table, source, id=…, group=…) -> the column``, or None where none looks like one.

    Returns
    -------
    dataset : Dataset
        All columns without another role are features, where nobody named any.
    chosen : tuple of str
        The features that were named, or texts; empty where the model may see what is left.
    """
    if len(wanted.labels) > 1:
        raise BadInput(
            f"{_listed(wanted.labels)} are {len(wanted.labels)} label columns, and one holds the label of an example; "
            "choose one, or the task multilabel."
        )
    table, source, name, group = wanted.table, wanted.source, wanted.name, wanted.group
    label = wanted.labels[0] if wanted.labels else None
    features = wanted.features
    # Who names columns of the table wants those audited and not the images.
    media = source.media if source.media and not wanted.texts and set(features) <= {source.media.column} else None
    if media is not None:
        features = (media.column,)
    chosen = wanted.texts or features
    names = dict.fromkeys(table.column_names)
    id = wanted.id or _plain_id(table, (label, group, *chosen))
    if media is not None and id is None and media.root is not None and can_be_id(table[media.column]):
        id = media.column
    free = table.select([c for c in names if c not in wanted.taken])
    if label is None:
        others = names.keys() - {*chosen, *wanted.taken}
        label = guess_label(table.select([c for c in names if c in others]), source, id=id, group=group)
    if label is None:
        raise BadInput(f"{name!r} has no column that looks like a label; name it, one of {_listed(list(names))}.")
    if label in chosen:
        raise BadInput(f"column {label!r} is the label, which a model may not see; take it out of the features.")
    roles = guess(free, source, label=label, id=id, group=group)
    modality = roles.modality
    if media is not None:
        modality = "image"
    elif chosen:
        is_text = wanted.texts or (modality == "text" and set(features) <= set(roles.features))
        modality = "text" if is_text else "tabular"
    elif modality == "text":
        chosen = roles.features
    # Beside probabilities or features, the other arrays of an .npz (the truth, flags) are no features unless named.
    bare = wanted.featureless and source.format == "npz" and not chosen
    rest = () if bare else tuple(c for c in names if c not in (label, id, group, *wanted.taken))
    dataset = Dataset(
        name=name,
        table=table,
        label_columns=(label,),
        feature_columns=chosen or rest,
        modality=modality,
        task=wanted.task,
        id_column=id,
        group_column=group,
        source=source,
        provenance=wanted.provenance,
    )
    return dataset, chosen


# How the columns of each kind of label are found, by `Dataset.value_type`.
ASSIGN: dict[str, Callable[[Wanted], Dataset]] = {"class": one_class, "number": one_number}


def _value_type(task: str) -> str:
    from labelaudit.tasks import TASKS

    if task not in TASKS:
        raise BadInput(f"there is no task {task!r}{did_you_mean(task, TASKS)}")
    return TASKS[task].value_type


def _plain_id(table: pa.Table, taken: Sequence[str | None]) -> str | None:
    """Return the column that is called "id", if it can be one."""
    others = [name for name in table.column_names if name.casefold() == "id" and name not in taken]
    return next((name for name in others if can_be_id(table[name])), None)


def _check_classes(dataset: Dataset) -> None:
    """Refuse labels that are no classes now and not in the middle of an audit."""
    label = dataset.label_columns[0]
    column = dataset.table[label]
    if cells.is_json(dataset.table.schema.field(label)):
        nested = column.filter(pc.match_substring_regex(column, r"^[\[{]"))
        if len(nested):
            shown = nested[0].as_py()[:40]
            raise BadInput(f"column {label!r} holds {shown}, not one class per example; choose another label column.")
    _ = dataset.classes  # raises for the other types that hold no classes


def _with_fair_features(dataset: Dataset, reasons: Mapping[str, str], featureless: bool) -> Dataset:
    features = tuple(name for name in dataset.feature_columns if name not in reasons)
    modality = dataset.modality
    if not features:
        # What identifies the rows may be their texts, too short to be taken for prose at first sight.
        features = tuple(name for name in reasons if is_short_text(name, dataset.table[name]))
        modality = "text" if features else modality
    if not features and dataset.value_type == "class" and len(dataset.classes) < 2 and not featureless:
        features = dataset.feature_columns  # nothing can be learned anyway, and the labels are what is wrong
    if not features and not featureless:
        why = "; ".join(f"{name!r} {reason}" for name, reason in list(reasons.items())[:3])
        raise BadInput(
            f"{dataset.name!r} has no column beside {dataset.label_columns[0]!r} that a model could learn from"
            + (f" ({why}); name the features yourself." if why else "; choose a file with more columns.")
        )
    hidden = {name: reason for name, reason in reasons.items() if name not in features}
    provenance = {**dataset.provenance, **({"left_out": hidden} if hidden else {})}
    return replace(dataset, feature_columns=features, modality=modality, provenance=provenance)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(shorten(name)) for name in names[:12]) + (", …" if len(names) > 12 else "")
