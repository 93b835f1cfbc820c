"""What all tests share: where real data is, and folders of their own to write to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labelaudit.settings import settings

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data sets, beside the repository and never part of it."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"needs the real data sets in {folder}")
    return folder


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep every test away from the caches and decisions of other tests and of the user."""
    monkeypatch.setenv("LABELAUDIT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("LABELAUDIT_ARTIFACTS_DIR", str(tmp_path / "artifacts"))
    settings.cache_clear()
    yield
    settings.cache_clear()
