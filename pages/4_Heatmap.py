"""Heatmap: which labels are taken for which."""

import streamlit as st

from labelaudit.ui import bar, cards, heatmap, navigation, session

navigation.enter()
opened = session.require_audit("which labels are taken for which")
bar.show(opened)

grids = heatmap.grids(opened)
if grids:
    grid, order = heatmap.controls(grids)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader(grid.title)
        heatmap.draw(opened, grid, order)
    with right:
        st.subheader("Selected")
        cards.strip(opened, most=6, per_row=2)
