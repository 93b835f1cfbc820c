"""Tables and texts to numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import made
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse as sp

from labelaudit.cache import Cache
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.features import features
from labelaudit.features.tabular import tabular_features, typed_frame
from labelaudit.features.text import text_features


def of(column: Any, **roles: Any) -> Dataset:
    return Dataset("one column", pa.table({"x": column}), (), ("x",), **roles)


def typed(column: Any) -> pd.Series:
    return typed_frame(of(column)).iloc[:, 0]


# -- types of columns ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cells",
    [
        ["1", "2.5", "-3e2"],
        [1, 2.5, -300],
        [" 1", "2.5 ", "-300"],
        pa.array(["1", "2.5", "-300"]).dictionary_encode(),
    ],
)
def test_numbers_and_texts_of_numbers_are_float32(cells: Any) -> None:
    series = typed(cells)
    assert series.dtype == np.float32
    assert series.tolist() == [1, 2.5, -300]


@pytest.mark.parametrize("unknown", ["", " ", "?", "NA", "n/a", "null", "-", "None", "#N/A"])
def test_number_column_may_say_in_words_that_a_number_is_not_known(unknown: str) -> None:
    series = typed(["1", unknown, "3"])
    assert series.dtype == np.float32
    assert series.isna().tolist() == [False, True, False]


@pytest.mark.parametrize("cells", [["1", "x", "3"], ["?", "NA", "-"], ["a", "", "b"]])
def test_words_stay_words(cells: list[str]) -> None:
    series = typed(cells)
    assert series.dtype == object
    assert series.tolist() == [cell or None for cell in cells]


def test_infinities_and_numbers_beyond_float32_are_unknown() -> None:
    assert typed([float("inf"), -float("inf"), 1e300, 1.0]).isna().tolist() == [True, True, True, False]


def test_booleans_are_numbers_and_dates_stay_dates() -> None:
    assert typed([True, False, True]).tolist() == [1, 0, 1]
    assert pd.api.types.is_datetime64_any_dtype(typed(pa.array([0, 1, None], pa.timestamp("s"))))


@pytest.mark.parametrize("cells", [[[1, 2], [1, 2], None], [{"a": 1}, {"a": 1}, None], [b"x", b"x", None]])
def test_nested_cells_are_compared_by_what_they_hold(cells: list[Any]) -> None:
    series = typed(cells)
    assert series[0] == series[1]
    assert isinstance(series[0], str)
    assert series[2] is None


def test_columns_of_one_name_in_other_case_or_of_odd_names_do_not_clash() -> None:
    table = pa.table({"a": [1, 2], "A": [3, 4], "": [5, 6], "ä b": [7, 8]})
    assert typed_frame(Dataset("t", table, (), tuple(table.column_names))).shape == (2, 4)


# -- matrices -----------------------------------------------------------------------------------------


def test_table_is_a_float32_matrix_with_gaps() -> None:
    table = pa.table({"n": [1.0, None, 3.0], "kind": ["a", "b", "a"], "empty": pa.nulls(3)})
    for matrix in tabular_features(Dataset("t", table, (), ("n", "kind", "empty"))):
        assert matrix.dtype == np.float32
        assert matrix.shape[0] == 3
        assert np.isnan(matrix[1, 0])
        assert not np.isinf(matrix).any()


def test_few_categories_are_one_hot_for_linear_heads_and_numbers_for_trees() -> None:
    kinds = ["a", "b", None, "c"] * 5
    matrix, codes = tabular_features(of(kinds))
    assert (matrix.sum(axis=1) == 1).all()
    assert matrix.shape == (20, 4)
    assert codes.shape == (20, 1)
    assert np.isnan(codes[2, 0])
    assert len(np.unique(codes[~np.isnan(codes)])) == 3


def test_many_categories_become_few_columns() -> None:
    matrix, codes = tabular_features(of([f"street {n} of town {n % 7}" for n in range(300)]))
    assert matrix.shape == codes.shape == (300, 30)


def test_text_rows_have_length_one_or_are_empty() -> None:
    texts = ["the cat sat", "the dog sat", ""] * 20 + ["unheard of"]
    matrix = text_features(texts)
    assert sp.issparse(matrix)
    assert matrix.dtype == np.float32
    lengths = sp.linalg.norm(matrix, axis=1)
    np.testing.assert_allclose(lengths[:2], 1, atol=1e-6)
    assert lengths[2] == 0


def test_words_of_any_script_count() -> None:
    assert text_features(["über ночь 日本", "über 日本 x"]).shape[1] > 3


def test_word_that_occurs_once_counts_in_few_texts_only() -> None:
    few, many = ["alone x", *["a b"] * 20], ["alone x", *["a b"] * 60]
    assert text_features(few).shape[1] > text_features(many).shape[1]


def test_texts_without_words_are_told_apart_by_their_characters() -> None:
    matrix = text_features(["!!", "??", "!!"])
    assert (matrix[0] != matrix[2]).nnz == 0
    assert (matrix[0] != matrix[1]).nnz > 0


@pytest.mark.parametrize("modality", ["text", "tabular"])
def test_nothing_to_learn_from_is_refused(modality: Any) -> None:
    with pytest.raises(BadInput, match="choose"):
        features(of(["", " ", ""], modality=modality), AuditConfig(), Cache(None))


def test_several_text_columns_are_one_text() -> None:
    table = pa.table({"title": ["a", None], "body": ["b", "c"]})
    dataset = Dataset("t", table, (), ("title", "body"), modality="text")
    assert dataset.texts() == ["a\nb", "\nc"]


@pytest.mark.parametrize("sample", [made.table, made.texts])
def test_features_are_cached_and_do_not_depend_on_labels(
    tmp_path: Path, sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = sample(n=60)
    first = features(dataset, AuditConfig(), Cache(tmp_path))
    monkeypatch.delattr("labelaudit.features.text.text_features")
    monkeypatch.delattr("labelaudit.features.tabular.tabular_features")
    again = features(made.relabelled(dataset, {0: "other"}), AuditConfig(), Cache(tmp_path))
    assert type(first.matrix) is type(again.matrix)
    assert abs(first.matrix - again.matrix).max() == abs(first.codes - again.codes).max() == 0


def test_other_feature_columns_are_other_features(tmp_path: Path) -> None:
    dataset = made.table(n=60)
    features(dataset, AuditConfig(), Cache(tmp_path))
    fewer = features(replace(dataset, feature_columns=("x0",)), AuditConfig(), Cache(tmp_path))
    assert fewer.matrix.shape == fewer.codes.shape == (60, 1)
