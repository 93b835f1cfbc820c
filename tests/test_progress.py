"""How far a review is, read from the log: what counts as found, as left, and as time to stop."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import made
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from labelaudit import cli
from labelaudit.audit import audit
from labelaudit.curve import chart, curve
from labelaudit.decisions import effective, new_batch
from labelaudit.exchange import write_jsonl
from labelaudit.ordering import mixed, review_order
from labelaudit.progress import FEW, ONE_LOOK, WORTH, Progress, Reviewed, lots_of, progress
from labelaudit.result import Audit
from labelaudit.review import Decision
from labelaudit.selection import points, with_decisions
from labelaudit.stopping import Estimate
from labelaudit.tasks import TASKS


@pytest.fixture(scope="module")
def reviewable() -> tuple[Audit, np.ndarray]:
    dataset, planted = TASKS["classification"].plant(made.table(n=900, far=2.0), 0.12, seed=0)
    return audit(dataset), planted


def decide(found: Audit, position: int, action: str, after: str | None = None, **more: str) -> Decision:
    id_, given = str(found.label_issues["id"].iloc[position]), found.label_issues["given"].iloc[position]
    return Decision(actor=more.pop("actor", "ann"), action=action, id=id_, before=given, after=after, **more)


def by_truth(found: Audit, planted: np.ndarray, positions: Sequence[int]) -> list[Decision]:
    """What a reviewer who knows the truth writes, one decision at a time."""
    kinds = [("set", '"another"') if planted[position] else ("keep", None) for position in positions]
    return [
        decide(found, position, *kind, batch=f"b{n}")
        for n, (position, kind) in enumerate(zip(positions, kinds, strict=True))
    ]


def state(found: Audit, log: list[Decision]) -> tuple[pd.DataFrame, Reviewed]:
    table = with_decisions(found, points(found), effective(log))
    return table, Reviewed.of(found, table, log)


def ahead(found: Audit, every: int = 5) -> np.ndarray:
    """The queue of the suspects with the random sample in it."""
    table = points(found)
    ranked = review_order(table["is_issue"].to_numpy(), table["score"].to_numpy())
    return mixed(ranked, lots_of(found, table).order, np.zeros(len(table), bool), every)[0]


def measured(found: Audit, log: list[Decision]) -> Progress:
    table, reviewed = state(found, log)
    score = table["score"].to_numpy()
    return progress(reviewed, lots_of(found, table), score, review_order(table["is_issue"].to_numpy(), score))


# -- what counts -------------------------------------------------------------------------------------------


def test_an_error_is_a_label_that_did_not_stand(reviewable: tuple[Audit, np.ndarray]) -> None:
    found, _ = reviewable
    given = found.label_issues["given"].iloc[4]
    kinds = [("set", '"another"'), ("exclude", None), ("keep", None), ("ambiguous", None), ("set", given)]
    log = [decide(found, n, action, after, batch=str(n)) for n, (action, after) in enumerate(kinds)]
    log += [decide(found, 5, "skip", batch="5"), decide(found, 6, "tag", '["outlier_valid"]', batch="6")]
    _, reviewed = state(found, log)
    assert np.flatnonzero(reviewed.error).tolist() == [0, 1]
    assert np.flatnonzero(reviewed.known).tolist() == [0, 1, 2, 3, 4]
    assert np.flatnonzero(reviewed.seen).tolist() == [0, 1, 2, 3, 4, 5]  # a tag says nothing about the label


def test_what_nobody_looked_at_one_by_one_is_seen_and_not_known(reviewable: tuple[Audit, np.ndarray]) -> None:
    found, _ = reviewable
    rule = [decide(found, 0, "set", '"another"', actor="rule: accept suggestions below 0.2", batch="r")]
    many = [decide(found, n, "exclude", batch="many") for n in range(1, ONE_LOOK + 2)]
    bulk = [decide(found, n, "exclude", batch=new_batch(unseen=True)) for n in (600, 601)]
    page = [decide(found, n, "exclude", batch="page") for n in range(300, 300 + ONE_LOOK)]
    _, reviewed = state(found, [*rule, *many, *bulk, *page])
    assert reviewed.seen.sum() == 4 + 2 * ONE_LOOK
    assert np.flatnonzero(reviewed.known).tolist() == list(range(300, 300 + ONE_LOOK))


def test_what_was_taken_back_was_never_seen_and_a_changed_mind_keeps_its_place(
    reviewable: tuple[Audit, np.ndarray],
) -> None:
    found, _ = reviewable
    log = [decide(found, n, "exclude", batch=str(n)) for n in (7, 8, 9)]
    undo = Decision(actor="ann", action="undo", id="", after=json.dumps("8"), batch="u")
    _, reviewed = state(found, [*log, undo, decide(found, 7, "keep", batch="again")])
    assert reviewed.in_order.tolist() == [7, 9]
    assert np.flatnonzero(reviewed.error).tolist() == [9]


# -- what is said ------------------------------------------------------------------------------------------


def test_before_anything_is_decided_it_says_what_to_review(reviewable: tuple[Audit, np.ndarray]) -> None:
    made_, suspects = measured(reviewable[0], []), int(reviewable[0].label_issues["is_issue"].sum())
    assert made_.suspects is made_.everywhere is made_.upcoming is None
    assert (made_.suspects_left, made_.ahead, made_.missing) == (suspects, 100, 9)
    assert made_.advice == f"Review {FEW} more to learn what comes next."
    assert "Review 9 more of the random sample to learn how many remain." in made_.sentences()


def test_a_review_with_the_sample_says_what_is_left_and_to_go_on(reviewable: tuple[Audit, np.ndarray]) -> None:
    found, planted = reviewable
    seen = ahead(found)[:80]
    made_ = measured(found, by_truth(found, planted, seen))
    suspects = found.label_issues["is_issue"].to_numpy().copy()
    assert (made_.reviewed, made_.found, made_.skipped) == (80, planted[seen].sum(), 0)
    assert made_.drawn >= 12
    suspects[seen] = False
    assert made_.suspects_left == suspects.sum()
    assert made_.suspects is not None
    assert made_.suspects.low <= planted[suspects].sum() <= made_.suspects.high
    assert not made_.done
    assert made_.advice.startswith("Go on: about ")


def test_with_hardly_an_error_ahead_it_says_stop(reviewable: tuple[Audit, np.ndarray]) -> None:
    found, planted = reviewable
    right = np.zeros_like(planted)
    made_ = measured(found, by_truth(found, right, ahead(found)[:80]))
    assert made_.done
    assert made_.upcoming is not None and made_.upcoming.likely < WORTH
    assert made_.advice.startswith("Stop: about ")


def test_with_all_suspects_reviewed_it_says_stop(reviewable: tuple[Audit, np.ndarray]) -> None:
    found, planted = reviewable
    made_ = measured(found, by_truth(found, planted, np.flatnonzero(found.label_issues["is_issue"]).tolist()))
    assert (made_.done, made_.advice) == (True, "Stop: no suspect is left.")
    assert made_.suspects == Estimate(0, 0, 0)
    assert made_.everywhere is None  # nobody drew from the others
    with_all = measured(found, by_truth(found, planted, range(len(planted))))
    assert with_all.everywhere == Estimate(0, 0, 0)


# -- the curve ---------------------------------------------------------------------------------------------


def test_the_curve_ends_at_the_estimate_with_its_interval(reviewable: tuple[Audit, np.ndarray]) -> None:
    found, planted = reviewable
    log = by_truth(found, planted, ahead(found)[:80])
    table, reviewed = state(found, log)
    score = table["score"].to_numpy()
    queue = review_order(table["is_issue"].to_numpy(), score)
    made_ = measured(found, log)
    line = curve(reviewed, made_, score, queue)
    past, rest = (line[line["part"] == part] for part in ("found so far", "to come"))
    assert past[["reviewed", "found"]].iloc[[0, -1]].to_numpy().tolist() == [[0, 0], [80, made_.found]]
    assert (np.diff(past["found"]) >= 0).all()
    assert rest[["reviewed", "found"]].iloc[0].tolist() == [80, made_.found]
    assert made_.suspects is not None
    ends = [made_.found + n for n in (made_.suspects.low, made_.suspects.likely, made_.suspects.high)]
    assert rest[["low", "found", "high"]].iloc[-1].tolist() == pytest.approx(ends)
    assert rest["reviewed"].iloc[-1] == 80 + made_.suspects_left
    drawn = chart(line).to_dict()
    assert {layer["mark"]["type"] for layer in drawn["layer"]} == {"area", "line"}


def test_without_a_sample_the_curve_goes_on_without_an_interval(reviewable: tuple[Audit, np.ndarray]) -> None:
    found, planted = reviewable
    suspects = points(found).query("is_issue").sort_values("score").index.to_numpy()
    log = by_truth(found, planted, suspects[:40])
    table, reviewed = state(found, log)
    line = curve(reviewed, measured(found, log), table["score"].to_numpy(), suspects)
    rest = line[line["part"] == "to come"]
    assert rest[["low", "high"]].isna().all(axis=None)
    assert 0 < rest["found"].iloc[-1] - rest["found"].iloc[0] < len(rest)


# -- the command -------------------------------------------------------------------------------------------


def test_the_command_says_the_same_in_words_and_as_json(reviewable: tuple[Audit, np.ndarray], tmp_path: Path) -> None:
    found, planted = reviewable
    found.save(tmp_path / "audit")
    log = by_truth(found, planted, ahead(found)[:80])
    write_jsonl(log, tmp_path / "log.jsonl")
    arguments = ["progress", str(tmp_path / "audit"), "--decisions", str(tmp_path / "log.jsonl")]
    said, machine = (CliRunner().invoke(cli.app, [*arguments, *more]) for more in ([], ["--json"]))
    made_ = measured(found, log)
    assert said.stdout.splitlines() == [*made_.sentences(), made_.advice]
    figures = json.loads(machine.stdout)
    assert made_.suspects is not None
    assert figures["suspects"] == {
        "low": made_.suspects.low,
        "likely": made_.suspects.likely,
        "high": made_.suspects.high,
    }
    assert (figures["level"], figures["stop"], figures["reviewed"]) == (0.9, False, 80)
    nobody = CliRunner().invoke(cli.app, ["progress", str(tmp_path / "audit"), "--json"])
    assert json.loads(nobody.stdout)["suspects"] is None
