"""Several people's labels of the same items: majority vote, and Dawid and Skene's method.

crowd-kit has the same methods, and GLAD (`labelaudit.glad`). They are written anew because the consensus with a model
(`labelaudit.consensus`) needs Dawid and Skene's with what a model says of each item as a prior, and because theirs, on
data frames, takes a hundred times as long; it would also bring transformers and nltk along.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

LOWEST = 1e-12
FLOOR = 0.01  # ratings, of every kind: what nobody saw is not impossible
ALIKE = 0.02  # of what all give to a class: errors that are made alike whichever they are
ROUNDS, SETTLED = 100, 1e-3  # of expectation and maximisation, and the change of a probability that is none


@dataclass(frozen=True, eq=False)
class Ratings:
    """Who gave which item which label, at most once each.

    Parameters
    ----------
    item, annotator, label : ndarray of shape (R,), int
        Numbered from 0.
    n_items, n_annotators, n_classes : int
        N, M and K; items and annotators may have no rating.
    """

    item: np.ndarray
    annotator: np.ndarray
    label: np.ndarray
    n_items: int
    n_annotators: int
    n_classes: int

    def __len__(self) -> int:
        return len(self.item)

    @cached_property
    def votes(self) -> np.ndarray:
        """How many said what of an item, shape (N, K)."""
        return summed(self.item, self.label, None, (self.n_items, self.n_classes))

    @cached_property
    def per_item(self) -> np.ndarray:
        """How many ratings an item has, shape (N,)."""
        return np.bincount(self.item, minlength=self.n_items)

    @cached_property
    def per_annotator(self) -> np.ndarray:
        """How many ratings somebody gave, shape (M,)."""
        return np.bincount(self.annotator, minlength=self.n_annotators)

    @cached_property
    def agreement(self) -> np.ndarray:
        """How often others say the same of the same item, shape (M,); the mean of all where nobody else rated it."""
        others = self.per_item[self.item] - 1
        same = self.votes[self.item, self.label] - 1
        found = np.bincount(self.annotator, same, self.n_annotators)
        of = np.bincount(self.annotator, others, self.n_annotators)
        shares = np.divide(found, of, out=np.full(self.n_annotators, np.nan), where=of > 0)
        return np.where(of > 0, shares, np.nanmean(shares) if (of > 0).any() else 1.0)

    def without(self, out: np.ndarray) -> Ratings:
        """Leave these ratings out, and keep all items, annotators and classes."""
        item, annotator, label = (np.delete(column, out) for column in (self.item, self.annotator, self.label))
        return Ratings(item, annotator, label, self.n_items, self.n_annotators, self.n_classes)

    @cached_property
    def habits(self) -> Habits:
        """The ratings by annotator and label, for expectation and maximisation."""
        return Habits.of(self)


def summed(rows: np.ndarray, columns: np.ndarray, weights: np.ndarray | None, shape: tuple[int, int]) -> np.ndarray:
    """Add up weights (ones by default) by row and column, to an array of this shape."""
    cells = rows.astype(np.int64) * shape[1] + columns
    return np.bincount(cells, weights, shape[0] * shape[1]).reshape(shape)


def majority(ratings: Ratings, pred_probs: np.ndarray | None = None) -> np.ndarray:
    """Take the label that most say.

    Parameters
    ----------
    ratings : Ratings
    pred_probs : ndarray of shape (N, K), optional
        Breaks ties first. Then those do who agree with others more often, then the order of the classes.

    Returns
    -------
    ndarray of shape (N,), int
        -1 for an item without ratings.
    """
    if not ratings.votes.shape[1]:
        return np.full(len(ratings.votes), -1)
    trusted = summed(ratings.item, ratings.label, ratings.agreement[ratings.annotator], ratings.votes.shape)
    tied = ratings.votes == ratings.votes.max(axis=1, keepdims=True)
    for tiebreak in (pred_probs, trusted):
        if tiebreak is not None:
            value = np.where(tied, tiebreak, -1.0)
            tied = value >= value.max(axis=1, keepdims=True) - LOWEST
    return np.where(ratings.per_item > 0, tied.argmax(axis=1), -1)


# -- Dawid and Skene ------------------------------------------------------------------------------------


class Trust(NamedTuple):
    """How much an annotator is taken to be like others, until their own ratings show it.

    Parameters
    ----------
    own : float
        How many ratings, of all, somebody's share of right ones begins with; infinity for everybody being right as
        often as all are, class by class.
    by_class : float
        How many ratings, as expected of somebody so often right who errs as all do, their habit of each class begins
        with: 0 for Dawid and Skene's method as it was published, infinity for nobody having habits, where every wrong
        class is said alike.
    """

    own: float = np.inf
    by_class: float = 1.0

    def likely(
        self, counts: np.ndarray, totals: np.ndarray, right: np.ndarray, label: np.ndarray, usual: np.ndarray
    ) -> np.ndarray:
        """Say how likely a label is in each class.

        Parameters
        ----------
        counts, totals : ndarray of shape (P, K)
            How many items of each class its annotator called so, and rated.
        right : ndarray of shape (P,)
            How many of these items they called right.
        label : ndarray of shape (P,)
        usual : ndarray of shape (K, K)
            How often all give each label to items of each class.

        Returns
        -------
        ndarray of shape (P, K)
        """
        k, has_habits = len(usual), np.isfinite(self.by_class)
        if np.isfinite(self.own):
            of_all = np.trace(usual) / usual.sum()
            share = ((right + self.own * of_all) / (totals.sum(axis=1) + self.own)).clip(FLOOR, 1 - FLOOR)[:, None]
            errors = usual + ALIKE * usual.sum(axis=0) / k if has_habits else np.ones((k, k))
            errors = errors * (1 - np.eye(k))
            errors /= np.maximum(errors.sum(axis=0), LOWEST)
            expected = np.where(label[:, None] == np.arange(k), share, (1 - share) * errors[label])
        else:
            expected = (usual / usual.sum(axis=0))[label]
        if not has_habits:
            return np.asarray(expected)
        return np.asarray((counts + FLOOR + self.by_class * expected) / (totals + FLOOR * k + self.by_class))


LITTLE = Trust()


@dataclass(frozen=True, eq=False)
class Habits:
    """Ratings by pair of annotator and label, of which only those that occur are kept.

    Parameters
    ----------
    pair : ndarray of shape (R,)
        Number of the pair of each rating.
    annotator, label : ndarray of shape (P,)
        Of each pair.
    of_item : csr_matrix of shape (N, P)
        Which pairs an item was given.
    by_label : csr_matrix of shape (K, P)
    by_annotator : csr_matrix of shape (M, P)
    """

    pair: np.ndarray
    annotator: np.ndarray
    label: np.ndarray
    of_item: sp.csr_matrix
    by_label: sp.csr_matrix
    by_annotator: sp.csr_matrix

    @classmethod
    def of(cls, ratings: Ratings) -> Habits:
        """Number the pairs."""
        every = ratings.annotator.astype(np.int64) * ratings.n_classes + ratings.label
        pairs, pair = np.unique(every, return_inverse=True)
        annotator, label = np.divmod(pairs, ratings.n_classes)
        here = np.arange(len(pairs))

        def ones(rows: np.ndarray, columns: np.ndarray, count: int) -> sp.csr_matrix:
            return sp.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(count, len(pairs)))

        return cls(
            pair,
            annotator,
            label,
            ones(ratings.item, pair, ratings.n_items),
            ones(label, here, ratings.n_classes),
            ones(annotator, here, ratings.n_annotators),
        )

    def without(self, ratings: Ratings, out: np.ndarray) -> Habits:
        """Leave these ratings out, and keep the numbers of the pairs."""
        gone = sp.csr_matrix((np.ones(len(out)), (ratings.item[out], self.pair[out])), shape=self.of_item.shape)
        return replace(self, of_item=self.of_item - gone)

    def _counted(self, posterior: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Count items of each class by pair, by label and by annotator, and how many of these were called right."""
        counts = self.of_item.T @ posterior
        right = self.by_annotator @ counts[np.arange(len(counts)), self.label]
        return counts, self.by_label @ counts + FLOOR, right, self.by_annotator @ counts

    def learned(self, posterior: np.ndarray, trust: Trust) -> tuple[np.ndarray, np.ndarray]:
        """Say how likely an annotator gives a label to an item of each class, shape (P, K), and all do, shape (K, K).

        Parameters
        ----------
        posterior : ndarray of shape (N, K)
            Of the items.
        trust : Trust
        """
        counts, usual, hits, totals = self._counted(posterior)
        at = self.annotator
        return trust.likely(counts, totals[at], hits[at], self.label, usual), usual / usual.sum(axis=0)

    def without_own(self, ratings: Ratings, posterior: np.ndarray, trust: Trust) -> np.ndarray:
        """Say how likely the ratings of an item are in each class, by what their annotators do with all other items.

        Returns
        -------
        ndarray of shape (N, K)
            Logarithms.
        """
        counts, usual, hits, totals = self._counted(posterior)
        own = posterior[ratings.item]
        at, said = ratings.annotator, own[np.arange(len(own)), ratings.label]
        likely = trust.likely(counts[self.pair] - own, totals[at] - own, hits[at] - said, ratings.label, usual)
        return np.column_stack([np.bincount(ratings.item, logs, ratings.n_items) for logs in np.log(likely).T])


