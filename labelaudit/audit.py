"""The audit: a pure function of the data and the configuration, and its result."""

from __future__ import annotations

import logging
import platform
import resource
import shutil
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field

from labelaudit import __version__
from labelaudit.cache import Cache, key
from labelaudit.checks import Checked, Material, run_checks
from labelaudit.confident import FILTERS, SCORES, Filter, Score
from labelaudit.consensus import Method
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput, StoreError
from labelaudit.estimate import estimate
from labelaudit.features import VERSION as FEATURES_VERSION
from labelaudit.files import digest, read_json, write_json, writing
from labelaudit.heads import MODELS, Model
from labelaudit.labels import decode
from labelaudit.predict import VERSION as PREDICT_VERSION
from labelaudit.predict import Progress, silent
from labelaudit.seeing import Sight, look
from labelaudit.tasks import TASKS, Run, Seen

__all__ = ["FILTERS", "MODELS", "SCORES", "Audit", "AuditConfig", "audit"]

log = logging.getLogger(__name__)

FORMAT = 4  # of the folder that `Audit.save` writes
MAY_BE_ABSENT = ("given", "suggested", "related")  # None, which pandas reads back as NaN
VERSIONED = ("cleanlab", "scikit-learn", "skrub", "numpy", "pandas", "pyarrow")


Precision = Literal["auto", "float32", "bfloat16"]


class AuditConfig(BaseModel):
    """Every choice that changes the answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Model = Field(
        "auto", description="classifier whose out-of-fold probabilities are used; auto: several, pooled"
    )
    calibrate: bool = Field(False, description="calibrate the probabilities (Platt scaling, three inner folds)")
    folds: int = Field(5, ge=2, le=50, description="cross-validation folds")
    filter_by: Filter = Field("prune_by_noise_rate", description="cleanlab's rule for flagging a label")
    score: Score = Field("pairwise_confidence", description="label quality score that ranks")
    seed: int = Field(0, ge=0, lt=2**32, description="of folds, sampling and models")
    consensus: Method = Field("auto", description="of several annotators' labels; auto: with what a model learns, too")
    max_rows: int | None = Field(None, ge=10, description="audit a sample of at most so many rows, class shares kept")
    checks: bool = Field(True, description="look for everything else that neighbours and columns tell, too")
    embedder: str = Field("auto", description="what turns images or texts into features; auto: what can be had")
    device: str = Field("auto", description="where an embedder runs; auto: a GPU where there is one")
    precision: Precision = Field("auto", description="of an embedder; auto: bfloat16 where the hardware has it")


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
            self.dataset.save(folder)
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
                notes = [*_notes(dataset), *manifest["notes_of_run"]]
                manifest = {**manifest, "dataset": _describe(dataset), "notes": notes}
            return cls(
                dataset=dataset or Dataset.open(folder),
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


def import_libraries(*modalities: str) -> None:
    """Import what an audit uses, so that its seconds don't hold imports: who runs ten audits pays for them once."""
    shared = ("cleanlab.filter", "cleanlab.dataset", "sklearn.calibration", "sklearn.ensemble", "sklearn.linear_model")
    rest = (
        "faiss",
        "sklearn.cluster",
        "sklearn.decomposition",
        "sklearn.naive_bayes",
        "sklearn.neighbors",
        "sklearn.pipeline",
    )
    own = {
        "text": ("sklearn.feature_extraction.text", "sparse_dot_topn"),
        "tabular": ("sklearn.impute", "skrub"),
        "image": ("PIL", "skimage.feature"),
    }
    for name in (*shared, *rest, *(library for modality in modalities for library in own[modality])):
        import_module(name)


def audit_key(dataset: Dataset, config: AuditConfig) -> str:
    """Key of a data set and a configuration; a sample that is no smaller than the data is none."""
    config = _settled(dataset, config)
    versions = {"format": FORMAT, "features": FEATURES_VERSION, "predict": PREDICT_VERSION}
    return key(data=dataset.fingerprint, config=config.model_dump(), versions=versions)


def _settled(dataset: Dataset, config: AuditConfig) -> AuditConfig:
    if config.max_rows is not None and config.max_rows >= len(dataset):
        return config.model_copy(update={"max_rows": None})
    return config


def check(dataset: Dataset, config: AuditConfig) -> None:
    """Refuse data that can't be audited, before any time is spent on it.

    Raises
    ------
    BadInput
        The message says why, and what to do.
    """
    config = _settled(dataset, config)
    if config.max_rows:
        dataset = dataset.take(_rows(dataset, config))
    TASKS[dataset.task].check(dataset, config)


