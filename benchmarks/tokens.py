"""Tags of tokens that were corrected later: labelaudit against cleanlab's tutorial on token classification.

The recipe is the tutorial's with features that need no network: the word itself, its first and last letters and its
shape; logistic regression under `cross_val_predict` with five folds; and self-confidence as
`cleanlab.token_classification.rank.get_label_quality_scores` gives it. Both sides see the tags of 2018 alone; a token
is an error where the tag of 2025 is another one (in part because the guidelines changed). Average precision over the
tokens; and of errors planted in the tags of the treebank as it is today, 5 % to any other tag. Means over the seeds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.features.tokens import shape
from labelaudit.load import load
from labelaudit.shapes.tags import tokens
from labelaudit.tasks import TASKS

ROOT = Path(__file__).resolve().parent.parent
FILE, TREEBANK = "tokens/ud_ewt_dev_r2.2_vs_2025.csv", "tokens/en_ewt-dev.HEAD.conllu"
OURS, RECIPE = "labelaudit", "recipe"
SHARE = 0.05


def described(word: str) -> dict[str, int]:
    """What the recipe knows of a word."""
    low = word.lower()
    affixes = [f"{k} first {low[:k]}" for k in (1, 2, 3)] + [f"{k} last {low[-k:]}" for k in (1, 2, 3)]
    return dict.fromkeys([f"word {low}", f"shape {shape(word)}", *affixes], 1)


def recipe(dataset: Dataset, seed: int) -> np.ndarray:
    """Scores of tokens as a user of cleanlab would get them."""
    from cleanlab.token_classification.rank import get_label_quality_scores
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import KFold, cross_val_predict

    X = DictVectorizer().fit_transform([described(word) for word in tokens(dataset)])
    folds = KFold(5, shuffle=True, random_state=seed)
    model = LogisticRegression(max_iter=400)
    pred_probs = cross_val_predict(model, X, dataset.labels, cv=folds, method="predict_proba")
    ends = np.flatnonzero(np.diff(dataset.units.rows)) + 1
    labels = [part.tolist() for part in np.split(dataset.labels, ends)]
    _, scores = get_label_quality_scores(labels, np.split(pred_probs, ends))
    return np.concatenate([part.to_numpy() for part in scores])


def ours(dataset: Dataset, seed: int) -> dict[str, np.ndarray]:
    """The score that ranks, and those that it is made of."""
    found = audit(dataset, AuditConfig(seed=seed))
    parts = {f"  {name}": found.scores[name].to_numpy() for name in ("linear_sgd", "elsewhere")}
    return {OURS: found.label_issues["score"].to_numpy(), **parts}


def measure(draw: Sequence[tuple[Dataset, np.ndarray]], with_recipe: int) -> pd.DataFrame:
    """Average precision and seconds of each side, means over what was drawn; the recipe sees the first few alone."""
    from sklearn.metrics import average_precision_score

    rows = []
    for seed, (dataset, wrong) in enumerate(draw):
        start = time.perf_counter()
        found = ours(dataset, seed)
        seconds = dict.fromkeys(found, np.nan) | {OURS: time.perf_counter() - start}
        if seed < with_recipe:
            start = time.perf_counter()
            found[RECIPE] = recipe(dataset, seed)
            seconds[RECIPE] = time.perf_counter() - start
        rows += [(side, average_precision_score(wrong, -score), seconds[side]) for side, score in found.items()]
    return pd.DataFrame(rows, columns=["side", "ap", "seconds"]).groupby("side", sort=False).mean()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the real data")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--recipe-seeds", type=int, default=3, help="the recipe takes ten times as long")
    options = parser.parse_args(arguments)
    file, treebank = options.data / FILE, options.data / TREEBANK
    missing = next((path for path in (file, treebank) if not path.exists()), None)
    if missing is not None:
        print(f"left out: tags of tokens ({missing} is not there)")
        return
    given = load(file, task="token", label="given_upos_r2.2")
    corrected = load(file, task="token", label="corrected_upos_2025")
    wrong = np.array(given.label_values()) != np.array(corrected.label_values())
    today = load(treebank, task="token", label="upos")
    planted = [TASKS["token"].plant(today, SHARE, seed=seed) for seed in range(options.seeds)]
    audit(given.take(np.arange(50)))  # imports are paid before the clock starts, by both sides
    for title, draw in (("corrected since", [(given, wrong)] * options.seeds), ("5 % planted", planted)):
        dataset, errors = draw[0]
        print(f"{len(errors):,} tokens x {len(dataset.classes)}, {title}: {errors.sum():,} errors")
        table = measure(draw, options.recipe_seeds)
        for side, row in table.iterrows():
            took = "" if np.isnan(row["seconds"]) else f", {row['seconds']:.1f} s"
            print(f"  {side:14s} AP {row['ap']:.3f} ({row['ap'] / table.loc[RECIPE, 'ap']:.2f} times){took}")


if __name__ == "__main__":
    main()
