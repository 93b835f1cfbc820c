"""What is assigned: how far each slice is, what is left for the reviewer, and the way there."""

from __future__ import annotations

import streamlit as st

from labelaudit.assignments import Assignment, assignment
from labelaudit.selection import Selection, selected
from labelaudit.store import Slice
from labelaudit.ui import session
from labelaudit.ui.markdown import plain
from labelaudit.ui.opened import Opened

STAGES = {"": "first review", "second": "blind second review"}


def to_review(opened: Opened, slices: list[Slice]) -> list[Assignment]:
    """Say how far each slice is that is somebody's."""
    log = opened.workspace.log.read(opened.dataset.data_fingerprint)  # of all, whatever this reviewer may see
    found = []
    for wanted in slices:
        if wanted.reviewer:
            mask = selected(
                opened.audit, opened.table, Selection.from_text(wanted.selection), opened.places, opened.tags
            )
            found.append(assignment(wanted, [str(id_) for id_ in opened.plain["id"][mask]], log))
    return found


def notice(opened: Opened) -> None:
    """Say what is left for the reviewer, and offer to go on with it."""
    me = session.reviewer()
    mine = [s for s in opened.workspace.slices.list(opened.dataset.data_fingerprint) if s.reviewer == me]
    left = [a for a in to_review(opened, mine) if a.left and not is_open(opened, a.slice)]
    if not left:
        return
    first = left[0]
    more = f", and {len(left) - 1} more" if len(left) > 1 else ""
    with st.container(horizontal=True, vertical_alignment="center", key="assigned"):
        st.markdown(
            f"**Assigned to you: {sum(a.left for a in left):,} left** · {plain(first.slice.name)} "
            f"({STAGES[first.slice.stage]}{more})",
            width="content",
        )
        if st.button("Review mine", key="review-mine", icon=":material/rate_review:"):
            go(first.slice)


def is_open(opened: Opened, wanted: Slice) -> bool:
    """Whether the slice is what is reviewed now."""
    return (opened.selection.to_text(), opened.blind) == (wanted.selection, wanted.stage == "second")


def go(wanted: Slice) -> None:
    """Review a slice, at its stage."""
    session.review(wanted.stage)
    session.rank_by(wanted.rank)
    session.select(Selection.from_text(wanted.selection))
    st.switch_page("pages/6_Inspector.py")
