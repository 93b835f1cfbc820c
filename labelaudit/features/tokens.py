"""Tokens in their sentences to one sparse matrix: the word, its shape, its parts and its neighbours.

Everything is worked out once for each different word and looked up for each token, so that 25,000 tokens take a
fraction of a second.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
import scipy.sparse as sp

AFFIXES = (1, 2, 3, 4)  # letters of a beginning or an end
GRAMS = (3, 4)  # letters of any part
ENDING = 3  # letters of a neighbour's end
NEAR, FAR = (-1, 1), (-2, 2)  # neighbours with their ending, and without
_RUNS = re.compile(r"(.)\1{2,}")


def token_features(tokens: Sequence[str], sentence: np.ndarray) -> sp.csr_matrix:
    """Describe tokens by themselves and by what stands around them.

    A token by its word in small letters, its shape ("Xx-dd"), its first and last letters and its character n-grams;
    the tokens beside it by word, shape and last letters, those after them by word and shape; and whether it is the
    first or the last of its sentence.

    Parameters
    ----------
    tokens : sequence of n str
        One sentence after the other.
    sentence : ndarray of shape (n,), int
        Ascending.

    Returns
    -------
    csr_matrix of shape (n, d), float32
        Rows have length one, so that no word of many letters outweighs the rest.
    """
    from sklearn.preprocessing import normalize

    number, found = pd.factorize(np.asarray(tokens, dtype=object))
    words = [str(word) for word in found]
    low = [word.lower() for word in words]
    word = _columns(words, lambda w: [w.lower()])
    outline = _columns(words, lambda w: [shape(w)])
    parts = _columns(low, _affixes)
    grams = _columns(low, _grams)
    near = sp.hstack([word, outline, _columns(low, lambda w: [w[-ENDING:]])], format="csr")
    far = sp.hstack([word, outline], format="csr")
    blocks = [sp.hstack([word, outline, parts, grams], format="csr")[number]]
    for steps, kinds in ((NEAR, near), (FAR, far)):
        for step in steps:
            other, inside = neighbour(sentence, step)
            beside = kinds[number[other]].multiply(inside[:, None])
            blocks += [beside, sp.csr_matrix(~inside[:, None], dtype=np.float32)]
    return sp.csr_matrix(normalize(sp.hstack(blocks, format="csr")), dtype=np.float32)


def neighbour(sentence: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the token so many places further on.

    Returns
    -------
    other : ndarray of shape (n,), int
        Its number; any where there is none.
    inside : ndarray of shape (n,), bool
        Whether it is in the same sentence.
    """
    n = len(sentence)
    other = np.arange(n) + step
    kept = other.clip(0, max(0, n - 1))
    return kept, (other == kept) & (sentence[kept] == sentence)


def shape(word: str) -> str:
    """Write X for a capital, x for another letter, d for a digit; more than two alike count as two."""
    marks = ("X" if c.isupper() else "x" if c.isalpha() else "d" if c.isdigit() else c for c in word)
    return _RUNS.sub(r"\1\1", "".join(marks))


def _affixes(word: str) -> list[str]:
    lengths = [length for length in AFFIXES if length <= len(word)]
    return [f"{word[:n]}…" for n in lengths] + [f"…{word[-n:]}" for n in lengths]


def _grams(word: str) -> set[str]:
    framed = f"<{word}>"
    return {framed[at : at + n] for n in GRAMS for at in range(len(framed) - n + 1)}


def _columns(words: Sequence[str], of: Callable[[str], Iterable[str]]) -> sp.csr_matrix:
    """Make one column for each property that any of the words has."""
    properties = [list(of(word)) for word in words]
    rows = np.repeat(np.arange(len(words)), [len(found) for found in properties])
    codes, names = pd.factorize(np.array([name for found in properties for name in found], dtype=object))
    ones = np.ones(len(rows), dtype=np.float32)
    return sp.csr_matrix((ones, (rows, codes)), shape=(len(words), len(names)))
