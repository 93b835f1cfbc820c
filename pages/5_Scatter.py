"""Scatter: every example by how sure the model is, by what it is like, or by rank."""

import streamlit as st

from labelaudit.ui import bar, cards, mapping, navigation, scatter, session

navigation.enter()
opened = session.require_audit("where the suspects lie")
bar.show(opened)

views = {"Plane": scatter.plane, "Map": mapping.show, "Rank": scatter.rank}
# Only the open tab is drawn: each of them can hold tens of thousands of points.
for tab, draw in zip(st.tabs(list(views), key="scatter-tab", on_change="rerun"), views.values(), strict=True):
    if tab.open:
        with tab:
            draw(opened)
st.subheader("Selected")
cards.strip(opened)
