"""All labels of an example in one cell: a list, a list written as text, or names with a separator between them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

SEPARATORS = (";", "|", ",", "/", "+", "&")
_ITEM = re.compile(r"""\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^,'"\[\]{}]+?)\s*(?:,|$)""", re.DOTALL)
_LIST = re.compile(r"\s*\[(.*)\]\s*", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True)
class Cell:
    """A cell that was taken apart.

    Parameters
    ----------
    labels : list
        As plain values; they may repeat.
    raw : list of str
        How each is written.
    begin, between, end : str
        What stands before the first, between two (empty where there are not two) and after the last.
    """

    labels: list[Any]
    raw: list[Any]
    begin: str = ""
    between: str = ""
    end: str = ""


Reader = Callable[[Any], Cell | None]


def separated(separator: str) -> Reader:
    """Make a reader of names with a separator between them; None for a cell without text."""
    sep = re.escape(separator)
    if separator.isspace():
        sep = r"\s"
    around = re.compile(rf"((?:\s|{sep})*)(.*?)((?:\s|{sep})*)", re.DOTALL)
    between = re.compile(rf"\s*{sep}(?:\s|{sep})*")

    def read(cell: Any) -> Cell | None:
        if cell is None:
            return None
        begin, inner, end = around.fullmatch(str(cell)).groups()  # type: ignore[union-attr]
        names = between.split(inner) if inner else []
        first = between.search(inner)
        return Cell(list(names), names, begin, first.group() if first else "", end)

    return read


def bracketed(cell: Any) -> Cell | None:
    """Read a list that is written as JSON or as Python shows it; None for null.

    Raises
    ------
    ValueError
        It is something else.
    """
    if cell is None:
        return None
    text = str(cell)
    inside = _LIST.fullmatch(text)
    if inside is None:
        raise ValueError
    at, stop = inside.span(1)
    places: list[tuple[int, int]] = []
    while text[at:stop].strip():
        found = _ITEM.match(text, at, stop)
        if found is None:
            raise ValueError
        places.append(found.span(1))
        at = found.end()
    raw = [text[start:end] for start, end in places]
    first, last = (places[0][0], places[-1][1]) if places else (inside.start(1), inside.end(1))
    between = text[places[0][1] : places[1][0]] if len(places) > 1 else ""
    return Cell([_value(item) for item in raw], raw, text[:first], between, text[last:])


def _value(item: str) -> Any:
    """Read one item of a list."""
    if item[0] == "'":
        return _ESCAPED.sub(r"\1", item[1:-1])
    try:
        return json.loads(item)
    except ValueError:
        return _ESCAPED.sub(r"\1", item[1:-1]) if item[0] == '"' else item


def plain(cell: Any) -> Cell | None:
    """Take a list as it is; None for null."""
    if cell is None:
        return None
    if not isinstance(cell, list):
        raise ValueError
    return Cell(cell, cell)


def guess_separator(texts: Iterable[str]) -> str:
    """Choose the separator after which the fewest different names are left; a comma where none occurs."""
    sample = [text for text in texts if text]

    def repeated(separator: str) -> float:
        read = separated(separator)
        names = [name for text in sample for name in read(text).labels]  # type: ignore[union-attr]
        return len(names) / max(1, len(set(names)))

    used = [separator for separator in SEPARATORS if any(separator in text for text in sample)]
    return max(used, key=repeated, default=",")


@dataclass(frozen=True)
class Style:
    """How the cells of a column are mostly written.

    Parameters
    ----------
    is_list : bool
        Whether they are lists and no text.
    is_sorted : bool
        Whether the labels in them are in the order of their names.
    between : str
        What stands between two.
    ends : tuple of str
        What stands before the first and after the last.
    raw : callable
        A label to how it is written.
    """

    is_list: bool
    is_sorted: bool
    between: str
    ends: tuple[str, str]
    raw: Callable[[Any], Any]


def style_of(cells: Sequence[Cell], form: str, separator: str) -> Style:
    """Judge by the cells that were read."""
    several = [cell for cell in cells if len(set(cell.labels)) > 1]
    names = [list(map(str, cell.labels)) for cell in several]
    is_sorted = len(names) > 1 and all(each == sorted(each) for each in names)
    usual = Counter(cell.between for cell in several).most_common(1)
    if form == "list":
        return Style(True, is_sorted, "", ("", ""), lambda label: label)
    if form == "separated":
        between = usual[0][0] if usual else separator
        return Style(False, is_sorted, between, ("", ""), str)
    pythonic = any(isinstance(raw, str) and raw[:1] == "'" for cell in cells for raw in cell.raw)
    quote = repr if pythonic else (lambda label: json.dumps(label, ensure_ascii=False))
    ends = next(((cell.begin, cell.end) for cell in cells), ("[", "]"))
    return Style(False, is_sorted, usual[0][0] if usual else ", ", ends, quote)


def written(cell: Any, read: Reader, out: set[Any], new: list[Any], style: Style) -> Any:
    """Write a cell without some labels and with others; the rest of it stays as it is.

    Parameters
    ----------
    cell : list, str or None
    read : callable
        The reader of this form.
    out : set
        The labels that go.
    new : list
        Those that come, in order.
    style : Style
    """
    found = read(cell) or Cell([], [])
    kept = [(label, raw) for label, raw in zip(found.labels, found.raw, strict=True) if label not in out]
    kept += [(label, style.raw(label)) for label in new]
    if style.is_sorted:
        kept.sort(key=lambda item: str(item[0]))
    if style.is_list:
        return [raw for _, raw in kept]
    begin, end = (found.begin, found.end) if found.labels or found.begin else style.ends
    return begin + (found.between or style.between).join(raw for _, raw in kept) + end
