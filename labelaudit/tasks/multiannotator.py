"""One class per item, said by several annotators: the consensus, how sure it is, and how reliable each of them is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from labelaudit import annotators, health, noise
from labelaudit.blocks import Bar, Bars, Block, Said, Vote
from labelaudit.blocks import Votes as VotesBlock
from labelaudit.consensus import TURNS, consensus, or_shares
from labelaudit.crowd import Ratings, majority
from labelaudit.crowdlab import active_scores
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.folds import assign_folds
from labelaudit.heads import YOURS
from labelaudit.labels import encode
from labelaudit.shapes.votes import Votes, votes, with_votes
from labelaudit.tasks import classification, pooling
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
from labelaudit.tasks.people import heatmaps, metrics
from labelaudit.tasks.pooling import Learned, learned, pooled

if TYPE_CHECKING:
    from labelaudit.config import AuditConfig
    from labelaudit.result import Audit

WITHOUT = "{}, without a model"
CONSENSUS = {
    "auto": "annotators weighed by Dawid and Skene's method",
    "majority": "the majority",
    "dawid_skene": "Dawid and Skene's method",
    "glad": "GLAD",
    "crowdlab": "CROWDLAB",
}


def check(dataset: Dataset, config: AuditConfig) -> None:
    """Refuse ratings from which nothing can be learned.

    Raises
    ------
    BadInput
        There is one annotator, or one class, or no item has two ratings and there is nothing else to judge them by.
    """
    ratings = votes(dataset).ratings
    said, heard = np.unique(ratings.label), ratings.per_annotator > 0
    if not len(said):
        raise BadInput(f"the ratings of {dataset.name!r} have no labels at all; choose the column that holds them.")
    if len(said) == 1:
        raise BadInput(
            f"{dataset.name!r} has one class, {dataset.class_names[said[0]]!r}, in all {len(ratings):,} ratings; "
            "finding label errors needs at least two, so choose another label column or file."
        )
    if heard.sum() == 1:
        raise BadInput(
            f"all {len(ratings):,} ratings of {dataset.name!r} are by one annotator; choose another column of "
            "annotators, or audit them as classification."
        )
    if ratings.per_item.max() < 2 and not (dataset.feature_columns or dataset.given):
        raise BadInput(
            f"no item of {dataset.name!r} has two ratings, so nobody can be compared; bring features or probabilities, "
            "or more ratings."
        )
    rated = int((ratings.per_item > 0).sum())
    if rated < config.folds:
        raise BadInput(f"{rated} labelled rows are fewer than the {config.folds} folds; use fewer folds or more rows.")


def predict(dataset: Dataset, seen: Seen, config: AuditConfig, run: Run) -> dict[str, Any]:
    """Find the consensus, with a model where there are features or probabilities."""
    found, given = votes(dataset), dataset.given
    settled = dataset.verified & (dataset.labels >= 0)
    fold, notes, why = np.zeros(len(dataset), dtype=np.int64), [], WITHOUT.format(CONSENSUS[config.consensus])
    pools: list[tuple[Learned, str]] = []
    with run.step("consensus"):
        if given is not None and given.pred_probs is not None:
            brought = given.probabilities(dataset.classes)
            why = "the probabilities that you brought"
            pools = [(pooled({YOURS: brought}, dataset.labels), why)]
            made = consensus(found.ratings, config.consensus, pred_probs=brought)
        elif seen.features is not None:
            features, folds = seen.features, assign_folds(dataset, config.folds, config.seed, seen.near)

            def learn(labels: np.ndarray) -> np.ndarray:
                labels = np.where(settled, dataset.labels, labels).astype(np.int32)
                pools[:] = [learned(dataset, features, folds, labels, config, run)]
                return pools[0][0][0]

            made = consensus(found.ratings, config.consensus, learn)
            fold, why = folds.fold, pools[0][1] if pools else why
            notes = [folds.note] if folds.note else []
        else:
            made = consensus(found.ratings, config.consensus)
            notes = ["there are no features, so annotators are judged by each other alone"]
    if made.by_class < 0.5:
        notes.append(
            "annotators are weighed by how often each is right in all classes; for habits class by class they rate too "
            "little, or agree too little"
        )
    posterior = made.posterior.copy()
    posterior[settled] = np.eye(len(dataset.classes))[dataset.labels[settled]]
    model = or_shares(made.model, found.ratings)
    arrays = {
        "pred_probs": posterior.astype(np.float32),
        "annotator_quality": annotators.qualities(found.ratings, posterior),
        "ask_score": active_scores(found.ratings, model, posterior.max(axis=1)),
    }
    if made.model is not None:
        arrays["model"] = made.model.astype(np.float32)
    return {
        "arrays": arrays,
        "fold": fold,
        "votes": found,
        "resolved": {
            "heads": pools[0][0][2] if pools else {},
            "why": why,
            "consensus": config.consensus,
            "temperature": round(made.temperature, 2),
            "model_share": round(made.model_share, 3),
        },
        "notes": notes,
    }


def find_issues(
    dataset: Dataset, ids: np.ndarray, seen: Seen, outputs: Mapping[str, Any], config: AuditConfig
) -> Found:
    """Flag the labels than which another is likelier, and say in words who thinks so."""
    from labelaudit.checks import neighbour_votes
    from labelaudit.clusters import suspect_clusters

    posterior, codes = outputs["arrays"]["pred_probs"], dataset.labels
    found: Votes = outputs["votes"]
    rows, labelled = np.arange(len(codes)), codes >= 0
    score = np.where(labelled, posterior[rows, codes], 1.0).astype(np.float64)
    flagged = labelled & (posterior.argmax(axis=1) != codes) & ~dataset.verified
    others = posterior.copy()
    others[rows[labelled], codes[labelled]] = -1
    suggested = np.where(flagged | ~labelled, others.argmax(axis=1), -1)

    scores = pd.DataFrame({"id": ids, "part": "", "consensus": np.where(labelled, score, np.nan)})
    share = found.ratings.votes / np.maximum(found.ratings.per_item, 1)[:, None]
    voted = labelled & (found.ratings.per_item > 0)
    scores["votes"] = np.where(voted, share[rows, codes], np.nan)
    if "model" in outputs["arrays"]:
        scores["model"] = np.where(labelled, outputs["arrays"]["model"][rows, codes], np.nan)
    scores["ask_next"] = outputs["arrays"]["ask_score"]
    near = None if seen.graph is None else neighbour_votes(codes, seen.graph)
    if near is not None:
        scores["neighbours"] = near[0]
    cluster = np.full(len(codes), -1)
    if seen.features is not None:
        cluster = suspect_clusters(seen.features.matrix, codes, suggested, flagged, score)
    as_json = np.array([*map(encode, dataset.classes), None], dtype=object)
    issues = pd.DataFrame(
        {
            "id": ids,
            "part": "",
            "issue": "label",
            "score": score,
            "is_issue": flagged,
            "given": pd.Series(dataset.given_texts, dtype=object),
            "suggested": pd.Series(as_json[suggested], dtype=object),
            "related": pd.Series(None, index=range(len(ids)), dtype=object),
            "cluster": pd.Series(cluster, dtype="Int64").mask(cluster < 0),
            "evidence": _evidence(dataset, found.ratings, outputs["arrays"], suggested),
        },
        columns=list(ISSUE_COLUMNS),
    )
    joint = np.zeros((len(dataset.classes),) * 2)
    np.add.at(joint, codes[labelled], posterior[labelled])
    joint = np.rint(joint).astype(np.int64)
    per_class = health.per_class(
        codes[labelled], joint, list(dataset.class_names), flagged[labelled], suggested[labelled]
    )
    figures = health.of_score(min(1.0, float(score[labelled].mean())), int(labelled.sum()), config.seed)
    return Found(issues, scores, per_class, joint, figures)


def _evidence(
    dataset: Dataset, ratings: Ratings, arrays: Mapping[str, np.ndarray], suggested: np.ndarray
) -> list[list[str]]:
    names, reasons = dataset.class_names, [list[str]() for _ in suggested]
    for row in np.flatnonzero(suggested >= 0).tolist():
        given, best = int(dataset.labels[row]), int(suggested[row])
        many = int(ratings.per_item[row])
        if given < 0:
            reasons[row].append("nobody labelled it" if not many else "no label is given")
        else:
            said = f"{ratings.votes[row, given]:.0f} of {many:,} say {names[given]}"
            tied = ratings.votes[row, given] == ratings.votes[row, best]
            reasons[row].append(f"{said}, {ratings.votes[row, best]:.0f} {names[best]}{', a tie' if tied else ''}")
            own = f", {names[given]} ({arrays['pred_probs'][row, given]:.0%})"
            reasons[row].append(f"all weighed: {names[best]} ({arrays['pred_probs'][row, best]:.0%}){own}")
        if "model" in arrays:
            reasons[row].append(f"model without its votes: {names[best]} ({arrays['model'][row, best]:.0%})")
    return reasons


def plant(
    dataset: Dataset, fraction: float, kind: str = "uniform", seed: int = 0, confident_joint: np.ndarray | None = None
) -> tuple[Dataset, np.ndarray]:
    """Corrupt annotators, one after another, until what most say is another label for this share of the items.

    Somebody who is corrupted answers at random (``uniform``), or as `confident_joint` shows classes to be confused.

    Returns
    -------
    dataset : Dataset
    planted : ndarray of shape (N,), bool
    """
    found = votes(dataset)
    ratings, labels = found.ratings, dataset.labels
    wanted = max(1, round(fraction * int((labels >= 0).sum())))
    share = 1 - 1 / ratings.n_classes  # who answers at random is right now and then
    drawn, _ = noise.noised(ratings.label, ratings.n_classes, share, kind, seed, confident_joint)
    rng = np.random.default_rng(seed)
    turn = rng.permutation(ratings.n_annotators)
    order = np.argsort(np.argsort(turn)[ratings.annotator], kind="stable")

    def corrupted(count: int) -> tuple[Ratings, np.ndarray]:
        label = ratings.label.copy()
        label[order[:count]] = drawn[order[:count]]
        made = replace(ratings, label=label)
        return made, majority(made) != labels

    low, high = 1, len(order)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if corrupted(middle)[1].sum() >= wanted else (middle + 1, high)
    made, changed = corrupted(low)
    spared = rng.permutation(np.flatnonzero(changed))[wanted:]
    label = np.where(np.isin(ratings.item, spared), ratings.label, made.label)
    changed[spared] = False
    wrong = np.where(changed, majority(made), labels)
    provenance = {**dataset.provenance, "planted": {"fraction": fraction, "kind": kind, "seed": seed}}
    values = [None if code < 0 else dataset.classes[code] for code in wrong.tolist()]
    return replace(with_votes(dataset, found, label).with_labels(values), provenance=provenance), changed


def expected(dataset: Dataset, config: AuditConfig) -> tuple[tuple[str, ...], str, float]:
    """Say which heads will be fitted, why those, and in about how many seconds."""
    if not (dataset.feature_columns or dataset.given):
        return (), WITHOUT.format(CONSENSUS[config.consensus]), 2e-4 * len(votes(dataset).ratings)
    heads, why, takes = pooling.expected(dataset, config)
    return heads, why, takes * (TURNS if config.consensus == "auto" else 1)


def view(audit: Audit, position: int) -> Sequence[Block]:
    """Show one item: the example where there is more than its name, who said what, and the probabilities as bars."""
    found, names = annotators.heard(audit), audit.dataset.class_names
    quality, posterior = audit.outputs["annotator_quality"], audit.outputs["pred_probs"][position]
    given = int(audit.codes[position])
    suggested = audit.dataset.code_of(audit.label_issues["suggested"].iloc[position])
    roles: dict[int, Any] = {suggested: "suggested", given: "given"}
    here = np.flatnonzero(found.ratings.item == position)
    said = []
    for code in np.argsort(-found.ratings.votes[position], kind="stable").tolist():
        who = found.ratings.annotator[here[found.ratings.label[here] == code]]
        who = who[np.argsort(-quality[who], kind="stable")].tolist()
        if who:
            people = tuple(Vote(found.annotators[one], float(quality[one])) for one in who)
            said.append(Said(names[code], roles.get(code, "other"), people))
    title = "Who said what, and how often each is right" if said else "Nobody labelled this item yet"
    order = np.argsort(-posterior, kind="stable")[:6]
    if given >= 0 and given not in order:
        order = np.append(order[:-1], given)
    bars = tuple(Bar(names[k], float(posterior[k]), roles.get(int(k), "other")) for k in order)
    blocks: list[Block] = [VotesBlock(title, tuple(said)), Bars("All weighed", bars)]
    if audit.dataset.feature_columns:
        blocks.insert(0, classification.EXAMPLES[audit.dataset.modality](audit, position))
    return blocks


def charts() -> Mapping[str, Any]:
    """Return the chart functions by name; Altair is imported when they are asked for."""
    from labelaudit import annotator_charts, charts, planes

    return {
        "heatmap": charts.heatmap,
        "scatter": planes.scatter,
        "per_class": charts.per_class,
        "annotators": annotator_charts.quality,
    }


MULTIANNOTATOR = Task(
    name="multiannotator",
    title="Several annotators per item",
    needs="a row per rating (item, annotator, label) or a column per annotator; two annotators and two classes",
    value_type="votes",
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
    heatmaps=heatmaps,
    choices=("model", "consensus", "calibrate"),
    noises={"uniform": "annotators answer at random", "confusable": "annotators confuse classes"},
    several=True,
    label_options={"item": ("",), "annotator": ("",)},
    unit="item",
    detectors={"consensus": "all weighed", "votes": "votes", "model": "the model"},
)
