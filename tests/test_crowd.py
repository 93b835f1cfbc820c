"""Consensus of several annotators: against crowd-kit and cleanlab, and on annotators whose habits are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from rated import drawn

from benchmarks.crowds import CROWDS, Made
from labelaudit.annotators import confused, qualities
from labelaudit.consensus import METHODS, TRUSTS, Method, consensus
from labelaudit.crowd import Ratings, Trust, dawid_skene, majority
from labelaudit.crowdlab import active_scores, crowdlab
from labelaudit.glad import glad

# What crowd-kit 1.4.2 finds in the ratings that `small` draws.
CROWD_KIT_LABELS = "012012012012012012012012012012012012012012012012012022002012"  # GLAD; Dawid and Skene but for one
CROWD_KIT_FOURTH = (0.262, 0.167, 0.571)  # Dawid and Skene, of the item 3
CROWD_KIT_ABILITY = (1.703, 0.72, 1.039, 0.139, -0.462)


def small() -> tuple[Ratings, np.ndarray]:
    return drawn(60, 3, (0.9, 0.8, 0.7, 0.6, 0.35), seed=3, share=0.9)


def fair_model(truth: np.ndarray, k: int, seed: int = 0, strength: float = 2.0) -> np.ndarray:
    """Probabilities that are right more often than not, and as sure as they should be."""
    scores = np.random.default_rng(seed).gumbel(size=(len(truth), k)) + strength * np.eye(k)[truth]
    powers = np.exp(scores)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def ratings_of(rows: list[tuple[int, int, int]], n_items: int = 4, k: int = 2) -> Ratings:
    item, annotator, label = (np.array(column) for column in zip(*rows, strict=True))
    return Ratings(item, annotator, label, n_items, int(annotator.max()) + 1, k)


def wide(ratings: Ratings) -> pd.DataFrame:
    cells = np.full((ratings.n_items, ratings.n_annotators), np.nan)
    cells[ratings.item, ratings.annotator] = ratings.label
    return pd.DataFrame(cells)


# -- majority -----------------------------------------------------------------------------------------


def test_most_votes_win_and_an_item_without_any_has_no_majority() -> None:
    found = majority(ratings_of([(0, 0, 1), (0, 1, 1), (0, 2, 0), (1, 0, 0), (3, 1, 1)]))
    assert found.tolist() == [1, 0, -1, 1]


def test_a_tie_goes_to_those_who_agree_with_others_more_often() -> None:
    agreeing = [(item, who, 1) for item in (1, 2, 3) for who in (0, 1)]
    alone = [(item, 2, 0) for item in (1, 2, 3)]
    assert majority(ratings_of([(0, 0, 1), (0, 2, 0), *agreeing, *alone]))[0] == 1
    assert majority(ratings_of([(0, 0, 0), (0, 2, 1), *agreeing, *alone]))[0] == 0


def test_a_tie_goes_to_the_model_where_there_is_one() -> None:
    ratings = ratings_of([(0, 0, 1), (0, 1, 0), (1, 0, 1)])
    for likely in (0, 1):
        pred_probs = np.full((4, 2), 0.5)
        pred_probs[0] = 0.1
        pred_probs[0, likely] = 0.9
        assert majority(ratings, pred_probs)[0] == likely


# -- Dawid and Skene, GLAD ------------------------------------------------------------------------------


def test_dawid_skene_finds_what_crowd_kit_finds() -> None:
    found = dawid_skene(small()[0], trust=Trust(by_class=0), rounds=1000).posterior
    assert "".join(map(str, found.argmax(axis=1))) == f"{CROWD_KIT_LABELS[:3]}2{CROWD_KIT_LABELS[4:]}"
    np.testing.assert_allclose(found[3], CROWD_KIT_FOURTH, atol=0.02)
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_glad_finds_what_crowd_kit_finds() -> None:
    posterior, ability, ease = glad(small()[0])
    assert "".join(map(str, posterior.argmax(axis=1))) == CROWD_KIT_LABELS
    np.testing.assert_allclose(ability, CROWD_KIT_ABILITY, atol=0.005)
    assert ease.shape == (60,)


def test_somebody_who_says_the_opposite_counts_for_the_opposite() -> None:
    ratings, truth = drawn(200, 2, (0.9, 0.85, 0.8, 0.1, 0.05), seed=1)
    found = dawid_skene(ratings).posterior.argmax(axis=1)
    assert (found == truth).mean() > 0.95 > 0.8 > (majority(ratings) == truth).mean()


def test_somebody_with_one_rating_is_taken_to_be_like_the_others() -> None:
    ratings, _ = drawn(100, 2, (0.9, 0.9, 0.9, 0.9))
    item, label = np.append(ratings.item, 7), np.append(ratings.label, 1 - majority(ratings)[7])
    more = Ratings(item, np.append(ratings.annotator, 4), label, 100, 5, 2)
    found = dawid_skene(more)
    assert found.posterior[7].argmax() == majority(ratings)[7]
    quality = qualities(more, found.posterior)
    assert 0.3 < quality[4] < quality[:4].min()


def test_an_item_without_ratings_gets_the_shares_of_the_classes_or_its_prior() -> None:
    ratings = ratings_of([(item, who, int(item == 0)) for item in range(3) for who in range(3)])
    np.testing.assert_allclose(dawid_skene(ratings).posterior[3], [2 / 3, 1 / 3], atol=0.02)
    prior = np.full((4, 2), 0.5)
    prior[3] = 0.2, 0.8
    np.testing.assert_allclose(dawid_skene(ratings, prior).posterior[3], prior[3])


def test_ratings_that_are_left_out_change_nothing() -> None:
    ratings, _ = small()
    out = np.arange(0, len(ratings), 3)
    spoilt = Ratings(ratings.item, ratings.annotator, np.where(np.arange(len(ratings)) % 3, ratings.label, 0), 60, 5, 3)
    for one in (ratings, spoilt):
        np.testing.assert_allclose(
            dawid_skene(one, out=out).posterior, dawid_skene(ratings.without(out)).posterior, atol=1e-9
        )


# -- CROWDLAB, ActiveLab ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1])
def test_crowdlab_is_cleanlabs(seed: int) -> None:
    from cleanlab.multiannotator import get_label_quality_multiannotator

    ratings, truth = drawn(150, 4, (0.9, 0.8, 0.7, 0.6, 0.3), seed=seed, share=0.6)
    ratings = ratings.without(np.flatnonzero(ratings.item >= 140))
    rated = np.flatnonzero(ratings.per_item)
    pred_probs = fair_model(truth, 4, seed)
    theirs = get_label_quality_multiannotator(wide(ratings).iloc[rated], pred_probs[rated], verbose=False)
    ours = crowdlab(ratings, pred_probs)
    np.testing.assert_array_equal(ours.consensus[rated], theirs["label_quality"]["consensus_label"])
    np.testing.assert_allclose(ours.quality[rated], theirs["label_quality"]["consensus_quality_score"])
    stats = theirs["annotator_stats"].sort_index()
    np.testing.assert_allclose(ours.annotator_quality, stats["annotator_quality"])
    assert (ours.consensus[140:] == -1).all()


@pytest.mark.parametrize("share", [0.6, 0.0])
def test_active_scores_are_cleanlabs_for_rated_and_for_unrated_items(
    share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cleanlab.internal import multiannotator_utils
    from cleanlab.internal.util import value_counts
    from cleanlab.multiannotator import get_active_learning_scores

    # cleanlab counts labels that are floats, as they are in a frame with gaps, in the first cells and not in their own.
    monkeypatch.setattr(
        multiannotator_utils,
        "value_counts",
        lambda x, num_classes: value_counts(x.astype(int), num_classes=num_classes),
    )
    ratings, truth = drawn(150, 4, (0.9, 0.8, 0.7, 0.6), seed=2, share=share or 1.0)
    if not share:  # each item rated once
        ratings = ratings.without(np.flatnonzero(ratings.annotator != ratings.item % 4))
    ratings = ratings.without(np.flatnonzero(ratings.item >= 120))
    rated = ratings.per_item > 0
    pred_probs = fair_model(truth, 4)
    with pytest.MonkeyPatch.context() as quiet:
        quiet.setattr("builtins.print", lambda *words: None)
        theirs = get_active_learning_scores(wide(ratings)[rated], pred_probs[rated], pred_probs[~rated])
    ours = active_scores(ratings, pred_probs)
    np.testing.assert_allclose(ours[rated], theirs[0])
    np.testing.assert_allclose(ours[~rated], theirs[1])


def test_active_scores_take_the_quality_of_another_consensus() -> None:
    ratings, truth = drawn(60, 3, (0.9, 0.8, 0.7))
    quality = np.linspace(0, 1, 60)
    scores = active_scores(ratings, fair_model(truth, 3), quality)
    assert (np.diff(scores) > 0).all()


# -- consensus ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_probabilities_and_mostly_the_right_class(method: Method) -> None:
    ratings, truth = drawn(120, 3, (0.9, 0.85, 0.8, 0.5), seed=4, share=0.8)
    found = consensus(ratings, method)
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1)
    assert (found.label == truth).mean() > 0.85


def test_a_model_that_learns_from_the_consensus_makes_it_better_than_any_other() -> None:
    ratings, truth = drawn(600, 4, (0.7, 0.65, 0.6, 0.55, 0.3, 0.3), seed=5, share=0.5)
    pred_probs = fair_model(truth, 4, strength=2.5)
    ours = consensus(ratings, predict=lambda labels: pred_probs)
    right = (ours.label == truth).mean()
    others = [consensus(ratings, method, pred_probs=pred_probs) for method in METHODS[1:]]
    assert all(right >= (other.label == truth).mean() for other in others)
    assert ours.model_share > 0.1


def test_items_on_which_all_err_alike_do_not_make_it_too_sure() -> None:
    rng = np.random.default_rng(0)
    easy, truth = drawn(400, 3, (0.9, 0.9, 0.85, 0.85, 0.8), seed=5)
    hard = (easy.item % 4 == 0) & (rng.random(len(easy)) < 0.6)
    label = np.where(hard, (truth[easy.item] + 1) % 3, easy.label)
    ratings = Ratings(easy.item, easy.annotator, label, 400, 5, 3)
    plain, ours = dawid_skene(ratings).posterior, consensus(ratings)
    right = (plain.argmax(axis=1) == truth).mean()
    assert ours.temperature > 1
    assert right < ours.quality.mean() < plain.max(axis=1).mean()


def test_a_model_that_knows_nothing_does_no_harm() -> None:
    ratings, truth = drawn(300, 3, (0.8, 0.75, 0.7, 0.6), seed=6)
    noise = np.random.default_rng(0).dirichlet(np.ones(3), 300)
    found = consensus(ratings, predict=lambda labels: noise)
    assert (found.label == truth).mean() >= (consensus(ratings).label == truth).mean() - 0.01


def test_the_model_learns_from_rated_items_alone() -> None:
    ratings = drawn(100, 2, (0.9, 0.8, 0.8))[0]
    ratings = ratings.without(np.flatnonzero(ratings.item >= 90))
    seen: list[np.ndarray] = []

    def predict(labels: np.ndarray) -> np.ndarray:
        seen.append(labels)
        return np.full((100, 2), 0.5)

    consensus(ratings, predict=predict)
    assert seen
    for labels in seen:
        assert (labels[90:] == -1).all()
        assert (labels[:90] >= 0).all()


def test_habits_that_would_change_what_the_classes_mean_are_not_used() -> None:
    """Ratings on a scale, on which everybody is a little off and few agree."""
    rng = np.random.default_rng(0)
    item, annotator = rng.integers(0, 200, 6000), rng.integers(0, 80, 6000)
    _, first = np.unique(item * 80 + annotator, return_index=True)
    item, annotator = item[first], annotator[first]
    liked, bias = rng.normal(2.5, 0.7, 200), rng.normal(0, 0.4, 80)
    label = np.clip(np.round(liked[item] + bias[annotator] + rng.normal(0, 0.9, len(item))), 0, 4).astype(np.int64)
    ratings, truth = Ratings(item, annotator, label, 200, 80, 5), np.clip(np.round(liked), 0, 4)
    plain, ours = dawid_skene(ratings), consensus(ratings)
    assert not plain.keeps_classes
    assert not ours.by_class
    drifted = (plain.posterior.argmax(axis=1) == truth).mean()
    assert (ours.label == truth).mean() >= (majority(ratings) == truth).mean() > drifted


def test_annotators_with_few_ratings_are_weighed_by_how_often_they_are_right() -> None:
    right = tuple(np.linspace(0.4, 0.95, 60))
    ratings, truth = drawn(400, 5, right, seed=8, share=0.05)
    ours = consensus(ratings)
    rated = ratings.per_item > 0
    assert not ours.by_class
    right_of = [
        (found == truth)[rated].mean()
        for found in (ours.label, majority(ratings), dawid_skene(ratings).posterior.argmax(axis=1))
    ]
    assert right_of[0] >= right_of[1] > right_of[2]


@pytest.mark.parametrize("name", ["few ratings per annotator", "hard items", "habits class by class", "ten classes"])
def test_wrong_labels_are_ranked_first_and_the_quality_says_how_often_it_is_right(name: str) -> None:
    """On the same labels, those of the majority, beside the other methods; and calibrated better than each."""
    from sklearn.metrics import average_precision_score

    from benchmarks.crowd import calibration_error

    def measured(posterior: np.ndarray) -> tuple[float, float]:
        first, best = majority(ratings), posterior.argmax(axis=1)
        sure = posterior[np.arange(len(truth)), first]
        return average_precision_score(first != truth, -sure), calibration_error(posterior.max(axis=1), best == truth)

    ratings, truth, _ = CROWDS[name].draw(1)
    ranked, off = measured(consensus(ratings).posterior)
    methods: tuple[Method, ...] = ("majority", "dawid_skene", "crowdlab")
    others = [measured(consensus(ratings, method).posterior) for method in methods]
    assert ranked > max(other[0] for other in others)
    assert off < max(0.03, min(other[1] for other in others))


def test_votes_that_an_item_misleads_alike_are_not_counted_as_if_each_told_something_new() -> None:
    """A fifth of the items look like another class, to most annotators; what is sure has to be right all the same."""
    ratings, truth, _ = Made(items=800, annotators=40, classes=2, each=20, right=(0.7, 0.9), hard=0.2).draw(0)
    ours, plain = consensus(ratings), dawid_skene(ratings).posterior
    wrong = ours.label != truth
    assert wrong.mean() > 0.05
    assert plain.max(axis=1)[wrong].mean() > 0.9
    assert ours.quality[wrong].mean() < plain.max(axis=1)[wrong].mean() - 0.05
    assert ours.temperature > 1.5


def test_an_item_has_no_say_in_what_its_own_annotators_habits_are() -> None:
    """Two who rated one item alone, and each the other way: neither shows the other to be wrong."""
    ratings, _ = drawn(60, 2, (0.9, 0.8, 0.85))
    item, label = np.append(ratings.item, (60, 60)), np.append(ratings.label, (0, 1))
    more = Ratings(item, np.append(ratings.annotator, (3, 4)), label, 61, 5, 2)
    posterior = np.vstack([np.eye(2)[majority(ratings)], [0.9, 0.1]])
    for trust in TRUSTS:
        alone = more.habits.without_own(more, posterior, trust)[60]
        np.testing.assert_allclose(np.diff(alone), 0, atol=0.5)
        learned = np.log(more.habits.learned(posterior, trust)[0][more.habits.pair])[more.item == 60].sum(axis=0)
        assert alone[0] - alone[1] < learned[0] - learned[1] - 0.02


# -- annotators ---------------------------------------------------------------------------------------


def test_annotators_are_ranked_as_they_are_right() -> None:
    right = (0.95, 0.85, 0.7, 0.55, 0.4)
    ratings, _ = drawn(300, 3, right, seed=7)
    found = qualities(ratings, consensus(ratings).posterior)
    assert np.argsort(-found).tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(found, right, atol=0.1)


def test_what_somebody_confuses_is_counted() -> None:
    ratings, truth = drawn(90, 3, (1.0, 1.0, 1.0))
    label = np.where((ratings.annotator == 2) & (truth[ratings.item] == 1), 0, ratings.label)
    found = confused(Ratings(ratings.item, ratings.annotator, label, 90, 3, 3), truth)
    assert found.to_dict("records") == [{"annotator": 2, "said": 0, "meant": 1, "times": 30, "of": 30, "share": 1.0}]
