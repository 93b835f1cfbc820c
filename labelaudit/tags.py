"""Tags: remarks on an example that stand beside its label; which there are, and which the checks suggest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from labelaudit.errors import BadInput
from labelaudit.text import shorten

# Name and meaning, in the order in which they are offered.
TAXONOMY = {
    "mislabel_confirmed": "the given label is wrong, no doubt",
    "mislabel_uncertain": "the given label looks wrong, and somebody else should look",
    "outlier_valid": "unlike all others, and belongs to the data",
    "outlier_invalid": "unlike all others, and does not belong to the data",
    "duplicate_exact": "the same as another example",
    "duplicate_near": "nearly the same as another example",
    "low_quality_blur": "blurred, or too small to tell",
    "low_quality_corrupt": "broken: cut off, garbled or empty",
    "ambiguous_class": "more than one class is right, or none is",
    "train_test_leak": "in the training data and in the test data",
    "keep": "to be kept as it is",
    "remove": "to be left out",
    "relabel": "to be labelled anew",
}
# What an issue may mean, where a person agrees.
MEANT: Mapping[str, tuple[str, ...]] = {
    "label": ("mislabel_confirmed", "mislabel_uncertain"),
    "conflicting_duplicate": ("duplicate_exact", "duplicate_near"),
    "near_duplicate": ("duplicate_near", "duplicate_exact"),
    "outlier": ("outlier_valid", "outlier_invalid"),
    "ambiguous": ("ambiguous_class",),
    "blurry": ("low_quality_blur",),
    "dark": ("low_quality_corrupt",),
    "bright": ("low_quality_corrupt",),
    "low_information": ("low_quality_corrupt",),
}
LONGEST = 60
NAME = re.compile(r"\w[\w .:/-]*")


def checked(name: str) -> str:
    """Return the name of a tag as it is kept: without space at its ends, one of the taxonomy in its spelling.

    Raises
    ------
    BadInput
        It is empty, too long, or holds characters that other tools would stumble over.
    """
    tidy = " ".join(name.split())
    known = tidy.lower().replace(" ", "_")
    if known in TAXONOMY:
        return known
    if len(tidy) > LONGEST:
        raise BadInput(f"the tag {shorten(tidy)!r} has {len(tidy):,} characters; write at most {LONGEST}.")
    if not NAME.fullmatch(tidy):
        raise BadInput(f"{tidy!r} is no name for a tag; write letters, digits, spaces and . : / - _ only.")
    return tidy


def counted(tags: Iterable[Sequence[str]]) -> dict[str, int]:
    """Count the examples of every tag: those of the taxonomy, used or not, then the user's own by name."""
    counts = Counter(tag for own in tags for tag in own)
    return {tag: counts[tag] for tag in (*TAXONOMY, *sorted(set(counts) - set(TAXONOMY)))}


def meant_by(issues: Iterable[str], has: Sequence[str] = ()) -> list[str]:
    """List the tags that the found issues of an example suggest and that it has not."""
    return list(dict.fromkeys(tag for issue in issues for tag in MEANT.get(issue, ()) if tag not in has))
