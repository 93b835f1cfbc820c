"""What columns and classes show without a model."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import material
import numpy as np
import pytest

from labelaudit.checks import run_checks

N = 40


def test_rows_without_anything_are_flagged_and_columns_are_named() -> None:
    x = [None if i in (3, 5) else float(i % 7) for i in range(N)]
    y = [" " if i == 3 else "nan" if i == 4 else "word" for i in range(N)]
    found = run_checks(material.table({"x": x, "y": y}))
    finding = found.findings["null"]
    assert found.issues.loc[found.issues["issue"] == "null", "id"].tolist() == [3]
    assert finding.count == 1
    assert {fact["column"]: fact["count"] for fact in finding.details} == {"x": 2, "y": 2}
    assert found.scores["null"][[3, 4, 5, 6]].tolist() == [0, 0.5, 0.5, 1]
    assert "1 example holds nothing at all" in finding.words


def test_blank_texts_are_missing() -> None:
    made = material.table({"text": ["a", "", None, "\t"]})
    found = run_checks(replace(made, dataset=replace(made.dataset, modality="text")))
    assert found.issues.loc[found.issues["issue"] == "null", "id"].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (range(N), "whole numbers in one run"),
        (np.random.default_rng(0).permutation(N) + 7, "whole numbers in one run"),
        ([str(i) for i in range(N)], "whole numbers in one run"),
        (np.arange(N) ** 2, "whole numbers that only rise"),
        (-(np.arange(N) ** 2), "whole numbers that only fall"),
        ([f"ID_{i * 37 % 101}" for i in range(N)], "a different word in every row"),
        ([datetime(2026, 1, 1) + timedelta(days=i) for i in range(N)], "a time that only rises"),
    ],
)
def test_identifier_column_is_named(values: object, why: str) -> None:
    finding = run_checks(material.table({"key": list(values), "x": [1.5, 2.5] * (N // 2)})).findings[
        "identifier_column"
    ]  # type: ignore[call-overload]
    assert finding.details == [{"column": "key", "why": why}]
    assert finding.count == 1


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(0).normal(size=N),
        np.sort(np.random.default_rng(0).normal(size=N)),
        np.random.default_rng(0).permutation(N) * 3,
        [*range(N - 1), 0],
        [*range(N - 1), None],
        [f"a text of {i} words" for i in range(N)],
        [True, False] * (N // 2),
    ],
)
def test_other_columns_are_no_identifiers(values: object) -> None:
    finding = run_checks(material.table({"x": list(values)})).findings["identifier_column"]  # type: ignore[call-overload]
    assert finding.applies
    assert finding.count == 0


def test_rare_classes_are_flagged_and_counted_as_classes() -> None:
    X, _, pred_probs = material.clusters(600, 5, 4)
    labels = np.array([0] * 300 + [1] * 280 + [2] * 14 + [3] * 6)
    found = run_checks(material.of(X, labels, pred_probs))
    rows = found.issues[found.issues["issue"] == "class_imbalance"]
    assert set(rows["id"]) == set(range(580, 600))
    assert rows["id"].iloc[0] >= 594
    assert [fact["label"] for fact in found.findings["class_imbalance"].details] == ["c3", "c2"]
    assert found.findings["class_imbalance"].count == 2


def test_one_class_is_no_imbalance() -> None:
    X, _, _ = material.clusters(50, 5, 4)
    assert not run_checks(material.of(X, np.zeros(50, dtype=int))).findings["class_imbalance"].applies
