"""Tables of sentences: one row each with a list of tokens and a list of tags, however the file has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from labelaudit.columns import can_be_id, codes, is_blank, is_text
from labelaudit.dataset import Dataset, Source
from labelaudit.errors import BadInput
from labelaudit.load.cells import is_json
from labelaudit.load.conll import RAW
from labelaudit.load.guess import SENTENCE_NAMES, TAG_NAMES, TOKEN_NAMES

if TYPE_CHECKING:
    from labelaudit.load.roles import Wanted

FEWEST_DOCUMENTS = 10  # fewer can't be dealt into folds


def tagged(wanted: Wanted) -> Dataset:
    """Find the tokens and the tags of sentences.

    The file has lists of both, or texts in which spaces stand between them, or one token a row with a column that says
    of which sentence; such rows are folded, and `unfolded` when they are written.

    Raises
    ------
    BadInput
        There are no tokens or no tags, or a sentence has more of one than of the other.
    """
    if len(wanted.labels) > 1:
        raise BadInput(f"{wanted.labels[0]!r} and {wanted.labels[1]!r} are two layers of tags; choose one of them.")
    table, source = wanted.table, wanted.source
    text, label = _columns_of(wanted)
    mixed = next((name for name in (text, label) if is_json(table.schema.field(name))), None)
    if mixed is not None:
        raise BadInput(
            f"column {mixed!r} holds lists beside other cells, or texts beside numbers in its lists; write a list of "
            "texts for each sentence."
        )
    sentence = wanted.id
    if is_text(table.schema.field(text).type) or is_text(table.schema.field(label).type):
        sentence = sentence or _named(table, SENTENCE_NAMES, (text, label))
        if _has_spaces(table, text):
            table, source = _split(table, source, (text, label))
        elif sentence is None:
            raise BadInput(
                f"column {text!r} holds one token a row, and none says of which sentence; choose that column as the id."
            )
        else:
            table, source = folded(table, source, sentence)
    _check_lengths(wanted.name, table, text, label)
    id = sentence or next((name for name in ("id", "sent_id") if name in table.column_names), None)
    group = wanted.group or ("document" if "document" in table.column_names else None)
    if wanted.group is None and group is not None and pc.count_distinct(table[group]).as_py() < FEWEST_DOCUMENTS:
        group = None
    return Dataset(
        name=wanted.name,
        table=table,
        label_columns=(label,),
        feature_columns=(text,),
        modality="text",
        task=wanted.task,
        value_type="tags",
        label_options=wanted.options,
        id_column=id if id is not None and can_be_id(table[id]) else None,
        group_column=group,
        source=source,
        provenance=wanted.provenance,
    )


def _columns_of(wanted: Wanted) -> tuple[str, str]:
    """Find the columns of the tokens and of the tags."""
    text, label = next(iter(wanted.texts or wanted.features), None), next(iter(wanted.labels), None)
    text = text or _named(wanted.table, TOKEN_NAMES, (label,))
    if text is None:
        raise BadInput(f"{wanted.name!r} has no column that looks like tokens; choose it, as the text.")
    label = label or _tags(wanted.table, text)
    if label is None:
        raise BadInput(f"{wanted.name!r} has no column that looks like tags; choose it, as the label.")
    if text == label:
        raise BadInput(f"column {label!r} can't be the tokens and the tags; choose another label column.")
    return text, label


def _named(table: pa.Table, names: Iterable[str], taken: Iterable[str | None]) -> str | None:
    known = {name.casefold(): name for name in reversed(table.column_names) if name not in taken}
    return next((known[name] for name in names if name in known), None)


def _tags(table: pa.Table, text: str) -> str | None:
    """Guess the tags: a name that says so, else a list or a name with "tag" or "pos" in it."""
    found = _named(table, TAG_NAMES, (text,))
    others = [name for name in table.column_names if name not in (text, RAW)]
    alike = [name for name in others if "tag" in name.casefold() or "pos" in name.casefold()]
    lists = [name for name in others if _is_list(table.schema.field(name).type)]
    return found or next(iter([*alike, *lists]), None)


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _has_spaces(table: pa.Table, text: str) -> bool:
    """Whether most cells hold several tokens."""
    if _is_list(table.schema.field(text).type):
        return True
    cells = table[text].cast(pa.string()).fill_null("")
    return 2 * (pc.sum(pc.match_substring_regex(pc.utf8_trim_whitespace(cells), r"\s")).as_py() or 0) > len(cells)


def _check_lengths(name: str, table: pa.Table, text: str, label: str) -> None:
    for column in (text, label):
        if not _is_list(table.schema.field(column).type):
            raise BadInput(
                f"column {column!r} of {name!r} holds {table.schema.field(column).type}, not a list for each sentence; "
                "choose the columns of the tokens and of the tags."
            )
    tokens = pc.fill_null(pc.list_value_length(table[text]), 0).to_numpy()
    tags = pc.list_value_length(table[label])
    untagged = tags.is_null().to_numpy()
    wrong = np.flatnonzero((tokens != pc.fill_null(tags, 0).to_numpy()) & ~untagged)
    if len(wrong):
        row = int(wrong[0])
        rest = f" (and {len(wrong) - 1:,} more sentences)" if len(wrong) > 1 else ""
        raise BadInput(
            f"{name}: sentence {row:,} has {len(table[text][row]):,} tokens and {len(table[label][row]):,} tags{rest}; "
            "give every token one tag."
        )


# -- one token a row ----------------------------------------------------------------------------------


def folded(table: pa.Table, source: Source, sentence: str) -> tuple[pa.Table, Source]:
    """Make one row of the rows of each sentence.

    Parameters
    ----------
    table : pyarrow.Table
        One row per token.
    source : Source
    sentence : str
        The column that says of which sentence a token is: the same in all its rows, or in its first row alone and
        empty below.

    Returns
    -------
    table : pyarrow.Table
        One row per sentence: `sentence` holds its name, all other columns hold lists.
    source : Source
        Its option ``folded`` says how to `unfolded` it.

    Raises
    ------
    BadInput
        A sentence goes on after another one has begun.
    """
    cells = table[sentence]
    blank = np.asarray(is_blank(cells.combine_chunks())) if is_text(cells.type) else cells.is_null().to_numpy()
    number = codes(cells).codes
    first = np.append(True, number[1:] != number[:-1])
    sparse = bool(blank.any())
    if sparse:
        first = ~blank
        first[0] = True
    starts = np.flatnonzero(first)
    names = cells.take(pa.array(starts))
    repeated = np.flatnonzero(~_is_first(codes(names).codes))
    if len(repeated):
        raise BadInput(
            f"sentence {names[int(repeated[0])].as_py()!r} in column {sentence!r} goes on in row "
            f"{starts[repeated[0]]:,} after another one has begun; keep the rows of a sentence together."
        )
    offsets = pa.array(np.append(starts, table.num_rows), pa.int32())
    columns = [
        names.combine_chunks() if name == sentence else pa.ListArray.from_arrays(offsets, table[name].combine_chunks())
        for name in table.column_names
    ]
    told = {"by": sentence, "sparse": sparse, "blank": cells[int(np.flatnonzero(blank)[0])].as_py() if sparse else None}
    return pa.table(columns, names=table.column_names), _told(source, {"folded": told})


def _is_first(numbers: np.ndarray) -> np.ndarray:
    first = np.zeros(len(numbers), dtype=bool)
    first[np.unique(numbers, return_index=True)[1]] = True
    return first


def _split(table: pa.Table, source: Source, columns: Iterable[str]) -> tuple[pa.Table, Source]:
    """Split texts at white space; those of one space between two are joined again when they are written."""
    split = [name for name in columns if is_text(table.schema.field(name).type)]
    for name in split:
        lists = pa.array([None if cell is None else cell.split() for cell in table[name].to_pylist()])
        table = table.set_column(table.schema.get_field_index(name), name, lists.cast(pa.list_(pa.string())))
    return table, _told(source, {"split": split})


def _told(source: Source, more: Mapping[str, Any]) -> Source:
    return replace(source, options={**source.options, **more})


def unfolded(table: pa.Table, source: Source) -> pa.Table:
    """Write sentences in as many rows, or texts, as they had when they were read.

    Parameters
    ----------
    table : pyarrow.Table
    source : Source
        What `tagged` made of the file's; nothing happens where it was left as it is.
    """
    for name in source.options.get("split", ()):
        texts = [
            None if cell is None else " ".join("" if tag is None else tag for tag in cell)
            for cell in table[name].to_pylist()
        ]
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(texts, pa.string()))
    told = source.options.get("folded")
    if told is None:
        return table
    lengths = next(
        pc.list_value_length(table[name]).to_numpy() for name in table.column_names if _is_list(table[name].type)
    )
    rows = np.repeat(np.arange(table.num_rows), lengths)
    columns = []
    for name in table.column_names:
        if name != told["by"]:
            columns.append(pc.list_flatten(table[name]) if _is_list(table[name].type) else table[name].take(rows))
            continue
        cells = table[name].take(pa.array(rows))
        if told["sparse"]:
            first = np.append(True, rows[1:] != rows[:-1])
            cells = pc.if_else(pa.array(first), cells, pa.scalar(told["blank"], cells.type))
        columns.append(cells)
    return pa.table(columns, names=table.column_names)
