"""Made crowds whose truth is known: experts, adversaries, hard items, few ratings, habits class by class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.crowd import Ratings


@dataclass(frozen=True)
class Made:
    """How a crowd is made.

    Parameters
    ----------
    items, annotators, classes : int
        N, M and K.
    each : float
        Ratings of an item, on average (at least one); all rate all where it is M.
    right : tuple of float
        Annotators are right so often, from the worst to the best.
    experts, adversaries : int
        How many of them are right in 97 % and in 10 % of the cases.
    hard : float
        Share of the items that look like another class; who is no expert takes them for it in 6 of 10 cases.
    graded : float
        Items are hard to a different degree: this much, on average, is the logarithm of the share that is no guess.
    habits : bool
        How often somebody is right, and what they say else, differs by class.
    features : bool
        Whether there are eight numbers of each item that tell classes apart, more or less.
    """

    items: int = 500
    annotators: int = 30
    classes: int = 3
    each: float = 5
    right: tuple[float, float] = (0.6, 0.9)
    experts: int = 0
    adversaries: int = 0
    hard: float = 0.0
    graded: float = 0.0
    habits: bool = False
    features: bool = False

    def draw(self, seed: int) -> tuple[Ratings, np.ndarray, np.ndarray | None]:
        """Draw ratings; return them, the truth of shape (N,) and the features of shape (N, 8), if there are any."""
        rng, (n, m, k) = np.random.default_rng(seed), (self.items, self.annotators, self.classes)
        truth, right = rng.integers(0, k, n), rng.uniform(*self.right, m)
        right[: self.adversaries], right[m - self.experts :] = 0.1, 0.97
        looks = np.where(rng.random(n) < self.hard, (truth + rng.integers(1, k, n)) % k, truth)
        said = self._habits(rng, right)
        sure = np.exp(-rng.gamma(1.0, self.graded, n)) if self.graded else np.ones(n)
        item, annotator = self._pairs(rng)
        fooled = (annotator < m - self.experts) & (rng.random(len(item)) < 0.6)
        seen = np.where(fooled, looks[item], truth[item])
        chances = sure[item, None] * said[annotator, seen] + (1 - sure[item, None]) / k
        label = (rng.random((len(item), 1)) > chances.cumsum(axis=1)).sum(axis=1).clip(max=k - 1)
        features = (0.8 * rng.normal(size=(k, 8))[truth] + rng.normal(size=(n, 8))).astype(np.float32)
        return Ratings(item, annotator, label, n, m, k), truth, features if self.features else None

    def _pairs(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw who rates what."""
        n, m = self.items, self.annotators
        counts = np.full(n, m) if self.each >= m else np.minimum(1 + rng.poisson(self.each - 1, n), m)
        item = np.repeat(np.arange(n), counts)
        order = rng.random((n, m)).argsort(axis=1)
        return item, order[np.arange(m) < counts[:, None]]

    def _habits(self, rng: np.random.Generator, right: np.ndarray) -> np.ndarray:
        """What an annotator says of an item of each class, shape (M, K, K)."""
        m, k = len(right), self.classes
        by_class = right[:, None] + (rng.normal(0, 0.2, (m, k)) if self.habits else 0)
        by_class = np.broadcast_to(by_class, (m, k)).clip(0.1, 0.98)
        said = rng.dirichlet(np.full(k, 0.5 if self.habits else 50.0), (m, k)) * (1 - np.eye(k))
        said *= ((1 - by_class) / np.maximum(said.sum(axis=2), 1e-12))[:, :, None]
        return np.asarray(said + by_class[:, :, None] * np.eye(k))


CROWDS = {
    "a few experts": Made(right=(0.4, 0.65), experts=4),
    "adversaries": Made(right=(0.65, 0.9), adversaries=6),
    "hard items": Made(each=8, hard=0.15),
    "hard items, experts": Made(classes=2, each=10, right=(0.65, 0.9), experts=6, hard=0.2),
    "hard items, all rate all": Made(items=108, annotators=39, classes=2, each=39, right=(0.5, 0.9), hard=0.2),
    "hard to a degree": Made(each=7, graded=0.6),
    "few ratings per item": Made(items=800, annotators=40, each=2.2),
    "few ratings per annotator": Made(items=800, annotators=200, each=3),
    "habits class by class": Made(classes=4, each=6, habits=True),
    "ten classes": Made(items=1000, annotators=60, classes=10, each=4, right=(0.4, 0.8)),
    "features, few ratings": Made(each=3, features=True),
    "features, hard items": Made(hard=0.2, features=True),
    "features, habits": Made(classes=4, each=4, habits=True, features=True),
}
