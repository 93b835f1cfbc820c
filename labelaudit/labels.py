"""What a label is: a value as the user writes it, as JSON text, and as a person reads it."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from labelaudit.columns import is_number, is_text
from labelaudit.text import is_encodable, json_text, shorten

Value = str | int | float | bool

# Text formats have no null: these cells, apart from blank ones, mean that there is no label.
MISSING_TEXT = frozenset({"nan", "null", "<na>", "n/a", "#n/a"})
JSON = (bool, int, float, list, dict)


def encode(value: Any) -> str | None:
    """Write a label as the JSON text that the issue table and the decisions hold."""
    return None if value is None else json_text(value)


def decode(text: str | float | None) -> Any:
    """Read what `encode` wrote; pandas' NaN for missing text is no label, too."""
    return json.loads(text) if isinstance(text, str) else None


def show(value: Any) -> str:
    """Write a value for a person, shortened: white space at the ends of a text as ␠, a dash for none."""
    if value is None:
        return "–"
    if not isinstance(value, str):
        return shorten(json_text(value, default=str) if isinstance(value, JSON) else str(value))
    inner = value.strip()
    before = len(value) - len(value.lstrip()) if inner else 0
    shown = shorten("␠" * before + inner + "␠" * (len(value) - before - len(inner)))
    return shown if is_encodable(shown) else shown.encode(errors="backslashreplace").decode()


def is_missing(value: Any) -> bool:
    """Whether a cell of a label column means that there is no label."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return isinstance(value, str) and (not value.strip() or value.strip().casefold() in MISSING_TEXT)


def can_be_classes(kind: pa.DataType) -> bool:
    """Whether a column of this type holds one class per example: text, numbers that are not decimal, true or false."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    plain = is_text(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind)
    return bool(plain or (is_number(kind) and not pa.types.is_decimal(kind)))


def class_order(values: Sequence[Any]) -> Any:
    """Sort numbers and digits by value, the rest by type and text."""
    if all(isinstance(v, str) and is_canonical_int(v) for v in values):
        return int
    return lambda v: (type(v).__name__, v)


def is_canonical_int(text: str) -> bool:
    """Whether a text is a whole number, written as Python writes it."""
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) < 19 and str(int(text)) == text


def named(classes: Sequence[Value]) -> tuple[str, ...]:
    """Name classes for a person, each by a name of its own: text that shows like another class is quoted."""
    names = [show(value) for value in classes]
    quoted = [shorten(str(encode(value))) for value in classes]
    while True:
        counts = Counter([show(None), *names])
        alike = [
            code
            for code, value in enumerate(classes)
            if isinstance(value, str) and counts[names[code]] > 1 and names[code] != quoted[code]
        ]
        if not alike:
            break
        for code in alike:  # a name in quotes may be another class's own
            names[code] = quoted[code]
    # What is still alike is long and differs only in what was cut off.
    return tuple(f"{name} ({code})" if counts[name] > 1 else name for code, name in enumerate(names))
