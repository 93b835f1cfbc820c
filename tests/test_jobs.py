"""Audits in real worker processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import made
import numpy as np
import psutil
import pytest

from labelaudit import map as maps
from labelaudit.audit import audit, audit_key
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.errors import Busy
from labelaudit.jobs import KEPT, Job, Jobs, Work
from labelaudit.neighbors import knn_graph
from labelaudit.result import Audit
from labelaudit.saved import save_dataset

PATIENCE = 60.0  # seconds


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    queue = Jobs(tmp_path_factory.mktemp("cache"))
    queue.warm_up()
    yield queue
    queue.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "labelaudit-jobs"]
    assert not workers(queue)


@pytest.fixture
def request_for(tmp_path: Path) -> Callable[..., tuple[str, Path, dict[str, Any]]]:
    """Save a data set and return what `Jobs.submit` takes."""

    def save(dataset: Dataset, **choices: Any) -> tuple[str, Path, dict[str, Any]]:
        config = AuditConfig(**choices)
        folder = tmp_path / dataset.fingerprint
        save_dataset(dataset, folder)
        return audit_key(dataset, config), folder, config.model_dump()

    return save


def workers(queue: Jobs) -> list[psutil.Process]:
    return [p for p in psutil.Process().children() if str(queue.cache) in p.cmdline()]


def wait(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def finished(job: Job) -> str:
    wait(lambda: not job.active and job.work.ended > 0)
    return job.state


def quick(seed: int) -> Dataset:
    return made.table(n=60, seed=seed)


def slow(seed: int) -> Dataset:
    """A second or more in all, little of it per fold."""
    return made.table(n=3000, k=10, seed=seed, far=1.0)


# Labels alone: what the folds are about does not need neighbours.
SLOW = {"model": "linear_sgd", "folds": 40, "checks": False}
LONG = {"model": "random_forest", "folds": 50, "checks": False}  # far longer than any test; for those that cancel it


def started(job: Job, folds: int) -> None:
    wait(lambda: job.work.steps.get("folds", (0, 0, 0))[0] >= folds or not job.active)
    assert job.state == "running", job.work.error


def test_submitted_audit_is_done_and_its_result_is_in_the_cache(jobs: Jobs, request_for: Callable[..., Any]) -> None:
    dataset = quick(1)
    asked = request_for(dataset)
    job = jobs.submit(*asked)
    assert finished(job) == "done"
    assert job.work.error == ""
    assert job.work.started <= job.work.ended
    assert list(job.work.steps) == ["features", "neighbours", "folds", "issues"]
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
    left = job.work.remaining()
    assert left is not None
    assert 0 < left < PATIENCE
    jobs.cancel(job)
    assert job.work.remaining() is None


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
    (worker,) = workers(jobs)
    worker.kill()
    assert finished(job) == "failed"
    assert job.work.error.startswith("the audit's process was ended from outside")
    assert job.work.error.endswith(".")
    assert finished(jobs.submit(*request_for(quick(4)))) == "done"
    again = jobs.submit(*asked)
    started(again, folds=1)
    jobs.cancel(again)


def test_worker_that_dies_between_audits_is_replaced(jobs: Jobs, request_for: Callable[..., Any]) -> None:
    assert finished(jobs.submit(*request_for(quick(5)))) == "done"
    (worker,) = workers(jobs)
    worker.kill()
    os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)  # it is dead, and left for the queue to notice
    assert finished(jobs.submit(*request_for(quick(6)))) == "done"


def test_bad_input_fails_with_its_sentence_and_the_worker_lives(jobs: Jobs, request_for: Callable[..., Any]) -> None:
    dataset = quick(7)
    asked = request_for(dataset.with_labels(["x"] * len(dataset)))
    before = workers(jobs)
    job = jobs.submit(*asked)
    assert finished(job) == "failed"
    assert "one class, 'x'" in job.work.error
    if before:
        assert [p.pid for p in workers(jobs)] == [p.pid for p in before]


def test_data_that_is_gone_fails_with_a_sentence(jobs: Jobs, tmp_path: Path) -> None:
    job = jobs.submit("gone", tmp_path / "gone", AuditConfig().model_dump())
    assert finished(job) == "failed"
    assert "does not hold a data set" in job.work.error


def test_finished_audit_cannot_be_cancelled(jobs: Jobs, request_for: Callable[..., Any]) -> None:
    job = jobs.submit(*request_for(quick(8)))
    assert finished(job) == "done"
    jobs.cancel(job)
    assert job.state == "done"
    assert workers(jobs)


def test_unknown_audit_has_no_job(jobs: Jobs) -> None:
    assert jobs.get("nothing") is None


def test_closing_cancels_what_waits_and_runs(tmp_path: Path, request_for: Callable[..., Any]) -> None:
    queue = Jobs(tmp_path / "cache")
    running, waiting = queue.submit(*request_for(slow(9), **SLOW)), queue.submit(*request_for(quick(9)))
    wait(lambda: running.state == "running")
    queue.close()
    assert (running.state, waiting.state) == ("cancelled", "cancelled")


# -- several owners -----------------------------------------------------------------------------------


def test_two_owners_share_the_computation_and_each_has_its_own_wish(
    jobs: Jobs, request_for: Callable[..., Any]
) -> None:
    asked = request_for(slow(10), **LONG)
    mine, yours = jobs.submit(*asked, owner="me"), jobs.submit(*asked, owner="you")
    assert mine is not yours
    assert mine.work is yours.work
    started(mine, folds=2)
    (worker,) = workers(jobs)
    jobs.cancel(mine)
    assert (mine.state, yours.state) == ("cancelled", "running")
    assert jobs.get(asked[0], "me") is mine
    assert worker.is_running()
    again = jobs.submit(*asked, owner="me")
    assert again.work is yours.work
    jobs.cancel(yours)
    assert again.state == "running"
    jobs.cancel(again)
    wait(lambda: not worker.is_running())
    assert jobs.get(asked[0], "nobody") is None


def test_shared_audit_runs_from_the_data_of_whoever_still_wants_it(
    jobs: Jobs, request_for: Callable[..., Any], tmp_path: Path
) -> None:
    running = jobs.submit(*request_for(slow(11), **LONG))
    audit_id, data, config = request_for(quick(11))
    copy = tmp_path / "copy"
    shutil.copytree(data, copy)
    mine, yours = jobs.submit(audit_id, data, config, "me"), jobs.submit(audit_id, copy, config, "you")
    jobs.cancel(mine)
    shutil.rmtree(data)
    assert jobs.place(yours) == 1
    jobs.cancel(running)
    assert finished(yours) == "done", yours.work.error


def test_an_audit_gives_way_to_the_pages(jobs: Jobs, request_for: Callable[..., Any]) -> None:
    assert finished(jobs.submit(*request_for(quick(27)))) == "done"
    (worker,) = workers(jobs)
    assert worker.nice() > psutil.Process().nice()


# -- a bounded queue ----------------------------------------------------------------------------------


def test_several_workers_run_several_audits_at_once(tmp_path: Path, request_for: Callable[..., Any]) -> None:
    queue = Jobs(tmp_path / "cache", workers=2)
    try:
        first, second, third = (queue.submit(*request_for(slow(seed), **LONG)) for seed in (12, 13, 14))
        for job in (first, second):
            started(job, folds=1)
        assert (third.state, queue.place(third)) == ("queued", 1)
        assert len(workers(queue)) == 2
        queue.cancel(second)
        started(third, folds=1)
        assert first.state == "running"
    finally:
        queue.close()
    assert not workers(queue)


def test_a_full_queue_refuses_with_a_sentence_and_keeps_what_it_has(
    tmp_path: Path, request_for: Callable[..., Any]
) -> None:
    queue = Jobs(tmp_path / "cache", most=2)
    try:
        running = queue.submit(*request_for(slow(15), **LONG))
        wait(lambda: running.state == "running")
        asked = [request_for(quick(seed)) for seed in (16, 17, 18)]
        waiting = [queue.submit(*request) for request in asked[:2]]
        with pytest.raises(Busy, match="2 audits wait already") as refused:
            queue.submit(*asked[2])
        assert str(refused.value).endswith(".")
        assert queue.get(asked[2][0]) is None
        # What waits already may be asked for by others, and it takes no more room.
        assert queue.submit(*asked[1], owner="you").work is waiting[1].work
        queue.cancel(waiting[0])
        third = queue.submit(*asked[2])
        assert [queue.place(job) for job in (waiting[1], third)] == [1, 2]
    finally:
        queue.close()


def test_waiting_audits_know_about_when_they_start(tmp_path: Path, request_for: Callable[..., Any]) -> None:
    queue = Jobs(tmp_path / "cache")
    try:
        running = queue.submit(*request_for(slow(19), **SLOW))
        first, second = queue.submit(*request_for(quick(20))), queue.submit(*request_for(quick(21)))
        assert queue.starts_in(second) is None  # nothing has ever run here
        started(running, folds=2)
        assert queue.starts_in(first) == pytest.approx(running.work.remaining(), abs=1)
        assert queue.starts_in(running) is None
        assert [finished(job) for job in (running, first, second)] == ["done"] * 3
        usual = fmean(job.work.ended - job.work.started for job in (running, first, second))
        running = queue.submit(*request_for(slow(22), **SLOW))
        waiting = [queue.submit(*request_for(quick(seed))) for seed in (23, 24)]
        started(running, folds=2)
        soon, later = (queue.starts_in(job) for job in waiting)
        assert soon is not None and later is not None
        assert later - soon == pytest.approx(usual, abs=1)
    finally:
        queue.close()


def test_ended_jobs_are_forgotten_after_a_while(tmp_path: Path, request_for: Callable[..., Any]) -> None:
    queue = Jobs(tmp_path / "cache", most=2 * KEPT)
    try:
        running = queue.submit(*request_for(slow(25), **LONG))
        for number in range(KEPT + 20):
            queue.cancel(queue.submit(f"audit {number}", tmp_path, {}))
        assert queue.get("audit 0") is None
        assert queue.get(f"audit {KEPT + 19}") is not None
        assert queue.get(running.work.id) is running
        assert len(queue._jobs) <= KEPT + 2
        assert list(queue._active.values()) == [running.work]
    finally:
        queue.close()


def test_a_job_without_any_pace_says_nothing_of_what_is_left() -> None:
    assert Work("id", {}).remaining() is None


# -- a server that is killed --------------------------------------------------------------------------

SERVER = """
import json, sys, time
from pathlib import Path
from labelaudit.jobs import Jobs
cache, audit_id, data, config = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), json.loads(sys.argv[4])
job = Jobs(cache).submit(audit_id, data, config)
while job.work.steps.get("folds", (0, 0, 0))[0] < 3:
    time.sleep(0.01)
