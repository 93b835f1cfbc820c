"""The cleaned data set: a pure function of the data and the decision log."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from labelaudit.dataset import Dataset
from labelaudit.decisions import DECIDING, Decision, effective, renames, tags_of
from labelaudit.decisions import in_force as standing
from labelaudit.errors import BadInput
from labelaudit.labels import encode
from labelaudit.load import to_bytes
from labelaudit.renaming import renamed, written

if TYPE_CHECKING:
    from labelaudit.result import Audit

LABELLING = ("set", "add", "delete")


@dataclass(frozen=True, eq=False, kw_only=True)
class Choices:
    """What an export leaves out and what it adds; the parameters are those of `export`."""

    rows: np.ndarray | None = None
    decided_only: bool = False
    keep_original: bool = False
    without_ambiguous: bool = False
    with_tags: bool = False

    @property
    def left_out(self) -> tuple[str, ...]:
        """The actions whose rows are not written."""
        return ("exclude", "ambiguous") if self.without_ambiguous else ("exclude",)


def export(
    dataset: Dataset,
    decisions: Sequence[Decision],
    *,
    rows: np.ndarray | None = None,
    decided_only: bool = False,
    keep_original: bool = False,
    without_ambiguous: bool = False,
    with_tags: bool = False,
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
        Only rows that were set, kept, excluded or said to be ambiguous.
    keep_original : bool
        Add a column ``<label>_original`` right after the label.
    without_ambiguous : bool
        Leave out the rows that were said to be ambiguous; else they are written as they are.
    with_tags : bool
        Add a last column ``tags``, with a comma between two.

    Returns
    -------
    Dataset
        Without the excluded rows.

    Raises
    ------
    BadInput
        A decision is about an id that is not there or about other data, no row is left, or a column that is to be
        added is there already.
    """
    choices = Choices(
        rows=rows,
        decided_only=decided_only,
        keep_original=keep_original,
        without_ambiguous=without_ambiguous,
        with_tags=with_tags,
    )
    in_force = _in_force(dataset, decisions)
    keep = _kept(dataset, in_force, choices)
    cleaned = _relabelled(dataset, decisions, in_force, choices)
    # an untouched table is handed on as it is
    return cleaned if keep.all() else cleaned.take(np.flatnonzero(keep))


def _kept(dataset: Dataset, in_force: pd.DataFrame, choices: Choices) -> np.ndarray:
    """Say which rows are written, bool of shape (N,); at least one."""
    keep = _scope(dataset, in_force, choices)
    keep[dataset.rows_of(in_force.loc[in_force["action"].isin(choices.left_out), "id"])] = False
    if not keep.any():
        raise BadInput(f"no row of {dataset.name} would be left; exclude fewer rows or select more.")
    return keep


def _relabelled(dataset: Dataset, decisions: Sequence[Decision], in_force: pd.DataFrame, choices: Choices) -> Dataset:
    """Return all rows with the labels, and the columns, that are written."""
    cleaned, called = dataset, renames(decisions)
    if called or in_force["action"].isin(LABELLING).any():
        cleaned = dataset.with_labels(written(dataset, in_force, called))
    for label in dataset.label_columns if choices.keep_original else ():
        place = cleaned.table.schema.get_field_index(label) + 1
        cleaned = _with_column(cleaned, place, f"{label}_original", dataset.table[label])
    if choices.with_tags:
        cleaned = _with_column(cleaned, cleaned.table.num_columns, "tags", _tags(dataset, decisions))
    return cleaned


def applied(decisions: Sequence[Decision]) -> int:
    """Count what an export goes by: the examples that are decided, and the classes that have another name.

    Parameters
    ----------
    decisions : sequence of Decision
        In log order.
    """
    now = effective(decisions)
    return int(now.loc[now["action"].isin(DECIDING), "id"].nunique()) + len(renames(decisions))


def diff(dataset: Dataset, decisions: Sequence[Decision]) -> pd.DataFrame:
    """List what an export changes, in the order of the data.

    Returns
    -------
    DataFrame
        ``id``, ``part`` (of the example, empty for the whole), ``row`` (position from 0), ``change`` (``relabelled``,
        ``removed`` or, where only its class has another name, ``renamed``), ``before`` and ``after``: labels in words,
        no `after` where the row is removed.
    """
    changes = _changes(dataset, _in_force(dataset, decisions), decisions)
    return changes.loc[:, ["id", "part", "row", "change", "before", "after"]]


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


