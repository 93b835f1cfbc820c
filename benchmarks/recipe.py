"""labelaudit against what one would write with cleanlab in ten lines: `make bench`, or `python -m benchmarks`.

Both sides run in one process on the same labels, one after the other. The recipe is that of cleanlab's tutorials:
TF-IDF (or one-hot and scaling) and logistic regression in a pipeline under `cross_val_predict` with five stratified
folds, then `find_label_issues` and self-confidence; the audit looks for label errors alone, too. Shown are means over
the seeds. Data sets whose file is not found in --data are left out, and said to be. Peak memory is that of a process of
its own for each side, and what an audit said ahead of its time and memory stands beside what it took.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.estimate import estimate
from labelaudit.load import load
from labelaudit.manifest import peak_memory_mb
from labelaudit.tasks import TASKS

ROOT = Path(__file__).resolve().parent.parent
RECIPE = "recipe"
MODELS = ("linear_sgd", "auto")


@dataclass(frozen=True)
class Case:
    """A data set, and for each seed the labels to audit and which of them are wrong."""

    name: str
    draw: Callable[[int], tuple[Dataset, np.ndarray]]


def planted(dataset: Dataset) -> Callable[[int], tuple[Dataset, np.ndarray]]:
    return lambda seed: TASKS[dataset.task].plant(dataset, 0.1, seed=seed)


def cases(data: Path) -> Iterator[Case]:
    tickets = load("tickets")
    truth = pd.read_csv(ROOT / "data" / "tickets_truth.csv").set_index("ticket_id")["team"]
    wrong = np.array([truth[i] for i in tickets.ids]) != np.array(tickets.label_values())
    yield Case("tickets, 1.2k x 7, known errors", lambda seed: (tickets, wrong))
    files = {
        "AG News, 7.6k x 4, 10 % planted": ("text/ag_news_test_7600.csv", "label"),
        "CLINC, 23.7k x 151, 10 % planted": ("text/clinc_oos_full.csv", "intent"),
        "Adult, 32.6k x 2, 10 % planted": ("tabular/adult_train.csv", "income"),
    }
    for name, (file, label) in files.items():
        if (data / file).exists():
            yield Case(name, planted(load(data / file, label=label)))
        else:
            print(f"left out: {name} ({data / file} is not there)")
    file = data / "text/yoruba_news_weak_labels.csv"
    if file.exists():
        yoruba = load(file, label="given_noisy", text="news_title")
        real = np.array(yoruba.label_values()) != np.array(yoruba.table["true"].to_pylist())
        yield Case("Yoruba news, 1.3k x 7, real errors", lambda seed: (yoruba, real))


def recipe(dataset: Dataset) -> np.ndarray:
    """Label quality scores as a user of cleanlab would get them."""
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    model = LogisticRegression(max_iter=400)
    if dataset.modality == "text":
        examples, pipeline = np.array(dataset.texts(), dtype=object), make_pipeline(TfidfVectorizer(), model)
    else:
        examples = pd.DataFrame({c: dataset.table[c].to_pylist() for c in dataset.feature_columns}, dtype=object)
        examples = examples.apply(lambda column: pd.to_numeric(column, errors="coerce").combine_first(column))
        examples = examples.infer_objects()
        encode = make_column_transformer(
            (StandardScaler(), make_column_selector(dtype_include="number")),
            (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
        )
        pipeline = make_pipeline(encode, model)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    pred_probs = cross_val_predict(pipeline, examples, dataset.labels, cv=folds, method="predict_proba")
    find_label_issues(dataset.labels, pred_probs, n_jobs=1)
    return np.asarray(get_label_quality_scores(dataset.labels, pred_probs))


def scores(side: str, dataset: Dataset, seed: int) -> np.ndarray:
    if side == RECIPE:
        return recipe(dataset)
    return audit(dataset, AuditConfig(model=side, seed=seed, checks=False)).label_issues["score"].to_numpy()


def measure(case: Case, seeds: int) -> pd.DataFrame:
    """Seconds and average precision of each side, means over the seeds."""
    from sklearn.metrics import average_precision_score

    found = []
    for seed in range(seeds):
        dataset, wrong = case.draw(seed)
        for side in (RECIPE, *MODELS):
            start = time.perf_counter()
            ranking = scores(side, dataset, seed)
            seconds = time.perf_counter() - start
            found.append((side, seconds, float(average_precision_score(wrong, -ranking))))
    return pd.DataFrame(found, columns=["side", "seconds", "ap"]).groupby("side", sort=False).mean()


def peak_mb(case: Case, side: str) -> int:
    """Peak memory of a fresh process that does nothing but load and run one side."""
    dataset, _ = case.draw(0)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_peak_of, side, dataset).result()


def _peak_of(side: str, dataset: Dataset) -> int:
    scores(side, dataset, 0)
    return peak_memory_mb()


def row(case: Case, seeds: int) -> str:
    table = measure(case, seeds)
    base = table.loc[RECIPE]
    line = f"{case.name:36s} {base['seconds']:6.1f} s, AP {base['ap']:.3f}, {peak_mb(case, RECIPE):,.0f} MB"
    for model in MODELS:
        ahead = estimate(case.draw(0)[0], AuditConfig(model=model, checks=False))
        side, peak = table.loc[model], peak_mb(case, model)
        ratio = base["seconds"] / side["seconds"]
        speed = f"{ratio:.1f}x faster" if ratio >= 1 else f"{1 / ratio:.1f}x slower"
        line += f" | {speed:>12s}, AP {side['ap']:.3f}, {side['seconds']:.1f} s ({ahead.seconds:.1f} s said)"
        line += f", {peak:,.0f} MB ({ahead.memory_mb:,} MB said)"
    return line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the real data")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    for demo in ("iris", "tickets"):
        audit(load(demo))  # imports are paid before the clock starts, by both sides
    print(f"{'':36s} recipe | " + " | ".join(MODELS))
    for case in cases(options.data):
        print(row(case, options.seeds), flush=True)
    print(f"means of {options.seeds} seeds")
