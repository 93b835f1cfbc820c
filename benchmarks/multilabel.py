"""Flipped labels of emotions of music and of made texts: labelaudit against cleanlab's tutorial on several labels.

The recipe is one model against the rest for each label under `cross_val_predict` with five folds, on the same features,
and then cleanlab's scores: `get_label_quality_scores_per_class` for each label of each song, and
`get_label_quality_scores`, with its default aggregation, for songs. Of 10 % of all labels, drawn anew for each seed,
what is given is flipped. Average precision, means over the seeds. The texts are made (`made`): each of 20 labels has
words of its own, some of them shared, and labels go together by theme.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.features.tabular import typed_frame
from labelaudit.load import load

ROOT = Path(__file__).resolve().parent.parent
FILE = "multilabel/emotions.csv"
SHARE = 0.1
OURS = "labelaudit"
RECIPES = ("logistic_regression", "random_forest")
OWN, SHARED, COMMON = 40, 2000, 2000  # words of a label, words that labels have, and words that say nothing


def made(n: int, n_labels: int = 20, seed: int = 0) -> Dataset:
    """Texts of one to four words of each label that they have, among 12 to 40 others."""
    rng = np.random.default_rng(seed)
    own = [rng.choice(SHARED, OWN, replace=False) for _ in range(n_labels)]
    of_theme = rng.beta(0.35, 2.0, size=(6, n_labels))
    bits = rng.random((n, n_labels)) < of_theme[rng.integers(0, 6, n)]
    texts = []
    for row in bits:
        words = [rng.zipf(1.4, rng.integers(12, 40)) % COMMON + SHARED]
        words += [rng.choice(own[label], rng.integers(1, 5)) for label in np.flatnonzero(row)]
        texts.append(" ".join(f"w{word}" for word in rng.permutation(np.concatenate(words))))
    lists = [[f"label {label}" for label in np.flatnonzero(row)] for row in bits]
    table = pa.table({"text": texts, "labels": pa.array(lists, pa.list_(pa.string()))})
    return replace(load(table, task="multilabel", label="labels", text="text"), name="made texts")


def flipped(dataset: Dataset, seed: int) -> tuple[Dataset, np.ndarray]:
    """Flip labels of which something is given; return which, shape (n,)."""
    wrong = (np.random.default_rng(seed).random(len(dataset.units)) < SHARE) & (dataset.labels >= 0)
    codes = np.where(wrong, 1 - dataset.labels, dataset.labels)
    return dataset.with_labels(np.array([False, True, None], dtype=object)[codes].tolist()), wrong


def recipe(dataset: Dataset, model: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of labels and of songs as a user of cleanlab would get them."""
    from cleanlab.multilabel_classification import get_label_quality_scores
    from cleanlab.multilabel_classification.rank import get_label_quality_scores_per_class
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import KFold, cross_val_predict
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    is_text = dataset.modality == "text"
    linear = LogisticRegression(max_iter=400)
    linear = linear if is_text else make_pipeline(StandardScaler(), linear)
    one = linear if model == "logistic_regression" else RandomForestClassifier(random_state=seed)
    bits = dataset.labels.reshape(len(dataset), -1)
    X = TfidfVectorizer().fit_transform(dataset.texts()) if is_text else typed_frame(dataset).to_numpy(dtype=float)
    folds = KFold(5, shuffle=True, random_state=seed)
    pred_probs = cross_val_predict(OneVsRestClassifier(one), X, bits, cv=folds, method="predict_proba")
    labels = [np.flatnonzero(row).tolist() for row in bits]
    return (
        np.asarray(get_label_quality_scores_per_class(labels, pred_probs)).ravel(),
        np.asarray(get_label_quality_scores(labels, pred_probs)),
    )


def ours(dataset: Dataset, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Our score of labels, and the softmin of an example."""
    found = audit(dataset, AuditConfig(seed=seed, checks=False))
    by_song = found.scores["example"].to_numpy().reshape(len(dataset), -1)[:, 0]
    return found.label_issues["score"].to_numpy(), by_song


def measure(dataset: Dataset, seeds: int, recipes: Sequence[str]) -> pd.DataFrame:
    """Average precision by labels and by songs, and seconds, of each side."""
    from sklearn.metrics import average_precision_score

    rows = []
    for seed in range(seeds):
        noised, wrong = flipped(dataset, seed)
        songs = wrong.reshape(len(dataset), -1).any(axis=1)
        for side in (*recipes, OURS):
            start = time.perf_counter()
            by_label, by_song = ours(noised, seed) if side == OURS else recipe(noised, side, seed)
            seconds = time.perf_counter() - start
            found = average_precision_score(wrong, -by_label), average_precision_score(songs, -by_song)
            rows.append((side, *map(float, found), seconds))
    return pd.DataFrame(rows, columns=["side", "labels", "songs", "seconds"]).groupby("side", sort=False).mean()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the real data")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--texts", type=int, default=4000, help="made texts")
    options = parser.parse_args(arguments)
    runs = [(made(options.texts), RECIPES[:1], 2)]  # forests take minutes on texts
    if (options.data / FILE).exists():
        runs.insert(0, (replace(load(options.data / FILE, task="multilabel"), name="emotions"), RECIPES, options.seeds))
    else:
        print(f"left out: the emotions of music ({options.data / FILE} is not there)")
    for dataset, recipes, seeds in runs:
        ours(dataset.take(np.arange(100)), 0)  # imports are paid before the clock starts
        table = measure(dataset, seeds, recipes)
        many = len(dataset.units) // len(dataset)
        print(f"{dataset.name}, {len(dataset):,} x {many} labels, {SHARE:.0%} of the labels flipped, {seeds} seeds")
        for side, row in table.iterrows():
            print(f"{side:20s} AP by label {row['labels']:.3f}, by example {row['songs']:.3f}, {row['seconds']:.1f} s")
        best, took = table.loc[list(recipes)].max(), table.loc[list(recipes), "seconds"].min()
        ratio = table.loc[OURS] / best
        print(
            f"{ratio['labels']:.2f} times the better recipe by label, {ratio['songs']:.2f} times by example; "
            f"{took / table.loc[OURS, 'seconds']:.2f} times as fast as the quicker one"
        )


if __name__ == "__main__":
    main()
