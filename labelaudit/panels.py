"""What a task's `metrics` gives the Health page beside figures: plain cards, links and rankings that `ui` draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

if TYPE_CHECKING:
    from labelaudit.selection import Selection

Kind = Literal["share", "percent", "count", "number", "text"]


@dataclass(frozen=True)
class Link:
    """A way to some examples.

    Parameters
    ----------
    label : str
    selection : Selection or None
        None where there is nothing to see.
    note : str
        What stands beside it.
    key : str
        Its own among the links of a panel.
    """

    label: str
    selection: Selection | None
    note: str = ""
    key: str = ""


@dataclass(frozen=True)
class Card:
    """One figure, what it means and what to do next."""

    title: str
    value: str
    words: str
    help: str = ""
    link: Link | None = None


@dataclass(frozen=True)
class Links:
    """Links one below the other.

    Parameters
    ----------
    title, note : str
    links : sequence of Link
    empty : str
        What is said where there is none: that all is well.
    page : tuple of str
        A page that shows more, by its file, and what to call it; empty for none.
    """

    title: str
    note: str
    links: Sequence[Link]
    empty: str
    page: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """A column of a ranking: a ``share`` from 0 to 1 is drawn as a bar, a ``percent`` is written."""

    title: str
    kind: Kind = "text"
    help: str = ""


@dataclass(frozen=True, eq=False)
class Ranking:
    """Things that can be sorted, and clicked to see their examples.

    Parameters
    ----------
    title, note : str
    what : str
        What one row is: "class", which is also the column that names it.
    table : DataFrame
        With that column, which has no repetition, those of `columns`, and those that the chart needs.
    columns : mapping of str to Column
    sorts : mapping of str to str
        Columns to sort by, the first by default, with what they are called.
    ascending : frozenset of str
        Of these, those of which the lowest come first.
    selections : mapping of str to Selection
        What a click on a row of that name selects.
    chart : callable, optional
        ``(table, sort=column) -> chart`` whose selection is called as `what`.
    alt : str
        What the chart shows, in words.
    """

    title: str
    what: str
    table: pd.DataFrame
    columns: Mapping[str, Column]
    sorts: Mapping[str, str]
    selections: Mapping[str, Selection]
    note: str = ""
    ascending: frozenset[str] = field(default_factory=frozenset)
    chart: Callable[..., Any] | None = None
    alt: str = ""


Panel = Links | Ranking
