"""Files that are whole or not there, and that say so when they were damaged."""

from __future__ import annotations

import errno
import json
import lzma
import os
import secrets
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, BinaryIO

from labelaudit.errors import BadInput, StoreError
from labelaudit.text import json_text

SEAL = "sha256"
# What reading a ZIP archive raises that is none, or that was cut or changed anywhere.
BROKEN_ARCHIVE: tuple[type[Exception], ...] = (
    *(OSError, ValueError, KeyError, EOFError, RuntimeError, OverflowError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
)


@contextmanager
def writing(what: str | Path, advice: str = "free or change the disk") -> Iterator[None]:
    """Say in one sentence that the disk is full, or whatever else keeps something from being written.

    Parameters
    ----------
    what : str or Path
        What is written.
    advice : str
        What the user can do.

    Raises
    ------
    StoreError
        In place of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(f"{what} can't be written ({reason(error)}); {advice}.") from error


def reason(error: OSError) -> str:
    """Say what the system says; libraries put words of their own around it."""
    return os.strerror(error.errno) if error.errno else str(error)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that takes the place of another one once it is whole.

    Parameters
    ----------
    path : Path
        Untouched where anything goes wrong.
    """
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def require_file(path: Path) -> None:
    """Refuse what would be read for ever or fill the memory.

    Raises
    ------
    BadInput
        It is a device or a pipe, or larger than the memory.
    OSError
        It is not there, or a folder.
    """
    if "\0" in str(path):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise BadInput(f"{str(path)!r} is a device or a pipe; write what comes from it to a file and choose that.")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if found.st_size > memory:
        raise BadInput(
            f"{path.name} has {found.st_size / 2**30:,.0f} GiB and this machine {memory / 2**30:,.0f} GiB of memory; "
            "take a sample of its rows."
        )


def digest(path: Path) -> str:
    """Hash the content of a file."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def write_json(path: Path, record: Mapping[str, Any]) -> None:
    """Write a JSON object with a hash of itself, whole or not at all."""
    sealed = {**record, SEAL: _seal(record)}
    with replacing(path) as file:
        file.write(json_text(sealed, indent=2).encode())


def read_json(path: Path) -> dict[str, Any]:
    """Read what `write_json` wrote.

    Raises
    ------
    OSError
        The file can't be read.
    ValueError
        It is not as it was written.
    """
    record = json.loads(path.read_bytes())
    if not isinstance(record, dict) or record.pop(SEAL, None) != _seal(record):
        raise ValueError(f"{path.name} is not as it was written")
    return record


def _seal(record: Mapping[str, Any]) -> str:
    return sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
