"""What the tests of the readers share."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pytest
from kinds import Again, Made

from labelaudit.dataset import Source
from labelaudit.load import FORMATS, read


@pytest.fixture(scope="session")
def again(tmp_path_factory: pytest.TempPathFactory) -> Again:
    """Write a table and read it again."""
    folder = tmp_path_factory.mktemp("again")

    def write_and_read(table: pa.Table, source: Source) -> tuple[pa.Table, Source]:
        file = io.BytesIO()
        FORMATS[source.format].write(table, source, file)
        path = folder / f"again.{source.format}"
        path.write_bytes(file.getvalue())
        return read(path)

    return write_and_read


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """Make a file."""

    def make(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make
