"""Which numbers stand out, how many are wrong, and what could not have been seen."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.residuals import pooled
from labelaudit.verdicts import FALSE, judged


def drawn(share: float, n: int = 5000, far: float = 12.0, freedom: float = 8.0) -> tuple[np.ndarray, np.ndarray]:
    """Distances of right numbers and of a share that is far off, and which those are."""
    rng = np.random.default_rng(3)
    wrong = rng.random(n) < share
    distance = np.abs(rng.standard_t(freedom, n)) + far * wrong
    return distance / np.median(distance), wrong


@pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 0.3])
def test_the_share_of_wrong_numbers_is_found_and_few_right_ones_are_flagged(share: float) -> None:
    distance, wrong = drawn(share)
    found = judged(distance)
    assert found.noise_rate == pytest.approx(share, abs=0.02)
    assert found.low <= found.noise_rate <= found.high
    assert ((found.chance >= 0) & (found.chance <= 1)).all()
    flagged = found.flagged.sum()
    assert (found.flagged & wrong).sum() >= 0.95 * wrong.sum()
    assert (found.flagged & ~wrong).sum() <= (FALSE + 0.05) * max(flagged, 40)


def test_where_none_stands_out_the_interval_has_a_width_and_the_size_that_would_show_is_known() -> None:
    distance, _ = drawn(0.0, freedom=1e6)
    found = judged(distance)
    assert not found.flagged.any()
    assert found.low == 0
    assert 0.0005 < found.high < 0.02
    assert distance.max() < found.seen
    assert judged(np.append(distance, 1.01 * found.seen)).flagged[-1]
    assert not judged(np.append(distance, 0.98 * found.seen)).flagged[-1]


@pytest.mark.parametrize("n", [100, 200, 500])
def test_few_right_numbers_are_not_taken_for_wrong_ones(n: int) -> None:
    found = [judged(np.abs(np.random.default_rng(seed).normal(size=n))) for seed in range(20)]
    assert sum(one.flagged.sum() for one in found) <= 3
    assert np.mean([one.noise_rate for one in found]) < 0.03


def test_the_fewer_numbers_the_less_is_claimed() -> None:
    many, few = (judged(drawn(0.0, n, freedom=1e6)[0]) for n in (5000, 60))
    assert few.high > 2 * many.high


def test_numbers_in_steps_are_not_wrong_because_the_others_are_met_exactly() -> None:
    rng = np.random.default_rng(0)
    predicted = rng.uniform(3, 8, 2000)
    quality = np.round(predicted + rng.normal(0, 0.4, 2000))
    predicted = np.where(rng.random(2000) < 0.6, quality, predicted)  # as trees predict that learn by absolute errors
    quality[:20] += 9
    found = pooled(quality, {"one": predicted}, {"one": np.full(2000, 0.5)}).verdict()
    assert found.flagged[:20].all()
    assert not found.flagged[20:].any()
    assert found.noise_rate == pytest.approx(0.01, abs=0.01)


def test_noisy_surroundings_alone_are_no_reason_to_be_flagged() -> None:
    rng = np.random.default_rng(0)
    scale = np.where(np.arange(4000) % 5 == 0, 8.0, 1.0)
    predicted = rng.normal(0, 30, 4000)
    numbers = predicted + scale * rng.normal(size=4000)
    numbers[:40] += 12 * scale[:40]
    found = pooled(numbers, {"one": predicted}, {"one": scale}).verdict()
    assert found.flagged[:40].all()
    assert found.flagged[40:].sum() <= 3
