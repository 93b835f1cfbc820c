"""What the graph of neighbours says."""

from __future__ import annotations

import json
from dataclasses import asdict

import material
import numpy as np
import pytest

from labelaudit.checks import CHECKS, neighbour_votes, run_checks
from labelaudit.neighbors import Graph
from labelaudit.tasks.base import ISSUE_COLUMNS


def test_neighbours_vote_for_the_given_label_and_the_best_other() -> None:
    labels = np.array([0, 0, 1, 1, 2, -1])
    index = np.array([[1, 2, 3, 4], [0, 5, -1, -1], [3, 4, 0, 1], [5, -1, -1, -1], [0, 2, 1, 3], [0, 1, 2, -1]])
    graph = Graph(index.astype(np.int32), np.ones(index.shape, np.float32), "cosine", 1.0)
    own, other, share = neighbour_votes(labels, graph, k=4)
    np.testing.assert_allclose(own, [0.25, 1, 0.25, np.nan, 0, np.nan])
    assert other.tolist() == [1, -1, 0, -1, 0, 0]
    np.testing.assert_allclose(share, [0.5, 0, 0.5, np.nan, 0.5, 2 / 3])
    own, other, share = neighbour_votes(labels, graph, k=1)
    assert other[0] == -1
    assert own[0] == 1


def test_example_between_two_classes_is_ambiguous_and_a_wrong_label_is_not() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 200)
    X = rng.normal(size=(400, 3)) + np.array([[-2, 0, 0], [2, 0, 0]])[labels]
    X[:20] = rng.normal(size=(20, 3)) * 0.05
    labels[:20] = np.arange(20) % 2
    p = 1 / (1 + np.exp(-2 * X[:, 0]))
    pred_probs = np.column_stack([1 - p, p, np.zeros(400)])
    labels[25], labels[26] = 1, 2  # plainly wrong, and a third class in between
    pred_probs[26], X[26] = [0.5, 0.5, 0], 0
    found = run_checks(material.of(X.astype(np.float32), labels, pred_probs))
    rows = found.issues[found.issues["issue"] == "ambiguous"]
    assert len(set(range(20)) & set(rows["id"])) >= 10
    assert not {25, 26} & set(rows["id"])
    assert len(rows) < 40
    assert rows["suggested"].isna().all()
    assert "of its neighbours" in rows["evidence"].iloc[0][0]
    assert found.findings["ambiguous"].details[0] | {"count": 0} == {"label": "c0", "other": "c1", "count": 0}


def test_outlier_says_how_far_away_it_is() -> None:
    X, labels, pred_probs = material.clusters(400, 8)
    X[7] *= -1
    found = run_checks(material.of(X, labels, pred_probs))
    rows = found.issues[found.issues["issue"] == "outlier"]
    assert rows["id"].iloc[0] == 7
    assert "times as far away as usual" in rows["evidence"].iloc[0][0]
    assert found.scores["outlier"].idxmin() == 7


def test_text_that_shares_no_word_is_the_furthest() -> None:
    import scipy.sparse as sp
    from sklearn.preprocessing import normalize

    from labelaudit.neighbors import knn_graph

    X = normalize(sp.random(100, 30, density=0.5, random_state=0, dtype=np.float32, format="lil"))
    X = sp.csr_matrix(np.vstack([X.toarray(), np.zeros((1, 30), np.float32)]))
    made = material.of(X.toarray(), np.arange(101) % 2, graph=knn_graph(X))
    found = run_checks(made)
    assert found.issues.loc[found.issues["issue"] == "outlier", "id"].tolist()[0] == 100


def test_order_by_label_is_named_as_the_reason() -> None:
    X, labels, pred_probs = material.clusters(400, 6)
    order = np.argsort(labels, kind="stable")
    finding = run_checks(material.of(X[order], labels[order], pred_probs[order])).findings["non_iid"]
    assert finding.count == 1
    assert "sorted by label" in finding.words
    finding = run_checks(material.of(X, labels, pred_probs)).findings["non_iid"]
    assert finding.count == 0
    assert "looks random" in finding.words


def test_groups_that_are_labelled_wrongly_are_all_flagged() -> None:
    rng = np.random.default_rng(0)
    X, labels, pred_probs = material.clusters(400, 6)
    centres = 20 * np.eye(6)
    X[:200] = (centres[labels[:200]] + rng.normal(size=(200, 6))).astype(np.float32)
    for start, column in ((0, 4), (30, 5)):
        group = slice(start, start + 30)
        X[group] = centres[column] + 0.1 * rng.normal(size=(30, 6))
        labels[group], pred_probs[group] = 0, [0.01, 0.97, 0.01, 0.01]
    X[60:] = (centres[labels[60:]] + rng.normal(size=(340, 6))).astype(np.float32)
    found = run_checks(material.of(X, labels, pred_probs))
    rows = found.issues[found.issues["issue"] == "underperforming_group"]
    assert set(rows["id"]) <= set(range(60))
    assert len(rows) >= 58
    assert found.findings["underperforming_group"].count == 2
    assert rows["cluster"].nunique() == 2


NEEDS = {
    "outlier": "no features",
    "ambiguous": "no predicted probabilities",
    "non_iid": "no features",
    "underperforming_group": "no predicted probabilities",
    "dark": "not images",
    "property_correlation": "not images",
}


@pytest.mark.parametrize("name", NEEDS)
def test_check_that_lacks_something_says_what(name: str) -> None:
    finding = run_checks(material.table({"x": [1.5, 2.5, 2.5]})).findings[name]
    assert not finding.applies
    assert NEEDS[name] in finding.words
    assert finding.count == 0


def test_too_few_rows_are_said_to_be() -> None:
    X, labels, pred_probs = material.clusters(8, 5, 2)
    findings = run_checks(material.of(X, labels, pred_probs)).findings
    assert "there are 8 in all" in findings["outlier"].words


@pytest.mark.parametrize("n", [1, 2, 3, 11, 40])
@pytest.mark.parametrize("missing", [0, 1])
def test_every_check_answers_in_the_same_form(n: int, missing: int) -> None:
    X, labels, pred_probs = material.clusters(n, 5, 2)
    labels[: missing * (n // 2)] = -1
    made = material.of(X, labels, pred_probs[:, : max(1, labels.max() + 1)])
    found = run_checks(made)
    assert list(found.findings) == list(CHECKS)
    assert list(found.issues.columns) == list(ISSUE_COLUMNS)
    assert len(found.scores) == n
    assert found.scores.notna().all(axis=None)
    assert ((found.scores >= 0) & (found.scores <= 1)).all(axis=None)
    assert ((found.issues["score"] >= 0) & (found.issues["score"] <= 1)).all()
    assert not found.issues.duplicated(["id", "issue"]).any()
    json.dumps({name: asdict(finding) for name, finding in found.findings.items()}, allow_nan=False)
    for finding in found.findings.values():
        assert finding.words.endswith(".")
    again = run_checks(made)
    assert found.issues.equals(again.issues)
    assert found.scores.equals(again.scores)
