"""One number per example: tables, texts and images."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from labelaudit import numerals, residuals
from labelaudit.blocks import Block, Interval
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.folds import Folds, assign_folds
from labelaudit.heads import ROBUST, YOURS, expected_size, prepare, seconds
from labelaudit.labels import decode, encode, show
from labelaudit.noise import shifted
from labelaudit.numerals import Numerals
from labelaudit.regressors import REGRESSORS, choose, out_of_fold
from labelaudit.shapes.number import read, targets
from labelaudit.tasks.base import ISSUE_COLUMNS, Axes, Found, Run, Seen, Task, apply
from labelaudit.tasks.classification import EXAMPLES, NO_LABEL
from labelaudit.tasks.pooling import by_head
from labelaudit.tasks.ranges import RANGES, by_range, fit, metrics, unseen

if TYPE_CHECKING:
    from labelaudit.config import AuditConfig
    from labelaudit.result import Audit

SCORE = "scaled_residual"
DETECTORS = {
    SCORE: "residual against its uncertainty",
    "plain_residual": "plain residual",
    "clean_learning": "CleanLearning",
    ROBUST: "model without the suspects",
}
BAND = ("predicted", "low", "high")  # of the outputs
PARTS = 40  # of the line on which a number is shown
AT_HAND = 100  # lowest scores that come with reasons, suspected or not: who finds no suspect looks there
FIXABLE = "looks fixable: what is predicted is sure, and this number far from it"
NOISY = "hard to put right: such numbers vary too much to tell the right one"


def check(dataset: Dataset, config: AuditConfig) -> None:
    """Refuse numbers from which nothing can be learned.

    Raises
    ------
    BadInput
        There are none, all are the same, or there are fewer than folds.
    """
    column, numbers = dataset.label_columns[0], targets(dataset)
    known = numbers[~np.isnan(numbers)]
    if not len(known):
        raise BadInput(f"column {column!r} has no labels at all; choose the column that holds the number of each row.")
    if np.ptp(known) == 0:
        raise BadInput(
            f"column {column!r} holds one number, {show(numerals.as_json(known[0]))!r}, in all {len(known):,} labelled "
            "rows; finding wrong numbers needs different ones, so choose another label column or file."
        )
    if len(known) < config.folds:
        raise BadInput(
            f"{len(known)} labelled rows are fewer than the {config.folds} folds; use fewer folds or more rows."
        )


def expected(dataset: Dataset, config: AuditConfig) -> tuple[tuple[str, ...], str, float]:
    """Say which models will be fitted, why those, and in about how many seconds."""
    if dataset.given is not None and dataset.given.predictions is not None:
        return (YOURS,), "the predictions that you brought", 1.0
    size = expected_size(dataset, config)
    models, why = choose(size, config.model, config.folds)
    costs = [seconds(model, size, config.folds) for model in models]
    return models, why, 2 * sum(costs) + max(costs)  # each model's residuals are learned, and one model once more


def predict(dataset: Dataset, seen: Seen, config: AuditConfig, run: Run) -> dict[str, Any]:
    """Predict the number of every example out of fold, and how far off predictions are for such examples."""
    numbers = targets(dataset)
    with run.step("folds"):
        folds = assign_folds(dataset, config.folds, config.seed, seen.near)
        around = None
        if seen.features is not None:
            around = np.asarray(prepare(seen.features.codes, "hist_gradient_boosting", seen.features.embedding))
        models = _models(dataset, numbers, folds, seen, config, run)
        every = dict(models.every)

        def scale_of(name: str) -> np.ndarray:
            return residuals.scales(around, numbers, every[name], folds, config.seed)

        scale = {name: scale_of(name) for name in every}
        pooled = residuals.pooled(numbers, every, scale, config.seed)
        verdict, known = pooled.verdict(config.seed), ~np.isnan(numbers)
        if models.again is not None and verdict.flagged.any():
            suspects = np.zeros(len(numbers), dtype=bool)
            suspects[known] = verdict.flagged
            every[ROBUST] = models.again(pooled.best, ~suspects)
            scale[ROBUST] = scale_of(ROBUST)
            pooled = residuals.pooled(numbers, every, scale, config.seed)
            verdict = pooled.verdict(config.seed)
    seen_from = float(np.median(pooled.scale)) * verdict.seen
    notes = [unseen(seen_from, read(dataset)), *([folds.note] if folds.note else [])]
    if not verdict.flagged.any():
        notes.insert(0, "no number stands out, which does not say that all are right: review from the lowest scores")
    width = residuals.half_width(np.abs(numbers - pooled.predicted)[known] / pooled.scale[known]) * pooled.scale
    return {
        "arrays": {"predicted": pooled.predicted, "low": pooled.predicted - width, "high": pooled.predicted + width},
        "fold": folds.fold,
        "pooled": pooled,
        "aleatoric": 0.0 if around is None else _learned(around, numbers - pooled.predicted, folds, config.seed),
        "resolved": {"heads": {name: round(w, 3) for name, w in pooled.weights.items()}, "why": models.why},
        "verdict": verdict,
        "seen": seen_from,
        "notes": notes,
    }


@dataclass(frozen=True)
class _Models:
    """Out-of-sample predictions by model, and what predicts once more without some rows, where that can be done."""

    every: Mapping[str, np.ndarray]
    why: str
    again: Callable[[str, np.ndarray], np.ndarray] | None = None


def _models(dataset: Dataset, numbers: np.ndarray, folds: Folds, seen: Seen, config: AuditConfig, run: Run) -> _Models:
    if dataset.given is not None and dataset.given.predictions is not None:
        return _Models({YOURS: dataset.given.predictions}, "the predictions that you brought")
    if seen.features is None:
        raise BadInput(f"{dataset.name!r} has no features and no predictions; choose the columns that a model may see.")
    found = seen.features

    def fitted(model: str, keep: np.ndarray | None = None) -> tuple[dict[str, np.ndarray], str]:
        fit = partial(out_of_fold, targets=numbers, keep=keep)
        told = config.model_copy(update={"model": model})
        return by_head(dataset, found, folds, fit, told, run, dataset.fingerprint, choose)

    every, why = fitted(config.model)
    return _Models(every, why, lambda model, keep: fitted(model, keep)[0][model])


def _learned(around: np.ndarray, off: np.ndarray, folds: Folds, seed: int) -> float:
    """Return the standard deviation of what can be predicted of the residuals: cleanlab's aleatoric uncertainty."""
    return float(residuals.smoothed(around, off, folds, seed).std())


