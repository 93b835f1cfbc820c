"""Content-addressed files: the same data and choices are never computed twice."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp

from labelaudit.files import BROKEN_ARCHIVE, replacing, writing

Matrix: TypeAlias = np.ndarray | sp.csr_matrix

ABANDONED = 3600  # seconds after which nobody writes to a file any more

log = logging.getLogger(__name__)


def key(**parts: Any) -> str:
    """Hash named parts (JSON values) into a file name of 24 hexadecimal digits."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:24]


class Cache:
    """Matrices by name in one folder.

    Parameters
    ----------
    folder : Path or None
        Where the ``.npz`` files are; None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def matrix(
        self, name: str, compute: Callable[[], Matrix], *, keep: Callable[[Matrix], bool] = lambda matrix: True
    ) -> Matrix:
        """Read the matrix of this name, or compute it and keep it.

        A file that was cut or damaged is computed again.

        Parameters
        ----------
        name : str
            What it is and a `key` of all that it depends on.
        compute : callable
            Returns a dense or a CSR matrix.
        keep : callable
            Told what was computed; whether to keep it.

        Raises
        ------
        StoreError
            The matrix can't be kept.
        """
        if self.folder is None:
            return compute()
        path = self.folder / f"{name}.npz"
        if path.exists():
            try:
                return read_matrix(path)
            except BROKEN_ARCHIVE as error:
                log.warning("cache file %s is damaged (%s) and will be made again", path, error)
        matrix = compute()
        if keep(matrix):
            with writing(path):
                self.folder.mkdir(parents=True, exist_ok=True)
                write_matrix(path, matrix)
        return matrix

    def sweep(self) -> None:
        """Remove what processes that were killed had begun to write; what others are writing now is left alone."""
        if self.folder is None:
            return
        for part in self.folder.glob(".*.part"):
            with suppress(FileNotFoundError):  # it was whole just now, or another process sweeps too
                if time.time() - part.stat().st_mtime < ABANDONED:
                    continue
                if part.is_dir():
                    shutil.rmtree(part)
                else:
                    part.unlink()


def write_matrix(path: Path, matrix: Matrix) -> None:
    """Write a dense or CSR matrix as ``.npz``, whole or not at all."""
    with replacing(path) as file:
        if isinstance(matrix, np.ndarray):
            np.savez(file, dense=matrix)
        else:
            np.savez(
                file,
                data=matrix.data,
                indices=matrix.indices,
                indptr=matrix.indptr,
                shape=np.array(matrix.shape),
            )


def read_matrix(path: Path) -> Matrix:
    """Read what `write_matrix` wrote; nothing in it is ever unpickled."""
    # Opened here: NumPy leaves a damaged archive open.
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        damaged = archive.testzip()  # NumPy would believe a header that was changed
        if damaged is not None:
            raise zipfile.BadZipFile(f"{damaged} is not as it was written")
        file.seek(0)
        with np.load(file, allow_pickle=False) as stored:
            if "dense" in stored:
                return np.asarray(stored["dense"])
            parts = (stored["data"], stored["indices"], stored["indptr"])
            return sp.csr_matrix(parts, shape=tuple(stored["shape"]))
