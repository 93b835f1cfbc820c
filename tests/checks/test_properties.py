"""What the properties of images tell."""

from __future__ import annotations

from typing import Any

import material
import numpy as np
import pandas as pd
import pytest

from labelaudit.checks import Checked, run_checks

N = 60


def properties(**changes: dict[int, float]) -> pd.DataFrame:
    """Usual photos, apart from some cells."""
    rng = np.random.default_rng(0)
    usual = {"width": 500.0, "height": 400.0, "brightness": 0.5, "dark": 0.9, "bright": 0.1, "contrast": 0.2}
    usual |= {"sharpness": 50.0, "entropy": 7.0, "saturation": 0.5, "bytes": 40_000.0}
    frame = pd.DataFrame({name: value * rng.uniform(0.95, 1.05, N) for name, value in usual.items()})
    for name, cells in changes.items():
        for row, value in cells.items():
            frame.loc[row, name] = value
    return frame.assign(aspect=frame["width"] / frame["height"], format="JPEG", mode="RGB")


def checked(frame: pd.DataFrame, labels: Any = None) -> Checked:
    X = np.random.default_rng(0).normal(size=(len(frame), 5)).astype(np.float32)
    labels = np.arange(len(frame)) % 2 if labels is None else labels
    return run_checks(material.of(X, labels, properties=frame))


@pytest.mark.parametrize(
    ("kind", "cells", "evidence"),
    [
        ("dark", {"dark": {4: 0.2}}, "its brightest spots reach 20% of white"),
        ("bright", {"bright": {4: 0.97}}, "its darkest spots are at 97% of white"),
        ("blurry", {"sharpness": {4: 5.0}}, "its edges are 0.10 times as strong as usual"),
        ("odd_size", {"width": {4: 5000.0}, "height": {4: 4000.0}}, "5,000 x 4,000 pixels; usual are "),
        ("odd_aspect", {"width": {4: 4000.0}, "height": {4: 500.0}}, "8.0 times as wide as high"),
        ("low_information", {"entropy": {4: 0.3}}, "0.3 bits of information in a pixel; usual are 7.0"),
        ("greyscale", {"saturation": {4: 0.0}}, "it has no colour"),
    ],
)
def test_unusual_image_is_flagged(kind: str, cells: dict[str, dict[int, float]], evidence: str) -> None:
    found = checked(properties(**cells))
    rows = found.issues[found.issues["issue"] == kind]
    assert rows["id"].tolist() == [4]
    assert rows["evidence"].iloc[0][0].startswith(evidence)
    assert found.scores[kind].idxmin() == 4
    assert found.findings[kind].count == 1
    assert kind not in set(checked(properties()).issues["issue"])


def test_what_many_images_have_is_no_issue() -> None:
    found = checked(properties(saturation=dict.fromkeys(range(40), 0.0)))
    assert "greyscale" not in set(found.issues["issue"])
    assert "67% of the images are grey" in found.findings["greyscale"].words


def test_one_image_of_another_size_is_odd_where_all_have_one() -> None:
    frame = properties().assign(width=32.0, height=32.0, aspect=1.0)
    frame.loc[9, ["width", "height"]] = 64.0
    found = checked(frame)
    assert found.issues.loc[found.issues["issue"] == "odd_size", "id"].tolist() == [9]


def test_images_that_cannot_be_read_are_not_judged() -> None:
    frame = properties()
    frame.loc[[2, 3]] = np.nan
    found = checked(frame)
    assert not found.issues["issue"].isin(["dark", "bright", "blurry", "odd_size"]).any()
    assert (found.scores.loc[[2, 3], ["dark", "blurry"]] == 1).all(axis=None)
    frame[:] = np.nan
    assert not checked(frame).findings["dark"].applies


def test_property_that_tells_the_label_is_named() -> None:
    labels = np.arange(N) % 2
    frame = properties()
    frame["brightness"] = np.where(labels == 1, 0.8, 0.2) + 0.01 * frame["contrast"]
    finding = checked(frame, labels).findings["property_correlation"]
    assert finding.count == 1
    assert finding.details[0]["column"] == "brightness"
    assert finding.details[0]["score"] < 0.05
    assert (finding.details[0]["low"], finding.details[0]["high"]) == ("c0", "c1")
    assert checked(properties(), labels).findings["property_correlation"].count == 0


def test_property_that_tells_one_of_many_classes_is_named() -> None:
    labels = np.arange(N) % 6
    frame = properties()
    frame.loc[labels == 3, "bytes"] += 20_000
    finding = checked(frame, labels).findings["property_correlation"]
    assert finding.count == 1
    fact = next(fact for fact in finding.details if fact["column"] == "bytes")
    assert fact["label"] == "c3"
    assert fact["area"] == 1
    assert fact["score"] > 0.3


def test_score_is_that_of_scikit_learn() -> None:
    from sklearn.model_selection import cross_val_score
    from sklearn.naive_bayes import GaussianNB

    labels = np.arange(N) % 3
    frame = properties()
    frame["entropy"] += labels * 0.3
    facts = checked(frame, labels).findings["property_correlation"].details
    score = next(fact["score"] for fact in facts if fact["column"] == "entropy")
    accuracy = cross_val_score(GaussianNB(), frame[["entropy"]].to_numpy(), labels, cv=5).mean()
    assert 0.1 < score < 0.9
    assert score == pytest.approx((1 - accuracy) / (2 / 3), abs=1e-4)


def test_one_class_has_nothing_to_tell() -> None:
    assert not checked(properties(), np.zeros(N, dtype=int)).findings["property_correlation"].applies
