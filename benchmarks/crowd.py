"""Consensus of several annotators against majority vote, Dawid and Skene's method and CROWDLAB, and how long it takes.

All sides see the same ratings and features in one run. CROWDLAB is cleanlab's, by its tutorial: logistic regression on
the majority vote under `cross_val_predict`, then `get_label_quality_multiannotator`; without features its model says
the share of each class. Nothing is chosen by the truth, which only counts. Beside the share of right labels: how well
each side ranks wrong labels, the same for all sides, by how likely it takes them to be (average precision): those of
labelaudit's consensus, and those of the majority, which are what an audit has to find; where sides have wrong labels of
their own, the one with more of them has the higher average precision. Then the calibration error of the consensus's
quality (of ten bins of as many items), and how the quality of the annotators ranks them (Spearman's correlation with
how often they are right, of those with ten ratings). Made crowds follow, as means over seeds; their model is the
tutorial's on all sides.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from benchmarks.crowds import CROWDS, Made
from benchmarks.recipe import ROOT
from labelaudit.annotators import heard, qualities, ranked
from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.consensus import Method, consensus
from labelaudit.crowd import Ratings, majority, usual_shares
from labelaudit.crowdlab import crowdlab
from labelaudit.dataset import Dataset
from labelaudit.load import load
from labelaudit.load.arrays import read_arrays
from labelaudit.shapes.votes import votes

RATINGS, ANNOTATORS, ITEMS, CLASSES = 100_000, 1_000, 20_000, 5
ALONE: dict[str, Method] = {"majority vote": "majority", "Dawid and Skene": "dawid_skene", "GLAD": "glad"}
SLOWEST = 20  # seconds that so many ratings may take


@dataclass(frozen=True)
class Found:
    """How likely each class is, shape (N, K), the consensus, and how much each annotator is to be trusted."""

    posterior: np.ndarray
    label: np.ndarray
    annotators: np.ndarray


def cases(data: Path) -> Iterator[tuple[str, Dataset, np.ndarray]]:
    """Name, ratings, and the true codes."""
    for name, features in (("bluebird", ""), ("labelme_amt", "labelme_vgg_avg_train.npz")):
        file = data / "crowd" / f"{name}_annotations.csv"
        if not file.exists():
            print(f"left out: {name} ({file} is not there)")
            continue
        brought = read_arrays(file.parent / features)["X"].astype(np.float32) if features else None
        dataset = load(file, task="multiannotator", embeddings=brought)
        truth = pd.read_csv(file.parent / f"{name}_truth.csv", dtype=str).set_index("item")["truth"]
        yield name, dataset, np.array([dataset.classes.index(truth[str(id_)]) for id_ in dataset.ids])


def ours(dataset: Dataset, seed: int) -> Found:
    found = audit(dataset, AuditConfig(seed=seed, checks=False))
    posterior = found.outputs["pred_probs"]
    return Found(posterior, posterior.argmax(axis=1), found.outputs["annotator_quality"])


def tutorial(ratings: Ratings, features: np.ndarray | None, labels: np.ndarray) -> np.ndarray:
    """Probabilities by cleanlab's tutorial; the share of each class without features."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict

    if features is None:
        return np.tile(usual_shares(ratings), (ratings.n_items, 1))
    return np.asarray(
        cross_val_predict(LogisticRegression(max_iter=400), features, labels, cv=5, method="predict_proba")
    )


def cleanlabs(ratings: Ratings, features: np.ndarray | None) -> Found:
    """CROWDLAB by cleanlab's tutorial; how likely classes are that it does not choose, it does not say: ours does."""
    from cleanlab.multiannotator import get_label_quality_multiannotator, get_majority_vote_label

    np.random.seed(0)  # it breaks the last ties by chance
    cells = np.full((ratings.n_items, ratings.n_annotators), np.nan)
    cells[ratings.item, ratings.annotator] = ratings.label
    wide = pd.DataFrame(cells)
    pred_probs = tutorial(ratings, features, get_majority_vote_label(wide, verbose=False))
    found = get_label_quality_multiannotator(wide, pred_probs, verbose=False)
    return Found(
        crowdlab(ratings, pred_probs).posterior,
        found["label_quality"]["consensus_label"].to_numpy(),
        found["annotator_stats"].sort_index()["annotator_quality"].to_numpy(),
    )


def votes_alone(ratings: Ratings, method: Method) -> Found:
    posterior = consensus(ratings, method).posterior
    return Found(posterior, posterior.argmax(axis=1), qualities(ratings, posterior))


def calibration_error(sure: np.ndarray, right: np.ndarray) -> float:
    """How far ten bins of as many items are from being right as often as they say."""
    bins = np.array_split(np.argsort(sure, kind="stable"), 10)
    return float(sum(abs(sure[part].sum() - right[part].sum()) for part in bins) / len(sure))


def figures(found: Found, ours: np.ndarray, ratings: Ratings, truth: np.ndarray) -> dict[str, float]:
    from scipy.stats import spearmanr
    from sklearn.metrics import average_precision_score, roc_auc_score

    rows, first = np.arange(len(truth)), majority(ratings)
    right = np.bincount(ratings.annotator, ratings.label == truth[ratings.item], ratings.n_annotators)
    known = ratings.per_annotator >= 10
    return {
        "right": float((found.label == truth).mean()),
        "AP": float(average_precision_score(ours != truth, -found.posterior[rows, ours])),
        "AUROC": float(roc_auc_score(ours != truth, -found.posterior[rows, ours])),
        "AP majority": float(average_precision_score(first != truth, -found.posterior[rows, first])),
        "calibration": calibration_error(found.posterior[rows, found.label], found.label == truth),
        "annotators": float(spearmanr(found.annotators[known], (right / ratings.per_annotator.clip(1))[known])[0]),
    }


