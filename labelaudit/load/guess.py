"""Guess which column is the label, which ones are text, and which one identifies the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from labelaudit.dataset import Modality, Source
from labelaudit.load import cells
from labelaudit.load.columns import can_be_id, codes, is_named_like_id, is_number, is_text, is_whole, numbers

# In the order of how sure the name makes it.
LABEL_NAMES = (
    *("label", "labels", "target", "class", "y", "category", "intent", "sentiment", "given_label", "given"),
    *("class_label", "class_name", "label_text", "label_name", "gold", "gold_label", "outcome", "topic", "species"),
    *("diagnosis", "emotion", "income", "quality"),
)
_MAX_CLASSES = 200
_SAMPLE = 2000


@dataclass(frozen=True)
class Roles:
    """Which column plays which role.

    Parameters
    ----------
    label : str or None
        None where no column looks like one.
    modality : {"text", "tabular"}
        What the examples are.
    features : tuple of str
        The text columns, or all columns without another role.
    id, group : str or None
        A column of identifiers; there is no guess for groups.
    """

    label: str | None
    modality: Modality
    features: tuple[str, ...]
    id: str | None
    group: str | None = None


def guess(
    table: pa.Table, source: Source, *, label: str | None = None, id: str | None = None, group: str | None = None
) -> Roles:
    """Guess the roles that are not given.

    Parameters
    ----------
    table : pyarrow.Table
        The data.
    source : Source
        Where it came from; columns called "label" that are renamed copies of another keep their first name.
    label, id, group : str, optional
        What is already known.

    Returns
    -------
    Roles
    """
    if id is None:
        others = [name for name in table.column_names if name not in (label, group)]
        id = next((name for name in others if is_named_like_id(name) and can_be_id(table[name])), None)
    candidates = [name for name in table.column_names if name not in (id, group)]
    texts = _text_columns(table, [name for name in candidates if name != label])
    label = label or _label(table, [name for name in candidates if name not in texts])
    rest = tuple(name for name in candidates if name != label)
    features = tuple(name for name in texts if name != label)
    return Roles(label, "text" if features else "tabular", features or rest, id, group)


def _label(table: pa.Table, candidates: Sequence[str]) -> str | None:
    named = {name.strip().casefold(): name for name in reversed(candidates)}
    for name in LABEL_NAMES:
        if name in named:
            return named[name]
    return next((name for name in reversed(candidates) if _has_classes(table[name])), None)


def _has_classes(column: pa.ChunkedArray) -> bool:
    """Whether a column holds few values that repeat, and no measurements."""
    found = codes(column)
    if found is None or not 2 <= found.distinct <= min(_MAX_CLASSES, max(2, len(column) // 3)):
        return False
    if pa.types.is_floating(found.values.type) or is_number(found.values.type):
        values = numbers(found.values)
        return values is not None and bool((values == np.round(values)).all())
    return numbers(found.values) is None or is_whole(found.values)


def _text_columns(table: pa.Table, candidates: Sequence[str]) -> list[str]:
    """Return the columns of mostly different strings that read like sentences."""
    rows = np.unique(np.linspace(0, table.num_rows - 1, _SAMPLE).astype(np.int64))
    names = [n for n in candidates if is_text(table.schema.field(n).type) and not cells.is_json(table.schema.field(n))]
    sample = table.select(names).take(pa.array(rows))
    return [name for name in names if _is_prose([v for v in sample[name].to_pylist() if v and not v.isspace()])]


def _is_prose(texts: Sequence[str]) -> bool:
    if not texts or len(set(texts)) * 2 < len(texts):
        return False
    joined = "".join(texts)
    letters = sum(map(str.isalpha, joined))
    if letters * 2 < len(joined):  # dates, coordinates, codes
        return False
    words = sum(len(text.split()) for text in texts) / len(texts)
    length = len(joined) / len(texts)
    spaced = any(" " in text for text in texts)
    # Chinese, Japanese and Thai put no spaces between words.
    unspaced = length >= 8 and sum(char > "\u0dff" for char in joined) * 2 > len(joined)
    return words >= 3 or (length >= 20 and spaced) or unspaced
