"""Why an example is suspected: detectors that agree, neighbours, copies."""

from __future__ import annotations

from dataclasses import replace

import made
import numpy as np
import pytest
from issued import issued

from labelaudit.audit import audit
from labelaudit.confident import SCORES
from labelaudit.result import Audit
from labelaudit.why import NAMES, copies, detectors, issues_of, neighbours, title_of

WRONG = {row: f"class {(row + 1) % 3}" for row in range(0, 60, 5)}


@pytest.fixture(scope="module")
def found() -> Audit:
    """Twelve wrong labels, one missing; the graph is a ring, in which each neighbour has another class."""
    return issued(audit(made.relabelled(made.table(n=120), {**WRONG, 100: None})))


def with_ring(found: Audit, index: list[int]) -> Audit:
    """Give example 50 these neighbours."""
    changed = found.outputs["neighbours"].copy()
    changed[50] = index
    return replace(found, outputs={**found.outputs, "neighbours": changed})


def test_a_score_agrees_up_to_as_many_ranks_as_there_are_suspects(found: Audit) -> None:
    suspects = found.manifest["counts"]["suspects"]
    for name in SCORES:
        order = np.argsort(found.scores[name].to_numpy(), kind="stable")
        for rank in (1, suspects, suspects + 1):
            said = {detector.title: detector for detector in detectors(found, int(order[rank - 1]))}
            assert (said[NAMES[name]].words, said[NAMES[name]].agrees) == (f"#{rank}", rank <= suspects)


def test_those_who_agree_are_counted_for_all_as_they_are_said_of_one(found: Audit) -> None:
    spread = np.random.default_rng(0).integers(-1, 120, (120, 4))  # -1: no such neighbour
    for case in (found, replace(found, outputs={**found.outputs, "neighbours": spread})):
        said = [detectors(case, position) for position in range(120)]
        assert case.agreeing.tolist() == [sum(detector.agrees for detector in each) for each in said]
        assert len(set(case.agreeing.tolist())) > 2
        votes = [[d.agrees for d in each if d.title == "neighbours’ vote"] == [True] for each in said]
        assert case.outvoted.tolist() == votes
        assert 0 < sum(votes) < 120


def test_most_of_the_neighbours_outvote_the_given_label(found: Audit) -> None:
    given = int(found.codes[50])
    own, others = (np.flatnonzero(found.codes == code) for code in (given, (given + 1) % 3))
    for few, many in ((1, 3), (2, 2)):
        ring = with_ring(found, [*own[:few], *others[:many]])
        vote = detectors(ring, 50)[-1]
        assert vote.agrees == (many > few)  # of as many votes, the given label's count
        winner = (given + 1) % 3 if many > few else given
        assert vote.words == f"{max(few, many)} of 4 for class {winner}"
    assert detectors(with_ring(found, [int(own[0]), 100, -1, -1]), 50)[-1].words == f"1 of 1 for class {given}"


def test_nothing_speaks_against_a_label_that_is_missing(found: Audit) -> None:
    assert detectors(found, 100) == []
    assert {neighbour.agrees for neighbour in neighbours(found, 100)} == {None}


def test_neighbours_are_listed_nearest_first_without_the_missing(found: Audit) -> None:
    ring = with_ring(found, [51, 3, -1, -1])
    near = neighbours(ring, 50)
    assert [neighbour.position for neighbour in near] == [51, 3]
    assert [neighbour.label for neighbour in near] == [ring.dataset.class_names[k] for k in ring.codes[[51, 3]]]
    assert [neighbour.agrees for neighbour in near] == (ring.codes[[51, 3]] == ring.codes[50]).tolist()
    assert neighbours(replace(found, outputs={"pred_probs": found.outputs["pred_probs"]}), 50) == []


def test_copies_are_the_rest_of_the_set(found: Audit) -> None:
    assert copies(found, 11).tolist() == [10, 12]
    assert copies(found, 1).tolist() == [2]
    assert copies(found, 50).tolist() == []


def test_other_issues_come_with_their_reasons_and_titles(found: Audit) -> None:
    assert issues_of(found, 1) == [("conflicting_duplicate", ["exact copy"])]
    assert issues_of(found, 50) == []
    assert title_of(found, "conflicting_duplicate") == "Conflicting duplicates"
    assert title_of(found, "normalized_margin") == "margin"
    assert title_of(found, "never_heard_of") == "never heard of"