def find_issues(
    dataset: Dataset, ids: np.ndarray, seen: Seen, outputs: Mapping[str, Any], config: AuditConfig
) -> Found:
    """Flag and score the numbers, suggest others, and say in words why.

    Examples without a number are never flagged: they get the predicted one as suggestion.
    """
    from labelaudit.clusters import suspect_clusters

    found, pooled, numbers = read(dataset.as_written), outputs["pooled"], targets(dataset)
    known = ~np.isnan(numbers)
    verdict = outputs["verdict"]
    off = pooled.predicted - numbers
    columns = {SCORE: pooled.distance, "plain_residual": np.abs(off) / np.nanmedian(np.abs(off)), **pooled.each}
    scores = pd.DataFrame({"id": ids, "part": ""})
    scores = scores.assign(**{name: residuals.scores(distance) for name, distance in columns.items()})
    if len(pooled.every) > 1:
        scores["clean_learning"] = np.nan
        scores.loc[known, "clean_learning"] = residuals.clean_learning(
            off[known], pooled.disagreement[known], outputs["aleatoric"]
        )
    suggested = found.rounded(pooled.predicted)
    flagged = np.zeros(len(numbers), dtype=bool)
    flagged[known] = verdict.flagged
    flagged &= ~dataset.verified & (suggested != numbers)
    cluster = np.full(len(numbers), -1)
    if seen.features is not None and flagged.any():
        # What errs to the same side stands for the pair of classes that others share.
        above, same = (numbers > pooled.predicted).astype(int), np.zeros(len(numbers), dtype=int)
        cluster = suspect_clusters(seen.features.matrix, above, same, flagged, scores[SCORE].to_numpy())
    shown = flagged | ~known
    reasons: list[list[str]] = [[] for _ in numbers]
    lowest = np.argsort(-pooled.distance, kind="stable")[:AT_HAND]
    for row in np.union1d(np.flatnonzero(shown), lowest):
        reasons[row] = _reasons(int(row), numbers, outputs, found, seen)
    issues = pd.DataFrame(
        {
            "id": ids,
            "part": "",
            "issue": "label",
            "score": scores[SCORE].fillna(1.0),
            "is_issue": flagged,
            "given": pd.Series(dataset.given_texts, dtype=object),
            "suggested": pd.Series(
                [encode(numerals.as_json(v)) if s else None for v, s in zip(suggested, shown, strict=True)],
                dtype=object,
            ),
            "related": pd.Series(None, index=range(len(ids)), dtype=object),
            "cluster": pd.Series(cluster, dtype="Int64").mask(cluster < 0),
            "evidence": reasons,
        },
        columns=list(ISSUE_COLUMNS),
    )
    health = {
        "overall_label_health_score": 1 - verdict.noise_rate,
        "noise_rate": verdict.noise_rate,
        "noise_rate_low": verdict.low,
        "noise_rate_high": verdict.high,
        "seen": outputs["seen"],
        **fit(numbers, pooled.predicted),
    }
    return Found(issues, scores, by_range(numbers, pooled.predicted, flagged, found), None, health)


