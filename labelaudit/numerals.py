"""Numbers as people write them in tables: read in whatever style a column has, and written back in the same one.

"1,234.5", "1.234,5 kg" and "€ 12" are numbers; a column is read in one style, since "1,234" alone could be either.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np

from labelaudit.errors import BadInput
from labelaudit.labels import is_missing, show

SPACES = " \u00a0\u202f\u2009"  # plain, no-break, narrow no-break, thin
_CELL = re.compile(
    rf"\s*(?P<before>[^0-9\s+\-−.,()]{{0,4}}\s?)(?P<sign>[+\-−]?)"
    rf"(?P<digits>[.,]?[0-9](?:[0-9.,'’{SPACES}]*[0-9])?[.,]?)(?P<power>[eE][+\-]?[0-9]+)?"
    r"(?P<after>(?:\s?[^0-9\s+\-−.,()]\S{0,15}(?:\s[^0-9\s]{1,15})?)?)\s*"
)
DECIMALS = ("auto", ".", ",")
KINDS = (str, int, float, Decimal)
_INFINITE = re.compile(r"[+\-−]?\s*(inf|infinity|∞)", re.IGNORECASE)
_SIGNS = "%‰°µ"


@dataclass(frozen=True)
class Numeral:
    """One cell taken apart.

    Parameters
    ----------
    before, after : str
        What stands around the number, spaces included.
    sign, digits, power : str
        As written; `digits` holds the separators.
    """

    before: str
    sign: str
    digits: str
    power: str
    after: str

    @property
    def unit(self) -> str:
        """The units before and after, without spaces."""
        return f"{self.before.strip()} {self.after.strip()}".strip()

    def value(self, decimal: str) -> float | None:
        """Read the number with this decimal mark; None where it can't be meant."""
        whole, _, fraction = self.digits.partition(decimal)
        if not (fraction.isdigit() or not fraction) or not (whole or fraction):
            return None
        groups = re.split(rf"[.,'’{SPACES}]", whole)
        marks = set(re.findall(rf"[.,'’{SPACES}]", whole))
        if len(groups) > 1 and (len(marks) > 1 or not 1 <= len(groups[0]) <= 3 or groups[0].startswith("0")):
            return None
        if any(len(group) != 3 for group in groups[1:]):
            return None
        sign = "-" if self.sign in ("-", "−") else ""
        return float(f"{sign}{''.join(groups) or '0'}.{fraction or '0'}{self.power}")


def parsed(text: str) -> Numeral | None:
    """Take a cell apart; None where it is no number, perhaps with a unit."""
    match = _CELL.fullmatch(text)
    if match is None:
        return None
    if not all(_is_unit(match[part].strip()) for part in ("before", "after")):
        return None
    around = text[: match.start("sign")], text[match.start("after") :]
    return Numeral(around[0], match["sign"], match["digits"], match["power"] or "", around[1])


def _is_unit(text: str) -> bool:
    return not text or text[0].isalpha() or text[0] in _SIGNS or unicodedata.category(text[0]) == "Sc"


