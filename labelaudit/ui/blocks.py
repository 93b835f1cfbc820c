"""Plain blocks to HTML, and to Streamlit; everything that a user wrote is escaped."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape

import streamlit as st

from labelaudit.blocks import (
    LONGEST_TEXT,
    MOST_CELLS,
    MOST_VOTES,
    Bars,
    Block,
    Image,
    Interval,
    Parts,
    Row,
    Text,
    Votes,
)
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.text import middle, shorten
from labelaudit.thumbnails import thumbnail
from labelaudit.ui import zoom

TINY = 48  # pixels of an image in a table
SHARP = 100  # pixels; a smaller image is scaled up with its pixels sharp


def render(blocks: Sequence[Block], room: int = 480) -> None:
    """Draw the blocks, one below the other; an image in so many pixels of height."""
    for block in blocks:
        if isinstance(block, Image) and not block.reason:
            zoom.show(block, room)
            st.html(image_caption(block))
        else:
            st.html(html(block))


def html(block: Block) -> str:
    """Return a block as escaped HTML; of an image, what is said in its place."""
    match block:
        case Text():
            return text_html(block)
        case Row():
            return row_html(block)
        case Bars():
            return bars_html(block)
        case Interval():
            return interval_html(block)
        case Parts():
            return parts_html(block)
        case Votes():
            return votes_html(block)
        case Image():
            return f'<div class="la-broken">{broken_html(block.reason)}</div>{image_caption(block)}'


def tag(text: str, role: str) -> str:
    """Return a label as escaped HTML: ``given``, ``suggested``, ``error``, ``kept`` or ``plain``."""
    return f'<span class="la-tag {role}" title="{escape(text)}" dir="auto">{escape(text)}</span>'


def text_html(block: Text) -> str:
    """Return a text with its marked spans as escaped HTML."""
    parts, at = [], 0
    shown = block.text[:LONGEST_TEXT]
    for start, end, pull in block.spans:
        if end > len(shown):
            break
        parts += [escape(shown[at:start]), f'<mark class="{pull}">{escape(shown[start:end])}</mark>']
        at = end
    parts.append(escape(shown[at:]))
    if len(block.text) > LONGEST_TEXT:
        parts.append(f"<br><i>… {len(block.text) - LONGEST_TEXT:,} more characters</i>")
    keys = (
        f'<span class="la-key given">{escape(block.given)}</span> or '
        f'<span class="la-key suggested">{escape(block.suggested)}</span>'
    )
    legend = f'<div class="la-legend">Marked: words much more frequent in {keys}</div>' if block.spans else ""
    return f'<div class="la-text" dir="auto">{"".join(parts)}</div>{legend}'


def parts_html(block: Parts) -> str:
    """Return the parts of an example with their given labels as escaped HTML, the one that is looked at marked."""
    shown = []
    for part in block.parts:
        role = f"{' here' if part.at == block.here else ''}{' flagged' if part.flagged else ''}"
        shown.append(
            f'<span class="la-part{role}"><span dir="auto">{escape(part.name)}</span>'
            f"<small>{escape(part.given)}</small></span>"
        )
    title = f'<div class="la-small">{escape(block.title)}</div>' if block.title else ""
    return f'{title}<div class="la-parts" dir="auto">{"".join(shown)}</div>'


def image_caption(block: Image) -> str:
    """Return the name, size and kind of an image as escaped HTML."""
    size = f" · {block.width:,} × {block.height:,} pixels · {escape(block.kind)}" if block.width else ""
    return f'<div class="la-small" dir="auto">{escape(shorten(block.name, 200))}{size}</div>'


def thumbnail_html(webp: bytes, name: str) -> str:
    """Return a small image as HTML; very small ones are scaled up with their pixels sharp."""
    from labelaudit.images import header

    shown = header(webp)
    sharp = " sharp" if max(shown.width, shown.height) < SHARP else ""
    return f'<img class="la-thumb{sharp}" alt="{escape(shorten(name, 200))}" src="{data_uri(webp)}">'


def tiny(dataset: Dataset, row: int) -> str:
    """Return the image of an example as an address that holds it, for a table; empty where it can't be shown."""
    try:
        return data_uri(thumbnail(dataset, row, TINY))
    except BadInput:  # the example itself says why, and its name stands beside it
        return ""


def data_uri(webp: bytes) -> str:
    """Return a small image as an address that holds it."""
    return f"data:image/webp;base64,{b64encode(webp).decode()}"


def broken_html(reason: str) -> str:
    """Return why an image can't be shown, as escaped HTML."""
    return f"<span>Can’t be shown: {escape(reason)}.</span>"


