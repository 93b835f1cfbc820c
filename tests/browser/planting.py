"""Files with known label errors, made to be uploaded."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from pathlib import Path

WORDS = {
    "Baking": "oven flour dough butter sugar yeast loaf crust whisk bake recipe frosting knead",
    "Sailing": "boat mast sail wind harbour anchor knot tide deck rudder regatta buoy crew",
    "Chess": "rook bishop queen opening endgame checkmate pawn gambit castle board knight tempo draw",
    "Gardens": "soil seed tulip compost prune hedge lawn rake spade bloom shrub watering bulb",
}
COMMON = ("the", "a", "with", "and", "for", "we", "our", "today", "every", "small", "good", "then", "after", "some")
ODD = ("00042", 'says "no", twice', "one\ntwo", "\U0001f980 crab", "=1+1", " spaces ", "", "a,b;c", "-0.50", "007")

Rows = list[list[str]]


def texts(n: int, seed: int, *, classes: dict[str, str] | None = None, wrong: float = 0.1) -> tuple[Rows, list[str]]:
    """Make rows of text with a class each, and give a share of them another class.

    Returns
    -------
    rows : list of list of str
        Header first: id, text, label and a note of the awkward kind.
    truth : list of str
        The class that each text was made for.
    """
    chance = random.Random(seed)
    words = classes or WORDS
    names = list(words)
    truth = [names[i % len(names)] for i in range(n)]
    chance.shuffle(truth)
    planted = set(chance.sample(range(n), round(wrong * n)))
    rows = [["id", "body", "topic", "note"]]
    for i, name in enumerate(truth):
        body = chance.choices(words[name].split(), k=7) + chance.choices(COMMON, k=5)
        chance.shuffle(body)
        label = chance.choice([other for other in names if other != name]) if i in planted else name
        rows.append([f"{i + 1:05d}", " ".join(body), label, ODD[i % len(ODD)]])
    return rows, truth


def numbers(n: int, seed: int) -> Rows:
    """Make rows of two numbers and a class, which take long to audit where there are many."""
    chance = random.Random(seed)
    rows = [["width", "height", "kind"]]
    for i in range(n):
        rows.append([f"{chance.gauss(i % 3, 1):.4f}", f"{chance.gauss(-(i % 3), 1):.4f}", f"kind {i % 3}"])
    return rows


def with_wrong_labels(rows: Rows, column: str, fraction: float, seed: int) -> Rows:
    """Give a share of the rows another label of the same column."""
    chance = random.Random(seed)
    place = rows[0].index(column)
    names = sorted({row[place] for row in rows[1:]})
    changed = [list(row) for row in rows]
    for i in chance.sample(range(1, len(rows)), round(fraction * (len(rows) - 1))):
        changed[i][place] = chance.choice([name for name in names if name != rows[i][place]])
    return changed


def write_csv(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def read_csv(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def cleaned(rows: Rows, column: str, labels: dict[str, str], removed: set[str], key: str | None = None) -> Rows:
    """What an export has to hold: a label by id where one was decided, all else as it was.

    Parameters
    ----------
    rows : list of list of str
        Header first.
    column : str
        The label's.
    labels : dict
        Decided labels by id.
    removed : set of str
        Ids of excluded rows.
    key : str, optional
        The id's column; rows are numbered from 0 by default.
    """
    header, place = rows[0], rows[0].index(column)
    ids = [row[header.index(key)] if key else str(i) for i, row in enumerate(rows[1:])]
    kept = [(id_, row) for id_, row in zip(ids, rows[1:], strict=True) if id_ not in removed]
    return [header] + [[*row[:place], labels.get(id_, row[place]), *row[place + 1 :]] for id_, row in kept]
