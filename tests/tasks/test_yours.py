"""Probabilities that the user brings stand in place of the model's where examples have several labels, or tags."""

from __future__ import annotations

from dataclasses import replace

import made
import numpy as np
import pytest
import tagged

from labelaudit.audit import audit
from labelaudit.blocks import Bars
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.estimate import estimate
from labelaudit.load.bring import bring
from labelaudit.result import Audit
from labelaudit.shapes.several import bits_of
from labelaudit.tasks import TASKS


def fair(right: np.ndarray, seed: int = 0) -> np.ndarray:
    """What a model that is right nine times of ten says of how likely 1 is."""
    rng = np.random.default_rng(seed)
    sure = rng.beta(9, 1, right.shape)
    return np.where(right == 1, sure, 1 - sure).astype(np.float32)


@pytest.fixture(scope="module")
def songs() -> Audit:
    right = made.several(200)
    wrong, _ = TASKS["multilabel"].plant(right, 0.2, seed=1)
    return audit(bring(wrong, {"pred_probs": fair(bits_of(right))}))


@pytest.fixture(scope="module")
def sentences() -> Audit:
    right = tagged.parts_of_speech(60)
    p = np.random.default_rng(0).dirichlet(np.ones(4), len(right.units))
    p = 0.3 * p + 0.7 * np.eye(4)[right.labels]
    wrong, _ = TASKS["token"].plant(right, 0.1, seed=1)
    return audit(bring(wrong, {"pred_probs": p}), AuditConfig(score="self_confidence"))


def labels_of(dataset: Dataset) -> list[list[int]]:
    return [np.flatnonzero(row == 1).tolist() for row in bits_of(dataset)]


def test_scores_of_labels_are_those_of_cleanlab(songs: Audit) -> None:
    from cleanlab.multilabel_classification import get_label_quality_scores
    from cleanlab.multilabel_classification.rank import get_label_quality_scores_per_class

    given = songs.dataset.given
    assert given is not None
    assert given.pred_probs is not None
    labels, p = labels_of(songs.dataset), given.pred_probs
    by_label = np.asarray(get_label_quality_scores_per_class(labels, p))
    assert np.allclose(songs.label_issues["score"].to_numpy().reshape(p.shape), by_label, atol=1e-6)
    how = {"aggregator_kwargs": {"method": "softmin", "temperature": 0.1}}
    by_example = songs.scores["example"].to_numpy().reshape(p.shape)[:, 0]
    assert np.allclose(by_example, get_label_quality_scores(labels, p, **how), atol=1e-6)


def test_flagged_labels_are_those_of_cleanlab(songs: Audit) -> None:
    from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class

    given = songs.dataset.given
    assert given is not None
    assert given.pred_probs is not None
    theirs = find_multilabel_issues_per_class(
        labels_of(songs.dataset), given.pred_probs, filter_by="prune_by_noise_rate", n_jobs=1
    )
    ours = songs.label_issues["is_issue"].to_numpy().reshape(given.pred_probs.shape)
    assert np.array_equal(ours, theirs)
    assert ours.any()


def test_scores_of_tokens_and_sentences_are_those_of_cleanlab(sentences: Audit) -> None:
    from cleanlab.token_classification.rank import get_label_quality_scores

    dataset = sentences.dataset
    assert dataset.given is not None
    ends = np.cumsum(dataset.given.lengths)[:-1]
    labels = [part.tolist() for part in np.split(dataset.labels, ends)]
    p = np.split(dataset.given.probabilities(dataset.classes), ends)
    _, by_token = get_label_quality_scores(labels, p)
    theirs = np.concatenate([part.to_numpy() for part in by_token])
    assert np.allclose(sentences.label_issues["score"], theirs, atol=1e-6)
    by_sentence, _ = get_label_quality_scores(labels, p, sentence_score_method="softmin")
    first = np.append(0, ends)
    assert np.allclose(sentences.scores["sentence"].to_numpy()[first], by_sentence, atol=1e-5)


@pytest.mark.parametrize("which", ["songs", "sentences"])
def test_method_evidence_and_bars_say_whose_they_are(which: str, request: pytest.FixtureRequest) -> None:
    found: Audit = request.getfixturevalue(which)
    assert found.manifest["resolved"]["heads"] == {"yours": 1.0}
    assert found.manifest["resolved"]["why"] == "the probabilities that you brought"
    assert estimate(found.dataset, found.config).heads == ("yours",)
    suspects = np.flatnonzero(found.label_issues["is_issue"])
    assert len(suspects)
    assert all(found.label_issues["evidence"].iloc[at][0].startswith("your model: ") for at in suspects)
    bars = TASKS[found.dataset.task].view(found, int(suspects[0]))[-1]
    assert isinstance(bars, Bars)
    assert bars.title == "Your model"


def test_how_the_same_word_is_tagged_elsewhere_is_still_evidence() -> None:
    right = tagged.entities()
    values = right.label_values()
    values[10] = "B-PER"  # New, in "in New York"
    p = 0.02 + 0.9 * np.eye(5)[right.labels]
    found = audit(bring(right.with_labels(values), {"pred_probs": p}))
    assert "is B-LOC 18 of 18 times in other sentences" in " ".join(found.label_issues["evidence"].iloc[10])


@pytest.mark.parametrize("form", ["binary", "list"])
def test_labels_need_no_features_beside_probabilities(form: str) -> None:
    right = made.several(100, form=form)
    bare = replace(right, feature_columns=())
    found = audit(bring(bare, {"pred_probs": fair(bits_of(right))}))
    assert any(note.startswith("there are no features") for note in found.manifest["notes"])
    assert "cluster" in found.issues
    assert TASKS["multilabel"].view(found, 0)


def test_probabilities_that_repeat_the_labels_get_a_warning() -> None:
    right = made.several(200, far=1.0)
    wrong, _ = TASKS["multilabel"].plant(right, 0.3, seed=1)
    learned, unseen = (fair(bits_of(dataset)) for dataset in (wrong, right))
    warned = [
        any("look in-sample" in note for note in audit(bring(wrong, {"pred_probs": p})).manifest["notes"])
        for p in (np.where(bits_of(wrong) == 1, 0.99, 0.01), unseen, 0.5 + (learned - 0.5) * 0.1)
    ]
    assert warned[:2] == [True, False]


def test_folds_of_sentences_may_come_along() -> None:
    right = tagged.parts_of_speech(30)
    p = 0.1 + 0.6 * np.eye(4)[right.labels]
    found = audit(bring(right, {"pred_probs": p, "folds": np.arange(30) % 3}))
    assert np.array_equal(found.outputs["fold"], (np.arange(30) % 3)[right.units.rows])


def test_a_sample_takes_its_own_probabilities() -> None:
    right = tagged.parts_of_speech(60)
    p = 0.1 + 0.6 * np.eye(4)[right.labels]
    whole = bring(right, {"pred_probs": p})
    found = audit(whole, AuditConfig(max_rows=20))
    assert np.allclose(found.outputs["pred_probs"], p[found.units])
