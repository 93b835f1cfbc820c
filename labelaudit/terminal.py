"""What the command line shows: progress on stderr, a summary or JSON on stdout."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from labelaudit.text import LONGEST, json_text, shorten

if TYPE_CHECKING:
    from rich.console import Console

    from labelaudit.predict import Progress
    from labelaudit.result import Audit

WORST = 10


@contextmanager
def progress() -> Iterator[Progress]:
    """Show the step and the time it has left on stderr: a bar on a terminal, lines elsewhere."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    screen = console(stderr=True)
    if not screen.is_terminal:
        yield _Lines(screen)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen, transient=True) as bars:
        bar = bars.add_task("starting")
        yield lambda step, done, total: bars.update(bar, description=step, completed=done, total=total)


class _Lines:
    """A line for every step, and within a step at most one a second."""

    def __init__(self, screen: Console) -> None:
        self.screen = screen
        self.step = ""
        self.began = self.last = time.monotonic()

    def __call__(self, step: str, done: float, total: float) -> None:
        now = time.monotonic()
        if done == 0:
            self.began = now
        if done >= total or (step == self.step and now - self.last < 1):
            return
        left = f", {(now - self.began) / done * (total - done):.0f} s left" if done else ""
        self.screen.print(f"{step}{left}", soft_wrap=True)
        self.step, self.last = step, now


# -- output -------------------------------------------------------------------------------------


def console(*, stderr: bool = False) -> Console:
    """Return a console that takes text as it is."""
    from rich.console import Console

    # Cells of the user's data are shown as they are, brackets and colons included.
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def print_json(value: Any) -> None:
    """Print one JSON object on stdout, escaped where its encoding lacks a letter."""
    text = json_text(value, indent=2)
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2)
    typer.echo(text)


def say(line: str = "") -> None:
    """Print a line on stdout that is not broken where a path would be."""
    console().print(_visible(line), soft_wrap=True)


def print_columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table without lines."""
    from rich.table import Table

    table = Table(*header, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(printable(cell) for cell in row))
    console().print(table)


def printable(text: str) -> str:
    """Bring a text into one line, without the control codes: they would be run by the user's terminal."""
    return " ".join(_visible(text).split())


def _visible(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _snippet(found: Audit, position: int) -> str:
    from labelaudit.tasks import TASKS

    dataset, row = found.dataset, int(found.rows[position])
    if dataset.modality == "image":
        return shorten(printable(dataset.image_name(row)))
    if dataset.modality == "text":
        words = ": ".join(filter(None, [TASKS[dataset.task].part_name(found, position), found.text(position)]))
    else:
        cells = dataset.table.select(list(dataset.feature_columns)).slice(row, 1).to_pylist()[0]
        words = ", ".join(f"{name} {value}" for name, value in cells.items())
    return shorten(printable(words[: 4 * LONGEST]))


def _worst(found: Audit) -> list[dict[str, Any]]:
    from labelaudit.labels import decode

    labels = found.label_issues
    several = not found.is_whole
    worst = labels[labels["is_issue"]].sort_values("score", kind="stable").head(WORST)
    return [
        {
            "id": id_ if isinstance(id_, str) else int(id_),
            **({"part": part} if several else {}),
            "score": round(float(score), 6),
            "given": decode(given),
            "suggested": decode(suggested),
            "snippet": _snippet(found, int(position)),
        }
        for position, id_, part, score, given, suggested in worst[
            ["id", "part", "score", "given", "suggested"]
        ].itertuples()
    ]


def summary(found: Audit, folder: Path) -> dict[str, Any]:
    """Return what a machine wants to know, as JSON values."""
    from labelaudit.load.checks import findings

    manifest = found.manifest
    told = ("title", "count", "effect", "fix", "severity")
    noticed = findings(found.dataset, found.config.folds)
    return {
        "audit": found.id,
        "dataset": manifest["dataset"]["name"],
        "n": manifest["counts"]["examples"],
        "labels": len(found.rows),
        "classes": list(found.dataset.classes),
        "suspects": manifest["counts"]["suspects"],
        "missing_labels": manifest["counts"]["missing_labels"],
        "health_score": manifest["health"]["overall_label_health_score"],
        "noise_rate": manifest["health"]["noise_rate"],
        "model": manifest["config"]["model"],
        "heads": manifest["resolved"]["heads"],
        "why": manifest["resolved"]["why"],
        "out": str(folder),
        "seconds": manifest["seconds"],
        "timings": manifest["timings"],
        "notes": manifest["notes"],
        "sampled": manifest["sampled"],
        "checks": manifest["checks"],
        "unreadable": manifest["unreadable"],
        "findings": [{name: getattr(finding, name) for name in told} for finding in noticed],
        "top": _worst(found),
    }


def print_summary(found: Audit, folder: Path, next_steps: str) -> None:
    """Print what a person wants to know, and what to do next."""
    from labelaudit.heads import words
    from labelaudit.labels import encode
    from labelaudit.tasks import TASKS

    name = found.dataset.name_of
    facts, health = summary(found, folder), found.manifest["health"]
    where = f" in {found.sample}" if found.sample else ""
    share = _percent(facts["suspects"] / facts["labels"])
    say(f"We suspect {facts['suspects']:,} of {facts['labels']:,} labels ({share}){where}")
    say(
        f"Health {_percent(facts['health_score'])}: {TASKS[found.dataset.task].metrics(found)['health_words']}, about "
        f"{_percent(facts['noise_rate'])} of the labels are wrong ({_percent(health['noise_rate_low'])} to "
        f"{_percent(health['noise_rate_high'])} by the luck of the draw; more where the model is weak)"
    )
    say(f"Model: {words(facts['heads'])} ({facts['why']}); {facts['seconds']:.1f} s")
    for note in facts["notes"]:
        say(f"Note: {note}")
    if facts["findings"]:
        say("Noticed:")
    for finding in facts["findings"]:
        say(f"  {finding['title']}")
    flagged = [check for check in facts["checks"].values() if check["applies"] and check["count"]]
    if flagged:
        say("Other issues:")
    for check in flagged:
        say(f"  {check['title']}: {check['words']}")
    if facts["top"]:
        say()
        header = ("id", "score", "given", "suggested", "example")
        rows = [
            (
                " ".join(filter(None, (str(w["id"]), w.get("part")))),
                f"{w['score']:.3f}",
                name(encode(w["given"])),
                name(encode(w["suggested"])),
                w["snippet"],
            )
            for w in facts["top"]
        ]
        taken = sum(2 + max(map(len, column)) for column in list(zip(header, *rows, strict=True))[:-1])
        room = max(20, console().width - taken)
        print_columns(header, [(*row[:-1], shorten(row[-1], room)) for row in rows])
    say()
    say(f"Written: {folder}")
    say(f"Next: {next_steps}")
