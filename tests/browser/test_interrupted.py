"""What is under way survives whatever ends around it: a tab, the process that audits, the server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from planting import numbers, write_csv
from playwright.sync_api import Browser, expect
from serving import Server
from walking import FOLDS, Walker


@pytest.fixture
def mortal(tmp_path: Path, root: Path) -> Iterator[Server]:
    """A server that a test may kill."""
    server = Server(root, tmp_path, workers="1")
    server.start()
    yield server
    server.stop()
    log = server.log.read_text(encoding="utf-8")
    assert "Traceback" not in log, log


def test_an_audit_survives_a_closed_tab_a_killed_worker_and_a_killed_server(
    mortal: Server, browser: Browser, tmp_path: Path
) -> None:
    walker = Walker(mortal, browser)
    walker.audit_slowly(write_csv(tmp_path / "slow.csv", numbers(3000, seed=7)))
    address = walker.page.url
    walker.close()

    # A closed tab: it goes on, and another tab shows it.
    walker = Walker(mortal, browser)
    walker.open(address)
    walker.under_way()
    kept = mortal.folds()

    # A killed worker: one sentence, and a button.
    (worker,) = mortal.workers()
    worker.kill()
    walker.sees("The audit could not be done")
    walker.sees(re.compile("^the audit's process was ended from outside"))
    kept |= mortal.folds()
    walker.button("Try again").click()
    walker.under_way()
    walker.reload()
    walker.under_way()
    walker.close()

    # A killed server: its worker ends by itself, and the next server offers to go on.
    (worker,) = mortal.workers()
    mortal.kill()
    psutil.wait_procs([worker], timeout=60)
    assert not worker.is_running()
    kept |= mortal.folds()
    assert len(kept) < FOLDS
    mortal.start()
    walker = Walker(mortal, browser)
    walker.open(address)
    walker.sees("This audit was interrupted")
    walker.go("Home")
    walker.sees("Not finished; what was done is kept.")
    walker.press("Go on")
    walker.audited()
    assert kept <= mortal.folds()
    walker.close()


def test_five_wait_in_a_queue_and_each_sees_its_place(mortal: Server, browser: Browser, tmp_path: Path) -> None:
    first = Walker(mortal, browser)
    first.audit_slowly(write_csv(tmp_path / "slow.csv", numbers(3000, seed=8)))
    (worker,) = mortal.workers()
    worker.suspend()  # or it might be done before all have come
    waiting = []
    for number in range(4):
        walker = Walker(mortal, browser)
        walker.open("/Ingest")
        walker.upload(write_csv(tmp_path / f"quick {number}.csv", numbers(60 + number, seed=number)))
        walker.button(re.compile("^Audit these")).click()
        expect(walker.page.get_by_text(f"place {number + 1} in the queue")).to_be_visible()
        waiting.append(walker)
    waiting[1].press("Cancel")
    waiting[1].sees("What was finished is kept")
    expect(waiting[3].page.get_by_text("place 3 in the queue")).to_be_visible()
    first.button("Cancel").click()
    for walker in (waiting[0], *waiting[2:]):
        expect(walker.page.get_by_text(re.compile("^(We suspect|No label among)"))).to_be_visible()
    waiting[1].press("Go on")
    expect(waiting[1].page.get_by_text(re.compile("^(We suspect|No label among)"))).to_be_visible()
    for walker in (first, *waiting):
        walker.close()
