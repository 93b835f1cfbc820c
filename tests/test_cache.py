"""Matrices by name."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from labelaudit.cache import Cache, Matrix, key, read_matrix, write_matrix

DENSE = np.arange(6, dtype=np.float32).reshape(2, 3)
SPARSE = sp.csr_matrix(np.array([[0, 1.5, 0], [2, 0, 0]], dtype=np.float32))


def refuse() -> Matrix:
    raise AssertionError("computed again")


def equal(one: Matrix, other: Matrix) -> bool:
    assert type(one) is type(other)
    assert one.dtype == other.dtype
    return one.shape == other.shape and bool((one != other).sum() == 0)


@pytest.mark.parametrize("matrix", [DENSE, SPARSE, DENSE[:0], SPARSE[:0]])
def test_matrix_is_computed_once_and_read_as_it_was(tmp_path: Path, matrix: Matrix) -> None:
    cache = Cache(tmp_path / "new" / "folder")
    assert equal(cache.matrix("m", lambda: matrix), matrix)
    assert equal(cache.matrix("m", refuse), matrix)
    assert [path.name for path in cache.folder.iterdir()] == ["m.npz"]


@pytest.mark.parametrize("whole", [DENSE, SPARSE])
@pytest.mark.parametrize("harm", ["cut", "flipped", "scribbled", "emptied", "other arrays"])
def test_damaged_matrix_is_computed_again(
    tmp_path: Path, whole: Matrix, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "m.npz"
    write_matrix(path, whole)
    content = path.read_bytes()
    # NumPy pads the header, so the last bytes before the directory of the archive are data.
    at = content.rindex(b"PK\x01\x02", 0, content.index(b"PK\x01\x02") + 4) - 2
    flipped = content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]
    spoilt = {"cut": content[:-30], "flipped": flipped, "scribbled": b"scribble" * 9, "emptied": b""}
    if harm == "other arrays":
        np.savez(path, other=DENSE)
    else:
        path.write_bytes(spoilt[harm])
    with caplog.at_level(logging.WARNING):
        assert equal(Cache(tmp_path).matrix("m", lambda: whole), whole)
    assert "is damaged" in caplog.text
    assert equal(read_matrix(path), whole)


def test_pickles_are_never_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "m.npz", dense=np.array([{"a": 1}], dtype=object))
    assert equal(Cache(tmp_path).matrix("m", lambda: DENSE), DENSE)


def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    calls: list[int] = []

    def compute() -> Matrix:
        calls.append(1)
        return DENSE

    for _ in range(2):
        Cache(None).matrix("m", compute)
    assert len(calls) == 2


def test_interrupted_computation_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        Cache(tmp_path).matrix("m", refuse)
    assert not list(tmp_path.iterdir())


def test_what_killed_processes_began_to_write_is_swept_away_and_nothing_else(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    whole = cache.folder / "m.npz"
    write_matrix(whole, DENSE)
    begun, now = [tmp_path / name for name in (".m.npz.7.part", ".audit.7.part")], tmp_path / ".m.npz.8.part"
    begun[1].mkdir()
    for path in (begun[0], begun[1] / "issues.parquet", now):
        path.write_bytes(b"half")
    for path in (whole, *begun):
        os.utime(path, (0, 0))
    cache.sweep()
    assert sorted(tmp_path.iterdir()) == sorted([whole, now])
    Cache(None).sweep()


def test_key_depends_on_names_and_values_and_not_on_their_order() -> None:
    assert key(a=1, b=2) == key(b=2, a=1)
    different = [key(a=1, b=2), key(a=2, b=1), key(a="1", b=2), key(a=1), key(a=1, b=None)]
    assert len(set(different)) == len(different)
    assert len(key(a=1)) == 24
