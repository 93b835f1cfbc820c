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


def shorten(text: str, length: int = LONGEST) -> str:
    """Cut a text visibly to at most so many characters."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
