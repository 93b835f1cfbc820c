"""The bar on top of every page: data, health, suspects, decided, and the selection as chips."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from labelaudit.errors import LabelauditError
from labelaudit.selection import Selection
from labelaudit.tasks import TASKS
from labelaudit.text import count_of, plural
from labelaudit.ui import bulk, filters, folding, postman, second, session, slices
from labelaudit.ui.markdown import plain
from labelaudit.ui.opened import Opened
from labelaudit.why import title_of

# By the key of its panel: word, icon, and what it draws.
TOOLS: dict[str, tuple[str, str, Callable[[Opened], None]]] = {
    filters.OPEN: ("Filter", ":material/filter_alt:", filters.panel),
    slices.OPEN: ("Slices", ":material/bookmarks:", slices.panel),
    bulk.OPEN: ("Decide on all", ":material/done_all:", bulk.panel),
}


def show(opened: Opened, *, deck: bool = False) -> None:
    """Draw the bar, and keep the address in step with it.

    Parameters
    ----------
    opened : Opened
    deck : bool
        Whether the page has the deck, which brings its decisions to the log itself.
    """
    audit, table = opened.audit, opened.table
    health = audit.manifest["health"]["overall_label_health_score"]
    task = TASKS[opened.dataset.task]
    suspects = int(table["is_issue"].sum())
    size = audit.sample or f"{len(audit.outputs['rows']):,}"
    if not audit.is_whole:
        size += f" examples with {len(table):,} {task.unit}s"
    elif opened.dataset.classes:
        size += f" × {count_of(len(opened.dataset.classes), task.word)}"
    elif not audit.sample:
        size += f" {task.unit}s"
    seen = [opened.dataset.modality] if opened.dataset.feature_columns and not task.own_features else []
    facts = [
        (opened.dataset.name, ""),
        (" · ".join([size, *seen, task.title.lower()]), ""),
        ("health", f"{health:.1%}"),
        ("suspects", f"{suspects:,}"),
        ("decided", f"{opened.n_decided:,}"),
    ]
    spans = "".join(f"<span>{escape(name)} <b>{escape(value)}</b></span>" for name, value in facts)
    with st.container(key="bar", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<div class="la-facts">{spans}</div>', width="content")
        chips(opened)
        tools(opened)
    if not deck:
        postman.deliver(opened)
    second.banner(opened)
    bulk.show_done(opened)
    session.show_told()
    session.write_address()


def tools(opened: Opened) -> None:
    """Draw what is done with the selection: change it, and decide on all of it."""
    with st.container(horizontal=True, horizontal_alignment="right", gap="xsmall", key="tools"):
        for key, (word, icon, draw) in TOOLS.items():
            if (panel := folding.panel(word, icon, key)) is not None:
                with panel:
                    draw(opened)


def show_if_any() -> Opened | None:
    """Draw the bar where an audit is open, and return it; these pages do without one, too."""
    try:
        opened = session.opened()
    except LabelauditError as error:
        session.show_error(error)
        return None
    if opened is not None:
        show(opened)
    return opened


def chips(opened: Opened) -> None:
    """Draw one button per filter of the selection; a click drops it."""
    if not opened.selection:
        st.caption(f"no selection: all {plural(TASKS[opened.dataset.task].unit)}", width="content")
        return
    for name, text in opened.selection.chips(opened.dataset.name_of, TASKS[opened.dataset.task].axes.short):
        text = title_of(opened.audit, opened.selection.issue) if name == "issue" else text
        st.button(
            plain(text[:60]),
            key=f"chip-{name}",
            icon=":material/close:",
            icon_position="right",
            help="Drop this filter",
            on_click=session.select,
            args=(opened.selection.without(name),),
        )
    st.caption(f"{int(opened.mask.sum()):,} selected", width="content")
    if opened.selection.map is not None and opened.places is None:
        st.caption("The map is not made here yet: see Scatter.", width="content")
    st.button("clear", key="chip-clear", type="tertiary", on_click=session.select, args=(Selection(),))
