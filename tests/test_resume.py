"""An audit that is killed again and again: nothing finished is done twice, and nothing half written is believed."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import made
import pytest

from labelaudit.audit import audit, audit_key
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.result import Audit
from labelaudit.saved import save_dataset

KILLS = 20
TIMES = ("created", "timings", "seconds", "peak_memory_mb", "estimated", "sha256")  # the seal covers the times, too


class Nursery:
    """Workers on one cache, each a process that can be killed.

    Parameters
    ----------
    folder : Path
        Where the cache and the data set go.
    dataset : Dataset
    """

    def __init__(self, folder: Path, dataset: Dataset) -> None:
        config = AuditConfig(folds=20)
        self.cache, self.id = folder / "cache", audit_key(dataset, config)
        self.result = self.cache / f"audit-{self.id}"
        save_dataset(dataset, folder / "data")
        self._request = json.dumps({"kind": "audit", "data": str(folder / "data"), "config": config.model_dump()})
        command = [sys.executable, "-m", "tests.nursery", str(self.cache)]
        self._process = subprocess.Popen(
            command,
            cwd=Path(__file__).resolve().parent.parent,  # so that the workers run the code that is tested
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def close(self) -> None:
        self._process.communicate()
        assert self._process.returncode == 0

    def start(self) -> Worker:
        assert self._process.stdin is not None
        self._process.stdin.write(self._request + "\n")
        self._process.stdin.flush()
        return Worker(self, self.answer()["worker"])

    def answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def names(self) -> set[str]:
        """What is in the cache, whole or not."""
        return {entry.name for entry in os.scandir(self.cache)} if self.cache.exists() else set()

    def parts(self) -> set[Path]:
        """What is being written."""
        return set(self.cache.glob(".*.part"))

    def whole(self) -> dict[str, bytes]:
        """The content of all files but those; of the manifest, without its times."""
        files = [file for file in self.cache.rglob("*") if file.is_file() and ".part" not in str(file)]
        return {str(file.relative_to(self.cache)): _content(file) for file in files}

    def written(self) -> dict[str, tuple[int, int]]:
        """Which file each finished matrix is, and when it was written."""
        return {file.name: (file.stat().st_ino, file.stat().st_mtime_ns) for file in self.cache.glob("*.npz")}


class Worker:
    """A process that runs the nursery's audit."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.nursery, self.pid = nursery, pid
        self.done = False

    def step(self) -> None:
        """Wait until it says something more."""
        answer = self.nursery.answer()
        assert "ended" not in answer, answer
        assert not answer.get("error"), answer
        self.done = "error" in answer

    def writes(self) -> None:
        """Wait until it begins to write a file, whatever its name."""
        before = self.nursery.names()
        while before >= self.nursery.names():
            os.kill(self.pid, 0)  # it is alive

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        while "ended" not in self.nursery.answer():
            pass


def _content(file: Path) -> bytes:
    if file.name != "manifest.json":
        return file.read_bytes()
    manifest = json.loads(file.read_text(encoding="utf-8"))
    return json.dumps({name: value for name, value in manifest.items() if name not in TIMES}).encode()


def texts() -> Dataset:
    return made.relabelled(made.texts(2000, 6), dict.fromkeys(range(1, 2000, 9), "class 0"))


def table() -> Dataset:
    return made.relabelled(made.table(400, 4), dict.fromkeys(range(1, 400, 9), "class 0"))


@pytest.fixture(params=[texts, table], ids=lambda make: str(make.__name__))
def dataset(request: pytest.FixtureRequest) -> Dataset:
    made_by_case: Dataset = request.param()
    return made_by_case


@pytest.fixture
def undisturbed(dataset: Dataset, tmp_path: Path) -> Iterator[tuple[dict[str, bytes], list[float]]]:
    """What an audit leaves in its cache when nobody kills it, and the seconds between the things that it says."""
    nursery = Nursery(tmp_path / "undisturbed", dataset)
    worker, said = nursery.start(), [time.monotonic()]
    while not worker.done:
        worker.step()
        said.append(time.monotonic())
    worker.kill()
    yield nursery.whole(), [after - before for before, after in pairwise(said)]
    nursery.close()


def killed_at(nursery: Nursery, moment: float, pauses: list[float], *, writing: bool) -> bool:
    """Start a worker and kill it.

    Parameters
    ----------
    nursery : Nursery
    moment : float
        After how many words of its; the fraction is that of the pause that follows.
    pauses : list of float
        Seconds between the words.
    writing : bool
        Whether to wait instead until it begins to write a file.

    Returns
    -------
    bool
        False where it had done all; its result is then taken away.
    """
    worker = nursery.start()
    for _ in range(int(moment)):
        worker.step()
    if writing:
        worker.writes()
    else:
        time.sleep(moment % 1 * pauses[int(moment)])
    worker.kill()
    done = nursery.result.exists()
    if done:
        shutil.rmtree(nursery.result)
    return not done


def test_an_audit_that_is_killed_20_times_ends_in_the_same_bits_and_redoes_nothing(
    dataset: Dataset, undisturbed: tuple[dict[str, bytes], list[float]], tmp_path: Path
) -> None:
    expected, pauses = undisturbed
    chance = random.Random(0)
    nursery = Nursery(tmp_path / "killed", dataset)
    kept: dict[str, tuple[int, int]] = {}
    for number, moment in enumerate(sorted(chance.uniform(1, len(pauses)) for _ in range(KILLS))):
        while not killed_at(nursery, moment, pauses, writing=number % 2 == 1):
            moment = chance.uniform(1, moment)
        # A file is whole or has no name yet, and one that was there is still the same.
        assert nursery.whole().items() <= expected.items()
        assert kept.items() <= nursery.written().items()
        kept = nursery.written()

    worker = nursery.start()
    while not worker.done:
        worker.step()
    worker.kill()
    nursery.close()
    assert kept.items() <= nursery.written().items()
    assert nursery.whole() == expected
    assert len(Audit.open(nursery.result, dataset).label_issues) == len(dataset)

    for part in nursery.parts():
        os.utime(part, (0, 0))
    audit(dataset, AuditConfig(folds=2), cache=nursery.cache)
    assert not nursery.parts()
