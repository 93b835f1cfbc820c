"""What lies near an example: its copies and its nearest neighbours, with their labels, as small cards."""

from __future__ import annotations

from html import escape

import streamlit as st

from labelaudit.ui import deciding
from labelaudit.ui.blocks import tag
from labelaudit.ui.cards import glance_html
from labelaudit.ui.session import Opened
from labelaudit.why import copies, neighbours

MOST = 5  # cards


def show(opened: Opened, position: int) -> None:
    """Draw the copies of an example and its nearest neighbours; a click opens one."""
    twins = copies(opened.audit, position)
    near = neighbours(opened.audit, position)
    if not near and not len(twins):
        return
    known = [neighbour for neighbour in near if neighbour.agrees is not None]
    said = [f"{sum(not n.agrees for n in known)} of {len(known)} have another label."] if known else []
    if len(twins):
        said.append(
            f"{len(twins):,} of its set of copies and near copies first." if near else "Copies and near copies."
        )
    st.html(f'<b>Nearest neighbours</b> <span class="la-small">{escape(" ".join(said))}</span>')
    shown = [(int(twin), "(near) copy") for twin in twins[:MOST]]
    seen = {twin for twin, _ in shown}
    shown += [(n.position, f"distance {n.distance:.2f}") for n in near if n.position not in seen]
    for number, (column, (other, far)) in enumerate(zip(st.columns(MOST, gap="small"), shown, strict=False)):
        with column.container(border=True, key=f"near-{number}"):
            st.html(
                f'<div class="la-near">{glance_html(opened, other)}<div class="la-labels">'
                f'{_label_html(opened, position, other)}</div><div class="la-small">{far}</div></div>'
            )
            st.button(
                "Open",
                key=f"open-near-{number}",
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
    return tag(opened.dataset.name_of(label), role) + (' <span class="la-small">≠ given</span>' if differs else "")
