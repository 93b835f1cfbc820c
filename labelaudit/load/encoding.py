"""Bytes to text: byte order marks, UTF-16 and UTF-32 without one, and Western text of old."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import NamedTuple

from labelaudit.errors import BadInput

_MARKS = (  # the longer ones first: UTF-32-LE begins like UTF-16-LE
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Which of the first four bytes are 0 where the first two characters are ASCII.
_ZEROS = {
    b"\0\1\1\1": "utf-32-le",
    b"\1\1\1\0": "utf-32-be",
    b"\0\1\0\1": "utf-16-le",
    b"\1\0\1\0": "utf-16-be",
}
WESTERN = ("cp1252", "latin-1")


class Decoded(NamedTuple):
    """A text, its encoding, and whether a byte order mark stood before it."""

    text: str
    encoding: str
    bom: bool


def recognise(data: bytes) -> tuple[str, bytes]:
    """Return the encoding that the first bytes show, ``utf-8`` where they show none, and the byte order mark."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, mark
    return _ZEROS.get(bytes(byte == 0 for byte in data[:4]), "utf-8"), b""


def decode(path: Path, others: tuple[str, ...] = ()) -> Decoded:
    """Read a text file.

    Parameters
    ----------
    path : Path
        The file.
    others : tuple of str
        What to read it as where it is not UTF-8.

    Raises
    ------
    BadInput
        It is none of these, or no text.
    """
    data = path.read_bytes()
    encoding, mark = recognise(data)
    data = data.removeprefix(mark)
    for candidate in ("utf-8", *others) if encoding == "utf-8" and not mark else (encoding,):
        try:
            text = data.decode(candidate)
        except UnicodeDecodeError as error:
            line, cause = data.count(b"\n", 0, error.start) + 1, error
            continue
        if "\0" in text:
            line = text.count("\n", 0, text.index("\0")) + 1
            raise BadInput(f"{path.name} is not text: it holds NUL bytes (line {line:,}); save it as UTF-8 text.")
        return Decoded(text, candidate, bool(mark))
    raise BadInput(f"{path.name} is not {encoding.upper()} text (line {line:,}); save it as UTF-8.") from cause
