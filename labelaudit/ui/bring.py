"""Bring your own, on Ingest: probabilities, features, coordinates, neighbours and folds, checked as they come."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from labelaudit.dataset import Dataset
from labelaudit.errors import LabelauditError
from labelaudit.files import writing
from labelaudit.given import Given
from labelaudit.load.bring import bring
from labelaudit.load.pieces import Role
from labelaudit.ui import session
from labelaudit.ui.markdown import plain

TITLES: dict[Role, tuple[str, str]] = {
    "pred_probs": ("Probabilities", "One column per class, label or tag, out of sample; they replace the model."),
    "predictions": ("Predictions", "Of numbers, one for each row, out of sample; they replace the model."),
    "features": ("Features", "Embeddings, one row per example; they replace the columns."),
    "coordinates": ("Coordinates", "x and y of a map of yours."),
    "neighbours": ("Neighbours", "Row numbers of the nearest, and their distances."),
    "folds": ("Folds", "A number for each row; copies should share one."),
}
MANY = 200  # columns from which on a list of them, for each thing that can be brought, is too much to send
Columns: TypeAlias = list[str] | str
ENDINGS = ["npy", "npz", "parquet", "csv", "jsonl"]


def section(dataset: Dataset, draft: Dataset) -> Dataset:
    """Ask for what the user has already, folded away, and attach what fits.

    Parameters
    ----------
    dataset : Dataset
        With the roles that were chosen.
    draft : Dataset
        What was loaded, perhaps audited before with something brought.

    Returns
    -------
    Dataset
        What does not fit is left out, and a sentence says why.
    """
    key = draft.data_fingerprint[:8]
    given = dataset.given or _kept(dataset, draft) or Given()
    with st.expander("Bring your own: probabilities, embeddings, coordinates, neighbours, folds"):
        if given.arrays:
            said = "; ".join(given.notes) or ", ".join(given.arrays)
            if not st.checkbox(plain(f"Use what came along: {said}"), value=True, key=f"bring-kept-{key}"):
                given = Given()
        st.caption(
            "NPY, NPZ, Parquet, CSV or JSON Lines, one row per example (of tags: per token); or columns "
            "of the table. With an array or column of ids they are aligned by id, else by position. Nothing is ever "
            "unpickled."
        )
        for role, (title, help) in TITLES.items():
            file, names = st.columns([3, 2])
            uploaded = file.file_uploader(title, ENDINGS, key=f"bring-{role}-{key}", help=help)
            columns = _columns(names, draft, key=f"bring-columns-{role}-{key}", help=f"{title} in the table")
            if uploaded is not None or columns:
                given = given.with_more(_recognised(dataset, role, uploaded, columns, key))
    features = tuple(c for c in dataset.feature_columns if c not in given.columns)
    return replace(dataset, given=given if given.arrays else None, feature_columns=features)


def _columns(place: DeltaGenerator, draft: Dataset, key: str, help: str) -> Columns:
    """Ask for columns of the table, or among many for what their names begin with."""
    names = draft.table.column_names
    if len(names) > MANY:
        return place.text_input("or columns that begin with", key=key, help=help).strip()
    return place.multiselect("or columns", names, key=key, help=help)


def _kept(dataset: Dataset, draft: Dataset) -> Given | None:
    """What was brought before, as long as it means the same rows and classes."""
    same = all(getattr(dataset, role) == getattr(draft, role) for role in ("label_columns", "id_column", "task"))
    return draft.given if same else None


def _recognised(dataset: Dataset, role: Role, uploaded: Any, columns: Columns, key: str) -> Given:
    """Read and check one thing, once as long as nothing changes, and say what was recognised or what is wrong."""
    source = uploaded.file_id if uploaded is not None else tuple(columns)
    wanted = (key, source, dataset.label_columns, dataset.id_column, dataset.task, str(dataset.label_options))
    memo = st.session_state.setdefault("brought", {})
    if memo.get(role, (None,))[0] != wanted:
        try:
            memo[role] = (wanted, _read(dataset, role, uploaded, columns))
        except LabelauditError as error:
            memo[role] = (wanted, error)
    found = memo[role][1]
    if isinstance(found, LabelauditError):
        session.show_error(found)
        return Given()
    for note in found.notes:
        st.caption(f":material/check: {plain(note)}")
    return found  # type: ignore[no-any-return]


def _read(dataset: Dataset, role: Role, uploaded: Any, columns: Columns) -> Given:
    if uploaded is None:
        return bring(dataset, {role: columns}).given or Given()
    with TemporaryDirectory() as folder:
        # What a browser sends as a name need not be one that a file can have.
        safe = "".join(c if c.isprintable() and c not in "/\\" else "_" for c in uploaded.name)
        path = Path(folder) / (safe[-60:].strip(". ") or "upload")
        with writing("the uploaded file"):
            path.write_bytes(uploaded.getbuffer())
        return bring(dataset, {role: path}).given or Given()
