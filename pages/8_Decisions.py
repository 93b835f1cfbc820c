"""Decisions: what was decided, by whom and when."""

import streamlit as st

from labelaudit.ui import bar, conflicts, history, navigation, reviewers, second, session

navigation.enter()
opened = session.require_audit("what was decided")
bar.show(opened)
second.require_sight(opened, "the decisions of all")

views = {"History": history.show, "Reviewers": reviewers.show, "Conflicts": conflicts.show}
for tab, draw in zip(st.tabs(list(views), key="decisions-tab", on_change="rerun"), views.values(), strict=True):
    if tab.open:
        with tab:
            draw(opened)
