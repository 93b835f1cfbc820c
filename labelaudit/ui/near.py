"""What lies near an example: its copies and its nearest neighbours, with their labels, as small cards."""

from __future__ import annotations

from html import escape

import streamlit as st

from labelaudit.ui import deciding
from labelaudit.ui.blocks import tag
from labelaudit.ui.cards import glance_html
from labelaudit.ui.session import Opened
from labelaudit.why import copies, neighbours

MOST = 8  # cards of a strip


def show(opened: Opened, position: int) -> None:
    """Draw the copies of an example where it has any, and its nearest neighbours; a click opens one."""
    twins = copies(opened.audit, position)
    if len(twins):
        _head(f"Copies and near copies: {len(twins):,}", "It is one of a set of (nearly) the same content.")
        _strip(opened, position, [(int(twin), "") for twin in twins[:MOST]], "copy")
    near = neighbours(opened.audit, position)
    if not near:
        return
    known = [neighbour for neighbour in near if neighbour.agrees is not None]
    others = sum(not neighbour.agrees for neighbour in known)
    said = f"{others} of {len(known)} have another label." if known else "None can be compared by its label."
    _head("Nearest neighbours", said)
    # What is shown among the copies is not shown twice.
    rest = [neighbour for neighbour in near if neighbour.position not in set(twins[:MOST].tolist())]
    _strip(opened, position, [(n.position, f"distance {n.distance:.2f}") for n in rest[:MOST]], "neighbour")


def _head(title: str, said: str) -> None:
    st.html(f"<b>{escape(title)}</b> <span class='la-small'>{escape(said)}</span>")


def _strip(opened: Opened, position: int, others: list[tuple[int, str]], kind: str) -> None:
    """Cards side by side, each with the label, whether it differs, and a button that opens the example."""
    for number, (column, (other, far)) in enumerate(zip(st.columns(MOST), others, strict=False)):
        with column.container(border=True, key=f"near-{kind}-{number}"):
            facts = escape(
                f"{far} · {opened.table['status'].iloc[other]}" if far else opened.table["status"].iloc[other]
            )
            st.html(
                f'<div class="la-near">{glance_html(opened, other)}<div class="la-labels">'
                f'{_label_html(opened, position, other)}</div><div class="la-small">{facts}</div></div>'
            )
            st.button(
                "Open",
                key=f"open-{kind}-{number}",
                type="tertiary",
                help="Look at this example; the queue goes on with the one that you came from",
                on_click=deciding.visit,
                args=(other, position),
            )


def _label_html(opened: Opened, position: int, other: int) -> str:
    """The label of a near example in the colour of what it speaks for, and in words where it differs."""
    labels, suggested = opened.table["given"], opened.table["suggested"].iloc[position]
    label, given = labels.iloc[other], labels.iloc[position]
    role = "given" if label == given else "suggested" if label == suggested else "plain"
    differs = isinstance(label, str) and isinstance(given, str) and label != given
    return tag(opened.dataset.name_of(label), role) + (" <span class='la-small'>≠ given</span>" if differs else "")
