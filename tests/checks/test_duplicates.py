"""Copies, near copies, and those that disagree."""

from __future__ import annotations

import json

import material
import numpy as np

from labelaudit.checks import Checked, run_checks


def rows(found: Checked, kind: str) -> dict[int, dict[str, object]]:
    part = found.issues[found.issues["issue"] == kind]
    return {int(row["id"]): row.to_dict() for _, row in part.iterrows()}


def planted() -> tuple[np.ndarray, np.ndarray]:
    """0 to 2 are exact copies, two of one label; 3 and 4 are nearly the same, of two labels; 5 and 6 of one."""
    X, labels, _ = material.clusters(300, 12, 3)
    X[1:3] = X[0]
    X[4], X[6] = X[3] + 0.001, X[5] + 0.001
    labels[:7] = [0, 0, 1, 0, 1, 2, 2]
    return X, labels


def test_copies_are_counted_once_each_and_name_each_other() -> None:
    found = run_checks(material.of(*planted()))
    near = rows(found, "near_duplicate")
    assert sorted(near) == list(range(7))
    assert found.findings["near_duplicate"].count == 7
    assert "in 3 sets" in found.findings["near_duplicate"].words
    assert near[0]["score"] == 0
    assert near[0]["evidence"] == ["exact copy of 1 and 1 more"]
    assert near[3]["evidence"][0].startswith("nearly the same as 4: ")
    assert json.loads(near[1]["related"]) == ["0", "2"]
    assert near[0]["cluster"] == near[2]["cluster"] != near[3]["cluster"]


def test_copies_that_disagree_are_flagged_and_the_majority_is_suggested() -> None:
    conflicts = rows(run_checks(material.of(*planted())), "conflicting_duplicate")
    assert sorted(conflicts) == [0, 1, 2, 3, 4]
    assert conflicts[2]["suggested"] == '"c0"'
    assert conflicts[2]["score"] < conflicts[0]["score"]
    assert [conflicts[i]["suggested"] for i in (0, 1, 3, 4)] == [None] * 4
    assert conflicts[2]["evidence"][0].startswith("exact copy of 0, labelled c0")
    assert conflicts[3]["evidence"] == ["nearly the same as 4, labelled c1"]


def test_missing_labels_contradict_nothing() -> None:
    X, labels = planted()
    labels[[2, 4]] = -1
    assert rows(run_checks(material.of(X, labels)), "conflicting_duplicate") == {}


def test_exact_copies_are_found_without_features() -> None:
    X, labels = planted()
    found = run_checks(material.of(X, labels, features=None, graph=None))
    assert sorted(rows(found, "near_duplicate")) == [0, 1, 2]
    assert sorted(rows(found, "conflicting_duplicate")) == [0, 1, 2]


def test_two_examples_are_enough() -> None:
    X = np.ones((2, 5), dtype=np.float32)
    found = run_checks(material.of(X, [0, 1]))
    assert sorted(rows(found, "near_duplicate")) == [0, 1]
    assert sorted(rows(found, "conflicting_duplicate")) == [0, 1]


def test_rows_of_a_table_that_are_only_near_may_disagree() -> None:
    X, labels = planted()
    made = material.of(X, labels)
    from labelaudit.neighbors import knn_graph

    found = run_checks(material.of(X, labels, graph=knn_graph(X, embedding=False)))
    assert made.graph.metric == "cosine"
    assert sorted(rows(found, "conflicting_duplicate")) == [0, 1, 2]


def test_a_large_set_names_a_few_of_its_members() -> None:
    X, labels, _ = material.clusters(200, 8, 3)
    X[:100] = X[0]
    near = rows(run_checks(material.of(X, labels)), "near_duplicate")
    assert len(near) == 100
    assert all(len(json.loads(row["related"])) == 20 for row in near.values())
    assert len({row["cluster"] for row in near.values()}) == 1
