"""The filters of the selection, put together before they are applied, with a live count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import streamlit as st

from labelaudit.labels import encode
from labelaudit.selection import STATUSES, Selection, Status, selected
from labelaudit.ui import folding, session
from labelaudit.ui.opened import Opened
from labelaudit.why import detectors_of_labels

OPEN = "filter"  # the key of the panel


def panel(opened: Opened) -> None:
    """Draw the filters; nothing is selected before the button is pressed."""
    with st.container(key="filter-panel"):
        wanted = _wanted(opened)
        count = int(selected(opened.audit, opened.table, wanted, opened.places, opened.tags).sum())
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                f"Select these {count:,}",
                key="filter-apply",
                type="primary",
                disabled=count == 0 or wanted == opened.selection,
                on_click=_select,
                args=(wanted,),
            )
            st.markdown(f"**{count:,}** of {len(opened.table):,} examples", width="content")
            ticked = opened.table["id"].iloc[st.session_state.get("ticked", [])].astype(str)
            if len(ticked):
                st.space("stretch")
                st.button(
                    f"Only the {len(ticked):,} ticked",
                    key="filter-ticked",
                    on_click=_select,
                    args=(Selection(ids=tuple(ticked)),),
                    help="Select the rows that are ticked in the table, by hand",
                )


def _select(wanted: Selection) -> None:
    session.select(wanted)
    st.session_state["ticked"] = []
    folding.fold()


def _wanted(opened: Opened) -> Selection:
    """The selection as the widgets have it; filters that have no widget here stay."""
    now, names = opened.selection, opened.dataset.class_by_name
    labels = {str(encode(value)): name for name, value in names.items()}
    left, right = st.columns(2)
    with left:
        given = _choice("Given", list(labels), now.given, labels.get) if labels else now.given
        low, high = st.slider(
            "Score",
            0.0,
            1.0,
            (_share(now.score_from, 0.0), _share(now.score_below, 1.0)),
            0.01,
            key=_key("score"),
            help="Low is bad; the upper end does not count",
        )
        status = _choice("Decision", STATUSES, now.status or None)
    with right:
        suggested = _choice("Suggested", list(labels), now.suggested, labels.get) if labels else now.suggested
        most = len(detectors_of_labels(opened.audit)) + ("neighbours" in opened.audit.outputs)
        agree = st.slider(
            "Detectors that agree, at least", 0, max(most, 1), min(now.detectors, most), key=_key("detectors")
        )
        used = sorted({tag for tags in opened.tags.values() for tag in tags} | {now.tag} - {""})
        tag = _choice("Tag", used, now.tag or None)
    actors = opened.table["actor"].to_numpy()
    people = sorted({str(actor) for actor in np.unique(actors[actors != ""].astype(str))} | {now.reviewer} - {""})
    reviewer = _choice("Decided by", people, now.reviewer or None) if people else None
    suspects = st.checkbox("Suspects only", now.suspects, key=_key("suspects"), help="Only labels that were flagged")
    return replace(
        now,
        suspects=suspects,
        given=given,
        suggested=suggested,
        score_from=low or None,
        score_below=None if high == 1 else high,
        detectors=agree,
        status=cast(Status, status or ""),
        tag=tag or "",
        reviewer=reviewer or "",
    )


def _choice(
    title: str, options: Sequence[str], now: str | None, words: Callable[[str], Any] | None = None
) -> str | None:
    """One of several, or any; what an address names and is not there any more stays a choice."""
    known = [*options, *([now] if now is not None and now not in options else [])]
    return st.selectbox(
        title,
        known,
        index=None if now is None else known.index(now),
        format_func=lambda option: str((words and words(option)) or option),
        key=_key(title),
        placeholder="any",
    )


def _share(score: float | None, else_: float) -> float:
    """A score that a slider can show: an address can have any."""
    return else_ if score is None else min(max(score, 0.0), 1.0)


def _key(name: str) -> str:
    """A changed selection starts the widgets anew."""
    return session.chart_key(f"filter-{name}")
