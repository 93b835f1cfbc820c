"""One class per example: tables and texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from labelaudit import confident, health, noise
from labelaudit.blocks import Bar, Bars, Block
from labelaudit.cache import key
from labelaudit.dataset import Dataset, decode, encode
from labelaudit.errors import BadInput
from labelaudit.tasks.base import ISSUE_COLUMNS, Found, Run, Task
from labelaudit.tasks.evidence import row_block, text_block

if TYPE_CHECKING:
    from labelaudit.audit import Audit, AuditConfig


def check(dataset: Dataset, config: AuditConfig) -> None:
    """Refuse labels from which nothing can be learned.

    Raises
    ------
    BadInput
        There are fewer than two classes with two examples, or fewer examples than folds.
    """
    column = dataset.label_columns[0]
    counts = np.bincount(dataset.labels[dataset.labels >= 0], minlength=len(dataset.classes))
    if counts.sum() == 0:
        raise BadInput(f"column {column!r} has no labels at all; choose the column that holds the class of each row.")
    if len(counts) == 1:
        raise BadInput(
            f"column {column!r} has one class, {dataset.class_names[0]!r}, in all {counts.sum():,} labelled rows; "
            "finding label errors needs at least two, so choose another label column or file."
        )
    if (counts >= 2).sum() < 2:
        raise BadInput(
            f"column {column!r} has {len(counts):,} different labels and fewer than two of them occur twice; "
            "choose a column with a few classes."
        )
    if counts.sum() < config.folds:
        raise BadInput(
            f"{counts.sum()} labelled rows are fewer than the {config.folds} folds; use fewer folds or more rows."
        )


def predict(dataset: Dataset, config: AuditConfig, run: Run) -> dict[str, Any]:
    """Compute the out-of-fold probabilities of every example.

    Raises
    ------
    BadInput
        `check` refuses the labels, or groups leave a fold's model with one class to learn.
    """
    from labelaudit.features import features
    from labelaudit.predict import assign_folds, out_of_fold

    check(dataset, config)
    with run.step("features"):
        matrix = features(dataset, run.cache)
    with run.step("folds"):
        folds = assign_folds(dataset, config.folds, config.seed)
        _check_training(dataset, folds.fold, folds.n_folds)
        pred_probs = out_of_fold(
            matrix,
            dataset.labels,
            len(dataset.classes),
            folds,
            config.model,
            calibrate=config.calibrate,
            seed=config.seed,
            cache=run.cache,
            name=key(data=dataset.fingerprint, folds=config.folds),
            progress=run.progress,
        )
    notes = [folds.note] if folds.note else []
    return {"pred_probs": pred_probs, "fold": folds.fold, "features": matrix, "notes": notes}


def _check_training(dataset: Dataset, fold: np.ndarray, n_folds: int) -> None:
    for number in range(n_folds):
        if len(np.unique(dataset.labels[(fold != number) & (dataset.labels >= 0)])) < 2:
            raise BadInput(
                f"without fold {number + 1} only one class is left to train on, because groups or copies hold whole "
                "classes; use fewer folds or another group column."
            )


def find_issues(dataset: Dataset, ids: np.ndarray, outputs: Mapping[str, Any], config: AuditConfig) -> Found:
    """Flag and score the labels, and say in words why.

    Examples without a label are never flagged: they get the likeliest class as suggestion. Nor is the only example
    of a class in its training folds: the model never saw that class when it judged it.
    """
    from labelaudit.clusters import suspect_clusters

    pred_probs, codes = outputs["pred_probs"], dataset.labels
    labelled = codes >= 0
    given, known = codes[labelled], pred_probs[labelled]
    judged = _judged(codes, outputs["fold"])[labelled]

    flagged = np.zeros(len(codes), dtype=bool)
    flagged[labelled] = confident.label_issues(given, known, config.filter_by) & judged
    scores = pd.DataFrame({"id": ids, "part": ""})
    for name in confident.SCORES:
        column = np.full(len(codes), np.nan)
        column[labelled] = confident.quality_scores(given, known, name)
        scores[name] = column
    score = scores[config.score].fillna(1.0).to_numpy(copy=True)
    score[np.flatnonzero(labelled)[~judged]] = 1.0
    # Some filters flag labels that are likeliest and yet unlikely: a suggestion is another class all the same.
    others = pred_probs.copy()
    others[np.flatnonzero(labelled), given] = -1
    predicted = others.argmax(axis=1)
    suggested = np.where(flagged | ~labelled, predicted, -1)
    cluster = suspect_clusters(outputs["features"], codes, suggested, flagged, score)

    as_json = np.array([encode(c) for c in dataset.classes] + [None], dtype=object)
    issues = pd.DataFrame(
        {
            "id": ids,
            "part": "",
            "issue": "label",
            "score": score,
            "is_issue": flagged,
            "given": pd.Series(as_json[codes], dtype=object),
            "suggested": pd.Series(as_json[suggested], dtype=object),
            "related": pd.Series(None, index=range(len(ids)), dtype=object),
            "cluster": pd.Series(cluster, dtype="Int64").mask(cluster < 0),
            "evidence": _evidence(dataset, pred_probs, codes, suggested, labelled, judged),
        },
        columns=list(ISSUE_COLUMNS),
    )
    joint = confident.confident_joint(given, known)
    names = list(dataset.class_names)
    per_class = health.per_class(given, joint, names, flagged[labelled], suggested[labelled])
    return Found(issues, scores, per_class, joint, health.overall(given, known, config.seed))


def _judged(codes: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Whether the model that judged an example had seen its given class, shape (N,)."""
    counts = np.zeros((codes.max() + 2, fold.max() + 1), dtype=np.int64)
    np.add.at(counts, (codes, fold), 1)
    return np.asarray((codes >= 0) & (counts.sum(axis=1)[codes] > counts[codes, fold]))


