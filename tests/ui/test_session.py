"""What all sessions of a server share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from labelaudit.settings import settings
from labelaudit.ui import session


class Asked:
    """Stands in for the queue, and remembers how it was made."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments
        self.warm = False

    def warm_up(self) -> None:
        self.warm = True


@pytest.mark.parametrize(
    ("cores", "chosen", "workers"), [(1, "0", 1), (2, "0", 1), (3, "0", 1), (4, "0", 2), (16, "0", 8), (16, "3", 3)]
)
def test_one_audit_runs_per_two_cores_unless_chosen_otherwise(
    monkeypatch: pytest.MonkeyPatch, cores: int, chosen: str, workers: int
) -> None:
    monkeypatch.setenv("LABELAUDIT_WORKERS", chosen)
    monkeypatch.setenv("LABELAUDIT_MAX_WAITING", "7")
    settings.cache_clear()
    monkeypatch.setattr(session, "cpu_count", lambda: cores)
    monkeypatch.setattr(session, "Jobs", Asked)
    session._jobs.clear()
    made = session.jobs()
    session._jobs.clear()
    assert isinstance(made, Asked)
    assert made.arguments == (Path(settings().cache_dir), workers, 7)
    assert made.warm
