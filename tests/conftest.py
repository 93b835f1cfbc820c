"""What all tests share: where real data is, and folders of their own to write to."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from servers import new_database, postgres

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


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server, for as long as the tests run."""
    with postgres() as url:
        yield url


NUMBERS = count(1)


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """An empty PostgreSQL database."""
    return new_database(postgres_server, f"test{next(NUMBERS)}")


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """An SQLite database that is not there yet."""
    return f"sqlite:///{tmp_path / 'made' / 'decisions.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind."""
    named: str = request.getfixturevalue("file_url" if request.param == "sqlite" else "postgres_url")
    return named