@dataclass(frozen=True, eq=False)
class Crowd:
    """What the ratings make of the items and of the annotators.

    Parameters
    ----------
    posterior : ndarray of shape (N, K)
        Probability of each class, given the ratings and what was known before; rows sum to 1.
    likely : ndarray of shape (P, K)
    usual : ndarray of shape (K, K)
        See `Habits.learned`; a column per true class.
    """

    posterior: np.ndarray
    likely: np.ndarray
    usual: np.ndarray

    @property
    def keeps_classes(self) -> bool:
        """Whether every class is still the one that it is called most often.

        Classes are known by what annotators say alone: where these agree little, as on a matter of taste, expectation
        and maximisation can make groups of items that explain the ratings better and mean something else.
        """
        return bool((self.usual.argmax(axis=0) == np.arange(len(self.usual))).all())


def dawid_skene(
    ratings: Ratings,
    prior: np.ndarray | None = None,
    start: np.ndarray | None = None,
    *,
    trust: Trust = LITTLE,
    rounds: int = ROUNDS,
    out: np.ndarray | None = None,
) -> Crowd:
    """Weigh every label by how its annotator labels each class, found by expectation and maximisation.

    Dawid and Skene (1979), with two changes: every annotator's habits borrow from those of all as `trust` says, because
    many have few ratings of a class, and an item may have a prior of its own.

    Parameters
    ----------
    ratings : Ratings
    prior : ndarray of shape (N, K), optional
        What is known of each item before anybody rates it, out of sample; the shares of the classes by default.
    start : ndarray of shape (N, K), optional
        Where to begin; the shares of the votes by default.
    trust : Trust
        `LITTLE` by default: one rating of all in each class.
    rounds : int
        At most.
    out : ndarray, optional
        Numbers of ratings to leave out.
    """
    habits, known_by = ratings.habits, ratings
    if out is not None:
        habits, known_by = habits.without(ratings, out), ratings.without(out)
    rated = known_by.per_item > 0
    posterior = shares(known_by) if start is None else start
    for _ in range(rounds):
        likely, usual = habits.learned(posterior, trust)
        known = posterior[rated].mean(axis=0) if prior is None else prior
        before, posterior = posterior, softmax(np.log(known + LOWEST) + habits.of_item @ np.log(likely))
        if np.abs(posterior - before).max() < SETTLED:
            break
    return Crowd(posterior, likely, usual)


def shares(ratings: Ratings) -> np.ndarray:
    """Share of the votes of an item, shape (N, K); of all votes where it has none."""
    own = ratings.votes / np.maximum(ratings.per_item, 1)[:, None]
    return np.where(ratings.per_item[:, None] > 0, own, usual_shares(ratings))


def usual_shares(ratings: Ratings) -> np.ndarray:
    """Share of each class of all votes, shape (K,)."""
    return np.asarray(ratings.votes.sum(axis=0) / len(ratings))


def softmax(logs: np.ndarray) -> np.ndarray:
    """Make rows of probabilities of their logarithms."""
    # Along few classes numpy is slow to find the highest and to add up.
    powers = np.exp(logs - np.ascontiguousarray(logs.T).max(axis=0)[:, None])
    return np.asarray(powers / np.ascontiguousarray(powers.T).sum(axis=0)[:, None])
