"""The app as one browser session sees it, without a browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from labelaudit.audit import AuditConfig, audit
from labelaudit.dataset import Dataset
from labelaudit.errors import Busy
from labelaudit.jobs import Job, Kind, Work
from labelaudit.settings import settings

PAGES = (
    "1_Ingest",
    "2_Audit",
    "3_Health",
    "4_Heatmap",
    "5_Scatter",
    "6_Inspector",
    "7_Noise_Sim",
    "8_Decisions",
    "9_Export",
)


class Queue:
    """Stands in for the worker: remembers what it was asked for and leaves the work to the test."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.full = False

    def get(self, audit_id: str, owner: str = "local") -> Job | None:
        return self.jobs.get(audit_id)

    def submit(
        self, audit_id: str, data: Path, config: dict[str, Any], owner: str = "local", kind: Kind = "audit"
    ) -> Job:
        if self.full:
            raise Busy("20 audits wait already; try again.")
        return self.jobs.setdefault(audit_id, Job(owner, data, Work(audit_id, config, kind)))

    def place(self, job: Job) -> int:
        return list(self.jobs.values()).index(job) + 1

    def starts_in(self, job: Job) -> float | None:
        return 40.0

    def cancel(self, job: Job) -> None:
        job.withdrawn = True

    def work(self) -> None:
        """Do what waits, and forget it."""
        for job in self.jobs.values():
            audit(Dataset.open(job.data), AuditConfig(**job.work.config), cache=settings().cache_dir)
        self.jobs.clear()


class Dashboard:
    """The app as one browser session sees it."""

    def __init__(self, root: Path, queue: Queue) -> None:
        self.app = AppTest.from_file(str(root / "Home.py"), default_timeout=120)
        self.root, self.queue = root, queue

    def open(self, page: str = "", **address: str) -> AppTest:
        """Go to a page; it must not raise."""
        for name, value in address.items():
            self.app.query_params[name] = value
        self.run()
        if page:
            self.app.switch_page(f"pages/{page}.py")
            self.run()
        return self.app

    def run(self) -> AppTest:
        self.app.run()
        assert not self.app.exception, self.app.exception[0].value
        return self.app

    def press(self, key: str) -> AppTest:
        self.app.button(key=key).click()
        return self.run()

    def text(self) -> str:
        """All that is written on the page, HTML without its tags."""
        written = [element.value for kind in (self.app.markdown, self.app.caption) for element in kind]
        return "\n".join([*written, *(re.sub(r"<[^>]+>", " ", html.proto.body) for html in self.app.get("html"))])

    def metrics(self) -> dict[str, str]:
        return {metric.label: metric.value for metric in self.app.metric}
