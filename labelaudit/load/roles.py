"""A table to a data set: which column plays which role, as far as the user left that open."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from labelaudit.columns import can_be_id
from labelaudit.dataset import Dataset, Modality, Source
from labelaudit.errors import BadInput, did_you_mean
from labelaudit.load import cells
from labelaudit.load.guess import guess, guess_class, is_short_text
from labelaudit.load.leaks import label_codes, left_out
from labelaudit.load.sentences import tagged
from labelaudit.media import Media
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
    wanted = replace(wanted, labels=tuple(dict.fromkeys(_expanded(wanted.labels, names))))
    for column in (*wanted.labels, *wanted.texts, *wanted.features, wanted.id, wanted.group):
        if column is not None and column not in names:
            raise BadInput(f"{wanted.name!r} has no column {column!r}{did_you_mean(column, names)}")
    return ASSIGN[_value_type(wanted.task)](wanted)


def one_class(wanted: Wanted) -> Dataset:
    """Find the one column that holds the class of each example."""
    dataset = with_features(wanted, (label_of(wanted, guess_class),))
    _check_classes(dataset)
    label = label_codes(dataset)
    return fair(dataset, wanted, left_out(dataset, [label]), hopeless=len(label.values) < 2)


def label_of(wanted: Wanted, guess_label: Callable[..., str | None]) -> str:
    """Return the one label column: the named one, or what is guessed.

    Parameters
    ----------
    wanted : Wanted
    guess_label : callable
        ``(table, source, id=…, group=…) -> the column``, or None where none looks like one.
    """
    if len(wanted.labels) > 1:
        raise BadInput(
            f"{listed(wanted.labels)} are {len(wanted.labels)} label columns, and one holds the label of an example; "
            "choose one, or the task multilabel."
        )
    if wanted.labels:
        return wanted.labels[0]
    label = guess_label(unnamed(wanted), wanted.source, id=id_of(wanted), group=wanted.group)
    if label is None:
        names = listed(wanted.table.column_names)
        raise BadInput(f"{wanted.name!r} has no column that looks like a label; name it, one of {names}.")
    return label


def _chosen(wanted: Wanted) -> tuple[Media | None, tuple[str, ...]]:
    """The images, where they are what is audited, and the features that the user names."""
    media = wanted.source.media
    # Who names columns of the table wants those audited and not the images.
    if media is None or wanted.texts or not set(wanted.features) <= {media.column}:
        return None, wanted.texts or wanted.features
    return media, (media.column,)


def _expanded(labels: Iterable[str], names: Mapping[str, None]) -> Iterator[str]:
    """Columns as a person names them: each by itself, ``a,b,c``, or a pattern such as ``mood_*``."""
    for label in labels:
        if label in names:
            yield label
        elif found := fnmatch.filter(names, label):
            yield from found
        elif "," in label:
            yield from _expanded((part.strip() for part in label.split(",")), names)
        else:
            yield label


def id_of(wanted: Wanted, labels: tuple[str, ...] = ()) -> str | None:
    """Return the column of ids: the named one, the one that is called "id", or the names of image files."""
    media, chosen = _chosen(wanted)
    id = wanted.id or _plain_id(wanted.table, (*labels, wanted.group, *chosen))
    if media is not None and id is None and media.root is not None and can_be_id(wanted.table[media.column]):
        id = media.column
    return id


def unnamed(wanted: Wanted) -> pa.Table:
    """Return the columns that may be labels: those that play no other role."""
    hidden = {*_chosen(wanted)[1], *wanted.taken}
    return wanted.table.select([name for name in wanted.table.column_names if name not in hidden])


def with_features(wanted: Wanted, labels: tuple[str, ...], **own: Any) -> Dataset:
    """Make a data set whose features are named by the user, or all columns that could be some.

    Parameters
    ----------
    wanted : Wanted
    labels : tuple of str
        The label columns.
    **own
        More for `Dataset`.
    """
    table, source, name, group = wanted.table, wanted.source, wanted.name, wanted.group
    media, chosen = _chosen(wanted)
    label = next((label for label in labels if label in chosen), None)
    if label is not None:
        raise BadInput(f"column {label!r} is the label, which a model may not see; take it out of the features.")
    names, id = table.column_names, id_of(wanted, labels)
    hidden = {*labels[1:], *wanted.taken}
    free = table.select([column for column in names if column not in hidden])
    roles = guess(free, source, label=labels[0], id=id, group=group)
    modality = roles.modality
    if media is not None:
        modality = "image"
    elif chosen:
        is_text = wanted.texts or (modality == "text" and set(wanted.features) <= set(roles.features))
        modality = "text" if is_text else "tabular"
    elif modality == "text":
        chosen = roles.features
    # Beside probabilities or features, the other arrays of an .npz (the truth, flags) are no features unless named.
    bare = wanted.featureless and source.format == "npz" and not chosen
    rest = () if bare else tuple(c for c in names if c not in (*labels, id, group, *wanted.taken))
    return Dataset(
        name=name,
        table=table,
        label_columns=labels,
        feature_columns=chosen or rest,
        modality=modality,
        task=wanted.task,
        id_column=id,
        group_column=group,
        source=source,
        provenance=wanted.provenance,
        **own,
    )


def _numbers(wanted: Wanted) -> Dataset:
    from labelaudit.load.tellers import one_number

    return one_number(wanted)


def _several(wanted: Wanted) -> Dataset:
    from labelaudit.load.several import several_classes

    return several_classes(wanted)


def _ratings(wanted: Wanted) -> Dataset:
    from labelaudit.load.ratings import assign_ratings

    return assign_ratings(wanted)


# How the columns of each kind of label are found, by `Dataset.value_type`.
ASSIGN: dict[str, Callable[[Wanted], Dataset]] = {
    "class": one_class,
    "classes": _several,
    "tags": tagged,
    "number": _numbers,
    "votes": _ratings,
}


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


def fair(dataset: Dataset, wanted: Wanted, reasons: Mapping[str, str], *, hopeless: bool = False) -> Dataset:
    """Leave out the features that a model should not see, unless the user names them or they are texts or images.

    Parameters
    ----------
    dataset : Dataset
    wanted : Wanted
    reasons : mapping of str to str
        The columns to leave out, and why.
    hopeless : bool
        Whether nothing can be learned of such labels anyway, which is what the user is to hear then.
    """
    if dataset.modality != "tabular" or _chosen(wanted)[1]:
        return dataset
    features = tuple(name for name in dataset.feature_columns if name not in reasons)
    modality: Modality = "tabular"
    if not features:
        # What identifies the rows may be their texts, too short to be taken for prose at first sight.
        features = tuple(name for name in reasons if is_short_text(name, dataset.table[name]))
        modality = "text" if features else modality
    if not features and hopeless and not wanted.featureless:
        features = dataset.feature_columns  # nothing can be learned anyway, and the labels are what is wrong
    if not features and not wanted.featureless:
        why = "; ".join(f"{name!r} {reason}" for name, reason in list(reasons.items())[:3])
        raise BadInput(
            f"{dataset.name!r} has no column beside {dataset.label_columns[0]!r} that a model could learn from"
            + (f" ({why}); name the features yourself." if why else "; choose a file with more columns.")
        )
    hidden = {name: reason for name, reason in reasons.items() if name not in features}
    provenance = {**dataset.provenance, **({"left_out": hidden} if hidden else {})}
    return replace(dataset, feature_columns=features, modality=modality, provenance=provenance)


def listed(names: Sequence[str]) -> str:
    """Name a dozen columns."""
    return ", ".join(repr(shorten(name)) for name in names[:12]) + (", …" if len(names) > 12 else "")
