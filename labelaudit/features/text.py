"""Texts to TF-IDF."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from labelaudit.errors import BadInput


def text_features(texts: Sequence[str]) -> sp.csr_matrix:
    """Weigh words and word pairs by TF-IDF.

    All texts are vectorised at once, not per fold: no label enters document frequencies, so nothing leaks from
    the held-out fold, and the same matrix serves every fold, head and re-audit.

    Parameters
    ----------
    texts : sequence of N str

    Returns
    -------
    csr_matrix of shape (N, d), float32
        Rows have length one, or are empty where a text has no known word.

    Raises
    ------
    BadInput
        All texts are empty.
    """
    if not any(text.strip() for text in texts):
        raise BadInput("all texts are empty; choose the columns that hold the text of each row.")
    vectorizer = text_vectorizer(len(texts))
    try:
        return sp.csr_matrix(vectorizer.fit_transform(texts))
    except ValueError:  # scikit-learn's "empty vocabulary": no word at all, so fall back to characters
        return sp.csr_matrix(text_vectorizer(len(texts), analyzer="char", min_df=1).fit_transform(texts))


def text_vectorizer(n_texts: int, analyzer: str = "word", min_df: int | None = None):  # type: ignore[no-untyped-def]
    """Return the unfitted vectoriser, for `n_texts` texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        analyzer=analyzer,
        ngram_range=(1, 2),
        # A word or pair that occurs once can't link two texts, and most do: without them d shrinks several times.
        min_df=(2 if n_texts >= 50 else 1) if min_df is None else min_df,
        sublinear_tf=True,
        strip_accents=None,
        token_pattern=r"(?u)\b\w+\b" if analyzer == "word" else None,
        dtype=np.float32,
    )
