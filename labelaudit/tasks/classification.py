"""One class per example: tables, texts and images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from labelaudit import confident, health, noise
from labelaudit.blocks import Bar, Bars, Block
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.folds import assign_folds
from labelaudit.heads import TITLES, YOURS
from labelaudit.labels import decode, encode
from labelaudit.tasks import classes
from labelaudit.tasks.base import (
    ISSUE_COLUMNS,
    Found,
    Run,
    Seen,
    Task,
    apply,
    class_counts,
    confidence_plane,
    likeliest,
)
from labelaudit.tasks.brought import as_brought
from labelaudit.tasks.evidence import image_block, row_block, text_block
from labelaudit.tasks.pooling import expected, learned

if TYPE_CHECKING:
    from labelaudit.config import AuditConfig
    from labelaudit.result import Audit

# Blocks that show an example, by what it is.
EXAMPLES: dict[str, Callable[[Audit, int], Block]] = {"text": text_block, "tabular": row_block, "image": image_block}
NO_LABEL = "no label is given"


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


def predict(dataset: Dataset, seen: Seen, config: AuditConfig, run: Run) -> dict[str, Any]:
    """Compute the out-of-fold probabilities of every example.

    Raises
    ------
    BadInput
        Groups or copies leave a fold's model with one class to learn.
    """
    if dataset.given is not None and dataset.given.pred_probs is not None:
        matrix = None if seen.features is None else seen.features.matrix
        pred_probs, near = dataset.given.probabilities(dataset.classes), dataset.given.neighbours
        return as_brought(dataset, dataset.given, pred_probs, seen, run, matrix=matrix, neighbours=near)
    if seen.features is None:
        raise BadInput(
            f"{dataset.name!r} has no features and no probabilities; choose the columns that a model may see."
        )
    with run.step("folds"):
        folds = assign_folds(dataset, config.folds, config.seed, seen.near)
        (pred_probs, verdicts, weights), why = learned(dataset, seen.features, folds, dataset.labels, config, run)
    return {
        "arrays": {"pred_probs": pred_probs},
        "fold": folds.fold,
        "verdicts": verdicts,
        "resolved": {"heads": weights, "why": why},
        "notes": [folds.note] if folds.note else [],
    }


def find_issues(
    dataset: Dataset, ids: np.ndarray, seen: Seen, outputs: Mapping[str, Any], config: AuditConfig
) -> Found:
    """Flag and score the labels, and say in words why.

    Examples without a label are never flagged: they get the likeliest class as suggestion. Nor is the only example
    of a class in its training folds: the model never saw that class when it judged it.
    """
    from labelaudit.checks import neighbour_votes
    from labelaudit.clusters import suspect_clusters

    pred_probs, codes = outputs["arrays"]["pred_probs"], dataset.labels
    labelled = codes >= 0
    given, known = codes[labelled], pred_probs[labelled]
    verdicts = outputs["verdicts"]
    # What the user's own model had seen is for the user to know.
    judged = np.ones(len(given), bool) if YOURS in verdicts else fairly_judged(codes, outputs["fold"])[labelled]

    # The threshold of a class that no model had seen would be next to nothing, and half of all labels above it.
    learned, known_learned = given[judged], known[judged]
    flagged = np.zeros(len(codes), dtype=bool)
    flagged[np.flatnonzero(labelled)[judged]] = confident.label_issues(learned, known_learned, config.filter_by)
    flagged &= ~dataset.verified
    scores = pd.DataFrame({"id": ids, "part": dataset.units.parts})
    for name in confident.SCORES:
        column = np.full(len(codes), np.nan)
        column[labelled] = confident.quality_scores(given, known, name)
        scores[name] = column
    if len(verdicts) > 1:
        scores = scores.assign(**{head: confidence for head, (confidence, _) in verdicts.items()})
    votes = None if seen.graph is None else neighbour_votes(codes, seen.graph)
    if votes is not None:
        scores["neighbours"] = votes[0]
    score = scores[config.score].fillna(1.0).to_numpy(copy=True)
    score[np.flatnonzero(labelled)[~judged]] = 1.0
    # Some filters flag labels that are likeliest and yet unlikely: a suggestion is another class all the same.
    others = pred_probs.copy()
    others[np.flatnonzero(labelled), given] = -1
    predicted = others.argmax(axis=1)
    suggested = np.where(flagged | ~labelled, predicted, -1)
    cluster = np.full(len(codes), -1)
    if seen.features is not None:
        cluster = suspect_clusters(seen.features.matrix, codes, suggested, flagged, score)

    as_json = np.array([encode(c) for c in dataset.classes] + [None], dtype=object)
    issues = pd.DataFrame(
        {
            "id": ids,
            "part": dataset.units.parts,
            "issue": "label",
            "score": score,
            "is_issue": flagged,
            "given": pd.Series(dataset.given_texts, dtype=object),
            "suggested": pd.Series(as_json[suggested], dtype=object),
            "related": pd.Series(None, index=range(len(ids)), dtype=object),
            "cluster": pd.Series(cluster, dtype="Int64").mask(cluster < 0),
            "evidence": _evidence(
                dataset,
                pred_probs,
                codes,
                suggested,
                judged,
                {name: prefers for name, (_, prefers) in verdicts.items()},
                votes,
            ),
        },
        columns=list(ISSUE_COLUMNS),
    )
    joint = confident.confident_joint(learned, known_learned)
    names = list(dataset.class_names)
    per_class = health.per_class(given, joint, names, flagged[labelled], suggested[labelled])
    return Found(issues, scores, per_class, joint, health.overall(learned, known_learned, config.seed))


def fairly_judged(codes: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Whether the model that judged an example had seen its given class, shape (N,)."""
    counts = np.zeros((codes.max() + 2, fold.max() + 1), dtype=np.int64)
    np.add.at(counts, (codes, fold), 1)
    return np.asarray((codes >= 0) & (counts.sum(axis=1)[codes] > counts[codes, fold]))


