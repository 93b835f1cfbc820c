"""Audit again with the decisions so far, and what changed since the audit before."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from labelaudit.errors import LabelauditError
from labelaudit.estimate import estimate
from labelaudit.reaudit import Changes, changes, with_reviewed
from labelaudit.selection import Selection
from labelaudit.ui import session, visitor
from labelaudit.ui.opened import Opened, open_audit


def offer(opened: Opened, key: str) -> None:
    """Draw the button that audits again with what was decided; nothing where nothing is, or in a second review.

    Parameters
    ----------
    opened : Opened
    key : str
        Prefix of the button's key.
    """
    if not opened.decided.any() or opened.blind:
        return
    ahead = estimate(opened.dataset, opened.audit.config)
    new = int((opened.decided & ~opened.dataset.verified[opened.audit.rows]).sum())
    what = {0: "the decisions so far", 1: "1 new decision"}.get(new, f"{new:,} new decisions")
    pressed = st.button(
        f"Audit again with {what} ({ahead})",
        key=f"{key}-reaudit",
        icon=":material/replay:",
        help="The models learn from the labels as they are now, and what you decided on is no suspect any more. Your "
        "decisions stay, and so does the file that they are about.",
    )
    if pressed:
        _start(opened)


def _start(opened: Opened) -> None:
    try:
        dataset = with_reviewed(opened.dataset, opened.decisions)
        if dataset.fingerprint == opened.dataset.fingerprint:
            st.info("This audit has all of the decisions so far: nothing would change.")
            return
        session.start_again(dataset, opened.audit)
    except LabelauditError as error:
        session.show_error(error)
        return
    st.switch_page("pages/2_Audit.py")


def since(opened: Opened) -> None:
    """Show what changed since the audit before this one, with a way to each part of it."""
    before = visitor.workspace().record(opened.audit.id).get("since", "")
    if not before or not opened.workspace.is_done(before):
        return
    try:
        old, _ = open_audit(opened.workspace.owner, before)
    except LabelauditError as error:
        session.show_error(error)
        return
    found = changes(old, opened.audit)
    st.subheader("What changed since the audit before")
    _cards(found)
    if len(found.per_class):
        _classes(found.per_class)
    if st.button("Open the audit before", key="to-before", type="tertiary", icon=":material/history:"):
        session.choose(before)
        st.rerun()


def _cards(found: Changes) -> None:
    health, new, cleared, settled = st.columns(4)
    was, now = found.health
    with health.container(border=True, height=150):
        st.metric("Health", f"{now:.1%}", f"{100 * (now - was):+.1f} points", help=f"It was {was:.1%}.")
    with new.container(border=True, height=150):
        st.metric("New suspects", f"{len(found.new):,}")
        _review("Review them", found.new, "new")
    with cleared.container(border=True, height=150):
        st.metric("No longer suspected", f"{len(found.cleared):,}", help="Nobody decided on them.")
        _review("Look at them", found.cleared, "cleared")
    with settled.container(border=True, height=150):
        st.metric(
            "Suspects decided on",
            f"{found.settled:,}",
            help="Of the suspects of the audit before; what else was decided was none of them.",
        )
        st.caption(f"{found.remaining:,} suspects are still to be decided on.")


def _review(word: str, ids: Sequence[str], key: str) -> None:
    if ids and st.button(word, key=f"since-{key}", icon=":material/rate_review:"):
        session.select(Selection(ids=tuple(ids)))
        st.switch_page("pages/6_Inspector.py")


def _classes(table: pd.DataFrame) -> None:
    with st.expander(f"By class: {len(table):,} changed"):
        shares = {name: st.column_config.NumberColumn(title, format="percent") for name, title in _QUALITY.items()}
        counts = {"suspects_before": "Suspects before", "suspects": "Suspects now", "class": "Class"}
        st.dataframe(table, hide_index=True, column_config={**counts, **shares})


_QUALITY = {"quality_before": "Label quality before", "quality": "Label quality now"}
