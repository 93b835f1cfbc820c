"""A data set to a feature matrix, once and cached."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from labelaudit.cache import Cache, Matrix, key
from labelaudit.dataset import Dataset
from labelaudit.predict import Progress, silent

if TYPE_CHECKING:
    import pandas as pd

    from labelaudit.config import AuditConfig

TFIDF = ("auto", "tfidf")  # what an embedder is called where texts need none
VERSION = 2  # part of every cache key that features enter: raise it when they change


@dataclass(frozen=True)
class Features:
    """The feature matrix in the forms that heads need, and what else was seen on the way.

    Parameters
    ----------
    matrix : csr_matrix or ndarray of shape (N, d), float32
        For linear heads and distances.
    codes : csr_matrix or ndarray of shape (N, e), float32
        For trees: categories as numbers instead of one-hot columns.
    embedder, why : str
        What made them, and why it was taken, for a person.
    key : str
        All that they depend on.
    embedding : bool
        Whether they are one embedding, in which distances mean something, and not columns of their own.
    properties : DataFrame of N rows or None
        Of images; see `labelaudit.features.images`.
    unreadable : mapping of int to str
        Rows of images that can't be read, and why; their features are zero.
    """

    matrix: Matrix
    codes: Matrix
    embedder: str
    key: str
    why: str = ""
    embedding: bool = False
    properties: pd.DataFrame | None = None
    unreadable: Mapping[int, str] = field(default_factory=dict)

    def take(self, rows: np.ndarray) -> Features:
        """Keep these rows, none of them unreadable."""
        properties = None if self.properties is None else self.properties.iloc[rows].reset_index(drop=True)
        return replace(self, matrix=self.matrix[rows], codes=self.codes[rows], properties=properties, unreadable={})


def features(dataset: Dataset, config: AuditConfig, cache: Cache, progress: Progress = silent) -> Features:
    """Return the feature matrix of a data set.

    Parameters
    ----------
    dataset : Dataset
        With N rows.
    config : AuditConfig
        Says which embedder, on what device, in what precision.
    cache : Cache
        Where the matrix is kept; it depends on the feature columns alone, not on labels.
    progress : callable

    Returns
    -------
    Features
        Those that the user brings, if any.

    Raises
    ------
    BadInput
        There is nothing to learn from, or the embedder can't be had.
    """
    if dataset.given is not None and dataset.given.features is not None:
        return Features(
            dataset.given.features, dataset.given.features, "yours", dataset.feature_fingerprint, embedding=True
        )
    name = key(data=dataset.feature_fingerprint, modality=dataset.modality, version=VERSION)
    if dataset.modality == "image":
        from labelaudit.features import images

        seen = images.image_features(
            dataset.image,
            dataset.digests.tolist(),
            config.embedder,
            cache,
            progress,
            device=config.device,
            precision=config.precision,
        )
        name = key(data=name, embedder=seen.embedder, **seen.key)
        return Features(seen.matrix, seen.matrix, seen.embedder, name, seen.why, True, seen.properties, seen.reasons)
    if dataset.modality == "text":
        from labelaudit.features import sentences, text

        if config.embedder not in TFIDF:
            embedded = sentences.sentence_features(
                dataset.texts(), config.embedder, cache, progress, device=config.device
            )
            name = sha256(np.ascontiguousarray(embedded).data).hexdigest()[:24]  # the same name can mean other weights
            return Features(
                embedded, embedded, config.embedder, name, "a sentence embedding, as you chose", embedding=True
            )
        matrix = cache.matrix(f"features-{name}", lambda: text.text_features(dataset.texts()))
        return Features(matrix, matrix, "tfidf", name)
    from labelaudit.features import tabular

    both = functools.cache(lambda: tabular.tabular_features(dataset))
    matrix = cache.matrix(f"features-{name}", lambda: both()[0])
    return Features(matrix, cache.matrix(f"codes-{name}", lambda: both()[1]), "table", name)
