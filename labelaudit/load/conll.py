"""Sentences in lines of one token each: CoNLL-U, and columns of words and tags as in CoNLL-2003.

The text of every sentence is kept beside its columns, so that comments, multiword tokens, empty nodes, columns that
nobody audits and all white space are written back as they were.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from labelaudit.dataset import Source
from labelaudit.errors import BadInput
from labelaudit.load.encoding import decode
from labelaudit.text import shorten

TOKENS, RAW = "tokens", "raw"
LAYERS = {"upos": 3, "xpos": 4, "feats": 5}  # of CoNLL-U, by their place in a line
DOCUMENT = "-DOCSTART-"
NOTHING = "_"
_SAMPLE = 1000  # lines
_ENTITY = re.compile(r"(O|[BIESLUM]-\S+)")
_ID = re.compile(r"[0-9]+")
_NO_TOKEN = re.compile(r"[0-9]+[-.][0-9]+")  # several tokens written as one word, and a word that is not written
_SPACES = re.compile(r"([ \t]+)")


@dataclass
class _Sentence:
    """The lines of one sentence, with all that stands before its first token and the blank lines after it."""

    lines: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    id: str | None = None
    document: str | None = None


# -- which format -----------------------------------------------------------------------------------


def recognise(start: str) -> str | None:
    """Say which of the two formats a text begins like: ``conllu``, ``conll`` or neither.

    Parameters
    ----------
    start : str
        The first characters of a file; the last line may be cut off.
    """
    lines = [line.rstrip("\r") for line in start.split("\n")[:-1]]
    written = [line for line in lines if line.strip() and not line.startswith("#")]
    if not written:
        return None
    if all(line.count("\t") == 9 and line[0].isdigit() for line in written):
        return "conllu"
    if written[0].startswith(DOCUMENT):
        return "conll"
    if "" not in lines[1:-1]:
        return None
    fields = [_split(line)[::2] for line in written]
    entities = all(len(row) == len(fields[0]) > 1 and _ENTITY.fullmatch(row[-1]) for row in fields)
    return "conll" if entities else None


# -- read -------------------------------------------------------------------------------------------


def read(path: Path, format: str) -> tuple[pa.Table, Source]:
    """Read sentences.

    Parameters
    ----------
    path : Path
        UTF-8, UTF-16 or UTF-32 text, a blank line between two sentences.
    format : {"conllu", "conll"}
        ``conll`` is columns of any number with the word first, delimited by tabs or by spaces; a line
        ``-DOCSTART-`` begins a document.

    Returns
    -------
    table : pyarrow.Table
        One row per sentence: ``sent_id`` and ``document`` where the file has them, the lists ``tokens`` and one per
        layer of tags (``upos``, ``xpos``, ``feats``; ``pos``, ``chunk``, ``ner``; or ``tags_1`` …, ``tags``), and its
        text, ``raw``. A tag ``_`` in CoNLL-U is none, except in ``feats``.
    source : Source
        Options ``encoding``, ``bom``, ``layers`` (a column's place in a line) and ``own`` (columns that no other format
        needs).

    Raises
    ------
    BadInput
        The file has no token, or a line has another number of columns.
    """
    text, encoding, bom = decode(path)
    universal = format == "conllu"
    width = 10 if universal else _width(path.name, text)
    sentences = list(_sentences(path.name, text, width, universal))
    if not any(sentence.rows for sentence in sentences):
        raise BadInput(f"{path.name} has no tokens; choose a file with one token a line.")
    layers = LAYERS if universal else _layers(width)
    columns: dict[str, pa.Array] = {}
    ids = [sentence.id for sentence in sentences]
    if None not in ids and len(set(ids)) == len(ids):
        columns["sent_id"] = pa.array(ids, pa.string())
    if any(sentence.document for sentence in sentences):
        columns["document"] = pa.array([sentence.document or "" for sentence in sentences], pa.string())
    at = 1 if universal else 0
    columns[TOKENS] = _lists([[row[at] for row in sentence.rows] for sentence in sentences])
    for name, place in layers.items():
        none = NOTHING if universal and name != "feats" else None
        tags = [[None if row[place] == none else row[place] for row in sentence.rows] for sentence in sentences]
        columns[name] = _lists(tags)
    columns[RAW] = pa.array(["".join(sentence.lines) for sentence in sentences], pa.string())
    options = {"encoding": encoding, "bom": bom, "layers": layers, "own": [RAW]}
    return pa.table(columns), Source(format, options)


def _lists(values: Sequence[Sequence[str | None]]) -> pa.Array:
    return pa.array(values, pa.list_(pa.string()))


def _layers(width: int) -> dict[str, int]:
    if width == 4:  # as in CoNLL-2003
        return {"pos": 1, "chunk": 2, "ner": 3}
    return {("tags" if place == width - 1 else f"tags_{place}"): place for place in range(1, width)}


def _split(line: str) -> list[str]:
    """Split a line into columns, at the even places, and what stands between them."""
    return re.split(r"(\t)", line) if "\t" in line else _SPACES.split(line.rstrip(" "))


def _width(name: str, text: str) -> int:
    lines = [line.rstrip("\r") for line in text.split("\n", _SAMPLE)[:_SAMPLE]]
    widths = Counter(
        len(_split(line)) // 2 + 1 for line in lines if line.strip() and not line.startswith(("# ", DOCUMENT))
    )
    width = widths.most_common(1)[0][0] if widths else 0
    if width < 2:
        raise BadInput(f"{name} has no column of tags beside the words; choose a file with a word and a tag in a line.")
    return width


def _sentences(name: str, text: str, width: int, universal: bool) -> Iterator[_Sentence]:
    """Split a text into sentences; together their lines are the text."""
    sentence, ended, document, n_documents = _Sentence(), False, None, 0
    for number, line in enumerate(_lines(text), 1):
        bare = line.rstrip("\r\n")
        kind = _kind(bare, width, universal, first=not sentence.rows or ended)
        if ended and kind != "blank":
            yield sentence
            sentence, ended = _Sentence(), False
        sentence.lines.append(line)
        if kind == "blank":
            ended = bool(sentence.rows or sentence.id)
        elif kind == "token":
            sentence.rows.append(_token(name, number, bare, width, universal))
        elif kind == "document" or bare.startswith(("# newdoc", "#newdoc")):
            n_documents += 1
            document = bare.partition("=")[2].strip() or str(n_documents)
        elif bare.startswith(("# sent_id", "#sent_id")):
            sentence.id = bare.partition("=")[2].strip()
        sentence.document = document
    if sentence.lines:
        yield sentence


def _kind(bare: str, width: int, universal: bool, first: bool) -> str:
    """Say what a line is: ``blank``, ``document``, ``comment``, ``other`` (no token of its own) or ``token``.

    Parameters
    ----------
    bare : str
        Without its end.
    width : int
    universal : bool
        Whether it is CoNLL-U.
    first : bool
        Whether no token of the sentence stands before it: in other formats than CoNLL-U, ``#`` may be a word.
    """
    if not bare.strip():
        return "blank"
    if bare.startswith(DOCUMENT):
        return "document"
    if bare.startswith("#") and (universal or (first and _is_remark(bare, width))):
        return "comment"
    return "other" if universal and _NO_TOKEN.fullmatch(bare.partition("\t")[0]) else "token"


def _is_remark(bare: str, width: int) -> bool:
    """Whether a line that begins with # can't be the word # and its tags."""
    cells = _split(bare)
    return len(cells) // 2 + 1 != width or cells[0].startswith("# ")


