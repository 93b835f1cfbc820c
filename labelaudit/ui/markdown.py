"""Text that a user wrote, made safe for Streamlit's Markdown."""

from __future__ import annotations

import re

SPECIAL = frozenset(r"\`*_{}[]#+-!|<>$~:")
# Icons, emoji and arrows are put in after escapes are resolved; only a character in between keeps them from it.
REPLACED = re.compile(r":(?=[\w+-])|[<>~-](?=[=>-])")
WORD_JOINER = "\u2060"  # invisible


def plain(text: str) -> str:
    """Escape what Markdown would take for formatting, links, formulas or icons."""
    split = REPLACED.sub(rf"\g<0>{WORD_JOINER}", text)
    return "".join(f"\\{c}" if c in SPECIAL else c for c in split)
