"""Probabilities of several labels per example and of tags are aligned, checked, and refused where they do not fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import made
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import tagged

import labelaudit as la
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.load.bring import bring
from labelaudit.saved import open_dataset, save_dataset

LABELS = ["label a", "label b", "label c", "label d"]
TAGS = ["ADJ", "DET", "NOUN", "VERB"]


@pytest.fixture
def songs() -> Dataset:
    return made.several(60)


@pytest.fixture
def sentences() -> Dataset:
    """Of 1, 2, … 6 and no tokens, with ids."""
    whole = tagged.parts_of_speech(12).table.to_pydict()
    lengths = [1, 2, 3, 4, 5, 6, 0, 6, 6, 6, 6, 6]
    words, tags = ([cell[:n] for cell, n in zip(whole[name], lengths, strict=True)] for name in ("tokens", "tags"))
    dataset = tagged.dataset(words, tags)
    table = dataset.table.append_column("id", pa.array([f"s{row}" for row in range(12)]))
    return replace(dataset, table=table, id_column="id")


def of_labels(n: int = 60, k: int = 4) -> np.ndarray:
    return np.random.default_rng(0).random((n, k)).astype(np.float32)


def of_tokens(dataset: Dataset, k: int = 4) -> np.ndarray:
    return np.random.default_rng(1).dirichlet(np.ones(k), len(dataset.units)).astype(np.float32)


def by_sentence(dataset: Dataset, values: np.ndarray) -> list[np.ndarray]:
    return np.split(values, np.cumsum(np.bincount(dataset.units.rows, minlength=len(dataset)))[:-1])


def given(dataset: Dataset, brought: Any) -> Any:
    found = bring(dataset, {"pred_probs": brought}).given
    assert found is not None
    return found


# -- several labels ---------------------------------------------------------------------------------------


def test_labels_are_taken_in_the_order_of_the_columns(songs: Dataset) -> None:
    found = given(songs, of_labels())
    assert np.array_equal(found.pred_probs, of_labels())
    assert found.notes == (
        "60 x 4 probabilities, columns taken for the labels in this order (label a, label b, label c, label d), "
        "aligned by position",
    )


def test_named_columns_may_stand_in_any_order_and_be_more(songs: Dataset, tmp_path: Path) -> None:
    frame = pd.DataFrame(of_labels(k=5), columns=[f"p_{name}" for name in ("label e", *LABELS[::-1])])
    frame.to_csv(tmp_path / "p.csv", index=False)
    found = given(songs, tmp_path / "p.csv")
    assert np.allclose(found.pred_probs, of_labels(k=5)[:, [4, 3, 2, 1]])
    assert "labels as in the file, 1 of them left out, which are no labels here" in found.notes[0]


def test_names_and_ids_may_be_arrays(songs: Dataset, tmp_path: Path) -> None:
    table = songs.table.append_column("id", pa.array([f"x{row}" for row in range(60)]))
    order = np.random.default_rng(2).permutation(60)
    ids, names = np.array([f"x{row}" for row in order]), np.array(LABELS[::-1])
    np.savez(tmp_path / "p.npz", pred_probs=of_labels()[order], ids=ids, classes=names)
    found = given(replace(songs, table=table, id_column="id"), tmp_path / "p.npz")
    assert np.array_equal(found.pred_probs, of_labels()[:, ::-1])


def test_rounding_above_one_is_taken_for_one(songs: Dataset) -> None:
    values = of_labels()
    values[3, 2] = np.nextafter(np.float32(1), np.float32(2))
    assert given(songs, values).pred_probs.max() == 1


def _with(value: float) -> np.ndarray:
    values = of_labels()
    values[[3, 5], 2] = value
    return values


@pytest.mark.parametrize(
    ("brought", "message"),
    [
        (of_labels(59), r"has 59 rows and the data set 'made labels' has 60; bring one row for each"),
        (of_labels(k=3), r"has 3 columns of probabilities and 'made labels' has 4 labels; bring one column for each"),
        (_with(np.nan), r"row 3 of your array of probabilities holds a value that is no finite number \(2 rows in all"),
        (_with(1.5), r"row 3 of .* holds 1\.5 \(2 rows in all\); bring the probability of each label, from 0 to 1"),
        (_with(-2), r"row 3 of .* holds -2 \(2 rows in all\)"),
        (np.full((60, 4), "x"), r"holds <U1, not numbers"),
        (np.ones(60), r"has the shape \(60,\); probabilities are a matrix with one row per example"),
        ({"pred_probs": of_labels(), "classes": np.array(LABELS[:3])}, r"names 3 labels and has 4 columns"),
        ({"pred_probs": of_labels(), "classes": np.array(["label a"] * 4)}, r"the label 'label a' more than once"),
        ({"pred_probs": of_labels(), "classes": np.array([*LABELS[:3], "lable d"])}, r"did you mean 'lable d'\?"),
    ],
)
def test_what_does_not_fit_labels_gets_one_sentence(songs: Dataset, brought: Any, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        given(songs, brought)


# -- tags -------------------------------------------------------------------------------------------------


def test_one_row_for_each_token(sentences: Dataset) -> None:
    values = of_tokens(sentences)
    found = given(sentences, values)
    assert np.allclose(found.pred_probs, values)
    assert found.lengths.tolist() == [1, 2, 3, 4, 5, 6, 0, 6, 6, 6, 6, 6]
    assert found.classes == tuple(TAGS)
    assert found.rows == len(sentences)


def _arrays(dataset: Dataset, values: np.ndarray, folder: Path) -> Any:
    np.savez(folder / "p.npz", *by_sentence(dataset, values))
    return folder / "p.npz"


def _lines(dataset: Dataset, values: np.ndarray, folder: Path) -> Any:
    """In another order, aligned by their ids, the columns named in no way."""
    parts = list(zip(dataset.ids.tolist(), by_sentence(dataset, values), strict=True))
    lines = [json.dumps({"id": id_, "pred_probs": part.tolist()}) for id_, part in parts[::-1]]
    (folder / "p.jsonl").write_text("\n".join(lines))
    return folder / "p.jsonl"


def _flat(dataset: Dataset, values: np.ndarray, folder: Path) -> Any:
    pd.DataFrame(values[:, ::-1], columns=[f"p_{tag}" for tag in TAGS[::-1]]).to_csv(folder / "p.csv", index=False)
    return folder / "p.csv"


def _in_memory(dataset: Dataset, values: np.ndarray, folder: Path) -> Any:
    return by_sentence(dataset, values)


@pytest.mark.parametrize("write", [_arrays, _lines, _flat, _in_memory])
def test_a_list_for_each_sentence_gives_the_same(
    sentences: Dataset, tmp_path: Path, write: Callable[[Dataset, np.ndarray, Path], Any]
) -> None:
    values = of_tokens(sentences)
    dataset = bring(sentences, {"pred_probs": write(sentences, values, tmp_path)})
    assert dataset.given is not None
    assert np.allclose(dataset.given.probabilities(dataset.classes), values, atol=1e-6)


def test_columns_of_a_table_with_one_token_a_row_hold_them(tmp_path: Path) -> None:
    whole = tagged.parts_of_speech(12)
    values = of_tokens(whole)
    frame = pd.DataFrame(values, columns=[f"p_{tag}" for tag in TAGS]).round(6)
    words = [word for cell in whole.table["tokens"].to_pylist() for word in cell]
    frame = frame.assign(sentence=whole.units.rows, token=words, tag=whole.label_values())
    frame.to_csv(tmp_path / "tokens.csv", index=False)
    dataset = la.load(tmp_path / "tokens.csv", task="token", pred_probs="p_")
    assert dataset.given is not None
    assert np.allclose(dataset.given.probabilities(dataset.classes), values, atol=1e-5)
    assert dataset.given.columns == tuple(f"p_{tag}" for tag in TAGS)


def test_sentences_keep_theirs_in_a_sample_and_on_disk(sentences: Dataset, tmp_path: Path) -> None:
    values = of_tokens(sentences)
    dataset = bring(sentences, {"pred_probs": values})
    rows = np.array([8, 2, 6, 3])
    part = dataset.take(rows)
    wanted = np.concatenate([by_sentence(sentences, values)[row] for row in rows])
    save_dataset(part, tmp_path)
    for found in (part, open_dataset(tmp_path)):
        assert found.given is not None
        assert np.allclose(found.given.probabilities(dataset.classes), wanted)


def _one_short(dataset: Dataset) -> Any:
    parts = by_sentence(dataset, of_tokens(dataset))
    return [*parts[:4], parts[4][1:], *parts[5:]]


def _one_wide(dataset: Dataset) -> Any:
    parts = by_sentence(dataset, of_tokens(dataset))
    return [*parts[:4], parts[4][:, 1:], *parts[5:]]


def _one_bad(value: float) -> Callable[[Dataset], Any]:
    def change(dataset: Dataset) -> Any:
        values = of_tokens(dataset)
        values[11, 1] = value
        return by_sentence(dataset, values)

    return change


@pytest.mark.parametrize(
    ("brought", "message"),
    [
        (lambda d: of_tokens(d)[:-2], r"has 49 rows and 'made' has 51 tokens; bring one row for each, or a list for"),
        (_one_short, r"has probabilities of 4 tokens for sentence 4, which has 5; bring one row for each token"),
        (_one_wide, r"sentence 4 of your array of probabilities has the shape \(5, 3\); bring one row for each token"),
        (lambda d: by_sentence(d, of_tokens(d))[:-1], r"has 11 rows and the data set 'made' has 12"),
        (lambda d: of_tokens(d, 3), r"has 3 columns of probabilities and column 'tags' has 4 classes"),
        (_one_bad(np.nan), r"token 1 of sentence 4 of your array of probabilities holds a value that is no finite"),
        (_one_bad(-0.5), r"token 1 of sentence 4 of .* holds a negative value \(1 row in all\)"),
        (_one_bad(3.0), r"token 1 of sentence 4 of .* sums to .* instead of 1"),
    ],
)
def test_what_does_not_fit_tokens_gets_one_sentence(
    sentences: Dataset, brought: Callable[[Dataset], Any], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        given(sentences, brought(sentences))


def test_lists_of_tags_of_other_lengths_get_one_sentence(sentences: Dataset, tmp_path: Path) -> None:
    parts = by_sentence(sentences, of_tokens(sentences))
    lines = [dict(zip(TAGS, part.T.tolist(), strict=True)) for part in parts]
    lines[3]["NOUN"] = lines[3]["NOUN"][1:]
    (tmp_path / "p.jsonl").write_text("\n".join(map(json.dumps, lines)))
    with pytest.raises(BadInput, match="have lists of other lengths in sentence 3; write a number for each token"):
        given(sentences, tmp_path / "p.jsonl")
