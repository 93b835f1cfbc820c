"""Health's panel of every other kind of issue: what was found, what it means, examples, and the way to them."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from labelaudit.selection import Selection
from labelaudit.ui import session
from labelaudit.ui.blocks import id_html
from labelaudit.ui.cards import glance_html, labels_html
from labelaudit.ui.markdown import plain
from labelaudit.ui.opened import Opened
from labelaudit.why import copies, findings_of

EXAMPLES = 3  # of each kind
MOST_ROWS = 200  # of a table of details


def panel(opened: Opened) -> None:
    """Draw every check: those that found something as cards, the others in a line or folded."""
    findings = findings_of(opened.audit)
    st.subheader("Other issues")
    _unreadable(opened.audit.manifest.get("unreadable") or [])
    if not findings:
        st.caption("This audit was made without the other checks. Audit again to have them.")
        return
    applied = {name: finding for name, finding in findings.items() if finding["applies"]}
    found = {name: finding for name, finding in applied.items() if finding["count"]}
    for name, finding in found.items():
        _card(opened, name, finding)
    quiet = [finding["title"].lower() for name, finding in applied.items() if name not in found]
    if quiet:
        st.caption(f":material/check: Looked for and not found: {plain(', '.join(quiet))}.")
    rest = [finding for name, finding in findings.items() if name not in applied]
    if rest:
        number = "1 check does" if len(rest) == 1 else f"{len(rest)} checks do"
        with st.expander(f"{number} not apply to this data"):
            for finding in rest:
                st.markdown(f"**{plain(finding['title'])}**: {plain(finding['words'])}")


def _card(opened: Opened, name: str, finding: Mapping[str, Any]) -> None:
    """One kind of issue: in words on the left, examples or details on the right."""
    rows = opened.audit.flagged
    rows = rows[rows["issue"] == name].sort_values("score", kind="stable")
    places = list(dict.fromkeys(rows["position"].tolist()))
    with st.container(border=True, key=f"issue-{name}"):
        left, right = st.columns([2, 3], gap="medium")
        with left:
            st.html(f'<div class="la-count"><b>{finding["count"]:,}</b> {escape(finding["title"])}</div>')
            st.write(plain(finding["words"]))
            st.caption(plain(finding["advice"]))
            label = "Show this one" if len(places) == 1 else f"Show these {len(places):,}"
            if places and st.button(label, key=f"show-{name}", icon=":material/rate_review:"):
                session.select(Selection(issue=name))
                st.switch_page("pages/6_Inspector.py")
        with right:
            if places:
                _examples(opened, name, places)
            if finding["details"]:
                _details(finding["details"])


def _examples(opened: Opened, name: str, places: list[int]) -> None:
    """The worst examples; of conflicting copies two side by side, with both labels."""
    if name == "conflicting_duplicate":
        pairs = _pairs(opened, places)
        for column, pair in zip(st.columns(EXAMPLES - 1), pairs[: EXAMPLES - 1], strict=False):
            sides = "".join(_example_html(opened, place) for place in pair)
            column.html(f'<div class="la-pair">{sides}</div>')
        return
    for column, place in zip(st.columns(EXAMPLES), places[:EXAMPLES], strict=False):
        column.html(_example_html(opened, place))


def _pairs(opened: Opened, places: list[int]) -> list[tuple[int, ...]]:
    """Each example with a copy that has another label, every example once."""
    codes, seen, pairs = opened.audit.codes, set[int](), []
    for place in places:
        if place in seen:
            continue
        others = [int(k) for k in copies(opened.audit, place) if codes[k] != codes[place] and int(k) not in seen]
        pair = (place, *others[:1])
        seen.update(pair)
        pairs.append(pair)
        if len(pairs) == EXAMPLES:
            break
    return pairs


def _example_html(opened: Opened, place: int) -> str:
    return (
        f'<div class="la-near">{glance_html(opened, place)}<div class="la-labels">{labels_html(opened, place)}</div>'
        f'<div class="la-small">id {id_html(opened.table["id"].iloc[place])}</div></div>'
    )


def _details(details: list[dict[str, Any]]) -> None:
    """Facts about the whole set, as a table."""
    table = pd.DataFrame(details[:MOST_ROWS])
    for name in table.select_dtypes("float"):
        table[name] = table[name].map(lambda value: float(f"{value:.3g}"))
    table.columns = [name.replace("_", " ") for name in table.columns]
    st.dataframe(table, hide_index=True, height=min(220, 35 * (len(table) + 1) + 3))


def _unreadable(unreadable: list[dict[str, Any]]) -> None:
    """The images that were left out of the audit, with their reasons."""
    if not unreadable:
        return
    number = "1 image can't" if len(unreadable) == 1 else f"{len(unreadable):,} images can't"
    with st.container(border=True, key="unreadable"):
        st.markdown(
            f":material/broken_image: **{number} be read** and left out of the audit; an export still holds what you "
            "do not exclude."
        )
        table = pd.DataFrame(unreadable[:MOST_ROWS])[["name", "reason"]]
        st.dataframe(table, hide_index=True, height=min(180, 35 * (len(table) + 1) + 3))
        if len(unreadable) > len(table):
            st.caption(f"The first {len(table):,} of {len(unreadable):,}.")