def audit(
    dataset: Dataset,
    config: AuditConfig | None = None,
    *,
    progress: Progress = silent,
    cache: Path | None = None,
) -> Audit:
    """Find the label errors of a data set.

    Parameters
    ----------
    dataset : Dataset
        With N rows.
    config : AuditConfig, optional
    progress : callable
        Called with a step, how much of it is done, and how much there is.
    cache : Path, optional
        Folder in which features, probabilities and results are kept; the same data and choices are read from there.

    Returns
    -------
    Audit

    Raises
    ------
    BadInput
        The labels do not allow an audit; the message says why.
    """
    config = _settled(dataset, config or AuditConfig())
    audit_id = audit_key(dataset, config)
    stored = cache / f"audit-{audit_id}" if cache is not None else None
    if stored is not None and (stored / "manifest.json").is_file():
        try:
            return Audit.open(stored, dataset)
        except StoreError as error:
            log.warning("%s", error)

    check(dataset, config)
    import_libraries(dataset.modality)
    ahead = estimate(dataset, config)
    started = time.perf_counter()
    run = Run(Cache(cache), progress)
    run.cache.sweep()
    rows = _rows(dataset, config)
    task = TASKS[dataset.task]
    sight = look(dataset, rows, config, run)
    audited, rows, seen = sight.dataset, sight.rows, sight.seen
    outputs = task.predict(audited, seen, config, run)
    with run.step("issues"):
        ids, examples = dataset.ids[rows], audited.units.rows
        found = task.find_issues(audited, ids[examples], seen, outputs, config)
        checked = _checked(sight, ids, outputs) if config.checks else Checked.nothing(len(rows))
    notes = [*sight.notes, *outputs["notes"]]
    arrays = {**outputs["arrays"], "fold": outputs["fold"], "rows": rows}
    if seen.graph is not None:
        arrays |= {"neighbours": seen.graph.index, "distances": seen.graph.distance}
    if audited.given is not None and audited.given.coordinates is not None:
        arrays["coordinates"] = audited.given.coordinates
    if config.max_rows:
        notes.append(f"a sample of {len(rows):,} of {len(dataset):,} rows was audited, class shares kept")
    result = Audit(
        dataset=dataset,
        config=config,
        issues=pd.concat([found.issues, checked.issues], ignore_index=True) if len(checked.issues) else found.issues,
        scores=pd.concat([found.scores, checked.scores.iloc[examples].reset_index(drop=True)], axis=1),
        per_class=found.per_class,
        outputs=arrays,
        confident_joint=found.confident_joint,
        manifest={
            "labelaudit": __version__,
            "id": audit_id,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "dataset": _describe(dataset),
            "config": config.model_dump(),
            "resolved": {**outputs["resolved"], **_embedder(seen)},
            "unreadable": sight.unreadable,
            "checks": {name: asdict(finding) for name, finding in checked.findings.items()},
            "estimated": {"seconds": round(ahead.seconds, 1), "memory_mb": ahead.memory_mb},
            "timings": run.timings,
            "seconds": round(time.perf_counter() - started, 4),
            "peak_memory_mb": peak_memory_mb(),
            "versions": {"python": platform.python_version(), **{name: version(name) for name in VERSIONED}},
            "notes": [*_notes(dataset), *notes],
            "notes_of_run": notes,
            "sampled": {"rows": len(rows), "of": len(dataset)} if config.max_rows else None,
            "counts": {
                "examples": len(rows),
                "suspects": int(found.issues.loc[found.issues["issue"] == "label", "is_issue"].sum()),
                "missing_labels": int((audited.labels < 0).sum()),
            },
            "health": dict(found.health),
        },
    )
    if stored is not None:
        shutil.rmtree(stored, ignore_errors=True)  # what is there is damaged
        result.save(stored, with_data=False)
    return result


def _rows(dataset: Dataset, config: AuditConfig) -> np.ndarray:
    """Choose the rows to audit; what was decided does not change which."""
    if config.max_rows is None:
        return np.arange(len(dataset))
    return sample_rows(dataset.as_written, config.max_rows, config.seed)


def _checked(sight: Sight, ids: np.ndarray, outputs: Mapping[str, Any]) -> Checked:
    """Look for everything else, example by example; probabilities of parts of examples say nothing there."""
    whole = len(sight.dataset.units) == len(sight.dataset)
    pred_probs = outputs["arrays"].get("pred_probs") if whole else None
    labels = sight.dataset.strata[0]
    made, graph = sight.seen.features, sight.seen.graph
    matrix, properties = (None, None) if made is None else (made.matrix, made.properties)
    return run_checks(Material(sight.dataset, ids, labels, pred_probs, matrix, graph, properties, sight.copies))


def _embedder(seen: Seen) -> dict[str, str]:
    return {} if seen.features is None else {"embedder": seen.features.embedder, "embedder_why": seen.features.why}


def sample_rows(dataset: Dataset, max_rows: int, seed: int) -> np.ndarray:
    """Choose rows so that class shares stay, at least one row of every class, in the table's order.

    Returns
    -------
    ndarray of shape (at most max_rows,)

    Raises
    ------
    BadInput
        There are more classes than rows to choose.
    """
    shuffled = np.random.default_rng(seed).permutation(len(dataset))
    strata = dataset.strata[0]
    by_class = shuffled[np.argsort(strata[shuffled], kind="stable")]
    is_first = np.diff(strata[by_class], prepend=-2) > 0
    first, rest = by_class[is_first], by_class[~is_first]
    if len(first) > max_rows:
        raise BadInput(f"a sample of {max_rows:,} rows can't hold {len(first):,} classes; audit more rows.")
    spread = np.linspace(0, len(rest) - 1, max_rows - len(first)).round().astype(np.int64)
    return np.unique(np.concatenate([first, rest[spread]]))


def _describe(dataset: Dataset) -> dict[str, Any]:
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


def _notes(dataset: Dataset) -> list[str]:
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
