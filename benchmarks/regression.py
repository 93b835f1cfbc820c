"""Numbers that can't be right: labelaudit against cleanlab's `CleanLearning` and plain residuals, on the same features.

Real errors: readings of a sensor beside those of a reference instrument (Air Quality, carbon monoxide), wrong where
both differ by more than a standard deviation; stored predictions come with them. Known ones: noise added to 10 % of the
numbers of three tables (of 8,000 rows of them, the same for all), and with --made of two tables that are made here,
whose noise differs from row to row. Shown is average precision, the mean over the seeds, and the seconds of one. The
recipe is that of cleanlab's tutorial, around boosted trees; "residual" is the absolute out-of-fold residual of the same
trees. Nothing is fitted to what is known of the errors. Data sets whose file is not found in --data are left out, and
said to be.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.recipe import ROOT
from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.features.tabular import tabular_features
from labelaudit.load import load
from labelaudit.shapes.number import targets
from labelaudit.tasks import TASKS

REAL = "Air Quality, real errors"
SENSORS = ("time_slot", "day_of_week", "T", "RH", "AH", *(f"PT08.{name}" for name in ("S2(NMHC)", "S3(NOx)")))
SENSORS = (*SENSORS, "PT08.S4(NO2)", "PT08.S5(O3)")
TABLES = {
    "Bike sharing, 10 % planted": ("tabular/bike_sharing_hour.csv", "demand"),
    "California housing, 10 % planted": ("tabular/california_housing.csv", "median_house_value"),
    "Red wine, 10 % planted": ("tabular/winequality_red.csv", "quality"),
}
ROWS = 8000  # of a table, so that all takes minutes


def cases(data: Path, seeds: int) -> Iterator[tuple[str, list[tuple[Dataset, np.ndarray]], np.ndarray | None]]:
    """Name, for each seed the data and which numbers are wrong, and predictions that came with them."""
    file = data / "regression/airquality_co_standardized.csv"
    if file.exists():
        air = load(file, task="regression", label="given_label", features=SENSORS)
        wrong = np.array([value == "1" for value in air.table["true_error"].to_pylist()])
        stored = pd.read_csv(file.with_name(f"{file.stem}__oof_predictions.csv"))["oof_prediction"].to_numpy()
        yield REAL, [(air, wrong)] * seeds, stored
    else:
        print(f"left out: {REAL} ({file} is not there)")
    for name, (path, label) in TABLES.items():
        if (data / path).exists():
            dataset = load(data / path, task="regression", label=label)
            if len(dataset) > ROWS:
                dataset = dataset.take(np.sort(np.random.default_rng(0).permutation(len(dataset))[:ROWS]))
            yield name, planted(dataset, seeds), None
        else:
            print(f"left out: {name} ({data / path} is not there)")


def planted(dataset: Dataset, seeds: int) -> list[tuple[Dataset, np.ndarray]]:
    """Make 10 % of the numbers wrong, once for each seed."""
    return [TASKS["regression"].plant(dataset, 0.1, seed=seed) for seed in range(seeds)]


def made(seeds: int) -> Iterator[tuple[str, list[tuple[Dataset, np.ndarray]], None]]:
    """Yield tables whose noise depends on a column, added to the numbers or multiplied with them; see `cases`."""
    rng = np.random.default_rng(5)
    X = rng.uniform(-1, 1, (4000, 6))
    mean = 3 * np.sin(2 * X[:, 0]) + 2 * X[:, 1] * X[:, 2] + X[:, 3]
    added = mean + np.exp(1.2 * X[:, 4] - 1) * rng.normal(size=len(X))
    multiplied = np.exp(mean / 2 + 0.25 * rng.standard_t(5, size=len(X)) * (1 + (X[:, 5] > 0)))
    for name, y in (("Made, noise added", added), ("Made, noise multiplied", multiplied)):
        table = pa.table({**{f"x{j}": X[:, j] for j in range(6)}, "y": y.round(4)})
        yield f"{name}, 10 % planted", planted(load(table, task="regression", label="y"), seeds), None


def sides(dataset: Dataset, stored: np.ndarray | None, seed: int) -> Iterator[tuple[str, float, np.ndarray]]:
    """Name, seconds and scores of each side, low is bad."""
    from cleanlab.regression.learn import CleanLearning
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.model_selection import KFold, cross_val_predict

    X, y = tabular_features(dataset)[1], targets(dataset)
    trees = HistGradientBoostingRegressor(random_state=seed)
    start = time.perf_counter()
    folds = KFold(5, shuffle=True, random_state=seed)
    residual = np.abs(y - cross_val_predict(trees, X, y, cv=folds))
    yield "residual", time.perf_counter() - start, -residual
    start = time.perf_counter()
    found = CleanLearning(trees, seed=seed).find_label_issues(X, y)
    yield "CleanLearning", time.perf_counter() - start, found["label_quality"].to_numpy()
    if stored is not None:
        yield "stored", 0.0, -np.abs(y - stored)
        brought = load((dataset.table, dataset.source), task="regression", label="given_label", predictions=stored)
        yield "ours, stored", 0.0, audit(brought, AuditConfig(checks=False)).label_issues["score"].to_numpy()
    start = time.perf_counter()
    scores = audit(dataset, AuditConfig(seed=seed, checks=False)).label_issues["score"].to_numpy()
    yield "ours", time.perf_counter() - start, scores


def main(arguments: list[str] | None = None) -> None:
    """Print a line for each data set."""
    from sklearn.metrics import average_precision_score

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the real data")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--made", action="store_true", help="the tables that are made here, and no others")
    options = parser.parse_args(arguments)
    for name, drawn, stored in made(options.seeds) if options.made else cases(options.data, options.seeds):
        found = [
            (side, seconds, float(average_precision_score(wrong, -scores)))
            for seed, (dataset, wrong) in enumerate(drawn)
            for side, seconds, scores in sides(dataset, stored, seed)
        ]
        table = pd.DataFrame(found, columns=["side", "seconds", "ap"]).groupby("side", sort=False).mean()
        best = table.drop(index="ours")["ap"].max()
        verdict = "as wanted" if table.loc["ours", "ap"] >= best else f"under the best other, {best:.3f}"
        told = ", ".join(f"{side} {row['ap']:.3f} ({row['seconds']:.1f} s)" for side, row in table.iterrows())
        print(f"{name:33s} {told}: {verdict}", flush=True)


if __name__ == "__main__":
    main()
