"""The Health page's parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from labelaudit.panels import Card, Column, Kind, Links, Panel, Ranking
from labelaudit.selection import Selection
from labelaudit.ui import cards as strip_of_cards
from labelaudit.ui import session, stopping
from labelaudit.ui.markdown import plain
from labelaudit.ui.opened import Opened

WEAK_MODEL = 0.7  # agreement with the given labels under which the estimates are said to be an upper bound
MOST_BARS, MANY = 20, 20  # rows that a chart shows; more rows than that can be searched
FORMATS: dict[Kind, str] = {"percent": "%.1f", "number": "%.3g", "count": "localized"}


def cards(opened: Opened, figures: Mapping[str, Any]) -> None:
    """Numbers, each with what it means and what to do next; the last one is the task's own."""
    suspects = int(opened.table["is_issue"].sum())
    left = int((opened.table["is_issue"] & ~opened.decided).sum())
    own: Card = figures["card"]
    one, two, three, four = st.columns(4)
    with one.container(border=True, height="stretch"):
        st.metric("Health", f"{figures['overall_label_health_score']:.1%}", help=figures["health_help"])
        st.caption(f"of the labels are likely right, {figures['health_words']}.")
    with two.container(border=True, height="stretch"):
        st.metric("Label noise", f"{figures['noise_rate']:.1%}")
        low, high = figures["noise_rate_low"], figures["noise_rate_high"]
        st.caption(
            f"estimated; {low:.1%} to {high:.1%} by the luck of the draw (95%). {figures.get('agreement_words', '')}"
        )
    with three.container(border=True, height="stretch"):
        st.metric("Suspects", f"{suspects:,}")
        st.caption(f"flagged labels, {left:,} not decided yet. {stopping.real(opened)}")
        # Where nothing stands out, errors may hide among what is furthest off.
        label = "Review them" if suspects else "Review the lowest scores"
        if st.button(label, type="primary", icon=":material/rate_review:", key="review"):
            session.select(Selection(suspects=suspects > 0))
            st.switch_page("pages/6_Inspector.py")
    with four.container(border=True, height="stretch"):
        st.metric(own.title, plain(own.value[:40]), help=own.help or None)
        st.caption(plain(own.words))
        if own.link is not None and own.link.selection is not None and st.button(own.link.label, key=own.link.key):
            session.select(own.link.selection)
            st.rerun()
    _caveats(opened, figures)


def _caveats(opened: Opened, figures: Mapping[str, Any]) -> None:
    """What keeps the figures from being taken at face value, and the rows that have no label to judge."""
    if opened.audit.sample:
        st.info(
            f"All figures are of {opened.audit.sample}, class shares kept; the other rows were not judged.",
            icon=":material/info:",
        )
    if figures.get("agreement", 1) < WEAK_MODEL:
        st.warning(
            f"The model agrees with only {figures['agreement']:.0%} of the labels: classes overlap, or the features "
            "say little about them. Take the noise for an upper bound, and review the lowest scores first.",
            icon=":material/warning:",
        )
    unlabelled = opened.audit.manifest["counts"]["missing_labels"]
    if unlabelled:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{unlabelled:,} rows have no label**; the model suggests one for each.", width="content")
            if st.button("Label them", key="unlabelled", icon=":material/new_label:"):
                session.select(Selection(unlabelled=True))
                st.switch_page("pages/6_Inspector.py")


def panels(every: Sequence[Panel]) -> None:
    """Draw the panels two by two, the first of each two wider; one that is left over gets all the room."""
    for at in range(0, len(every), 2):
        beside = every[at : at + 2]
        for column, panel in zip(st.columns([3, 2][: len(beside)], gap="large"), beside, strict=True):
            with column:
                st.subheader(panel.title)
                _ranking(panel) if isinstance(panel, Ranking) else _links(panel)


def _ranking(panel: Ranking) -> None:
    """Things as a chart and a table; a click on either selects their examples everywhere."""
    what = panel.what
    if panel.note:
        st.caption(panel.note)
    with st.container(horizontal=True, vertical_alignment="center"):
        sort = st.segmented_control(
            "Sort by",
            list(panel.sorts),
            format_func=panel.sorts.__getitem__,
            default=next(iter(panel.sorts)),
            key=f"{what}-sort",
            required=True,
        )
        search = ""
        if len(panel.table) > MANY:
            search = st.text_input(f"Find {_a(what)}", key=f"{what}-search", placeholder="part of its name")
    shown = panel.table[panel.table[what].str.contains(search, case=False, regex=False)]
    shown = shown.sort_values(sort, ascending=sort in panel.ascending, kind="stable")
    if shown.empty:
        st.info(f"No {what} has this in its name.")
        return
    names = shown[what].tolist()
    if panel.chart is not None:
        drawn = shown.head(MOST_BARS)
        key = session.chart_key(f"{what}-chart")
        st.altair_chart(
            panel.chart(drawn, sort=sort),
            key=key,
            on_select=lambda: _clicked(panel, [row[what] for row in st.session_state[key]["selection"].get(what, [])]),
            selection_mode=what,
            alt=panel.alt,
        )
        if len(shown) > len(drawn):
            st.caption(f"The first {len(drawn)} of {len(shown)}; the table has all.")
    table = shown.set_index(what)[list(panel.columns)]
    percents = [name for name, column in panel.columns.items() if column.kind in ("share", "percent")]
    table[percents] = 100 * table[percents]
    rows = session.chart_key(f"{what}-rows")
    st.dataframe(
        table,
        key=rows,
        height=min(320, 35 * (len(table) + 1) + 3),
        column_config={what: what, **{name: _configured(column) for name, column in panel.columns.items()}},
        on_select=lambda: _clicked(panel, [names[row] for row in st.session_state[rows]["selection"]["rows"]]),
        selection_mode="single-row",
    )


def _a(what: str) -> str:
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}"


def _clicked(panel: Ranking, names: Sequence[str]) -> None:
    if names and names[0] in panel.selections:
        session.select(panel.selections[names[0]])


def _configured(column: Column) -> Any:
    title, hint = column.title + (", %" if column.kind in ("share", "percent") else ""), column.help or None
    if column.kind == "share":
        return st.column_config.ProgressColumn(title, format="%.1f", min_value=0, max_value=100, help=hint)
    if column.kind == "text":
        return st.column_config.TextColumn(title, help=hint)
    return st.column_config.NumberColumn(title, format=FORMATS[column.kind], help=hint)


def _links(panel: Links) -> None:
    """Ways to examples, each with what is there."""
    if not panel.links:
        st.success(panel.empty, icon=":material/check:")
        return
    st.caption(panel.note)
    for link in panel.links:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                plain(link.label),
                key=link.key,
                on_click=session.select,
                args=(link.selection,),
                disabled=link.selection is None,
            )
            st.caption(plain(link.note))
    if panel.page:
        st.page_link(panel.page[0], label=panel.page[1], icon=":material/grid_on:")


def selected(opened: Opened) -> None:
    """What was selected on this page."""
    st.subheader("Selected")
    strip_of_cards.strip(opened)
