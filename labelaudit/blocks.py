"""Plain blocks that a task's `view` makes of an example; `labelaudit.ui` renders them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

LONGEST_TEXT, MOST_CELLS = 20_000, 200  # characters of a text and cells of a row that a page shows
MOST_VOTES = 60  # people who said the same that a page names

Pull = Literal["given", "suggested"]


@dataclass(frozen=True)
class Text:
    """A text with marked spans.

    Parameters
    ----------
    text : str
    spans : tuple of (start, end, pull)
        Character positions; which label the words there speak for.
    given, suggested : str
        The labels that the marks speak for.
    """

    text: str
    spans: tuple[tuple[int, int, Pull], ...] = ()
    given: str = ""
    suggested: str = ""


@dataclass(frozen=True)
class Cell:
    """A cell of a table row, and why it is unusual (empty where it is not)."""

    column: str
    value: str
    unusual: str = ""


@dataclass(frozen=True)
class Row:
    """The cells of a table row."""

    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Bar:
    """One bar from 0 to 1 and the role of its label."""

    label: str
    value: float
    role: Literal["given", "suggested", "other"]


@dataclass(frozen=True)
class Bars:
    """Bars under a title, longest first."""

    title: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Interval:
    """Where a number lies against what was predicted, on the line of all numbers.

    Parameters
    ----------
    title : str
    given : float or None
    predicted, low, high : float
    counts : tuple of int
        How many numbers lie in each of as many equal parts of the line.
    start, end : float
        Of the line; what lies beyond is drawn at its edge.
    shown : callable
        Writes a number for a person.
    note : str
        What to make of it.
    """

    title: str
    given: float | None
    predicted: float
    low: float
    high: float
    counts: tuple[int, ...]
    start: float
    end: float
    shown: Callable[[float], str]
    note: str = ""


@dataclass(frozen=True)
class Part:
    """One part of an example that has a label of its own.

    Parameters
    ----------
    at : int
        The position of its unit in the audit.
    name : str
        What it is: a word, a class.
    given : str
        Its given label, for a person.
    flagged : bool
        Whether that label is suspected.
    """

    at: int
    name: str
    given: str
    flagged: bool


@dataclass(frozen=True)
class Parts:
    """All parts of an example with their labels, the one that is looked at among them.

    Parameters
    ----------
    parts : tuple of Part
        In the order of the example.
    here : int
        The position of the one that is looked at.
    title : str
        What they are; empty where they are the example itself.
    toggles : bool
        Whether a label is one of two, so that a click changes it; else a click opens the part.
    """

    parts: tuple[Part, ...]
    here: int
    title: str = ""
    toggles: bool = False


@dataclass(frozen=True)
class Image:
    """A copy of an image for the browser, or why there is none.

    Parameters
    ----------
    name : str
        Of its file.
    data : bytes
        WebP of bounded size; empty where the image can't be read.
    width, height : int
        Of the image itself, in pixels.
    kind : str
        "PNG", "JPEG" …
    reason : str
        Why it can't be read.
    """

    name: str
    data: bytes = b""
    width: int = 0
    height: int = 0
    kind: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Vote:
    """What somebody said, and how far they are to be trusted: 0 to 1, low is bad."""

    annotator: str
    quality: float


@dataclass(frozen=True)
class Said:
    """A label, its role, and who said it."""

    label: str
    role: Literal["given", "suggested", "other"]
    votes: tuple[Vote, ...]


@dataclass(frozen=True)
class Votes:
    """Who said what of an example, the label that most said first."""

    title: str
    said: tuple[Said, ...]


Block = Text | Row | Bars | Parts | Interval | Image | Votes
