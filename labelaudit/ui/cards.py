"""The selected examples as a strip of cards, and the way from there to review."""

from __future__ import annotations

from html import escape

import streamlit as st

from labelaudit.errors import BadInput
from labelaudit.labels import show
from labelaudit.tasks import TASKS
from labelaudit.text import count_of, shorten
from labelaudit.thumbnails import thumbnail
from labelaudit.ui import folding
from labelaudit.ui.blocks import broken_html, chip, id_html, tag, thumbnail_html
from labelaudit.ui.markdown import plain
from labelaudit.ui.opened import Opened
from labelaudit.why import detectors, issues_of, title_of

SNIPPET = 220
CELLS, END = 3, 9  # of a row; characters at the end of a name that are shown in any case


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
    rows = opened.ranked
    head = st.container(horizontal=True, vertical_alignment="center")
    if len(rows) == 0:
        head.info("No example matches the selection. Drop a filter in the bar above to see more.")
        return
    shown, unit = min(most, len(rows)), TASKS[opened.dataset.task].unit
    by = plain(order_of(opened))
    head.markdown(f"**{len(rows):,} selected**, the {shown} with the lowest scores ({by}):")
    if head.button(
        f"Review this {unit}" if len(rows) == 1 else f"Review these {count_of(len(rows), unit)}",
        type="primary" if main else "secondary",
        icon=":material/rate_review:",
        key="review-strip",
    ):
        st.switch_page("pages/6_Inspector.py")
    head.button(
        "Decide on all",
        icon=":material/done_all:",
        key="bulk-strip",
        help="Choose what to do with all of them, and see first what would change",
        on_click=folding.unfold,
        args=("bulk",),
    )
    for start in range(0, shown, per_row):
        columns = st.columns(per_row)
        for column, position in zip(columns, rows[start : min(shown, start + per_row)], strict=False):
            with column.container(border=True):
                st.html(card_html(opened, int(position)))


def order_of(opened: Opened) -> str:
    """Name what orders the examples."""
    chosen = opened.rank or opened.selection.issue
    return title_of(opened.audit, chosen).lower() if chosen else "combined"


def card_html(opened: Opened, position: int) -> str:
    """Return one example as escaped HTML: what it is, given and suggested label, score, and what speaks against it."""
    row = opened.table.iloc[position]
    score = opened.scores[position]
    facts = [f"score {score:.3f}" if score == score else "no score", escape(row["status"]), f"id {id_html(row['id'])}"]
    return (
        f'{glance_html(opened, position)}<div class="la-labels">{labels_html(opened, position)}</div>'
        f'<div class="la-small">{" · ".join(facts)}</div>{_agreement_html(opened, position)}'
    )


def labels_html(opened: Opened, position: int) -> str:
    """Return what has the label where that is a part, the given and any suggested label, as escaped HTML."""
    row, named = opened.table.iloc[position], opened.dataset.name_of
    labels = tag(named(row["given"]), "given")
    if isinstance(row["suggested"], str):
        labels += f"<span>→</span>{tag(named(row['suggested']), 'suggested')}"
    return f'{part_html(opened, position)}<span class="la-change">{labels}</span>'


def part_html(opened: Opened, position: int) -> str:
    """Return the name of a part of an example as escaped HTML; empty for a whole one."""
    name = TASKS[opened.dataset.task].part_name(opened.audit, position)
    return f'<b class="la-named" dir="auto">{escape(shorten(name))}</b> ' if name else ""


def _agreement_html(opened: Opened, position: int) -> str:
    """How many detectors speak against the label, and the other issues, as chips."""
    said = detectors(opened.audit, position)
    agree = [detector.title for detector in said if detector.agrees]
    chips = []
    if opened.table["is_issue"].iloc[position] and said:
        chips.append(chip(f"{len(agree)} of {len(said)} detectors", "yes" if agree else "no", ", ".join(agree)))
    for issue, reasons in issues_of(opened.audit, position):
        chips.append(chip(title_of(opened.audit, issue), "issue", "; ".join(reasons)))
    return f'<div class="la-chips">{"".join(chips)}</div>' if chips else ""


def glance_html(opened: Opened, position: int) -> str:
    """Return an example at a glance as escaped HTML: a thumbnail, the start of a text, or the first cells of a row."""
    if opened.dataset.modality == "tabular" and opened.dataset.feature_columns:
        return _cells_html(opened, position)
    if opened.dataset.modality != "image":
        return f'<div class="la-snippet" dir="auto">{escape(snippet_of(opened, position))}</div>'
    row = int(opened.audit.rows[position])
    try:
        image = thumbnail_html(thumbnail(opened.dataset, row), opened.dataset.image_name(row))
    except BadInput as error:
        image = broken_html(str(error))
    return f'<div class="la-picture">{image}</div>'


def _cells_html(opened: Opened, position: int) -> str:
    """Return the first cells of a row, one below the other, and how many more there are."""
    names = opened.dataset.feature_columns
    record = opened.dataset.table.select(list(names[:CELLS])).slice(int(opened.audit.rows[position]), 1).to_pylist()[0]
    lines = []
    for name, value in record.items():
        called = f"<span>{escape(name[:-END])}</span><span>{escape(name[-END:])}</span>"
        cell = escape(shorten(show(value)))
        lines.append(f'<div title="{escape(name)}"><i dir="auto">{called}</i><b dir="auto">{cell}</b></div>')
    if more := len(names) - len(lines):
        lines.append(f"<div><i>and {count_of(more, 'more column')}</i></div>")
    return f'<div class="la-snippet la-cells">{"".join(lines)}</div>'


def snippet_of(opened: Opened, position: int, length: int = SNIPPET) -> str:
    """Return the start of a text, the first cells of a row, or the name of an image; else what speaks of the label."""
    if opened.dataset.modality == "image":
        text = opened.dataset.image_name(int(opened.audit.rows[position]))
    elif opened.dataset.modality == "text":
        text = opened.audit.text(position)
    else:
        names = list(opened.dataset.feature_columns[:12])
        record = opened.dataset.table.select(names).slice(int(opened.audit.rows[position]), 1).to_pylist()[0]
        text = " · ".join(f"{name} {show(record[name])}" for name in names if record[name] not in (None, ""))
    text = text or " · ".join(opened.audit.label_issues["evidence"].iloc[position])
    text = text or f"{opened.dataset.id_column or 'row'} {opened.plain['id'].iloc[position]}"
    return text if len(text) <= length else text[:length].rstrip() + " …"
