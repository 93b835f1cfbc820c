"""The tags of one example, to be edited, and of all of them, to be selected by."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from labelaudit.decisions import Decision
from labelaudit.labels import encode
from labelaudit.selection import Selection
from labelaudit.tags import TAXONOMY, checked, counted, meant_by
from labelaudit.ui import session
from labelaudit.ui.markdown import plain
from labelaudit.ui.opened import Opened
from labelaudit.why import issues_of


def edit(opened: Opened, position: int) -> None:
    """Draw the tags of one example; a change of them is written at once, a suggested one with one click."""
    if opened.blind:
        return  # tags of others are hidden in a second review, and whoever gives one has to see them
    row = opened.plain.iloc[position]
    id_ = str(row["id"])
    has = opened.tags.get(id_, ())
    # Streamlit remembers the callbacks of every example that there ever was: they must not hold what is opened.
    seen = opened.decisions[-1].seq if opened.decisions else 0
    key = f"tags-{id_}"
    st.session_state[key] = list(has)
    st.multiselect(
        "Tags",
        list(counted(opened.tags.values())),
        key=key,
        format_func=words,
        accept_new_options=True,
        placeholder="Tags: choose some, or type your own",
        label_visibility="collapsed",
        on_change=lambda: _give(id_, st.session_state[key], has, seen),
    )
    found = [issue for issue, _ in issues_of(opened.audit, position)]
    suggested = meant_by([*(["label"] if row["is_issue"] else []), *found], has)
    if suggested:
        with st.container(horizontal=True, gap="xsmall", key="tags-suggested"):
            for tag in suggested:
                st.button(
                    words(tag),
                    key=f"tag-{tag}",
                    icon=":material/add:",
                    type="tertiary",
                    help=f"Add this tag: {TAXONOMY[tag]}",
                    on_click=_give,
                    args=(id_, [*has, tag], has, seen),
                )


def words(tag: str) -> str:
    """Write a tag for a person."""
    return tag.replace("_", " ")


@session.telling()
def _give(id_: str, tags: Sequence[str], has: Sequence[str], seen: int) -> None:
    """Give an example these tags and no others, where it had those that its reviewer saw."""
    new, opened = list(dict.fromkeys(map(checked, tags))), session.opened()
    if opened is None or new == list(has):
        return
    opened.decide(
        [
            Decision(
                actor=session.reviewer(),
                action="tag",
                id=id_,
                before=encode(list(has)),
                after=encode(new),
                base=seen,
                fingerprint=opened.dataset.data_fingerprint,
                run=opened.audit.id,
            )
        ]
    )


def show(opened: Opened) -> None:
    """Draw all tags with their counts; a click selects the examples of one."""
    counts = counted(opened.tags.values())
    st.caption(
        "Tags stand beside a label and change nothing about it. Give them in the Inspector, or to a whole selection "
        "with “Decide on all”; a name of your own makes a tag of your own."
    )
    for column, half in zip(st.columns(2, gap="large"), (0, 1), strict=True):
        with column:
            for tag in list(counts)[half::2]:
                _row(opened, tag, counts[tag])


def _row(opened: Opened, tag: str, count: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            f"{plain(words(tag))} · {count:,}",
            key=f"tagged-{tag}",
            icon=":material/sell:",
            type="primary" if opened.selection.tag == tag else "secondary",
            disabled=not count,
            help="Select these examples on all pages",
            on_click=session.select,
            args=(Selection(tag=tag),),
        )
        st.caption(TAXONOMY.get(tag, "your own"))
