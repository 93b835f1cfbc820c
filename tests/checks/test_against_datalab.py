"""The checks that cleanlab's Datalab has, too, flag what it flags."""

from __future__ import annotations

import warnings

import material
import numpy as np
import pandas as pd
import pytest
from cleanlab import Datalab
from hypothesis import given, settings
from hypothesis import strategies as st

from labelaudit.checks import Checked, run_checks


def datalab(X: np.ndarray, labels: np.ndarray, pred_probs: np.ndarray) -> tuple[pd.DataFrame, float]:
    """Its issues, and its p-value of the order."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lab = Datalab({"y": labels}, label_name="y", verbosity=0)
        kinds = ("outlier", "near_duplicate", "non_iid", "class_imbalance", "underperforming_group", "null")
        lab.find_issues(features=X, pred_probs=pred_probs, issue_types={kind: {} for kind in kinds})
    return lab.get_issues(), float(lab.get_info("non_iid")["p-value"])


def flagged(found: Checked, kind: str) -> list[int]:
    return sorted(found.issues.loc[found.issues["issue"] == kind, "id"])


def planted(seed: int, d: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clusters with a rare class, outliers, near and exact copies, and a group that is labelled wrongly."""
    X, labels, pred_probs = material.clusters(900, d, 4, seed)
    rng = np.random.default_rng(seed)
    labels[(labels == 3) & (rng.random(900) < 0.97)] = 2
    labels[:2] = 3
    X[10:20] = 8 * rng.normal(size=(10, d))
    X[30:40] = X[40:50] + 0.003 * rng.normal(size=(10, d))
    X[50:55] = X[55:60]
    X[100:130] = 6 + 0.2 * rng.normal(size=(30, d)) * np.linspace(1, 3, d)
    labels[100:130], pred_probs[100:130] = 0, [0.01, 0.97, 0.01, 0.01]
    return X, labels, pred_probs


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("d", [2, 8, 40])
def test_same_examples_are_flagged(seed: int, d: int) -> None:
    X, labels, pred_probs = planted(seed, d)
    theirs, p_value = datalab(X, labels, pred_probs)
    found = run_checks(material.of(X, labels, pred_probs))
    for kind in ("outlier", "near_duplicate", "class_imbalance", "underperforming_group", "null"):
        assert flagged(found, kind) == np.flatnonzero(theirs[f"is_{kind}_issue"]).tolist(), kind
    assert len(flagged(found, "near_duplicate")) >= 30
    assert len(flagged(found, "class_imbalance")) > 2
    assert flagged(found, "outlier")
    for kind in ("outlier", "near_duplicate", "null"):
        np.testing.assert_allclose(found.scores[kind], theirs[f"{kind}_score"], atol=0.03, err_msg=kind)
    assert found.findings["non_iid"].details[0]["p_value"] == pytest.approx(p_value, abs=0.01)


def test_group_that_is_labelled_wrongly_is_flagged_by_both() -> None:
    X, labels, pred_probs = planted(0, 2)
    X[:] = X * 4  # so that the groups are apart
    theirs, _ = datalab(X, labels, pred_probs)
    found = run_checks(material.of(X, labels, pred_probs))
    assert flagged(found, "underperforming_group") == np.flatnonzero(theirs["is_underperforming_group_issue"]).tolist()


@settings(max_examples=15, deadline=None)
@given(st.integers(40, 200), st.integers(2, 6), st.integers(0, 99), st.booleans())
def test_p_value_of_the_order_is_the_same(n: int, d: int, seed: int, ordered: bool) -> None:
    X, labels, pred_probs = material.clusters(n, d, 3, seed)
    if ordered:
        X[:, 0] += np.linspace(0, 5, n)
    _, p_value = datalab(X, labels, pred_probs)
    finding = run_checks(material.of(X, labels, pred_probs)).findings["non_iid"]
    assert finding.details[0]["p_value"] == pytest.approx(p_value, abs=1e-3)
    assert finding.count == (p_value < 0.05)
