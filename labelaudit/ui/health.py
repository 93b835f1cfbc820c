"""The Health page's parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from labelaudit.labels import encode
from labelaudit.selection import Selection, cell
from labelaudit.ui import cards as strip_of_cards
from labelaudit.ui import session, stopping
from labelaudit.ui.markdown import plain
from labelaudit.ui.opened import Opened

WEAK_MODEL = 0.7  # agreement with the given labels under which the estimates are said to be an upper bound
AT_RISK = 0.8  # a class of which more than every fifth label is likely wrong
SORTS = {"noise_out": "given wrongly", "noise_in": "missing", "label_quality": "quality", "suspects": "suspects"}


def cards(opened: Opened, figures: Mapping[str, Any]) -> None:
    """Four numbers, each with what it means and what to do next."""
    per_class: pd.DataFrame = figures["per_class"]
    suspects = int(opened.table["is_issue"].sum())
    left = int((opened.table["is_issue"] & ~opened.decided).sum())
    worst = per_class.iloc[0]
    at_risk = per_class[per_class["label_quality"] < AT_RISK]
    one, two, three, four = st.columns(4)
    with one.container(border=True, height="stretch"):
        st.metric(
            "Health", f"{figures['overall_label_health_score']:.1%}", help="cleanlab's overall label health score"
        )
        st.caption("of the labels are likely right, by the estimate of Confident Learning.")
    with two.container(border=True, height="stretch"):
        st.metric("Label noise", f"{figures['noise_rate']:.1%}")
        low, high = figures["noise_rate_low"], figures["noise_rate_high"]
        st.caption(
            f"estimated; {low:.1%} to {high:.1%} by the luck of the draw (95%). The model, which never saw them, "
            f"agrees with {figures['agreement']:.0%} of the labels: the higher, the more of the suspects are right."
        )
    with three.container(border=True, height="stretch"):
        st.metric("Suspects", f"{suspects:,}")
        st.caption(f"flagged labels, {left:,} not decided yet. {stopping.real(opened)}")
        if st.button(
            "Review them", type="primary", icon=":material/rate_review:", key="review", disabled=suspects == 0
        ):
            session.select(Selection(suspects=True))
            st.switch_page("pages/6_Inspector.py")
    with four.container(border=True, height="stretch"):
        risk = f"{len(at_risk)} classes at risk" if len(at_risk) != 1 else "1 class at risk"
        st.metric("Weakest class", plain(str(worst["class"])[:40]), help="the lowest label quality score")
        st.caption(f"quality {worst['label_quality']:.1%}; {risk} (under {AT_RISK:.0%}).")
        if st.button(f"Show its {int(worst['suspects']):,} suspects", key="weakest"):
            code = int(worst["code"])
            session.select(Selection(suspects=True, given=encode(opened.dataset.classes[code])))
            st.rerun()
    _caveats(opened, figures)


def _caveats(opened: Opened, figures: Mapping[str, Any]) -> None:
    """What keeps the figures from being taken at face value, and the rows that have no label to judge."""
    if opened.audit.sample:
        st.info(
            f"All figures are of {opened.audit.sample}, class shares kept; the other rows were not judged.",
            icon=":material/info:",
        )
    if figures["agreement"] < WEAK_MODEL:
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


def classes(opened: Opened, per_class: pd.DataFrame, chart: Callable[..., Any]) -> None:
    """The classes as a chart and a table; a click on either selects the class everywhere."""
    with st.container(horizontal=True, vertical_alignment="center"):
        sort = st.segmented_control(
            "Sort by", list(SORTS), default="noise_out", format_func=SORTS.__getitem__, key="class-sort", required=True
        )
        search = ""
        if len(per_class) > 20:
            search = st.text_input("Find a class", key="class-search", placeholder="part of its name")
    shown = per_class[per_class["class"].str.contains(search, case=False, regex=False)]
    shown = shown.sort_values(sort, ascending=sort == "label_quality", kind="stable")
    drawn = shown.head(20)
    if len(drawn) == 0:
        st.info("No class has this in its name.")
        return

    by_name = opened.dataset.class_by_name

    def clicked() -> None:
        picked = st.session_state[key]["selection"].get("class", [])
        if picked:
            session.select(Selection(suspects=True, either=encode(by_name[picked[0]["class"]])))

    key = session.chart_key("classes")
    st.altair_chart(
        chart(drawn, sort=sort),
        key=key,
        on_select=clicked,
        selection_mode="class",
        alt="Bars: the share of each class that was given wrongly, and that is missing from it",
    )
    if len(shown) > len(drawn):
        st.caption(f"The first {len(drawn)} of {len(shown)} classes; the table has all.")
    table = shown.set_index("class")[["label_quality", "noise_out", "noise_in", "examples", "suspects", "missing"]]
    shares = ["label_quality", "noise_out", "noise_in"]
    table[shares] = 100 * table[shares]
    st.dataframe(
        table,
        height=min(320, 35 * (len(table) + 1) + 3),
        column_config={
            "label_quality": st.column_config.ProgressColumn("quality, %", format="%.1f", min_value=0, max_value=100),
            "noise_out": st.column_config.NumberColumn("wrong, %", format="%.1f", help="noise out: given wrongly"),
            "noise_in": st.column_config.NumberColumn("missing, %", format="%.1f", help="noise in: missing from it"),
            "missing": st.column_config.NumberColumn("suggested", help="suspects that are given another class"),
        },
    )


def pairs(opened: Opened, overlaps: pd.DataFrame) -> None:
    """The class pairs that overlap most, each with a way to its suspects."""
    if overlaps.empty:
        st.success("No class is confidently taken for another.", icon=":material/check:")
        return
    st.caption("Estimated examples given the first class that are the second. A click selects the pair's suspects.")
    table = opened.plain[opened.plain["is_issue"]]
    counts = table.groupby(["given", "suggested"]).size()
    named = opened.dataset.class_by_name
    for row in overlaps.head(8).to_dict("records"):
        pair = cell(named[row["given"]], named[row["suggested"]])
        suspects = int(counts.get((pair.given, pair.suggested), 0))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                plain(f"{row['given']} → {row['suggested']}"),
                key=f"pair-{row['given_code']}-{row['suggested_code']}",
                on_click=session.select,
                args=(pair,),
                disabled=suspects == 0,
            )
            st.caption(f"about {row['examples']:,}, {suspects:,} suspects")
    st.page_link("pages/4_Heatmap.py", label="All pairs as a heatmap", icon=":material/grid_on:")


def selected(opened: Opened) -> None:
    """What was selected on this page."""
    st.subheader("Selected")
    strip_of_cards.strip(opened)