print("three folds", flush=True)
time.sleep(600)
"""


def test_a_killed_server_takes_its_worker_along_and_the_next_one_resumes(
    tmp_path: Path, request_for: Callable[..., Any]
) -> None:
    dataset = slow(26)
    audit_id, data, config = request_for(dataset, **SLOW)
    cache = tmp_path / "cache"
    command = [sys.executable, "-c", SERVER, str(cache), audit_id, str(data), json.dumps(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "three folds\n"
        (worker,) = psutil.Process(server.pid).children()
        server.kill()
    wait(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
    kept = {path: path.stat().st_mtime_ns for path in cache.glob("pred_probs-*.npz")}
    assert len(kept) >= 3
    assert not (cache / f"audit-{audit_id}").exists()
    queue = Jobs(cache)
    try:
        assert finished(queue.submit(audit_id, data, config)) == "done"
    finally:
        queue.close()
    assert all(path.stat().st_mtime_ns == written for path, written in kept.items())
    result = Audit.open(cache / f"audit-{audit_id}", dataset)
    assert result.issues.equals(audit(dataset, AuditConfig(**config)).issues)


# -- maps -----------------------------------------------------------------------------------------


@pytest.fixture
def graph(tmp_path: Path) -> tuple[str, Path]:
    """What `Jobs.submit` takes for a map: its name, and the folder of an audit."""
    found = knn_graph(np.random.default_rng(0).normal(size=(300, 5)).astype(np.float32), 8)
    np.savez(tmp_path / "pred_probs.npz", neighbours=found.index, distances=found.distance)
    return maps.name_of(found.index, found.distance), tmp_path


def test_a_map_is_made_in_a_worker_and_kept(jobs: Jobs, graph: tuple[str, Path]) -> None:
    job = jobs.submit(*graph, {}, kind="map")
    wait(lambda: not job.active)
    assert (job.state, job.work.error) == ("done", "")
    assert list(job.work.steps) == ["umap", "graph", "layout"]
    places = maps.kept(jobs.cache / f"{graph[0]}.npz")
    assert places is not None and places.shape == (300, 2)


def test_a_map_is_cancelled_at_once_and_leaves_nothing(jobs: Jobs, graph: tuple[str, Path]) -> None:
    (jobs.cache / f"{graph[0]}.npz").unlink(missing_ok=True)
    job = jobs.submit(*graph, {}, kind="map")
    wait(lambda: bool(job.work.steps))
    jobs.cancel(job)
    assert job.state == "cancelled"
    again = jobs.submit(*graph, {}, kind="map")
    assert again is not job
    wait(lambda: not again.active)
    assert again.state == "done"


def test_a_map_of_an_audit_that_is_gone_fails_with_a_sentence(jobs: Jobs, tmp_path: Path) -> None:
    job = jobs.submit("map-none", tmp_path / "gone", {}, kind="map")
    wait(lambda: not job.active)
    assert job.state == "failed" and "run it again" in job.work.error