@dataclass(frozen=True, eq=False)
class Numerals:
    """A column of numbers.

    Parameters
    ----------
    values : ndarray of shape (N,)
        NaN where there is none.
    decimal : str
        The decimal mark of the texts.
    group : str
        What stands between thousands; empty where nothing does.
    decimals : int
        Most digits after the decimal mark.
    note : str
        How the column was read where that is not plain, for a person.
    like : str
        A text of the column, without its sign, that others are written like for a person; empty where all are numbers.
    """

    values: np.ndarray
    decimal: str = "."
    group: str = ""
    decimals: int = 0
    note: str = ""
    like: str = ""

    def plain(self) -> list[int | float | None]:
        """The N numbers as JSON values: whole ones without a fraction, None where there is none."""
        return [as_json(value) for value in self.values.tolist()]

    @property
    def step(self) -> float:
        """The unit of the last digit that is worth writing: as in the column, or a thousandth of its spread."""
        known = self.values[np.isfinite(self.values)]
        spread = float(np.subtract(*np.percentile(known, [75, 25]))) or float(np.ptp(known)) or 1.0
        return float(10.0 ** max(-self.decimals, math.floor(math.log10(spread / 1000))))

    def rounded(self, values: np.ndarray) -> np.ndarray:
        """Round numbers to that digit, shape as given."""
        digits = max(0, -round(math.log10(self.step)))
        # By the number of digits, so that they are the numbers that a person would write.
        return np.round(values, digits) if self.step <= 1 else np.round(values / self.step) * self.step

    def shown(self, value: float) -> str:
        """Write a number for a person, as the texts of the column are: with their unit and separators."""
        return str(self.written(value, self.like)) if self.like else show(as_json(value))

    def about(self, value: float) -> str:
        """Write a number that was computed, as a mean error, for a person: to four digits that mean something."""
        return self.shown(float(f"{value:.4g}"))

    @property
    def typed_pattern(self) -> str:
        """The regular expression, in Python and in JavaScript, of what a person can type for a number of this column.

        It is written like the column, with its unit or without, or plainly as 5351.5; with the other decimal mark, too,
        where that can't be meant for thousands. What could be two numbers, as 5,351 where the column marks no
        thousands, is none.
        """
        mark, found = re.escape(self.decimal), parsed(self.like)
        alike = next((marks for marks in (SPACES, "'’") if self.group and self.group in marks), self.group)
        thousands = rf"[1-9][0-9]{{0,2}}(?:[{alike}][0-9]{{3}})+|" if alike else ""
        own = rf"(?:{thousands}[0-9]+)(?:{mark}[0-9]*)?|{mark}[0-9]+"
        other = "," if self.decimal == "." else "."
        two = rf"[1-9][0-9]{{0,2}}[{other}][0-9]{{3}}(?![0-9])"  # thousands for some, a fraction for others
        plain = rf"(?!{two})[0-9]*[{other}][0-9]+" if other != self.group or other == "." else "(?!)"
        units = [] if found is None else [unit for unit in (found.before.strip(), found.after.strip()) if unit]
        unit = "|".join(map(re.escape, units))
        digits = rf"(?:({own})|({plain}))([eE][+\-]?[0-9]+)?"
        return rf"\s*(?:(?:{unit})\s*)?([+\-−]?){digits}(?:\s*(?:{unit}))?\s*"

    @property
    def refusal(self) -> str:
        """What is said of a text that can't be typed for a number of this column, after that text."""
        known = self.values[np.isfinite(self.values)]
        example = self.shown(float(known[0])) if len(known) else "12.5"
        return f"is no number as this column writes them; write one such as {example}."

    def typed(self, text: str) -> int | float:
        """Read a number that a person typed for this column; see `typed_pattern`.

        Raises
        ------
        BadInput
            It is none, or could be two.
        """
        value, match = math.inf, re.fullmatch(self.typed_pattern, text)
        if match is not None:
            sign, own, plain, power = match.groups(default="")
            digits = re.sub(rf"[^0-9{re.escape(self.decimal)}]", "", own).replace(self.decimal, ".")
            digits = digits or plain.replace(",", ".")
            value = float(f"{'-' if sign in ('-', '−') else ''}{digits}{power}")
        if math.isinf(value):
            raise BadInput(f"{show(text)!r} {self.refusal}")
        return as_json(value) or 0

    def written(self, value: float, like: Any) -> Any:
        """Write a number as the cell `like` is written: the same unit, separators and digits.

        Parameters
        ----------
        value : float
        like : str or number
            A cell of this column with a number; another type than text stays what it is.
        """
        if not isinstance(like, str):
            return Decimal(repr(value)) if isinstance(like, Decimal) else as_json(value)
        found = parsed(like)
        if found is None:
            return repr(as_json(value))
        fraction = found.digits.partition(self.decimal)[2]
        exact = Decimal(repr(as_json(abs(value))))
        digits = max(len(fraction), -int(exact.normalize().as_tuple().exponent))
        whole, _, rest = f"{exact:.{digits}f}".partition(".")
        if self.group and len(whole) > 3:
            whole = f"{int(whole):,}".replace(",", self.group)
        sign = "-" if value < 0 else "+" if found.sign == "+" else ""
        return f"{found.before}{sign}{whole}{self.decimal + rest if rest else ''}{found.after}"


def as_json(value: float) -> int | float | None:
    """Write a number as JSON does: a whole one without a fraction; NaN is none."""
    if math.isnan(value):
        return None
    return int(value) if float(value).is_integer() and abs(value) < 2**53 else float(value)


def read(cells: Sequence[Any], name: str, options: Mapping[str, Any] | None = None) -> Numerals:
    """Read a column of numbers.

    Parameters
    ----------
    cells : sequence of N values
        Numbers, texts, and what means that there is none.
    name : str
        Of the column, for messages.
    options : mapping, optional
        ``decimal``: one of `DECIMALS`, where the texts leave the decimal mark open.

    Raises
    ------
    BadInput
        A cell is no number, is infinite, or is written in another unit or style than the others.
    """
    values: dict[Any, float] = {}
    texts: dict[str, tuple[Numeral, int]] = {}  # with the first row of each
    decimals = 0
    for row, cell in enumerate(cells):
        if is_missing(cell):
            continue
        if isinstance(cell, bool) or not isinstance(cell, KINDS):
            raise BadInput(_no_number(cell, row, name))
        if cell in values or cell in texts:
            continue
        if isinstance(cell, str):
            texts[cell] = _taken_apart(cell, row, name), row
        else:
            values[cell] = _finite(float(cell), cell, row, name)
            decimals = max(decimals, _decimals(cell))
    decimal = _decimal(texts, name, options or {})
    for text, (numeral, row) in texts.items():
        value = numeral.value(decimal)
        if value is None:
            raise BadInput(_no_number(text, row, name))
        values[text] = _finite(value, text, row, name)
    unit = _one_unit(texts, name)
    read_as = _style(texts, decimal)
    numbers = np.array([np.nan if is_missing(cell) else values[cell] for cell in cells], dtype=np.float64)
    note = _note(texts, decimal, unit, name)
    return replace(read_as, values=numbers, decimals=max(decimals, read_as.decimals), note=note)


