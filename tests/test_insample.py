"""Probabilities of a model that had seen the labels are noticed, honest ones are not."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine, make_blobs
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from labelaudit.insample import in_sample_signs

MODELS: dict[str, Callable[[], object]] = {
    "forest": lambda: RandomForestClassifier(50, random_state=0),
    "nearest": lambda: KNeighborsClassifier(1),
}
LOADERS = {"iris": load_iris, "wine": load_wine, "breast_cancer": load_breast_cancer, "digits": load_digits}


@cache
def data(name: str, wrong: float) -> tuple[np.ndarray, np.ndarray]:
    if name == "blobs":
        X, y = make_blobs(1000, centers=4, cluster_std=0.4, random_state=0)
    else:
        X, y = LOADERS[name](return_X_y=True)
    rng = np.random.default_rng(0)
    flipped = rng.random(len(y)) < wrong
    y = np.where(flipped, (y + rng.integers(1, y.max() + 1, len(y))) % (y.max() + 1), y)
    return StandardScaler().fit_transform(X), y


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("name", "wrong"), [("breast_cancer", 0), ("digits", 0), ("wine", 0.1), ("blobs", 0.1)])
def test_a_model_that_learned_the_labels_by_heart_is_noticed(name: str, wrong: float, model: str) -> None:
    X, y = data(name, wrong)
    pred_probs = MODELS[model]().fit(X, y).predict_proba(X)  # type: ignore[attr-defined]
    assert "look in-sample" in in_sample_signs(pred_probs, y, X)


@pytest.mark.parametrize("model", [*MODELS, "linear"])
@pytest.mark.parametrize("wrong", [0, 0.1])
@pytest.mark.parametrize("name", [*LOADERS, "blobs"])
def test_honest_probabilities_of_easy_data_are_not(name: str, wrong: float, model: str) -> None:
    X, y = data(name, wrong)
    chosen = MODELS[model]() if model in MODELS else make_pipeline(LogisticRegression(max_iter=300))
    pred_probs = cross_val_predict(chosen, X, y, cv=5, method="predict_proba")
    assert in_sample_signs(pred_probs, y, X) == ""


def test_without_features_full_agreement_is_all_that_can_be_said() -> None:
    X, y = data("digits", 0)
    forest = RandomForestClassifier(50, random_state=0)
    assert "agree with all given labels but 0.00%" in in_sample_signs(forest.fit(X, y).predict_proba(X), y)
    assert in_sample_signs(cross_val_predict(forest, X, y, cv=5, method="predict_proba"), y) == ""


def test_the_users_neighbours_vote_where_they_are_given() -> None:
    X, y = data("digits", 0.1)
    from sklearn.neighbors import NearestNeighbors

    neighbours = NearestNeighbors(n_neighbors=11).fit(X).kneighbors(X, return_distance=False)[:, 1:]
    learned = np.eye(10)[y]
    assert "look in-sample" in in_sample_signs(learned, y, neighbours=neighbours)


def test_rows_without_a_label_say_nothing() -> None:
    X, y = data("iris", 0)
    assert in_sample_signs(np.eye(3)[y], np.full(len(y), -1), X) == ""
