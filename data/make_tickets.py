"""Make the support-ticket demo: texts of our own, with a team each, and some teams wrong on purpose.

From the phrases in ``tickets.toml`` it writes ``tickets.csv`` (what an analyst would get) and
``tickets_truth.csv`` (the right team of every ticket). With ``--check`` it writes nothing and fails unless
both files are exactly what it would write.
"""

from __future__ import annotations

import argparse
import csv
import io
import random
import re
import sys
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PHRASES: dict[str, Any] = tomllib.loads((HERE / "tickets.toml").read_text(encoding="utf-8"))
TEAMS: dict[str, dict[str, Any]] = PHRASES["teams"]
CHANNELS = ("email", "email", "email", "web form", "web form", "chat", "phone")

# One ticket is about one order and one device, however often it names them.
STEADY = frozenset({"order", "invoice", "product", "plan", "device", "browser", "card", "carrier"})

SEED = 2026
WRONG = 0.08  # share of the tickets whose team is wrong
CONFUSED = 0.8  # of those: given to a team that the right one is easily mistaken for, instead of to any other

VAGUE = 0.14  # says hardly what it is about
EITHER = 0.42  # what happened would fit two teams, and what is asked for decides
MIXED = 0.3  # a second topic, which is another team's


@dataclass(frozen=True)
class Ticket:
    """A ticket and the team that it belongs to."""

    subject: str
    body: str
    channel: str
    created: str
    team: str
    vague: bool


class Writer:
    """Random choices by `random()` alone, whose sequence is the same in every version of Python."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._steady: dict[str, str] = {}

    def chance(self, probability: float) -> bool:
        """Throw a biased coin."""
        return self._random.random() < probability

    def index(self, n: int) -> int:
        """Pick a number from 0 to n - 1."""
        return int(self._random.random() * n)

    def pick(self, options: Sequence[str]) -> str:
        """Pick one of the options."""
        return options[self.index(len(options))]

    def shuffled(self, items: Iterable[Any]) -> list[Any]:
        """Copy the items in random order."""
        return sorted(items, key=lambda _: self._random.random())

    def fill(self, slot: str) -> str:
        """Pick what to write for a slot; some slots keep it for the whole ticket."""
        word = self.pick(PHRASES["slots"][slot])
        return self._steady.setdefault(slot, word) if slot in STEADY else word

    def say(self, phrases: Sequence[str]) -> str:
        """Pick a phrase, fill its slots and make it a sentence."""
        text = re.sub(r"\{(\w+)\}", lambda slot: self.fill(slot[1]), self.pick(phrases))
        text = text[0].upper() + text[1:]
        return text if text.endswith("?") else f"{text}."

    def ticket(self, team: str) -> Ticket:
        """Write one ticket of a team."""
        self._steady.clear()
        own, other = TEAMS[team], TEAMS[self.pick(TEAMS[team]["mistaken_for"])]
        kind = self._random.random()
        vague = kind < VAGUE
        if vague:
            body = [self.say(PHRASES["vague"]["problems"]), self.say(own[self.pick(("details", "asks"))])]
        elif kind < VAGUE + EITHER:
            shared = [either["problems"] for either in PHRASES["either"] if team in either["teams"]]
            vague = self.chance(0.15)
            asks = PHRASES["anybody"]["asks"] if vague else own["asks"]
            body = [self.say(shared[self.index(len(shared))]), self.say(asks)]
        else:
            body = [self.say(own["problems"])]
            if self.chance(0.5):
                body.append(self.say(own["details"]))
            if self.chance(0.5):
                body.append(self.say(own["asks"]))
        if self.chance(MIXED) and kind >= VAGUE:
            body.insert(self.index(2), self.say(other[self.pick(("problems", "details"))]))
        if self.chance(0.35):
            body.insert(0, self.say(PHRASES["anybody"]["openers"]))
        if len(body) < 2 or (len(body) < 4 and self.chance(0.35)):
            body.append(self.say(PHRASES["anybody"]["closers"]))
        plain_subject = vague or self.chance(0.4)
        subject = self.say(PHRASES["vague"]["subjects"] if plain_subject else own["subjects"])
        created = date(2025, 1, 1) + timedelta(days=self.index(365))
        text = " ".join(body[:4])
        return Ticket(subject.rstrip("."), text, self.pick(CHANNELS), created.isoformat(), team, vague)


def make() -> tuple[list[Ticket], list[str]]:
    """Write all tickets, no two the same, and choose the team that each of them is given.

    Returns
    -------
    tickets : list of Ticket
    given : list of str
        The teams, of which the share `WRONG` is wrong.
    """
    writer = Writer(SEED)
    tickets: dict[str, Ticket] = {}
    for name in writer.shuffled(name for name, team in TEAMS.items() for _ in range(team["tickets"])):
        ticket = writer.ticket(name)
        while ticket.body in tickets:
            ticket = writer.ticket(name)
        tickets[ticket.body] = ticket
    given = [ticket.team for ticket in tickets.values()]
    # Nobody could tell whether the team of a vague ticket is wrong, so those keep theirs.
    clear = (row for row, ticket in enumerate(tickets.values()) if not ticket.vague)
    for row in writer.shuffled(clear)[: round(WRONG * len(tickets))]:
        right = given[row]
        confused = writer.chance(CONFUSED)
        given[row] = writer.pick(
            TEAMS[right]["mistaken_for"] if confused else [name for name in TEAMS if name != right]
        )
    return list(tickets.values()), given


def files() -> dict[str, bytes]:
    """Write both files in memory, by name."""
    tickets, given = make()
    rows = [("ticket_id", "subject", "body", "channel", "created", "team")]
    truth = [("ticket_id", "team")]
    for number, (ticket, team) in enumerate(zip(tickets, given, strict=True), start=1):
        key = f"T-{number:04d}"
        rows.append((key, ticket.subject, ticket.body, ticket.channel, ticket.created, team))
        truth.append((key, ticket.team))
    return {"tickets.csv": as_csv(rows), "tickets_truth.csv": as_csv(truth)}


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    """Write rows as CSV with Unix line ends."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def main() -> int:
    """Write the files, or compare them."""
    parser = argparse.ArgumentParser(description="Make the support-ticket demo.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file differs")
    check = parser.parse_args().check
    stale = []
    for name, content in files().items():
        path, part = HERE / name, HERE / f"{name}.part"
        if not check:
            part.write_bytes(content)
            part.replace(path)
        elif not path.exists() or path.read_bytes() != content:
            stale.append(name)
    if stale:
        print(f"{', '.join(stale)}: not what this script writes; run `python {sys.argv[0]}`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