def look_like_numbers(cells: Sequence[Any]) -> bool:
    """Whether all cells are numbers in one style, with one unit at the most.

    What stands before a number is a currency, then, and no word: "€ 3.50" and "EUR 3.50", but not "Room 3".
    """
    try:
        read(cells, "")
    except BadInput:
        return False
    before = {found.before.strip() for cell in cells if isinstance(cell, str) and (found := parsed(cell))}
    return all(not word or (len(word) == 3 and word.isupper()) or _has_currency(word) for word in before)


def _has_currency(text: str) -> bool:
    return any(unicodedata.category(char) == "Sc" for char in text)


def _taken_apart(cell: str, row: int, name: str) -> Numeral:
    found = parsed(cell)
    if found is None:
        _finite(math.inf if _INFINITE.fullmatch(cell.strip()) else 0.0, cell, row, name)
        raise BadInput(_no_number(cell, row, name))
    return found


def _no_number(cell: Any, row: int, name: str) -> str:
    return (
        f"row {row:,} of column {name!r} holds {show(cell)!r}, which is no number; correct it, leave it empty, or "
        "choose another label column."
    )


def _finite(value: float, cell: Any, row: int, name: str) -> float:
    if math.isinf(value):
        raise BadInput(
            f"row {row:,} of column {name!r} holds {show(cell)!r}, which is infinite; write the number that was meant, "
            "or leave the cell empty."
        )
    return value


def _decimal(texts: Mapping[str, tuple[Numeral, int]], name: str, options: Mapping[str, Any]) -> str:
    """Choose the decimal mark with which all texts are numbers; a point where both would do."""
    wanted = str(options.get("decimal", DECIMALS[0]))
    if wanted not in DECIMALS:
        raise BadInput(f"the decimal mark {wanted!r} is none of {', '.join(DECIMALS)}; choose one of them.")
    if wanted != DECIMALS[0]:
        return wanted
    amiss = {}
    for mark in ".,":
        amiss[mark] = next(((text, row) for text, (n, row) in texts.items() if n.value(mark) is None), None)
        if amiss[mark] is None:
            return mark
    (one, first), (other, second) = amiss[","], amiss["."]  # type: ignore[misc]
    if one == other:
        raise BadInput(_no_number(one, first, name))
    raise BadInput(
        f"column {name!r} has {show(one)!r} in row {first:,} and {show(other)!r} in row {second:,}, whose decimal "
        "marks differ; write all numbers in one style."
    )


def _one_unit(texts: Mapping[str, tuple[Numeral, int]], name: str) -> str:
    """Make sure that all cells with a unit have the same one."""
    units: dict[str, int] = {}
    for numeral, row in texts.values():
        if numeral.unit:
            units[numeral.unit] = min(row, units.get(numeral.unit, row))
    if len(units) > 1:
        (one, first), (other, second) = sorted(units.items(), key=lambda item: item[1])[:2]
        raise BadInput(
            f"column {name!r} has numbers in {show(one)!r} (row {first:,}) and in {show(other)!r} (row {second:,}); "
            "convert them to one unit."
        )
    return next(iter(units), "")


def _style(texts: Mapping[str, tuple[Numeral, int]], decimal: str) -> Numerals:
    numerals = [numeral for numeral, _ in texts.values()]
    grouped = (re.search(rf"\d([.,'’{SPACES}])\d", n.digits.partition(decimal)[0]) for n in numerals)
    group = next((match[1] for match in grouped if match), "")
    decimals = max((len(n.digits.partition(decimal)[2]) for n in numerals), default=0)
    usual = next((n for n in numerals if n.unit), next(iter(numerals), None))
    like = "" if usual is None else f"{usual.before.lstrip()}{usual.digits}{usual.after.rstrip()}"
    return Numerals(np.empty(0), decimal, group, decimals, like=like)


def _decimals(number: Any) -> int:
    """Count the digits after the decimal mark, as Python writes the number."""
    return 0 if isinstance(number, int) else max(0, -int(Decimal(repr(float(number))).normalize().as_tuple().exponent))


def _note(texts: Mapping[str, tuple[Numeral, int]], decimal: str, unit: str, name: str) -> str:
    other = "," if decimal == "." else "."
    marked = next((text for text, (n, _) in texts.items() if "," in n.digits), None)
    said: Iterable[str] = ()
    if marked is not None:
        said = (f"{marked.strip()!r} was read as {as_json(texts[marked][0].value(decimal) or 0.0)}",)
        if all(n.value(other) is not None for n, _ in texts.values()):
            said = (*said, f"which the label option decimal={other} reads the other way")
    if unit:
        said = (*said, f"all numbers are in {unit!r}")
    return f"column {name!r}: {', '.join(said)}" if said else ""
