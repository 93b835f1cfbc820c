"""What an audit writes down about itself: the data, the machine and what ran."""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import Any

from labelaudit.dataset import Dataset

VERSIONED = ("cleanlab", "scikit-learn", "skrub", "numpy", "pandas", "pyarrow")


def describe(dataset: Dataset) -> dict[str, Any]:
    """Which data was audited, and which column played which role."""
    return {
        "name": dataset.name,
        "task": dataset.task,
        "modality": dataset.modality,
        "rows": len(dataset),
        "columns": dataset.table.column_names,
        "label": list(dataset.label_columns),
        "features": list(dataset.feature_columns),
        "id": dataset.id_column,
        "group": dataset.group_column,
        "classes": list(dataset.class_names),
        "fingerprint": dataset.fingerprint,
        "data_fingerprint": dataset.data_fingerprint,
        "source": dataset.source.format,
        "provenance": dict(dataset.provenance),
    }


def notes_of(dataset: Dataset) -> list[str]:
    """What the reader, the planting and the guesses did to the data."""
    notes = [*dataset.source.notes, *(() if dataset.given is None else dataset.given.notes)]
    planted = dataset.provenance.get("planted")
    if planted:
        notes.append(f"{planted['fraction']:.0%} of the labels were made wrong on purpose ({planted['kind']})")
    if dataset.reviewed is not None:
        notes.append(dataset.reviewed.note)
    return notes + [f"column {c!r} was left out: {why}" for c, why in dataset.provenance.get("left_out", {}).items()]


def peak_memory_mb() -> int:
    """Return the most memory that this process has held so far, in MB."""
    status = Path("/proc/self/status")  # on Linux, where `getrusage` counts what the parent held, too
    for line in status.read_text().splitlines() if status.exists() else ():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak / (1024 * 1024 if sys.platform == "darwin" else 1024))
