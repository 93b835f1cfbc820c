"""One file from the network, whole or not at all, and soon given up where there is no network."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from labelaudit.errors import NotFetched
from labelaudit.files import replacing, writing
from labelaudit.predict import Progress, silent

PATIENCE = 10  # seconds without a byte
CHUNK = 2**20  # bytes


def fetch(url: str, path: Path, *, sha256: str, progress: Progress = silent, step: str = "download") -> None:
    """Download a file.

    Parameters
    ----------
    url : str
        An ``https`` address.
    path : Path
        Untouched where anything goes wrong; its folder is made.
    sha256 : str
        How the hash of the content begins.
    progress : callable
        Told the bytes.
    step : str
        What to call it there.

    Raises
    ------
    NotFetched
        There is no network, the server refuses, or what came is something else.
    StoreError
        The file can't be written.
    """
    found = hashlib.sha256()
    with opened(url) as answer, writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        total, done = int(answer.headers.get("Content-Length", 0)), 0
        with replacing(path) as file:
            for chunk in _chunks(answer):
                file.write(chunk)
                found.update(chunk)
                done += len(chunk)
                progress(step, done, max(total, done))
            if not found.hexdigest().startswith(sha256):
                raise NotFetched("what came is not what was published")


def opened(url: str) -> HTTPResponse:
    """Begin to read from an ``https`` address; errors as for `fetch`."""
    if not url.startswith("https://"):
        raise NotFetched(f"{url} is not an https address")
    try:
        answer: HTTPResponse = urlopen(url, timeout=PATIENCE)  # nosec B310
    except (OSError, HTTPException) as error:
        raise NotFetched(_words(error)) from error
    return answer


def _chunks(answer: HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := answer.read(CHUNK):
            yield chunk
    except (OSError, HTTPException) as error:
        raise NotFetched(_words(error)) from error


def _words(error: OSError | HTTPException) -> str:
    if isinstance(error, HTTPError):
        return f"the server answers {error.code}"
    if isinstance(error, URLError):
        error = error.reason if isinstance(error.reason, OSError) else error
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
