"""The selected examples as a strip of cards, and the way from there to review."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st

from labelaudit.dataset import show
from labelaudit.ui.blocks import tag
from labelaudit.ui.session import Opened

SNIPPET = 220


def strip(opened: Opened, *, most: int = 8, per_row: int = 4, main: bool = True) -> None:
    """Show the worst of the selected examples, and a button that reviews them all.

    Parameters
    ----------
    opened : Opened
    most : int
        How many cards.
    per_row : int
        How many side by side.
    main : bool
        Whether reviewing is the main thing to do on the page.
    """
    table = opened.table
    rows = np.flatnonzero(opened.mask)
    rows = rows[np.argsort(table["score"].to_numpy()[rows], kind="stable")]
    head = st.container(horizontal=True, vertical_alignment="center")
    if len(rows) == 0:
        head.info("No example matches the selection. Drop a filter in the bar above to see more.")
        return
    shown = min(most, len(rows))
    head.markdown(f"**{len(rows):,} selected**, the {shown} with the lowest scores:")
    if head.button(
        f"Review these {len(rows):,}",
        type="primary" if main else "secondary",
        icon=":material/rate_review:",
        key="review-strip",
    ):
        st.switch_page("pages/6_Inspector.py")
    for start in range(0, shown, per_row):
        columns = st.columns(per_row)
        for column, position in zip(columns, rows[start : min(shown, start + per_row)], strict=False):
            with column.container(border=True):
                st.html(card_html(opened, int(position)))


def card_html(opened: Opened, position: int) -> str:
    """Return one example as escaped HTML: snippet, given and suggested label, score."""
    row = opened.table.iloc[position]
    named = opened.dataset.name_of
    labels = tag(named(row["given"]), "given")
    if isinstance(row["suggested"], str):
        labels += f" → {tag(named(row['suggested']), 'suggested')}"
    snippet = escape(snippet_of(opened, position))
    return (
        f'<div class="la-snippet" dir="auto">{snippet}</div><div class="la-labels">{labels}</div>'
        f'<div class="la-small">score {row["score"]:.3f} · {escape(row["status"])} · id {escape(str(row["id"]))}</div>'
    )


def snippet_of(opened: Opened, position: int, length: int = SNIPPET) -> str:
    """Return the start of a text, or the first cells of a row."""
    if opened.dataset.modality == "text":
        text = opened.audit.text(position)
    else:
        names = list(opened.dataset.feature_columns[:12])
        record = opened.dataset.table.select(names).slice(int(opened.audit.rows[position]), 1).to_pylist()[0]
        text = " · ".join(f"{name} {show(record[name])}" for name in names if record[name] not in (None, ""))
    return text if len(text) <= length else text[:length].rstrip() + " …"
