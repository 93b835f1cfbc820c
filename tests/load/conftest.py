"""What the tests of the readers share."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pyarrow as pa
import pytest
from kinds import Again, Made
from offering import Served

from labelaudit.dataset import Source
from labelaudit.load import FORMATS, read
from labelaudit.load.named import NAMED, Named
from labelaudit.settings import settings


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


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("LABELAUDIT_DATA_DIR", str(folder))
    settings.cache_clear()
    return folder


@pytest.fixture
def served() -> Iterator[Served]:
    """Serve bytes as the file of a data set, on this machine."""
    answers: dict[str, tuple[bytes, int]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content, promised = answers[self.path]
            self.send_response(200 if content else 404)
            self.send_header("Content-Length", str(promised))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def serve(name: str, content: bytes, promised: int | None = None, checksum: str | None = None) -> Named:
        answers[f"/{name}"] = (content, len(content) if promised is None else promised)
        found = f"sha256:{hashlib.sha256(content).hexdigest()}" if checksum is None else checksum
        url = f"http://127.0.0.1:{server.server_port}/{name}"
        return replace(NAMED[name], url=url, checksum=found, size=max(1, len(content)))

    yield serve
    server.shutdown()
    thread.join()
    server.server_close()
