"""What holds for every task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import made
import measured
import numpy as np
import pandas as pd
import pytest
import rated
import tagged

from labelaudit.audit import audit, check
from labelaudit.blocks import Block
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.export import Handover
from labelaudit.labels import decode, encode
from labelaudit.result import Audit
from labelaudit.review import Decision, effective
from labelaudit.tasks import ISSUE_COLUMNS, TASKS
from labelaudit.terminal import print_summary

# Data without errors, for every task at least one set of each modality that it takes.
SAMPLES: dict[str, list[Callable[[], Dataset]]] = {
    "classification": [made.table, made.texts],
    "regression": [measured.table, measured.texts],
    "multiannotator": [rated.long, rated.wide],
    "multilabel": [made.several],
    "token": [tagged.parts_of_speech, tagged.entities],
}
CASES = [(name, sample) for name in TASKS for sample in SAMPLES.get(name, [])]
PLANTED, MISSING = 0.15, (5, 40)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{case[1].__name__}")
def clean(request: pytest.FixtureRequest) -> Dataset:
    task, sample = request.param
    assert sample().task == task
    return sample()


@pytest.fixture(scope="module")
def planted(clean: Dataset) -> tuple[Dataset, np.ndarray]:
    return TASKS[clean.task].plant(clean, PLANTED, "uniform", seed=1)


@pytest.fixture(scope="module")
def audited(planted: tuple[Dataset, np.ndarray]) -> Audit:
    """Errors planted, and two labels taken away."""
    return audit(without_labels(planted[0], MISSING))


def without_labels(dataset: Dataset, units: tuple[int, ...] | range) -> Dataset:
    return dataset.with_labels([None if n in units else value for n, value in enumerate(dataset.label_values())])


def decide(dataset: Dataset, unit: int, label: object) -> Decision:
    about = {"id": str(dataset.ids[dataset.units.rows[unit]]), "part": dataset.units.parts[unit]}
    return Decision(actor="me", action="set", after=encode(label), fingerprint="", **about)


def test_every_task_has_a_sample() -> None:
    assert set(SAMPLES) == set(TASKS)
    assert all(name == task.name for name, task in TASKS.items())


def test_issue_table_has_the_columns_and_types_of_the_design(audited: Audit) -> None:
    issues = audited.issues
    assert tuple(issues.columns) == ISSUE_COLUMNS
    assert issues["id"].dtype == "int64"
    assert issues["is_issue"].dtype == bool
    assert issues["score"].dtype.kind == "f"
    assert issues["cluster"].dtype == "Int64"
    for column in ("part", "issue"):
        assert issues[column].map(type).eq(str).all()
    for column in ("given", "suggested"):
        assert issues[column].dropna().map(decode).notna().all()
    assert issues["evidence"].map(lambda reasons: all(isinstance(r, str) and r for r in reasons)).all()


def test_every_example_has_a_label_row_and_keys_are_unique(audited: Audit) -> None:
    assert not audited.issues.duplicated(["id", "part", "issue"]).any()
    assert set(audited.label_issues["id"]) == set(audited.dataset.ids)
    assert audited.issues.loc[audited.issues["issue"] != "label", "is_issue"].all()


def test_scores_are_from_0_to_1_with_one_row_per_part(audited: Audit) -> None:
    assert audited.issues["score"].between(0, 1).all()
    detectors = audited.scores.drop(columns=["id", "part"])
    assert detectors.shape[1] >= 1
    assert ((detectors >= 0) & (detectors <= 1) | detectors.isna()).all(axis=None)
    pd.testing.assert_frame_equal(audited.scores[["id", "part"]], audited.label_issues[["id", "part"]])


def test_suggestions_stand_exactly_where_flagged_or_unlabelled(audited: Audit) -> None:
    rows = audited.label_issues
    unlabelled = rows["given"].isna()
    assert rows.index[unlabelled].tolist() == list(MISSING)
    assert rows["is_issue"].any()
    assert not (rows["is_issue"] & unlabelled).any()
    pd.testing.assert_series_equal(rows["suggested"].notna(), rows["is_issue"] | unlabelled, check_names=False)
    assert (rows["suggested"] != rows["given"])[rows["is_issue"]].all()


def test_two_audits_are_equal_bit_for_bit(audited: Audit) -> None:
    again = audit(audited.dataset, audited.config)
    pd.testing.assert_frame_equal(again.issues, audited.issues, check_exact=True)
    pd.testing.assert_frame_equal(again.scores, audited.scores, check_exact=True)
    pd.testing.assert_frame_equal(again.per_class, audited.per_class, check_exact=True)
    assert set(again.outputs) == set(audited.outputs)
    for name, values in again.outputs.items():
        np.testing.assert_array_equal(values, audited.outputs[name])
    assert again.id == audited.id


def test_planting_changes_exactly_the_rows_that_it_names(clean: Dataset, planted: tuple[Dataset, np.ndarray]) -> None:
    dataset, mask = planted
    assert mask.sum() in (round(PLANTED * len(clean)), round(PLANTED * len(clean.units)))  # of the rows, or the labels
    np.testing.assert_array_equal(dataset.given_texts != clean.given_texts, mask)
    assert dataset.classes == clean.classes
    assert dataset.provenance["planted"] == {"fraction": PLANTED, "kind": "uniform", "seed": 1}


def test_planted_errors_are_among_the_suspects_far_beyond_chance(
    audited: Audit, planted: tuple[Dataset, np.ndarray]
) -> None:
    mask, flagged = planted[1], audited.label_issues["is_issue"].to_numpy()
    assert (mask & flagged).sum() / flagged.sum() > 4 * PLANTED
    assert (mask & flagged).sum() / mask.sum() > 0.7


def one_class(dataset: Dataset) -> Dataset:
    if dataset.value_type == "votes":
        return rated.saying(dataset, "the same")
    same = {"class": "the same", "classes": False, "number": 7, "tags": "the same"}[dataset.value_type]
    return dataset.with_labels([same] * len(dataset.units))


def no_labels(dataset: Dataset) -> Dataset:
    if dataset.value_type == "votes":
        return rated.saying(dataset, None)
    return dataset.with_labels([None] * len(dataset.units))


def fewer_rows_than_folds(dataset: Dataset) -> Dataset:
    return dataset.take(np.array([0, 1, 3, 4]))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (one_class, "one class, 'the same'|no label is present in two rows and absent in two others|one number, '7'"),
        (no_labels, "no labels at all"),
        (fewer_rows_than_folds, "4 labelled rows are fewer than the 5 folds"),
    ],
)
def test_bad_input_gets_one_sentence(clean: Dataset, spoil: Callable[[Dataset], Dataset], says: str) -> None:
    for refuse in (audit, check):
        with pytest.raises(BadInput, match=says) as error:
            refuse(spoil(clean), AuditConfig())
        assert str(error.value).count("\n") == 0
        assert str(error.value).endswith(".")


def test_applying_no_decision_changes_no_cell(audited: Audit) -> None:
    dataset = audited.dataset
    values = TASKS[dataset.task].apply(dataset, effective([]))
    assert dataset.with_labels(values).table.equals(dataset.table)


def test_applied_decisions_change_their_cells_alone(clean: Dataset) -> None:
    news = {"classes": (True, False), "number": (12.5, 1234.5)}
    other, new = news.get(clean.value_type) or (clean.classes[-1], "a new label")
    values = TASKS[clean.task].apply(clean, effective([decide(clean, 0, other), decide(clean, 7, new)]))
    changed = clean.with_labels(values)
    expected = clean.label_values()
    expected[0], expected[7] = other, new
    assert changed.label_values() == expected
    assert changed.table.schema == clean.table.schema


def test_a_kept_label_is_left_as_it_is(clean: Dataset) -> None:
    kept = replace(decide(clean, 0, None), action="keep")
    assert TASKS[clean.task].apply(clean, effective([kept])) == clean.label_values()


@pytest.mark.parametrize("kind", ["suspect", "unsuspected", "unlabelled"])
def test_view_shows_every_kind_of_example(audited: Audit, kind: str) -> None:
    rows = audited.label_issues
    is_kind = {
        "suspect": rows["is_issue"],
        "unsuspected": ~rows["is_issue"] & rows["given"].notna(),
        "unlabelled": rows["given"].isna(),
    }[kind]
    task = TASKS[audited.dataset.task]
    for position in np.flatnonzero(is_kind)[:3]:
        blocks = task.view(audited, int(position))
        assert blocks
        assert all(isinstance(block, get_args(Block)) for block in blocks)


def test_the_command_line_says_by_what_the_health_is_judged(
    audited: Audit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    print_summary(audited, tmp_path, "review")
    words = {
        "classification": "by the estimate of Confident Learning",
        "regression": "as far as it shows: errors under",
        "multiannotator": "by what the annotators, weighed, say",
        "multilabel": "by the estimate of Confident Learning",
        "token": "by the estimate of Confident Learning",
    }[audited.dataset.task]
    if "model" in audited.outputs:
        words = words.replace("weighed, say", "weighed, and the model say")
    (said,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Health ")]
    assert f"%: {words}" in said
    assert ", about " in said


def test_an_export_without_changes_says_what_the_file_is(audited: Audit) -> None:
    handover = Handover(audited, [])
    added = audited.dataset.task == "multiannotator"
    says = " with the column 'consensus' added" if added else ""
    assert handover.unchanged == f"The cleaned file is your file{says}."
    part = Handover(audited, [], rows=np.arange(7), format="xlsx")
    assert f"with 7 of its {len(audited.dataset):,} rows" in part.unchanged
    assert part.unchanged.endswith(" and as XLSX.")


def test_metrics_and_charts_are_named(audited: Audit) -> None:
    task = TASKS[audited.dataset.task]
    assert task.metrics(audited)
    assert all(callable(chart) for chart in task.charts().values())


def test_task_says_what_it_is_and_needs() -> None:
    for task in TASKS.values():
        assert task.title
        assert task.needs
        assert task.editor in ("choice", "multi", "number", "tags", "boxes")


def test_a_config_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="Extra inputs"):
        AuditConfig.model_validate({"modle": "knn"})
