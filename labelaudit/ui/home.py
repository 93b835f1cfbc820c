"""Home: what this is, a demo in one click, and the audits to return to."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from labelaudit.audit import AuditConfig
from labelaudit.errors import LabelauditError
from labelaudit.load.demos import DEMOS
from labelaudit.ui import bar, session

DEMO = "tickets"


def show() -> None:
    """Draw the page."""
    try:
        opened = session.opened()
        if opened is not None:
            bar.show(opened)
    except LabelauditError as error:
        st.error(str(error), icon=":material/error:")
        opened = None
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.html(
            '<div class="la-hero">Find the wrong labels in your data set, see why they are suspected, decide with a '
            "keystroke, and take home a cleaned file with a record of every decision.</div>"
        )
        st.write(
            "A model that never saw a row predicts its label. Where it confidently disagrees with the given one, the "
            "label is a suspect (Confident Learning). You have the last word."
        )
        with st.container(horizontal=True):
            if st.button("Open the demo and audit it", type="primary", icon=":material/play_arrow:", key="demo"):
                session.start(DEMOS[DEMO].load(), AuditConfig())
                st.switch_page("pages/2_Audit.py")
            if st.button("Load your data", icon=":material/upload_file:", key="load"):
                st.switch_page("pages/1_Ingest.py")
    with right:
        _standing(opened)
    _recent()


def _standing(opened: session.Opened | None) -> None:
    with st.container(border=True):
        if opened is None:
            demo = DEMOS[DEMO]
            st.markdown(f"**The demo: {demo.title}**")
            st.write(demo.what)
            st.caption("Audited in a few seconds on this machine. Nothing leaves it.")
            return
        suspects = int(opened.table["is_issue"].sum())
        decided = int((opened.table["is_issue"] & (opened.table["action"] != "")).sum())
        st.markdown(f"**Where you are: {_plain(opened.dataset.name)}**")
        st.write(f"{decided:,} of {suspects:,} suspects decided, {suspects - decided:,} left.")
        st.progress(decided / suspects if suspects else 1.0)
        st.page_link("pages/6_Inspector.py", label="Go on reviewing", icon=":material/rate_review:")
        st.page_link("pages/8_Export.py", label="Export what was decided", icon=":material/download:")


def _recent() -> None:
    audits = session.workspace().audits()
    if not audits:
        return
    st.subheader("Your audits")
    for start in range(0, min(len(audits), 8), 4):
        columns = st.columns(4)
        for column, record in zip(columns, audits[start : start + 4], strict=False):
            with column.container(border=True):
                _card(record)


def _card(record: dict[str, Any]) -> None:
    manifest = record.get("manifest")
    if manifest:
        health = f"{manifest['health']['overall_label_health_score']:.1%}"
        line = f"health <b>{health}</b> · {manifest['counts']['suspects']:,} suspects"
    else:
        line = "not finished"
    st.html(
        f"<b>{escape(record['name'])}</b><div class='la-small'>{record['rows']:,} rows · "
        f"{escape(record['config']['model'].replace('_', ' '))}</div><div>{line}</div>"
    )
    if st.button("Open" if manifest else "Resume", key=f"open-{record['id']}"):
        session.choose(record["id"])
        if manifest is None:
            session.resume(record["id"])
        st.switch_page("pages/3_Health.py" if manifest else "pages/2_Audit.py")


def _plain(text: str) -> str:
    """Keep Markdown out of a name that a user chose."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]()#+-.!|<>$:~" else c for c in text)