def _scope(dataset: Dataset, in_force: pd.DataFrame, choices: Choices) -> np.ndarray:
    scope = np.full(len(dataset), choices.rows is None)
    if choices.rows is not None:
        scope[np.asarray(choices.rows)] = True
    if choices.decided_only:
        decided = np.zeros(len(dataset), dtype=bool)
        decided[dataset.rows_of(in_force.loc[in_force["action"].isin(DECIDING), "id"])] = True
        scope &= decided
    return scope


def _with_column(cleaned: Dataset, place: int, name: str, values: pa.Array | pa.ChunkedArray) -> Dataset:
    if name in cleaned.table.column_names:
        raise BadInput(f"{cleaned.name!r} already has a column {name!r}; rename it, or export without adding that one.")
    return replace(cleaned, table=cleaned.table.add_column(place, pa.field(name, values.type), values))


def _tags(dataset: Dataset, decisions: Sequence[Decision]) -> pa.Array:
    texts = np.full(len(dataset), "", dtype=object)
    tags = tags_of(decisions)
    for row, given in zip(dataset.rows_of(tags).tolist(), tags.values(), strict=True):
        if row >= 0:
            texts[row] = ", ".join(given)
    return pa.array(texts, pa.string())


def _changes(
    dataset: Dataset, in_force: pd.DataFrame, decisions: Sequence[Decision], left_out: Sequence[str] = ("exclude",)
) -> pd.DataFrame:
    """Return `diff` with who, when and why; of a removed example, one row."""
    told = ["actor", "time", "reason"]
    relabelled = in_force[in_force["action"].isin(LABELLING)]
    changes = relabelled[told].assign(unit=dataset.units_of(relabelled["id"], relabelled["part"]), change="relabelled")
    none = in_force.head(0)
    given, decided = written(dataset, none, {}), written(dataset, in_force, {})
    other = [encode(given[unit]) != encode(decided[unit]) for unit in changes["unit"]]
    changes = changes[np.array(other, dtype=bool)]
    called = renames(decisions)
    names = renamed(dataset, in_force, called)
    if names:
        by = {d.after: [getattr(d, name) for name in told] for d in standing(decisions) if d.action == "rename"}
        more = pd.DataFrame([by[name] for name in names.values()], columns=told, dtype=object)
        more = more.assign(unit=list(names), change="renamed")
        changes = pd.concat([changes, more[~more["unit"].isin(changes["unit"])]])
    final = written(dataset, in_force, called) if called else decided
    changes["row"] = dataset.units.rows[changes["unit"].to_numpy(np.int64)]
    changes["part"] = dataset.units.parts[changes["unit"].to_numpy(np.int64)]

    leaving = in_force[in_force["action"].isin(left_out)]
    removed = leaving[told].assign(row=dataset.rows_of(leaving["id"]), part="", change="removed")
    removed = removed.drop_duplicates("row", keep="last")
    removed["unit"] = np.searchsorted(dataset.units.rows, removed["row"])
    changes = pd.concat([removed, changes[~changes["row"].isin(removed["row"])]])

    gone = (changes["change"] == "removed").to_numpy()
    units = changes["unit"].to_numpy(np.int64)
    before, after = (pd.Series([encode(labels[unit]) for unit in units], dtype=object) for labels in (given, final))
    changes["id"] = dataset.ids[changes["row"].to_numpy(np.int64)]
    # An example of several parts has no single label that it was removed with.
    several = gone & (len(dataset.units) != len(dataset))
    changes["before"] = pd.Series(dataset.names_of(before), changes.index, dtype=object).mask(several, None)
    changes["after"] = pd.Series(dataset.names_of(after), changes.index, dtype=object).mask(gone, None)
    return changes[gone | (before != after).to_numpy()].sort_values("unit", kind="stable").reset_index(drop=True)


