"""Health: how good the labels are, where they are worst, and what to do about it."""

import streamlit as st

from labelaudit.selection import Selection
from labelaudit.tasks import TASKS
from labelaudit.ui import bar, health, issues, navigation, session

navigation.enter()
opened = session.require_audit("how healthy the labels are")
bar.show(opened)

figures = TASKS[opened.dataset.task].metrics(opened.audit)
health.cards(opened, figures)
health.panels(figures["panels"])
issues.panel(opened)

if opened.selection not in (Selection(), Selection(suspects=True)):
    st.divider()
    health.selected(opened)
