"""The cleaned data set and its record: pure functions of the data, the audit and the decision log."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from labelaudit.dataset import Dataset, Source, encode
from labelaudit.decisions import DECIDING, Decision, effective, renames
from labelaudit.decisions import in_force as standing
from labelaudit.errors import BadInput
from labelaudit.exchange import to_jsonl
from labelaudit.load import delimited, to_bytes
from labelaudit.load.imagery import ZIP_TIME
from labelaudit.renaming import renamed, written

if TYPE_CHECKING:
    from labelaudit.audit import Audit

LABELLING = ("set", "add", "delete")


def export(
    dataset: Dataset,
    decisions: Sequence[Decision],
    *,
    rows: np.ndarray | None = None,
    decided_only: bool = False,
    keep_original: bool = False,
) -> Dataset:
    """Apply decisions to a data set; order, other columns and types survive.

    Parameters
    ----------
    dataset : Dataset
    decisions : sequence of Decision
        In log order; what was undone does not count, and of the rest the last one about an example does.
    rows : ndarray of bool, shape (N,), or of int, optional
        Only these rows (a mask, or positions), in the order of the data.
    decided_only : bool
        Only rows that were set, kept or excluded.
    keep_original : bool
        Add a column ``<label>_original`` right after the label.

    Returns
    -------
    Dataset
        Without the excluded rows.

    Raises
    ------
    BadInput
        A decision is about an id that is not there or about other data, or no row is left.
    """
    in_force = _in_force(dataset, decisions)
    keep = _kept(dataset, in_force, rows, decided_only)
    cleaned = _relabelled(dataset, in_force, renames(decisions), keep_original)
    # an untouched table is handed on as it is
    return cleaned if keep.all() else cleaned.take(np.flatnonzero(keep))


def _kept(dataset: Dataset, in_force: pd.DataFrame, rows: np.ndarray | None, decided_only: bool) -> np.ndarray:
    """Say which rows are written, bool of shape (N,); at least one."""
    keep = _scope(dataset, in_force, rows, decided_only)
    keep[dataset.rows_of(in_force.loc[in_force["action"] == "exclude", "id"])] = False
    if not keep.any():
        raise BadInput(f"no row of {dataset.name} would be left; exclude fewer rows or select more.")
    return keep


def _relabelled(dataset: Dataset, in_force: pd.DataFrame, called: Mapping[str, str], keep_original: bool) -> Dataset:
    """Return all rows with the labels that are written."""
    cleaned = dataset
    if called or in_force["action"].isin(LABELLING).any():
        cleaned = dataset.with_labels(written(dataset, in_force, called))
    return _with_original(cleaned, dataset) if keep_original else cleaned


def diff(dataset: Dataset, decisions: Sequence[Decision]) -> pd.DataFrame:
    """List the rows that an export changes, in the order of the data.

    Returns
    -------
    DataFrame
        ``id``, ``row`` (position from 0), ``change`` (``relabelled``, ``removed`` or, where only its class has another
        name, ``renamed``), ``before`` and ``after``: labels in words, no `after` where the row is removed.
    """
    changes = _changes(dataset, _in_force(dataset, decisions), decisions)
    return changes.loc[:, ["id", "row", "change", "before", "after"]]


def _in_force(dataset: Dataset, decisions: Sequence[Decision]) -> pd.DataFrame:
    """Return the effective decisions, after checking that they are about this data."""
    for decision in decisions:
        # A decision that was written by hand may leave its fingerprint out.
        if decision.fingerprint not in ("", dataset.data_fingerprint):
            raise BadInput(
                f"the decision on id {decision.id!r} was made for other data than {dataset.name!r} (another file, or "
                "this one before it changed); use the decisions that were made on this data, or review it again."
            )
    in_force = effective(decisions)
    unknown = in_force.loc[dataset.rows_of(in_force["id"]) < 0, "id"].unique()
    if len(unknown):
        ids = "1 decided id is" if len(unknown) == 1 else f"{len(unknown):,} decided ids are"
        raise BadInput(
            f"{ids} not in {dataset.name!r} (the first is {unknown[0]!r}); "
            "use the decisions that were made on this data."
        )
    return in_force


def _scope(dataset: Dataset, in_force: pd.DataFrame, rows: np.ndarray | None, decided_only: bool) -> np.ndarray:
    scope = np.full(len(dataset), rows is None)
    if rows is not None:
        scope[np.asarray(rows)] = True
    if decided_only:
        decided = np.zeros(len(dataset), dtype=bool)
        decided[dataset.rows_of(in_force.loc[in_force["action"].isin(DECIDING), "id"])] = True
        scope &= decided
    return scope


def _with_original(cleaned: Dataset, dataset: Dataset) -> Dataset:
    label = dataset.label_columns[0]
    name = f"{label}_original"
    if name in dataset.table.column_names:
        raise BadInput(
            f"{dataset.name!r} already has a column {name!r}; rename it, or export without the original label."
        )
    place = dataset.table.schema.get_field_index(label)
    field = dataset.table.schema.field(place).with_name(name)
    return replace(cleaned, table=cleaned.table.add_column(place + 1, field, dataset.table[label]))


def _changes(dataset: Dataset, in_force: pd.DataFrame, decisions: Sequence[Decision]) -> pd.DataFrame:
    """Return `diff` with who, when and why."""
    told = ["actor", "time", "reason"]
    changing = in_force[in_force["action"].isin((*LABELLING, "exclude"))]
    changes = changing[told].assign(row=dataset.rows_of(changing["id"]))
    removed = changing["action"] == "exclude"
    changes["change"] = np.where(removed, "removed", "relabelled")
    # several parts of one example make one row
    changes = changes.drop_duplicates("row", keep="last")
    none = in_force.head(0)
    given, decided = written(dataset, none, {}), written(dataset, in_force, {})
    same = [encode(given[row]) == encode(decided[row]) for row in changes["row"]]
    changes = changes[(changes["change"] == "removed") | ~np.array(same, dtype=bool)]
    called = renames(decisions)
    names = renamed(dataset, in_force, called)
    if names:
        by = {d.after: [getattr(d, name) for name in told] for d in standing(decisions) if d.action == "rename"}
        more = pd.DataFrame([by[name] for name in names.values()], columns=told, dtype=object)
        more = more.assign(row=list(names), change="renamed")
        changes = pd.concat([changes, more[~more["row"].isin(changes["row"])]])
    final = written(dataset, in_force, called) if called else decided
    before, after = (
        pd.Series([encode(labels[row]) for row in changes["row"]], changes.index, dtype=object)
        for labels in (given, final)
    )
    removed = changes["change"] == "removed"
    changes["id"] = dataset.ids[changes["row"].to_numpy()]
    changes["before"] = dataset.names_of(before)
    changes["after"] = pd.Series(dataset.names_of(after), changes.index, dtype=object).mask(removed, None)
    return changes[removed | (before != after)].sort_values("row").reset_index(drop=True)


# -- what is handed over ------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Handover:
    """An audit, the decisions on it, and what the user wants to have of them.

    Parameters
    ----------
    audit : Audit
    decisions : sequence of Decision
        In log order.
    rows, decided_only, keep_original
        As in `export`; the issue table, the lists and the counts keep to the same rows.
    spreadsheet_safe : bool
        Neutralise cells of CSV files that a spreadsheet would run as a formula; the file is then not exact.
    format : str, optional
        A key of `labelaudit.load.FORMATS`; the one that the data came in by default.
    """

    audit: Audit
    decisions: Sequence[Decision]
    rows: np.ndarray | None = None
    decided_only: bool = False
    keep_original: bool = False
    spreadsheet_safe: bool = False
    format: str | None = None

    @cached_property
    def kept(self) -> np.ndarray:
        """Which rows are written, bool of shape (N,)."""
        return _kept(self.audit.dataset, self.in_force, self.rows, self.decided_only)

    @cached_property
    def relabelled(self) -> Dataset:
        """All rows with the labels that are written."""
        return _relabelled(self.audit.dataset, self.in_force, renames(self.decisions), self.keep_original)

    @cached_property
    def cleaned(self) -> Dataset:
        """The cleaned data set, without what the user brought: no file holds it, and to take rows of it takes long."""
        cleaned = self.relabelled
        return cleaned if self.kept.all() else replace(cleaned, given=None).take(np.flatnonzero(self.kept))

    def check(self) -> None:
        """Make sure that the files can be made, which is all that a preview needs to know of them.

        Raises
        ------
        BadInput
            A decision is about other data, a label does not fit the column, or no row is left.
        """
        self.kept  # noqa: B018  made once, and kept for the files
        self.relabelled  # noqa: B018

    @cached_property
    def cleaned_bytes(self) -> bytes:
        """The cleaned data set as a file."""
        return to_bytes(self.cleaned, self.format, self.spreadsheet_safe)

    @cached_property
    def in_force(self) -> pd.DataFrame:
        """The effective decisions."""
        return _in_force(self.audit.dataset, self.decisions)

    @cached_property
    def scope(self) -> np.ndarray:
        """Which rows are meant, bool of shape (N,); those that the export removes included."""
        return _scope(self.audit.dataset, self.in_force, self.rows, self.decided_only)

    @cached_property
    def changes(self) -> pd.DataFrame:
        """The changed rows in scope: `diff` with the columns ``actor``, ``time`` and ``reason``."""
        changes = _changes(self.audit.dataset, self.in_force, self.decisions)
        return changes.loc[changes["row"].isin(np.flatnonzero(self.scope))]

    @property
    def filename(self) -> str:
        """Of the cleaned data set."""
        stem = re.sub(r"[^\w.-]+", "_", self.audit.dataset.name).strip("._") or "data"
        return f"{stem}_cleaned.{self.format or self.audit.dataset.source.format}"

    def counts(self) -> dict[str, int]:
        """Count the rows in scope by what becomes of them; the last five add up to the first."""
        actions = self.in_force[self.scope[self.audit.dataset.rows_of(self.in_force["id"])]]
        last = Counter(actions.drop_duplicates("id", keep="last")["action"])
        changed = Counter(self.changes["change"])
        rows, decided = int(self.scope.sum()), sum(last[action] for action in DECIDING)
        return {
            "rows": rows,
            "renamed": changed["renamed"],
            "relabelled": changed["relabelled"],
            "removed": changed["removed"],
            "kept": decided - changed["relabelled"] - changed["removed"],
            "skipped": last["skip"],
            "undecided": rows - decided - last["skip"],
        }


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
            "spreadsheet_safe": handover.spreadsheet_safe,
        },
        "counts": handover.counts(),
        "decisions": {
            "logged": len(handover.decisions),
            "in_force": len(handover.in_force),
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