def _evidence(
    dataset: Dataset,
    pred_probs: np.ndarray,
    codes: np.ndarray,
    suggested: np.ndarray,
    labelled: np.ndarray,
    judged: np.ndarray,
) -> list[list[str]]:
    """Reasons for the examples that have a suggestion or could not be judged; none for the rest."""
    names = dataset.class_names
    reasons: list[list[str]] = [[] for _ in codes]
    for row in np.flatnonzero(suggested >= 0):
        best = suggested[row]
        sure = f"model without this example: {names[best]} {pred_probs[row, best]:.0%}"
        if labelled[row]:
            reasons[row] = [f"{sure}, {names[codes[row]]} {pred_probs[row, codes[row]]:.0%}"]
        else:
            reasons[row] = ["no label is given", sure]
    for row in np.flatnonzero(labelled)[~judged]:
        reasons[row] = [f"not judged: no other training example of {names[codes[row]]}"]
    return reasons


def apply(dataset: Dataset, decisions: pd.DataFrame) -> list[Any]:
    """Put the decided labels in place of the given ones.

    Parameters
    ----------
    dataset : Dataset
        With N rows.
    decisions : DataFrame
        What `labelaudit.review.effective` returns; ids as text.

    Returns
    -------
    list of N labels
        As the user writes them; untouched cells exactly as they were, missing ones included.
    """
    values = dataset.label_values()
    changes = decisions[decisions["action"] == "set"].set_index("id")["after"]
    if len(changes):
        ids = pd.Series(dataset.ids).astype(str)
        for row in np.flatnonzero(ids.isin(changes.index)):
            values[row] = decode(changes[ids[row]])
    return values


def plant(
    dataset: Dataset, fraction: float, kind: str = "uniform", seed: int = 0, confident_joint: np.ndarray | None = None
) -> tuple[Dataset, np.ndarray]:
    """Give a share of the examples a wrong class; see `labelaudit.noise.noised`.

    Returns
    -------
    dataset : Dataset
    planted : ndarray of shape (N,), bool
    """
    from dataclasses import replace

    changed, planted = noise.noised(dataset.labels, len(dataset.classes), fraction, kind, seed, confident_joint)
    values = dataset.label_values()
    for row in np.flatnonzero(planted):
        values[row] = dataset.classes[changed[row]]
    provenance = {**dataset.provenance, "planted": {"fraction": fraction, "kind": kind, "seed": seed}}
    return replace(dataset.with_labels(values), provenance=provenance), planted


def metrics(audit: Audit) -> dict[str, Any]:
    """Return the figures that Health shows beside those in the manifest."""
    names = list(audit.dataset.class_names)
    labelled = audit.codes >= 0
    n_labelled = int(labelled.sum())
    predicted = audit.outputs["pred_probs"].argmax(axis=1)
    return {
        **audit.manifest["health"],
        "agreement": float((predicted == audit.codes)[labelled].mean()),
        "per_class": audit.per_class,
        "overlaps": health.overlaps(audit.joint, names, n_labelled),
    }


def view(audit: Audit, position: int) -> Sequence[Block]:
    """Show one example: the text or the row, and the class probabilities as bars."""
    given = int(audit.codes[position])
    probabilities = audit.outputs["pred_probs"][position]
    suggested = decode(audit.label_issues["suggested"].iloc[position])
    names = audit.dataset.class_names
    order = np.argsort(-probabilities, kind="stable")[:6]
    if given >= 0 and given not in order:
        order = np.append(order[:-1], given)

    def role(code: int) -> Any:
        if code == given:
            return "given"
        return "suggested" if suggested is not None and audit.dataset.classes[code] == suggested else "other"

    bars = tuple(Bar(names[k], float(probabilities[k]), role(int(k))) for k in order)
    example = text_block(audit, position) if audit.dataset.modality == "text" else row_block(audit, position)
    return [example, Bars("Model, trained without this example", bars)]


def charts() -> Mapping[str, Any]:
    """Return the chart functions by name; Altair is imported when they are asked for."""
    from labelaudit import charts

    return {"heatmap": charts.heatmap, "scatter": charts.scatter, "per_class": charts.per_class}


CLASSIFICATION = Task(
    name="classification",
    title="One class per example",
    needs="a column with one class per row, at least two classes, at least two examples of each",
    value_type="class",
    editor="choice",
    check=check,
    predict=predict,
    find_issues=find_issues,
    apply=apply,
    plant=plant,
    metrics=metrics,
    charts=charts,
    view=view,
)
