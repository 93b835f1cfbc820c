"""Several labels per example: what an audit says of them, and from a file to a reviewed export."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import made
import numpy as np
import pytest
from typer.testing import CliRunner

from labelaudit import cli, multilabel
from labelaudit.audit import audit
from labelaudit.blocks import Bars, Parts
from labelaudit.config import AuditConfig
from labelaudit.drawing import largest_clusters
from labelaudit.errors import BadInput
from labelaudit.load import load, to_bytes, write
from labelaudit.result import Audit
from labelaudit.reviewed import Reviewed
from labelaudit.selection import points, selected
from labelaudit.shapes.several import bits_of
from labelaudit.tasks import TASKS

TASK = TASKS["multilabel"]
PLANTED = 0.2


@pytest.fixture(scope="module")
def planted() -> tuple[Audit, np.ndarray]:
    """Labels of each kind wrong, and one of which nothing is said."""
    dataset, wrong = TASK.plant(made.several(), PLANTED, "uniform", seed=1)
    values = dataset.label_values()
    values[2] = None
    return audit(dataset.with_labels(values)), wrong


def test_the_same_labels_are_judged_alike_however_they_are_written() -> None:
    config = AuditConfig(model="linear_discriminant", checks=False)
    forms = ("binary", "list", "separated")
    first, *others = [audit(made.several(form=form), config).label_issues for form in forms]
    for found in others:
        np.testing.assert_array_equal(found["part"], first["part"])
        np.testing.assert_array_equal(found["score"], first["score"])


def test_an_example_is_scored_by_the_softmin_of_its_labels(planted: tuple[Audit, np.ndarray]) -> None:
    found = planted[0]
    of_labels = found.scores["self_confidence"].to_numpy().reshape(150, 4)
    by_example = found.scores["example"].to_numpy().reshape(150, 4)
    np.testing.assert_allclose(by_example, np.repeat(multilabel.softmin(of_labels)[:, None], 4, axis=1))


def test_suspects_say_why_and_a_label_that_is_not_said_gets_a_suggestion(planted: tuple[Audit, np.ndarray]) -> None:
    found, wrong = planted
    rows = found.label_issues
    first = int(np.flatnonzero(wrong & rows["is_issue"].to_numpy())[0])
    name = rows["part"].iloc[first].removeprefix("c:")
    says = " · ".join(rows["evidence"].iloc[first])
    assert f"without this example: {name} " in says
    assert "by its other labels alone: " in says
    assert "nearest neighbours: " in says
    unsaid = rows.iloc[2]
    assert (unsaid["given"], unsaid["is_issue"], unsaid["suggested"] in ("true", "false")) == (None, False, True)
    assert "no label is given" in unsaid["evidence"]
    assert set(found.scores.columns) >= {"alone", "other_labels", "neighbours", "example"}


def test_heatmaps_count_what_a_click_selects(planted: tuple[Audit, np.ndarray]) -> None:
    found = planted[0]
    table, (per_label, swapped) = points(found), TASK.heatmaps(found)
    assert per_label.columns == ("missing", "extra", "fine")
    for grid in (per_label, swapped):
        for row, column in np.argwhere(grid.suspects > 0).tolist():
            chosen = table[selected(found, table, grid.select(row, column))]
            assert chosen["is_issue"].all()
            if grid is per_label:
                assert len(chosen) == grid.suspects[row, column]
                assert set(chosen["part"]) == {f"c:{grid.rows[row]}"}
            else:
                assert chosen["id"].nunique() == grid.suspects[row, column]
    labelled = int((found.codes >= 0).sum())
    assert per_label.counts.sum() == labelled
    assert per_label.suspects.sum() == int(found.label_issues["is_issue"].sum())


def test_a_cluster_is_of_one_label_and_says_which(planted: tuple[Audit, np.ndarray]) -> None:
    found = planted[0]
    table = points(found).assign(cluster=-1)
    of_label = np.flatnonzero(table["is_issue"] & (table["part"] == "c:label b"))
    table.loc[of_label, "cluster"] = 0
    (cluster,) = largest_clusters(found, table)
    assert cluster.pair.startswith("label b: ")
    assert cluster.size == len(of_label)


def test_health_has_the_figures_of_the_task(planted: tuple[Audit, np.ndarray]) -> None:
    found = planted[0]
    figures = TASK.metrics(found)
    assert {"micro_f1", "macro_f1", "subset_accuracy", "hamming_loss"} <= set(figures)
    assert figures["noise_rate_low"] <= PLANTED / 4 <= figures["noise_rate_high"]
    table = found.per_class
    assert table[["suspects", "fine"]].to_numpy().sum() == (found.codes >= 0).sum()


def test_the_view_shows_all_labels_of_the_example(planted: tuple[Audit, np.ndarray]) -> None:
    blocks = TASK.view(planted[0], 6)
    parts = next(block for block in blocks if isinstance(block, Parts))
    assert [part.at for part in parts.parts] == [4, 5, 6, 7]
    assert (parts.here, parts.toggles) == (6, True)
    bars = next(block for block in blocks if isinstance(block, Bars))
    assert {bar.label for bar in bars.bars} == {"absent", "present"}
    assert TASK.part_name(planted[0], 6) == "label c"


def test_decided_labels_are_no_suspects_any_more(planted: tuple[Audit, np.ndarray]) -> None:
    found = planted[0]
    units = np.flatnonzero(found.label_issues["is_issue"])[:3]
    texts = tuple(found.label_issues["suggested"].iloc[units])
    decided = replace(found.dataset, reviewed=Reviewed(units, texts, ("set",) * 3))
    again = audit(decided)
    assert not again.label_issues["is_issue"].iloc[units].any()
    np.testing.assert_array_equal(decided.labels[units], [int(text == "true") for text in texts])
    settled, _ = TASK.plant(decided, PLANTED, "missing", seed=0)
    assert (bits_of(settled).sum(axis=1) <= bits_of(decided).sum(axis=1)).all()


def test_labels_that_every_example_has_or_none_are_said() -> None:
    dataset = made.several(form="binary")
    values = np.array(dataset.label_values(), dtype=object).reshape(-1, 4)
    values[:, 2], values[:, 3] = False, True
    found = audit(dataset.with_labels(values.ravel().tolist()))
    notes = " ".join(found.manifest["notes"])
    assert "no example has 'label c', so that no error can be found there" in notes
    assert "every example has 'label d'" in notes
    assert not found.label_issues["is_issue"].to_numpy().reshape(-1, 4)[:, 2:].any()


def test_without_features_there_is_one_sentence() -> None:
    with pytest.raises(BadInput, match="has no features and no probabilities; choose the columns that a model may see"):
        audit(replace(made.several(), feature_columns=()), AuditConfig(checks=False))


# -- from a file to a reviewed export ---------------------------------------------------------------


def ran(*arguments: object) -> str:
    result = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


@pytest.mark.parametrize("form", ["binary", "separated"])
def test_the_command_line_goes_from_a_file_to_a_reviewed_export(tmp_path: Path, form: str) -> None:
    dataset, _ = TASK.plant(made.several(form=form), PLANTED, "uniform", seed=1)
    write(dataset, tmp_path / "songs.csv")
    label = ("label*",) if form == "binary" else ("labels", "--label-option", "separator=;")
    said = ran("audit", tmp_path / "songs.csv", "--task", "multilabel", "--label", *label, "--out", tmp_path / "audit")
    assert "of 600 labels" in said
    found = Audit.open(tmp_path / "audit")
    suspects = found.label_issues[found.label_issues["is_issue"]].sort_values("score").head(2)
    decisions = [
        {"actor": "me", "action": "set", "id": str(row["id"]), "part": row["part"], "after": row["suggested"]}
        for row in suspects.to_dict("records")
    ]
    lines = "".join(json.dumps(decision) + "\n" for decision in decisions)
    (tmp_path / "decisions.jsonl").write_text(lines)
    assert "2 new" in ran("review", tmp_path / "audit", "--import", tmp_path / "decisions.jsonl")
    ran("export", tmp_path / "audit", "--to", tmp_path / "cleaned.csv")
    before, after = ((tmp_path / name).read_text().splitlines() for name in ("songs.csv", "cleaned.csv"))
    differ = [row for row, (old, new) in enumerate(zip(before[1:], after[1:], strict=True)) if old != new]
    assert differ == sorted(set(suspects["id"]))


def test_emotions_come_back_byte_for_byte_except_for_what_was_decided(shared_data: Path) -> None:
    path = shared_data / "multilabel" / "emotions.csv"
    if not path.is_file():
        pytest.skip("needs the emotions of music")
    dataset = load(path, task="multilabel")
    assert (len(dataset.units), dataset.label_columns[0]) == (3558, "amazed-suprised")
    assert to_bytes(dataset) == path.read_bytes()
    values = dataset.label_values()
    values[7] = not values[7]
    changed, original = to_bytes(dataset.with_labels(values)), path.read_bytes()
    assert [n for n, (a, b) in enumerate(zip(changed, original, strict=True)) if a != b] != []
    assert sum(a != b for a, b in zip(changed, original, strict=True)) == 1
