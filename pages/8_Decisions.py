"""Decisions: what was decided, by whom and when."""

import streamlit as st

from labelaudit.ui import bar, history, navigation, session

navigation.enter()
opened = session.require_audit("what was decided")
bar.show(opened)

views = {"History": history.show}
for tab, draw in zip(st.tabs(list(views), key="decisions-tab", on_change="rerun"), views.values(), strict=True):
    if tab.open:
        with tab:
            draw(opened)
