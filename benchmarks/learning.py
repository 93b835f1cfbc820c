"""The ranking that learns, against the same review without it: errors found in as many reviews, the truth as reviewer.

On real errors (news titles whose labels were made by rules) it is to find at least 1.15 times as many; on errors
planted at random, which have no system to learn, it is to cost next to nothing. Then what learning and scoring take.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.recipe import ROOT
from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.learning import EVERY, FIRST, Voices, learn
from labelaudit.load import load
from labelaudit.result import Audit
from labelaudit.tasks import TASKS

REAL = "Yoruba news, real errors"
WANTED = 1.15
DECISIONS, ROWS, CLASSES = 1_000, 1_000_000, 10


def reviewed(voices: Voices, score: np.ndarray, wrong: np.ndarray, count: int) -> np.ndarray:
    """Positions in the order in which somebody reviews them who lets the ranking learn."""
    done = np.array([], dtype=np.int64)
    while len(done) < count:
        found = learn(voices, done, wrong[done])
        scores = score.copy() if found is None else found.scores(voices)
        scores[done] = np.inf
        step = FIRST if found is None else EVERY
        done = np.append(done, np.argsort(scores, kind="stable")[: min(step, count - len(done))])
    return done


def compared(made: Audit, wrong: np.ndarray, count: int) -> tuple[int, int]:
    """Count the errors in the first reviews without what is learned, and with it."""
    score = made.label_issues["score"].to_numpy()
    learned = reviewed(Voices.of(made), score, wrong, count)
    return int(wrong[np.argsort(score, kind="stable")[:count]].sum()), int(wrong[learned].sum())


def cases(data: Path, seeds: int) -> Iterator[tuple[str, int, list[tuple[Audit, np.ndarray]]]]:
    """Name, how many are reviewed, and for each seed the audit and which labels are wrong."""
    file = data / "text/yoruba_news_weak_labels.csv"
    if file.exists():
        yoruba = load(file, label="given_noisy", text="news_title")
        wrong = np.array(yoruba.label_values()) != np.array(yoruba.table["true"].to_pylist())
        yield REAL, 268, [(audit(yoruba, AuditConfig(seed=seed)), wrong) for seed in range(seeds)]
    else:
        print(f"left out: {REAL} ({file} is not there)")
    tickets = load("tickets")
    truth = pd.read_csv(ROOT / "data" / "tickets_truth.csv").set_index("ticket_id")["team"]
    wrong = np.array([truth[i] for i in tickets.ids]) != np.array(tickets.label_values())
    yield "tickets, known errors", 150, [(audit(tickets, AuditConfig(seed=seed)), wrong) for seed in range(seeds)]
    file = data / "text/ag_news_test_7600.csv"
    if file.exists():
        news = load(file, label="label")
        planted = [TASKS["classification"].plant(news, 0.1, seed=seed) for seed in range(seeds)]
        yield "AG News, 10 % planted", 800, [(audit(dataset), wrong) for dataset, wrong in planted]
    else:
        print(f"left out: AG News ({file} is not there)")


def speed() -> None:
    """Learn from a thousand decisions among a million examples, and score them all."""
    rng = np.random.default_rng(0)
    score, given = rng.normal(-2, 2, ROWS), rng.integers(0, CLASSES, ROWS)
    said = rng.normal(size=(ROWS, 8)).astype(np.float32)
    voices = Voices(tuple("abcdefgh"), said, score, given, (given + 1) % CLASSES)
    rows = np.argsort(-score)[:DECISIONS]
    start = time.perf_counter()
    found = learn(voices, rows, rng.random(DECISIONS) < 0.5)
    learned = time.perf_counter()
    if found is not None:
        found.scores(voices)
    took = time.perf_counter() - learned
    print(f"learning from {DECISIONS:,} decisions {learned - start:.3f} s, scoring {ROWS:,} rows {took:.2f} s")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the real data")
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args(arguments)
    for name, count, audits in cases(options.data, options.seeds):
        without, learned = np.array([compared(made, wrong, count) for made, wrong in audits]).T
        ratio = learned.sum() / without.sum()
        line = f"{name:26s} first {count}: {without.mean():6.1f} without, {learned.mean():6.1f} learned: {ratio:.3f}x"
        worst, best = (learned / without).min(), (learned / without).max()
        verdict = "" if name != REAL else ", as wanted" if ratio >= WANTED else f", under {WANTED}x"
        print(f"{line} ({worst:.3f} to {best:.3f}, {len(audits)} seeds){verdict}", flush=True)
    speed()


if __name__ == "__main__":
    main()
