"""Small images that tests make, and archives of them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

KINDS = ("disc", "bars", "cross")


def picture(kind: str, seed: int, size: int = 24, format: str = "PNG") -> bytes:
    """Draw one image of a kind, different for every seed."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] - rng.uniform(size * 0.4, size * 0.6, 2)[:, None, None]
    shape = {
        "disc": x**2 + y**2 < (size * rng.uniform(0.2, 0.35)) ** 2,
        "bars": (x.astype(int) // 3) % 2 == 0,
        "cross": (abs(x) < size * 0.12) | (abs(y) < size * 0.12),
    }[kind]
    pixels = rng.integers(0, 60, (size, size, 3)) + shape[..., None] * rng.integers(120, 190, 3)
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, format)
    return file.getvalue()


def pictures(per_class: int = 20) -> dict[str, bytes]:
    """Name and content of images in class folders."""
    return {
        f"{kind}/{number:03d}.png": picture(kind, 1000 * KINDS.index(kind) + number)
        for kind in KINDS
        for number in range(per_class)
    }


def as_zip(path: Path, files: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def as_tar(path: Path, files: Mapping[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def as_folder(path: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path
