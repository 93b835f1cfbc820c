"""Export: what will be written, as it is written, and the files."""

import streamlit as st

from labelaudit.ui import bar, export, navigation, second, session

navigation.enter()
opened = session.require_audit("what an export would write")
bar.show(opened)
second.require_sight(opened, "what an export would write")

left, right = st.columns([2, 3], gap="large")
with left:
    handover = export.options(opened)
with right:
    if not export.check(handover):
        st.stop()
    export.preview(handover)
st.subheader("Take home")
export.files(handover)
