"""One file from the network, whole or not at all, and soon given up where there is no network."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from labelaudit.errors import NotFetched
from labelaudit.files import replacing, writing
from labelaudit.predict import Progress, silent

PATIENCE = 10  # seconds without a byte
CHUNK = 2**20  # bytes


def fetch(
    url: str, path: Path, *, checksum: str = "", size: int = 0, progress: Progress = silent, step: str = "download"
) -> None:
    """Download a file.

    Parameters
    ----------
    url : str
        An ``https`` address, or one of this machine.
    path : Path
        Untouched where anything goes wrong; its folder is made.
    checksum : str
        ``algorithm:digits``, where the digits are how the hash of the content begins, or several of them with ``|``
        between; empty where none is known.
    size : int
        Bytes, about; a server that sends more than twice as much is not listened to. 0 where it is not known.
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
    algorithm, _, digits = checksum.partition(":")
    hashed = hashlib.new(algorithm or "sha256", usedforsecurity=False)
    with opened(url) as answer, writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        promised, done = int(answer.headers.get("Content-Length") or 0), 0
        total = promised or size
        with replacing(path) as file:
            for chunk in _chunks(answer):
                file.write(chunk)
                hashed.update(chunk)
                done += len(chunk)
                progress(step, min(done, total or done), total or done)
                if size and done > 2 * max(total, size):
                    raise NotFetched("the server sends more than the file")
            if done < promised:
                raise NotFetched(f"only {done:,} of {promised:,} bytes came")
            if not hashed.hexdigest().startswith(tuple(digits.split("|"))):
                raise NotFetched(f"what came is another file: its {algorithm} is {hashed.hexdigest()}")


def opened(url: str) -> HTTPResponse:
    """Begin to read from an address; errors as for `fetch`."""
    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise NotFetched(f"{url} is not an https address")
    try:
        request = Request(url, headers={"User-Agent": "labelaudit"})  # some servers refuse Python's own  # nosec B310
        answer: HTTPResponse = urlopen(request, timeout=PATIENCE)  # nosec B310
    except HTTPError as error:
        error.close()
        raise NotFetched(_words(error)) from error
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
