"""What is wrong with a data set before any audit."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from labelaudit.dataset import Dataset
from labelaudit.load import load
from labelaudit.load.cells import exact_column
from labelaudit.load.checks import findings
from labelaudit.load.known import Finding, Known
from labelaudit.load.label_checks import several_labels

N = 60


def dataset(labels: list[Any] | None = None, roles: dict[str, Any] | None = None, **columns: list[Any]) -> Dataset:
    """Make a data set with nothing wrong but for what is passed in."""
    rows = len(labels) if labels is not None else len(next(iter(columns.values()), [0] * N))
    clean = {"x": [float(i) for i in range(rows)], "label": labels or ["ab"[i % 2] for i in range(rows)]}
    return load(pa.table({**clean, **columns}), label="label", task="classification", **(roles or {}))


def only(found: list[Finding], key: str) -> Finding:
    (finding,) = [finding for finding in found if finding.key == key]
    assert finding.effect.endswith(".")
    assert finding.fix.endswith(".")
    assert len(finding.examples) <= 3
    return finding


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    assert findings(dataset()) == []


def test_missing_labels() -> None:
    finding = only(findings(dataset(["a", None, "b", "", " nan "] * 6)), "missing_labels")
    assert (finding.title, finding.count, finding.severity) == ("18 rows have no label", 18, "medium")
    assert finding.examples == ("row 1", "row 3", "row 4")
    assert only(findings(dataset(["a", "b"] * 9 + [None])), "missing_labels").title == "1 row has no label"


def test_labels_that_differ_only_in_case_or_spaces() -> None:
    labels = ["spam", "Spam", "ham  x", " ham x ", "other"] * 5 + ["SPAM"]
    finding = only(findings(dataset(labels)), "label_variants")
    assert finding.title == "5 labels read alike: they differ only in case, spaces or type"
    assert set(finding.examples[1].split(" and ")) == {
        "'SPAM' (row 25)",
        "'Spam' (5 rows, first 1)",
        "'spam' (5 rows, first 0)",
    }
    assert "'␠ham x␠' (5 rows, first 3)" in finding.examples[0]


def test_a_number_and_its_text_read_alike() -> None:
    table = pa.table({"x": [float(i) for i in range(20)]})
    field, cells = exact_column("label", [3, "3", "x", "y"] * 5)
    finding = only(findings(load(table.append_column(field, cells), label="label")), "label_variants")
    assert finding.title == "2 labels read alike: they differ only in case, spaces or type"
    assert finding.examples == ("'3' (5 rows, first 0) and '\"3\"' (5 rows, first 1)",)


def test_classes_with_fewer_examples_than_folds_and_with_one() -> None:
    data = dataset(["a"] * 10 + ["b"] * 10 + ["c"] * 4 + ["d"])
    assert only(findings(data), "small_classes").title == "1 class has fewer examples than the 5 folds"
    assert only(findings(data), "small_classes").examples == ("'c' (4 rows, first 20)",)
    assert only(findings(data), "single_example").examples == ("'d' (row 24)",)
    assert not [f for f in findings(data, folds=3) if f.key == "small_classes"]


@pytest.mark.parametrize(
    ("labels", "title"),
    [
        (["a"] * 10, "The label column 'label' has only one class, 'a'"),
        ([None] * 10, "The label column 'label' has no label at all"),
    ],
)
def test_one_class_comes_first(labels: list[Any], title: str) -> None:
    found = findings(dataset(labels))
    assert (found[0].key, found[0].title, found[0].severity) == ("one_class", title, "high")
    assert "small_classes" not in {finding.key for finding in found}


@pytest.mark.parametrize("labels", [[str(0.5 * i) for i in range(60)], [i * 7 % 59 * 3 for i in range(80)]])
def test_a_label_that_looks_like_a_number(labels: list[Any]) -> None:
    finding = only(findings(dataset(labels)), "number_label")
    assert finding.title.startswith("The label 'label' looks like a number to predict: ")
    assert finding.severity == "high"


@pytest.mark.parametrize("odd", ["inf", "ask", "n.a. yet"])
def test_a_number_with_a_cell_that_is_none_is_told_so(odd: str) -> None:
    finding = only(findings(dataset([*(str(0.5 * i) for i in range(80)), odd])), "number_label")
    assert finding.title.endswith(f"80 different values, but for {odd!r}")
    assert finding.fix.startswith("Correct or empty those cells")


@pytest.mark.parametrize(
    "labels", [[str(i % 10) for i in range(60)], list(range(60)) * 5, ["abc"[i % 3] for i in range(60)]]
)
def test_classes_written_as_numbers_are_classes(labels: list[Any]) -> None:
    assert "number_label" not in {finding.key for finding in findings(dataset(labels))}


@pytest.mark.parametrize(
    ("groups", "folds", "title", "fix"),
    [
        (3, 5, "The group column 'shop' has 3 groups, fewer than the 5 folds", "Choose at most 3 folds, or another"),
        (1, 2, "The group column 'shop' has 1 group, fewer than the 2 folds", "Choose another group column, or none."),
    ],
)
def test_fewer_groups_than_folds(groups: int, folds: int, title: str, fix: str) -> None:
    data = dataset(shop=[f"s{i % groups}" for i in range(N)], roles={"group": "shop"})
    finding = only(findings(data, folds), "few_groups")
    assert (finding.title, finding.count, finding.severity) == (title, groups, "high")
    assert finding.fix.startswith(fix)
    assert "few_groups" not in {other.key for other in findings(data, groups)}


def test_labels_that_read_like_none_are_kept_and_said_so() -> None:
    data = dataset(["a", "NA", "b", "?", "-", "None"] * 6)
    finding = only(findings(data), "reads_like_nothing")
    assert (finding.title, finding.count) == ("24 rows have a label that reads like none", 24)
    assert finding.effect == "It is kept as a class of its own."
    assert "NA" in data.classes


def test_repeated_ids() -> None:
    finding = only(
        findings(dataset(user_id=["u1", "u1", "u2", "u2", "u2", *map(str, range(N - 7)), "", ""])), "repeated_ids"
    )
    assert finding.title == "2 values of 'user_id' in more than one row"
    assert finding.examples == ("'u1' in rows 0, 1", "'u2' in rows 2, 3, 4")
    grouped = dataset(user_id=[f"u{i // 10}" for i in range(N)])
    assert "repeated_ids" not in {finding.key for finding in findings(grouped)}


def test_exact_duplicates_with_the_same_and_with_different_labels() -> None:
    x = [0.0, 0.0, 0.0, 1.0, 1.0, *[float(i) for i in range(5, N)]]
    y = ["p", "p", "q", "r", "r", *["s"] * (N - 5)]
    labels = ["a", "b", "a", "b", "b", *["ab"[i % 2] for i in range(5, N)]]
    found = findings(load(pa.table({"x": x, "y": y, "label": labels}), label="label", features=["x", "y"]))
    conflicting = only(found, "conflicting_rows")
    assert conflicting.title == "2 rows are exact duplicates with different labels"
    assert conflicting.examples == ("rows 0, 1: 'a' and 'b'",)
    assert conflicting.severity == "high"
    repeated = only(found, "repeated_rows")
    assert repeated.title == "2 rows are exact duplicates with the same label"
    assert repeated.examples == ("rows 3, 4: 'b'",)


def test_duplicates_are_found_among_lists() -> None:
    data = dataset(items=[[1, 2]] * 2 + [[i] for i in range(N - 2)], roles={"features": ["items"]})
    assert only(findings(data), "conflicting_rows").count == 2


def test_constant_columns() -> None:
    finding = only(findings(dataset(c=["x"] * N, d=[None] * N, e=[""] * N)), "constant_columns")
    assert finding.title == "3 columns are constant"
    assert finding.examples == ("'c' is 'x' everywhere", "'d' is empty everywhere", "'e' is empty everywhere")


def test_columns_that_give_the_label_away() -> None:
    columns: dict[str, Any] = {"copy": ["AB"[i % 2] for i in range(N)], "row": [f"r{i}" for i in range(N)]}
    seen = only(findings(dataset(roles={"features": ["x", "copy", "row"]}, **columns)), "giveaways")
    assert (seen.title, seen.severity) == ("2 features give too much away", "high")
    assert seen.examples == (
        "'copy' is a copy of the label under other names",
        "'row' identifies the rows: it is different in every one",
    )
    hidden = only(findings(dataset(**columns)), "giveaways_left_out")
    assert (hidden.title, hidden.severity) == ("2 columns are left out of the features", "low")


def test_texts_may_differ_in_every_row() -> None:
    assert findings(dataset(t=[f"this is text {i}" for i in range(N)], roles={"text": "t"})) == []


def test_what_hurts_most_comes_first() -> None:
    labels = ["spam", "Spam", "ham", None] * 15
    found = findings(dataset(labels, c=["x"] * N))
    assert [finding.severity for finding in found] == ["high", "medium", "low"]


def test_two_hundred_thousand_rows_take_a_second_or_two() -> None:
    rows = 200_000
    random = np.random.default_rng(0)
    columns = {f"n{i}": random.normal(size=rows).round(2).astype(str) for i in range(4)}
    columns |= {f"c{i}": random.integers(0, 50, rows).astype(str) for i in range(4)}
    columns["text"] = np.array([f"some text about {i // 2}" for i in range(rows)])
    columns["label"] = random.choice(list("abcd"), rows)
    started = time.perf_counter()
    data = load(pa.table(columns), features=["n0", "c0", "text"])
    assert findings(data)
    assert time.perf_counter() - started < 5


def test_columns_of_0_and_1_at_the_end_look_like_several_labels() -> None:
    flags = {name: [n // k % 2 for n in range(N)] for k, name in enumerate(("happy", "calm", "sad"), 1)}
    several = load(pa.table({"x": [float(n) for n in range(N)], **flags}), label="sad")
    finding = only(findings(several), "several_labels")
    assert (finding.count, finding.task, finding.examples) == (3, "multilabel", ("happy", "calm", "sad"))
    beside = load(pa.table({"x": [float(n) for n in range(N)], **flags}), label="happy", features=["x"])
    assert only(findings(beside), "several_labels").count == 3
    assert not [f for f in findings(dataset(**flags)) if f.key == "several_labels"]  # the class is another column


@pytest.mark.parametrize(("file", "looks_so"), [("multilabel/emotions", True), ("tabular/adult_train", False)])
def test_ordinary_tables_with_flags_are_no_several_labels(shared_data: Path, file: str, looks_so: bool) -> None:
    known = Known(load(shared_data / f"{file}.csv", task="classification"))
    assert bool(list(several_labels(known, 5))) == looks_so


def test_bike_rentals_have_flags_among_their_features(shared_data: Path) -> None:
    rentals = load(shared_data / "tabular" / "bike_sharing_hour.csv", task="classification", label="workingday")
    assert not list(several_labels(Known(rentals), 5))


def test_labels_that_hardly_or_always_occur_are_named() -> None:
    texts = [f"parcel number {n} is late again" for n in range(N)]
    columns = {"often": [n % 2 for n in range(N)], "never": [0] * N, "always": [1] * (N - 1) + [0]}
    made = load(pa.table({"text": texts, **columns}), label=list(columns), task="multilabel")
    finding = only(findings(made), "one_sided")
    assert finding.title == "2 labels occur in hardly any row, or in nearly all"
    assert finding.examples == (f"'never' (0 of {N} rows)", f"'always' ({N - 1} of {N} rows)")
