"""The Inspector: the ranked table, the example beside it, and the decision."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from labelaudit.dataset import decode, encode
from labelaudit.dataset import show as label_text
from labelaudit.review import Decision
from labelaudit.tasks import TASKS
from labelaudit.ui import bar, blocks, grid, session
from labelaudit.ui.blocks import tag
from labelaudit.ui.markdown import plain
from labelaudit.ui.session import ME, Opened

VIEWS = ("Table", "One by one")


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
    queue = _queue(opened)
    if len(queue) == 0:
        _head(opened)
        st.info("No example matches the selection. Drop a filter in the bar above, or pick suspects on another page.")
        return
    position = _position(opened, queue)
    view = _head(opened, queue, position)
    if view == "Table":
        left, right = st.columns([7, 5], gap="medium")
        with left:
            grid.show(opened, queue)
        with right:
            _example(opened, position, height=270)
            _reasons(opened, position)
            _decide(opened, queue, position)
    else:
        left, right = st.columns([8, 5], gap="medium")
        with left.container(key="hero"):
            _example(opened, position, height=620)
        with right:
            _reasons(opened, position)
            _decide(opened, queue, position)


def _queue(opened: Opened) -> np.ndarray:
    """Positions of the selected examples, worst first."""
    rows = np.flatnonzero(opened.mask)
    return np.asarray(rows[np.argsort(opened.table["score"].to_numpy()[rows], kind="stable")])


def _head(opened: Opened, queue: np.ndarray | None = None, position: int = 0) -> str:
    """How far the review is, the search, the view, and the way through the queue; returns the view."""
    suspects = opened.table[opened.table["is_issue"]]
    decided = int((suspects["action"] != "").sum())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{len(suspects):,} suspects**, {decided:,} decided, {len(suspects) - decided:,} left", width="content"
        )
        key = f"search-{session.chart_key('inspector')}"
        st.text_input(
            "Search",
            opened.selection.search,
            key=key,
            placeholder="Search text or cells",
            label_visibility="collapsed",
            width=210,
            on_change=lambda: session.select(replace(opened.selection, search=st.session_state[key])),
        )
        view = st.segmented_control(
            "View", VIEWS, default="Table", key="view", label_visibility="collapsed", required=True
        )
        if queue is not None:
            _walk(opened, queue, int(np.flatnonzero(queue == position)[0]))
    return str(view)


def _walk(opened: Opened, queue: np.ndarray, place: int) -> None:
    """Go back and forth without deciding."""
    st.space("stretch")
    for word, key, step, end in (("Previous", "left", -1, 0), ("Next", "right", 1, len(queue) - 1)):
        st.button(
            word,
            key=word.lower(),
            shortcut=key,
            type="tertiary",
            on_click=_move,
            args=(opened, queue, place, step),
            disabled=place == end,
        )
    st.caption(f"{place + 1:,} of {len(queue):,}", width="content")


def _position(opened: Opened, queue: np.ndarray) -> int:
    """The example that is looked at: the chosen one, or the first that is not decided."""
    chosen = st.session_state.get("position")
    if chosen is not None and chosen in queue:
        return int(chosen)
    undecided = queue[opened.table["action"].to_numpy()[queue] == ""]
    first = int(undecided[0] if len(undecided) else queue[0])
    st.session_state["position"] = first
    return first


def _example(opened: Opened, position: int, height: int) -> None:
    """The example itself, with the room it needs."""
    with st.container(border=True, height=height, key="example"):
        blocks.render(TASKS[opened.dataset.task].view(opened.audit, position)[:1])


def _reasons(opened: Opened, position: int) -> None:
    """The labels, and what the model says of them."""
    _labels(opened, position)
    with st.container(border=True):
        blocks.render(TASKS[opened.dataset.task].view(opened.audit, position)[1:])


def _labels(opened: Opened, position: int) -> None:
    row = opened.table.iloc[position]
    given, suggested, final = (decode(row[c]) for c in ("given", "suggested", "final"))
    parts = [f"given {tag(label_text(given), 'given')}"]
    if suggested is not None:
        parts.append(f"suggested {tag(label_text(suggested), 'suggested')}")
    if row["action"]:
        word = {"set": label_text(final), "keep": "kept", "exclude": "excluded", "skip": "skipped"}[row["action"]]
        parts.append(f"final {tag(word, 'error' if row['status'] == 'error' else 'kept')}")
    evidence = "; ".join(opened.audit.label_issues["evidence"].iloc[position])
    st.html(
        f'<div class="la-labels">{"".join(f"<span>{part}</span>" for part in parts)}</div>'
        f'<div class="la-small">id {escape(str(row["id"]))} · score {row["score"]:.3f} · {escape(evidence)}</div>'
    )


def _decide(opened: Opened, queue: np.ndarray, position: int) -> None:
    """The keys: each writes one decision and moves on."""
    row = opened.table.iloc[position]
    place = int(np.flatnonzero(queue == position)[0])
    suggested = row["suggested"] if isinstance(row["suggested"], str) else None

    def decide(action: str, after: str | None = None) -> None:
        opened.decide([decision(opened, position, action, after)])
        _move(opened, queue, place, 1, undecided=True)

    with st.container(horizontal=True):
        st.button(
            "Accept",
            key="accept",
            shortcut="a",
            type="primary",
            icon=":material/check:",
            disabled=suggested is None,
            help="The suggestion is right",
            on_click=decide,
            args=("set", suggested),
        )
        st.button(
            "Keep",
            key="keep",
            shortcut="k",
            icon=":material/verified:",
            help="The given label is right",
            on_click=decide,
            args=("keep", row["given"] if isinstance(row["given"], str) else None),
        )
        st.button(
            "Exclude",
            key="exclude",
            shortcut="x",
            icon=":material/block:",
            help="Leave the row out of the export",
            on_click=decide,
            args=("exclude",),
        )
        st.button("Skip", key="skip", shortcut="s", on_click=decide, args=("skip",), help="Decide later")
        st.button(
            "Undo",
            key="undo",
            shortcut="u",
            icon=":material/undo:",
            on_click=_undo,
            args=(opened,),
            help="Take back the last decision",
        )
    _other_class(opened, position, decide)


def _other_class(opened: Opened, position: int, decide: Any) -> None:
    """The likeliest classes by digit, any other by search."""
    probabilities = opened.audit.outputs["pred_probs"][position]
    names = [label_text(c) for c in opened.dataset.classes]
    likeliest = np.argsort(-probabilities, kind="stable")
    with st.container(horizontal=True):
        for digit, code in enumerate(likeliest[:5], start=1):
            st.button(
                plain(names[code][:28]),
                key=f"class-{digit}",
                shortcut=str(digit),
                help=f"The label is {names[code]}",
                on_click=decide,
                args=("set", encode(opened.dataset.classes[code])),
            )
    if len(names) > 5:
        key = f"other-{position}-{len(opened.decisions)}"

        def other() -> None:
            decide("set", encode(opened.dataset.classes[st.session_state[key]]))

        st.selectbox(
            "Another class",
            [int(k) for k in likeliest[5:]],
            index=None,
            format_func=names.__getitem__,
            key=key,
            placeholder="Another class: type its name",
            label_visibility="collapsed",
            on_change=other,
        )


def decision(opened: Opened, position: int, action: str, after: str | None = None, batch: str = "") -> Decision:
    """Make a decision of this reviewer on one example."""
    row = opened.plain.iloc[position]
    return Decision(
        seq=0,
        time="",
        actor=ME,
        action=action,
        id=str(row["id"]),
        part="",
        before=row["given"] if isinstance(row["given"], str) else None,
        after=after if action in ("set", "keep") else None,
        reason="",
        batch=batch,
        base=opened.decisions[-1].seq if opened.decisions else 0,
        fingerprint=opened.dataset.data_fingerprint,
    )


def _undo(opened: Opened) -> None:
    if opened.workspace.log.undo(opened.dataset.data_fingerprint, ME) is None:
        st.toast("There is nothing to undo.")


def _move(opened: Opened, queue: np.ndarray, place: int, by: int, undecided: bool = False) -> None:
    """Go to the next example; after a decision, to the next one without."""
    if undecided:
        actions = opened.table["action"].to_numpy()
        later = [p for p in (*queue[place + 1 :], *queue[:place]) if actions[p] == ""]
        st.session_state["position"] = int(later[0]) if later else int(queue[min(place + 1, len(queue) - 1)])
    else:
        st.session_state["position"] = int(queue[min(max(place + by, 0), len(queue) - 1)])
