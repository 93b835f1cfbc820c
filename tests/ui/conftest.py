"""The dashboard without a browser, on a workspace of each test's own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from dashboards import Dashboard, Queue
from issued import issued
from made import relabelled, texts

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.result import Audit
from labelaudit.review import Decision, effective
from labelaudit.settings import settings
from labelaudit.ui import session
from labelaudit.workspace import Workspace

WRONG = {row: f"class {(row + 1) % 3}" for row in range(0, 60, 5)}


@pytest.fixture(autouse=True)
def cookies(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the browser sends; the testing tool has a mock there."""
    sent: dict[str, str] = {}
    monkeypatch.setattr(type(st.context), "cookies", sent)
    return sent


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    made = Queue()
    monkeypatch.setattr(session, "jobs", lambda: made)
    return made


@pytest.fixture
def dashboard(root: Path, queue: Queue) -> Dashboard:
    st.cache_resource.clear()  # audits that another test opened under the same id
    return Dashboard(root, queue)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Path]:
    """A data set with wrong labels, and the cache that its audit leaves behind."""
    dataset, cache = relabelled(texts(), WRONG), tmp_path_factory.mktemp("finished")
    audit(dataset, AuditConfig(), cache=cache)
    return dataset, cache


@pytest.fixture
def audited(finished: tuple[Dataset, Path]) -> Audit:
    """That audit, in the workspace and the cache of the test."""
    dataset, cache = finished
    shutil.copytree(cache, settings().cache_dir)
    return Workspace().open(Workspace().request(dataset, AuditConfig()))


@pytest.fixture
def decided(audited: Audit) -> Callable[[], dict[str, tuple[str, str | None]]]:
    """What the log says of each example now: action and label."""

    def read() -> dict[str, tuple[str, str | None]]:
        log: list[Decision] = Workspace().log.read(audited.dataset.data_fingerprint)
        return {row.id: (row.action, row.after) for row in effective(log).itertuples()}

    return read


@pytest.fixture
def with_checks(audited: Audit) -> Audit:
    """That audit, kept with what checks and a graph of neighbours add to it."""
    made = issued(audited)
    made.save(settings().cache_dir / f"audit-{audited.id}", with_data=False)
    return Workspace().open(audited.id)