def line(side: str, of: Mapping[str, float]) -> str:
    return f"  {side:26s}" + "  ".join(f"{name} {value:.3f}" for name, value in of.items())


def compare(name: str, dataset: Dataset, truth: np.ndarray, seeds: int) -> None:
    ratings, seconds = votes(dataset).ratings, {}
    print(f"{name}: {len(ratings):,} ratings of {ratings.n_items:,} items by {ratings.n_annotators:,} annotators")
    features = None if dataset.given is None else dataset.given.features
    sides: dict[str, Callable[[], Found]] = {
        **{title: partial(votes_alone, ratings, method) for title, method in ALONE.items()},
        "CROWDLAB by its tutorial": partial(cleanlabs, ratings, features),
        **{f"labelaudit, seed {seed}": partial(ours, dataset, seed) for seed in range(seeds)},
    }
    found = {}
    for side, find in sides.items():
        start = time.perf_counter()
        found[side] = find()
        seconds[side] = time.perf_counter() - start
    ranked_for = found["labelaudit, seed 0"].label
    for side, one in found.items():
        print(line(side, figures(one, ranked_for, ratings, truth)) + f"  {seconds[side]:.1f} s", flush=True)
    right = {side: (one.label == truth).mean() for side, one in found.items()}
    every = [share for side, share in right.items() if side.startswith("labelaudit")]
    best = max(share for side, share in right.items() if not side.startswith("labelaudit"))
    verdict = "as wanted" if min(every) >= best else f"under the best other, {best:.3f}"
    print(f"  labelaudit {np.mean(every):.3f}, the worst of {seeds} seeds {min(every):.3f}: {verdict}", flush=True)


def compare_made(name: str, crowd: Made, seeds: int) -> None:
    """Print the means of the figures; consensus and CROWDLAB have the tutorial's model where there are features."""
    rows = []
    for seed in range(seeds):
        ratings, truth, features = crowd.draw(seed)
        learn = None if features is None else partial(tutorial, ratings, features)
        mine = consensus(ratings, predict=learn)
        model = tutorial(ratings, features, majority(ratings))
        posteriors = {
            **{title: consensus(ratings, method).posterior for title, method in ALONE.items()},
            "CROWDLAB": crowdlab(ratings, model).posterior,
            "labelaudit": mine.posterior,
        }
        for side, posterior in posteriors.items():
            found = Found(posterior, posterior.argmax(axis=1), qualities(ratings, posterior))
            rows.append({"side": side, **figures(found, mine.label, ratings, truth)})
    print(f"made crowd, {name} ({seeds} seeds)")
    for side, means in pd.DataFrame(rows).groupby("side", sort=False).mean().iterrows():
        print(line(str(side), means.to_dict()), flush=True)


def drawn(seed: int = 0) -> tuple[Ratings, np.ndarray]:
    """Ratings by annotators who are right in 50 to 95 % of the cases, and the truth."""
    rng = np.random.default_rng(seed)
    truth, right = rng.integers(0, CLASSES, ITEMS), rng.uniform(0.5, 0.95, ANNOTATORS)
    item, annotator = rng.integers(0, ITEMS, RATINGS), rng.integers(0, ANNOTATORS, RATINGS)
    _, first = np.unique(item * ANNOTATORS + annotator, return_index=True)
    item, annotator = item[first], annotator[first]
    other = (truth[item] + rng.integers(1, CLASSES, len(item))) % CLASSES
    label = np.where(rng.random(len(item)) < right[annotator], truth[item], other)
    return Ratings(item, annotator, label, ITEMS, ANNOTATORS, CLASSES), truth


def speed() -> None:
    """From a file to ranked annotators, with the defaults."""
    ratings, truth = drawn()
    frame = pd.DataFrame({"item": ratings.item, "annotator": ratings.annotator, "label": ratings.label})
    with TemporaryDirectory() as folder:
        file = Path(folder) / "ratings.csv"
        frame.to_csv(file, index=False)
        start = time.perf_counter()
        found = audit(load(file, task="multiannotator"))
        ranked(found)
        seconds = time.perf_counter() - start
    codes = truth[found.dataset.ids.astype(np.int64)]
    right = (found.outputs["pred_probs"].argmax(axis=1) == codes).mean()
    first = (majority(heard(found).ratings) == codes).mean()
    verdict = "as wanted" if seconds < SLOWEST else f"over {SLOWEST} s"
    print(
        f"{len(ratings):,} ratings by {ANNOTATORS:,} annotators: {seconds:.1f} s from file to ranking, {verdict};"
        f" right {right:.3f}, majority vote {first:.3f}"
    )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the real data")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args(arguments)
    for name, dataset, truth in cases(options.data):
        compare(name, dataset, truth, options.seeds)
    for name, crowd in CROWDS.items():
        compare_made(name, crowd, options.seeds)
    speed()


if __name__ == "__main__":
    main()
