"""What is taken for what, on Ingest: the kind of label, the columns and their roles, guessed and changed by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeAlias

import pyarrow as pa
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from labelaudit.dataset import Dataset, Source
from labelaudit.errors import BadInput, LabelauditError
from labelaudit.labels import can_be_classes
from labelaudit.load import guess, guess_task, load
from labelaudit.tasks import TASKS, Task
from labelaudit.ui import session
from labelaudit.ui.markdown import plain

Stored: TypeAlias = tuple[pa.Table, Source]

MANY = 60  # more columns than a box shows well: it then holds those that are left out
NONE = "(none)"
KINDS = {"text": "texts", "tabular": "rows of a table", "image": "images"}


def take(stored: Stored, name: str, **provenance: str) -> None:
    """Make what was read the data that Ingest is about, its roles guessed.

    Raises
    ------
    BadInput
        There is nothing in it that could be audited.
    """
    dataset = _guessed(stored, name)
    dataset = replace(dataset, provenance={**dataset.provenance, **provenance})
    session.set_draft(dataset)
    st.session_state["stored"] = dataset.data_fingerprint, stored


def _guessed(stored: Stored, name: str) -> Dataset:
    """Settle the roles by guess; a label that can't be guessed is the last column until the user says otherwise."""
    task = guess_task(*stored)
    if TASKS[task].value_type != "class":
        with suppress(BadInput):  # the person may choose other roles, or that kind again
            return load(stored, task=task, name=name)
    roles = guess(*stored)
    possible = [field.name for field in stored[0].schema if can_be_classes(field.type)]
    label = roles.label or (possible or stored[0].column_names)[-1]
    try:
        return _loaded(stored, [label], id=roles.id, name=name)
    except BadInput as error:
        others = [column for column in possible if column != label]
        if not others:
            raise
        draft = _loaded(stored, [others[-1]], id=roles.id, name=name)
        st.warning(plain(str(error)), icon=":material/warning:")
        return draft


def _loaded(stored: Stored, labels: Sequence[str], **roles: Any) -> Dataset:
    """Let the features be guessed; where that leaves none, take all columns, for the user to choose from."""
    try:
        return load(stored, label=labels, **roles)
    except BadInput:
        others = [c for c in stored[0].column_names if c not in (*labels, roles.get("id"), roles.get("group"))]
        if not others:
            raise
        return load(stored, label=labels, features=others, **roles)


def choose(draft: Dataset) -> Dataset | None:
    """Draw the guesses as controls.

    Returns
    -------
    Dataset or None
        The data set that they describe; None where they don't fit, and a sentence says why.
    """
    stored = _stored(draft)
    if stored is None:
        st.caption("Load the file again to change what is taken for what.")
        return draft
    key, tasks, above, below = _key(draft), list(TASKS), st.container(), st.container()
    name = st.session_state.get(f"task-{key}", draft.task)
    places = iter(above.columns([3, *[2] * (4 - TASKS[name].several)]))
    next(places).selectbox(
        "Labels are",
        tasks,
        tasks.index(draft.task),
        key=f"task-{key}",
        format_func=lambda name: TASKS[name].title,
        help="  \n".join(f"**{task.title}**: {task.needs}" for task in TASKS.values()),
    )
    task, key = TASKS[name], key if name == draft.task else f"{key}-{name}"
    start, error = _start(stored, draft, name)
    names = stored[0].column_names
    known, beside = start or draft, [1] * len(task.label_options)
    own = iter(below.columns([3, *beside] if task.several else 5) if task.several or beside else ())
    place = next(own if task.several else places)
    labels = _labels(place, names, _label_columns(start) if start else (), several=task.several, key=f"label-{key}")
    text, kind = None, str(known.modality)
    if task.own_features:
        text = _chosen_text(next(places), names, start, f"text-{key}")
    else:
        kind = _kind(next(places), stored, known, f"kind-{key}")
    id_column = _column(next(places), "Id", names, known.id_column, f"id-{key}", "None: rows are numbered from 0")
    group = _column(next(places), "Group", names, known.group_column, f"group-{key}", "Rows of one group share a fold")
    roles: dict[str, Any] = {"id": id_column, "group": group, "name": draft.name, "task": name}
    roles["label_options"] = _options(own, task, known, key)
    try:
        if start is None and labels == ():
            raise error or BadInput("choose the column of the labels.")
        if task.own_features or kind == "image":
            return _with_history(load(stored, label=labels or None, text=text, **roles), draft)
        return _with_history(_featured(stored, known, labels, kind, roles, key), draft)
    except LabelauditError as problem:
        session.show_error(problem)
        return None


def _key(draft: Dataset) -> str:
    return draft.data_fingerprint[:8]


def retake(draft: Dataset, task: str) -> None:
    """Set the kind of label, as if it had been chosen."""
    st.session_state[f"task-{_key(draft)}"] = task


def read_as(draft: Dataset) -> pa.Table:
    """The table as it was read, before its rows were brought together by what they are about."""
    stored = _stored(draft)
    return draft.table if stored is None else stored[0]


