"""Named slices: selections that are kept under a name, those that everyone has, and how many examples are in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from labelaudit.errors import BadInput, did_you_mean
from labelaudit.selection import Selection
from labelaudit.store import Slice
from labelaudit.text import is_encodable, shorten
from labelaudit.why import findings_of

if TYPE_CHECKING:
    from labelaudit.result import Audit

LONGEST = 80  # characters of a name


def built_in(audit: Audit) -> list[Slice]:
    """Return the slices that every audit has: suspects, what is left of them, and one per issue that was found."""
    chosen = {
        "All suspects": Selection(suspects=True),
        "Suspects left": Selection(suspects=True, status="undecided"),
        "Neighbours disagree": Selection(outvoted=True),
        "Confirmed errors": Selection(status="error"),
        "Ambiguous": Selection(status="ambiguous"),
        "Skipped": Selection(status="skipped"),
    }
    if (audit.codes < 0).any():
        chosen["Without a label"] = Selection(unlabelled=True)
    for name in dict.fromkeys(audit.flagged["issue"]):
        if name != "label" and name in findings_of(audit):
            chosen[findings_of(audit)[name]["title"]] = Selection(issue=name)
    fingerprint = audit.dataset.data_fingerprint
    return [Slice(name=name, fingerprint=fingerprint, selection=s.to_text()) for name, s in chosen.items()]


def checked(name: str) -> str:
    """Return the name of a slice as it is kept.

    Raises
    ------
    BadInput
        It is empty or too long.
    """
    tidy = " ".join(name.split())
    if not tidy or not is_encodable(tidy):
        raise BadInput("a slice needs a name; type one.")
    if len(tidy) > LONGEST:
        raise BadInput(f"the name {shorten(tidy)!r} has {len(tidy):,} characters; write at most {LONGEST}.")
    return tidy


def find(slices: Sequence[Slice], name: str) -> Slice:
    """Return the slice of this name; the user's own comes before one that everyone has.

    Parameters
    ----------
    slices : sequence of Slice
        The user's own first.
    name : str

    Raises
    ------
    BadInput
        There is none.
    """
    for one in slices:
        if one.name == name:
            return one
    hint = did_you_mean(name, [one.name for one in slices])
    raise BadInput(f"there is no slice {shorten(name)!r}; it was renamed or deleted{hint}")
