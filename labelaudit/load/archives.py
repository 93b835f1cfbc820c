"""ZIP and TAR archives of images, checked before anything in them is opened."""

from __future__ import annotations

import lzma
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from labelaudit.errors import BadInput
from labelaudit.files import BROKEN_ARCHIVE, digest, replacing, writing
from labelaudit.media import LARGEST, is_hidden
from labelaudit.text import shorten

MOST_ENTRIES = 500_000
MOST_RATIO = 200  # times as large unpacked: images are packed already, so more is a bomb or a mistake
RATIO_FROM = 1 << 20  # bytes from which on the ratio is looked at
TAR_ENDINGS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_AGAIN = "pack the folder again without it"


def is_zip(path: Path) -> bool:
    """Whether a file begins like a ZIP archive."""
    with path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def names_in(path: Path) -> tuple[list[str], tuple[str, ...]]:
    """List the files in a ZIP archive, after looking for what an honest one does not hold.

    Returns
    -------
    names : list of str
        In the archive's order; folders and the system's hidden files are left out.
    notes : tuple of str
        What else was left out.

    Raises
    ------
    BadInput
        A path leads outside, an entry is a link, encrypted or a bomb, there are too many, or the archive is damaged.
    """
    try:
        _check_count(path)
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except BROKEN_ARCHIVE as error:
        raise BadInput(f"{path.name} is damaged or not complete; pack or download it again.") from error
    _refuse_many(path, len(entries))
    for entry in entries:
        _check_name(path, entry.orig_filename, entry.filename)
        _refuse_large(path, entry.filename, entry.file_size)
        _refuse_bomb(path, f"{shorten(entry.filename)!r}, which is", entry.file_size, entry.compress_size)
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise BadInput(f"{path.name} holds a link, {shorten(entry.filename)!r}; {_AGAIN}.")
        if entry.flag_bits & 1:
            raise BadInput(f"{path.name} is encrypted ({shorten(entry.filename)!r}); pack it without a password.")
    names = list(dict.fromkeys(entry.filename for entry in entries if not _is_hidden(entry.filename)))
    repeated = len(entries) - len({entry.filename for entry in entries})
    notes = [f"{repeated:,} files occur twice in {path.name}; the last one counts"] if repeated else []
    return names, tuple(notes)


def _check_count(path: Path) -> None:
    """Refuse a directory of very many entries before it is read, which would take gigabytes."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - (1 << 16) - 22 - 20))
        tail = file.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or at + 22 > len(tail):
            raise zipfile.BadZipFile("no end")
        count, length = struct.unpack("<H", tail[at + 10 : at + 12])[0], struct.unpack("<L", tail[at + 12 : at + 16])[0]
        if tail[at - 20 : at - 16] == b"PK\x06\x07":
            file.seek(struct.unpack("<Q", tail[at - 12 : at - 4])[0])
            record = file.read(56)
            count, length = struct.unpack("<Q", record[32:40])[0], struct.unpack("<Q", record[40:48])[0]
    _refuse_many(path, max(count, length // (46 + 256)))  # the count may lie; few names are longer than that


def _refuse_many(path: Path, count: int) -> None:
    if count > MOST_ENTRIES:
        raise BadInput(
            f"{path.name} has {count:,} entries and {MOST_ENTRIES:,} is the limit; unpack it and open the folder."
        )


def _check_name(archive: Path, *names: str) -> None:
    for name in names:
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if ".." in parts or name.startswith(("/", "\\")) or name[1:2] == ":" or "\0" in name:
            raise BadInput(f"{archive.name} holds a path that leads outside of it, {shorten(name)!r}; {_AGAIN}.")


def _refuse_large(archive: Path, name: str, size: int) -> None:
    if size > LARGEST:
        raise BadInput(f"{archive.name} holds a file of {size / 2**30:,.0f} GiB, {shorten(name)!r}; {_AGAIN}.")


def _refuse_bomb(archive: Path, what: str, size: int, packed: int) -> None:
    if size > RATIO_FROM and size > MOST_RATIO * max(1, packed):
        raise BadInput(f"{archive.name} holds {what} {size // max(1, packed):,} times as large unpacked; {_AGAIN}.")


def _is_hidden(name: str) -> bool:
    return any(map(is_hidden, PurePosixPath(name).parts))


def is_tar(path: Path) -> bool:
    """Whether a file is called like a TAR archive, packed or not."""
    return path.name.lower().endswith(TAR_ENDINGS)


def tar_as_zip(path: Path, cache: Path) -> Path:
    """Put the files of a TAR archive into a ZIP archive in the cache, since those of a TAR can't be read one by one.

    Raises
    ------
    BadInput
        As in `names_in`, and where an entry is a device.
    """
    target = cache / f"archive-{digest(path)[:24]}.zip"
    if target.exists():
        return target
    with writing(target):
        cache.mkdir(parents=True, exist_ok=True)
        try:
            with tarfile.open(path, "r:*") as tar, replacing(target) as file, zipfile.ZipFile(file, "w") as archive:
                for member in _members(path, tar):
                    with tar.extractfile(member) as content, archive.open(zipfile.ZipInfo(member.name), "w") as into:  # type: ignore[union-attr]
                        shutil.copyfileobj(content, into, 1 << 20)
                _require_end(tar)
        except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError) as error:
            if isinstance(error, OSError) and error.errno:
                raise
            raise BadInput(f"{path.name} is damaged or not a TAR archive; pack or download it again.") from error
    return target


def _require_end(tar: tarfile.TarFile) -> None:
    """Refuse an archive that was cut between two files, which the library takes for its end."""
    file: Any = tar.fileobj
    file.seek(tar.offset)
    if file.read(512) != bytes(512):
        raise tarfile.ReadError("no end")


def _members(path: Path, tar: Iterable[tarfile.TarInfo]) -> Iterator[tarfile.TarInfo]:
    packed, unpacked, count = path.stat().st_size, 0, 0
    for member in tar:
        count += 1
        _check_name(path, member.name)
        if member.isdir() or (member.isfile() and _is_hidden(member.name)):
            continue
        if not member.isfile():
            raise BadInput(f"{path.name} holds a link or a device, {shorten(member.name)!r}; {_AGAIN}.")
        unpacked += member.size
        _refuse_large(path, member.name, member.size)
        _refuse_bomb(path, "files that are", unpacked, packed)
        _refuse_many(path, count)
        yield member
