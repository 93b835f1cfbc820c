"""How often the stop estimate's interval holds the truth, and how wide it is, by reviews and by how often one is drawn.

Each review goes through the queue with the random sample in it, the truth as reviewer; new lots with every seed. Shown
are the share of the intervals that held the truth (said: 90 %), the mean width, and how far what was thought likely was
off: of the suspects left, of all left and of the next 100; at fixed numbers of reviews and, as "stop", when the app
first says so, since an interval that is looked at until it pleases holds less.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.recipe import ROOT
from labelaudit.audit import audit
from labelaudit.load import load
from labelaudit.ordering import mixed
from labelaudit.progress import Progress, Reviewed, progress
from labelaudit.stopping import HORIZON, LEVEL, Estimate, Lots
from labelaudit.tasks import TASKS

DEPTHS, EVERY, STEP = (100, 150, 250, 400), (5, 10, 20), 25


@dataclass(frozen=True)
class Case:
    """Scores, suspects and which labels are wrong."""

    name: str
    score: np.ndarray
    suspect: np.ndarray
    wrong: np.ndarray


def cases(data: Path) -> Iterator[Case]:
    rng = np.random.default_rng(0)
    for rate, clear in ((0.1, 2.5), (0.03, 1.5)):
        wrong = rng.random(5000) < rate
        score = 1 / (1 + np.exp(clear * wrong - rng.normal(size=5000)))
        yield Case(f"made, {rate:.0%} wrong", score, score < np.quantile(score, 0.1), wrong)
    tickets = load("tickets")
    truth = pd.read_csv(ROOT / "data" / "tickets_truth.csv").set_index("ticket_id")["team"]
    yield _case("tickets", tickets, np.array([truth[i] for i in tickets.ids]) != np.array(tickets.label_values()))
    file = data / "text/yoruba_news_weak_labels.csv"
    if file.exists():
        yoruba = load(file, label="given_noisy", text="news_title")
        truths = np.array(yoruba.table["true"].to_pylist())
        yield _case("Yoruba news, real errors", yoruba, np.array(yoruba.label_values()) != truths)
    file = data / "text/ag_news_test_7600.csv"
    if file.exists():
        yield _case("AG News, 10 % planted", *TASKS["classification"].plant(load(file, label="label"), 0.1))
    else:
        print(f"left out: what is in {data}, which is not there")


def _case(name: str, dataset: object, wrong: np.ndarray) -> Case:
    found = audit(dataset).label_issues  # type: ignore[arg-type]
    return Case(name, found["score"].to_numpy(), found["is_issue"].to_numpy(), wrong)


def reviews(case: Case, seed: int, every: int) -> Iterator[tuple[int, Progress, np.ndarray, np.ndarray]]:
    """How far a review is after every few decisions, which examples nobody looked at, and which come next."""
    n = len(case.score)
    lots = Lots.of([f"{seed} {row}" for row in range(n)], case.score, case.suspect, np.ones(n, bool))
    suspects = np.flatnonzero(case.suspect)
    queue = suspects[np.argsort(case.score[suspects], kind="stable")]
    when = np.full(n, np.inf)
    for count in range(STEP, DEPTHS[-1] + 1, STEP):
        order, _ = mixed(queue, lots.order, np.isfinite(when), every)
        ahead = order[~np.isfinite(when[order])][:STEP]
        when[ahead] = count + np.arange(len(ahead))
        known = np.isfinite(when)
        yield (
            count,
            progress(Reviewed(when.copy(), known, case.wrong & known), lots, case.score, queue),
            ~known,
            queue[~known[queue]][:HORIZON],
        )


def row(case: Case, every: int, seeds: int) -> None:
    said: dict[object, list[tuple[float, ...]]] = {}
    for seed in range(seeds):
        stopped = False
        for count, made, left, ahead in reviews(case, seed, every):
            at = [count] if count in DEPTHS else []
            if made.done and not stopped:
                stopped = True
                at.append("stop")
            if made.everywhere is None or made.suspects is None:
                continue
            for depth in at:
                numbers: list[float] = []
                truths = case.wrong[left & case.suspect].sum(), case.wrong[left].sum(), case.wrong[ahead].sum()
                for found, truth in zip((made.suspects, made.everywhere, made.upcoming), truths, strict=True):
                    found = found or Estimate(0, 0, 0)  # nothing comes next
                    numbers += [found.low <= truth <= found.high, found.high - found.low, found.likely - truth]
                said.setdefault(depth, []).append((count, *numbers))
    print(f"{case.name}, 1 in {every}")
    for depth, numbers in said.items():
        mean = np.array(numbers, dtype=float).mean(axis=0)
        line = f"  {depth!s:>4} reviewed ({len(numbers):3d} of {seeds}, mean {mean[0]:.0f})"
        for who, hold, wide, off in (("suspects", *mean[1:4]), ("all", *mean[4:7]), ("next", *mean[7:])):
            line += f"; {who}: {hold:4.0%} hold, {wide:5.0f} wide, {off:+5.1f} off"
        print(line, flush=True)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the real data")
    parser.add_argument("--seeds", type=int, default=100)
    options = parser.parse_args(arguments)
    print(f"intervals that say {LEVEL:.0%}")
    for case in cases(options.data):
        for every in EVERY:
            row(case, every, options.seeds)


if __name__ == "__main__":
    main()
