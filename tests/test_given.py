"""Audits of what the user brings: probabilities, features, folds, and classes that nobody used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import made
import numpy as np
import pyarrow as pa
import pytest

import labelaudit as la
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput, StoreError
from labelaudit.folds import assign_folds
from labelaudit.given import Given
from labelaudit.labels import decode
from labelaudit.saved import is_saved, open_dataset, save_dataset
from labelaudit.tasks import TASKS

# Our filters and what the paper called them; "confident_learning" of cleanlab 2 leaves out labels that are likeliest.
PAPER = {
    "prune_by_noise_rate": "cl_pbnr",
    "prune_by_class": "cl_pbc",
    "both": "cl_both",
    "confident_learning": "conf_joint_only",
    "predicted_neq_given": "argmax",
}
STORED = ["noise0.2_sparsity0.4.npz", "noise0.4_sparsity0.2.npz"]


def with_probabilities(n: int = 400, k: int = 4, **given: object) -> tuple[Dataset, np.ndarray]:
    labels, pred_probs = made.probabilities(n, k)
    table = pa.table({"label": labels, "size": np.random.default_rng(0).random(n)})
    dataset = Dataset("brought", table, ("label",), ("size",))
    return replace(dataset, given=Given(pred_probs=pred_probs, classes=tuple(range(k)), **given)), pred_probs  # type: ignore[arg-type]


def f1(flagged: np.ndarray, wrong: np.ndarray) -> float:
    return float(2 * (flagged & wrong).sum() / (flagged.sum() + wrong.sum()))


# -- the paper's own probabilities ----------------------------------------------------------------------


@pytest.mark.parametrize("filter_by", PAPER)
@pytest.mark.parametrize("name", STORED)
def test_the_papers_probabilities_flag_what_its_authors_flagged(shared_data: Path, name: str, filter_by: str) -> None:
    path = shared_data / "confident_learning" / name
    if not path.is_file():
        pytest.skip(f"needs {path}")
    found = la.audit(la.load(path, label="given"), AuditConfig(filter_by=filter_by))  # type: ignore[arg-type]
    flagged = found.label_issues["is_issue"].to_numpy()
    with np.load(path) as stored:
        wrong, theirs = stored["given"] != stored["true"], stored[f"paper_flag_{PAPER[filter_by]}"]
    assert f1(flagged, wrong) == pytest.approx(f1(theirs, wrong), abs=0.01)
    assert f1(flagged, theirs) > (0.98 if filter_by == "confident_learning" else 0.999)
    assert not any("in-sample" in note for note in found.manifest["notes"])


# -- probabilities ----------------------------------------------------------------------------------------


def test_brought_probabilities_replace_the_model() -> None:
    dataset, pred_probs = with_probabilities()
    found = la.audit(dataset)
    assert np.allclose(found.outputs["pred_probs"], pred_probs)
    resolved = found.manifest["resolved"]
    assert (resolved["heads"], resolved["why"]) == ({"yours": 1.0}, "the probabilities that you brought")
    worst = found.label_issues.sort_values("score").iloc[0]
    assert worst["evidence"][0].startswith("your model: ")
    assert "without this example" not in str(found.label_issues["evidence"].tolist())
    bars = TASKS["classification"].view(found, 0)[-1]
    assert bars.title == "Your model"  # type: ignore[union-attr]
    assert la.estimate(dataset, AuditConfig()).heads == ("yours",)


def test_without_features_an_audit_says_what_does_not_apply() -> None:
    dataset, _ = with_probabilities()
    found = la.audit(replace(dataset, feature_columns=()))
    assert found.label_issues["is_issue"].any()
    assert found.label_issues["cluster"].isna().all()
    assert any("there are no features" in note for note in found.manifest["notes"])


def test_a_class_without_examples_has_its_place_everywhere(tmp_path: Path) -> None:
    labels, pred_probs = made.probabilities(n=300, k=4)
    table = pa.table({"label": labels % 3, "size": labels / 7.0})
    dataset = Dataset("unused", table, ("label",), ("size",), given=Given(pred_probs=pred_probs, classes=(0, 1, 2, 3)))
    for filter_by in la.AuditConfig.model_fields["filter_by"].annotation.__args__:  # type: ignore[union-attr]
        found = la.audit(dataset, AuditConfig(filter_by=filter_by))
        assert found.joint.shape == (4, 4)
    unused = found.per_class.set_index("class").loc["3"]
    assert (unused["examples"], unused["suspects"]) == (0, 0)
    found = la.audit(dataset)
    assert 3 in found.suspects()["suggested"].tolist()
    found.save(tmp_path / "audit")
    assert la.Audit.open(tmp_path / "audit").dataset.classes == (0, 1, 2, 3)
    cleaned = TASKS["classification"].plant(dataset, 0.1)[0]
    assert cleaned.classes == (0, 1, 2, 3)


def test_probabilities_that_look_in_sample_are_warned_of() -> None:
    clean = made.table(n=240)
    noised, _ = TASKS["classification"].plant(clean, 0.2)
    learned = np.eye(3, dtype=np.float32)[noised.labels]
    found = la.audit(replace(noised, given=Given(pred_probs=learned, classes=noised.classes)))
    assert any(note.startswith("warning: your probabilities look in-sample") for note in found.manifest["notes"])


# -- features and folds -----------------------------------------------------------------------------------


def test_brought_features_replace_the_columns() -> None:
    clean = made.table(n=240)
    hidden = np.column_stack([clean.table[name].to_numpy() for name in clean.feature_columns]).astype(np.float32)
    bare = Dataset("bare", clean.table.select(["label"]), ("label",), (), given=Given(features=hidden))
    noised, planted = TASKS["classification"].plant(bare, 0.1)
    found = la.audit(noised)
    assert f1(found.label_issues["is_issue"].to_numpy(), planted) > 0.9
    assert "knn" in found.manifest["resolved"]["heads"]
    assert "an embedding" in found.manifest["resolved"]["why"]


def test_copies_are_known_by_brought_features_where_there_are_no_columns() -> None:
    points = np.random.default_rng(0).random((60, 4)).astype(np.float32)
    points[30:40] = points[:10]
    table = pa.table({"label": np.arange(60) % 2})
    folds = assign_folds(Dataset("copies", table, ("label",), (), given=Given(features=points)), 5, 0)
    assert np.array_equal(folds.fold[30:40], folds.fold[:10])


def test_brought_folds_are_used_and_split_copies_are_told() -> None:
    dataset = made.table(n=120)
    table = dataset.table.take(np.r_[0:110, 0:10])
    fold = np.arange(120) // 60
    brought = replace(dataset, table=table, given=Given(folds=fold))
    found = la.audit(brought)
    assert np.array_equal(found.outputs["fold"], fold)
    assert "your 2 folds were used; warning: 20 exact copies are split over several of them" in str(
        found.manifest["notes"]
    )
    assert np.array_equal(la.audit(replace(brought, given=Given(folds=fold[::-1].copy()))).outputs["fold"], fold[::-1])


# -- a data set with what was brought -----------------------------------------------------------------------


def everything(n: int = 50) -> Dataset:
    index = (np.arange(n, dtype=np.int32)[:, None] + np.arange(1, 4, dtype=np.int32)) % n
    dataset, _ = with_probabilities(
        n,
        features=np.random.default_rng(0).random((n, 5), dtype=np.float32),
        coordinates=np.random.default_rng(1).random((n, 2), dtype=np.float32),
        neighbours=index,
        distances=np.tile(np.arange(1, 4, dtype=np.float32), (n, 1)),
        folds=np.arange(n) % 5,
        notes=("50 x 4 probabilities",),
    )
    return dataset


def test_it_survives_being_written_and_taken_apart(tmp_path: Path) -> None:
    dataset = everything()
    save_dataset(dataset, tmp_path)
    again = open_dataset(tmp_path)
    assert again.fingerprint == dataset.fingerprint
    assert again.given is not None
    assert again.given.notes == ("50 x 4 probabilities",)
    part = dataset.take(np.array([3, 0, 1, 9])).given
    assert part is not None
    assert part.neighbours is not None
    assert part.neighbours.tolist() == [[-1, -1, -1], [2, 0, -1], [0, -1, -1], [-1, -1, -1]]
    assert part.distances is not None
    assert part.distances[1].tolist() == [1, 3, np.inf]
    assert part.features is not None
    assert dataset.given is not None
    assert np.array_equal(part.features[3], dataset.given.features[9])  # type: ignore[index]


def test_a_damaged_file_of_it_is_noticed(tmp_path: Path) -> None:
    save_dataset(everything(), tmp_path)
    path = tmp_path / "given.npz"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert not is_saved(tmp_path)
    with pytest.raises(StoreError, match=r"given\.npz is not as it was written"):
        open_dataset(tmp_path)


def test_it_is_part_of_what_an_audit_depends_on_and_not_of_what_decisions_are_about() -> None:
    dataset = everything()
    bare = replace(dataset, given=None)
    assert dataset.fingerprint != bare.fingerprint
    assert dataset.data_fingerprint == bare.data_fingerprint
    assert dataset.feature_fingerprint != bare.feature_fingerprint
    assert dataset.given is not None
    other = replace(dataset.given, folds=dataset.given.folds[::-1].copy())  # type: ignore[index]
    assert replace(dataset, given=other).fingerprint != dataset.fingerprint


def test_what_has_another_number_of_rows_is_refused() -> None:
    with pytest.raises(BadInput, match="'made table' has 120 rows and what you bring has 3"):
        replace(made.table(n=120), given=Given(folds=np.arange(3)))


def test_a_sample_and_the_results_keep_what_was_brought() -> None:
    dataset = everything()
    found = la.audit(dataset, AuditConfig(max_rows=20))
    assert found.outputs["coordinates"].shape == (20, 2)
    assert found.outputs["neighbours"].shape == (20, 3)
    assert found.outputs["neighbours"].max() < 20
    assert dataset.given is not None
    assert np.array_equal(found.outputs["coordinates"], dataset.given.coordinates[found.rows])  # type: ignore[index]
    assert decode(found.label_issues["given"].iloc[0]) in dataset.classes
