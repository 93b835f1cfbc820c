"""The history of everything, filtered and paged on the server; and that of one example, beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from html import escape

import streamlit as st

from labelaudit.decisions import Decision, undone_batches
from labelaudit.exchange import to_jsonl
from labelaudit.history import WORDS, Filter, told
from labelaudit.labels import decode, encode
from labelaudit.text import middle
from labelaudit.ui import folding
from labelaudit.ui.blocks import id_html, tag
from labelaudit.ui.markdown import plain
from labelaudit.ui.opened import Opened
from labelaudit.why import parts_named

OPEN = "history-of"  # the key of the panel
PAGE = 100  # rows
NARROW = 40  # entries about one example
FOLDED, LONGEST = 120, 2_000  # characters of a comment
FATES = {"In force": False, "Taken back": True}
STAGES = {"": "", "second": "second review", "final": "final say"}


def show(opened: Opened) -> None:
    """Draw the log, the latest first: what is sought, how much of it there is, and a page of it."""
    if not opened.decisions:
        st.info("Nothing was decided yet. Go to the Inspector and decide on the first suspects.")
        st.page_link("pages/6_Inspector.py", label="Review the suspects", icon=":material/rate_review:")
        return
    meant = _sought(opened).applied(opened.decisions)[::-1]
    pages = max(1, math.ceil(len(meant) / PAGE))
    with st.container(horizontal=True, vertical_alignment="center", key="history-head"):
        total = len(opened.decisions)
        count = f"<b>{len(meant):,}</b>" + ("" if len(meant) == total else f" of {total:,}")
        st.html(f'<div class="la-count">{count} {"entry" if total == 1 else "entries"}</div>', width="content")
        st.space("stretch")
        page = _page(pages)
        st.download_button(
            "These as JSONL",
            partial(to_jsonl, meant[::-1]),
            "history.jsonl",
            key="history-jsonl",
            icon=":material/download:",
            on_click="ignore",
            disabled=not meant,
        )
    if not meant:
        st.info("No entry is like that. Take a filter away.")
        return
    st.html(_table(opened, meant[(page - 1) * PAGE : page * PAGE]))


def of(opened: Opened, position: int) -> None:
    """Draw what was decided about one example, behind a button; in a blind review there is none.

    Parameters
    ----------
    opened : Opened
    position : int
        The example.
    """
    if opened.blind:
        return
    if (panel := folding.panel("History", ":material/history:", OPEN)) is None:
        return
    with panel:
        id_ = str(opened.plain["id"].iloc[position])
        st.caption(f"What was decided about {plain(middle(id_))}")
        entries = Filter(id=id_).applied(opened.decisions)[::-1]
        if not entries:
            st.caption("Nobody decided on this example yet.")
            return
        st.html(_table(opened, entries[:NARROW], with_id=False))
        if len(entries) > NARROW:
            st.caption(f"The latest {NARROW} of {len(entries):,}.")


def _sought(opened: Opened) -> Filter:
    """Ask which entries are wanted."""
    log, dataset = opened.decisions, opened.dataset
    classes = [encode(value) for value in dataset.classes]
    with st.container(horizontal=True, key="history-filter"):
        text = st.text_input("Reason, comment or tag", key="history-text", placeholder="contains", width=160)
        id_ = st.text_input("Example", key="history-id", placeholder="id", width=90)
        actors = st.multiselect("Who", sorted({d.actor for d in log}), key="history-who", width=150)
        done = [action for action in WORDS if action in {d.action for d in log}]
        actions = st.multiselect("What", done, key="history-what", format_func=WORDS.__getitem__, width=150)
        before, after = (
            st.selectbox(
                title,
                classes,
                index=None,
                key=f"history-{title.lower()}",
                format_func=dataset.name_of,
                placeholder="any class",
                width=130,
            )
            for title in ("Before", "After")
        )
        when = st.date_input("When (UTC)", [], key="history-when", width=210)
        fate = st.pills("Standing", list(FATES), key="history-fate")
    chosen = [day.isoformat() for day in when]
    return Filter(
        id=id_.strip(),
        actors=tuple(actors),
        actions=tuple(actions),
        before=before or "",
        after=after or "",
        text=text.strip(),
        since=chosen[0] if chosen else "",
        until=chosen[-1] if chosen else "",
        undone=None if fate is None else FATES[fate],
    )


def _page(pages: int) -> int:
    """Ask for a page; fewer pages than before start from the first."""
    if st.session_state.get("history-page", 1) > pages:
        st.session_state["history-page"] = 1
    if pages == 1:
        return 1
    page = st.number_input("Page", 1, pages, key="history-page", label_visibility="collapsed", width=120)
    st.caption(f"page of {pages:,}", width="content")
    return int(page)


def _table(opened: Opened, entries: Sequence[Decision], *, with_id: bool = True) -> str:
    """Return entries as rows of HTML; what was taken back is struck through."""
    undone = undone_batches(opened.decisions)
    head = ("When (UTC)", "Who", *(["Example"] if with_id else []), "What", "Why")
    rows = []
    names = parts_named(opened.audit, [entry.id for entry in entries], [entry.part for entry in entries])
    for entry, part in zip(entries, names, strict=True):
        named = f'<b dir="auto">{escape(part)}</b> ' if part else ""
        cells = [
            f"<td>{escape(entry.time[:16].replace('T', ' '))}</td>",
            f'<td><span dir="auto">{escape(entry.actor)}</span></td>',
            *([f'<td><span dir="auto">{id_html(entry.id)}</span></td>'] if with_id else []),
            f"<td>{named}{_what(opened, entry)}</td>",
            f"<td>{_why(entry)}</td>",
        ]
        rows.append(f"<tr{' class=undone' if entry.batch in undone else ''}>{''.join(cells)}</tr>")
    titles = "".join(f"<th>{title}</th>" for title in head)
    return f'<table class="la-table la-history"><tr>{titles}</tr>{"".join(rows)}</table>'


def _what(opened: Opened, entry: Decision) -> str:
    name = opened.dataset.name_of
    word = escape(told(entry, opened.decisions, lambda other: _named(opened, other)))
    if entry.action == "tag":
        return f"{word} {' '.join(tag(str(each), 'plain') for each in decode(entry.after)) or 'with nothing'}"
    if entry.action in ("set", "rename"):
        return f"{tag(name(entry.before), 'given')} → {tag(name(entry.after), 'suggested')}"
    if entry.action == "keep":
        return f"{word} {tag(name(entry.before), 'kept')}"
    return word


def _named(opened: Opened, entry: Decision) -> str:
    """Name the example that a decision is about, and the part of it."""
    return " ".join(filter(None, (middle(entry.id), *parts_named(opened.audit, [entry.id], [entry.part]))))


def _why(entry: Decision) -> str:
    """Reason and comment; a long comment is folded, and its end is in the file only."""
    said = [escape(text) for text in (STAGES[entry.stage], entry.reason) if text]
    if len(entry.comment) > FOLDED:
        rest, cut = escape(entry.comment[:LONGEST]), len(entry.comment) - LONGEST
        rest += f" … {cut:,} more characters" if cut > 0 else ""
        said.append(f'<details dir="auto"><summary>{escape(entry.comment[:FOLDED])} …</summary>{rest}</details>')
    elif entry.comment:
        said.append(f'<span dir="auto">“{escape(entry.comment)}”</span>')
    return " · ".join(said)
