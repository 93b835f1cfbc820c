"""Several annotators: the audit, who is reliable, whom to ask next."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import rated
from typer.testing import CliRunner

from labelaudit.annotators import consensus_of, dissented, pairs, ranked, to_ask
from labelaudit.audit import audit
from labelaudit.blocks import Bars, Row, Votes
from labelaudit.cli import app
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.load import load
from labelaudit.result import Audit
from labelaudit.review import Decision, write_jsonl
from labelaudit.reviewed import Reviewed
from labelaudit.selection import Selection, points, selected
from labelaudit.shapes.votes import votes, with_votes
from labelaudit.tasks import TASKS

TASK = TASKS["multiannotator"]
QUICK = AuditConfig(checks=False)


def corrupted(annotator: int) -> Dataset:
    """Let one annotator take the class 1 for the class 0, always."""
    dataset = rated.wide()
    found = votes(dataset)
    label = found.ratings.label.copy()
    label[(found.ratings.annotator == annotator) & (found.ratings.item % 3 == 1)] = 0
    return with_votes(dataset, found, label)


@pytest.fixture(scope="module")
def one_corrupted() -> Audit:
    return audit(corrupted(4), QUICK)


@pytest.fixture(scope="module")
def planted() -> tuple[Audit, np.ndarray]:
    dataset, mask = TASK.plant(rated.long(), 0.1, seed=3)
    return audit(dataset, AuditConfig()), mask


# -- annotators ---------------------------------------------------------------------------------------


def test_who_is_corrupted_is_the_least_reliable_and_what_they_confuse_is_said(one_corrupted: Audit) -> None:
    table = ranked(one_corrupted)
    worst = table.iloc[0]
    assert worst["annotator"] == "rater_4"
    assert (worst["said"], worst["meant"]) == ("class 0", "class 1")
    assert worst["times"] >= 38
    assert worst["quality"] < 0.75 < table["quality"].iloc[1]
    assert table["note"].eq("").all()
    assert pairs(one_corrupted).iloc[0]["annotator"] == "rater_4"


def test_a_click_on_an_annotator_shows_where_they_stand_against_the_others(one_corrupted: Audit) -> None:
    chosen = selected(one_corrupted, points(one_corrupted), Selection(annotator="rater_4"))
    assert chosen.sum() == ranked(one_corrupted).iloc[0]["disputed"]
    assert chosen[1::3].mean() > 0.9 > 0.2 > chosen[::3].mean()
    assert not dissented(one_corrupted, "nobody").any()
    assert Selection.from_text(Selection(annotator="rater_4").to_text()).chips() == [
        ("annotator", "rater_4 against the others")
    ]


def test_an_annotator_with_one_rating_is_told_apart() -> None:
    text = "item,annotator,label\n" + "".join(f"{n},{who},{'xy'[n % 2]}\n" for n in range(20) for who in "ab")
    found = audit(load(rated.csv_of(text + "3,new,x\n"), task="multiannotator"), QUICK)
    table = ranked(found).set_index("annotator")
    assert table["note"].map(bool).to_dict() == {"a": False, "b": False, "new": True}
    assert table.loc["new", "note"] == "1 of at least 10 ratings: too few to say"


def test_whom_to_ask_have_not_rated_it_and_are_reliable_and_unrated_items_come_first() -> None:
    dataset = rated.long()
    found = votes(dataset)
    long = dataset.annotations
    assert long is not None
    some = np.random.default_rng(0).random(len(long)) < 0.6
    keep = some & (found.ratings.item != 7)
    fewer = replace(dataset, annotations=long.take(pa.array(np.flatnonzero(keep))))
    fewer = fewer.with_labels([None if row == 7 else value for row, value in enumerate(fewer.label_values())])
    made = audit(fewer, QUICK)
    asked = to_ask(made, 20)
    assert asked["score"].is_monotonic_increasing
    assert 7 in asked["id"].head(3).tolist()
    better = set(ranked(made)["annotator"].tail(3))
    rating = {(str(row["item"]), row["annotator"]) for row in fewer.annotations.to_pylist()}  # type: ignore[union-attr]
    for row in asked.to_dict("records"):
        assert row["ask"] == "" or row["ask"] in better
        assert (str(row["id"]), row["ask"]) not in rating
    assert asked["ask"].nunique() > 2


def test_what_was_decided_is_not_asked_and_no_suspect_any_more(planted: tuple[Audit, np.ndarray]) -> None:
    found, mask = planted
    rows = np.flatnonzero(mask)
    decided = Reviewed(rows, tuple(f'"class {row % 3}"' for row in rows), ("set",) * len(rows))
    again = audit(replace(found.dataset, reviewed=decided), QUICK)
    assert not again.label_issues["is_issue"].to_numpy()[rows].any()
    assert (again.outputs["pred_probs"][rows].argmax(axis=1) == rows % 3).all()
    assert not set(to_ask(again, 120)["id"]) & set(rows.tolist())


# -- the audit ----------------------------------------------------------------------------------------


def test_suspects_say_who_said_what_and_what_the_model_thinks(planted: tuple[Audit, np.ndarray]) -> None:
    found, _ = planted
    worst = found.suspects().iloc[0]
    assert any("of 5 say" in reason for reason in worst["evidence"])
    assert any(reason.startswith("all weighed: ") for reason in worst["evidence"])
    assert any(reason.startswith("model without its votes: ") for reason in worst["evidence"])


def test_the_view_shows_the_item_and_who_said_what_the_most_trusted_first(planted: tuple[Audit, np.ndarray]) -> None:
    found, _ = planted
    position = int(found.label_issues["score"].argmin())
    example, said, bars = TASK.view(found, position)
    assert isinstance(example, Row)
    assert isinstance(bars, Bars)
    assert isinstance(said, Votes)
    assert {line.role for line in said.said} >= {"given", "suggested"}
    assert sum(len(line.votes) for line in said.said) == 5
    for line in said.said:
        assert [vote.quality for vote in line.votes] == sorted((vote.quality for vote in line.votes), reverse=True)


def test_metrics_lead_to_what_they_speak_of(one_corrupted: Audit) -> None:
    figures = TASK.metrics(one_corrupted)
    assert figures["card"].value == "rater_4"
    assert "agree in" in figures["agreement_words"]
    other = one_corrupted.label_issues["suggested"].notna().mean()  # likelier than what most say
    assert 0.5 < figures["consensus_accuracy"] == pytest.approx(1 - other)
    table = points(one_corrupted)
    for link in [figures["card"].link, *figures["panels"][1].links]:
        assert selected(one_corrupted, table, link.selection).any()


def test_a_cell_of_the_heatmap_of_annotators_holds_what_a_click_selects(one_corrupted: Audit) -> None:
    grid = TASK.heatmaps(one_corrupted)[-1]
    assert not isinstance(grid, str)
    assert grid.rows[grid.order[0]] == "rater_4"
    row, column = int(grid.order[0]), list(grid.columns).index("class 1")
    assert grid.values[row, column] > 0.9
    table = points(one_corrupted)
    for cell in ((row, column), (0, 0), (3, 2)):
        assert selected(one_corrupted, table, grid.select(*cell)).sum() == grid.suspects[cell]


def test_a_sample_keeps_votes_and_classes(planted: tuple[Audit, np.ndarray]) -> None:
    part = audit(corrupted(4), AuditConfig(max_rows=60, checks=False))
    assert len(part.rows) == 60
    assert ranked(part)["ratings"].eq(60).all()
    assert len(consensus_of(part)) == 60


def test_brought_probabilities_take_the_place_of_the_model() -> None:
    dataset = rated.wide()
    brought = 0.1 + 0.7 * np.eye(3)[np.arange(120) % 3]
    found = audit(
        load((dataset.table.drop_columns(["consensus"]), dataset.source), task="multiannotator", pred_probs=brought),
        QUICK,
    )
    assert found.manifest["resolved"]["why"] == "the probabilities that you brought"
    np.testing.assert_allclose(found.outputs["model"].argmax(axis=1), np.arange(120) % 3)


@pytest.mark.parametrize("method", ["majority", "dawid_skene", "glad", "crowdlab"])
def test_the_method_is_a_choice_and_is_recorded(method: str) -> None:
    found = audit(corrupted(4), AuditConfig(checks=False, consensus=method))  # type: ignore[arg-type]
    assert found.manifest["resolved"]["consensus"] == method
    assert (found.outputs["pred_probs"].argmax(axis=1) == np.arange(120) % 3).mean() > 0.95


def test_planting_corrupts_annotators_one_after_another() -> None:
    clean = rated.long()
    dataset, mask = TASK.plant(clean, 0.1, seed=3)
    before, after = votes(clean).ratings, votes(dataset).ratings
    changed = np.bincount(before.annotator, before.label != after.label, 5) / before.per_annotator
    assert mask.sum() == 12
    assert (changed == 0).any()
    assert (changed > 0.5).any()


# -- bad input ----------------------------------------------------------------------------------------


def test_one_annotator_is_refused() -> None:
    text = "item,annotator,label\n" + "".join(f"{n},ann,{'xy'[n % 2]}\n" for n in range(10))
    with pytest.raises(BadInput, match=r"all 10 ratings of .* are by one annotator"):
        audit(load(rated.csv_of(text), task="multiannotator"))


def test_items_with_one_rating_each_and_nothing_else_known_are_refused() -> None:
    text = "item,annotator,label\n" + "".join(f"{n},{'ab'[n % 2]},{'xy'[n % 2]}\n" for n in range(10))
    with pytest.raises(BadInput, match=r"no item of .* has two ratings"):
        audit(load(rated.csv_of(text), task="multiannotator"))


# -- command line -------------------------------------------------------------------------------------


def run(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_from_a_file_to_a_reviewed_export_on_the_command_line(tmp_path: Path) -> None:
    table = TASK.plant(rated.long(), 0.1, seed=3)[0].annotations
    assert table is not None
    file, folder, out = tmp_path / "ratings.csv", tmp_path / "audit", tmp_path / "out.csv"
    table.to_pandas().to_csv(file, index=False)
    assert "labels" in run("audit", file, "--consensus", "dawid_skene", "--out", folder, "--labels-only")
    said = run(
        "annotators", folder, "--ask", 3, "--consensus", tmp_path / "items.csv", "--pairs", tmp_path / "pairs.csv"
    )
    assert "the least reliable first" in said
    assert "Another label would tell most about" in said
    assert len(pd.read_csv(tmp_path / "items.csv")) == 120
    assert set(pd.read_csv(tmp_path / "pairs.csv").columns) == {"annotator", "said", "meant", "times", "of", "share"}
    found = Audit.open(folder)
    id_ = str(found.suspects()["id"].iloc[0])
    decisions = tmp_path / "decisions.jsonl"
    decision = Decision(actor="me", action="set", id=id_, after='"class 1"', fingerprint=found.dataset.data_fingerprint)
    write_jsonl([decision], decisions)
    run("export", folder, "--decisions", decisions, "--to", out)
    with out.open() as written:
        rows = list(csv.DictReader(written))
    assert len(rows) == 600
    assert {row["consensus"] for row in rows if row["item"] == id_} == {"class 1"}
    facts = json.loads(run("annotators", folder, "--json"))
    assert len(facts["annotators"]) == 5


def test_annotators_of_other_data_are_refused_in_one_sentence(tmp_path: Path) -> None:
    import made

    audit(made.table(), QUICK).save(tmp_path / "audit")
    result = CliRunner().invoke(app, ["annotators", str(tmp_path / "audit")])
    assert result.exit_code != 0
    assert "by nobody in particular" in result.output


# -- real data ----------------------------------------------------------------------------------------


def test_on_real_ratings_the_consensus_is_right_as_often_as_the_best_other(shared_data: Path) -> None:
    folder = shared_data / "crowd"
    truth = pd.read_csv(folder / "bluebird_truth.csv", dtype=str).set_index("item")["truth"]
    found = audit(load(folder / "bluebird_annotations.csv"), QUICK)
    best = consensus_of(found).set_index("id")["consensus"]
    best.index = best.index.astype(str)
    assert (best == truth[best.index]).mean() >= 0.889
