"""The Inspector: the ranked table, the example beside it, and the decision."""

from __future__ import annotations

from dataclasses import replace
from html import escape

import numpy as np
import streamlit as st

from labelaudit.blocks import Block
from labelaudit.dataset import encode
from labelaudit.tasks import TASKS
from labelaudit.ui import bar, blocks, deciding, grid, near, order, session, stopping
from labelaudit.ui.blocks import chip, tag
from labelaudit.ui.markdown import plain
from labelaudit.ui.session import Opened
from labelaudit.why import detectors, issues_of, title_of

VIEWS = ("Table", "One by one")
# Label, key, icon and what it means, in the order of the buttons.
BUTTONS = (
    ("Accept", "a", ":material/check:", "The suggestion is right"),
    ("Keep", "k", ":material/verified:", "The given label is right"),
    ("Exclude", "x", ":material/block:", "Leave the row out of the export"),
    ("Skip", "s", None, "Decide later"),
    ("Undo", "u", ":material/undo:", "Take back the last decision"),
)


@st.fragment
def show(audit_id: str) -> None:
    """Draw the page; a decision draws only this again.

    Parameters
    ----------
    audit_id : str
        The audit; what it holds is read anew at each run, since decisions change.
    """
    opened = session.require_audit("the suspects one by one")
    bar.show(opened)
    if len(opened.ranked) == 0:
        _head(opened)
        st.info("No example matches the selection. Drop a filter in the bar above, or pick suspects on another page.")
        return
    queue = deciding.with_visited(grid.queue_of(opened, opened.queue))
    position = _position(opened, queue)
    in_table = _head(opened, queue, position) == "Table"
    left, right = st.columns([7 if in_table else 8, 5], gap="medium")
    if in_table:
        with left:
            grid.show(opened, queue, position)
    if position is None:
        right.info("No row matches the table's filter. Reset it in the column's menu to go on.")
        return
    example, *rest = TASKS[opened.dataset.task].view(opened.audit, position)
    with right if in_table else left.container(key="hero"):
        _example(example, height=250 if in_table else 580)
    with left:
        near.show(opened, position)
    with right:
        _labels(opened, position)
        _decide(opened, queue, position)
        _why(opened, position)
        with st.container(border=True):
            blocks.render(rest)


def _position(opened: Opened, queue: np.ndarray) -> int | None:
    """The example that is open: the chosen one, or the first that is left; None where the queue is empty."""
    chosen = st.session_state.get("position")
    if len(queue) == 0 or (chosen is not None and chosen in queue):
        return chosen if len(queue) else None
    first = int(np.append(deciding.left_of(opened, queue), queue[0])[0])
    deciding.open_row(first)
    return first


def _head(opened: Opened, queue: np.ndarray | None = None, position: int | None = None) -> str:
    """How far the review is, the search, the view, and the way through the queue; returns the view."""
    issue = opened.selection.issue
    many, decided = int(opened.mask.sum()), int((opened.mask & opened.decided).sum())
    what = "suspects" if opened.table["is_issue"].to_numpy()[opened.mask].all() else "examples"
    what = plain(title_of(opened.audit, issue).lower()) if issue else what
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{many:,} {what}**, {decided:,} decided, {many - decided:,} left", width="content")
        key = f"search-{session.chart_key('inspector')}"
        stopping.show(opened)
        st.text_input(
            "Search",
            opened.selection.search,
            key=key,
            placeholder="Search text or cells",
            label_visibility="collapsed",
            width=210,
            on_change=lambda: session.select(replace(session.selection(), search=st.session_state[key])),
        )
        view = st.segmented_control(
            "View", VIEWS, default="Table", key="view", label_visibility="collapsed", required=True
        )
        order.choose(opened)
        if queue is not None and position is not None:
            _walk(queue, int(np.flatnonzero(queue == position)[0]))
    return str(view)


