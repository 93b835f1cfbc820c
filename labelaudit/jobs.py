"""Audits, and maps of them, in worker processes: a bounded queue, progress with an ETA, cancel.

A worker is a plain child process that reads one JSON line per request and answers with JSON lines, so that a crash or
a cancel never touches the server, and imports are paid once. Run as ``python -m labelaudit.jobs`` it is a worker.
"""

from __future__ import annotations

import heapq
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import IO, Any, Literal, cast

from labelaudit import map as maps
from labelaudit.audit import audit, import_libraries
from labelaudit.cache import Cache
from labelaudit.config import AuditConfig
from labelaudit.errors import Busy, LabelauditError
from labelaudit.saved import open_dataset

State = Literal["queued", "running", "done", "failed", "cancelled"]
Kind = Literal["audit", "map"]

KEPT = 100  # jobs that have ended and are remembered, so that a page can say how
PACED = ("layout", "folds", "features")  # the steps that can be most of the work, the last one first
RECENT = 10  # audits whose duration says how long the next ones take


@dataclass(eq=False)
class Work:
    """An audit, or the map of one, that is computed once for all who ask for it.

    Parameters
    ----------
    id : str
        The audit's id; the name of the map.
    config : mapping
        JSON values of the resolved `AuditConfig`; nothing for a map.
    kind : {"audit", "map"}
    error : str
        Why it failed, as a sentence.
    steps : dict
        Step names to (done, total, since when), in the order in which they began.
    started, ended : float
        Seconds since the epoch; 0 where it has not come to that.
    wishes : list of Job
        Who asked for it.
    """

    id: str
    config: dict[str, Any]
    kind: Kind = "audit"
    state: State = "queued"
    error: str = ""
    started: float = 0.0
    ended: float = 0.0
    steps: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    wishes: list[Job] = field(default_factory=list)

    def remaining(self) -> float | None:
        """Estimate the seconds that the longest step has left from its pace; None where there is none yet."""
        paced = next((self.steps[step] for step in PACED if step in self.steps), None)
        if paced is None or self.state != "running":
            return None
        done, total, since = paced
        if done == 0 or total == 1:
            return None
        pace = (time.time() - since) / done
        return max(0.0, pace * (total - done))


@dataclass(eq=False)
class Job:
    """What one owner asked for.

    Parameters
    ----------
    owner : str
        Whose wish it is.
    data : Path
        Folder of the owner's data set; of the audit, for a map.
    work : Work
        Shared with others who asked for the same.
    withdrawn : bool
        Whether the owner cancelled it; the work may go on for others.
    """

    owner: str
    data: Path
    work: Work
    withdrawn: bool = False

    @property
    def state(self) -> State:
        """What has become of the wish."""
        return "cancelled" if self.withdrawn else self.work.state

    @property
    def active(self) -> bool:
        """Whether it still waits or runs."""
        return self.state in ("queued", "running")


class Jobs:
    """A queue of audits and the workers that run them.

    Parameters
    ----------
    cache : Path
        Where results and finished folds are kept.
    workers : int
        How many audits run at once; each has a process of its own, started when it is first needed.
    most : int
        How many audits may wait.
    """

    def __init__(self, cache: Path, workers: int = 1, most: int = 20) -> None:
        self.cache, self.most = cache, most
        self._jobs: dict[tuple[str, str], Job] = {}
        self._active: dict[str, Work] = {}
        self._queue: deque[Work] = deque()
        self._took: deque[float] = deque(maxlen=RECENT)
        self._changed = threading.Condition()
        self._closed = False
        self._workers = [_Worker(cache) for _ in range(workers)]
        self._threads = [
            threading.Thread(target=self._serve, args=(worker,), name="labelaudit-jobs", daemon=True)
            for worker in self._workers
        ]
        for thread in self._threads:
            thread.start()

    def submit(
        self, audit_id: str, data: Path, config: dict[str, Any], owner: str = "local", kind: Kind = "audit"
    ) -> Job:
        """Ask for an audit or a map; what others or the same owner wait for already is not computed twice.

        Raises
        ------
        Busy
            As many audits as may do wait already.
        """
        with self._changed:
            known = self._jobs.get((owner, audit_id))
            if known is not None and known.active:
                return known
            work = self._active.get(audit_id)
            if work is None:
                if len(self._queue) >= self.most:
                    raise Busy(
                        f"{len(self._queue):,} audits wait already, which is as many as may; nothing is lost, so try "
                        "again in a few minutes."
                    )
                work = self._active[audit_id] = Work(audit_id, config, kind)
                self._queue.append(work)
                self._changed.notify_all()
            job = Job(owner, data, work)
            work.wishes.append(job)
            self._jobs.pop((owner, audit_id), None)  # so that the new one counts as the latest
            self._jobs[owner, audit_id] = job
            for key in [key for key, other in self._jobs.items() if not other.active][:-KEPT]:
                del self._jobs[key]
            return job

    def get(self, audit_id: str, owner: str = "local") -> Job | None:
        """Return the owner's last job of an audit, as long as it is remembered."""
        return self._jobs.get((owner, audit_id))

    def place(self, job: Job) -> int:
        """How many audits have to end before this one starts; 0 where it does not wait."""
        with self._changed:
            return self._queue.index(job.work) + 1 if job.work in self._queue else 0

    def starts_in(self, job: Job) -> float | None:
        """Estimate the seconds until it starts, from what runs and from how long the last audits took.

        Returns
        -------
        float or None
            None where there is nothing yet to estimate it from.
        """
        with self._changed:
            running = [worker.work for worker in self._workers if worker.work is not None]
            ahead = self.place(job)
            usual = fmean(self._took) if self._took else None
        ends = [_left(work, usual) for work in running]
        if ahead == 0 or None in ends or (usual is None and ahead > 1):
            return None
        free = sorted(cast("list[float]", ends)) or [0.0]
        for _ in range(ahead - 1):
            heapq.heapreplace(free, free[0] + cast("float", usual))
        return free[0]

    def cancel(self, job: Job) -> None:
        """Withdraw one owner's wish; the work ends where nobody else wants it, and finished folds stay in the cache."""
        with self._changed:
            if not job.active:
                return
            job.withdrawn = True
            work = job.work
            if any(wish.active for wish in work.wishes):
                return
            work.state = "cancelled"
            del self._active[work.id]
            if work in self._queue:
                self._queue.remove(work)
            for worker in self._workers:
                if worker.work is work:
                    worker.kill()

    def warm_up(self) -> None:
        """Start a worker before it is needed, since its imports take seconds."""
        with self._changed:
            self._workers[0].start()

    def close(self) -> None:
        """Cancel what waits or runs, and end the workers and the queue."""
        for job in list(self._jobs.values()):
            self.cancel(job)
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread, worker in zip(self._threads, self._workers, strict=True):
            thread.join()
            worker.kill()
            worker.let_go()

    def _serve(self, worker: _Worker) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                work = worker.work = self._queue.popleft()
                work.state, work.started = "running", time.time()
                data = next(wish.data for wish in work.wishes if wish.active)
                error = worker.start()
            error = error or worker.run(work, data)
            with self._changed:
                worker.work = None
                work.ended = time.time()
                if self._active.get(work.id) is not work:  # cancelled: the worker was killed
                    worker.let_go()
                    continue
                del self._active[work.id]
                work.state, work.error = "failed" if error else "done", error
                if not error and work.kind == "audit":
                    self._took.append(work.ended - work.started)


