"""Scatter: every example by how sure the model is of its label and of another."""

import streamlit as st

from labelaudit.ui import bar, cards, navigation, scatter, session

navigation.enter()
opened = session.require_audit("where the suspects lie")
bar.show(opened)

plane, rank = st.tabs(["Plane", "Rank"])
with plane:
    scatter.plane(opened)
with rank:
    scatter.rank(opened)
st.subheader("Selected")
cards.strip(opened)
