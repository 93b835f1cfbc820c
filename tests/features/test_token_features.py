"""What a model sees of a token."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.features.tokens import neighbour, shape, token_features


@pytest.mark.parametrize(
    ("word", "looks"), [("McDonald", "XxXxx"), ("1,234", "d,dd"), ("U.S.", "X.X."), ("aaa", "xx"), ("", "")]
)
def test_the_shape_tells_capitals_letters_and_digits(word: str, looks: str) -> None:
    assert shape(word) == looks


def test_neighbours_end_with_the_sentence() -> None:
    other, inside = neighbour(np.array([0, 0, 1]), 1)
    assert inside.tolist() == [True, False, False]
    assert other[0] == 1


def test_the_same_words_in_other_surroundings_differ_and_rows_have_length_one() -> None:
    X = token_features(["the", "dog", "runs", "a", "dog", "The", "dog", "runs"], np.array([0, 0, 0, 1, 1, 2, 2, 2]))
    assert (X[1] != X[4]).nnz > 0
    assert (X[2] != X[7]).nnz == 2  # the shape of the capital two words before, and of the other one
    np.testing.assert_allclose(X.multiply(X).sum(axis=1), 1, rtol=1e-5)
    assert X.dtype == np.float32