def _reasons(row: int, numbers: np.ndarray, outputs: Mapping[str, Any], found: Numerals, seen: Seen) -> list[str]:
    """Say what the models and the neighbours take the number for, and whether it can be put right."""
    pooled, arrays, given = outputs["pooled"], outputs["arrays"], numbers[row]
    predicted, low, high = (_shown(found, float(arrays[name][row])) for name in BAND)
    who = "your model" if YOURS in pooled.every else f"model{'s' * (len(pooled.every) > 1)} without this example"
    told = [f"{who}: {predicted} ({low} to {high} in {residuals.LEVEL:.0%} of cases)"]
    if np.isnan(given):
        return [NO_LABEL, *told]
    told.append(f"{pooled.local[row]:.1f} times as far off as usual for such examples")
    if len(pooled.every) > 1:
        less = sum(bool(predictions[row] < given) for predictions in pooled.every.values())
        most, word = max((less, "less"), (len(pooled.every) - less, "more"))
        told.append(f"{most} of {len(pooled.every)} models say {word}")
    if seen.graph is not None:
        near = numbers[seen.graph.index[row][seen.graph.index[row] >= 0]]
        near = near[~np.isnan(near)]
        if len(near):
            one, middle, other = (_shown(found, float(v)) for v in np.quantile(near, [0, 0.5, 1]))
            told.append(f"nearest neighbours: {one} to {other}, most near {middle}")
    sure = residuals.fixable(given, arrays["low"][row], arrays["high"][row], spread(numbers))
    return [*told, FIXABLE if sure else NOISY]


def _shown(found: Numerals, value: float) -> str:
    return found.shown(float(found.rounded(np.array(value))))


def spread(numbers: np.ndarray) -> float:
    """Return the width of the middle half of the numbers, or their standard deviation where that is 0."""
    return float(np.subtract(*np.nanpercentile(numbers, [75, 25]))) or float(np.nanstd(numbers))


def plant(
    dataset: Dataset, fraction: float, kind: str = "uniform", seed: int = 0, confident_joint: np.ndarray | None = None
) -> tuple[Dataset, np.ndarray]:
    """Add noise to a share of the numbers; see `labelaudit.noise.shifted`."""
    dataset = settled(dataset)
    found = read(dataset)
    changed, planted = shifted(found.values, fraction, kind, seed, found.step)
    values: list[Any] = found.plain()
    for row, value in zip(np.flatnonzero(planted), found.rounded(changed[planted]), strict=True):
        values[row] = numerals.as_json(float(value))
    provenance = {**dataset.provenance, "planted": {"fraction": fraction, "kind": kind, "seed": seed}}
    return replace(dataset.with_labels(values), provenance=provenance), planted


def settled(dataset: Dataset) -> Dataset:
    """Write what was decided into the label column."""
    if dataset.reviewed is None:
        return dataset
    return dataset.with_labels([numerals.as_json(value) for value in targets(dataset).tolist()])


def plane(audit: Audit) -> tuple[np.ndarray, np.ndarray]:
    """Place examples by what is predicted and by what is given."""
    given = np.array([np.nan if text is None else decode(text) for text in audit.dataset.given_texts[audit.units]])
    return np.where(np.isnan(given), np.nan, audit.outputs["predicted"]), given