def _walk(queue: np.ndarray, place: int) -> None:
    """Go back and forth without deciding."""

    def go(by: int) -> None:
        deciding.open_row(int(queue[min(max(place + by, 0), len(queue) - 1)]))

    st.space("stretch")
    for word, key, step, end in (("Previous", "left", -1, 0), ("Next", "right", 1, len(queue) - 1)):
        st.button(
            word,
            key=word.lower(),
            shortcut=key,
            type="tertiary",
            on_click=go,
            args=(step,),
            disabled=place == end,
        )
    st.caption(f"{place + 1:,} of {len(queue):,}", width="content")


def _example(example: Block, height: int) -> None:
    """The example itself, with the room it needs."""
    with st.container(border=True, height=height, key="example"):
        blocks.render([example], room=height - 70)


def _labels(opened: Opened, position: int) -> None:
    row, name = opened.table.iloc[position], opened.dataset.name_of
    parts = [f"given {tag(name(row['given']), 'given')}"]
    if isinstance(row["suggested"], str):
        parts.append(f"suggested {tag(name(row['suggested']), 'suggested')}")
    if row["action"]:
        word = {"keep": "kept", "exclude": "excluded", "skip": "skipped"}.get(row["action"], name(row["final"]))
        parts.append(f"final {tag(word, 'error' if row['status'] == 'error' else 'kept')}")
    facts = [
        *stopping.note(opened, position),
        f"id {row['id']}",
        f"score {row['score']:.3f}",
        *opened.audit.label_issues["evidence"].iloc[position],
    ]
    with st.container(key="labels"):
        st.html(
            f'<div class="la-labels">{"".join(f"<span>{part}</span>" for part in parts)}</div>'
            f'<div class="la-small">{escape(" · ".join(facts))}</div>'
        )


def _why(opened: Opened, position: int) -> None:
    """Which detectors speak against the label, and the other issues with their reasons."""
    said = detectors(opened.audit, position)
    agree = sum(detector.agrees for detector in said)
    chips = [chip(f"{d.title} {d.words}", "yes" if d.agrees else "no", d.hint) for d in said]
    for issue, reasons in issues_of(opened.audit, position):
        chips.append(chip(": ".join([title_of(opened.audit, issue), *reasons[:1]]), "issue", "; ".join(reasons)))
    if said:
        head = f"{agree} of {len(said)} detectors speak against the label"
        chips.insert(0, f'<span class="la-small">{head}</span>')
    if chips:
        st.html(f'<div class="la-chips">{"".join(chips)}</div>')


def _decide(opened: Opened, queue: np.ndarray, position: int) -> None:
    """The buttons: each has a key, writes one decision and moves on."""
    with st.container(horizontal=True, gap="xsmall", key="decide"):
        for word, key, icon, meaning in BUTTONS:
            st.button(
                word,
                key=word.lower(),
                shortcut=key,
                type="primary" if key == "a" else "secondary",
                icon=icon,
                help=meaning,
                disabled=key == "a" and not isinstance(opened.plain["suggested"].iloc[position], str),
                on_click=deciding.press,
                args=(opened, queue, position, key),
            )
    names, keys = opened.dataset.class_names, deciding.class_keys(opened, position)
    with st.container(horizontal=True, gap="xsmall", key="digits"):
        for digit, code in keys.items():
            st.button(
                plain(names[code][:28]),
                key=f"class-{digit}",
                shortcut=digit,
                help=f"The label is {plain(names[code])}",
                on_click=deciding.press,
                args=(opened, queue, position, digit),
            )
    rest = [code for code in deciding.likeliest(opened, position).tolist() if code not in keys.values()]
    with st.container(horizontal=True):
        if rest:
            st.selectbox(
                "Another class",
                rest,
                index=None,
                format_func=names.__getitem__,
                key="other",
                placeholder="Another class: type its name",
                label_visibility="collapsed",
                on_change=_other,
                args=(opened, queue, position),
            )
        st.text_input(
            "Reason", key="reason", placeholder="Reason, if you want one on record", label_visibility="collapsed"
        )


def _other(opened: Opened, queue: np.ndarray, position: int) -> None:
    """Decide for the class that was picked by name, and let the next one be picked."""
    after = encode(opened.dataset.classes[st.session_state["other"]])
    st.session_state["other"] = None
    deciding.decide(opened, queue, position, "set", after)