def _left(work: Work, usual: float | None) -> float | None:
    """Estimate the seconds that a running audit still takes."""
    left = work.remaining()
    return left if left is not None or usual is None else max(0.0, usual - (time.time() - work.started))


class _Worker:
    """A process that runs one audit after the other, and what it runs now."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self.work: Work | None = None
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> str:
        """Start the process where none is alive; return what went wrong, or nothing."""
        if self._process is not None and self._process.poll() is not None:
            self.let_go()
        if self._process is None:
            command = [sys.executable, "-m", "labelaudit.jobs", str(self.cache)]
            try:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
                )
            except OSError as error:
                return f"no process could be started for the audit ({error.strerror}); try again when less else runs."
        return ""

    def run(self, work: Work, data: Path) -> str:
        """Do the work; return what went wrong, or nothing."""
        process = cast("subprocess.Popen[str]", self._process)
        requests, answers = _pipes(process)
        with suppress(BrokenPipeError):  # it died between two audits; reading from it says so below
            requests.write(json.dumps({"kind": work.kind, "data": str(data), "config": work.config}) + "\n")
            requests.flush()
        for line in answers:
            message = json.loads(line)
            if "error" in message:
                return str(message["error"])
            _, _, since = work.steps.get(message["step"], (0, 0, time.time()))
            work.steps[message["step"]] = (message["done"], message["total"], since)
        cause = "ended from outside, perhaps for want of memory" if process.wait() < 0 else "stopped by a fault"
        return f"the {work.kind}'s process was {cause}; start it again (finished folds are kept) or audit fewer rows."

    def kill(self) -> None:
        """End the process at once."""
        if self._process is not None:
            self._process.kill()

    def let_go(self) -> None:
        """Wait for a process that was killed or died, and close its pipes."""
        if self._process is None:
            return
        self._process.wait()
        for pipe in _pipes(self._process):
            with suppress(BrokenPipeError):  # a request that it never read
                pipe.close()
        self._process = None


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    return cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)


def work(cache: Path) -> None:
    """Run audits as they come on standard input until it closes."""
    os.nice(10)  # pages answer about twice as fast while an audit uses all cores
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the server, whose end is heard below
    asked: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def listen() -> None:
        for line in sys.stdin:
            asked.put(json.loads(line))
        os._exit(0)  # the server is gone, killed perhaps: nobody waits for what is under way

    threading.Thread(target=listen, daemon=True).start()
    import_libraries("text", "tabular")
    # The pipe to the server is kept apart, so that a library that prints can't break the protocol.
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(**message: Any) -> None:
        with suppress(BrokenPipeError):  # the server is gone, and `listen` is about to end this
            channel.write(json.dumps(message) + "\n")
            channel.flush()

    def progress(step: str, done: float, total: float) -> None:
        name = "folds" if step.startswith("fold") else step.partition(":")[0]
        tell(step=name, done=done, total=total)

    while True:
        request = asked.get()
        data = Path(request["data"])
        try:
            if request["kind"] == "map":
                maps.make(maps.read_graph(data), Cache(cache), progress)
            else:
                audit(open_dataset(data), AuditConfig(**request["config"]), progress=progress, cache=cache)
            tell(error="")
        except LabelauditError as error:
            tell(error=str(error))


if __name__ == "__main__":
    work(Path(sys.argv[1]))
