"""Texts to sentence embeddings, by a pretrained model: an extra."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

import numpy as np

from labelaudit.cache import Cache, key
from labelaudit.predict import Progress, silent
from labelaudit.vision import digest, hardware, hugging_face
from labelaudit.weights import from_hub

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
    library = hugging_face("sentence_transformers", "sentences")
    device, _ = hardware(device, "float32")
    network = from_hub(model, partial(library.SentenceTransformer, model, device=device))
    cache = cache or Cache(None)
    different, inverse = np.unique(np.array(texts, dtype=object), return_inverse=True)
    depends = {"weights": digest(network), "device": device, "version": VERSION}
    start, done, embedded = time.perf_counter(), 0, 0
    shards = []

    def embed(part: np.ndarray) -> np.ndarray:
        nonlocal embedded
        batches = []
        for at in range(0, len(part), BATCH):
            batch = list(part[at : at + BATCH])
            batches.append(network.encode(batch, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False))
            embedded += len(batch)
            rate = embedded / (time.perf_counter() - start)
            progress(f"features: {rate:,.0f} texts/s", done + at + len(batch), len(different))
        return np.concatenate(batches).astype(np.float32)

    # Texts of about the same length stand together, so that little is padded.
    by_length = np.argsort([len(text) for text in different], kind="stable")
    for first in range(0, len(different), SHARD):
        part = different[by_length[first : first + SHARD]]
        shards.append(cache.matrix(f"sentences-{key(texts=list(part), **depends)}", partial(embed, part)))
        done += len(part)
        progress("features", done, len(different))
    return np.concatenate(shards)[np.argsort(by_length)][inverse]
