"""Audits in a worker process: one queue, progress with an ETA, cancel.

The worker is a plain child process that reads one JSON line per audit and answers with JSON lines, so that a crash or
a cancel never touches the server, and imports are paid once. Run as ``python -m labelaudit.jobs`` it is the worker.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal, cast

from labelaudit.audit import AuditConfig, audit, import_libraries
from labelaudit.dataset import Dataset
from labelaudit.errors import LabelauditError

State = Literal["queued", "running", "done", "failed", "cancelled"]


@dataclass
class Job:
    """One audit in the queue.

    Parameters
    ----------
    id : str
        The audit's id.
    data : Path
        Folder of the data set.
    config : mapping
        JSON values of the resolved `AuditConfig`.
    steps : dict
        Step names to (done, total), in the order in which they began.
    started, ended : float
        Seconds since the epoch; 0 where it has not come to that.
    """

    id: str
    data: Path
    config: dict[str, Any]
    state: State = "queued"
    error: str = ""
    started: float = 0.0
    ended: float = 0.0
    steps: dict[str, tuple[float, float, float]] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether it still waits or runs."""
        return self.state in ("queued", "running")

    def remaining(self) -> float | None:
        """Estimate the seconds left from the pace of the folds, which are most of the work; None before the first."""
        if "folds" not in self.steps or self.state != "running":
            return None
        done, total, since = self.steps["folds"]
        if done == 0:
            return None
        pace = (time.time() - since) / done
        return max(0.0, pace * (total - done))


class Jobs:
    """A queue of audits and the one worker that runs them (one worker per two cores is what an audit can use)."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self._jobs: dict[str, Job] = {}
        self._queue: deque[Job] = deque()
        self._changed = threading.Condition()
        self._worker: subprocess.Popen[str] | None = None
        self._running: Job | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="labelaudit-jobs", daemon=True)
        self._thread.start()

    def submit(self, audit_id: str, data: Path, config: dict[str, Any]) -> Job:
        """Queue an audit; the same audit twice is one job."""
        with self._changed:
            known = self._jobs.get(audit_id)
            if known is not None and known.active:
                return known
            job = Job(audit_id, data, config)
            self._jobs[audit_id] = job
            self._queue.append(job)
            self._changed.notify_all()
            return job

    def get(self, audit_id: str) -> Job | None:
        """Return the last job of an audit."""
        return self._jobs.get(audit_id)

    def place(self, job: Job) -> int:
        """How many audits run before this one."""
        with self._changed:
            ahead = self._queue.index(job) if job in self._queue else 0
            return ahead + (1 if self._running is not None and self._running is not job else 0)

    def cancel(self, job: Job) -> None:
        """Take a job out of the queue, or end the worker that runs it; finished folds stay in the cache."""
        with self._changed:
            if not job.active:
                return
            job.state = "cancelled"
            if job in self._queue:
                self._queue.remove(job)
            if self._running is job and self._worker is not None:
                self._worker.kill()

    def warm_up(self) -> None:
        """Start the worker before it is needed, since its imports take seconds."""
        with self._changed:
            self._ensure_worker()

    def close(self) -> None:
        """Cancel what waits or runs, and end the worker and the queue."""
        for job in list(self._jobs.values()):
            self.cancel(job)
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()
        if self._worker is not None:
            self._worker.kill()
            self._let_go(self._worker)

    def _ensure_worker(self) -> subprocess.Popen[str]:
        if self._worker is not None and self._worker.poll() is not None:
            self._let_go(self._worker)
        if self._worker is None:
            command = [sys.executable, "-m", "labelaudit.jobs", str(self.cache)]
            self._worker = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
        return self._worker

    def _let_go(self, worker: subprocess.Popen[str]) -> None:
        """Wait for a worker that was killed or died, and close its pipes."""
        worker.wait()
        for pipe in _pipes(worker):
            with suppress(BrokenPipeError):  # a request that it never read
                pipe.close()
        self._worker = None

    def _serve(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                job = self._queue.popleft()
                self._running = job
                job.state, job.started = "running", time.time()
                worker = self._ensure_worker()
            error = self._run(job, worker)
            with self._changed:
                self._running = None
                job.ended = time.time()
                if job.active:
                    job.state, job.error = "failed" if error else "done", error
                else:  # cancelled: the worker was killed
                    self._let_go(worker)

    def _run(self, job: Job, worker: subprocess.Popen[str]) -> str:
        """Let the worker do a job; return what went wrong, or nothing."""
        requests, answers = _pipes(worker)
        with suppress(BrokenPipeError):  # it died between two audits; reading from it says so below
            requests.write(json.dumps({"data": str(job.data), "config": job.config}) + "\n")
            requests.flush()
        for line in answers:
            message = json.loads(line)
            if "error" in message:
                return str(message["error"])
            _, _, since = job.steps.get(message["step"], (0, 0, time.time()))
            job.steps[message["step"]] = (message["done"], message["total"], since)
        cause = "ended from outside, perhaps for want of memory" if worker.wait() < 0 else "stopped by a fault"
        return f"the audit's process was {cause}; start it again (finished folds are kept) or audit fewer rows."


def _pipes(worker: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    return cast("IO[str]", worker.stdin), cast("IO[str]", worker.stdout)


def work(cache: Path) -> None:
    """Run audits as they come on standard input until it closes."""
    import_libraries("text", "tabular")
    # The pipe to the server is kept apart, so that a library that prints can't break the protocol.
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(**message: Any) -> None:
        channel.write(json.dumps(message) + "\n")
        channel.flush()

    def progress(step: str, done: float, total: float) -> None:
        tell(step="folds" if step.startswith("fold") else step, done=done, total=total)

    for line in sys.stdin:
        request = json.loads(line)
        try:
            audit(
                Dataset.open(Path(request["data"])),
                AuditConfig(**request["config"]),
                progress=progress,
                cache=cache,
            )
            tell(error="")
        except LabelauditError as error:
            tell(error=str(error))


if __name__ == "__main__":
    work(Path(sys.argv[1]))
