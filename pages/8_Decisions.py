"""Decisions: what was decided, by whom and when."""

import streamlit as st

from labelaudit.tasks import TASKS
from labelaudit.ui import (
    bar,
    conflicts,
    copies,
    history,
    navigation,
    renaming,
    replay,
    reviewers,
    second,
    session,
    slices,
    tags,
)

navigation.enter()
opened = session.require_audit("what was decided")
bar.show(opened)
second.require_sight(opened, "the decisions of all")
copies.hint(opened)

views = {
    "History": history.show,
    "Reviewers": reviewers.show,
    "Conflicts": conflicts.show,
    "Tags": tags.show,
    "Slices": slices.show,
    **({} if TASKS[opened.dataset.task].unnamed else {"Classes": renaming.show}),
    "Replay": replay.show,
    "Copies": copies.show,
}
for tab, draw in zip(st.tabs(list(views), key="decisions-tab", on_change="rerun"), views.values(), strict=True):
    if tab.open:
        with tab:
            draw(opened)
