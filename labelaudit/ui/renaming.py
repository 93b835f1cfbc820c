"""Renaming a class or merging it into another, with a dry run."""

from __future__ import annotations

from html import escape

import streamlit as st

from labelaudit.bulk import rows
from labelaudit.decisions import renames
from labelaudit.errors import BadInput
from labelaudit.renaming import Renaming, classes_now, plan
from labelaudit.ui import bulk, session
from labelaudit.ui.markdown import plain
from labelaudit.ui.opened import Opened


def show(opened: Opened) -> None:
    """Draw the choice of a class and of its new name, what that would change, and what was renamed before."""
    name_of = opened.dataset.name_of
    counts = classes_now(opened.dataset, opened.decisions)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown("**Rename a class, or merge it into another**")
        st.caption(
            "It holds for all rows of the data, undecided and unaudited ones included, and for what is decided later. "
            "An export writes the new name; reviews stay as they are."
        )
        one, other = st.columns(2)
        old = one.selectbox(
            "Class",
            list(counts),
            index=None,
            format_func=lambda text: f"{name_of(text)} ({counts[text]:,})",
            key="rename-old",
            placeholder="Which class?",
        )
        name = other.selectbox(
            "New name",
            [name_of(text) for text in counts if text != old],
            index=None,
            key="rename-new",
            accept_new_options=True,
            placeholder="Type a name, or choose a class to merge it into",
        )
        if old is not None and name is not None:
            _dry_run(opened, old, name)
    with right:
        st.markdown("**Renamed so far**")
        called = renames(opened.decisions)
        for before, after in called.items():
            st.markdown(f"{plain(name_of(before))} → **{plain(name_of(after))}**")
        if called:
            st.info(
                "The pages go on showing the names that were audited; the export writes the new ones. Audit the "
                "exported file to see them everywhere."
            )
        else:
            st.caption("Nothing yet.")


def _dry_run(opened: Opened, old: str, name: str) -> None:
    try:
        planned = plan(opened.dataset, opened.decisions, old, name)
    except BadInput as error:
        session.show_error(error)
        return
    st.html(f'<div class="la-plan">{escape(planned.sentence)}.</div>')
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"{'Merge' if planned.there else 'Rename'} {rows(planned.rows)}",
            key="rename-apply",
            type="primary",
            icon=":material/merge:" if planned.there else ":material/edit:",
            on_click=_apply,
            args=(opened, planned),
        )
        st.caption("One undo takes it back.")


@session.telling()
def _apply(opened: Opened, planned: Renaming) -> None:
    decision = planned.decision(
        session.reviewer(),
        fingerprint=opened.dataset.data_fingerprint,
        base=opened.decisions[-1].seq if opened.decisions else 0,
        run=opened.audit.id,
    )
    opened.decide([decision])
    st.session_state["rename-old"] = st.session_state["rename-new"] = None
    bulk.done(planned.sentence.split(",")[0], decision.batch)
