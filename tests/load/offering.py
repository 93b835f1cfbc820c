"""Files of public data sets, made here."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

from labelaudit.load.named import Named

Served = Callable[..., Named]


def archive(**files: bytes) -> bytes:
    """A TAR archive; ``__`` in a name stands for a slash."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("__", "/"))
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
