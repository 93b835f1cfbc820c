"""How far off numbers are, against how far off such ones usually are."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit import residuals
from labelaudit.folds import Folds

N = 2000
RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, size=(N, 2))
FOLDS = Folds(np.arange(N) % 5, 5, "")
NOISE = np.where(X[:, 0] > 0, 5.0, 1.0)


def drawn(wrong: float = 0.05) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers with five times the noise in one half, their predictions, and which were made wrong."""
    rng = np.random.default_rng(1)
    predicted = 10 * X[:, 1]
    numbers = predicted + NOISE * rng.normal(size=N)
    is_wrong = rng.random(N) < wrong
    return np.where(is_wrong, numbers + 10 * NOISE, numbers), predicted, is_wrong


def test_the_scale_follows_how_noisy_the_surroundings_are() -> None:
    numbers, predicted, _ = drawn()
    scale = residuals.scales(X, numbers, predicted, FOLDS)
    ratio = np.median(scale[NOISE == 5]) / np.median(scale[NOISE == 1])
    assert 3 < ratio < 6.5
    assert np.ptp(residuals.drawn_in(scale, local=0.0)) == 0


def test_errors_in_quiet_surroundings_rank_before_noise_in_loud_ones() -> None:
    from sklearn.metrics import average_precision_score

    numbers, predicted, wrong = drawn()
    scale = residuals.scales(X, numbers, predicted, FOLDS)
    scaled = average_precision_score(wrong, residuals.distances(numbers - predicted, scale))
    plain = average_precision_score(wrong, np.abs(numbers - predicted))
    assert scaled > plain + 0.1


def test_missing_numbers_have_a_scale_and_do_not_enter_it() -> None:
    numbers, predicted, _ = drawn()
    numbers[:50] = np.nan
    scale = residuals.scales(X, numbers, predicted, FOLDS)
    assert np.isfinite(scale).all()
    found = residuals.pooled(numbers, {"one": predicted}, {"one": scale})
    assert np.isnan(found.distance[:50]).all()
    assert np.nanmedian(found.distance) == pytest.approx(1)


def test_as_many_right_numbers_lie_within_the_interval_as_it_says() -> None:
    numbers, predicted, _ = drawn(wrong=0.0)
    scale = residuals.scales(X, numbers, predicted, FOLDS)
    width = residuals.half_width(np.abs(numbers - predicted) / scale) * scale
    inside = np.abs(numbers - predicted) <= width
    assert 0.89 < inside.mean() < 0.92
    assert inside[NOISE == 1].mean() == pytest.approx(inside[NOISE == 5].mean(), abs=0.08)
    assert np.median(width[NOISE == 5]) > 2 * np.median(width[NOISE == 1])


def test_scores_fall_from_1_with_the_distance() -> None:
    np.testing.assert_allclose(residuals.scores(np.array([0.0, 1.0, 3.0])), [1, 0.5, 0.125])


def test_clean_learning_scores_as_cleanlab_does() -> None:
    from cleanlab.regression.learn import CleanLearning
    from sklearn.linear_model import LinearRegression

    numbers = drawn()[0][:200]
    uncertainty = RNG.uniform(0.5, 2, 200)
    found = CleanLearning(LinearRegression(), seed=0)
    table = found.find_label_issues(X[:200], numbers, uncertainty=uncertainty + 0.3)
    ours = residuals.clean_learning(table["predicted_label"].to_numpy() - numbers, uncertainty, 0.3)
    np.testing.assert_allclose(ours, table["label_quality"], rtol=1e-9)


def test_the_nearer_model_weighs_more() -> None:
    off = np.random.default_rng(0).normal(size=(500, 2)) * [1, 3]
    weights = residuals.weights(off)
    assert weights.sum() == pytest.approx(1)
    assert weights[0] == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize(
    ("given", "low", "high", "sure"),
    [(50, 10, 12, True), (12.5, 10, 12, False), (50, 0, 30, False), (11, 10, 12, False)],
)
def test_a_number_can_be_put_right_where_the_interval_is_narrow_and_far(
    given: float, low: float, high: float, sure: bool
) -> None:
    assert residuals.fixable(given, low, high, spread=10) is sure
