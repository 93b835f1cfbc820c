"""A data set to a feature matrix, once and cached."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from labelaudit.cache import Cache, Matrix, key
from labelaudit.dataset import Dataset

VERSION = 2  # part of every cache key that features enter: raise it when they change


@dataclass(frozen=True)
class Features:
    """The feature matrix in the forms that heads need.

    Parameters
    ----------
    matrix : csr_matrix or ndarray of shape (N, d), float32
        For linear heads and distances.
    codes : csr_matrix or ndarray of shape (N, e), float32
        For trees: categories as numbers instead of one-hot columns.
    """

    matrix: Matrix
    codes: Matrix


def features(dataset: Dataset, cache: Cache) -> Features:
    """Return the feature matrix of a data set.

    Parameters
    ----------
    dataset : Dataset
        With N rows.
    cache : Cache
        Where the matrix is kept; it depends on the feature columns alone, not on labels.

    Returns
    -------
    Features
        Those that the user brings, if any.
    """
    from labelaudit.features import tabular, text

    if dataset.given is not None and dataset.given.features is not None:
        return Features(dataset.given.features, dataset.given.features)
    name = key(data=dataset.feature_fingerprint, modality=dataset.modality, version=VERSION)
    if dataset.modality == "text":
        matrix = cache.matrix(f"features-{name}", lambda: text.text_features(dataset.texts()))
        return Features(matrix, matrix)
    both = functools.cache(lambda: tabular.tabular_features(dataset))
    matrix = cache.matrix(f"features-{name}", lambda: both()[0])
    return Features(matrix, cache.matrix(f"codes-{name}", lambda: both()[1]))
