"""Folders and archives of images: class folders, or images beside a table that names them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from labelaudit.columns import is_text
from labelaudit.dataset import Source
from labelaudit.errors import BadInput
from labelaudit.labels import is_missing
from labelaudit.load import archives
from labelaudit.media import Files, Media, bytes_of, is_image_name, walk
from labelaudit.settings import settings
from labelaudit.text import shorten

SPLITS = frozenset(("train", "training", "val", "valid", "validation", "dev", "test", "testing"))
FILE, LABEL, SPLIT = "file", "label", "split"
# What image files begin with; a file is what it holds and not what it is called.
_BEGINNINGS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF", b"\0\0\0\x0cjP  ")
_ENDINGS = (".png", ".jpg", ".gif", ".bmp", ".tif", ".tif", ".webp", ".jp2")
_SAMPLE = 200
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a ZIP can hold: the same content gives the same bytes


@dataclass(frozen=True)
class Collection:
    """The files of a folder or an archive.

    Parameters
    ----------
    path : Path
        What the user named.
    root : Path
        The folder, or the ZIP archive that holds the files.
    images, others : list of str
        Names of the files by what they seem to be.
    notes : tuple of str
        What was left out.
    """

    path: Path
    root: Path
    images: list[str]
    others: list[str]
    notes: tuple[str, ...]

    @contextmanager
    def unpacked(self, name: str) -> Iterator[Path]:
        """Put one of the files where it can be read by itself."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / PurePosixPath(name).name
            path.write_bytes(Files(self.root).read(name))
            yield path


def collect(path: Path) -> Collection:
    """List the files of a folder, a ZIP or a TAR archive.

    Raises
    ------
    BadInput
        The archive holds what an honest one does not.
    """
    notes: tuple[str, ...] = ()
    if path.is_dir():
        root, names = path.resolve(), list(walk(path))
    else:
        root = archives.tar_as_zip(path, settings().cache_dir) if archives.is_tar(path) else path.resolve()
        names, notes = archives.names_in(root)
    images = [name for name in names if is_image_name(name)]
    return Collection(path, root, images, [name for name in names if not is_image_name(name)], notes)


def class_folders(found: Collection) -> tuple[pa.Table, Source]:
    """Make a table of images in class folders: ``file``, ``label``, and ``split`` where there are train, val or test.

    The first folder that differs from image to image names the class; what lies beside the class folders has no label.

    Raises
    ------
    BadInput
        There is no image, or no folder.
    """
    if not found.images:
        what = ", ".join(repr(shorten(name)) for name in found.others[:3])
        inside = f"only {what}{', …' if len(found.others) > 3 else ''}" if what else "no file"
        raise BadInput(f"{found.path.name} holds no image, {inside}; choose images, or a table.")
    parts = [PurePosixPath(name).parts for name in found.images]
    at = 0
    while len(_at(parts, at)) == 1 and any(len(p) > at + 2 for p in parts):
        at += 1
    firsts = _at(parts, at)
    if len(firsts) < 2:
        where = f"in one folder, {next(iter(firsts))!r}," if firsts else "in no folders"
        raise BadInput(
            f"{found.path.name} holds {len(parts):,} images {where} and no table that names them; put those of each "
            "class into a folder, or add a CSV with a column of file names and one of labels."
        )
    columns: dict[str, list[str | None]] = {FILE: list(found.images)}
    if {name.casefold() for name in firsts} <= SPLITS:
        columns[SPLIT] = [p[at] if len(p) > at + 1 else None for p in parts]
        at += 1
    columns[LABEL] = [p[at] if len(p) > at + 1 else None for p in parts]
    media = Media(FILE, found.root, digests=Files(found.root).digests(found.images))
    notes = [*found.notes, *_left_out(found.others)]
    table = pa.table({name: pa.array(columns[name], pa.string()) for name in (FILE, LABEL, SPLIT) if name in columns})
    return table, Source("zip", {"class_at": at}, tuple(notes), media)


