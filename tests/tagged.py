"""Sentences of made words whose tags are all right: parts of speech, and entities in BIO."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from labelaudit.dataset import Dataset

WORDS = {
    "DET": ["the", "a", "this"],
    "NOUN": ["dog", "house", "tree", "river", "stone"],
    "VERB": ["walks", "sees", "takes", "hides"],
    "ADJ": ["green", "slow", "quiet"],
}
PEOPLE, PLACES = ["Ann", "Bob", "Cleo"], ["Oslo", "Rome", "Lima"]


def parts_of_speech(n: int = 60, seed: int = 0) -> Dataset:
    """Sentences such as "the slow dog sees a tree"."""
    rng = np.random.default_rng(seed)
    pattern = ["DET", "ADJ", "NOUN", "VERB", "DET", "NOUN"]
    sentences = [[str(rng.choice(WORDS[tag])) for tag in pattern] for _ in range(n)]
    return dataset(sentences, [pattern] * n)


def entities(n: int = 60, seed: int = 0) -> Dataset:
    """Sentences such as "Ann Smith walks in New Rome"."""
    rng = np.random.default_rng(seed)
    sentences = [[str(rng.choice(PEOPLE)), "Smith", "walks", "in", "New", str(rng.choice(PLACES))] for _ in range(n)]
    return dataset(sentences, [["B-PER", "I-PER", "O", "O", "B-LOC", "I-LOC"]] * n)


def dataset(sentences: list[list[str]], tags: list[list[str]]) -> Dataset:
    kind = pa.list_(pa.string())
    table = pa.table({"tokens": pa.array(sentences, kind), "tags": pa.array(tags, kind)})
    return Dataset("made", table, ("tags",), ("tokens",), modality="text", task="token", value_type="tags")
