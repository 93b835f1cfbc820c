"""A consensus of annotators and of a model that learns from them, as sure as votes that were held out show it to be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from labelaudit.crowd import LOWEST, Crowd, Ratings, Trust, dawid_skene, majority, shares, softmax, usual_shares
from labelaudit.crowdlab import crowdlab

Method = Literal["auto", "majority", "dawid_skene", "glad", "crowdlab"]
METHODS: tuple[Method, ...] = get_args(Method)
# Labels of shape (N,), -1 for none, to out-of-fold probabilities of shape (N, K).
Predict = Callable[[np.ndarray], np.ndarray]

TURNS = 3  # of learning from the consensus and voting with what was learned; more change next to nothing
PARTS = 5  # of the votes, each held out once,
ENOUGH = 20_000  # or as many of them as hold so many votes
FEWER_ROUNDS = 30  # where it begins near the end
DRAWS = 200  # of items, to see which way of weighing annotators is the best of all how often
SELDOM = 0.05  # of the draws; what is the best less often is not looked at again
PUBLISHED = Trust(by_class=0)
TRUSTS = (
    *(Trust(own, np.inf) for own in (1, 3, 10, 30)),
    *(Trust(np.inf, share) for share in (0.3, 1, 3)),
    *(Trust(10, share) for share in (1, 3, 10, 30)),
)
TEMPERATURES = (1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8)
DEPENDENCES = (0, 0.5, 1)
CLEAR = 1  # standard errors


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
    by_class : float
        How far annotators were weighed class by class, 0 to 1, and not by how often each is right in all.
    """

    posterior: np.ndarray
    model: np.ndarray | None = None
    temperature: float = 1.0
    model_share: float = 0.0
    by_class: float = 1.0

    @property
    def label(self) -> np.ndarray:
        """The likeliest class of every item, shape (N,)."""
        return np.asarray(self.posterior.argmax(axis=1))

    @property
    def quality(self) -> np.ndarray:
        """How likely that is right, shape (N,)."""
        return np.asarray(self.posterior.max(axis=1))


@dataclass(frozen=True, eq=False)
class Way:
    """A way of weighing annotators, what it finds, and how far that is to be believed.

    Parameters
    ----------
    trust : Trust
    crowd : Crowd
    temperature, model_share : float
        See `Consensus`; the temperature is that of an item with as many votes as usual.
    dependence : float
        With which power of its number of votes an item's temperature grows: 0 where each vote tells something new, 1
        where more of them tell no more, since an item that misleads one misleads many.
    weight : float
        Of this way among all.
    """

    trust: Trust
    crowd: Crowd
    temperature: float = 1.0
    model_share: float = 0.0
    dependence: float = 0.0
    weight: float = 0.0

    def softened(self, posterior: np.ndarray, votes: np.ndarray) -> np.ndarray:
        """Return what was found as sure as it is to be believed.

        Parameters
        ----------
        posterior : ndarray of shape (N, K)
        votes : ndarray of shape (N,)
            How many each item has, the usual number being 1.
        """
        return _softened(posterior, np.maximum(1, self.temperature * votes**self.dependence)[:, None])

    @property
    def keeps_classes(self) -> bool:
        """Whether classes mean what they are called; they do where nobody has habits."""
        return not np.isfinite(self.trust.by_class) or self.crowd.keeps_classes


