"""What the ranking learns from the reviewer."""

from __future__ import annotations

from pathlib import Path

import made
import numpy as np
import pytest

from benchmarks.learning import REAL, WANTED, cases, compared
from labelaudit.audit import audit
from labelaudit.labels import encode
from labelaudit.learning import EVERY, FIRST, Voices, learn, used
from labelaudit.result import Audit
from labelaudit.tasks import TASKS


def voices(n: int = 400, k: int = 4, seed: int = 0) -> Voices:
    """Two detectors that agree with the score, and classes at random."""
    rng = np.random.default_rng(seed)
    score = rng.normal(-2, 1.5, n)
    said = (score[:, None] + rng.normal(0, 0.5, (n, 2))) / 4
    given = rng.integers(0, k, n)
    return Voices(("knn", "neighbours"), said.astype(np.float32), score, given, (given + rng.integers(1, k, n)) % k)


def first(seen: Voices, count: int = 60) -> np.ndarray:
    return np.argsort(-seen.score, kind="stable")[:count]


def order(seen: Voices, wrong: np.ndarray, count: int = 60) -> np.ndarray:
    rows = first(seen, count)
    found = learn(seen, rows, wrong[rows])
    assert found is not None
    return found.scores(seen)


@pytest.fixture(scope="module")
def audited() -> tuple[Audit, np.ndarray]:
    dataset, planted = TASKS["classification"].plant(made.texts(400, 4), 0.15, seed=2)
    return audit(dataset), planted


def test_few_decisions_teach_nothing() -> None:
    seen = voices()
    rows = first(seen, FIRST - 1)
    assert learn(seen, rows, np.ones(len(rows), bool)) is None
    assert used(FIRST - 1) == 0


def test_it_learns_again_every_so_many_decisions_and_in_between_the_order_stays() -> None:
    seen, rng = voices(), np.random.default_rng(0)
    wrong = rng.random(400) < 0.5
    rows = first(seen, 100)
    orders = [learn(seen, rows[:m], wrong[rows[:m]]) for m in range(FIRST, FIRST + 2 * EVERY + 1)]
    scores = [found.scores(seen).tolist() for found in orders if found is not None]
    assert [found.decisions for found in orders if found is not None] == [used(m) for m in range(FIRST, FIRST + 21)]
    assert all(scores[0] == other for other in scores[:EVERY])
    assert scores[EVERY] == scores[2 * EVERY - 1]
    assert scores[0] != scores[EVERY] != scores[2 * EVERY]


def test_the_same_decisions_give_the_same_order() -> None:
    seen = voices()
    wrong = seen.given == 1
    np.testing.assert_array_equal(order(seen, wrong), order(seen, wrong))


def test_a_class_that_was_always_right_goes_to_the_end() -> None:
    seen = voices()
    scores = order(seen, seen.given != 2)
    left = np.setdiff1d(np.arange(400), first(seen))
    right, others = left[seen.given[left] == 2], left[seen.given[left] != 2]
    assert np.median(scores[right]) > np.quantile(scores[others], 0.75)


def test_a_suspicion_that_was_never_right_goes_to_the_end() -> None:
    seen = voices()
    scores = order(seen, seen.other != 3)
    left = np.setdiff1d(np.arange(400), first(seen))
    assert np.median(scores[left[seen.other[left] == 3]]) > np.median(scores[left[seen.other[left] != 3]])


def test_where_the_scores_say_all_there_is_learning_costs_little() -> None:
    with_it, without = [], []
    for seed in range(10):
        seen, rng = voices(n=2000, seed=seed), np.random.default_rng(seed)
        chance = 1 / (1 + np.exp(-seen.score))
        scores = order(seen, rng.random(2000) < chance, 100)
        scores[first(seen, 100)] = np.inf
        with_it.append(chance[np.argsort(scores, kind="stable")[:100]].sum())
        without.append(chance[first(seen, 200)[100:]].sum())
    assert np.sum(with_it) > 0.9 * np.sum(without)


def test_a_class_that_nobody_met_is_left_alone() -> None:
    seen = voices()
    rows = first(seen)
    rows = rows[seen.given[rows] != 0]
    found = learn(seen, rows, seen.given[rows] == 1)
    assert found is not None
    assert found.given[0] == 0 != found.given[1]


def test_it_says_what_it_learned() -> None:
    seen = voices()
    rows = first(seen)
    found = learn(seen, rows, seen.given[rows] != 2)
    assert found is not None
    told = found.words(seen, ("ants", "bees", "cats", "dogs"))
    assert told[0] == "labels given cats are wrong less often than their scores say"
    assert not any("{" in words for words in told)


def test_of_an_audit_it_sees_the_detectors_and_the_likeliest_other_class(audited: tuple[Audit, np.ndarray]) -> None:
    found, _ = audited
    seen = Voices.of(found)
    assert {"pairwise_confidence", "neighbours"} <= set(seen.names)
    assert "outlier" not in seen.names
    assert (seen.given != seen.other).all()
    suspects = found.label_issues["is_issue"].to_numpy()
    suggested = found.label_issues["suggested"][suspects].tolist()
    assert suggested == [encode(found.dataset.classes[code]) for code in seen.other[suspects]]


def test_on_planted_errors_learning_costs_next_to_nothing(audited: tuple[Audit, np.ndarray]) -> None:
    without, learned = compared(*audited, 70)
    assert learned >= without - 1


def test_on_real_errors_the_learned_order_finds_at_least_1_15_times_as_many(shared_data: Path) -> None:
    name, count, audits = next(cases(shared_data, seeds=10))
    assert (name, count) == (REAL, 268)
    without, learned = np.array([compared(made, wrong, count) for made, wrong in audits]).T
    assert (learned > without).all()
    assert learned.sum() >= WANTED * without.sum()


def test_an_example_without_a_label_is_never_ahead() -> None:
    seen = voices()
    seen.given[5] = -1
    assert order(seen, seen.given == 1)[5] == 1
