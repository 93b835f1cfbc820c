"""Where the images of a data set are: in a folder, in a ZIP archive, or in the cells of the table."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from labelaudit.errors import BadInput, StoreError
from labelaudit.files import BROKEN_ARCHIVE, reason

SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".jfif", ".avif", ".jp2")
)
LARGEST = 1 << 30  # bytes of one image file; more is none


@dataclass(frozen=True, eq=False)
class Media:
    """Where the images of a data set are.

    Parameters
    ----------
    column : str
        The column that names each example's file, relative to `root`, or that holds its bytes.
    root : Path or None
        A folder or a ZIP archive; None where the column holds the bytes.
    names : mapping of str to str
        Cells that don't name their file as it is called, to its name.
    digests : mapping of str to str
        Name of every file that can be read to the hash of its content.
    """

    column: str
    root: Path | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)

    def read(self, cell: Any) -> bytes:
        """Read the image of the example with this cell; from several threads, too.

        Raises
        ------
        BadInput
            There is none; the message says so in a few words.
        """
        if self.root is None:
            held = bytes_of(cell)
            if held is None:
                raise BadInput("the cell holds no image")
            return held
        name = self.names.get(str(cell), str(cell))
        if name not in self.digests:
            raise BadInput("there is no such file" if cell else "no file is named")
        try:
            return self._files.read(name)
        except BROKEN_ARCHIVE as error:
            why = reason(error) if isinstance(error, OSError) else "the archive is damaged there"
            raise BadInput(f"can't be read: {why}") from error

    def digest(self, cell: Any) -> str:
        """Return the hash of the content, which is empty where there is none."""
        if self.root is None:
            held = bytes_of(cell)
            return "" if held is None else _hash(held)
        return self.digests.get(self.names.get(str(cell), str(cell)), "")

    @cached_property
    def _files(self) -> Files:
        if self.root is None:
            raise StoreError("the images are in the table.")
        return Files(self.root)

    def to_record(self) -> dict[str, Any]:
        """Return JSON values from which `from_record` makes it again."""
        root = None if self.root is None else str(self.root)
        return {"column": self.column, "root": root, "names": dict(self.names), "digests": dict(self.digests)}

    @classmethod
    def from_record(cls, record: Mapping[str, Any], beside: Path) -> Media:
        """Read what `to_record` wrote; an archive that was kept beside it is found where it is now."""
        root = None if record["root"] is None else beside / record["root"]
        return cls(record["column"], root, record["names"], record["digests"])


class Files:
    """The files below a folder or in a ZIP archive, by their names with slashes.

    Parameters
    ----------
    root : Path
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        # `ZipFile` locks the file while it reads from it, so that threads may share one.
        self._archive = None if root.is_dir() else zipfile.ZipFile(root)

    def read(self, name: str) -> bytes:
        """Read one file."""
        if self._archive is None:
            path = self.root / name
            if path.stat().st_size > LARGEST:
                raise OSError(27, "File too large")
            return path.read_bytes()
        return self._archive.read(name)

    def digests(self, names: Iterable[str]) -> dict[str, str]:
        """Hash the content of files; what can't be read has none."""

        def one(name: str) -> tuple[str, str]:
            try:
                return name, _hash(self.read(name))
            except BROKEN_ARCHIVE:
                return name, ""

        with ThreadPoolExecutor() as threads:
            return {name: digest for name, digest in threads.map(one, names) if digest}


def walk(folder: Path) -> Iterator[str]:
    """Name the files below a folder, hidden ones left out, in order; links to folders are not followed."""
    for path in sorted(folder.iterdir()):
        if is_hidden(path.name):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from (f"{path.name}/{inner}" for inner in walk(path))
        elif path.is_file():
            yield path.name


def is_hidden(name: str) -> bool:
    """Whether a file or a folder of this name is the system's and not the user's."""
    return name.startswith(".") or name in ("__MACOSX", "Thumbs.db", "desktop.ini")


def is_image_name(name: str) -> bool:
    """Whether a file's name says that it is an image."""
    return Path(name).suffix.lower() in SUFFIXES


def bytes_of(cell: Any) -> bytes | None:
    """Return the bytes that a cell holds: itself, or what Hugging Face's image type keeps under ``bytes``."""
    held = cell.get("bytes") if isinstance(cell, dict) else cell
    return held if isinstance(held, bytes) and held else None


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
