"""A data set to a feature matrix, once and cached."""

from __future__ import annotations

from labelaudit.cache import Cache, Matrix, key
from labelaudit.dataset import Dataset

VERSION = 2  # part of every cache key that features enter: raise it when they change


def features(dataset: Dataset, cache: Cache) -> Matrix:
    """Return the feature matrix of a data set.

    Parameters
    ----------
    dataset : Dataset
        With N rows.
    cache : Cache
        Where the matrix is kept; it depends on the feature columns alone, not on labels.

    Returns
    -------
    csr_matrix or ndarray of shape (N, d), float32
    """
    from labelaudit.features import tabular, text

    name = "features-" + key(data=dataset.feature_fingerprint, modality=dataset.modality, version=VERSION)
    if dataset.modality == "text":
        return cache.matrix(name, lambda: text.text_features(dataset.texts()))
    return cache.matrix(name, lambda: tabular.tabular_features(dataset))