def no_classes(audit: Audit, position: int) -> list[tuple[int, float]]:
    """Numbers are no classes to choose from."""
    return []


def no_heatmap(audit: Audit) -> str:
    """Numbers are not confused with each other."""
    return "Numbers are not taken for one another: see Scatter, where given and predicted numbers are compared."


def overview(dataset: Dataset) -> pd.DataFrame:
    """Count the numbers in equal parts of their range."""
    numbers = targets(dataset)
    counts, edges = np.histogram(numbers[~np.isnan(numbers)], bins=RANGES)
    about = read(dataset).about
    names = [f"{about(a)} to {about(b)}" for a, b in itertools.pairwise(edges)]
    return pd.DataFrame({"class": names, "examples": counts})


def _column(audit: Audit) -> tuple[Numerals, np.ndarray, tuple[float, float]]:
    """How the label column is written, its N numbers, and from where to where most are: not for every example anew."""
    if Numerals not in audit.memo:
        found, numbers = read(audit.dataset), targets(audit.dataset)
        start, end = residuals.bulk(numbers[audit.rows], audit.outputs["predicted"])
        ends = np.array([np.floor(start / found.step), np.ceil(end / found.step)]) * found.step
        audit.memo[Numerals] = found, numbers, tuple(found.rounded(ends).tolist())
    column: tuple[Numerals, np.ndarray, tuple[float, float]] = audit.memo[Numerals]
    return column


def near_name(audit: Audit, position: int) -> str:
    """Write a given number to as many digits as are worth comparing."""
    found, numbers, _ = _column(audit)
    given = numbers[audit.rows[position]]
    return show(None) if np.isnan(given) else _shown(found, float(given))


def cluster_name(audit: Audit, members: np.ndarray) -> str:
    """Say to which side the members of a cluster err, and about how large their numbers are."""
    found, numbers, _ = _column(audit)
    given, predicted = np.median(numbers[audit.rows[members]]), np.median(audit.outputs["predicted"][members])
    side = "high" if given > predicted else "low"
    return f"too {side}: {_shown(found, float(given))} where {_shown(found, float(predicted))} is predicted"


def view(audit: Audit, position: int) -> Sequence[Block]:
    """Show one example, and where its number lies against what is predicted."""
    example = EXAMPLES[audit.dataset.modality](audit, position)
    found, numbers, ends = _column(audit)
    given = numbers[audit.rows[position]]
    predicted, low, high = found.rounded(np.array([audit.outputs[name][position] for name in BAND])).tolist()
    counts, _ = np.histogram(numbers[~np.isnan(numbers)], bins=PARTS, range=ends)
    title = "Your model" if YOURS in audit.manifest["resolved"]["heads"] else "Trained without this example"
    sure = residuals.fixable(given, low, high, spread(numbers))
    note = "" if np.isnan(given) or not audit.label_issues["is_issue"].iloc[position] else FIXABLE if sure else NOISY
    known = None if np.isnan(given) else float(given)
    columns = tuple(counts.tolist())
    return [example, Interval(title, known, predicted, low, high, columns, *ends, shown=found.shown, note=note)]


def charts() -> Mapping[str, Any]:
    """Return the chart functions by name; Altair is imported when they are asked for."""
    from labelaudit import residual_charts

    return {"scatter": residual_charts.given_against_predicted, "ranges": residual_charts.by_range}


REGRESSION = Task(
    name="regression",
    title="A number per example",
    needs="a column of numbers that differ; units and thousands separators are understood",
    value_type="number",
    editor="number",
    check=check,
    predict=predict,
    find_issues=find_issues,
    apply=apply,
    plant=plant,
    metrics=metrics,
    charts=charts,
    view=view,
    options=no_classes,
    plane=plane,
    axes=Axes("predicted", "given", bounds=None, short=("predicted", "given")),
    expected=expected,
    overview=overview,
    near_name=near_name,
    cluster_name=cluster_name,
    detectors=DETECTORS,
    choices=("model",),
    models=REGRESSORS,
    noises={"uniform": "far off"},
    label_options={"decimal": numerals.DECIMALS},
    heatmaps=no_heatmap,
    word="range",
    unnamed="numbers are no classes, so none can be renamed or merged; set those that are wrong, alone or in bulk.",
)
