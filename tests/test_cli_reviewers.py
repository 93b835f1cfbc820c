"""Reviewers on the command line: agreement and conflicts."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from made import relabelled, texts
from typer.testing import CliRunner, Result

from labelaudit import cli
from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.result import Audit
from labelaudit.review import Decision, write_jsonl
from labelaudit.workspace import Workspace


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An audit of texts of which every fifth of the first 60 has a wrong label."""
    place = tmp_path_factory.mktemp("audit") / "audited"
    wrong = {row: f"class {(row + 1) % 3}" for row in range(0, 60, 5)}
    audit(relabelled(texts(), wrong), AuditConfig()).save(place)
    return place


def decide(found: Audit, actor: str, id: int, label: str, **more: str) -> Decision:
    row = found.label_issues.set_index("id").loc[id]
    return Decision(
        actor=actor, action="set", id=str(id), before=row["given"], after=json.dumps(label),
        fingerprint=found.dataset.data_fingerprint, **more,
    )  # fmt: skip


@pytest.fixture
def reviewed(folder: Path) -> Audit:
    """Two reviewers who agree on three of four examples."""
    found = Audit.open(folder)
    labels = [("class 0", "class 0"), ("class 1", "class 1"), ("class 2", "class 2"), ("class 0", "class 1")]
    Workspace().log.append([decide(found, "ann", n, one) for n, (one, _) in enumerate(labels)])
    Workspace().log.append(
        [decide(found, "bob", n, other, stage="second", comment="=1+1") for n, (_, other) in enumerate(labels)]
    )
    return found


def test_agreement_and_conflicts_of_the_workspace(folder: Path, reviewed: Audit, tmp_path: Path) -> None:
    result = run("agreement", folder, "--conflicts", tmp_path / "conflicts.csv", "--json")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    (pair,) = figures["pairs"]
    assert (pair["one"], pair["other"], pair["examples"], pair["agreed"]) == ("ann", "bob", 4, 3)
    assert pair["kappa"] == pytest.approx(7 / 11)
    assert -0.1 < pair["kappa_low"] < 0.1 < 0.9 < pair["kappa_high"] < 1  # four examples say little
    assert figures["fleiss_kappa_low"] < figures["fleiss_kappa"] < figures["fleiss_kappa_high"]
    assert (figures["conflicts"], figures["open"], figures["overruled"]) == (1, 1, 0)
    assert {r["name"]: (r["first"], r["second"]) for r in figures["reviewers"]} == {"ann": (4, 0), "bob": (0, 4)}
    with (tmp_path / "conflicts.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["id"], row["actor"], row["said"]) for row in rows] == [
        ("3", "ann", '"class 0"'), ("3", "bob", '"class 1"'),
    ]  # fmt: skip
    assert not rows[1]["comment"].startswith("=")  # no spreadsheet runs what somebody typed


def test_agreement_in_words(folder: Path, reviewed: Audit) -> None:
    result = run("agreement", folder)
    assert "ann, bob" in result.stdout
    assert "75.0%" in result.stdout
    assert re.search(r"Fleiss' kappa of all: 0\.6\d+ \(-?0\.\d+ to 0\.9\d+\)", result.stdout)
    assert "Conflicts: 1, of which 1 are open" in result.stdout


def test_without_two_opinions_it_says_what_to_do(folder: Path, tmp_path: Path) -> None:
    assert "Nobody decided" in run("agreement", folder).stdout
    write_jsonl([decide(Audit.open(folder), "ann", 1, "class 0")], tmp_path / "one.jsonl")
    assert "assign a second review" in run("agreement", folder, "--decisions", tmp_path / "one.jsonl").stdout
    assert json.loads(run("agreement", folder, "--json").stdout)["fleiss_kappa"] is None


def test_decisions_about_other_data_are_refused(folder: Path, tmp_path: Path) -> None:
    write_jsonl([Decision(actor="ann", action="keep", id="1", fingerprint="other")], tmp_path / "other.jsonl")
    result = run("agreement", folder, "--decisions", tmp_path / "other.jsonl")
    assert result.exit_code == 1
    assert "about other data" in result.stderr


# -- again with the decisions so far --------------------------------------------------------------


def test_an_audit_goes_on_with_the_decisions_in_the_workspace(folder: Path, reviewed: Audit, tmp_path: Path) -> None:
    result = run("reaudit", folder, "--out", tmp_path / "again", "--json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert "4 decided so far" in facts["notes"][0]
    assert facts["since"]["settled"] >= 1
    again = Audit.open(tmp_path / "again")
    assert again.dataset.data_fingerprint == reviewed.dataset.data_fingerprint
    assert not set(facts["since"]["new"]) & {"0", "1", "2", "3"}
    (tmp_path / "none.jsonl").write_text("")
    none = ("--decisions", tmp_path / "none.jsonl")
    exported = run("export", tmp_path / "again", *none, "--to", tmp_path / "as_given.csv", "--json")
    assert json.loads(exported.stdout)["relabelled"] == 0  # nothing is written that is not in the decisions


def test_an_audit_goes_on_with_decisions_in_a_file(folder: Path, tmp_path: Path) -> None:
    found = Audit.open(folder)
    write_jsonl([decide(found, "ann", 0, "class 0")], tmp_path / "decisions.jsonl")
    result = run("reaudit", folder, "--decisions", tmp_path / "decisions.jsonl")
    assert result.exit_code == 0, result.output
    assert "The models learned again; labelaudit replay shows" in result.stdout
    assert "suspects were decided on" in result.stdout and "new suspects" in result.stdout
    (record,) = Workspace().audits()
    assert record["since"] == found.id
    exported = run("export", folder, "--decisions", tmp_path / "decisions.jsonl", "--to", tmp_path / "c.csv", "--json")
    assert json.loads(exported.stdout)["relabelled"] == 1


def test_without_decisions_there_is_nothing_to_go_on_with(folder: Path, tmp_path: Path) -> None:
    result = run("reaudit", folder, "--out", tmp_path / "again")
    assert result.exit_code == 1
    assert "nothing is decided" in result.stderr
    assert not (tmp_path / "again").exists()
