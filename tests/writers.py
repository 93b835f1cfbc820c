"""A writer of decisions that may be killed at any moment; it loads little, so that many can be started."""

from __future__ import annotations

import random
import time
from pathlib import Path

from labelaudit.decisions import Decision
from labelaudit.review import DecisionLog

WRITERS, BATCHES, SIZE = 8, 50, 25  # 10,000 decisions


def batch_of(fingerprint: str, writer: int, number: int) -> list[Decision]:
    """What a writer decides; the same each time it is asked."""
    first = (writer * BATCHES + number) * SIZE
    about = {"actor": f"writer {writer}", "fingerprint": fingerprint, "batch": f"{writer}.{number}"}
    return [
        Decision(id=str(n), key=f"key {n}", action="set", after='"class 1"', **about)
        if n % 3
        else Decision(id=str(n), key=f"key {n}", action="exclude" if n % 2 else "keep", **about)
        for n in range(first, first + SIZE)
    ]


def write(url: str, fingerprint: str, writer: int, notes: Path) -> None:
    """Write what is left, and note each batch once the log has it; the last noted one is written once more."""
    log = DecisionLog(url)
    noted = notes.read_text().count("\n") if notes.exists() else 0
    for number in range(max(0, noted - 1), BATCHES):
        log.append(batch_of(fingerprint, writer, number))
        if number >= noted:
            with notes.open("a") as file:
                file.write(f"{number}\n")
        time.sleep(random.uniform(0, 0.02))  # so that a fast machine is not done before it is disturbed
