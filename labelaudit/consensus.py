"""A consensus of annotators and of a model that learns from them, as sure as votes that were held out show it to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from labelaudit.crowd import LOWEST, Crowd, Ratings, dawid_skene, glad, majority, shares, softmax, usual_shares
from labelaudit.crowdlab import crowdlab

Method = Literal["auto", "majority", "dawid_skene", "glad", "crowdlab"]
METHODS: tuple[Method, ...] = get_args(Method)
# Labels of shape (N,), -1 for none, to out-of-fold probabilities of shape (N, K).
Predict = Callable[[np.ndarray], np.ndarray]

TURNS = 3  # of learning from the consensus and voting with what was learned; more change next to nothing
PARTS = 5  # of the votes, each held out once
FEWER_ROUNDS = 30  # where it begins near the end
TEMPERATURES = (1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8)


@dataclass(frozen=True, eq=False)
class Consensus:
    """What annotators, and a model where there is one, agree on.

    Parameters
    ----------
    posterior : ndarray of shape (N, K)
        Probability that each class is right; rows sum to 1.
    model : ndarray of shape (N, K) or None
        What a model says that has not seen the item's votes.
    temperature : float
        By how much the votes had to be softened; 1 for not at all.
    model_share : float
        Of the model's own say beside that of all together.
    by_class : bool
        Whether annotators were weighed class by class, or by how often each is right in all.
    """

    posterior: np.ndarray
    model: np.ndarray | None = None
    temperature: float = 1.0
    model_share: float = 0.0
    by_class: bool = True

    @property
    def label(self) -> np.ndarray:
        """The likeliest class of every item, shape (N,)."""
        return np.asarray(self.posterior.argmax(axis=1))

    @property
    def quality(self) -> np.ndarray:
        """How likely that is right, shape (N,)."""
        return np.asarray(self.posterior.max(axis=1))


def consensus(
    ratings: Ratings, method: Method = "auto", predict: Predict | None = None, pred_probs: np.ndarray | None = None
) -> Consensus:
    """Find the consensus.

    By default a model learns the consensus of Dawid and Skene's method, its out-of-fold probabilities become the prior
    of each item, and so on in turns, as in Raykar et al. (2010), where model and votes are one likelihood. That is
    right more often, but far too sure of itself: the votes are not independent, and the model has learned from them.
    So the votes are held out, a fifth at a time, and the result is softened by the temperature, and mixed with the
    model alone in the proportion, that predict them best. No truth is needed, and where the features say nothing the
    model gets no say. By the same measure annotators have a habit for each class, or are right equally often in all;
    so they are, too, where habits would change what the classes mean (see `Crowd.keeps_classes`).

    The other methods are those of their papers; CROWDLAB takes the model that learned from the majority.

    Parameters
    ----------
    ratings : Ratings
    method : {"auto", "majority", "dawid_skene", "glad", "crowdlab"}
    predict : callable, optional
        Where there are features.
    pred_probs : ndarray of shape (N, K), optional
        Of a model of the user's, out of sample, in place of one that learns here.
    """
    if method == "auto":
        return _with_model(ratings, predict, pred_probs)
    votes = majority(ratings)
    model = pred_probs if predict is None else predict(votes)
    if method == "dawid_skene":
        return Consensus(dawid_skene(ratings, borrowed=0).posterior, model)
    if method == "glad":
        return Consensus(glad(ratings)[0], model)
    if method == "crowdlab":
        return Consensus(crowdlab(ratings, or_shares(model, ratings)).posterior, model)
    return Consensus(_of_majority(ratings, votes), model)


def or_shares(model: np.ndarray | None, ratings: Ratings) -> np.ndarray:
    """Take the shares of the classes for a model where there is none, shape (N, K)."""
    return np.tile(usual_shares(ratings), (ratings.n_items, 1)) if model is None else model


def _of_majority(ratings: Ratings, votes: np.ndarray) -> np.ndarray:
    """Take the shares of the votes for probabilities, a tie broken by a hair."""
    posterior = shares(ratings)
    posterior[np.flatnonzero(votes >= 0), votes[votes >= 0]] += 1e-9
    return np.asarray(posterior / posterior.sum(axis=1, keepdims=True))


def _with_model(ratings: Ratings, predict: Predict | None, model: np.ndarray | None) -> Consensus:
    by_class = dawid_skene(ratings).keeps_classes and _how_sure(ratings, None, True) < _how_sure(ratings, None, False)
    crowd, model = _in_turns(ratings, predict, model, by_class)
    if by_class and not crowd.keeps_classes:
        by_class = False
        crowd, model = _in_turns(ratings, predict, model, by_class)
    _, temperature, share = _how_sure(ratings, model, by_class)
    posterior = _softened(crowd.posterior, temperature)
    if model is not None:
        posterior = (1 - share) * posterior + share * model
    return Consensus(posterior, model, temperature, share, by_class)


def _in_turns(
    ratings: Ratings, predict: Predict | None, model: np.ndarray | None, by_class: bool
) -> tuple[Crowd, np.ndarray | None]:
    """Let a model learn what annotators agree on, and agree again with what it says."""
    crowd = dawid_skene(ratings, by_class=by_class)
    for _ in range(TURNS if predict is not None else model is not None):
        if predict is not None:
            model = predict(np.where(ratings.per_item > 0, crowd.posterior.argmax(axis=1), -1))
        model = _as_votes_show(ratings, crowd, np.asarray(model))
        crowd = dawid_skene(ratings, model, crowd.posterior, by_class=by_class, rounds=FEWER_ROUNDS)
    return crowd, model


def _softened(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    return softmax(np.log(np.maximum(probabilities, LOWEST)) / temperature)


def _as_votes_show(ratings: Ratings, crowd: Crowd, model: np.ndarray) -> np.ndarray:
    """Make the model as sure as the votes, which it has not seen, show it to be right."""
    from scipy.optimize import minimize_scalar

    likely = crowd.likely[ratings.habits.pair]

    def loss(log_temperature: float) -> float:
        said = _softened(model, np.exp(log_temperature))[ratings.item]
        return float(-np.log((said * likely).sum(axis=1)).mean())

    best = minimize_scalar(loss, bounds=(-2, 2), method="bounded", options={"xatol": 0.05})
    return _softened(model, float(np.exp(best.x)))


def _how_sure(ratings: Ratings, model: np.ndarray | None, by_class: bool) -> tuple[float, float, float]:
    """Return how badly held-out votes are predicted, at the temperature, and share of the model alone, that do best."""
    part = np.random.default_rng(0).permutation(len(ratings)) % PARTS
    known, likely = np.empty((2, len(ratings), ratings.n_classes))
    for number in range(PARTS):
        out = np.flatnonzero(part == number)
        rest = dawid_skene(ratings, model, by_class=by_class, rounds=FEWER_ROUNDS, out=out)
        known[out], likely[out] = rest.posterior[ratings.item[out]], rest.likely[ratings.habits.pair[out]]
    alone = np.zeros(len(ratings)) if model is None else (model[ratings.item] * likely).sum(axis=1)
    found = []
    for temperature in TEMPERATURES:
        together = (_softened(known, temperature) * likely).sum(axis=1)
        share = 0.0 if model is None else 0.5
        for _ in range(50 if model is not None else 0):  # by expectation and maximisation, as for any mixture
            own = share * alone
            share = float((own / (own + (1 - share) * together)).mean())
        found.append((-np.log(share * alone + (1 - share) * together).mean(), temperature, share))
    loss, temperature, share = min(found)
    return float(loss), float(temperature), share
