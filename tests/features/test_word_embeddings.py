"""Words to embeddings, with a stand-in for the library where it is not installed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tagged

from labelaudit.audit import audit
from labelaudit.cache import Cache
from labelaudit.config import AuditConfig
from labelaudit.errors import MissingExtra, NoWeights
from labelaudit.features import words
from labelaudit.features.words import word_embeddings
from labelaudit.vision import hugging_face

torch = pytest.importorskip("torch", reason="needs the extra labelaudit[sentences]")

SENTENCES = [["the", "slow", "dog"], [], ["rain"], ["a", "tree", "sees", "the", "dog"]]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Encoded(dict[str, Any]):
    """What a tokenizer returns."""

    def __init__(self, ids: list[list[int]], of: list[list[int | None]]) -> None:
        super().__init__(input_ids=torch.tensor(ids))
        self.of = of

    def to(self, device: Any) -> Encoded:
        return self

    def word_ids(self, number: int) -> list[int | None]:
        return self.of[number]


class Letters:
    """Takes every letter for a part of its word, between a beginning and an end."""

    pad_token, eos_token, model_max_length = None, "#", 20

    def __call__(self, pieces: list[list[str]], *, max_length: int, **how: Any) -> Encoded:
        assert how["is_split_into_words"]
        rows = [
            [(LETTERS.index(c), n) for n, word in enumerate(piece) for c in word][: max_length - 2] for piece in pieces
        ]
        width = max(map(len, rows)) + 2
        ids = [[26, *[c for c, _ in row], *[27] * (width - 1 - len(row))] for row in rows]
        of = [[None, *[n for _, n in row], *[None] * (width - 1 - len(row))] for row in rows]
        return Encoded(ids, of)


class Embedding(torch.nn.Module):  # type: ignore[misc,name-defined]
    """Gives each letter a vector of its own, and counts how often it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.device, self.config = torch.device("cpu"), SimpleNamespace(max_position_embeddings=14)
        self.weight = torch.nn.Parameter(torch.from_numpy(np.random.default_rng(0).normal(size=(28, 8))))

    def forward(self, input_ids: Any) -> Any:
        asked.append(len(input_ids))
        return SimpleNamespace(last_hidden_state=self.weight[input_ids])


asked: list[int] = []


def _tokenizer(model: str, **how: Any) -> Letters:
    if model == "unknown":
        raise OSError("not here")
    return Letters()


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    asked.clear()
    monkeypatch.setattr(words, "SHARD", 2)
    monkeypatch.setattr(words, "BATCH", 1)
    library = SimpleNamespace(
        AutoTokenizer=SimpleNamespace(from_pretrained=_tokenizer),
        AutoModel=SimpleNamespace(from_pretrained=lambda model, **how: Embedding()),
    )
    monkeypatch.setattr(words, "hugging_face", lambda *what: library)


def of_word(word: str) -> np.ndarray:
    vectors = Embedding().weight.detach().numpy()
    mean = vectors[[LETTERS.index(letter) for letter in word]].mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean))


@pytest.mark.usefixtures("stand_in")
def test_a_word_is_the_mean_of_its_parts_in_the_order_of_the_words() -> None:
    X = word_embeddings(SENTENCES[:3], "any")
    assert X.dtype == np.float32
    assert np.allclose(X, [of_word(word) for sentence in SENTENCES[:3] for word in sentence], atol=1e-6)


@pytest.mark.usefixtures("stand_in")
def test_what_the_model_can_not_see_is_nothing_and_long_sentences_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = word_embeddings(SENTENCES, "any")  # 12 letters fit: of the last sentence the last word does not
    assert np.allclose(np.linalg.norm(whole, axis=1), [*[1.0] * 8, 0.0])
    monkeypatch.setattr(words, "LONGEST", 3)
    cut = word_embeddings(SENTENCES, "any")
    assert np.allclose(cut[-1], of_word("dog"), atol=1e-6)


@pytest.mark.usefixtures("stand_in")
def test_finished_shards_are_not_computed_again(tmp_path: Path) -> None:
    X = word_embeddings(SENTENCES, "any", Cache(tmp_path))
    assert sum(asked) == 3
    assert np.array_equal(word_embeddings(SENTENCES, "any", Cache(tmp_path)), X)
    assert sum(asked) == 3


@pytest.mark.usefixtures("stand_in")
def test_a_named_model_stands_beside_the_words_own_features() -> None:
    made = tagged.parts_of_speech(40)
    tags = made.label_values()
    tags[7] = "VERB"
    wrong = made.with_labels(tags)
    plain, embedded = (audit(wrong, AuditConfig(embedder=name)) for name in ("auto", "any"))
    assert embedded.id != plain.id
    assert "and by any" in embedded.manifest["resolved"]["why"]
    assert not np.array_equal(plain.outputs["pred_probs"], embedded.outputs["pred_probs"])
    assert embedded.label_issues["score"].idxmin() == 7


@pytest.mark.usefixtures("stand_in")
def test_a_model_that_can_not_be_had_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(url: str, timeout: float) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr("labelaudit.download.urlopen", offline)
    with pytest.raises(NoWeights, match=r"'unknown' is not here and can't be downloaded \(Network is unreachable\)"):
        audit(tagged.parts_of_speech(12), AuditConfig(embedder="unknown"))


def test_without_the_library_the_extra_is_named() -> None:
    if find_spec("transformers"):
        pytest.skip("transformers is installed here")
    with pytest.raises(MissingExtra, match=r"pip install 'labelaudit\[sentences\]'"):
        audit(tagged.parts_of_speech(12), AuditConfig(embedder="any"))


def _tiny(folder: Path, sentences: Sequence[Sequence[str]]) -> str:
    if not find_spec("transformers"):
        pytest.skip("needs the extra labelaudit[sentences]")
    transformers = hugging_face("transformers", "sentences")
    parts = sorted({letter for sentence in sentences for word in sentence for letter in word})
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *parts, *(f"##{part}" for part in parts)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    transformers.BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    torch.manual_seed(0)
    transformers.BertModel(transformers.BertConfig(vocab_size=len(vocabulary), **sizes)).save_pretrained(folder)
    return str(folder)


def test_a_transformer_in_a_folder_embeds_words_in_their_context(tmp_path: Path) -> None:
    model = _tiny(tmp_path, SENTENCES)
    X = word_embeddings(SENTENCES, model)
    assert X.shape == (9, 16)
    assert np.allclose(np.linalg.norm(X, axis=1), 1, atol=1e-5)
    assert np.allclose(word_embeddings(SENTENCES[2:], model), X[3:], atol=1e-4)  # beside others, and alone
    assert not np.allclose(X[2], X[8], atol=1e-3)  # the same word in another sentence
