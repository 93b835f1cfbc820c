"""Writers that are killed at random: no decision that was acknowledged is lost, and none is there twice."""

from __future__ import annotations

import json
import multiprocessing
import random
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import made
import pytest
from writers import BATCHES, SIZE, WRITERS, batch_of, write

from labelaudit.dataset import Dataset
from labelaudit.decisions import Decision
from labelaudit.exchange import to_jsonl
from labelaudit.export import export
from labelaudit.load import to_bytes
from labelaudit.review import DecisionLog

KILLS = 40
DATASET = made.table(n=WRITERS * BATCHES * SIZE)
context = multiprocessing.get_context("forkserver")


def start(*arguments: object) -> BaseProcess:
    process = context.Process(target=write, args=arguments)
    process.start()
    return process


def is_continued(before: Sequence[Decision], now: Sequence[Decision]) -> bool:
    return list(now[: len(before)]) == list(before) and [d.seq for d in now] == sorted({d.seq for d in now})


@pytest.fixture(scope="module")
def expected() -> tuple[list[Decision], bytes]:
    """All decisions by key, and the cleaned data."""
    fingerprint = DATASET.data_fingerprint
    decisions = [d for writer in range(WRITERS) for n in range(BATCHES) for d in batch_of(fingerprint, writer, n)]
    return decisions, cleaned(DATASET, decisions)


def cleaned(dataset: Dataset, decisions: Sequence[Decision]) -> bytes:
    return to_bytes(export(dataset, decisions))


def test_eight_writers_that_are_killed_at_random_lose_nothing_and_write_nothing_twice(
    url: str, tmp_path: Path, expected: tuple[list[Decision], bytes]
) -> None:
    context.set_forkserver_preload(["pytest", "labelaudit.review", "sqlalchemy.dialects.sqlite", "psycopg"])
    fingerprint, chance, killed = DATASET.data_fingerprint, random.Random(0), 0
    arguments = [(url, fingerprint, writer, tmp_path / f"notes {writer}") for writer in range(WRITERS)]
    processes = [start(*arguments[writer]) for writer in range(WRITERS)]
    log = DecisionLog(url)
    read: list[Decision] = []
    while any(process.is_alive() for process in processes):
        alive = [writer for writer, process in enumerate(processes) if process.is_alive()]
        writer = chance.choice(alive or [0])
        processes[writer].join(chance.uniform(0, 0.1))
        noted = [json.loads(line) for line in read_lines(arguments[writer][3])]
        if killed < KILLS and processes[writer].is_alive():
            processes[writer].kill()
            processes[writer].join()
            killed += processes[writer].exitcode == -9
            now = log.read(fingerprint)
            # what it noted was acknowledged, so it is there although the writer is dead
            keys = {d.key for d in now}
            assert all(d.key in keys for number in noted for d in batch_of(fingerprint, writer, number))
            assert is_continued(read, now)
            read = now
            processes[writer] = start(*arguments[writer])
    assert [process.exitcode for process in processes] == [0] * WRITERS
    assert killed >= WRITERS

    now = log.read(fingerprint)
    assert is_continued(read, now)
    assert DecisionLog(url).read(fingerprint) == now
    decisions, data = expected
    by_id = sorted((replace(d, seq=0, time="") for d in now), key=lambda d: int(d.id))
    assert to_jsonl(by_id) == to_jsonl(decisions)
    assert cleaned(DATASET, now) == data
    for writer in range(WRITERS):
        own = [d.key for d in now if d.actor == f"writer {writer}"]
        assert own == [d.key for d in decisions if d.actor == f"writer {writer}"]


def read_lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
