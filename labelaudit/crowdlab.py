"""CROWDLAB and ActiveLab, as in `cleanlab.multiannotator`, on ratings as they are rather than on a wide frame.

The results are cleanlab's (a test compares them); its loops over annotators and items take minutes where there are a
thousand annotators.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.crowd import Ratings, majority, softmax, summed

LOWEST_WEIGHT = 1e-6  # cleanlab's CLIPPING_LOWER_BOUND
SMALLEST = 1e-30  # cleanlab's SMALL_CONST
COARSE = (0.1, 0.2, 0.5, 0.8, 1, 2, 3, 5, 8)  # temperatures that cleanlab tries first


@dataclass(frozen=True, eq=False)
class Crowdlab:
    """What CROWDLAB finds.

    Parameters
    ----------
    consensus : ndarray of shape (N,), int
        -1 for an item without ratings.
    posterior : ndarray of shape (N, K)
        Votes and model, weighted; what the model says where there is no vote.
    annotator_quality : ndarray of shape (M,)
    annotator_weight : ndarray of shape (M,)
    model_weight : float
    """

    consensus: np.ndarray
    posterior: np.ndarray
    annotator_quality: np.ndarray
    annotator_weight: np.ndarray
    model_weight: float

    @property
    def quality(self) -> np.ndarray:
        """How likely the consensus is right, shape (N,)."""
        return np.asarray(self.posterior[np.arange(len(self.posterior)), self.consensus])


def crowdlab(ratings: Ratings, pred_probs: np.ndarray) -> Crowdlab:
    """Find a consensus of annotators and a model (Goh, Tkachenko and Mueller 2022, "best_quality").

    Parameters
    ----------
    ratings : Ratings
        Some item has two.
    pred_probs : ndarray of shape (N, K)
        Out of sample.
    """
    first = majority(ratings, pred_probs)
    best = _weighted(ratings, pred_probs, first).posterior
    top = best == best.max(axis=1, keepdims=True)
    consensus = np.where(top.sum(axis=1) == 1, top.argmax(axis=1), first)
    return _weighted(ratings, pred_probs, np.where(ratings.per_item > 0, consensus, -1))


def _weighted(ratings: Ratings, pred_probs: np.ndarray, consensus: np.ndarray) -> Crowdlab:
    n, k = pred_probs.shape
    item, who, label, several = ratings.item, ratings.annotator, ratings.label, ratings.per_item > 1
    settled = consensus[several]
    likelihood = float((ratings.votes[np.arange(n), consensus] / np.maximum(ratings.per_item, 1))[several].mean())
    other = (1 - likelihood) / (k - 1)
    base_error = max(float((settled != np.bincount(settled, minlength=k).argmax()).mean()), LOWEST_WEIGHT)
    weight = np.maximum(1 - (1 - ratings.agreement) / base_error, LOWEST_WEIGHT)
    model_error = float((pred_probs[several].argmax(axis=1) != settled).mean())
    per_rated = float(ratings.per_item[ratings.per_item > 0].mean())
    model_weight = max(1 - model_error / base_error, LOWEST_WEIGHT) * np.sqrt(per_rated)

    said = summed(item, label, weight[who], (n, k))
    total = said.sum(axis=1, keepdims=True)
    posterior = (model_weight * pred_probs + said * likelihood + (total - said) * other) / (total + model_weight)

    agreed = several[item]
    hits = np.bincount(who[agreed], (label == consensus[item])[agreed], ratings.n_annotators)
    of = np.bincount(who[agreed], minlength=ratings.n_annotators)
    agreeing = np.divide(hits, of, out=np.full(ratings.n_annotators, np.nan), where=of > 0)
    sums = np.bincount(who, posterior[item, label], ratings.n_annotators)
    expected = np.divide(sums, ratings.per_annotator, out=np.full(len(sums), np.nan), where=ratings.per_annotator > 0)
    share = model_weight / (model_weight + weight.sum() * per_rated / len(weight))
    quality = share * expected + (1 - share) * agreeing
    return Crowdlab(consensus, posterior, quality, weight, float(model_weight))


def active_scores(ratings: Ratings, pred_probs: np.ndarray, quality: np.ndarray | None = None) -> np.ndarray:
    """Say which items another label would tell most about (ActiveLab, Goh and Mueller 2023).

    Parameters
    ----------
    ratings : Ratings
        Items may have none.
    pred_probs : ndarray of shape (N, K)
        Out of sample.
    quality : ndarray of shape (N,), optional
        How likely the consensus is right, where another method than CROWDLAB found it.

    Returns
    -------
    ndarray of shape (N,)
        0 to 1; ask first about the lowest.
    """
    n, k = pred_probs.shape
    rated = ratings.per_item > 0
    if (ratings.per_item <= 1).all():
        found = Crowdlab(majority(ratings), pred_probs, *(np.ones(ratings.n_annotators),) * 2, 1.0)
    else:
        pred_probs = tempered(ratings, pred_probs)
        found = crowdlab(ratings, pred_probs)
    if quality is None:
        quality = np.where(rated, found.quality, pred_probs.max(axis=1))
    usual = found.annotator_weight.mean()
    weight = found.model_weight + np.bincount(ratings.item, found.annotator_weight[ratings.annotator], n)
    return np.asarray((quality * weight + usual / k) / (weight + usual))


def tempered(ratings: Ratings, pred_probs: np.ndarray) -> np.ndarray:
    """Make probabilities as sure as the votes are divided, by one temperature, searched for as cleanlab does."""
    rated = ratings.per_item > 0
    shares = ratings.votes[rated] / ratings.per_item[rated, None]
    logs = np.log(np.maximum(pred_probs, np.finfo(np.float64).tiny), dtype=np.float64)

    def loss(temperature: float) -> float:
        scaled = np.maximum(softmax(logs[rated] / temperature), SMALLEST)
        return float(-(shares * np.log(scaled)).sum(axis=1).mean())

    place = int(np.argmin([loss(temperature) for temperature in COARSE]))
    fine: list[float] = []
    if place:
        fine += np.linspace(COARSE[place - 1], COARSE[place], 4, endpoint=False).tolist()
    if place < len(COARSE) - 1:
        fine += np.linspace(COARSE[place], COARSE[place + 1], 5).tolist()
    clipped = np.maximum(pred_probs, SMALLEST)
    return softmax(np.log(clipped / clipped.sum(axis=1, keepdims=True)) / fine[int(np.argmin([*map(loss, fine)]))])
