"""The decisions that a command goes by: those in a file, or those about this data in the workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labelaudit.decisions import Decision
    from labelaudit.result import Audit


def decided(found: Audit, path: Path | None) -> list[Decision]:
    """Return the decisions in a file, or those about this data in the workspace.

    Raises
    ------
    BadInput
        The file cannot be read, or its decisions are about other data.
    StoreError
        The workspace's decisions cannot be read.
    """
    from labelaudit.errors import BadInput
    from labelaudit.exchange import read_jsonl
    from labelaudit.workspace import Workspace

    if path is None:
        return Workspace().decided(found.dataset.data_fingerprint)
    log = read_jsonl(path)
    if any(decision.fingerprint not in ("", found.dataset.data_fingerprint) for decision in log):
        raise BadInput(f"{path} holds decisions about other data than {found.dataset.name!r}; choose another file.")
    return log