def id_html(id_: object) -> str:
    """Return an id as escaped HTML; a long one is cut in its middle, and whole where the pointer rests on it."""
    whole = str(id_)
    short = middle(whole)
    return escape(whole) if short == whole else f'<span title="{escape(whole)}" dir="auto">{escape(short)}</span>'


def chip(text: str, role: str, hint: str = "") -> str:
    """Return a reason as escaped HTML: ``yes`` (speaks against the label), ``no`` or ``issue``."""
    return f'<span class="la-chip {role}" title="{escape(hint)}" dir="auto">{escape(text)}</span>'


def row_html(block: Row) -> str:
    """Return a table row as escaped HTML, unusual cells with their reason."""
    cells = []
    for cell in block.cells[:MOST_CELLS]:
        reason = f"<small>▲ {escape(cell.unusual)}</small>" if cell.unusual else ""
        name, value = escape(shorten(cell.column)), escape(shorten(cell.value, 300)) or "–"
        cells.append(f'<div class="la-cell"><i>{name}</i><b dir="auto">{value}</b>{reason}</div>')
    if len(block.cells) > MOST_CELLS:
        cells.append(f'<div class="la-cell"><i>… {len(block.cells) - MOST_CELLS:,} more columns</i></div>')
    return f'<div class="la-row">{"".join(cells)}</div>'


def interval_html(block: Interval) -> str:
    """Return the line of all numbers, with the interval and the given one on it, as escaped HTML."""
    length = (block.end - block.start) or 1.0

    def at(value: float) -> str:
        return f"{min(1.0, max(0.0, (value - block.start) / length)):.2%}"

    most = max(block.counts, default=0) or 1
    columns = "".join(f'<i style="height:{count / most:.0%}"></i>' for count in block.counts)
    width = f"calc({at(block.high)} - {at(block.low)})"
    marks = f'<b class="band" style="left:{at(block.low)};width:{width}"></b>'
    marks += f'<b class="tick suggested" style="left:{at(block.predicted)}"></b>'
    low, high, start, end = (escape(block.shown(value)) for value in (block.low, block.high, block.start, block.end))
    told = f"predicted {tag(block.shown(block.predicted), 'suggested')} ({low} to {high})"
    if block.given is not None:
        marks += f'<b class="tick given" style="left:{at(block.given)}"></b>'
        beyond = "" if block.start <= block.given <= block.end else " (beyond this line, drawn at its edge)"
        told = f"given {tag(block.shown(block.given), 'given')}{beyond} {told}"
    note = f"<div>{escape(block.note)}</div>" if block.note else ""
    return (
        f'<div class="la-small">{escape(block.title)}</div>'
        f'<div class="la-range"><div class="all">{columns}</div>{marks}'
        f'</div><div class="la-ends"><span>{start}</span><span>{end}</span></div>'
        f'<div class="la-small">{told}{note}</div>'
    )


def bars_html(block: Bars) -> str:
    """Return bars from 0 to 1 as escaped HTML, the role in colour and in words."""
    rows = []
    for bar in block.bars:
        role = "" if bar.role == "other" else f" ({bar.role})"
        rows.append(
            f'<div class="la-bar"><span class="name" title="{escape(bar.label)}" dir="auto">{escape(bar.label)}{role}'
            f'</span><span class="track"><span class="fill {bar.role}" style="display:block;width:{bar.value:.1%}">'
            f'</span></span><span class="value">{bar.value:.1%}</span></div>'
        )
    return f'<div class="la-small">{escape(block.title)}</div>{"".join(rows)}'


def votes_html(block: Votes) -> str:
    """Return who said what as escaped HTML: a line per label, and how far each person is to be trusted."""
    lines = []
    for said in block.said:
        role, named = ("plain", "") if said.role == "other" else (said.role, f" ({said.role})")
        people = "".join(
            f'<span class="la-voter" style="--q:{vote.quality:.0%}" dir="auto">{escape(shorten(vote.annotator))} '
            f"<b>{vote.quality:.0%}</b></span>"
            for vote in said.votes[:MOST_VOTES]
        )
        more = f"<i>… {len(said.votes) - MOST_VOTES:,} more</i>" if len(said.votes) > MOST_VOTES else ""
        lines.append(
            f'<div class="la-ballot"><span class="count">{len(said.votes):,} ×</span>{tag(said.label, role)}'
            f'<span class="la-small">{named}</span><div>{people}{more}</div></div>'
        )
    return f'<div class="la-votes"><div class="la-small">{escape(block.title)}</div>{"".join(lines)}</div>'
