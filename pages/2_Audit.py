"""Audit: choose how, watch it run, and see at once what it found."""

import streamlit as st

from labelaudit.config import AuditConfig
from labelaudit.ui import bar, navigation, reaudit, run, session, visitor

navigation.enter()
record = run.requested()
if record is None:
    with st.container(border=True):
        st.subheader("Nothing to audit yet")
        st.write("Load a file or a demo first; the audit starts from there.")
        st.page_link("pages/1_Ingest.py", label="Load your data", icon=":material/upload_file:")
    st.stop()

job = session.job(record["id"])
if job is not None and job.active:
    run.progress(job)
elif visitor.workspace().is_done(record["id"]):
    opened = run.require_result(record)
    bar.show(opened)
    run.result(opened)
    reaudit.since(opened)
    reaudit.offer(opened, "audit")
    run.again(opened.dataset, AuditConfig(**record["config"]))
else:
    run.unfinished(record, job)
session.write_address()
