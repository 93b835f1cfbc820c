"""The same word in the same surroundings, tagged otherwise elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.variation import BOTH, LEFT, RIGHT, WORD, Surroundings, evidence, shares

WORDS = ["a", "back", "door", "/", "a", "back", "door", "/", "a", "Back", "door", "/", "my", "back", "hurts"]
SENTENCE = np.repeat([0, 1, 2, 3], [4, 4, 4, 3])
LABELS = np.array([0, 1, 2, 3, 0, 1, 2, 3, 0, 2, 2, 3, 0, 2, 1])


@pytest.fixture
def places() -> Surroundings:
    return Surroundings.of(WORDS, SENTENCE, LABELS, 4)


def test_tags_elsewhere_are_counted_in_each_width_without_the_own_sentence(places: Surroundings) -> None:
    counts = [places.elsewhere(level, np.array([9])).tolist()[0] for level in (WORD, LEFT, RIGHT, BOTH)]
    assert counts == [[0, 2, 1, 0], [0, 2, 0, 0], [0, 2, 0, 0], [0, 2, 0, 0]]


def test_the_odd_one_out_has_the_lowest_share(places: Surroundings) -> None:
    found = shares(places)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    own = found[np.arange(len(LABELS)), LABELS]
    assert own[9] == own[[1, 5, 9]].min()
    assert found[9].argmax() == 1


def test_untagged_tokens_count_for_nothing() -> None:
    labels = LABELS.copy()
    labels[[1, 5]] = -1
    places = Surroundings.of(WORDS, SENTENCE, labels, 4)
    assert places.elsewhere(BOTH, np.array([9])).sum() == 0


def test_evidence_names_the_widest_surroundings(places: Surroundings) -> None:
    names = ["DET", "ADJ", "NOUN", "PUNCT"]
    said = evidence(places, WORDS, np.array([9, 13, 3]), np.array([1, 1, 0]), names)
    assert said[0] == "“Back” after “a” and before “door” is ADJ 2 of 2 times in other sentences"
    assert said[1] == "“back” is ADJ 2 of 3 times in other sentences"
    assert said[2] == ""