def _stored(draft: Dataset) -> Stored | None:
    """The table as it was read; None where the data is made of it and the tab was loaded anew since."""
    of, stored = st.session_state.get("stored", ("", None))
    if of == draft.data_fingerprint:
        table, source = stored
        return table, replace(source, media=draft.source.media)  # those that were uploaded are gone
    return (draft.table, draft.source) if draft.annotations is None else None


def _start(stored: Stored, draft: Dataset, task: str) -> tuple[Dataset | None, LabelauditError | None]:
    """What the data looks like by another kind of label, its roles guessed; or why it doesn't."""
    if task == draft.task:
        return draft, None
    try:
        return load(stored, task=task, name=draft.name), None
    except LabelauditError as error:
        return None, error


def _labels(
    place: DeltaGenerator, names: list[str], known: Sequence[str], *, several: bool, key: str
) -> tuple[str, ...]:
    if several:
        return tuple(place.multiselect("Labels", names, [name for name in known if name in names], key=key))
    index = names.index(known[0]) if known and known[0] in names else None
    label = place.selectbox("Label", names, index, key=key, placeholder="Choose a column")
    return () if label is None else (label,)


def _label_columns(dataset: Dataset) -> tuple[str, ...]:
    """The columns of the file that hold labels; those of ratings are named by the options."""
    own = dataset.label_options
    return tuple(own.get("annotators") or ([own["label"]] if "label" in own else dataset.label_columns))


def _chosen_text(place: DeltaGenerator, names: list[str], known: Dataset | None, key: str) -> str | None:
    """Ask for the column of what is labelled, where a row or a list holds one part of an example each."""
    now = next(iter(known.feature_columns), None) if known else None
    index = names.index(now) if now in names else None
    chosen: str | None = place.selectbox("Text", names, index, key=key, placeholder="Choose a column")
    return chosen


def _kind(place: DeltaGenerator, stored: Stored, known: Dataset, key: str) -> str:
    kinds = ["text", "tabular", *(["image"] if stored[1].media else [])]
    return str(
        place.selectbox("Examples are", kinds, kinds.index(known.modality), key=key, format_func=KINDS.__getitem__)
    )


def _column(place: DeltaGenerator, title: str, names: list[str], known: str | None, key: str, help: str) -> str | None:
    options = [NONE, *names]
    index = options.index(known) if known in options else 0
    chosen = place.selectbox(title, options, index, key=key, help=help)
    return None if chosen == NONE else chosen


def _options(places: Iterator[DeltaGenerator], task: Task, known: Dataset, key: str) -> Mapping[str, Any]:
    """How the labels are written, where there is a choice."""
    chosen: dict[str, Any] = {}
    for (name, values), place in zip(task.label_options.items(), places, strict=False):
        now = known.label_options.get(name, values[0])
        options = list(dict.fromkeys([*values, now]))
        chosen[name] = place.selectbox(
            name.replace("_", " ").capitalize(),
            options,
            options.index(now),
            key=f"{name}-{key}",
            format_func=lambda value: str(value) or "Not in the file",
            accept_new_options=True,
        )
    return chosen


def _featured(
    stored: Stored, known: Dataset, labels: tuple[str, ...], kind: str, roles: dict[str, Any], key: str
) -> Dataset:
    """Ask for the features, and read the table with them."""
    names = stored[0].column_names
    others = [c for c in names if c not in (*labels, roles["id"], roles["group"])]
    default = known.feature_columns
    if (labels, kind) != (known.label_columns, known.modality):
        guessed = _loaded(stored, labels, **roles)
        default = guessed.feature_columns
        if guessed.modality != kind:
            default = tuple(others[:1] if kind == "text" else others)
    chosen = _chosen(others, default, kind, key=f"features-{key}-{'-'.join(labels)}-{kind}")
    if not chosen:  # then what the user brings has to do
        return replace(_loaded(stored, labels, **roles), feature_columns=(), modality="tabular")
    return load(
        stored,
        label=labels,
        text=chosen if kind == "text" else None,
        features=chosen if kind == "tabular" else None,
        **roles,
    )


def _chosen(others: list[str], default: tuple[str, ...], kind: str, key: str) -> list[str]:
    """Ask for the features, or among many columns for those that are none."""
    wanted = set(default)
    if len(wanted) <= MANY:
        title = "Text columns" if kind == "text" else "Columns that the model may see"
        return st.multiselect(title, others, [c for c in others if c in wanted], key=key)
    title = f"The model may see {len(others):,} columns, but for these"
    hidden = set(st.multiselect(title, others, [c for c in others if c not in wanted], key=f"{key}-hidden"))
    return [c for c in others if c not in hidden]


def lacks_features(dataset: Dataset) -> bool:
    """Whether no column is left for a model, and nothing is brought that would do instead."""
    if dataset.feature_columns or dataset.modality == "image" or dataset.annotations is not None:
        return False
    given = dataset.given
    return given is None or (given.pred_probs is None and given.features is None)


def _with_history(dataset: Dataset, draft: Dataset) -> Dataset:
    """Keep what is known of a demo, and why columns were left out that still are."""
    history = dict(draft.provenance)
    kept_out = {c: why for c, why in history.pop("left_out", {}).items() if c not in dataset.feature_columns}
    if kept_out and dataset.modality == "tabular" and dataset.label_columns == draft.label_columns:
        history["left_out"] = kept_out
    return replace(dataset, provenance=history)
