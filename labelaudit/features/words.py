"""Words in their sentences to embeddings, by a pretrained transformer: an extra."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from labelaudit.cache import Cache, key
from labelaudit.predict import Progress, silent
from labelaudit.vision import digest, hardware, hugging_face
from labelaudit.weights import from_hub

VERSION = 1  # part of the cache key: raise it when the features change
SHARD = 2048  # pieces of sentences that are kept at once
BATCH = 32  # pieces that the model sees at once
MOST_PARTS = 512  # of words, where a model does not say how many it can see
LONGEST = 100  # words that the model sees at once: a longer sentence is cut into pieces


def word_embeddings(
    sentences: Sequence[Sequence[str]],
    model: str,
    cache: Cache | None = None,
    progress: Progress = silent,
    *,
    device: str = "auto",
) -> np.ndarray:
    """Embed words by the last hidden state of a model of Hugging Face, the mean over the parts of a word.

    Parameters
    ----------
    sentences : sequence of N sequences of str
        With n words in all.
    model : str
        A folder that holds a model and its tokenizer, or a name on huggingface.co: ``distilbert-base-cased``.
    cache : Cache, optional
        Where shards are kept.
    progress : callable
    device : str
        See `labelaudit.vision.hardware`.

    Returns
    -------
    ndarray of shape (n, d), float32
        Rows have length one; 0 for a word of which the model sees nothing.

    Raises
    ------
    MissingExtra
        transformers is not installed; it comes with sentence-transformers.
    NoWeights
        The model is not here and can't be downloaded.
    """
    library = hugging_face("transformers", "sentences")
    device, _ = hardware(device, "float32")
    # Some tokenizers tell words apart by the space before them, and some were never asked to pad.
    tokenizer = from_hub(model, partial(library.AutoTokenizer.from_pretrained, model, add_prefix_space=True))
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    network = from_hub(model, partial(library.AutoModel.from_pretrained, model)).eval().to(device)
    cache = cache or Cache(None)
    pieces = [list(words[at : at + LONGEST]) for words in sentences for at in range(0, len(words), LONGEST)]
    depends = {"weights": digest(network), "device": device, "version": VERSION}
    start, shards = time.perf_counter(), []

    def embed(shard: list[list[str]], done: int) -> np.ndarray:
        # Pieces of about the same length stand together, so that little is padded.
        order = np.argsort([len(piece) for piece in shard], kind="stable").tolist()
        found: dict[int, np.ndarray] = {}
        for at in range(0, len(order), BATCH):
            batch = order[at : at + BATCH]
            found |= zip(batch, _of_words(tokenizer, network, [shard[number] for number in batch]), strict=True)
            rate = (done + len(found)) / (time.perf_counter() - start)
            progress(f"features: {rate:,.0f} sentences/s", done + len(found), len(pieces))
        return np.concatenate([found[number] for number in range(len(shard))])

    for first in range(0, len(pieces), SHARD):
        shard = pieces[first : first + SHARD]
        shards.append(cache.matrix(f"words-{key(pieces=shard, **depends)}", partial(embed, shard, first)))
    return np.concatenate(shards)


def _of_words(tokenizer: Any, network: Any, pieces: list[list[str]]) -> list[np.ndarray]:
    """Return the embeddings of the words of each piece."""
    import torch

    longest = min(tokenizer.model_max_length, getattr(network.config, "max_position_embeddings", MOST_PARTS))
    how = {"truncation": True, "max_length": longest, "padding": True, "return_tensors": "pt"}
    parts = tokenizer(pieces, is_split_into_words=True, **how)
    with torch.inference_mode():
        hidden = network(**parts.to(network.device)).last_hidden_state.float().cpu().numpy()
    found = []
    for number, piece in enumerate(pieces):
        words = np.array([-1 if word is None else word for word in parts.word_ids(number)])
        sums = np.zeros((len(piece), hidden.shape[2]), dtype=np.float32)
        np.add.at(sums, words[words >= 0], hidden[number][words >= 0])
        found.append(sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), np.finfo(np.float32).tiny))
    return found
