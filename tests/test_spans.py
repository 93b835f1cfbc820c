"""Entities as seqeval reads them."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.spans import Tags, are_entities, differing, entity_f1


def tags(text: str, sentence: np.ndarray | None = None) -> Tags:
    words = text.split()
    classes = sorted(set(words))
    codes = np.array([classes.index(word) for word in words])
    return Tags.of(classes, codes, np.zeros(len(words), int) if sentence is None else sentence)


def spans(text: str, sentence: np.ndarray | None = None) -> list[tuple[int, int, str]]:
    return list(tags(text, sentence).spans().itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("text", "found"),
    [  # what seqeval 1.2.2's get_entities says, its ends counted one further
        ("B-PER I-PER O B-LOC", [(0, 2, "PER"), (3, 4, "LOC")]),
        ("B-PER B-PER I-PER", [(0, 1, "PER"), (1, 3, "PER")]),
        ("O I-PER I-LOC I-LOC", [(1, 2, "PER"), (2, 4, "LOC")]),
        ("S-PER B-LOC I-LOC E-LOC E-LOC", [(0, 1, "PER"), (1, 4, "LOC"), (4, 5, "LOC")]),
        ("U-PER B-LOC L-LOC I-LOC", [(0, 1, "PER"), (1, 3, "LOC"), (3, 4, "LOC")]),
        ("O O", []),
    ],
)
def test_every_scheme_is_read(text: str, found: list[tuple[int, int, str]]) -> None:
    assert spans(text) == found


def test_no_entity_goes_over_the_end_of_a_sentence() -> None:
    assert spans("B-PER I-PER I-PER", np.array([0, 0, 1])) == [(0, 2, "PER"), (2, 3, "PER")]


def test_inside_without_begin_is_found_but_not_in_iob1() -> None:
    assert np.flatnonzero(tags("B-PER I-PER O I-PER O B-LOC I-PER B-LOC").out_of_order()).tolist() == [3, 6]
    assert not tags("I-PER I-PER O I-LOC B-LOC O I-PER").out_of_order().any()


def test_entity_f1_counts_whole_entities() -> None:
    given, predicted = tags("B-PER I-PER O B-LOC O B-ORG"), tags("B-PER I-PER O B-LOC I-LOC O")
    assert entity_f1(given, predicted) == pytest.approx(2 * 1 / (3 + 2))
    assert entity_f1(given, given) == 1
    assert entity_f1(tags("O O"), tags("O O")) == 0


def test_what_differs_is_told_by_border_type_and_both() -> None:
    given = tags("B-PER I-PER O B-LOC O B-ORG O O B-LOC I-LOC")
    model = tags("B-PER O O B-ORG O O O B-PER B-PER O")
    found = differing(given, model)
    assert found[["start", "end", "kind", "how"]].values.tolist() == [
        [0, 2, "PER", "borders"],
        [3, 4, "LOC", "type"],
        [5, 6, "ORG", "no entity"],
        [7, 8, "PER", "entity missing"],
        [8, 10, "LOC", "borders and type"],
    ]
    assert differing(given, given).empty


@pytest.mark.parametrize(
    ("classes", "are"),
    [(["B-PER", "I-PER", "O"], True), (["O", "S-X"], True), (["ADJ", "NOUN"], False), (["O", "B-X", "VERB"], False)],
)
def test_entities_are_told_from_other_tags(classes: list[str], are: bool) -> None:
    assert are_entities(classes) is are
