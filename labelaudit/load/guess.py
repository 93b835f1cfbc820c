"""Guess which column is the label, which ones are text, and which one identifies the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from labelaudit.columns import can_be_id, codes, is_named_like_id, is_number, is_text, is_whole, numbers
from labelaudit.dataset import Modality, Source
from labelaudit.load import cells
from labelaudit.numerals import look_like_numbers

# In the order of how sure the name makes it.
LABEL_NAMES = (
    *("label", "labels", "target", "class", "y", "category", "intent", "sentiment", "given_label", "given"),
    *("class_label", "class_name", "label_text", "label_name", "gold", "gold_label", "outcome", "topic", "species"),
    *("diagnosis", "emotion", "income", "quality"),
)
# In the order of how sure the name makes it.
TOKEN_NAMES = ("tokens", "words", "forms", "token", "word", "form")
TAG_NAMES = ("tags", "ner_tags", "pos_tags", "labels", "upos", "ner", "tag", "label", "xpos")
SENTENCE_NAMES = ("sent_id", "sentence_id", "sentence #", "sentence", "sent")
TEXT_NAMES = (
    *("text", "sentence", "comment", "comments", "review", "message", "description", "document", "tweet", "question"),
    *("utterance", "body", "content", "abstract", "query", "post", "transcript", "comment_text", "review_text"),
)
MAX_CLASSES = 200
_DATE = r"^\s*(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4})"
_SAMPLE = 2000
_MANY_WORDS = 6
_MANY_COLUMNS = 4


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
        Where it came from.
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
    label = label or named_label(candidates)
    words = _words(table, [name for name in candidates if name != label])
    if label is None:
        label = next((n for n in reversed(candidates) if n not in words and _has_classes(table[n])), None)
    rest = tuple(name for name in candidates if name != label)
    # A name or an address among many columns does not make a table a set of texts.
    texts = bool(words) and (max(words.values()) >= _MANY_WORDS or len(rest) - len(words) < _MANY_COLUMNS)
    return Roles(label, "text" if texts else "tabular", tuple(words) if texts else rest, id, group)


def guess_class(table: pa.Table, source: Source, *, id: str | None, group: str | None) -> str | None:
    """Return the column that looks most like classes, if any does."""
    return guess(table, source, id=id, group=group).label


def guess_number(table: pa.Table, source: Source, *, id: str | None, group: str | None) -> str | None:
    """Return the column of numbers that is called like a label, else the last one; None where there is none."""
    rest = [name for name in table.column_names if name not in (id, group) and not is_named_like_id(name)]
    found = [name for name in rest if _has_numbers(table[name])]
    return named_label(found) or next(reversed(found), None)


def _has_numbers(column: pa.ChunkedArray) -> bool:
    """Whether a column holds different numbers, perhaps with a unit."""
    found = codes(column)
    if found.distinct < 2 or numbers(found.values) is not None:
        return found.distinct > 1
    return is_text(found.values.type) and look_like_numbers(found.values.slice(0, _SAMPLE).to_pylist())


def named_label(candidates: Sequence[str]) -> str | None:
    """Return the column that is called like a label, if one is."""
    named = {name.strip().casefold(): name for name in reversed(candidates)}
    return next((named[name] for name in LABEL_NAMES if name in named), None)


def _has_classes(column: pa.ChunkedArray) -> bool:
    """Whether a column holds few values that repeat, and no measurements."""
    found = codes(column)
    if not 2 <= found.distinct <= min(MAX_CLASSES, max(2, len(column) // 3)):
        return False
    if pa.types.is_floating(found.values.type) or is_number(found.values.type):
        values = numbers(found.values)
        return values is not None and bool((values == np.round(values)).all())
    if is_text(found.values.type) and pc.all(pc.match_substring_regex(found.values, _DATE)).as_py():
        return False
    return numbers(found.values) is None or is_whole(found.values)


def _words(table: pa.Table, candidates: Sequence[str]) -> dict[str, float]:
    """Return the columns of mostly different strings that read like sentences, and how many words they have."""
    rows = np.unique(np.linspace(0, table.num_rows - 1, _SAMPLE).astype(np.int64))
    names = [n for n in candidates if is_text(table.schema.field(n).type) and not cells.is_json(table.schema.field(n))]
    sample = table.select(names).take(pa.array(rows))
    texts = {name: [v for v in sample[name].to_pylist() if v and not v.isspace()] for name in names}
    return {name: words for name in names if (words := _words_of_prose(texts[name], _is_called_text(name)))}


def is_short_text(name: str, column: pa.ChunkedArray) -> bool:
    """Whether a column that is different in every row holds a few words in each rather than identifiers."""
    if not is_text(column.type) or is_named_like_id(name):
        return False
    texts = [value for value in column.to_pylist() if value and not value.isspace()]
    letters = sum(char.isalpha() for text in texts for char in text)
    words = sum(len(text.split()) for text in texts)
    different = len(set(texts)) * 2 > len(column)
    reads_so = _is_called_text(name) or letters * 2 >= sum(map(len, texts))
    return different and words * 2 >= len(texts) * 3 and reads_so


def _is_called_text(name: str) -> bool:
    return name.strip().casefold() in TEXT_NAMES


def _words_of_prose(texts: Sequence[str], is_called_text: bool) -> float:
    """Return the mean number of words, 0 where the texts are something else; words of digits need a telling name."""
    if not texts or len(set(texts)) * 2 < len(texts):
        return 0
    joined = "".join(texts)
    letters = sum(map(str.isalpha, joined))
    if letters * 2 < len(joined) and not is_called_text:  # dates, coordinates, codes
        return 0
    words = sum(len(text.split()) for text in texts) / len(texts)
    length = len(joined) / len(texts)
    spaced = any(" " in text for text in texts)
    # Chinese, Japanese and Thai put no spaces between words.
    if length >= 8 and sum(char > "\u0dff" for char in joined) * 2 > len(joined):
        return length / 2
    return words if words >= 3 or (length >= 20 and spaced) else 0
