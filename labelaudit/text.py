"""Texts that hold anything: as JSON, and short enough for a sentence or a name."""

from __future__ import annotations

import json
from typing import Any

LONGEST = 120  # characters of a value that a sentence, a list or a button has room for


def is_encodable(text: str) -> bool:
    """Whether a text has no half of a surrogate pair, which UTF-8 and Arrow do not hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def json_text(value: Any, **options: Any) -> str:
    """Write a JSON value; half of a surrogate pair stays escaped."""
    text = json.dumps(value, ensure_ascii=False, **options)
    return text if text.isascii() or is_encodable(text) else json.dumps(value, **options)


def count_of(count: int, one: str, many: str = "") -> str:
    """Write a number with its noun: "1 example", "2,000 classes"."""
    return f"{count:,} {one if count == 1 else many or plural(one)}"


def plural(one: str) -> str:
    """Return the regular plural of a noun."""
    return one + ("es" if one.endswith("s") else "s")


def middle(text: str, length: int = 24) -> str:
    """Cut a text visibly in its middle, where a name or an id tells the least, to at most so many characters."""
    kept = length - 1
    return text if len(text) <= length else f"{text[: kept - kept // 2]}…{text[-(kept // 2) :]}"


def shorten(text: str, length: int = LONGEST) -> str:
    """Cut a text visibly to at most so many characters."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
