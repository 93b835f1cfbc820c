"""Deciding on many examples at once: what is to be done, what that would change, and the button that does it."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st

from labelaudit.bulk import ACTIONS, NEEDS, TAGGING, Action, Change, Plan, plan, rows
from labelaudit.errors import BadInput, Stale
from labelaudit.labels import encode
from labelaudit.numerals import as_json
from labelaudit.tags import checked, counted, meant_by
from labelaudit.tasks import TASKS
from labelaudit.text import shorten
from labelaudit.ui import folding, session
from labelaudit.ui.cards import snippet_of
from labelaudit.ui.markdown import plain
from labelaudit.ui.opened import Opened
from labelaudit.ui.tags import words

OPEN = "bulk"  # the key of the panel
MOST = 5  # kinds of change that are listed
# Icon of each action, in the words that its pill shows.
WORDS: dict[Action, str] = {
    "accept": ":material/check: Accept suggestions",
    "set": ":material/label: Set a class",
    "keep": ":material/verified: Keep given labels",
    "exclude": ":material/block: Exclude",
    "ambiguous": ":material/help: Ambiguous",
    "tag": ":material/sell: Add a tag",
    "untag": ":material/label_off: Remove a tag",
}


def panel(opened: Opened) -> None:
    """Draw the choice of what to do with the selection, its dry run, and the button that does it."""
    positions, ticked = _positions(opened)
    if len(positions) == 0:
        st.info("No example is selected. Drop a filter in the bar, or choose another.")
        return
    with st.container(key="bulk-panel"):
        filters_on = opened.selection.chips(opened.dataset.name_of, TASKS[opened.dataset.task].axes.short)
        chosen = ", ".join(text for _, text in filters_on) or "all examples"
        st.markdown(f"**Decide on all {len(positions):,}** · {plain(shorten(chosen, 120))}")
        try:
            change = _change(opened)
        except BadInput as error:
            session.show_error(error)
            return
        if stale := st.session_state.pop("bulk-stale", ""):
            st.warning(f"{plain(stale)} This is what would change now.", icon=":material/sync_problem:")
        if change is None:
            st.caption("Choose one, and see here what would change before anything does.")
            return
        _dry_run(opened, plan(opened.audit, opened.table, positions, change, opened.tags), chosen, ticked)


def _positions(opened: Opened) -> tuple[np.ndarray, bool]:
    """The selected examples, or those of them that are ticked in the table that is seen; and whether it is these."""
    marked = st.session_state.get("ticked", []) if st.session_state.get("view") == "Table" else []
    ticked = opened.ranked[np.isin(opened.ranked, marked)]
    if not len(ticked):
        return opened.ranked, False
    only = st.checkbox(f"Only the {len(ticked):,} ticked", st.session_state.get("bulk-only", True), key="bulk-ticked")
    st.session_state["bulk-only"] = only  # a panel that is closed forgets its widgets
    return (ticked, True) if only else (opened.ranked, False)


def _change(opened: Opened) -> Change | None:
    possible = [action for action in ACTIONS if not (opened.blind and action in TAGGING)]
    action: Action | None = st.pills(
        "What to do", possible, default="accept", format_func=WORDS.__getitem__, key="bulk-action", required=True
    )
    if action is None:
        return None
    over = bool(st.session_state.get("bulk-over")) and action not in TAGGING
    if action not in NEEDS:
        return Change(action, over=over)
    if action == "set":
        if not opened.dataset.classes:
            number = st.number_input("Number", value=None, key="bulk-number", placeholder="The number of all of them")
            return None if number is None else Change(action, str(encode(as_json(float(number)))), over)
        names = opened.dataset.class_by_name
        name = st.selectbox("Class", list(names), index=None, key="bulk-class", placeholder="Type a class's name")
        return Change(action, str(encode(names[name])), over) if name else None
    known = counted(opened.tags.values())
    options = list(known) if action == "tag" else [tag for tag, count in known.items() if count]
    meant = meant_by([opened.selection.issue])
    tag = st.selectbox(
        "Tag",
        options,
        index=options.index(meant[0]) if action == "tag" and meant else None,
        format_func=words,
        key=f"bulk-{action}",
        accept_new_options=action == "tag",
        placeholder="Choose a tag, or type one of your own" if action == "tag" else "Choose a tag",
    )
    return Change(action, checked(tag)) if tag else None


def _dry_run(opened: Opened, planned: Plan, chosen: str, ticked: bool) -> None:
    """What would change, in a sentence and by kind."""
    st.html(f'<div class="la-plan">{escape(planned.sentence)}.</div>')
    if planned.otherwise:
        st.checkbox(f"Decide over the {planned.otherwise:,} that are decided otherwise", key="bulk-over")
    if len(planned):
        _table(opened, planned)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Apply to {rows(len(planned))}",
            key="bulk-apply",
            type="primary",
            icon=":material/done_all:",
            disabled=len(planned) == 0,
            on_click=_apply,
            args=(opened, planned, chosen, ticked),
        )
        st.caption("One undo takes all of it back.")


def _table(opened: Opened, planned: Plan) -> None:
    moves = planned.moves.head(MOST)
    text = opened.dataset.modality != "image"
    first = opened.audit.positions(moves["ids"].str.split(", ").str[0])
    shown = moves[["from", "to", "rows"]].assign(
        example=[snippet_of(opened, int(position), 70) for position in first] if text else moves["ids"]
    )
    st.dataframe(
        shown,
        hide_index=True,
        column_config={
            "from": st.column_config.TextColumn(width="small"),
            "to": st.column_config.TextColumn(width="small"),
            "rows": st.column_config.NumberColumn(format="localized", width="small"),
            "example": st.column_config.TextColumn("for example"),
        },
    )
    if len(planned.moves) > MOST:
        st.caption(f"and {len(planned.moves) - MOST:,} other kinds of change")


@session.telling()
def _apply(opened: Opened, planned: Plan, chosen: str, ticked: bool) -> None:
    """Write what the dry run said, unless somebody decided on the same examples meanwhile.

    Rows that somebody ticked one by one were seen, and count for what is said about the others.
    """
    decisions = planned.decisions(
        session.reviewer(),
        fingerprint=opened.dataset.data_fingerprint,
        base=opened.decisions[-1].seq if opened.decisions else 0,
        run=opened.audit.id,
        reason=shorten(f"in bulk: {chosen}", 200),
        seen=ticked,
    )
    try:
        opened.decide(decisions)
    except Stale as stale:
        st.session_state["bulk-stale"] = str(stale)
        return
    done(planned.sentence.split(",")[0], decisions[0].batch)
    st.session_state["ticked"] = []
    folding.fold()


def done(what: str, batch: str) -> None:
    """Say on all pages what was done, with a button that takes it back, until something else is decided."""
    st.session_state["bulk-done"] = what, batch
    session.redraw()


def show_done(opened: Opened) -> None:
    """Draw what `done` has to say."""
    what, batch = st.session_state.get("bulk-done", ("", ""))
    me = session.reviewer()
    mine = next((decision for decision in reversed(opened.decisions) if decision.actor == me), None)
    if mine is None or mine.batch != batch:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="bulk-done-bar", border=True):
        st.markdown(f":material/done_all: **Done:** {plain(what)}.", width="content")
        st.button("Undo", key="bulk-undo", icon=":material/undo:", on_click=_undo, args=(opened,))
        st.button("Dismiss", key="bulk-dismiss", type="tertiary", on_click=st.session_state.pop, args=("bulk-done",))


@session.telling()
def _undo(opened: Opened) -> None:
    st.session_state.pop("bulk-done", None)
    opened.workspace.log.undo(opened.dataset.data_fingerprint, session.reviewer(), stage=opened.stage)
    session.tell("All of it was taken back.")
    session.redraw()
