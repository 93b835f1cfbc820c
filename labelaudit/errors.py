"""Every exception that labelaudit raises on purpose.

LabelauditError
├── BadInput        the data or a choice is wrong: one sentence says what, where and what to do
│   ├── BadImage    bytes that are no image that can be shown: a few words that follow the image's name
│   └── NoWeights   a pretrained model's weights are not here and can't be had: what to do about it
├── MissingExtra    an optional dependency is not installed: the message names the extra
├── NotFetched      something can't be downloaded: a few words that say why
├── StoreError      a file or the database cannot be read or written
├── Stale           something was decided meanwhile: nothing is written, and both are known
├── Busy            more is asked for at once than can be done; later it can
└── Cancelled       the user stopped an audit
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from labelaudit.text import shorten

if TYPE_CHECKING:
    from labelaudit.decisions import Decision


class LabelauditError(Exception):
    """Base of all the errors below; its text is one sentence for the user."""


class BadInput(LabelauditError):
    """The data or a choice is wrong."""


class BadImage(BadInput):
    """Bytes that can't be shown as an image; the text says why and follows the image's name: "is cut off"."""


class NoWeights(BadInput):
    """The weights of a pretrained model are neither here nor to be had."""


class MissingExtra(LabelauditError):
    """An optional dependency is needed and not installed."""


class NotFetched(LabelauditError):
    """A download that failed; the text is a few words: "no network"."""


class StoreError(LabelauditError):
    """A file or the database cannot be read or written."""


class Stale(LabelauditError):
    """Somebody decided on the same examples meanwhile.

    Parameters
    ----------
    message : str
    conflicts : sequence of (Decision, Decision or None)
        What was to be written, and what is in force now (None where it was taken back).
    """

    def __init__(self, message: str, conflicts: Sequence[tuple[Decision, Decision | None]]) -> None:
        super().__init__(message)
        self.conflicts = tuple(conflicts)


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
