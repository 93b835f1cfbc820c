"""Heatmap: which classes are taken for which."""

import streamlit as st

from labelaudit.ui import bar, cards, heatmap, navigation, session

navigation.enter()
opened = session.require_audit("which classes are taken for which")
bar.show(opened)

st.subheader("Which label is given, and which is meant")
measure, order = heatmap.controls(opened)
left, right = st.columns([3, 2], gap="large")
with left:
    heatmap.draw(opened, measure, order)
with right:
    st.subheader("Selected suspects")
    cards.strip(opened, most=6, per_row=2)
