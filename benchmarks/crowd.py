"""Consensus of several annotators against majority vote, Dawid and Skene's method and CROWDLAB, and how long it takes.

All sides see the same ratings and features in one run. CROWDLAB is cleanlab's, by its tutorial: logistic regression on
the majority vote under `cross_val_predict`, then `get_label_quality_multiannotator`; without features its model says
the share of each class. Nothing is chosen by the truth, which only counts. Beside the share of right labels: how well
the quality ranks the wrong ones (average precision), how far it is from being right on average, and how the quality of
the annotators ranks them (Spearman's correlation with how often they are right, of those with ten ratings).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from benchmarks.recipe import ROOT
from labelaudit.annotators import heard, qualities, ranked
from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.consensus import consensus
from labelaudit.crowd import Ratings, majority
from labelaudit.dataset import Dataset
from labelaudit.load import load
from labelaudit.load.arrays import read_arrays
from labelaudit.shapes.votes import votes

RATINGS, ANNOTATORS, ITEMS, CLASSES = 100_000, 1_000, 20_000, 5
SLOWEST = 20  # seconds that so many ratings may take


@dataclass(frozen=True)
class Found:
    """A consensus, and how much it and each annotator are to be trusted."""

    label: np.ndarray
    quality: np.ndarray
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
    return Found(posterior.argmax(axis=1), posterior.max(axis=1), found.outputs["annotator_quality"])


def cleanlabs(dataset: Dataset, ratings: Ratings) -> Found:
    """CROWDLAB by cleanlab's tutorial."""
    from cleanlab.multiannotator import get_label_quality_multiannotator, get_majority_vote_label
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict

    np.random.seed(0)  # it breaks the last ties by chance
    cells = np.full((ratings.n_items, ratings.n_annotators), np.nan)
    cells[ratings.item, ratings.annotator] = ratings.label
    wide = pd.DataFrame(cells)
    if dataset.given is None or dataset.given.features is None:
        pred_probs = np.tile(ratings.votes.sum(axis=0) / len(ratings), (ratings.n_items, 1))
    else:
        first = get_majority_vote_label(wide, verbose=False)
        model = LogisticRegression(max_iter=400)
        pred_probs = cross_val_predict(model, dataset.given.features, first, cv=5, method="predict_proba")
    found = get_label_quality_multiannotator(wide, pred_probs, verbose=False)
    quality = found["label_quality"]
    stats = found["annotator_stats"].sort_index()
    return Found(
        quality["consensus_label"].to_numpy(),
        quality["consensus_quality_score"].to_numpy(),
        stats["annotator_quality"].to_numpy(),
    )


def votes_alone(ratings: Ratings, method: str) -> Found:
    found = consensus(ratings, method)  # type: ignore[arg-type]
    return Found(found.label, found.quality, qualities(ratings, found.posterior))


def line(side: str, found: Found, ratings: Ratings, truth: np.ndarray, seconds: float) -> str:
    from scipy.stats import spearmanr
    from sklearn.metrics import average_precision_score

    wrong = found.label != truth
    right = np.bincount(ratings.annotator, ratings.label == truth[ratings.item], ratings.n_annotators)
    known = ratings.per_annotator >= 10
    rank = spearmanr(found.annotators[known], (right / np.maximum(ratings.per_annotator, 1))[known])[0]
    ranked_by = average_precision_score(wrong, -found.quality)
    off = found.quality.mean() - (1 - wrong.mean())
    return (
        f"  {side:34s} right {1 - wrong.mean():.3f}  AP of wrong ones {ranked_by:.3f}  sure {off:+.3f} beyond right  "
        f"annotators {rank:.3f}  {seconds:.1f} s"
    )


def compare(name: str, dataset: Dataset, truth: np.ndarray, seeds: int) -> None:
    ratings = votes(dataset).ratings
    print(f"{name}: {len(ratings):,} ratings of {ratings.n_items:,} items by {ratings.n_annotators:,} annotators")
    others = []
    for side, method in (("majority vote", "majority"), ("Dawid and Skene", "dawid_skene"), ("GLAD", "glad")):
        start = time.perf_counter()
        found = votes_alone(ratings, method)
        others.append((found.label == truth).mean())
        print(line(side, found, ratings, truth, time.perf_counter() - start), flush=True)
    start = time.perf_counter()
    found = cleanlabs(dataset, ratings)
    others.append((found.label == truth).mean())
    print(line("CROWDLAB by its tutorial", found, ratings, truth, time.perf_counter() - start), flush=True)
    every = []
    for seed in range(seeds):
        start = time.perf_counter()
        found = ours(dataset, seed)
        every.append((found.label == truth).mean())
        print(line(f"labelaudit, seed {seed}", found, ratings, truth, time.perf_counter() - start), flush=True)
    verdict = "as wanted" if min(every) >= max(others) else f"under the best other, {max(others):.3f}"
    print(f"  labelaudit {np.mean(every):.3f}, the worst of {seeds} seeds {min(every):.3f}: {verdict}", flush=True)


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
    speed()


if __name__ == "__main__":
    main()
