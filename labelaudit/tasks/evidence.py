"""An example as a block, with what speaks in it for one label or another: words of a text, cells of a row."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from labelaudit.blocks import LONGEST_TEXT, MOST_CELLS, Cell, Image, Pull, Row, Text
from labelaudit.errors import BadInput
from labelaudit.labels import show

if TYPE_CHECKING:
    from labelaudit.result import Audit

WORD = re.compile(r"[^\W\d]\w+")  # a lone letter or number says little
TEXT_SAMPLE, ROW_SAMPLE = 2000, 500  # examples of a class that are enough to know its usual words and values
# A word is marked from a log ratio on (e times as frequent in one class as in the other) that chance hardly gives.
MIN_PULL, MIN_DEVIATIONS = 1.0, 2.6


def text_block(audit: Audit, position: int) -> Text:
    """Mark the words that are clearly more frequent in the given class or in the suggested one.

    Word by word, the log ratio of the shares of the two classes' texts that hold it, smoothed by one; the example
    itself is left out. It describes the classes, not the model's reasoning.
    """
    text = audit.text(position)
    if not audit.dataset.classes:
        return Text(text)
    given = int(audit.codes[position])
    rival = _rival(audit, position)
    if given < 0 or rival == given:
        return Text(text)
    given_words, n_given = _document_frequency(audit, given, position)
    rival_words, n_rival = _document_frequency(audit, rival, position)
    own = {word.casefold() for word in WORD.findall(text)}
    spans: list[tuple[int, int, Pull]] = []
    for match in WORD.finditer(text, 0, LONGEST_TEXT):
        word = match.group().casefold()
        in_given = max(0, given_words[word] - (word in own))
        in_rival = rival_words[word]
        ratio = np.log((in_given + 1) / (n_given + 2)) - np.log((in_rival + 1) / (n_rival + 2))
        deviation = np.sqrt(1 / (in_given + 1) + 1 / (in_rival + 1))
        if abs(ratio) >= max(MIN_PULL, MIN_DEVIATIONS * deviation):
            spans.append((match.start(), match.end(), "given" if ratio > 0 else "suggested"))
    return Text(text, tuple(spans), *(_name(audit, position, code) for code in (given, rival)))


def _name(audit: Audit, position: int, code: int) -> str:
    """Name a class, one of a part of an example with that part; where labels are no classes, all rows."""
    if not audit.dataset.classes:
        return "all rows"
    name = audit.dataset.class_names[code]
    return name if audit.is_whole else f"{audit.parts[position].partition(':')[2]} {name}"


def _rival(audit: Audit, position: int) -> int:
    """The suggested class, or the likeliest other one."""
    probabilities = audit.outputs["pred_probs"][position].copy()
    given = int(audit.codes[position])
    if given >= 0:
        probabilities[given] = -1
    return int(probabilities.argmax())


def _document_frequency(audit: Audit, code: int, position: int) -> tuple[Counter[str], int]:
    """In how many texts of a class each word occurs; counted once per audit, class and part of an example."""
    about = (code, audit.parts[position])
    if about not in audit.memo:
        rows = _sample(audit, code, TEXT_SAMPLE, position)
        counts: Counter[str] = Counter()
        for row in rows:
            counts.update({word.casefold() for word in WORD.findall(audit.text(int(row)))})
        audit.memo[about] = (counts, len(rows))
    stored: tuple[Counter[str], int] = audit.memo[about]
    return stored


def _sample(audit: Audit, code: int, size: int, position: int) -> np.ndarray:
    """Positions of units of a class, of the same part of their examples."""
    same = True if audit.is_whole else audit.parts == audit.parts[position]
    rows = np.flatnonzero((audit.codes == code) & same)
    return rows[:: max(1, len(rows) // size)][:size]


def image_block(audit: Audit, position: int) -> Image:
    """Show the image as large as a page has room for; where it can't be read, the reason."""
    from labelaudit.images import header
    from labelaudit.thumbnails import LARGE, thumbnail

    dataset, row = audit.dataset, int(audit.rows[position])
    name = dataset.image_name(row)
    try:
        shown = header(dataset.image(row))
        return Image(name, thumbnail(dataset, row, LARGE), shown.width, shown.height, shown.format)
    except BadInput as error:
        return Image(name, reason=str(error))


def row_block(audit: Audit, position: int) -> Row:
    """Show the cells of a row, those marked that are rare or extreme among the given class."""
    from labelaudit.features.tabular import typed_frame

    dataset = audit.dataset
    brought = () if dataset.given is None else dataset.given.columns
    votes = dataset.label_options.get("annotators", ())  # who said what has a block of its own
    columns = [c for c in dataset.table.column_names if c not in (*dataset.label_columns, *votes, *brought)]
    record = dataset.table.slice(int(audit.rows[position]), 1).to_pylist()[0]
    given = int(audit.codes[position])
    unusual: dict[str, str] = {}
    if given >= 0:
        name = _name(audit, position, given)
        rows = _sample(audit, given, ROW_SAMPLE, position)
        rows = np.append(rows[rows != position], position)  # ids may not repeat
        shown = set(columns[:MOST_CELLS])  # more would take seconds and no page has room for them
        features = tuple(c for c in dataset.feature_columns if c in shown)
        frame = typed_frame(replace(dataset, feature_columns=features).take(audit.rows[rows]))
        for key, column in zip(frame, features, strict=True):
            reason = _unusual(frame[key].iloc[-1], frame[key].iloc[:-1], name)
            if reason:
                unusual[column] = reason
    return Row(tuple(Cell(c, _plain(record[c]), unusual.get(c, "")) for c in columns))


def _unusual(value: object, usual: pd.Series, name: str) -> str:
    known = usual.dropna()
    if value is None or (isinstance(value, float) and np.isnan(value)) or len(known) < 20:
        return ""
    if pd.api.types.is_numeric_dtype(known):
        if not isinstance(value, (int, float, np.number)):
            return ""
        share = min(float((known <= float(value)).mean()), float((known >= float(value)).mean()))
        return f"among the {max(share, 1 / len(known)):.1%} most extreme of {name}" if share < 0.02 else ""
    share = float((known == value).mean())
    repeats = known.nunique() < len(known) / 2  # in a column of names or ids, every value is rare
    return f"{share:.1%} of {name} have this value" if share < 0.03 and repeats else ""


def _plain(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else show(value)
