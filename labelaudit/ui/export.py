"""The Export page's parts."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from labelaudit.artefacts import ARTEFACTS, bundle
from labelaudit.decisions import accept_below, below, undone_batches
from labelaudit.errors import LabelauditError
from labelaudit.export import Handover
from labelaudit.load import formats
from labelaudit.tasks import TASKS
from labelaudit.text import count_of
from labelaudit.ui import session
from labelaudit.ui.markdown import plain
from labelaudit.ui.opened import Opened
from labelaudit.why import parts_named

SCOPES = {"all": "Everything", "selection": "The selection", "decided": "Only what was decided"}
PREVIEW_ROWS = 200


def options(opened: Opened) -> Handover:
    """Ask what to write, and offer the rule for those who don't decide one by one."""
    st.subheader("What to write")
    scope = st.radio("Rows", list(SCOPES), format_func=SCOPES.__getitem__, key="scope", horizontal=True)
    if scope == "selection":
        st.caption(f"{int(opened.mask.sum()):,} rows are selected.")
    possible = formats(opened.dataset)
    came_in = opened.dataset.source.format
    format_ = st.selectbox(
        "Format",
        possible,
        possible.index(came_in),
        key="format",
        format_func=lambda f: f"{f.upper()}{' (as it came)' if f == came_in else ''}",
    )
    keep_original = st.toggle("Original label beside the corrected one", key="keep-original")
    with_tags = st.toggle("Tags in a column of their own", key="with-tags", disabled=not opened.tags)
    ambiguous = int((opened.table["action"] == "ambiguous").sum())
    without_ambiguous = st.toggle(
        f"Leave out what is ambiguous ({ambiguous:,})",
        key="without-ambiguous",
        disabled=not ambiguous,
        help="Examples that fit no class or more than one; else they are written as they are",
    )
    safe = st.toggle(
        "Safe for spreadsheets",
        key="spreadsheet-safe",
        help="In CSV files, cells that a spreadsheet would run as a formula get an apostrophe",
    )
    _rule(opened)
    rows = None
    if scope == "selection":
        rows = np.zeros(len(opened.dataset), dtype=bool)
        rows[opened.audit.rows[opened.mask]] = True
    return Handover(
        audit=opened.audit,
        decisions=opened.decisions,
        rows=rows,
        decided_only=scope == "decided",
        keep_original=keep_original,
        without_ambiguous=without_ambiguous,
        with_tags=with_tags,
        spreadsheet_safe=safe,
        format=format_,
    )


def _rule(opened: Opened) -> None:
    """Accept suggestions by score; the rule writes decisions like a person, and one undo takes it back."""
    with st.expander("Accept suggestions without reviewing each", icon=":material/rule:"):
        score = st.slider("Accept every suggestion with a score under", 0.0, 1.0, 0.1, 0.01, key="rule-score")
        undecided = opened.audit.label_issues[(opened.table["action"] == "").to_numpy()]
        hits = int(below(undecided, score).sum())
        rule = _last_rule(opened)
        left, right = st.columns(2)
        left.button(
            f"Accept {hits:,} suggestions",
            key="rule",
            disabled=not hits,
            on_click=_accept,
            args=(opened, undecided, score),
            help="What you decided yourself stays",
        )
        right.button(
            "Undo the last rule",
            key="undo-rule",
            icon=":material/undo:",
            disabled=rule is None,
            on_click=_undo_rule,
            args=(opened, rule),
        )


@session.telling()
def _accept(opened: Opened, undecided: pd.DataFrame, score: float) -> None:
    opened.decide(accept_below(undecided, score, opened.dataset.data_fingerprint))


def _last_rule(opened: Opened) -> str | None:
    """The actor of the latest batch in force that a rule made."""
    undone = undone_batches(opened.decisions)
    made = (d for d in reversed(opened.decisions) if d.action != "undo" and d.batch not in undone)
    return next((d.actor for d in made if d.actor.startswith("rule")), None)


@session.telling()
def _undo_rule(opened: Opened, rule: str) -> None:
    if opened.workspace.log.undo(opened.dataset.data_fingerprint, rule, by=session.reviewer()) is None:
        session.tell("No rule is left to undo.")


def preview(handover: Handover) -> None:
    """What changes, as numbers and as the first changed rows."""
    st.subheader("What will change")
    counts, task = handover.counts(), TASKS[handover.audit.dataset.task]
    whole = handover.audit.is_whole
    about, rows = f"{task.unit}s", count_of(counts["rows"], "example")
    st.caption(f"Of {rows}:" if whole else f"Of the {counts['labels']:,} {about} in {rows}, counted in {about}:")
    columns = st.container(key="export-counts").columns(5)
    columns[0].metric("Relabelled", f"{counts['relabelled']:,}", border=True)
    gone = f"All {about} of examples that are left out"
    columns[1].metric("Removed", f"{counts['removed']:,}", border=True, help=None if whole else gone)
    columns[2].metric("Kept, confirmed", f"{counts['kept']:,}", border=True)
    fate = "Left out" if handover.without_ambiguous else "Written as they are"
    columns[3].metric("Ambiguous", f"{counts['ambiguous']:,}", border=True, help=fate)
    undecided = counts["undecided"] + counts["skipped"]
    columns[4].metric("Not decided", f"{undecided:,}", border=True, help=handover.fate.capitalize())
    if counts["renamed"]:
        more = count_of(counts["renamed"], f"more {task.unit}")
        st.caption(f"{more} get the new name of a class that was renamed or merged.")
    unseen = int(handover.scope.sum() - handover.scope[handover.audit.outputs["rows"]].sum())
    if unseen:
        not_audited = f"{count_of(unseen, 'example')} were not audited"
        st.caption(f"{not_audited} ({handover.audit.sample} was); they are {handover.fate}.")
    if handover.changes.empty:
        with st.container(border=True, height=240):
            st.markdown(f"**Nothing was changed yet.** {plain(handover.unchanged)}")
            st.page_link("pages/6_Inspector.py", label="Review suspects", icon=":material/rate_review:")
        return
    shown = handover.changes[["id", "part", "change", "before", "after", "actor"]].head(PREVIEW_ROWS)
    names = parts_named(handover.audit, shown["id"].astype(str), shown["part"])
    shown = shown.drop(columns="part") if handover.audit.is_whole else shown.assign(part=names)
    st.dataframe(shown, height=280, hide_index=True)
    if len(handover.changes) > PREVIEW_ROWS:
        what = "rows" if whole else f"{about} and removed examples"
        st.caption(f"The first {PREVIEW_ROWS} of {len(handover.changes):,} changed {what}.")


def check(handover: Handover) -> bool:
    """Say what keeps the export from being written, if anything does."""
    try:
        handover.check()
    except LabelauditError as error:
        session.show_error(error)
        return False
    return True


def files(handover: Handover) -> None:
    """One button for all, one per file; a file is made when its button is pressed."""
    stem = handover.filename.rsplit(".", 1)[0]
    with st.container(horizontal=True):
        st.download_button(
            "Everything as a ZIP",
            partial(bundle, handover),
            f"{stem}.zip",
            type="primary",
            icon=":material/folder_zip:",
            key="download-zip",
            on_click="ignore",
        )
    columns = st.columns(4)
    for place, (name, artefact) in enumerate(ARTEFACTS.items()):
        with columns[place % 4].container(border=True):
            st.download_button(
                artefact.title,
                partial(artefact.make, handover),
                artefact.filename(handover),
                key=f"download-{name}",
                icon=":material/download:",
                on_click="ignore",
                width="stretch",
            )
            st.caption(artefact.what)
