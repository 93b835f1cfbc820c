"""One class per example."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import made
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from labelaudit.audit import audit
from labelaudit.blocks import Bars, Row, Text
from labelaudit.config import AuditConfig
from labelaudit.dataset import JSON_CELLS, Dataset
from labelaudit.errors import BadInput, StoreError
from labelaudit.labels import decode
from labelaudit.result import Audit
from labelaudit.selection import points, selected
from labelaudit.tasks import TASKS, Seen
from labelaudit.text import count_of

TASK = TASKS["classification"]


@pytest.fixture(scope="module")
def rows() -> Audit:
    """A table with numbers, words and an extreme value in row 0."""
    clean = made.table(n=240)
    kinds = ["rare" if n == 0 else ["red", "blue"][n % 2] for n in range(240)]
    x0 = clean.table["x0"].to_pylist()
    x0[0] = 99.0
    table = clean.table.set_column(0, "x0", pa.array(x0)).append_column("kind", pa.array(kinds))
    table = table.append_column("when", pa.array(range(240), pa.timestamp("s")))
    return audit(Dataset("rows", table, ("label",), ("x0", "x1", "x2", "kind"), id_column=None))


@pytest.fixture(scope="module")
def texts() -> Audit:
    dataset = made.relabelled(made.texts(n=240), {0: "class 1", 5: None})
    return audit(dataset)


def bars_of(audited: Audit, position: int) -> Bars:
    (bars,) = [block for block in TASK.view(audited, position) if isinstance(block, Bars)]
    return bars


# -- issues -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("filter_by", ["low_self_confidence", "low_normalized_margin"])
def test_suggestion_is_another_class_even_where_the_given_one_is_likeliest(filter_by: Any) -> None:
    labels, pred_probs = made.probabilities(n=200)
    own = np.arange(200) < 150
    pred_probs[own] = 0.1
    pred_probs[np.flatnonzero(own), labels[own]] = 0.7  # sure of most labels, and all the more errors elsewhere
    dataset = Dataset("t", pa.table({"label": labels}), ("label",), ())
    outputs = {
        "arrays": {"pred_probs": pred_probs},
        "fold": np.arange(200) % 5,
        "verdicts": {},
    }
    found = TASK.find_issues(dataset, dataset.ids, Seen(None), outputs, AuditConfig(filter_by=filter_by)).issues
    assert found["is_issue"].any()
    assert (found["given"] != found["suggested"])[found["is_issue"]].all()


def test_score_that_ranks_is_the_chosen_one(rows: Audit) -> None:
    for score in ("normalized_margin", "confidence_weighted_entropy"):
        found = audit(rows.dataset, AuditConfig(score=score))  # type: ignore[arg-type]
        np.testing.assert_array_equal(found.label_issues["score"], found.scores[score])


def test_evidence_names_both_classes_with_their_probabilities(texts: Audit) -> None:
    row = texts.label_issues.iloc[0]
    assert row["is_issue"]
    assert row["evidence"][0].startswith("models without this example: class 0 ")
    assert "class 1" in row["evidence"][0]
    assert row["evidence"][1] == "3 of 3 models say class 0"


def test_every_head_is_a_detector_of_its_own(texts: Audit) -> None:
    heads = list(texts.manifest["resolved"]["heads"])
    assert len(heads) == 3
    judged = texts.scores.loc[texts.codes >= 0, heads]
    assert judged.notna().all(axis=None)
    assert judged.min(axis=None) >= 0
    assert judged.max(axis=None) <= 1
    assert (judged.loc[0] < 0.5).all()
    assert texts.scores.loc[5, heads].isna().all()


def test_examples_that_are_fine_need_no_evidence(texts: Audit) -> None:
    fine = texts.label_issues[~texts.label_issues["is_issue"] & texts.label_issues["given"].notna()]
    assert not fine["evidence"].map(len).any()


def test_suspects_of_a_pair_are_clustered() -> None:
    dataset, _ = TASK.plant(made.table(n=300), 0.2, "confusable", 0, made.joint(3, [(1, 0, 50)]))
    issues = audit(dataset).label_issues
    assert issues["cluster"].notna().any()
    assert issues.loc[issues["cluster"].notna(), "is_issue"].all()


# -- bad input ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ([f"id {n}" for n in range(40)], "40 different labels and fewer than two of them occur twice"),
        (["a"] * 39 + [None], "one class, 'a', in all 39 labelled rows"),
        (["a", "a", "b", "b"] + [None] * 36, "4 labelled rows are fewer than the 5 folds"),
        ([[1]] * 40, "not one class per example"),
    ],
)
def test_labels_that_allow_no_audit_are_named(labels: list[Any], says: str) -> None:
    dataset = Dataset("t", pa.table({"x": range(40), "label": labels}), ("label",), ("x",))
    with pytest.raises(BadInput, match=says):
        audit(dataset)


def test_groups_that_hold_whole_classes_are_named() -> None:
    dataset = made.table(n=60, k=2)
    grouped = made.with_column(dataset, "site", dataset.labels, group_column="site")
    with pytest.raises(BadInput, match="only one class is left to train on"):
        audit(grouped, AuditConfig(folds=2))


# -- apply and plant ----------------------------------------------------------------------------------


def mixed_labels() -> Dataset:
    """A column of numbers and words, which Arrow holds as JSON text."""
    cells = ['"a"', "1", "true", None] * 10
    field = pa.field("label", pa.string(), metadata=JSON_CELLS)
    table = pa.table([pa.array(range(40)), pa.array(cells)], schema=pa.schema([("x", pa.int64()), field]))
    return Dataset("mixed", table, ("label",), ("x",))


def test_labels_in_a_mixed_column_are_planted_and_applied_as_they_are_written() -> None:
    dataset = mixed_labels()
    assert {type(value) for value in dataset.classes} == {str, int, bool}
    planted, mask = TASK.plant(dataset, 0.2, "uniform", seed=0)
    np.testing.assert_array_equal(planted.labels != dataset.labels, mask)
    decided = pd.DataFrame({"id": ["1"], "part": [""], "action": ["set"], "after": ["true"]})
    values = TASK.apply(dataset, decided)
    assert values[:4] == ["a", True, True, None]
    assert dataset.with_labels(values).table["label"].to_pylist()[:4] == ['"a"', "true", "true", None]


def test_decisions_find_text_ids() -> None:
    dataset = made.with_column(made.table(n=60), "key", [f"k{n}" for n in range(60)], id_column="key")
    decided = pd.DataFrame({"id": ["k7"], "part": [""], "action": ["set"], "after": ['"new"']})
    values = TASK.apply(dataset, decided)
    assert [n for n, value in enumerate(values) if value == "new"] == [7]


# -- view ---------------------------------------------------------------------------------------------


def test_bars_are_longest_first_with_their_roles(texts: Audit) -> None:
    bars = bars_of(texts, 0).bars
    assert [bar.value for bar in bars] == sorted((bar.value for bar in bars), reverse=True)
    assert {bar.label: bar.role for bar in bars} == {"class 0": "suggested", "class 1": "given", "class 2": "other"}
    assert sum(bar.value for bar in bars) == pytest.approx(1, abs=1e-5)


def test_given_class_is_among_the_bars_however_unlikely() -> None:
    clean = made.table(n=240, k=12)
    found = audit(made.relabelled(clean, {0: "class 9"}))
    for position in range(24):
        bars = bars_of(found, position).bars
        assert len(bars) == 6
        assert decode(found.label_issues["given"][position]) in [bar.label for bar in bars]


def test_words_that_speak_for_a_class_are_marked(texts: Audit) -> None:
    (block,) = [b for b in TASK.view(texts, 0) if isinstance(b, Text)]
    assert block.text == texts.dataset.table["text"][0].as_py()
    marked = {block.text[start:end]: pull for start, end, pull in block.spans}
    assert set(marked.values()) == {"suggested"}
    assert all(word.startswith("worda") for word in marked)
    assert "and" not in marked


def test_unlabelled_text_has_no_marks(texts: Audit) -> None:
    (block,) = [b for b in TASK.view(texts, 5) if isinstance(b, Text)]
    assert block.spans == ()
    assert "given" not in [bar.role for bar in bars_of(texts, 5).bars]


def test_row_shows_every_cell_and_marks_the_unusual(rows: Audit) -> None:
    (block,) = [b for b in TASK.view(rows, 0) if isinstance(b, Row)]
    assert [cell.column for cell in block.cells] == ["x0", "x1", "x2", "kind", "when"]
    unusual = {cell.column: cell.unusual for cell in block.cells if cell.unusual}
    assert set(unusual) == {"x0", "kind"}
    assert "most extreme of class 0" in unusual["x0"]
    assert "of class 0 have this value" in unusual["kind"]


def test_rows_with_ids_of_their_own_are_shown() -> None:
    found = audit(made.with_column(made.table(n=60), "id", [f"r{n}" for n in range(60)], id_column="id"))
    for position in range(60):
        (block,) = [b for b in TASK.view(found, position) if isinstance(b, Row)]
        assert block.cells[-1].value == f"r{position}"


def test_view_of_a_sample_shows_the_sampled_row(rows: Audit) -> None:
    found = audit(rows.dataset, AuditConfig(max_rows=60))
    (block,) = [b for b in TASK.view(found, 3) if isinstance(b, Row)]
    x1 = rows.dataset.table["x1"][int(found.rows[3])].as_py()
    assert float(block.cells[1].value) == pytest.approx(x1)


# -- figures ------------------------------------------------------------------------------------------


def test_metrics_hold_health_classes_and_pairs(rows: Audit) -> None:
    metrics = TASK.metrics(rows)
    assert metrics["overall_label_health_score"] == rows.manifest["health"]["overall_label_health_score"]
    classes, _ = metrics["panels"]
    assert set(classes.table["class"]) == set(rows.dataset.class_names) == set(classes.selections)


def test_confused_pairs_lead_to_their_suspects() -> None:
    found = audit(TASK.plant(made.table(), 0.2, seed=1)[0], AuditConfig(checks=False))
    _, pairs = TASK.metrics(found)["panels"]
    assert pairs.links
    for link in pairs.links:
        count = 0 if link.selection is None else int(selected(found, points(found), link.selection).sum())
        assert link.note.endswith(f", {count_of(count, 'suspect')}")


def test_metrics_of_a_folder_without_a_joint_say_so(rows: Audit) -> None:
    with pytest.raises(StoreError, match="no confident joint"):
        TASK.metrics(replace(rows, confident_joint=None))