def consensus(
    ratings: Ratings, method: Method = "auto", predict: Predict | None = None, pred_probs: np.ndarray | None = None
) -> Consensus:
    """Find the consensus.

    By default a model learns the consensus of Dawid and Skene's method, its out-of-fold probabilities become the prior
    of each item, and so on in turns, as in Raykar et al. (2010), where model and votes are one likelihood. That is
    right more often, but far too sure of itself: the votes are not independent, and the model has learned from them.
    So the votes are held out, a fifth at a time, and the result is softened by the temperature, more where there are
    more votes if need be (`Way.dependence`), and mixed with the model alone in the proportion, that predict them best.
    No truth is needed, and where the features say nothing the model gets no say. By the same measure it is found how
    annotators are to be weighed (`TRUSTS`): by habits for each class or by how often each is right in all, and how soon
    by their own ratings; what is as good is averaged. Ways that would change what the classes mean are left out (see
    `Crowd.keeps_classes`). And no item has a say in what its own annotators' habits are, which makes much of a
    difference where they rated few.

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
        return Consensus(dawid_skene(ratings, trust=PUBLISHED).posterior, model)
    if method == "glad":
        from labelaudit.glad import glad

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
    ways = _weighed(ratings, [Way(trust, dawid_skene(ratings, trust=trust)) for trust in TRUSTS], None)
    if predict is not None or model is not None:
        often = [way for way in ways if way.weight > SELDOM]
        best, found = _in_turns(ratings, predict, model, max(often, key=lambda way: way.weight))
        if not best.keeps_classes:
            often = [Way(trust, dawid_skene(ratings, trust=trust)) for trust in TRUSTS if np.isinf(trust.by_class)]
            best, found = _in_turns(ratings, predict, model, often[0])
        model = found
        ways = _weighed(ratings, [_begun(ratings, way.trust, model, best.crowd) for way in often], model)
    posterior = np.zeros((ratings.n_items, ratings.n_classes))
    for way in ways:
        said = way.softened(_out_of_sample(ratings, way, model), _many(ratings.per_item, ratings))
        posterior += way.weight * (said if model is None else (1 - way.model_share) * said + way.model_share * model)
    return Consensus(
        posterior,
        model,
        sum(way.weight * way.temperature for way in ways),
        sum(way.weight * way.model_share for way in ways),
        sum(way.weight for way in ways if np.isfinite(way.trust.by_class)),
    )


def _begun(ratings: Ratings, trust: Trust, model: np.ndarray | None, crowd: Crowd) -> Way:
    return Way(trust, dawid_skene(ratings, model, crowd.posterior, trust=trust, rounds=FEWER_ROUNDS))


def _out_of_sample(ratings: Ratings, way: Way, model: np.ndarray | None) -> np.ndarray:
    """Return the posterior of each item by what its annotators do with all others, shape (N, K)."""
    posterior = way.crowd.posterior
    known = posterior[ratings.per_item > 0].mean(axis=0) if model is None else model
    return softmax(np.log(known + LOWEST) + ratings.habits.without_own(ratings, posterior, way.trust))


def _in_turns(ratings: Ratings, predict: Predict | None, model: np.ndarray | None, way: Way) -> tuple[Way, np.ndarray]:
    """Let a model learn what annotators agree on, and agree again with what it says."""
    for _ in range(1 if predict is None else TURNS):
        if predict is not None:
            model = predict(np.where(ratings.per_item > 0, way.crowd.posterior.argmax(axis=1), -1))
        model = _as_votes_show(ratings, way.crowd, np.asarray(model))
        way = _begun(ratings, way.trust, model, way.crowd)
    return way, np.asarray(model)


def _many(votes: np.ndarray, ratings: Ratings) -> np.ndarray:
    """Return numbers of votes as multiples of the usual one; none counts as one."""
    return np.asarray(np.maximum(votes, 1) / ratings.per_item[ratings.per_item > 0].mean())


def _softened(probabilities: np.ndarray, temperature: np.ndarray | float) -> np.ndarray:
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


def _weighed(ratings: Ratings, ways: Sequence[Way], model: np.ndarray | None) -> list[Way]:
    """Weigh ways by how often each predicts held-out votes best, when items are drawn again and again.

    That is a Bayesian bootstrap, as in the pseudo-BMA+ of Yao et al. (2018). A way that changes what the classes mean
    has no weight.
    """
    ways = [way for way in ways if way.keeps_classes]
    rng = np.random.default_rng(0)
    parts = np.array_split(rng.permutation(len(ratings)), PARTS)[: -(-ENOUGH * PARTS // len(ratings))]
    ways, logs = zip(*(_held_out(ratings, way, model, parts) for way in ways), strict=True)
    items, item = np.unique(ratings.item[np.concatenate(parts)], return_inverse=True)
    per_item = np.stack([np.bincount(item, log) for log in logs])
    drawn = [int((per_item @ rng.exponential(size=len(items))).argmax()) for _ in range(DRAWS)]
    times = np.bincount(drawn, minlength=len(ways))
    return [replace(way, weight=float(time / DRAWS)) for way, time in zip(ways, times, strict=True) if time]


def _held_out(
    ratings: Ratings, way: Way, model: np.ndarray | None, parts: Sequence[np.ndarray]
) -> tuple[Way, np.ndarray]:
    """Find how sure a way is to be, and the share of the model alone, that predict held-out votes best; and how well.

    `parts` are numbers of ratings that are held out together, H in all; the second is a logarithm for each, shape (H,).
    """
    item = ratings.item[np.concatenate(parts)]
    known, likely = np.empty((2, len(item), ratings.n_classes))
    votes, end = np.empty(len(item)), 0
    for out in parts:
        rest = dawid_skene(ratings, model, trust=way.trust, rounds=FEWER_ROUNDS, out=out)
        start, end = end, end + len(out)
        known[start:end], likely[start:end] = rest.posterior[ratings.item[out]], rest.likely[ratings.habits.pair[out]]
        left = ratings.per_item - np.bincount(ratings.item[out], minlength=ratings.n_items)
        votes[start:end] = left[ratings.item[out]]
    votes = _many(votes, ratings)
    alone = np.zeros(len(item)) if model is None else (model[item] * likely).sum(axis=1)
    found = way, np.full(len(item), -np.inf)
    for dependence in DEPENDENCES:
        ways = [replace(way, temperature=float(one), dependence=float(dependence)) for one in TEMPERATURES]
        best = max((_shared(one, known, votes, likely, alone) for one in ways), key=lambda one: one[1].mean())
        gain = best[1] - found[1]
        # Without a clear gain votes are taken to tell something new.
        if not dependence or gain.mean() > CLEAR * gain.std() / np.sqrt(len(gain)):
            found = best
    return found


def _shared(
    way: Way, known: np.ndarray, votes: np.ndarray, likely: np.ndarray, alone: np.ndarray
) -> tuple[Way, np.ndarray]:
    """Find the model's share by expectation and maximisation, as for any mixture, and how well votes are predicted."""
    together = (way.softened(known, votes) * likely).sum(axis=1)
    share = 0.5 if alone.any() else 0.0
    for _ in range(50 if share else 0):
        own = share * alone
        share = float((own / (own + (1 - share) * together)).mean())
    return replace(way, model_share=share), np.log(share * alone + (1 - share) * together)
