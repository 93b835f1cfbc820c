"""The audit: a pure function of the data and the configuration."""

from __future__ import annotations

import logging
import platform
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from labelaudit import __version__
from labelaudit.cache import Cache, key
from labelaudit.checks import Checked, Material, run_checks
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput, StoreError
from labelaudit.estimate import estimate
from labelaudit.features import VERSION as FEATURES_VERSION
from labelaudit.manifest import VERSIONED, describe, notes_of, peak_memory_mb
from labelaudit.predict import VERSION as PREDICT_VERSION
from labelaudit.predict import Progress, silent
from labelaudit.result import Audit
from labelaudit.seeing import Sight, look
from labelaudit.tasks import TASKS, Run, Seen

log = logging.getLogger(__name__)

FORMAT = 6  # of the folder that `Audit.save` writes


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
            "dataset": describe(dataset),
            "config": config.model_dump(),
            "resolved": {**outputs["resolved"], **_embedder(seen)},
            "unreadable": sight.unreadable,
            "checks": {name: asdict(finding) for name, finding in {**found.findings, **checked.findings}.items()},
            "estimated": {"seconds": round(ahead.seconds, 1), "memory_mb": ahead.memory_mb},
            "timings": run.timings,
            "seconds": round(time.perf_counter() - started, 4),
            "peak_memory_mb": peak_memory_mb(),
            "versions": {"python": platform.python_version(), **{name: version(name) for name in VERSIONED}},
            "notes": [*notes_of(dataset), *notes],
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
