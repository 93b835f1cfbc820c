"""What the random sample says about the errors that are left, and how often that is true."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import made
import numpy as np
import pytest
from scipy.stats import hypergeom

from labelaudit.audit import audit
from labelaudit.ordering import mixed
from labelaudit.stopping import (
    LEVEL,
    SUSPECTED,
    Draws,
    Estimate,
    Lots,
    chances,
    drawn_from,
    remaining,
    upcoming,
)
from labelaudit.tasks import TASKS

SEEDS = 50
EVERY = 5


@dataclass(frozen=True)
class Audited:
    """Scores, suspects, and which labels are really wrong."""

    score: np.ndarray
    suspect: np.ndarray
    wrong: np.ndarray

    def lots(self, seed: int) -> Lots:
        ids = [f"{seed}-{row}" for row in range(len(self.score))]
        return Lots.of(ids, self.score, self.suspect, np.ones(len(ids), bool))

    def queue(self) -> np.ndarray:
        suspects = np.flatnonzero(self.suspect)
        return suspects[np.argsort(self.score[suspects], kind="stable")]


def synthetic(seed: int, n: int = 1500, rate: float = 0.08) -> Audited:
    """Errors that are not found by their score alone, a third of them unsuspected."""
    rng = np.random.default_rng(seed)
    wrong = rng.random(n) < rate
    score = 1 / (1 + np.exp(2.2 * wrong - rng.normal(size=n)))
    return Audited(score, score < np.quantile(score, 0.12), wrong)


def from_an_audit(seed: int) -> Audited:
    dataset, planted = TASKS["classification"].plant(made.table(n=900, far=2.0), 0.12, seed=seed)
    found = audit(dataset).label_issues
    return Audited(found["score"].to_numpy(), found["is_issue"].to_numpy(), planted)


@pytest.fixture(scope="module")
def audits() -> list[Audited]:
    return [from_an_audit(seed) for seed in range(3)]


def review(queue: np.ndarray, lots: Lots, count: int) -> np.ndarray:
    """When each example is reviewed by somebody who takes the queue as it comes, shape (n,)."""
    when = np.full(len(lots.score), np.inf)
    when[mixed(queue, lots.order, np.zeros(len(when), bool), EVERY)[0][:count]] = np.arange(count)
    return when


def said(data: Audited, lots: Lots, when: np.ndarray) -> tuple[list[Draws], np.ndarray]:
    known = np.isfinite(when)
    return drawn_from(lots, when, data.wrong & known, known), known


def unsuspected(n: int) -> Lots:
    """One stratum, in which the worst score has the last lot."""
    score, nobody = np.ones(n), np.zeros(n, bool)
    score[Lots.of(range(n), score, nobody, ~nobody).order[-1]] = 0.5
    return Lots.of(range(n), score, nobody, ~nobody)


def covers(found: Estimate | None, truth: int) -> bool:
    return found is not None and found.low <= truth <= found.high


# -- how often it is true ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["synthetic", "an audit"])
def test_the_interval_holds_the_truth_as_often_as_it_says(kind: str, audits: list[Audited]) -> None:
    among_suspects, among_all, ahead, off = [], [], [], []
    for seed in range(SEEDS):
        data = synthetic(seed) if kind == "synthetic" else audits[seed % len(audits)]
        lots, queue = data.lots(seed), data.queue()
        whole = review(queue, lots, 120)
        for count in (95, 120):
            when = np.where(whole < count, whole, np.inf)
            draws, known = said(data, lots, when)
            left = data.wrong & ~known
            if (found := remaining(draws)) is not None:
                among_all.append(covers(found, left.sum()))
                among_suspects.append(covers(remaining(draws[:SUSPECTED]), left[data.suspect].sum()))
                off.append(sum(stratum.likely for stratum in draws) - left.sum())
            near = queue[~known[queue]][:100]
            found = upcoming(data.score[known], data.wrong[known], data.score[near])
            ahead.append(covers(found, data.wrong[near].sum()))
    assert len(among_all) >= 1.9 * SEEDS  # after so many, there is something to say
    assert np.mean(among_suspects) >= LEVEL
    assert np.mean(among_all) >= LEVEL
    # The model of what comes next promises no more than that: three standard errors are no chance.
    assert np.mean(ahead) >= LEVEL - 3 * np.sqrt(LEVEL * (1 - LEVEL) / SEEDS)
    assert abs(np.mean(off)) < 3 * np.std(off) / np.sqrt(SEEDS)  # on average, it is right


def test_without_a_review_between_the_interval_is_that_of_clopper_and_pearson() -> None:
    n, count, hits = 120, 30, 4
    lots = unsuspected(n)
    when, error = np.full(n, np.inf), np.zeros(n, bool)
    when[lots.order[:count]] = np.arange(count)
    error[lots.order[2 : 2 + hits]] = True
    found = remaining(drawn_from(lots, when, error, np.isfinite(when)))
    total, tail = np.arange(n + 1), (1 - LEVEL) / 2
    possible = total[(hypergeom.sf(hits - 1, n, total, count) > tail) & (hypergeom.cdf(hits, n, total, count) > tail)]
    assert found is not None
    assert (found.low, found.high) == (possible.min() - hits, possible.max() - hits)
    assert found.likely == pytest.approx(hits * (n - count) / count, abs=1)


# -- who was drawn --------------------------------------------------------------------------------------


def test_a_review_by_score_alone_says_nothing_about_the_rest() -> None:
    data = synthetic(0)
    when = np.full(len(data.score), np.inf)
    when[data.queue()[:100]] = np.arange(100)
    draws, _ = said(data, data.lots(0), when)
    assert [len(stratum.error) for stratum in draws] == [0, 0, 0]
    assert remaining(draws) is None
    assert [stratum.missing for stratum in draws] == [0, 3, 3]  # nothing is left of the worst half


def test_who_is_drawn_next_does_not_depend_on_the_others_in_the_data() -> None:
    ids, score = [f"row {n}" for n in range(200)], np.linspace(0, 1, 200)
    all_, every = np.ones(200, bool), Lots.of(ids, score, score < 0.2, np.ones(200, bool))
    half = Lots.of(ids[::2], score[::2], score[::2] < 0.2, all_[::2])
    for number, rows in enumerate(half.members):
        whole = [row for row in every.members[number].tolist() if row % 2 == 0]
        assert (2 * rows).tolist() == whole


def test_drawn_is_who_had_the_lowest_lot_of_those_left() -> None:
    n = 40
    lots = unsuspected(n)
    first, second, third, *others = lots.members[-1].tolist()
    when = np.full(n, np.inf)
    when[[first, others[5], second, others[3]]] = [0, 1, 2, 3]
    assert np.flatnonzero(lots.drawn(when)).tolist() == sorted([first, second])
    when[third] = 4  # and those that were seen before are passed over
    when[others[0]] = 5
    assert set(np.flatnonzero(lots.drawn(when))) == {first, second, third, others[0]}


def test_the_strata_halve_the_suspects_and_take_turns() -> None:
    data = synthetic(1)
    judged = np.ones(len(data.score), bool)
    judged[:10] = False
    lots = Lots.of(range(len(judged)), data.score, data.suspect, judged)
    worst, better, others, *_ = (data.score[lots.stratum == number] for number in range(3))
    assert worst.max() <= better.min() < others.max()
    assert abs(len(worst) - len(better)) <= 1
    assert (lots.stratum[:10] == -1).all()
    assert sorted(lots.order) == list(range(10, len(judged)))
    assert [lots.stratum[row] for row in islice(lots.order, 6)] == [0, 1, 2, 0, 1, 2]


# -- few, none and all ----------------------------------------------------------------------------------


def test_nothing_found_is_none_likely_and_yet_some_possible() -> None:
    few, many = (Draws(np.zeros(m, bool), np.arange(1000, 1000 - m, -1), np.zeros(m, int), 1000 - m) for m in (5, 60))
    for draws in (few, many):
        found = remaining([draws])
        assert found is not None
        assert (found.low, found.likely) == (0, 0)
    assert remaining([few]).high == pytest.approx(995 * (1 - 0.05 ** (1 / 5)), rel=0.02)  # type: ignore[union-attr]
    assert remaining([many]).high < 60  # type: ignore[union-attr]


def test_all_found_wrong_is_all_likely() -> None:
    draws = Draws(np.ones(6, bool), np.arange(50, 44, -1), np.arange(6, 0, -1), 44)
    found = remaining([draws])
    assert found is not None
    assert (found.likely, found.high) == (44, 44)
    assert found.low < 40


def test_where_everything_was_reviewed_nothing_remains_to_be_estimated() -> None:
    data = synthetic(2, n=60, rate=0.3)
    when = np.arange(60.0)
    draws, _ = said(data, data.lots(0), when)
    assert remaining(draws) == Estimate(0, 0, 0)


def test_a_skipped_one_is_gone_without_an_answer() -> None:
    n = 30
    lots = unsuspected(n)
    when, known, error = np.full(n, np.inf), np.zeros(n, bool), np.zeros(n, bool)
    order = lots.members[-1]
    when[order[:4]], known[order[[0, 1, 3]]], error[order[3]] = np.arange(4), True, True
    (draws,) = (stratum for stratum in drawn_from(lots, when, error, known) if stratum.rest)
    assert draws.error.tolist() == [False, False, True]
    assert draws.left.tolist() == [30, 29, 27]
    assert draws.found_since.tolist() == [1, 1, 1]
    assert draws.rest == 26


def test_reviewed_between_the_draws_counts_as_known() -> None:
    # Of ten, a drawn one is wrong; then five errors are found by their score; a drawn one of the four left is right.
    draws = Draws(np.array([True, False]), np.array([10, 4]), np.array([6, 0]), 3)
    # The first draw spoke of ten among which six errors are known by now: (6 + errors left) / 10.
    assert draws.likely == pytest.approx((1 - 6 / 10) / (1 / 10 + 1 / 4))


# -- what comes next ------------------------------------------------------------------------------------


def test_without_decisions_the_chance_of_an_error_is_what_the_score_says() -> None:
    ahead = np.array([0.1, 0.3, 0.8])
    likely, _ = chances(np.array([]), np.array([], bool), ahead, near=0.3)
    np.testing.assert_allclose(likely, 1 - ahead)


def test_the_chance_of_an_error_follows_the_reviewer() -> None:
    score, ahead = np.linspace(0.05, 0.4, 80), np.linspace(0.4, 0.5, 50)
    refused, confirmed = (upcoming(score, np.full(80, wrong), ahead) for wrong in (False, True))
    assert refused.high < 15
    assert confirmed.low > 35
    assert refused.low <= refused.likely <= refused.high
