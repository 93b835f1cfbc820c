"""Audits in a real worker process."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import made
import psutil
import pytest

from labelaudit.audit import Audit, AuditConfig, audit, audit_key
from labelaudit.dataset import Dataset
from labelaudit.jobs import Job, Jobs

PATIENCE = 60.0  # seconds


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    queue = Jobs(tmp_path_factory.mktemp("cache"))
    queue.warm_up()
    yield queue
    queue.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "labelaudit-jobs"]
    assert not workers()


@pytest.fixture
def request_for(tmp_path: Path) -> Callable[..., tuple[str, Path, dict[str, Any]]]:
    """Save a data set and return what `Jobs.submit` takes."""

    def save(dataset: Dataset, **choices: Any) -> tuple[str, Path, dict[str, Any]]:
        config = AuditConfig(**choices)
        folder = tmp_path / dataset.fingerprint
        dataset.save(folder)
        return audit_key(dataset, config), folder, config.model_dump()

    return save


def workers() -> list[psutil.Process]:
    return [p for p in psutil.Process().children() if "labelaudit.jobs" in p.cmdline()]


def wait(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def finished(job: Job) -> str:
    wait(lambda: not job.active and job.ended > 0)
    return job.state


def quick(seed: int) -> Dataset:
    return made.table(n=60, seed=seed)


def slow(seed: int) -> Dataset:
    """A second or more in all, little of it per fold."""
    return made.table(n=3000, k=10, seed=seed, far=1.0)


SLOW = {"model": "linear_sgd", "folds": 40}


def started(job: Job, folds: int) -> None:
    wait(lambda: job.steps.get("folds", (0, 0, 0))[0] >= folds or not job.active)
    assert job.state == "running", job.error


def test_submitted_audit_is_done_and_its_result_is_in_the_cache(jobs: Jobs, request_for: Callable[..., Any]) -> None:
    dataset = quick(1)
    asked = request_for(dataset)
    job = jobs.submit(*asked)
    assert finished(job) == "done"
    assert job.error == ""
    assert job.started <= job.ended
    assert list(job.steps) == ["features", "folds", "issues"]
    assert jobs.get(asked[0]) is job
    result = Audit.open(jobs.cache / f"audit-{asked[0]}", dataset)
    assert result.issues.equals(audit(dataset).issues)


def test_identical_submissions_are_one_job_and_others_wait_their_turn(
    jobs: Jobs, request_for: Callable[..., Any]
) -> None:
    first = jobs.submit(*request_for(slow(1), **SLOW))
    waiting = request_for(quick(2))
    second, third = jobs.submit(*waiting), jobs.submit(*request_for(quick(3)))
    assert jobs.submit(*waiting) is second
    wait(lambda: first.state == "running")
    assert [jobs.place(job) for job in (first, second, third)] == [0, 1, 2]
    jobs.cancel(second)
    assert second.state == "cancelled"
    assert jobs.place(third) == 1
    jobs.cancel(first)
    assert finished(third) == "done"


def test_progress_gives_the_seconds_left(jobs: Jobs, request_for: Callable[..., Any]) -> None:
    job = jobs.submit(*request_for(slow(2), **SLOW))
    started(job, folds=2)
    left = job.remaining()
    assert left is not None
    assert 0 < left < PATIENCE
    jobs.cancel(job)
    assert job.remaining() is None


def test_cancelled_audit_resumes_where_it_was(jobs: Jobs, request_for: Callable[..., Any]) -> None:
    asked = request_for(slow(3), **SLOW)
    job = jobs.submit(*asked)
    started(job, folds=3)
    jobs.cancel(job)
    assert finished(job) == "cancelled"
    kept = {path: path.stat().st_mtime_ns for path in jobs.cache.glob("pred_probs-*.npz")}
    again = jobs.submit(*asked)
    assert again is not job
    assert finished(again) == "done"
    assert (jobs.cache / f"audit-{asked[0]}" / "manifest.json").is_file()
    assert all(path.stat().st_mtime_ns == written for path, written in kept.items())


def test_killed_worker_fails_its_audit_with_one_sentence_and_the_next_works(
    jobs: Jobs, request_for: Callable[..., Any]
) -> None:
    asked = request_for(slow(4), **SLOW)
    job = jobs.submit(*asked)
    started(job, folds=1)
    (worker,) = workers()
    worker.kill()
    assert finished(job) == "failed"
    assert job.error.startswith("the audit's process was ended from outside")
    assert job.error.endswith(".")
    assert finished(jobs.submit(*request_for(quick(4)))) == "done"
    again = jobs.submit(*asked)
    started(again, folds=1)
    jobs.cancel(again)


def test_worker_that_dies_between_audits_is_replaced(jobs: Jobs, request_for: Callable[..., Any]) -> None:
    assert finished(jobs.submit(*request_for(quick(5)))) == "done"
    (worker,) = workers()
    worker.kill()
    os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)  # it is dead, and left for the queue to notice
    assert finished(jobs.submit(*request_for(quick(6)))) == "done"


def test_bad_input_fails_with_its_sentence_and_the_worker_lives(jobs: Jobs, request_for: Callable[..., Any]) -> None:
    dataset = quick(7)
    asked = request_for(dataset.with_labels(["x"] * len(dataset)))
    before = workers()
    job = jobs.submit(*asked)
    assert finished(job) == "failed"
    assert "one class, 'x'" in job.error
    if before:
        assert [p.pid for p in workers()] == [p.pid for p in before]


def test_data_that_is_gone_fails_with_a_sentence(jobs: Jobs, tmp_path: Path) -> None:
    job = jobs.submit("gone", tmp_path / "gone", AuditConfig().model_dump())
    assert finished(job) == "failed"
    assert "does not hold a data set" in job.error


def test_finished_audit_cannot_be_cancelled(jobs: Jobs, request_for: Callable[..., Any]) -> None:
    job = jobs.submit(*request_for(quick(8)))
    assert finished(job) == "done"
    jobs.cancel(job)
    assert job.state == "done"
    assert workers()


def test_unknown_audit_has_no_job(jobs: Jobs) -> None:
    assert jobs.get("nothing") is None


def test_closing_cancels_what_waits_and_runs(tmp_path: Path, request_for: Callable[..., Any]) -> None:
    queue = Jobs(tmp_path / "cache")
    running, waiting = queue.submit(*request_for(slow(9), **SLOW)), queue.submit(*request_for(quick(9)))
    wait(lambda: running.state == "running")
    queue.close()
    assert (running.state, waiting.state) == ("cancelled", "cancelled")