# -- what is handed over ------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Handover(Choices):
    """An audit, the decisions on it, and what the user wants to have of them.

    Parameters
    ----------
    audit : Audit
    decisions : sequence of Decision
        In log order.
    rows, decided_only, keep_original, without_ambiguous, with_tags
        As in `export`; the issue table, the lists and the counts keep to the same rows.
    spreadsheet_safe : bool
        Neutralise cells of CSV files that a spreadsheet would run as a formula; the file is then not exact.
    format : str, optional
        A key of `labelaudit.load.FORMATS`; the one that the data came in by default.
    """

    audit: Audit
    decisions: Sequence[Decision]
    spreadsheet_safe: bool = False
    format: str | None = None

    @cached_property
    def kept(self) -> np.ndarray:
        """Which rows are written, bool of shape (N,)."""
        return _kept(self.audit.dataset, self.in_force, self)

    @cached_property
    def relabelled(self) -> Dataset:
        """All rows with the labels that are written."""
        return _relabelled(self.audit.dataset, self.decisions, self.in_force, self)

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
        return _scope(self.audit.dataset, self.in_force, self)

    @cached_property
    def changes(self) -> pd.DataFrame:
        """The changed rows in scope: `diff` with the columns ``actor``, ``time`` and ``reason``."""
        changes = _changes(self.audit.dataset, self.in_force, self.decisions, self.left_out)
        return changes.loc[changes["row"].isin(np.flatnonzero(self.scope))]

    @property
    def unchanged(self) -> str:
        """Say what the cleaned file is beside the user's, as long as no decision changes anything."""
        dataset, columns = self.audit.dataset, list(self.audit.dataset.label_options.get("added", ()))
        columns += [f"{label}_original" for label in dataset.label_columns if self.keep_original]
        columns += ["tags"] if self.with_tags else []
        differs = []
        if not self.scope.all():
            differs.append(f"with {int(self.scope.sum()):,} of its {len(dataset):,} rows")
        if columns:
            differs.append(f"with the column{'s' * (len(columns) > 1)} {', '.join(map(repr, columns))} added")
        if self.format not in (None, dataset.source.format):
            differs.append(f"as {str(self.format).upper()}")
        if self.spreadsheet_safe:
            differs.append("without cells that a spreadsheet would run")
        return (
            f"The cleaned file is your file {' and '.join(differs)}." if differs else "The cleaned file is your file."
        )

    @property
    def fate(self) -> str:
        """What is written of the labels that nobody decided, in words."""
        if self.audit.dataset.label_options.get("added"):  # no file had them
            return "written as most annotators say; the suggestions say what all of them, weighed, do"
        return "written as they are"

    @property
    def filename(self) -> str:
        """Of the cleaned data set."""
        stem = re.sub(r"[^\w.-]+", "_", self.audit.dataset.name).strip("._") or "data"
        return f"{stem}_cleaned.{self.format or self.audit.dataset.source.format}"

    def counts(self) -> dict[str, int]:
        """Count the rows in scope, and their labels by what becomes of them.

        Returns
        -------
        dict
            ``rows``; ``labels``, as many as rows where a row has one; ``renamed``, whose class has another name alone;
            the last six add up to the labels. Of a row that is removed, all labels are.
        """
        dataset, of = self.audit.dataset, self.in_force["action"]
        units = dataset.units_of(self.in_force["id"], self.in_force["part"])
        fate = np.full(len(dataset.units), "undecided", dtype=object)
        for action, name in {"skip": "skipped", "set": "kept", "keep": "kept", "ambiguous": "ambiguous"}.items():
            fate[units[(of == action).to_numpy() & (units >= 0)]] = name
        relabelled = self.changes[self.changes["change"] == "relabelled"]
        fate[relabelled["unit"].to_numpy(np.int64)] = "relabelled"
        out = dataset.rows_of(self.in_force.loc[of == "exclude", "id"])
        fate[np.isin(dataset.units.rows, out)] = "removed"
        counted = Counter(fate[self.scope[dataset.units.rows]])
        told = ("relabelled", "removed", "ambiguous", "kept", "skipped", "undecided")
        return {
            "rows": int(self.scope.sum()),
            "labels": counted.total(),
            "renamed": int((self.changes["change"] == "renamed").sum()),
            **{name: counted[name] for name in told},
        }