def _evidence(
    dataset: Dataset,
    pred_probs: np.ndarray,
    codes: np.ndarray,
    suggested: np.ndarray,
    judged: np.ndarray,
    preferred: Mapping[str, np.ndarray],
    votes: tuple[np.ndarray, np.ndarray, np.ndarray] | None,
) -> list[list[str]]:
    """Reasons for the examples that have a suggestion or could not be judged; none for the rest."""
    names = dataset.class_names
    reasons: list[list[str]] = [[] for _ in codes]
    rows = np.flatnonzero(suggested >= 0)
    who = f"{'model' if len(preferred) == 1 else 'models'} without this example"
    if YOURS in preferred:
        who = TITLES[YOURS]
    agree = np.zeros(len(rows), dtype=np.int64)
    for prefers in preferred.values():
        agree += prefers[rows] == suggested[rows]
    for row, agreeing in zip(rows, agree, strict=True):
        best, given = suggested[row], codes[row]
        sure = f"{who}: {names[best]} ({pred_probs[row, best]:.0%})"
        reasons[row] = [f"{sure}, {names[given]} ({pred_probs[row, given]:.0%})"] if given >= 0 else [NO_LABEL, sure]
        if len(preferred) > 1:
            reasons[row].append(f"{agreeing} of {len(preferred)} models say {names[best]}")
        if votes is not None and votes[2][row] > 0:
            own = f", {names[given]} ({votes[0][row]:.0%})" if given >= 0 else ""
            reasons[row].append(f"nearest neighbours: {names[votes[1][row]]} ({votes[2][row]:.0%}){own}")
    for row in np.flatnonzero(codes >= 0)[~judged]:
        reasons[row] = [f"not judged: no other training example of {names[codes[row]]}"]
    return reasons


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

    dataset = dataset if dataset.reviewed is None else settled(dataset)
    changed, planted = noise.noised(dataset.labels, len(dataset.classes), fraction, kind, seed, confident_joint)
    values = dataset.label_values()
    for row in np.flatnonzero(planted):
        values[row] = dataset.classes[changed[row]]
    provenance = {**dataset.provenance, "planted": {"fraction": fraction, "kind": kind, "seed": seed}}
    return replace(dataset.with_labels(values), provenance=provenance), planted


def settled(dataset: Dataset) -> Dataset:
    """Write what was decided into the labels."""
    values = [None if code < 0 else dataset.classes[code] for code in dataset.labels.tolist()]
    return dataset.with_labels(values)


def metrics(audit: Audit, word: str = "class") -> dict[str, Any]:
    """Return the figures that Health shows beside those in the manifest; a class can be called otherwise."""
    labelled = audit.codes >= 0
    predicted = audit.outputs["pred_probs"].argmax(axis=1)
    return {
        **audit.manifest["health"],
        **classes.said_of_model(float((predicted == audit.codes)[labelled].mean())),
        "card": classes.weakest(audit, word=word),
        "panels": [classes.ranking(audit, word=word), classes.pairs(audit, word)],
    }


def view(audit: Audit, position: int) -> Sequence[Block]:
    """Show one example: the text or the row, and the class probabilities as bars."""
    return [EXAMPLES[audit.dataset.modality](audit, position), class_bars(audit, position)]


def class_bars(audit: Audit, position: int) -> Bars:
    """Show the probabilities of the likeliest classes, and of the given one."""
    given = audit.dataset.code_of(audit.label_issues["given"].iloc[position])
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
    return Bars(bars_title(audit), bars)


def bars_title(audit: Audit) -> str:
    """Say whose probabilities are shown."""
    return "Your model" if YOURS in audit.manifest["resolved"]["heads"] else "Trained without this example"


def charts() -> Mapping[str, Any]:
    """Return the chart functions by name; Altair is imported when they are asked for."""
    from labelaudit import charts, planes

    return {"heatmap": charts.heatmap, "scatter": planes.scatter, "per_class": charts.per_class}


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
    options=likeliest,
    plane=confidence_plane,
    expected=expected,
    overview=class_counts,
)
