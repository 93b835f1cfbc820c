"""Several labels per example: each label of each example is a unit, present or absent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from labelaudit import cooccurrence, health, multilabel
from labelaudit.checks.base import K
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.folds import assign_folds
from labelaudit.heads import TITLES, YOURS
from labelaudit.labels import encode
from labelaudit.shapes.several import EMPTY, GUESSED, bits_of, label_sets
from labelaudit.tasks.base import ISSUE_COLUMNS, Found, Run, Seen, Task, apply, confidence_plane, likeliest
from labelaudit.tasks.brought import as_brought, check_shape
from labelaudit.tasks.classification import NO_LABEL, charts, settled
from labelaudit.tasks.pooling import by_head, expected, pooled
from labelaudit.tasks.sets import heatmaps, metrics, part_name, view

if TYPE_CHECKING:
    from labelaudit.config import AuditConfig


def check(dataset: Dataset, config: AuditConfig) -> None:
    """Refuse labels from which nothing can be learned.

    Raises
    ------
    BadInput
        No label is both present and absent twice, or fewer examples than folds have labels.
    """
    bits = bits_of(dataset)
    check_shape(dataset, *bits.shape)
    labelled = int((bits >= 0).any(axis=1).sum())
    where = ", ".join(map(repr, dataset.label_columns[:3])) + (" …" if len(dataset.label_columns) > 3 else "")
    if not labelled:
        raise BadInput(f"{where}: no labels at all; choose the columns that hold the labels of each row.")
    if labelled < config.folds:
        raise BadInput(
            f"{labelled} labelled rows are fewer than the {config.folds} folds; use fewer folds or more rows."
        )
    counts = np.minimum((bits == 1).sum(axis=0), (bits == 0).sum(axis=0))
    if counts.max() < 2:
        raise BadInput(
            f"{where}: no label is present in two rows and absent in two others; finding label errors needs one, so "
            "choose other label columns or a larger file."
        )


def predict(dataset: Dataset, seen: Seen, config: AuditConfig, run: Run) -> dict[str, Any]:
    """Compute the out-of-fold probability of every label of every example.

    Raises
    ------
    BadInput
        There are no features.
    """
    bits = bits_of(dataset)
    if dataset.given is not None and dataset.given.pred_probs is not None:
        brought = dataset.given.pred_probs
        near = None if seen.graph is None else neighbours_of_units(seen.graph.index[:, :K], bits.shape[1])
        of_two = multilabel.two_classes(brought).reshape(-1, 2)
        outputs = as_brought(dataset, dataset.given, of_two, seen, run, neighbours=near)
        return {**outputs, "alone": brought, "others": None}
    if seen.features is None:
        raise BadInput(
            f"{dataset.name!r} has no features and no probabilities; choose the columns that a model may see."
        )
    with run.step("folds"):
        folds = assign_folds(dataset, config.folds, config.seed, seen.near)

        def fit(matrix: Any, **how: Any) -> np.ndarray:
            return multilabel.two_classes(multilabel.out_of_fold(matrix, bits, **how)).reshape(-1, 2)

        every, why = by_head(dataset, seen.features, folds, fit, config, run, dataset.fingerprint)
        of_two, verdicts, weights = pooled(every, dataset.labels)
        alone = of_two[:, 1].reshape(bits.shape)
    with run.step("labels together"):
        final = cooccurrence.with_other_labels(alone, bits, folds.fold)
        others = cooccurrence.by_other_labels(bits, folds.fold) if bits.shape[1] > 1 else None
    return {
        "arrays": {"pred_probs": multilabel.two_classes(final).reshape(-1, 2)},
        "fold": folds.fold,
        "verdicts": verdicts,
        "alone": alone,
        "others": others,
        "resolved": {"heads": weights, "why": why},
        "notes": [*([folds.note] if folds.note else []), *_unjudged(dataset, bits)],
    }


def neighbours_of_units(index: np.ndarray, n_labels: int) -> np.ndarray:
    """Take for the neighbours of a label of an example the same label of its neighbours, shape (N * K, k)."""
    units = index[:, None, :] * n_labels + np.arange(n_labels)[:, None]
    return np.where(index[:, None, :] < 0, -1, units).reshape(-1, index.shape[1])


def _unjudged(dataset: Dataset, bits: np.ndarray) -> list[str]:
    """Say which labels every example has, or none."""
    names = np.array(label_sets(dataset).names, dtype=object)
    never, always = ((bits == other).sum(axis=0) == 0 for other in (1, 0))
    notes = [(names[never & ~always], "no example has"), (names[always & ~never], "every example has")]
    return [
        f"{why} {', '.join(map(repr, which[:5]))}{' …' if len(which) > 5 else ''}, so that no error can be found there"
        for which, why in notes
        if len(which)
    ]


def find_issues(
    dataset: Dataset, ids: np.ndarray, seen: Seen, outputs: Mapping[str, Any], config: AuditConfig
) -> Found:
    """Flag labels that are missing and labels that are too much, and say in words why.

    A label of which nothing is said is never flagged, and gets what is likelier as suggestion.
    """
    bits, n_labels = bits_of(dataset), bits_of(dataset).shape[1]
    probabilities = outputs["arrays"]["pred_probs"][:, 1].reshape(bits.shape)
    # What the user's own model had seen is for the user to know.
    yours = YOURS in outputs["verdicts"]
    judged = np.ones(bits.shape, dtype=bool) if yours else multilabel.judged_bits(bits, outputs["fold"])
    flagged = multilabel.label_issues(bits, probabilities, config.filter_by, judged).ravel() & ~dataset.verified
    near = None if seen.graph is None else multilabel.neighbour_shares(bits, seen.graph, K)
    scores = _scores(ids, dataset.units.parts, bits, outputs, near)
    score = scores["self_confidence"].fillna(1.0).to_numpy(copy=True)
    score[(bits >= 0).ravel() & ~judged.ravel()] = 1.0

    codes = bits.ravel()
    likely = (probabilities.ravel() >= 0.5).astype(np.int64)
    suggested = np.where(flagged, 1 - codes, np.where(codes < 0, likely, -1))
    as_json = np.array([*map(encode, dataset.classes), None], dtype=object)
    cluster = _clusters(seen, codes, suggested, flagged, score, n_labels)
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
            "evidence": _evidence(dataset, bits, probabilities, suggested, judged, outputs, near),
        },
        columns=list(ISSUE_COLUMNS),
    )
    joints = multilabel.joints(bits, probabilities, judged)
    table = per_label(label_sets(dataset).names, bits, joints, flagged.reshape(bits.shape))
    known = int((bits >= 0).sum())
    wrong = int(joints.sum() - np.trace(joints, axis1=1, axis2=2).sum())
    figures = health.of_score(1 - wrong / max(1, known), known, config.seed)
    return Found(issues, scores, table, joints.sum(axis=0), figures)


def _scores(
    ids: np.ndarray, parts: np.ndarray, bits: np.ndarray, outputs: Mapping[str, Any], near: np.ndarray | None
) -> pd.DataFrame:
    """One column for each detector of a unit, and ``example``, the softmin over the labels of an example."""
    codes = bits.ravel()
    labelled = np.flatnonzero(codes >= 0)
    # Of two classes, all scores of Confident Learning rank alike.
    sure = np.full(len(codes), np.nan)
    sure[labelled] = outputs["arrays"]["pred_probs"][labelled, codes[labelled]]
    scores = pd.DataFrame({"id": ids, "part": parts, "self_confidence": sure})
    if len(outputs["verdicts"]) > 1:
        scores = scores.assign(**{head: sure for head, (sure, _) in outputs["verdicts"].items()})
    own = {"other_labels": outputs["others"], "neighbours": near}
    if YOURS not in outputs["verdicts"]:
        own["alone"] = outputs["alone"]
    for name, found in own.items():
        if found is not None:
            scores[name] = multilabel.of_given(found, bits).ravel()
    by_example = multilabel.softmin(scores["self_confidence"].to_numpy().reshape(bits.shape))
    return scores.assign(example=np.repeat(by_example, bits.shape[1]))


def _clusters(
    seen: Seen, codes: np.ndarray, suggested: np.ndarray, flagged: np.ndarray, score: np.ndarray, n_labels: int
) -> np.ndarray:
    """Cluster the suspects of one label that are too much, and those that are missing."""
    from labelaudit.clusters import suspect_clusters

    cluster = np.full(len(codes), -1)
    units = np.flatnonzero(flagged)
    if seen.features is not None and len(units):
        found = suspect_clusters(
            seen.features.matrix[units // n_labels],
            units % n_labels,
            suggested[units],
            np.ones(len(units), dtype=bool),
            score[units],
        )
        cluster[units] = found
    return cluster


def per_label(names: Sequence[str], bits: np.ndarray, joints: np.ndarray, flagged: np.ndarray) -> pd.DataFrame:
    """Rank the labels by quality; the columns are those of `labelaudit.health.per_class`.

    Returns
    -------
    DataFrame of K rows, worst first
        ``class``, ``code``, ``examples`` (that have it), ``suspects`` (flagged), ``extra`` and ``missing`` (of these,
        too much, and missing), ``fine`` (known and not flagged), ``label_quality`` (of those that are given it or
        likely have it, the share that is both), ``noise_out`` (of those given it, the share that likely has it not)
        and ``noise_in`` (of those that likely have it, the share that was not given it).
    """
    right, wrong, left_out = joints[:, 1, 1], joints[:, 1, 0], joints[:, 0, 1]
    table = pd.DataFrame(
        {
            "class": names,
            "code": np.arange(len(names)),
            "examples": (bits == 1).sum(axis=0),
            "suspects": flagged.sum(axis=0),
            "extra": (flagged & (bits == 1)).sum(axis=0),
            "missing": (flagged & (bits == 0)).sum(axis=0),
            "fine": (~flagged & (bits >= 0)).sum(axis=0),
            "label_quality": 1 - (wrong + left_out) / np.maximum(1, right + wrong + left_out),
            "noise_out": wrong / np.maximum(1, right + wrong),
            "noise_in": left_out / np.maximum(1, right + left_out),
        }
    )
    return table.sort_values(["label_quality", "noise_in"], ascending=[True, False], kind="stable", ignore_index=True)


def _evidence(
    dataset: Dataset,
    bits: np.ndarray,
    probabilities: np.ndarray,
    suggested: np.ndarray,
    judged: np.ndarray,
    outputs: Mapping[str, Any],
    near: np.ndarray | None,
) -> list[list[str]]:
    """Reasons for the units that have a suggestion or could not be judged; none for the rest."""
    names, n_labels = label_sets(dataset).names, bits.shape[1]
    reasons: list[list[str]] = [[] for _ in suggested]
    verdicts = outputs["verdicts"]
    who = f"{'model' if len(verdicts) == 1 else 'models'} without this example"
    if YOURS in verdicts:
        who = TITLES[YOURS]
    for unit in np.flatnonzero(suggested >= 0).tolist():
        row, label = divmod(unit, n_labels)
        word = dataset.class_names[suggested[unit]]
        said = [NO_LABEL] if bits[row, label] < 0 else []
        said.append(f"{who}: {names[label]} {_share(outputs['alone'][row, label])}")
        if len(verdicts) > 1:
            agree = sum(int(prefers[unit] == suggested[unit]) for _, prefers in verdicts.values())
            said.append(f"{agree} of {len(verdicts)} models say {word}")
        if outputs["others"] is not None:
            alone, final = outputs["others"][row, label], probabilities[row, label]
            said.append(f"by its other labels alone: {_share(alone)}; with what the models say: {_share(final)}")
        if near is not None and not np.isnan(near[row, label]):
            said.append(f"nearest neighbours: {_share(near[row, label])} have it")
        reasons[unit] = said
    for unit in np.flatnonzero((bits >= 0).ravel() & ~judged.ravel()).tolist():
        word = "has" if bits.ravel()[unit] else "lacks"
        reasons[unit] = [f"not judged: no other training example {word} {names[unit % n_labels]}"]
    return reasons


def _share(probability: float) -> str:
    return f"{probability:.0%}"


def plant(
    dataset: Dataset, fraction: float, kind: str = "uniform", seed: int = 0, confident_joint: np.ndarray | None = None
) -> tuple[Dataset, np.ndarray]:
    """Make one label of a share of the examples wrong; see `labelaudit.multilabel.flipped`.

    Returns
    -------
    dataset : Dataset
    planted : ndarray of shape (n,), bool
        Of the units.
    """
    dataset = dataset if dataset.reviewed is None else settled(dataset)
    changed, planted = multilabel.flipped(bits_of(dataset), fraction, kind, seed)
    values = np.array([False, True, None], dtype=object)[changed.ravel()].tolist()
    provenance = {**dataset.provenance, "planted": {"fraction": fraction, "kind": kind, "seed": seed}}
    return replace(dataset.with_labels(values), provenance=provenance), planted.ravel()


def overview(dataset: Dataset) -> pd.DataFrame:
    """Count the examples that have each label, the most frequent first."""
    counts = (bits_of(dataset) == 1).sum(axis=0)
    table = pd.DataFrame({"class": label_sets(dataset).names, "examples": counts})
    return table.sort_values("examples", ascending=False, kind="stable", ignore_index=True)


MULTILABEL = Task(
    name="multilabel",
    title="Several labels per example",
    needs="a column of 0 and 1 for each label, or one column of lists or of labels with a separator",
    value_type="classes",
    editor="multi",
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
    overview=overview,
    several=True,
    choices=("model", "filter_by", "calibrate"),
    noises=multilabel.NOISES,
    one_each=True,
    heatmaps=heatmaps,
    part_name=part_name,
    label_options={"separator": (GUESSED, ";", ",", "|", "/"), "empty_means": EMPTY},
    detectors={
        "alone": "models without the other labels",
        "other_labels": "the other labels alone",
    },
    word="label",
    unit="label",
    unnamed=(
        "the classes here are present and absent, so none can be renamed or merged; to call a label otherwise, rename "
        "its column or replace its name in the file."
    ),
)
