"""What lies near an example: its copies and its nearest neighbours, with their labels, as small cards."""

from __future__ import annotations

from html import escape

from labelaudit.tasks import TASKS
from labelaudit.ui.blocks import tag
from labelaudit.ui.cards import glance_html
from labelaudit.ui.opened import Opened
from labelaudit.why import copies, neighbours

MOST = 5  # cards


def html(opened: Opened, position: int) -> str:
    """Return the copies of an example and its nearest neighbours as escaped HTML; each card is a button that opens it.

    Parameters
    ----------
    opened : Opened
    position : int

    Returns
    -------
    str
        Empty where there are none.
    """
    twins = copies(opened.audit, position)
    near = neighbours(opened.audit, position)
    if not near and not len(twins):
        return ""
    known = [neighbour for neighbour in near if neighbour.agrees is not None]
    said = [f"{sum(not n.agrees for n in known)} of {len(known)} have another label."] if known else []
    if len(twins):
        said.append(
            f"{len(twins):,} of its set of copies and near copies first." if near else "Copies and near copies."
        )
    shown = [(int(twin), "(near) copy") for twin in twins[:MOST]]
    seen = {twin for twin, _ in shown}
    shown += [(n.position, f"distance {n.distance:.2f}") for n in near if n.position not in seen]
    head = f'<div><b>Nearest neighbours</b> <span class="la-small">{escape(" ".join(said))}</span></div>'
    return f'{head}<div class="la-strip">{"".join(_card(opened, position, *one) for one in shown[:MOST])}</div>'


def _card(opened: Opened, position: int, other: int, far: str) -> str:
    hint = "Look at this example; the queue goes on with the one that you came from"
    return (
        f'<button class="la-near" data-open="{other}" title="{hint}">{glance_html(opened, other)}'
        f'<div class="la-labels">{_label_html(opened, position, other)}</div><div class="la-small">{far}</div></button>'
    )


def _label_html(opened: Opened, position: int, other: int) -> str:
    """The label of a near example in the colour of what it speaks for, and in words where it differs."""
    labels, suggested = opened.table["given"], opened.table["suggested"].iloc[position]
    label, given = labels.iloc[other], labels.iloc[position]
    role = "given" if label == given else "suggested" if label == suggested else "plain"
    # Two numbers are hardly ever the same.
    differs = isinstance(label, str) and isinstance(given, str) and label != given and opened.dataset.classes
    name = TASKS[opened.dataset.task].near_name(opened.audit, other)
    return tag(name, role) + (' <span class="la-small">≠ given</span>' if differs else "")
