"""Health: how good the labels are, class by class, and what to do about it."""

import streamlit as st

from labelaudit.selection import Selection
from labelaudit.tasks import TASKS
from labelaudit.ui import bar, health, issues, navigation, session

navigation.enter()
opened = session.require_audit("how healthy the labels are")
bar.show(opened)

task = TASKS[opened.dataset.task]
figures = task.metrics(opened.audit)
health.cards(opened, figures)

left, right = st.columns([3, 2], gap="large")
with left:
    st.subheader("Label quality by class")
    health.classes(opened, figures["per_class"], task.charts()["per_class"])
with right:
    st.subheader("Pairs that are confused")
    health.pairs(opened, figures["overlaps"])
issues.panel(opened)

if opened.selection not in (Selection(), Selection(suspects=True)):
    st.divider()
    health.selected(opened)
