"""The checks against cleanlab's Datalab on made features: 40,000 x 512 in ten clusters, outliers and copies planted.

Both sides run in one process, on the same features and probabilities, from nothing to all issues: ours with its graph
of neighbours and its sets of copies, Datalab with its defaults. The flagged sets of checks that both have are compared.
"""

from __future__ import annotations

import time
import warnings

import numpy as np
import pyarrow as pa

from labelaudit.checks import Checked, Material, run_checks
from labelaudit.dataset import Dataset
from labelaudit.folds import copy_sets
from labelaudit.neighbors import knn_graph

ROWS, COLUMNS, CLASSES = 40_000, 512, 10
SHARED = ("outlier", "near_duplicate", "class_imbalance", "underperforming_group", "null")


def made(n: int, d: int, k: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, labels and probabilities; the last class is rare, and one group is labelled wrongly."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, k, n)
    labels[(labels == k - 1) & (rng.random(n) < 0.95)] = 0
    features = (rng.normal(size=(k, d))[labels] + rng.normal(size=(n, d))).astype(np.float32)
    order = rng.permutation(n)
    outliers, near, exact, group = np.split(order[: n // 20], [n // 200, n // 100, 3 * n // 200])
    features[outliers] = 2 * rng.normal(size=(len(outliers), d))
    features[near] = features[order[-len(near) :]] + 0.02 * rng.normal(size=(len(near), d))
    features[exact] = features[order[-len(exact) :]]
    features[group] = rng.normal(size=d) + 0.5 * rng.normal(size=(len(group), d))
    scores = np.exp(3 * np.eye(k)[labels] + rng.gumbel(size=(n, k)))
    pred_probs = scores / scores.sum(axis=1, keepdims=True)
    labels[group], pred_probs[group] = 1, 0.01 / (k - 1) + (0.99 - 0.01 / (k - 1)) * np.eye(k)[0]
    return features, labels, pred_probs.astype(np.float32)


def ours(features: np.ndarray, labels: np.ndarray, pred_probs: np.ndarray) -> Checked:
    names = tuple(f"x{j}" for j in range(features.shape[1]))
    columns = {name: features[:, j] for j, name in enumerate(names)}
    dataset = Dataset("made", pa.table({**columns, "label": [f"c{c}" for c in labels]}), ("label",), names)
    graph, copies = knn_graph(features), copy_sets(dataset)
    return run_checks(Material(dataset, dataset.ids, dataset.labels, pred_probs, features, graph, None, copies))


def main() -> None:
    from cleanlab import Datalab

    features, labels, pred_probs = made(ROWS, COLUMNS, CLASSES)
    ours(features[:500], labels[:500], pred_probs[:500])  # imports are paid before the clock starts
    start = time.perf_counter()
    found = ours(features, labels, pred_probs)
    seconds = time.perf_counter() - start
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        lab = Datalab({"y": labels}, label_name="y", verbosity=0)
        lab.find_issues(features=features, pred_probs=pred_probs)
        theirs = time.perf_counter() - start
    print(f"checks, {ROWS:,} x {COLUMNS}: {seconds:.1f} s, Datalab {theirs:.1f} s: {theirs / seconds:.1f}x faster")
    issues = lab.get_issues()
    for name in SHARED:
        own = set(found.issues.loc[found.issues["issue"] == name, "id"])
        other = set(np.flatnonzero(issues[f"is_{name}_issue"]))
        print(f"  {name:22s} {len(own):6,} flagged, Datalab {len(other):6,}, both {len(own & other):6,}")
    p_value = found.findings["non_iid"].details[0]["p_value"]
    print(f"  {'non_iid':22s} p = {p_value:.4f}, Datalab {lab.get_info('non_iid')['p-value']:.4f}")


if __name__ == "__main__":
    main()
