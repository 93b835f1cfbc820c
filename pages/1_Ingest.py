"""Ingest: a file or a demo in, its roles settled, what is wrong with it said, and on to the audit."""

import streamlit as st

from labelaudit.ui import bar, ingest, navigation, session

navigation.enter()
bar.show_if_any()

left, right = st.columns([2, 5], gap="large")
with left:
    ingest.sources()
with right:
    draft = session.draft()
    if draft is None:
        ingest.empty()
    else:
        ingest.settle(draft)
session.write_address()
