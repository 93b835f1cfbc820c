"""GLAD: labels weighed by their annotator's ability and their item's ease."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from labelaudit.crowd import ROUNDS, Ratings, shares, softmax, summed


def glad(ratings: Ratings, *, rounds: int = ROUNDS) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weigh labels by their annotator's ability and their item's ease.

    GLAD (Whitehill et al. 2009): an annotator of ability a is right about an item of ease exp(b) with the probability
    1 / (1 + exp(-a exp(b))), and else says any other class alike; a and b are near 1 beforehand, as in crowd-kit.

    Parameters
    ----------
    ratings : Ratings
    rounds : int
        At most.

    Returns
    -------
    posterior : ndarray of shape (N, K)
    ability : ndarray of shape (M,)
        Below 0 for somebody who is wrong more often than by chance.
    ease : ndarray of shape (N,)
        The b.
    """
    m, others = ratings.n_annotators, np.log(max(ratings.n_classes - 1, 1))
    x, objective = np.ones(m + ratings.n_items), -np.inf
    posterior = shares(ratings)
    for _ in range(rounds):
        ability, ease = x[:m][ratings.annotator], np.exp(x[m:])[ratings.item]
        right, wrong = log_expit(ability * ease), log_expit(-ability * ease) - others
        logs = summed(ratings.item, ratings.label, right - wrong, ratings.votes.shape)
        posterior = softmax(logs)
        share = posterior[ratings.item, ratings.label]

        def loss(x: np.ndarray, share: np.ndarray = share) -> tuple[float, np.ndarray]:
            ability, ease = x[:m][ratings.annotator], np.exp(x[m:])[ratings.item]
            z = ability * ease
            expected = share * log_expit(z) + (1 - share) * (log_expit(-z) - others)
            slope = (share - expit(z)) * ease
            gradient = np.concatenate(
                [
                    np.bincount(ratings.annotator, slope, m),
                    np.bincount(ratings.item, slope * ability, ratings.n_items),
                ]
            )
            return float(0.5 * ((x - 1) ** 2).sum() - expected.sum()), x - 1 - gradient

        found = minimize(loss, x, jac=True, method="L-BFGS-B", options={"maxiter": 25})
        x, before, objective = found.x, objective, -found.fun
        if abs(objective - before) < 1e-5 * len(ratings):
            break
    return posterior, x[:m], x[m:]
