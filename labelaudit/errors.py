"""Every exception that labelaudit raises on purpose.

LabelauditError
├── BadInput        the data or a choice is wrong: one sentence says what, where and what to do
├── MissingExtra    an optional dependency is not installed: the message names the extra
├── StoreError      a file or the database cannot be read or written
├── Busy            more is asked for at once than can be done; later it can
└── Cancelled       the user stopped an audit
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from labelaudit.text import shorten


class LabelauditError(Exception):
    """Base of all the errors below; its text is one sentence for the user."""


class BadInput(LabelauditError):
    """The data or a choice is wrong."""


class MissingExtra(LabelauditError):
    """An optional dependency is needed and not installed."""


class StoreError(LabelauditError):
    """A file or the database cannot be read or written."""


class Busy(LabelauditError):
    """More is asked for at once than can be done."""


class Cancelled(LabelauditError):
    """The user stopped an audit."""


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Say what `name` could have been, as the end of an error message.

    Parameters
    ----------
    name : str
        What the user wrote.
    choices : iterable of str
        What would have been right.

    Returns
    -------
    str
        ``"; did you mean 'label'?"`` or, without a close match, ``"; choose one of 'a', 'b'."``.
    """
    known = [str(choice) for choice in choices]
    folded = {choice.casefold(): choice for choice in known}
    close = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {shorten(folded[close[0]])!r}?"
    shown = ", ".join(repr(shorten(choice)) for choice in known[:12])
    return f"; choose one of {shown}{', …' if len(known) > 12 else ''}."
