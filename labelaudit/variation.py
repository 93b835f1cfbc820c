"""The same word in the same surroundings, tagged otherwise elsewhere: variation n-grams (Dickinson & Meurers 2003).

Where one text is annotated twice in different ways, one of the two is likely wrong. The wider the surroundings that
are the same, the more that says; words alone say something, too. So the tags of a word elsewhere are counted in the
widest surroundings in which it occurs, and narrower ones fill in where there are few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from labelaudit.features.tokens import neighbour

STRENGTH = 2.0  # tokens elsewhere that count as much as what the narrower surroundings say
WORD, LEFT, RIGHT, BOTH = range(4)
WIDEST_FIRST = (BOTH, LEFT, RIGHT, WORD)


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Which tokens are the same word, with the same neighbours.

    Parameters
    ----------
    keys : tuple of four ndarray of shape (n,), int
        Tokens with the same number are the same word; with the same word before it; after it; and on both sides.
    sentence : ndarray of shape (n,), int
    labels : ndarray of shape (n,)
        -1 where missing.
    n_classes : int
        K.
    """

    keys: tuple[np.ndarray, ...]
    sentence: np.ndarray
    labels: np.ndarray
    n_classes: int

    @classmethod
    def of(cls, tokens: Sequence[str], sentence: np.ndarray, labels: np.ndarray, n_classes: int) -> Surroundings:
        """Compare tokens, capitals or not, within their sentences."""
        word = pd.factorize(np.array([token.lower() for token in tokens], dtype=object))[0] + 1
        left, right = (np.where(inside, word[other], 0) for other, inside in (neighbour(sentence, s) for s in (-1, 1)))
        before, after = _pairs(word, left), _pairs(word, right)
        return cls((word - 1, before, after, _pairs(before, right)), sentence, labels, n_classes)

    def elsewhere(self, level: int, rows: np.ndarray) -> np.ndarray:
        """Count the tags of the same in other sentences.

        Parameters
        ----------
        level : int
            `WORD`, `LEFT`, `RIGHT` or `BOTH`.
        rows : ndarray of shape (m,)

        Returns
        -------
        ndarray of shape (m, K), float32
        """
        key = self.keys[level]
        here = _pairs(key, self.sentence)
        return np.asarray(self._counts(key, rows) - self._counts(here, rows))

    def _counts(self, key: np.ndarray, rows: np.ndarray) -> np.ndarray:
        known = self.labels >= 0
        ones = np.ones(known.sum(), dtype=np.float32)
        size = (int(key.max(initial=0)) + 1, self.n_classes)
        return np.asarray(sp.csr_matrix((ones, (key[known], self.labels[known])), shape=size)[key[rows]].toarray())


def _pairs(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Number the different pairs of numbers."""
    return np.asarray(pd.factorize(first.astype(np.int64) * (int(second.max(initial=0)) + 1) + second)[0])


def shares(places: Surroundings) -> np.ndarray:
    """Say how the word of each token is tagged in other sentences, the widest surroundings first.

    What narrower surroundings say counts like `STRENGTH` tokens (a Dirichlet prior), down to how frequent each tag is.

    Parameters
    ----------
    places : Surroundings
        Of n tokens.

    Returns
    -------
    ndarray of shape (n, K), float32
        Rows sum to 1.
    """
    every = np.arange(len(places.labels))
    frequent = np.bincount(places.labels[places.labels >= 0], minlength=places.n_classes).astype(np.float32)

    def backed(level: int, prior: np.ndarray) -> np.ndarray:
        counts = places.elsewhere(level, every)
        return np.asarray((counts + STRENGTH * prior) / (counts.sum(axis=1, keepdims=True) + STRENGTH))

    word = backed(WORD, frequent / max(1.0, frequent.sum()))
    beside = (backed(LEFT, word) + backed(RIGHT, word)) / 2
    return np.asarray(backed(BOTH, beside), dtype=np.float32)


def evidence(
    places: Surroundings, tokens: Sequence[str], rows: np.ndarray, suggested: np.ndarray, names: Sequence[str]
) -> list[str]:
    """Say where the same is tagged as suggested.

    Parameters
    ----------
    places : Surroundings
    tokens : sequence of n str
    rows : ndarray of shape (m,)
        The tokens in question.
    suggested : ndarray of shape (m,)
        Class indices.
    names : sequence of K str

    Returns
    -------
    list of m str
        Of the widest surroundings in which it is; empty where it never is.
    """
    said = [""] * len(rows)
    left, right = (
        [tokens[at] if ok else "" for at, ok in zip(other[rows], inside[rows], strict=True)]
        for other, inside in (neighbour(places.sentence, step) for step in (-1, 1))
    )
    for level in WIDEST_FIRST:
        counts = places.elsewhere(level, rows)
        totals, same = counts.sum(axis=1), counts[np.arange(len(rows)), suggested]
        for place in np.flatnonzero(same):
            if said[place]:
                continue
            before = f" after “{left[place]}”" if level in (LEFT, BOTH) and left[place] else ""
            behind = f" before “{right[place]}”" if level in (RIGHT, BOTH) and right[place] else ""
            what = f"“{tokens[rows[place]]}”{' and'.join(filter(None, [before, behind]))}"
            times = f"{same[place]:,.0f} of {totals[place]:,.0f} times"
            said[place] = f"{what} is {names[suggested[place]]} {times} in other sentences"
    return said
