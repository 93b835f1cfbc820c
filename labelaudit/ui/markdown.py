"""Text that a user wrote, made safe for Streamlit's Markdown."""

from __future__ import annotations

SPECIAL = frozenset(r"\`*_{}[]#+-!|<>$~:")


def plain(text: str) -> str:
    """Escape what Markdown would take for formatting, links, formulas or icons."""
    return "".join(f"\\{c}" if c in SPECIAL else c for c in text)
