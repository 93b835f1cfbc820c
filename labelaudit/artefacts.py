"""What is handed over beside the cleaned data: the files that a user can have, one by one or as a ZIP."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from labelaudit.dataset import Source
from labelaudit.decisions import tags_of
from labelaudit.exchange import to_jsonl
from labelaudit.export import Handover
from labelaudit.load import delimited
from labelaudit.load.imagery import ZIP_TIME


def issue_table(handover: Handover) -> pd.DataFrame:
    """Return the issue table of the rows in scope."""
    issues = handover.audit.issues
    if handover.scope.all():
        return issues
    return issues.loc[issues["id"].isin(handover.audit.dataset.ids[handover.scope])]


def removal_list(handover: Handover) -> pd.DataFrame:
    """Return the rows that are removed, by whom and why."""
    changes = handover.changes.rename(columns={"before": "given"})
    return changes.loc[changes["change"] == "removed", ["id", "row", "given", "actor", "reason"]]


def relabel_map(handover: Handover) -> pd.DataFrame:
    """Return the rows that get another label, by whom and when."""
    changes = handover.changes
    return changes.loc[changes["change"] == "relabelled", ["id", "row", "before", "after", "actor", "time"]]


def manifest(handover: Handover) -> dict[str, Any]:
    """Say what was made from what, by which choices; the same input gives the same manifest."""
    audit, cleaned = handover.audit, handover.cleaned
    described = audit.manifest["dataset"]  # where the file lay says nothing to whom this is handed
    times = sorted(d.time for d in handover.decisions if d.time)
    return {
        "input": {**described, "provenance": {k: v for k, v in described["provenance"].items() if k != "path"}},
        "cleaned": {
            "file": handover.filename,
            "rows": len(cleaned),
            "columns": cleaned.table.column_names,
            "data_fingerprint": cleaned.data_fingerprint,
            "sha256": sha256(handover.cleaned_bytes).hexdigest(),
        },
        "choices": {
            "rows": "all" if handover.rows is None else "selected",
            "decided_only": handover.decided_only,
            "keep_original": handover.keep_original,
            "without_ambiguous": handover.without_ambiguous,
            "with_tags": handover.with_tags,
            "spreadsheet_safe": handover.spreadsheet_safe,
        },
        "counts": handover.counts(),
        "decisions": {
            "logged": len(handover.decisions),
            "in_force": len(handover.in_force),
            "second_opinions": sum(d.stage == "second" for d in handover.decisions),
            "tagged": len(tags_of(handover.decisions)),
            "actors": sorted({d.actor for d in handover.decisions}),
            "first": times[0] if times else None,
            "last": times[-1] if times else None,
        },
        "audit": {
            key: audit.manifest[key]
            for key in ("created", "config", "resolved", "seconds", "timings", "counts", "health", "sampled")
        },
        "versions": {"labelaudit": audit.manifest["labelaudit"], **audit.manifest["versions"]},
    }


def _csv(frame: pd.DataFrame, spreadsheet_safe: bool) -> bytes:
    sink = io.BytesIO()
    table = pa.Table.from_pandas(frame, preserve_index=False)
    delimited.write(table, Source("csv", {"spreadsheet_safe": spreadsheet_safe}), sink)
    return sink.getvalue()


def _parquet(frame: pd.DataFrame) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), sink)
    return sink.getvalue()


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


@dataclass(frozen=True)
class Artefact:
    """One file that a user can have: a title, what it is for, its name, and how it is made."""

    title: str
    what: str
    filename: Callable[[Handover], str]
    make: Callable[[Handover], bytes]


ARTEFACTS: dict[str, Artefact] = {
    "cleaned": Artefact(
        "Cleaned data",
        "Your file with the decisions applied; columns, order and types as they were.",
        lambda h: h.filename,
        lambda h: h.cleaned_bytes,
    ),
    "issues": Artefact(
        "Issue table (Parquet)",
        "Every audited example with its score and the suggested label, exact types.",
        lambda h: "issues.parquet",
        lambda h: _parquet(issue_table(h)),
    ),
    "issues_csv": Artefact(
        "Issue table (CSV)",
        "The same for a spreadsheet.",
        lambda h: "issues.csv",
        lambda h: _csv(issue_table(h), h.spreadsheet_safe),
    ),
    "decisions": Artefact(
        "Decisions",
        "The whole log, undone decisions included; `labelaudit export --decisions` reads it.",
        lambda h: "decisions.jsonl",
        lambda h: to_jsonl(h.decisions),
    ),
    "removed": Artefact(
        "Removal list",
        "The rows that the cleaned data leaves out, by whom, and the reason where one was given.",
        lambda h: "removed.csv",
        lambda h: _csv(removal_list(h), h.spreadsheet_safe),
    ),
    "relabelled": Artefact(
        "Relabel map",
        "Old and new label of every corrected row, by whom and when.",
        lambda h: "relabelled.csv",
        lambda h: _csv(relabel_map(h), h.spreadsheet_safe),
    ),
    "manifest": Artefact(
        "Manifest",
        "Hashes, versions, choices, seed, counts and times.",
        lambda h: "manifest.json",
        lambda h: _json(manifest(h)),
    ),
}


def bundle(handover: Handover) -> bytes:
    """Return all artefacts as a ZIP; the same input gives the same bytes."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for artefact in ARTEFACTS.values():
            entry = zipfile.ZipInfo(artefact.filename(handover), ZIP_TIME)
            archive.writestr(entry, artefact.make(handover), compress_type=zipfile.ZIP_DEFLATED)
    return sink.getvalue()
