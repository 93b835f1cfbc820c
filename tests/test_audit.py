"""The audit as a whole: pure, cached, saved, and patient with odd data."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import made
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from labelaudit import folds, predict
from labelaudit.audit import audit, audit_key, check, sample_rows
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset, Source
from labelaudit.errors import BadInput, Cancelled, StoreError
from labelaudit.heads import HEADS
from labelaudit.labels import decode
from labelaudit.result import Audit
from labelaudit.tasks import TASKS, classification

FILES = {
    "issues.parquet",
    "scores.parquet",
    "pred_probs.npz",
    "confident_joint.csv",
    "manifest.json",
    # what makes the folder stand alone
    "per_class.parquet",
    "data.arrow",
    "dataset.json",
}
# Every choice that differs from the default.
CHOICES: dict[str, Any] = {
    "consensus": "majority",
    "model": "knn",
    "calibrate": True,
    "folds": 4,
    "filter_by": "both",
    "score": "normalized_margin",
    "seed": 1,
    "max_rows": 60,
    "checks": False,
    "embedder": "hog",
    "device": "cuda",
    "precision": "bfloat16",
}


def planted(dataset: Dataset, seed: int = 1) -> Dataset:
    return TASKS[dataset.task].plant(dataset, 0.15, "uniform", seed=seed)[0]


def same(one: Audit, other: Audit) -> None:
    for table in ("issues", "scores", "per_class"):
        pd.testing.assert_frame_equal(getattr(one, table), getattr(other, table), check_exact=True)
    assert set(one.outputs) == set(other.outputs)
    for name, values in one.outputs.items():
        np.testing.assert_array_equal(values, other.outputs[name])
    np.testing.assert_array_equal(one.confident_joint, other.confident_joint)
    assert one.config == other.config
    assert json.loads(json.dumps(one.manifest)) == other.manifest


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return planted(made.table())


@pytest.fixture(scope="module")
def audited(dataset: Dataset) -> Audit:
    return audit(dataset)


# -- cache ------------------------------------------------------------------------------------------


def test_second_audit_is_read_from_the_cache(dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = audit(dataset, cache=tmp_path)
    monkeypatch.delattr(predict, "out_of_fold")
    same(audit(dataset, cache=tmp_path), first)


def test_result_of_equal_data_says_nothing_of_where_it_was_first_audited(dataset: Dataset, tmp_path: Path) -> None:
    first = replace(
        dataset, name="theirs", source=Source("csv", {}, ("their note",)), provenance={"path": "/home/them/theirs.csv"}
    )
    second = replace(dataset, name="mine", source=Source("csv", {}, ("my note",)), provenance={})
    audit(first, cache=tmp_path)
    found = audit(second, cache=tmp_path)
    assert "their" not in json.dumps(dict(found.manifest))
    assert (found.manifest["dataset"]["name"], found.manifest["notes"]) == ("mine", ["my note"])


def test_features_are_not_made_again_when_only_labels_change(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit(dataset, cache=tmp_path)
    monkeypatch.delattr("labelaudit.features.tabular.tabular_features")
    audit(planted(dataset, seed=2), cache=tmp_path)


@pytest.mark.parametrize("harm", ["cut", "scribbled", "emptied", "removed"])
@pytest.mark.parametrize("name", sorted(FILES - {"data.arrow", "dataset.json"}))
def test_damaged_result_is_made_again(dataset: Dataset, tmp_path: Path, name: str, harm: str) -> None:
    first = audit(dataset, cache=tmp_path)
    if (name, harm) == ("confident_joint.csv", "removed"):
        return  # not every task has one
    hurt(tmp_path / f"audit-{first.id}" / name, harm)
    again = audit(dataset, cache=tmp_path)
    pd.testing.assert_frame_equal(again.issues, first.issues, check_exact=True)
    same(audit(dataset, cache=tmp_path), again)


@pytest.mark.parametrize("harm", ["cut", "scribbled", "emptied", "removed"])
def test_damaged_features_and_probabilities_are_made_again(dataset: Dataset, tmp_path: Path, harm: str) -> None:
    first = audit(dataset, cache=tmp_path)
    for path in [*tmp_path.glob("*.npz"), tmp_path / f"audit-{first.id}" / "manifest.json"]:
        hurt(path, harm)
    again = audit(dataset, cache=tmp_path)
    pd.testing.assert_frame_equal(again.issues, first.issues, check_exact=True)


def hurt(path: Path, harm: str) -> None:
    if harm == "removed":
        path.unlink()
    else:
        whole = path.read_bytes()
        path.write_bytes({"cut": whole[: len(whole) // 2], "scribbled": b"\x00not this" * 40, "emptied": b""}[harm])


def test_key_changes_with_every_choice(dataset: Dataset) -> None:
    assert set(CHOICES) == set(AuditConfig.model_fields)
    plain = AuditConfig()
    keys = {audit_key(dataset, plain.model_copy(update={name: value})) for name, value in CHOICES.items()}
    assert len(keys | {audit_key(dataset, plain)}) == len(CHOICES) + 1


def test_key_changes_with_the_data_and_its_roles_and_not_with_its_name(dataset: Dataset) -> None:
    grouped = made.with_column(dataset, "group", list(range(len(dataset))))
    changed = [
        made.relabelled(dataset, {0: "class 1" if dataset.labels[0] != 1 else "class 2"}),
        dataset.take(np.arange(len(dataset))[::-1]),
        replace(dataset, feature_columns=("x0",)),
        grouped,
        replace(grouped, group_column="group"),
        replace(grouped, id_column="group"),
    ]
    config = AuditConfig()
    keys = {audit_key(other, config) for other in [dataset, *changed]}
    assert len(keys) == len(changed) + 1
    renamed = replace(dataset, name="other", provenance={"demo": "x"})
    assert audit_key(renamed, config) == audit_key(dataset, config)


# -- on disk ----------------------------------------------------------------------------------------


def int_ids(dataset: Dataset) -> Dataset:
    return made.with_column(dataset, "key", [1000 - row for row in range(len(dataset))], id_column="key")


def text_ids(dataset: Dataset) -> Dataset:
    return made.with_column(dataset, "key", [f"é-{row:03}" for row in range(len(dataset))], id_column="key")


def int_classes(dataset: Dataset) -> Dataset:
    return made.with_column_as_label(dataset, pa.array(dataset.labels))


def bool_classes(dataset: Dataset) -> Dataset:
    return made.with_column_as_label(dataset, pa.array(dataset.labels == 0))


def dictionary_classes(dataset: Dataset) -> Dataset:
    return made.with_column_as_label(dataset, dataset.table["label"].combine_chunks().dictionary_encode())


def missing_labels(dataset: Dataset) -> Dataset:
    return made.relabelled(dataset, {0: None, 1: None})


VARIANTS = [int_ids, text_ids, int_classes, bool_classes, dictionary_classes, missing_labels]


@pytest.mark.parametrize("variant", VARIANTS)
def test_saved_audit_opens_as_it_was(dataset: Dataset, tmp_path: Path, variant: Callable[[Dataset], Dataset]) -> None:
    found = audit(variant(dataset))
    found.save(tmp_path / "out")
    opened = Audit.open(tmp_path / "out")
    same(found, opened)
    assert opened.dataset.table.equals(found.dataset.table)
    assert opened.dataset.fingerprint == found.dataset.fingerprint
    assert opened.dataset.classes == found.dataset.classes
    assert opened.label_issues["id"].tolist() == found.dataset.ids.tolist()


def test_folder_holds_exactly_its_files(audited: Audit, tmp_path: Path) -> None:
    audited.save(tmp_path / "out")
    audited.save(tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_probabilities_load_without_pickle(
    dataset: Dataset, tmp_path: Path, variant: Callable[[Dataset], Dataset]
) -> None:
    found = audit(variant(dataset))
    found.save(tmp_path / "out")
    with np.load(tmp_path / "out" / "pred_probs.npz", allow_pickle=False) as stored:
        assert stored["classes"].tolist() == list(found.dataset.classes)
        assert stored["ids"].tolist() == found.dataset.ids.tolist()
        assert stored["pred_probs"].shape == (len(dataset), len(found.dataset.classes))
        np.testing.assert_allclose(stored["pred_probs"].sum(axis=1), 1, atol=1e-5)


def test_joint_is_a_table_with_class_names(audited: Audit, tmp_path: Path) -> None:
    audited.save(tmp_path / "out")
    joint = pd.read_csv(tmp_path / "out" / "confident_joint.csv", index_col="given")
    assert joint.index.tolist() == joint.columns.tolist() == ["class 0", "class 1", "class 2"]
    np.testing.assert_array_equal(joint, audited.confident_joint)


def test_manifest_says_what_ran(audited: Audit) -> None:
    manifest = audited.manifest
    assert manifest["config"]["model"] == "auto"
    assert sum(manifest["resolved"]["heads"].values()) == pytest.approx(1, abs=0.01)
    assert manifest["resolved"]["why"]
    assert set(manifest["timings"]) == {"features", "neighbours", "folds", "issues"}
    assert sum(manifest["timings"].values()) <= manifest["seconds"] + 0.01
    assert manifest["counts"] == {"examples": 120, "suspects": len(audited.suspects()), "missing_labels": 0}
    assert manifest["peak_memory_mb"] > 0
    assert manifest["sampled"] is None


def test_suspects_are_worst_first_with_labels_as_written(dataset: Dataset) -> None:
    suspects = audit(int_classes(dataset)).suspects()
    assert suspects["score"].is_monotonic_increasing
    assert set(suspects["given"]) | set(suspects["suggested"]) <= {0, 1, 2}
    assert (suspects["given"] != suspects["suggested"]).all()


def test_folder_without_an_audit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not hold an audit"):
        Audit.open(tmp_path)


def test_folder_with_other_files_is_not_overwritten(audited: Audit, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all of it")
    with pytest.raises(StoreError, match="hold"):
        audited.save(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "all of it"


def test_place_that_cannot_be_written_is_named(audited: Audit, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="can't be written"):
        audited.save(tmp_path / "file" / "out")


# -- progress -----------------------------------------------------------------------------------------


def test_progress_names_every_step_and_fold(dataset: Dataset) -> None:
    told: list[tuple[str, float, float]] = []
    audit(dataset, progress=lambda *message: told.append(message))
    steps = list(dict.fromkeys(step for step, _, _ in told))
    heads = ("logistic regression", "randomised trees")
    folds = [f"fold {n} of 5, {head}" for head in heads for n in range(1, 6)]
    assert [s for s in steps if s.startswith("fold ")] == folds
    assert list(dict.fromkeys(s.split()[0] for s in steps)) == ["features", "neighbours", "folds", "fold", "issues"]
    done = [done for step, done, total in told if step.startswith("fold ")]
    assert (np.diff(done) > -1e-9).all()
    assert all(0 <= done <= total for _, done, total in told)


@pytest.mark.parametrize("at", ["features", "fold 3 of 5, randomised trees", "issues"])
def test_cancelled_in_progress_stops_the_audit(dataset: Dataset, tmp_path: Path, at: str) -> None:
    def progress(step: str, done: float, total: float) -> None:
        if step == at:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        audit(dataset, progress=progress, cache=tmp_path)
    assert not list(tmp_path.glob("audit-*"))
    same(audit(dataset, cache=tmp_path), audit(dataset, cache=tmp_path))


def test_interrupted_audit_resumes_at_the_last_finished_fold(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(step: str, done: float, total: float) -> None:
        if step == "fold 4 of 5, randomised trees":
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        audit(dataset, progress=stop, cache=tmp_path)
    fits: list[int] = []
    fitted = predict.fit
    monkeypatch.setattr(predict, "fit", lambda X, *rest: fits.append(1) or fitted(X, *rest))
    audit(dataset, cache=tmp_path)
    assert len(fits) == 2


# -- samples ------------------------------------------------------------------------------------------


def test_sample_keeps_class_shares_and_is_noted() -> None:
    dataset = made.table(n=600)
    dataset = dataset.take(np.flatnonzero((dataset.labels != 2) | (np.arange(600) % 4 == 0)))
    found = audit(dataset, AuditConfig(max_rows=100))
    assert found.manifest["sampled"] == {"rows": len(found.rows), "of": len(dataset)}
    assert any("sample of 100" in note for note in found.manifest["notes"])
    assert len(found.label_issues) == len(found.rows) == 100
    assert (np.diff(found.rows) > 0).all()
    np.testing.assert_array_equal(found.label_issues["id"], found.rows)
    shares = np.bincount(found.codes) / 100
    np.testing.assert_allclose(shares, np.bincount(dataset.labels) / len(dataset), atol=0.02)


def test_sample_holds_the_rarest_class_and_unlabelled_rows_in_share() -> None:
    dataset = made.relabelled(made.table(n=300), {7: "rare", **dict.fromkeys(range(100, 200))})
    rows = sample_rows(dataset, 30, seed=3)
    assert set(dataset.labels[rows]) == {-1, 0, 1, 2, 3}
    assert 8 <= (dataset.labels[rows] < 0).sum() <= 12


def test_sample_smaller_than_the_classes_is_refused() -> None:
    dataset = made.table(n=120, k=12)
    with pytest.raises(BadInput, match="10 rows can't hold 12 classes"):
        audit(dataset, AuditConfig(max_rows=10))


def test_sample_that_allows_no_audit_is_refused_before_it_runs() -> None:
    pairs = made.table(n=20, k=10)  # every class twice, so that a sample of ten holds each once
    check(pairs, AuditConfig())
    with pytest.raises(BadInput, match="fewer than two of them occur twice"):
        check(pairs, AuditConfig(max_rows=10))


def test_sample_no_smaller_than_the_data_is_the_audit_of_all(dataset: Dataset, audited: Audit) -> None:
    assert audit(dataset, AuditConfig(max_rows=len(dataset))).id == audited.id


# -- labels of all kinds ------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", [int_classes, dictionary_classes])
def test_kind_of_label_column_does_not_change_the_flags(
    dataset: Dataset, audited: Audit, variant: Callable[[Dataset], Dataset]
) -> None:
    found = audit(variant(dataset))
    np.testing.assert_array_equal(found.label_issues["is_issue"], audited.label_issues["is_issue"])
    np.testing.assert_array_equal(found.outputs["pred_probs"], audited.outputs["pred_probs"])
    assert {type(value) for value in found.label_issues["given"].map(decode)} == {type(found.dataset.classes[0])}


def test_bool_labels_are_given_and_suggested_as_bools(dataset: Dataset) -> None:
    found = audit(bool_classes(dataset))
    assert found.dataset.classes == (False, True)
    assert set(found.label_issues["suggested"].dropna()) <= {"true", "false"}
    assert found.label_issues["is_issue"].any()


def test_unlabelled_rows_get_a_suggestion_and_are_never_flagged() -> None:
    clean = made.table()
    missing = {0: None, 1: None, 2: None}
    found = audit(made.relabelled(clean, missing))
    rows = found.label_issues.iloc[[0, 1, 2]]
    assert not rows["is_issue"].any()
    assert rows["suggested"].map(decode).tolist() == clean.table["label"].to_pylist()[:3]
    assert all("no label is given" in reasons for reasons in rows["evidence"])
    assert found.manifest["counts"]["missing_labels"] == 3
    assert found.scores.loc[:2, "self_confidence"].isna().all()


def test_only_example_of_a_class_is_never_flagged_and_says_why() -> None:
    found = audit(made.relabelled(made.table(), {10: "alone"}))
    row = found.label_issues.iloc[10]
    assert not row["is_issue"]
    assert row["score"] == 1
    assert row["suggested"] is None
    assert row["evidence"]
    assert "alone" in row["evidence"][0]


# -- folds --------------------------------------------------------------------------------------------


def test_rows_of_a_group_share_a_fold(dataset: Dataset) -> None:
    groups = np.random.default_rng(0).integers(0, 25, len(dataset)).astype(str)
    found = audit(made.with_column(dataset, "patient", groups, group_column="patient"))
    assert (pd.Series(found.outputs["fold"]).groupby(groups).nunique() == 1).all()
    assert any("'patient' share a fold" in note for note in found.manifest["notes"])


def with_copied_errors() -> tuple[Dataset, np.ndarray]:
    """Texts that say their class and have words of their own, which copies can teach a model to take for the label."""
    clean = made.texts(n=160, k=2)
    wrong = np.random.default_rng(0).choice(160, 12, replace=False)
    rows = np.concatenate([np.arange(160), np.repeat(wrong, 4)])
    own = [" ".join(f"own{row}{letter}" for letter in "abcdef") for row in range(160)]
    texts = [f"{clean.table['text'][row]} {own[row]}" for row in rows]
    codes = clean.labels.copy()
    codes[wrong] = 1 - codes[wrong]
    table = pa.table({"text": texts, "label": [f"class {code}" for code in codes[rows]]})
    return Dataset("copies", table, ("label",), ("text",), modality="text"), np.isin(rows, wrong)


@pytest.mark.parametrize("model", ["auto", "linear_sgd"])
def test_errors_that_copies_hide_are_found_because_copies_share_a_fold(
    model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, wrong = with_copied_errors()
    config = AuditConfig(model=model, filter_by="predicted_neq_given")
    found = audit(dataset, config)
    assert (found.label_issues["is_issue"] & wrong).sum() / wrong.sum() > 0.9
    assert any("48 exact copies share a fold" in note for note in found.manifest["notes"])

    def random_folds(dataset: Dataset, n_folds: int, seed: int, near: Any) -> folds.Folds:
        return folds.Folds(np.random.default_rng(seed).permutation(len(dataset)) % n_folds, n_folds, "")

    monkeypatch.setattr(classification, "assign_folds", random_folds)
    missed = audit(dataset, config)
    assert (missed.label_issues["is_issue"] & wrong).sum() / wrong.sum() < 0.2


# -- odd features -------------------------------------------------------------------------------------


def test_texts_without_a_known_word_are_audited() -> None:
    texts = ["!!! ???", "... ;;;"] * 20
    dataset = Dataset("marks", pa.table({"t": texts, "y": ["a", "b"] * 20}), ("y",), ("t",), modality="text")
    found = audit(made_wrong(dataset))
    assert found.suspects()["id"].tolist() == [0]


def made_wrong(dataset: Dataset) -> Dataset:
    values = dataset.table["y"].to_pylist()
    values[0] = "b"
    return dataset.with_labels(values)


def test_table_with_gaps_infinities_and_mixed_cells_is_audited() -> None:
    n = 90
    table = pa.table(
        {
            "number": pa.array([None, float("nan"), float("inf"), -float("inf"), 1e300, 1.0] * 15),
            "text numbers": ["1", "2.5", "?"] * 30,
            "mixed": ["1", "x", None] * 30,
            "flag": [True, False, None] * 30,
            "list": [[1], [2], None] * 30,
            "struct": [{"a": 1}, {"a": 2}, None] * 30,
            "date": pa.array([0, 10**9, None] * 30, pa.timestamp("s")),
            "kind": pa.array(["p", "q", None] * 30).dictionary_encode(),
            "bytes": [b"a", b"b", None] * 30,
            "nothing": pa.nulls(n),
            "y": ["a", "b", "c"] * 30,
        }
    )
    dataset = Dataset("mixed", table, ("y",), tuple(c for c in table.column_names if c != "y"))
    for model in ("logistic_regression", "hist_gradient_boosting"):
        found = audit(dataset, AuditConfig(model=model))
        assert len(found.suspects()) == 0
        np.testing.assert_allclose(found.outputs["pred_probs"].sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("columns", "modality"),
    [({}, "tabular"), ({"x": pa.nulls(40)}, "tabular"), ({"x": ["", " "] * 20}, "tabular"), ({"x": [""] * 40}, "text")],
)
def test_features_that_hold_nothing_are_refused(columns: dict[str, Any], modality: Any) -> None:
    table = pa.table({**columns, "y": ["a", "b"] * 20})
    dataset = Dataset("bare", table, ("y",), tuple(columns), modality=modality)
    with pytest.raises(BadInput, match="choose"):
        audit(dataset)


# -- models -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", [made.table, made.texts])
@pytest.mark.parametrize("model", ["auto", *HEADS])
def test_every_model_finds_planted_errors(sample: Callable[..., Dataset], model: Any) -> None:
    dataset, wrong = TASKS["classification"].plant(sample(n=90), 0.1, "uniform", seed=0)
    found = audit(dataset, AuditConfig(model=model, folds=3))
    pred_probs = found.outputs["pred_probs"]
    assert pred_probs.dtype == np.float32
    np.testing.assert_allclose(pred_probs.sum(axis=1), 1, atol=1e-5)
    assert (found.label_issues["is_issue"] & wrong).sum() >= 5


@pytest.mark.parametrize("model", ["logistic_regression", "linear_sgd", "complement_naive_bayes", "knn"])
def test_calibrated_model_finds_planted_errors(model: Any) -> None:
    dataset, wrong = TASKS["classification"].plant(made.table(n=90), 0.1, "uniform", seed=0)
    plain = audit(dataset, AuditConfig(model=model, folds=3))
    found = audit(dataset, AuditConfig(model=model, folds=3, calibrate=True))
    assert found.id != plain.id
    assert not np.array_equal(found.outputs["pred_probs"], plain.outputs["pred_probs"])
    assert (found.label_issues["is_issue"] & wrong).sum() >= 5


def test_calibration_says_which_count_it_needs() -> None:
    dataset = made.relabelled(made.table(), {0: "rare", 1: "rare", 2: "rare"})
    with pytest.raises(BadInput, match="calibration needs 3 training examples of every class and one class has"):
        audit(dataset, AuditConfig(calibrate=True))


@pytest.mark.parametrize(("field", "value"), [("model", "oracle"), ("folds", 1), ("max_rows", 3), ("seed", -1)])
def test_choice_that_does_not_exist_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=field):
        AuditConfig(**{field: value})
