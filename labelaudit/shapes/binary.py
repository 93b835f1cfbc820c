"""One column for each label, whose cells say whether an example has it: 0 and 1, no and yes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from labelaudit.columns import codes, is_number, is_text
from labelaudit.errors import BadInput
from labelaudit.labels import is_missing, show

# Absent and present, as cells say it in any case.
PAIRS = (
    *(("0", "1"), ("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"), ("absent", "present"), ("-", "+")),
    *(("0.0", "1.0"), ("-1", "1"), ("-1.0", "1.0")),
)
_CASES: tuple[Callable[[str], str], ...] = (str.lower, str.upper, str.capitalize)


def _word(value: Any) -> str:
    return "" if is_missing(value) else str(value).strip().casefold()


def pair_of(values: Sequence[Any]) -> tuple[str, str] | None:
    """Find the words that all different cells of a column are, or None; the first pair for a blank column."""
    used = {_word(value) for value in values} - {""}
    return next((pair for pair in PAIRS if used <= set(pair)), None)


def is_binary(column: pa.ChunkedArray) -> bool:
    """Whether a column holds such cells, and not blanks alone."""
    if not (is_text(column.type) or is_number(column.type) or pa.types.is_boolean(column.type)):
        return False
    values = codes(column).values
    if not 0 < len(values) <= 12:  # each word in a few cases, with spaces
        return False
    texts = values.to_pylist()
    return pair_of(texts) is not None and any(map(_word, texts))


def read(column: pa.ChunkedArray, name: str) -> np.ndarray:
    """Read a column of absent and present.

    Returns
    -------
    ndarray of shape (N,), int8
        0, 1, or -1 where the cell is blank.

    Raises
    ------
    BadInput
        A cell says something else.
    """
    found = codes(column)
    values = found.values.to_pylist()
    pair = pair_of(values)
    if pair is None:
        known = {word for words in PAIRS for word in words} | {""}
        odd = next((n for n, value in enumerate(values) if _word(value) not in known), 0)
        row = int(np.flatnonzero(found.codes == odd)[0])
        raise BadInput(
            f"column {name!r} holds {show(values[odd])} in row {row:,}, and a column of a label says 0 or 1, no or "
            "yes, false or true; write it so, or take the column out of the labels."
        )
    lookup = np.array([-1 if not _word(v) else pair.index(_word(v)) for v in values] + [-1], dtype=np.int8)
    return np.asarray(lookup[found.codes])


def written(column: pa.ChunkedArray, before: np.ndarray, after: np.ndarray, model: pa.ChunkedArray) -> pa.Array:
    """Write a column in its own words; what has not changed stays as it is.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of N cells
    before, after : ndarray of shape (N,), int8
        As `read` returns them.
    model : pyarrow.ChunkedArray
        The column whose words are taken where this one is blank.
    """
    cells = column.to_pylist()
    words = _words(cells if any(map(_word, cells)) else model.to_pylist(), column.type)
    for row in np.flatnonzero(before != after).tolist():
        cells[row] = words[int(after[row])]
    return pa.array(cells, type=column.type)


def _words(cells: Sequence[Any], kind: pa.DataType) -> tuple[Any, Any, Any]:
    """What the column writes for absent, for present and, last, for a blank: the most frequent ones."""
    if pa.types.is_boolean(kind):
        return False, True, None
    usual = [cell for cell, _ in Counter(cell for cell in cells if _word(cell)).most_common()]
    absent, present = pair_of(usual) or PAIRS[0]
    if not is_text(kind):
        return int(float(absent)), int(float(present)), None
    used = next(iter(usual), "")
    case = next((case for case in _CASES if case(used.strip()) == used.strip()), str.lower)
    blank = None if any(cell is None for cell in cells) else ""
    own = [next((cell for cell in usual if _word(cell) == word), case(word)) for word in (absent, present)]
    return own[0], own[1], blank