def _lines(text: str) -> Iterator[str]:
    """Split at line feeds alone: a token may hold the other characters that `str.splitlines` knows."""
    *whole, last = text.split("\n")
    yield from (line + "\n" for line in whole)
    if last:
        yield last


def _token(name: str, number: int, line: str, width: int, universal: bool) -> list[str]:
    """Return the columns of a token."""
    row = line.split("\t") if universal else _split(line)[::2]
    if len(row) != width:
        raise BadInput(
            f"{name}: line {number:,} has {len(row):,} column{'s' * (len(row) != 1)} where "
            f"{'CoNLL-U has' if universal else 'the others have'} {width:,} ({shorten(line, 40)!r}); check that line "
            f"for a missing or an extra {'tab' if universal else 'column'}."
        )
    if universal and not _ID.fullmatch(row[0]):
        raise BadInput(
            f"{name}: line {number:,} begins with {shorten(row[0], 40)!r}, which numbers no token; write 1, 2, 3 …, "
            "1-2 for a multiword token, or 1.1 for an empty node."
        )
    return row


# -- write ------------------------------------------------------------------------------------------


def write(table: pa.Table, source: Source, file: BinaryIO) -> None:
    """Write the sentences' own text with the tags of the table in place.

    Parameters
    ----------
    table : pyarrow.Table
        As `read` returned it, with other tags.
    source : Source
        The options of `read`.
    file : binary file
        Open for writing.

    Raises
    ------
    BadInput
        A tag would break the lines.
    """
    options = source.options
    layers = {name: table[name].to_pylist() for name in options["layers"]}
    parts = []
    for number, raw in enumerate(table[RAW].to_pylist()):
        tags = {options["layers"][name]: values[number] for name, values in layers.items()}
        parts.append(_retagged(raw, tags, source.format == "conllu"))
    mark = "\ufeff" if options["bom"] else ""
    file.write((mark + "".join(parts)).encode(options["encoding"]))


def _retagged(raw: str, tags: dict[int, Sequence[str | None]], universal: bool) -> str:
    """Put tags, by their place in a line, into the lines of a sentence that are tokens."""
    width = 10 if universal else max(tags) + 1
    lines, at = list(_lines(raw)), 0
    for number, line in enumerate(lines):
        bare = line.rstrip("\r\n")
        if _kind(bare, width, universal, first=at == 0) != "token":
            continue
        cells = _split(bare)
        end = line[len("".join(cells)) :]
        for place, values in tags.items():
            tag = NOTHING if values[at] is None else str(values[at])
            if tag != cells[2 * place]:
                cells[2 * place] = _fitting(tag, "\t" in bare)
        lines[number] = "".join(cells) + end
        at += 1
    return "".join(lines)


def _fitting(tag: str, tabs: bool) -> str:
    """Refuse a tag that would be read as several columns or lines, or as none."""
    if not tag.strip() or re.search(r"[\t\r\n]" if tabs else r"\s", tag):
        raise BadInput(f"the tag {shorten(tag, 40)!r} can't be written in one column; choose one without white space.")
    return tag
