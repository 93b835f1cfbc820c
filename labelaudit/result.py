"""What an audit found, and its folder on disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.errors import StoreError
from labelaudit.files import digest, read_json, write_json, writing
from labelaudit.labels import decode
from labelaudit.manifest import describe, notes_of
from labelaudit.saved import open_dataset, save_dataset

MAY_BE_ABSENT = ("given", "suggested", "related")  # None, which pandas reads back as NaN


@dataclass(frozen=True, eq=False)
class Audit:
    """What an audit found.

    Parameters
    ----------
    dataset : Dataset
        The whole data set, whether or not it was sampled.
    config : AuditConfig
    issues, scores, per_class : DataFrame
        See `labelaudit.tasks.base.Found`; one label row for each of the n audited units, in the order of `rows`.
    outputs : mapping
        ``rows`` (m,): the positions of the m audited examples in the table, which have n units; ``fold``; what the task
        adds, ``pred_probs`` (n, K) for most; ``neighbours`` and ``distances`` (m, k) where there are features.
    confident_joint : ndarray of shape (K, K) or None
    manifest : mapping
        What ran, with which versions, how long each step took.
    """

    dataset: Dataset
    config: AuditConfig
    issues: pd.DataFrame
    scores: pd.DataFrame
    per_class: pd.DataFrame
    outputs: Mapping[str, np.ndarray]
    confident_joint: np.ndarray | None
    manifest: Mapping[str, Any]
    memo: dict[Any, Any] = field(default_factory=dict, repr=False)  # what `view` counted, per class

    @property
    def id(self) -> str:
        """The key of the data and the choices, which is also in the app's address."""
        return str(self.manifest["id"])

    @property
    def rows(self) -> np.ndarray:
        """The row of each audited unit in the data set's table, shape (n,)."""
        return self.outputs["rows"] if self.is_whole else self.dataset.units.rows[self.units]

    @property
    def is_whole(self) -> bool:
        """Whether every example is one unit."""
        return len(self.dataset.units) == len(self.dataset)

    @cached_property
    def units(self) -> np.ndarray:
        """The numbers of the audited units in the data set, shape (n,), ascending."""
        return self.dataset.units_in(self.outputs["rows"])

    @cached_property
    def parts(self) -> np.ndarray:
        """The part of each audited unit, shape (n,); empty for a whole example."""
        return np.asarray(self.dataset.units.parts[self.units])

    @cached_property
    def examples(self) -> np.ndarray:
        """Which of the m audited examples each unit is of, shape (n,)."""
        return np.searchsorted(self.outputs["rows"], self.rows)

    @cached_property
    def codes(self) -> np.ndarray:
        """Given class of the audited units as an index into the classes, shape (n,); -1 where missing."""
        return np.asarray(self.dataset.labels[self.units])

    def positions(self, ids: Iterable[str], parts: Iterable[str] | None = None) -> np.ndarray:
        """Find audited units, which are numbered from 0.

        Parameters
        ----------
        ids : iterable of m str
        parts : iterable of m str, optional
            Without it, or where a part is empty, the first unit of the example is found.

        Returns
        -------
        ndarray of shape (m,)
            -1 where there is none.
        """
        ids = list(ids)
        first = _places(self.rows, self.dataset.rows_of(ids))
        if parts is None:
            return first
        parts = np.array(list(parts), dtype=object)
        found = _places(self.units, self.dataset.units_of(ids, parts))
        return np.where(parts == "", first, found)

    def near(self, positions: np.ndarray, k: int) -> np.ndarray:
        """Find the nearest neighbours of units, which are units of the same part where examples have several.

        Parameters
        ----------
        positions : ndarray of shape (m,)
        k : int

        Returns
        -------
        ndarray of shape (m, at most k)
            Positions, nearest first, -1 for none; no column where the audit has no neighbours.
        """
        if "neighbours" not in self.outputs:
            return np.empty((len(positions), 0), dtype=np.int64)
        if self.is_whole:
            return np.asarray(self.outputs["neighbours"][positions, :k])
        near = self.outputs["neighbours"][self.examples[positions], :k]
        each = len(self.units) // len(self.outputs["rows"])  # only examples with the same parts have neighbours
        return np.where(near < 0, -1, near * each + np.asarray(positions)[:, None] % each)

    @property
    def sample(self) -> str:
        """Which share of the rows was audited, in words; empty where all were."""
        sampled = self.manifest["sampled"]
        return f"a sample of {sampled['rows']:,} from {sampled['of']:,} rows" if sampled else ""

    @property
    def joint(self) -> np.ndarray:
        """The confident joint, shape (K, K).

        Raises
        ------
        StoreError
            There is none: its file was taken away, or the task has none.
        """
        if self.confident_joint is None:
            raise StoreError("the audit has no confident joint; run it again.")
        return self.confident_joint

    @cached_property
    def label_issues(self) -> pd.DataFrame:
        """The label rows of `issues`, in the order of `rows`."""
        about = (self.issues["issue"] == "label").to_numpy()
        first = int(about.sum())
        # They come first, where nobody shuffled them: a view, and no copy of a million rows.
        found = self.issues.iloc[:first] if about[:first].all() else self.issues[about]
        return found.reset_index(drop=True)

    @cached_property
    def flagged(self) -> pd.DataFrame:
        """The flagged rows of `issues`, of whatever issue, with their ``position`` among the audited examples."""
        found = self.issues[self.issues["is_issue"]]
        return found.assign(position=self.positions(found["id"].astype(str), found["part"])).reset_index(drop=True)

    @cached_property
    def agreeing(self) -> np.ndarray:
        """How many detectors speak against each label, shape (n,), see `labelaudit.why.agreeing`."""
        from labelaudit.why import agreeing

        return agreeing(self)

    @cached_property
    def outvoted(self) -> np.ndarray:
        """Whether most neighbours have another label, shape (n,), see `labelaudit.why.outvoted`."""
        from labelaudit.why import outvoted

        return outvoted(self)

    @cached_property
    def _texts(self) -> pa.Table:
        return self.dataset.table.select(list(self.dataset.feature_columns))

    def text(self, position: int) -> str:
        """The text of one audited example: its feature columns, one below the other."""
        record = self._texts.slice(int(self.rows[position]), 1).to_pylist()[0]
        return "\n".join(" ".join(v) if isinstance(v, list) else str(v) for v in record.values() if v is not None)

    def suspects(self) -> pd.DataFrame:
        """The flagged labels, worst first, labels as plain values.

        Returns
        -------
        DataFrame
            ``id``, ``score``, ``given``, ``suggested``, ``evidence``.
        """
        found = self.issues[(self.issues["issue"] == "label") & self.issues["is_issue"]]
        found = found.sort_values("score", kind="stable")[["id", "score", "given", "suggested", "evidence"]]
        labels = {column: found[column].map(decode) for column in ("given", "suggested")}
        return found.assign(**labels).reset_index(drop=True)

    # -- on disk ----------------------------------------------------------------------------------

    def save(self, folder: Path, *, with_data: bool = True) -> None:
        """Write the audit into a folder, whole or not at all.

        Parameters
        ----------
        folder : Path
            An audit that it holds is replaced; what the user keeps beside it stays.
        with_data : bool
            Whether the data set is written too, so that the folder stands alone.

        Raises
        ------
        StoreError
            The disk is full or can't be written, or the folder holds something else.
        """
        if is_other_folder(folder):
            raise StoreError(f"{folder} holds files that are no audit; choose an empty or a new folder.")
        with writing(folder, "free the disk, or choose another folder"):
            folder.parent.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=folder.parent, prefix=".", suffix=".part") as part:
                self._write(Path(part), with_data)
                folder.mkdir(exist_ok=True)
                # Without a manifest it is no audit: one that was half replaced is never taken for a whole one.
                (folder / "manifest.json").unlink(missing_ok=True)
                for file in sorted(Path(part).iterdir(), key=lambda f: f.name == "manifest.json"):
                    file.replace(folder / file.name)

    def _write(self, folder: Path, with_data: bool) -> None:
        classes = np.array(list(self.dataset.classes))
        ids = self.dataset.ids[self.outputs["rows"]]
        self.issues.to_parquet(folder / "issues.parquet", index=False)
        self.scores.to_parquet(folder / "scores.parquet", index=False)
        self.per_class.to_parquet(folder / "per_class.parquet", index=False)
        arrays: dict[str, Any] = {
            **self.outputs,
            "classes": classes,
            "ids": ids.astype(str) if ids.dtype == object else ids,
        }
        np.savez(folder / "pred_probs.npz", **arrays)
        if self.confident_joint is not None:
            names = list(self.dataset.class_names)
            joint = pd.DataFrame(self.confident_joint, index=pd.Index(names, name="given"), columns=names)
            joint.to_csv(folder / "confident_joint.csv")
        if with_data:
            save_dataset(self.dataset, folder)
        files = {path.name: digest(path) for path in sorted(folder.iterdir())}
        write_json(folder / "manifest.json", {**self.manifest, "files": files})

    @classmethod
    def open(cls, folder: Path, dataset: Dataset | None = None) -> Audit:
        """Read what `save` wrote.

        Parameters
        ----------
        folder : Path
        dataset : Dataset, optional
            Where the folder was saved without the data: equal data, whatever its name and wherever it came from.

        Raises
        ------
        StoreError
            The folder does not hold an audit, or a file in it is damaged.
        """
        if not (folder / "manifest.json").is_file():
            raise StoreError(
                f"{folder} does not hold an audit (no manifest.json); run `labelaudit audit … --out` first."
            )
        try:
            manifest = read_json(folder / "manifest.json")
            for name, written in manifest.pop("files").items():
                if digest(folder / name) != written:
                    raise ValueError(f"{name} is not as it was written")
            joint_path = folder / "confident_joint.csv"
            joint = pd.read_csv(joint_path, index_col=0).astype("int64").to_numpy() if joint_path.exists() else None
            # Opened here: NumPy leaves a damaged archive open.
            with (folder / "pred_probs.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
                outputs = {name: stored[name] for name in stored.files if name not in ("classes", "ids")}
            known = outputs.get("pred_probs")
            if joint is not None and known is not None and joint.shape != (n_classes := known.shape[1], n_classes):
                raise ValueError(f"confident_joint.csv is not a table of {n_classes} by {n_classes}")
            if dataset is not None:
                notes = [*notes_of(dataset), *manifest["notes_of_run"]]
                manifest = {**manifest, "dataset": describe(dataset), "notes": notes}
            return cls(
                dataset=dataset or open_dataset(folder),
                config=AuditConfig(**manifest["config"]),
                issues=_read_issues(folder / "issues.parquet"),
                scores=pd.read_parquet(folder / "scores.parquet"),
                per_class=pd.read_parquet(folder / "per_class.parquet"),
                outputs=outputs,
                confident_joint=joint,
                manifest=manifest,
            )
        except (OSError, ValueError) as error:
            raise StoreError(f"the audit in {folder} is damaged ({error}); run it again.") from error


def _places(every: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Find the first place of each value in an ascending array, shape of `wanted`; -1 where it is not there."""
    found = np.searchsorted(every, wanted).clip(max=len(every) - 1)
    return np.where(every[found] == wanted, found, -1)


def _read_issues(path: Path) -> pd.DataFrame:
    """Read the issue table: equal texts are one object, and so are all empty lists of reasons, which most rows have."""
    table: pa.Table = pq.read_table(path)
    columns: dict[str, np.ndarray] = {}
    for name in MAY_BE_ABSENT:
        encoded = table[name].cast(pa.string()).combine_chunks().dictionary_encode()
        different = np.array([*encoded.dictionary.to_pylist(), None], dtype=object)
        columns[name] = different[encoded.indices.fill_null(len(different) - 1).to_numpy(zero_copy_only=False)]
    reasons = table["evidence"].combine_chunks()
    some = pc.greater(pc.list_value_length(reasons), 0).to_numpy(zero_copy_only=False)
    columns["evidence"] = np.empty(len(reasons), dtype=object)
    columns["evidence"].fill([])
    found = np.flatnonzero(some)
    for row, reason in zip(found.tolist(), reasons.take(pa.array(found)).to_pylist(), strict=True):
        columns["evidence"][row] = reason
    rest: pd.DataFrame = table.drop_columns(list(columns)).to_pandas()
    issues = rest.assign(**{name: pd.Series(values, rest.index, dtype=object) for name, values in columns.items()})
    return issues.reindex(columns=table.column_names)


def is_other_folder(folder: Path) -> bool:
    """Whether a folder holds anything, and no audit, not even one that was half replaced."""
    ours = (folder / "issues.parquet", folder / "pred_probs.npz")
    return folder.is_dir() and any(folder.iterdir()) and not all(map(Path.is_file, ours))
