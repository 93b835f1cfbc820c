"""Export: what will be written, as it is written, and the files."""

import streamlit as st

from labelaudit.ui import bar, export, session

opened = session.require_audit("what an export would write")
bar.show(opened)

left, right = st.columns([2, 3], gap="large")
with left:
    handover = export.options(opened)
with right:
    export.preview(handover)
st.subheader("Take home")
export.files(handover)