def _at(parts: Sequence[tuple[str, ...]], depth: int) -> set[str]:
    """The folders at a depth."""
    return {p[depth] for p in parts if len(p) > depth + 1}


def with_images(table: pa.Table, source: Source, found: Collection, *, table_name: str = "") -> tuple[pa.Table, Source]:
    """Find the column of a table that names the images, and what each cell means.

    Parameters
    ----------
    table, source
        What was read.
    found : Collection
        Where the images are.
    table_name : str
        The table's own name, where it is one of the files.

    Raises
    ------
    BadInput
        No column names the images.
    """
    known = _Known([*found.images, *(name for name in found.others if name != table_name)])
    rows = pa.array(range(0, table.num_rows, max(1, table.num_rows // _SAMPLE)))
    sample = table.take(rows)
    hits = {name: sum(known.find(cell) is not None for cell in _texts(sample[name])) for name in table.column_names}
    column = max(hits, key=lambda name: hits[name], default=None)
    if column is None or hits[column] * 2 < len(rows):
        called = f" (the images are called like {shorten(found.images[0])!r})" if found.images else ""
        raise BadInput(
            f"no column of the table names the files in {found.path.name}{called}; add one with the name of each row's "
            "image."
        )
    cells = _texts(table[column])
    named = {cell: name for cell in cells if (name := known.find(cell)) is not None}
    used = set(named.values())
    notes = [*found.notes]
    lacking = [cell for cell in cells if cell not in named]
    if lacking:
        rows_are = "1 row names" if len(lacking) == 1 else f"{len(lacking):,} rows name"
        notes.append(
            f"{rows_are} no file in {found.path.name} (the first: {shorten(lacking[0])!r}) and can't be audited"
        )
    unnamed = [name for name in found.images if name not in used]
    if unnamed:
        images = "1 image is" if len(unnamed) == 1 else f"{len(unnamed):,} images are"
        notes.append(f"{images} named by no row and left out (the first: {shorten(unnamed[0])!r})")
    notes += _left_out([name for name in found.others if name not in used and name != table_name])
    other_names = {cell: name for cell, name in named.items() if cell != name}
    media = Media(column, found.root, other_names, Files(found.root).digests(sorted(used)))
    return table, replace(source, notes=(*source.notes, *notes), media=media)


def with_image_cells(table: pa.Table, source: Source) -> Source:
    """Note which column of a table holds images as bytes, if one does."""
    for field in table.schema:
        kind = field.type
        is_bytes = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
        if not is_bytes and not (pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0):
            continue
        first = next((held for cell in table[field.name][:_SAMPLE].to_pylist() if (held := bytes_of(cell))), b"")
        if first.startswith(_BEGINNINGS):
            return replace(source, media=Media(field.name))
    return source


def beside(table: pa.Table, source: Source, path: Path) -> tuple[pa.Table, Source]:
    """Take the images that a table on disk names relative to its folder, if it does."""
    for name in table.column_names:
        cells = [cell for cell in _texts(table[name][:_SAMPLE]) if cell]
        paths = [PurePosixPath(cell.replace("\\", "/")) for cell in cells]
        if not cells or not all(map(is_image_name, cells)) or any(p.is_absolute() or ".." in p.parts for p in paths):
            continue
        if sum((path.parent / p).is_file() for p in paths) * 2 >= len(paths):
            everything = [str(PurePosixPath(cell.replace("\\", "/"))) for cell in _texts(table[name]) if cell]
            there = [name for name in dict.fromkeys(everything) if _is_below(path.parent, name)]
            found = Collection(path.parent, path.parent.resolve(), there, [], ())
            return with_images(table, source, found)
    return table, source


def _is_below(folder: Path, name: str) -> bool:
    relative = PurePosixPath(name)
    return not relative.is_absolute() and ".." not in relative.parts and (folder / relative).is_file()


class _Known:
    """Files by the ways in which a table may name them."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = dict.fromkeys(names)
        # Less exact ways count only where they mean one file.
        self.by_part: dict[str, str | None] = {}
        for name in names:
            path = PurePosixPath(name)
            ends = ["/".join(path.parts[at:]) for at in range(1, len(path.parts))]
            for way in {*ends, *(str(PurePosixPath(end).with_suffix("")) for end in (name, *ends))}:
                self.by_part[way] = None if way in self.by_part else name

    def find(self, cell: str) -> str | None:
        """Return the file that a cell names, if it names one."""
        if cell in self.names:
            return cell
        plain = cell.replace("\\", "/").removeprefix("./")
        if plain in self.names:
            return plain
        return self.by_part.get(plain)


def _texts(column: pa.ChunkedArray) -> list[str]:
    """The cells as text; numbers can name files, too."""
    if is_text(column.type) or pa.types.is_integer(column.type):
        return ["" if cell is None else cell for cell in pc.cast(column, pa.string()).to_pylist()]
    return [""] * len(column)


def _left_out(others: Sequence[str]) -> list[str]:
    if not others:
        return []
    files = "1 file that is no image was" if len(others) == 1 else f"{len(others):,} files that are no images were"
    return [f"{files} left out (the first: {shorten(others[0])!r})"]


# -- write ------------------------------------------------------------------------------------------


def write(
    table: pa.Table, media: Media, label: str, class_at: int | None, file: BinaryIO, listing: bytes = b""
) -> None:
    """Write a ZIP archive of class folders; images that kept their label keep their name.

    Parameters
    ----------
    table : pyarrow.Table
    media : Media
    label : str
        The label column.
    class_at : int or None
        How deep the class folders were, where the images came in such.
    file : binary file
        Open for writing.
    listing : bytes
        What is written as ``labels.csv`` in place of folders, where labels are no classes.
    """
    taken: set[str] = set()
    with zipfile.ZipFile(file, "w") as archive:
        for row, (cell, value) in enumerate(zip(table[media.column], table[label], strict=True)):
            held = cell.as_py()
            if not media.digest(held):
                continue  # a row without a file; the reader said so
            content = media.read(held)
            own = _file_name(media, held, content, row)
            wanted = own if listing else _in_folder(own, value.as_py(), class_at)
            if listing and wanted in taken:
                continue  # several rows are about one image
            name, number = wanted, 2
            while name in taken:
                path = PurePosixPath(wanted)
                name, number = str(path.with_stem(f"{path.stem}_{number}")), number + 1
            taken.add(name)
            archive.writestr(zipfile.ZipInfo(name, ZIP_TIME), content)
        if listing:
            archive.writestr(zipfile.ZipInfo("labels.csv", ZIP_TIME), listing)


def _file_name(media: Media, cell: Any, content: bytes, row: int) -> str:
    if media.root is not None:
        return media.names.get(str(cell), str(cell))
    called = PurePosixPath((cell.get("path") if isinstance(cell, dict) else None) or f"{row:06d}").name
    ending = next((e for start, e in zip(_BEGINNINGS, _ENDINGS, strict=True) if content.startswith(start)), "")
    return called if PurePosixPath(called).suffix else called + ending


def _in_folder(name: str, label: Any, class_at: int | None) -> str:
    """Put a file into the folder of its class; one without a label lies beside the folders."""
    parts = list(PurePosixPath(name).parts)
    folder = [] if is_missing(label) else [_folder(str(label))]
    if class_at is None:
        return "/".join([*folder, parts[-1]])
    above = parts[: min(class_at, len(parts) - 1)]
    within = parts[class_at + 1 :] or parts[-1:]  # what lay beside the class folders has one part less
    return "/".join([*above, *folder, *within])


def _folder(label: str) -> str:
    """Make a name of one folder of a label, which can hold anything."""
    name = "".join("_" if c in "/\\:\0" else c for c in label).strip()
    return name if name.strip(".") else "_"
