"""NumPy files: arrays by name, never unpickled; an .npz of arrays of one length is a table, too."""

from __future__ import annotations

import math
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.lib import format as npy

from labelaudit.dataset import Source
from labelaudit.errors import BadInput
from labelaudit.files import BROKEN_ARCHIVE, require_file
from labelaudit.load.archives import MOST_RATIO
from labelaudit.load.cells import texts_of
from labelaudit.load.imagery import ZIP_TIME
from labelaudit.text import shorten

LARGE = 1 << 30  # bytes, unpacked, from which on the ratio is looked at: zeros pack well
KINDS = "biufUS"  # booleans, numbers and text: what a column can hold


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read an ``.npy`` (its array has no name) or an ``.npz``.

    Raises
    ------
    BadInput
        It is damaged, is too large for the memory, or holds Python objects, which only unpickling would give back.
    """
    require_file(path)
    try:
        with path.open("rb") as file:
            if not zipfile.is_zipfile(file):
                file.seek(0)
                return {"": _array(file, path.stat().st_size, path.name)}
            with zipfile.ZipFile(file) as archive:
                members = [info for info in archive.infolist() if info.filename.endswith(".npy")]
                _refuse_bomb(path, sum(info.file_size for info in members))
                found = {}
                for info in members:
                    with archive.open(info) as member:
                        name = info.filename.removesuffix(".npy")
                        found[name] = _array(member, info.file_size, f"{path.name}, array {name!r},")
    except BROKEN_ARCHIVE as error:
        raise BadInput(
            f"{path.name} is not a NumPy file, or is damaged; write it again with np.save or np.savez."
        ) from error
    if not found:
        raise BadInput(f"{path.name} is a ZIP archive without NumPy arrays; write it with np.savez.")
    return found


def _refuse_bomb(path: Path, unpacked: int) -> None:
    if unpacked > LARGE and unpacked > MOST_RATIO * path.stat().st_size:
        raise BadInput(
            f"{path.name} would take {unpacked / 2**30:,.0f} GiB, {unpacked // path.stat().st_size:,} times its size; "
            "write it again without compression if that is right."
        )


def _array(file: IO[bytes], size: int, what: str) -> np.ndarray:
    """Read one array after making sure that its header does not promise more than there is."""
    version = npy.read_magic(file)
    reader = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = reader(file)
    if dtype.hasobject:
        raise BadInput(
            f"{what} holds Python objects, which are never unpickled; write numbers or text, e.g. with .astype(str)."
        )
    count = math.prod(shape)
    data = file.read(count * dtype.itemsize) if count * dtype.itemsize <= size else b""
    if len(data) != count * dtype.itemsize:
        raise ValueError("its header does not fit its size")
    array = np.frombuffer(data, dtype=dtype)
    # A file of another machine may have the bytes of a number in another order.
    array = array.reshape(shape, order="F" if fortran else "C").astype(dtype.newbyteorder("="), copy=False)
    return np.char.decode(array, "utf-8", "replace") if dtype.kind == "S" else array


# -- an .npz as a table ---------------------------------------------------------------------------------


def read(path: Path, format: str = "npz") -> tuple[pa.Table, Source]:
    """Take the arrays of the most frequent length for columns: one-dimensional ones, and matrices as lists.

    Returns
    -------
    table : pyarrow.Table
    source : Source
        Option ``classes`` where an array of this name gives the order of the classes.

    Raises
    ------
    BadInput
        The file can't be read, or has no arrays that could be columns.
    """
    arrays = read_arrays(path)
    possible = {name: a for name, a in arrays.items() if a.ndim in (1, 2) and a.dtype.kind in KINDS and len(a)}
    vectors = [a for a in possible.values() if a.ndim == 1]
    if not vectors:
        raise BadInput(
            f"{path.name} has no array with one value per example, which the labels would be; choose a file with "
            "labels, and bring this one beside it."
        )
    length = max(Counter(map(len, vectors)).items(), key=lambda pair: (pair[1], pair[0]))[0]
    columns = {name: a for name, a in possible.items() if len(a) == length}
    others = {name: array for name, array in arrays.items() if name not in columns}
    options = {"classes": others.pop("classes").tolist()} if "classes" in others else {}
    notes: tuple[str, ...] = ()
    if others:
        listed = ", ".join(f"{name!r} {array.shape}" for name, array in list(others.items())[:5])
        notes = (f"arrays that are no columns of {length:,} rows were left out: {shorten(listed)}",)
    return pa.table({name: column(array) for name, array in columns.items()}), Source("npz", options, notes)


def column(array: np.ndarray) -> pa.Array:
    """Return an array of one or two dimensions as a column of N cells; an empty text is none."""
    if array.ndim == 1:
        return pa.array(array, mask=array == "" if array.dtype.kind == "U" else None)
    return pa.FixedSizeListArray.from_arrays(pa.array(array.ravel()), array.shape[1])


def write(table: pa.Table, source: Source, file: BinaryIO) -> None:
    """Write columns as the arrays that they came from; others as text where no array of numbers holds them exactly."""
    arrays: dict[str, Any] = {name: _of_column(table, name) for name in table.column_names}
    if "classes" in source.options:
        arrays["classes"] = np.array(source.options["classes"])
    with zipfile.ZipFile(file, "w") as archive:  # `np.savez` can't write all names
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as member:
                npy.write_array(member, array, allow_pickle=False)


def _of_column(table: pa.Table, name: str) -> np.ndarray:
    cells, kind = table[name].combine_chunks(), table.schema.field(name).type
    if not cells.null_count:
        if pa.types.is_fixed_size_list(kind):
            return np.asarray(cells.flatten().to_numpy(zero_copy_only=False)).reshape(len(cells), kind.list_size)
        if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
            return np.asarray(cells.to_numpy(zero_copy_only=False))
    return np.array(texts_of(table, name), dtype=np.str_)


def by_name(arrays: Mapping[str, np.ndarray], *names: str) -> np.ndarray | None:
    """Return the first array that has one of these names."""
    return next((arrays[name] for name in names if name in arrays), None)
