"""Home: what this is, a demo in one click, and the audits to return to."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from labelaudit.config import AuditConfig
from labelaudit.decisions import DECIDING
from labelaudit.load.demos import DEMOS
from labelaudit.review import effective
from labelaudit.ui import assigned, bar, run, session, visitor
from labelaudit.ui.markdown import plain

DEMO = "tickets"
PAGE = 8  # audits
STEPS = (
    ("1 · Load", "A table or texts with a label column. What is wrong with the file is said before anything runs."),
    ("2 · Find", "A model that never saw a row predicts its label. Confident disagreement makes a suspect."),
    ("3 · Decide", "Accept the suggestion, keep the given label, or exclude the row: one key each, and undo."),
    ("4 · Take home", "The cleaned file as it came in, and a record of every decision."),
)


def show() -> None:
    """Draw the page."""
    opened = bar.show_if_any()
    if opened is not None:
        assigned.notice(opened)
    st.html(
        '<div class="la-hero">Find the wrong labels in your data set, see why they are suspected, and take home a '
        "cleaned file with a record of every decision.</div>"
    )
    with st.container(horizontal=True):
        if st.button("Open the demo and audit it", type="primary", icon=":material/play_arrow:", key="demo"):
            run.launch(DEMOS[DEMO].load(), AuditConfig())
        if st.button("Load your data", icon=":material/upload_file:", key="load"):
            st.switch_page("pages/1_Ingest.py")
        st.caption(f"The demo: {plain(DEMOS[DEMO].what)}.")
    for column, (title, text) in zip(st.columns(len(STEPS)), STEPS, strict=True):
        with column.container(border=True, height=140):
            st.markdown(f"**{title}**")
            st.caption(text)
    audits = visitor.workspace().audits()
    st.subheader("Your audits")
    if not audits:
        st.caption("None yet. Each audit will stand here with its health, to return to.")
    shown = audits
    if len(audits) > PAGE:
        page = st.pagination(-(-len(audits) // PAGE), key="audits")
        shown = audits[(page - 1) * PAGE : page * PAGE]
    for start in range(0, len(shown), 4):
        for column, record in zip(st.columns(4), shown[start : start + 4], strict=False):
            with column.container(border=True, height=210):
                _card(record)


def _card(record: dict[str, Any]) -> None:
    if "error" in record:
        session.show_error(record["error"])
        return
    manifest = record.get("manifest")
    what = record["config"]["model"].replace("_", " ")
    if manifest:
        what = f"{', '.join(manifest['dataset']['label'])} · {what} · {manifest['created'][:10]}"
    rows = f"{record['rows']:,} rows"
    if manifest and manifest["sampled"]:
        rows = f"sample of {manifest['sampled']['rows']:,} from {rows}"
    if record.get("since"):
        rows = f"{rows} · audited again"
    here = " · open now" if record["id"] == session.current() else ""
    st.html(f"<b>{escape(record['name'][:60])}</b><div class='la-small'>{rows} · {escape(what)}{here}</div>")
    if manifest is None:
        job = session.job(record["id"])
        under_way = job is not None and job.active
        st.caption("Under way." if under_way else "Not finished; what was done is kept.")
        pressed = st.button("Watch it" if under_way else "Go on", key=f"open-{record['id']}")
        if pressed and run.go_on(record["id"]):
            session.choose(record["id"])
            st.switch_page("pages/2_Audit.py")
        return
    suspects = manifest["counts"]["suspects"]
    in_force = effective(visitor.workspace().log.read(manifest["dataset"]["data_fingerprint"]))
    decided = in_force.loc[in_force["action"].isin(DECIDING), "id"].nunique()
    st.html(
        f"<div>health <b>{manifest['health']['overall_label_health_score']:.1%}</b> · {suspects:,} suspects · "
        f"{decided:,} decided</div>"
    )
    st.progress(min(1.0, decided / suspects) if suspects else 1.0)
    if st.button("Open", key=f"open-{record['id']}"):
        session.choose(record["id"])
        st.switch_page("pages/3_Health.py" if decided == 0 else "pages/6_Inspector.py")
