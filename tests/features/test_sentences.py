"""Texts to sentence embeddings, with a stand-in for the library where it is not installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from labelaudit.cache import Cache
from labelaudit.errors import Cancelled, MissingExtra, NoWeights
from labelaudit.features import sentences
from labelaudit.features.sentences import sentence_features

torch = pytest.importorskip("torch", reason="needs the extra labelaudit[sentences]")

TEXTS = ["a cat sat", "a dog", "stocks fell again today", "a dog", "", "rain"]


class Counting:
    """Counts letters, and how often it was asked."""

    def __init__(self, model: str, device: str, local_files_only: bool = False) -> None:
        if model == "unknown":
            raise OSError("not here")
        self.asked: list[str] = []
        loaded.append(self)

    def state_dict(self) -> dict[str, Any]:
        return {"weight": torch.ones(2)}

    def encode(self, texts: list[str], *, normalize_embeddings: bool, **how: Any) -> np.ndarray:
        assert normalize_embeddings
        self.asked += texts
        counts = np.array([[text.count(letter) + 0.1 for letter in "adost"] for text in texts])
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)


loaded: list[Counting] = []


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded.clear()
    monkeypatch.setattr(sentences, "SHARD", 2)
    monkeypatch.setattr(sentences, "BATCH", 1)
    monkeypatch.setattr(sentences, "hugging_face", lambda *what: SimpleNamespace(SentenceTransformer=Counting))


def test_rows_are_unit_vectors_in_the_order_of_the_texts() -> None:
    X = sentence_features(TEXTS, "any")
    assert X.dtype == np.float32
    assert np.allclose(np.linalg.norm(X, axis=1), 1)
    each = np.concatenate([sentence_features([text], "any") for text in TEXTS])
    assert (each == X).all()


def test_equal_texts_are_embedded_once() -> None:
    sentence_features(TEXTS, "any")
    assert sorted(loaded[0].asked) == sorted(set(TEXTS))


def test_stopped_run_goes_on_at_the_last_finished_shard(tmp_path: Path) -> None:
    def stop(step: str, done: float, total: float) -> None:
        assert total == 5
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        sentence_features(TEXTS, "any", Cache(tmp_path), stop)
    X = sentence_features(TEXTS, "any", Cache(tmp_path))
    assert not set(loaded[0].asked[:2]) & set(loaded[1].asked)
    assert (sentence_features(TEXTS, "any") == X).all()
    sentence_features(TEXTS, "any", Cache(tmp_path))
    assert not loaded[-1].asked


def test_unknown_model_without_a_network_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(url: str, timeout: float) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr("labelaudit.download.urlopen", offline)
    with pytest.raises(NoWeights, match=r"'unknown' is not here and can't be downloaded \(Network is unreachable\)"):
        sentence_features(TEXTS, "unknown")


def test_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    if find_spec("sentence_transformers"):
        pytest.skip("sentence-transformers is installed here")
    with pytest.raises(MissingExtra, match=r"pip install 'labelaudit\[sentences\]'"):
        sentence_features(TEXTS, "any")
