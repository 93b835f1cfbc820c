"""Texts to sentence embeddings, by a pretrained model: an extra."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from labelaudit.cache import Cache, key
from labelaudit.errors import NoWeights
from labelaudit.predict import Progress, silent
from labelaudit.vision import digest, hardware, require

VERSION = 1  # part of the cache key: raise it when the features change
SHARD = 4096  # texts that are kept at once
BATCH = 64  # texts that the model sees at once


def sentence_features(
    texts: Sequence[str],
    model: str,
    cache: Cache | None = None,
    progress: Progress = silent,
    *,
    device: str = "auto",
) -> np.ndarray:
    """Embed texts with a model of sentence-transformers.

    Every shard of 4,096 different texts is kept as soon as it is done, so that a run that was stopped goes on there.

    Parameters
    ----------
    texts : sequence of N str
    model : str
        A folder that sentence-transformers wrote, or a name on huggingface.co: ``all-MiniLM-L6-v2``.
    cache : Cache, optional
        Where shards are kept.
    progress : callable
        Told "features: 900 texts/s", how many are done, and how many there are.
    device : str
        See `labelaudit.vision.hardware`.

    Returns
    -------
    ndarray of shape (N, d), float32
        Rows have length one.

    Raises
    ------
    MissingExtra
        sentence-transformers is not installed.
    NoWeights
        The model is not here and can't be downloaded.
    """
    require("sentence_transformers", "sentences")
    from sentence_transformers import SentenceTransformer

    device, _ = hardware(device, "float32")
    try:
        network = SentenceTransformer(model, device=device)
    except (OSError, ValueError) as error:
        raise NoWeights(
            f"there is no sentence model {model!r} here and it can't be downloaded; download it from huggingface.co "
            "into a folder and give that folder."
        ) from error
    cache = cache or Cache(None)
    different = list(dict.fromkeys(texts))
    depends = {"weights": digest(network), "device": device, "version": VERSION}
    start = time.perf_counter()
    found = []
    for at in range(0, len(different), SHARD):
        part = different[at : at + SHARD]
        embedded = []

        def compute(at: int = at, part: list[str] = part) -> np.ndarray:
            for low in range(0, len(part), BATCH):
                ...

        found.append(cache.matrix(f"sentences-{key(texts=part, **depends)}", compute))
