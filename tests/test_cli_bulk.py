"""Bulk decisions, renamed classes and slices from a shell, in the same log as the app."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from made import relabelled, several, texts
from measured import table
from typer.testing import CliRunner, Result

from labelaudit import cli
from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.decisions import effective, renames, tags_of
from labelaudit.exchange import write_jsonl
from labelaudit.result import Audit
from labelaudit.review import Decision
from labelaudit.selection import Selection
from labelaudit.store import Slice
from labelaudit.workspace import Workspace

WRONG = {row: f"class {(row + 1) % 3}" for row in range(0, 60, 5)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audited") / "out"
    audit(relabelled(texts(), WRONG)).save(path)
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def answered(*arguments: object) -> dict[str, object]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def log(folder: Path) -> list[Decision]:
    return Workspace().log.read(Audit.open(folder).dataset.data_fingerprint)


def test_a_dry_run_counts_what_is_then_done_in_the_log_of_the_app(folder: Path) -> None:
    cell = ("--given", "class 1", "--suggested", "class 0", "--detectors", 2, "--score-below", 0.9)
    dry = answered("bulk", folder, *cell, "--accept", "--dry-run")
    assert dry["rows"] and not dry["applied"]
    assert dry["selected"] == "given class 1, suggested class 0, score < 0.9, 2 detectors agree"
    assert [(m["from"], m["to"], m["rows"]) for m in dry["moves"]] == [("class 1", "class 0", dry["rows"])]  # type: ignore[attr-defined]
    assert log(folder) == []
    result = run("bulk", folder, *cell, "--accept", "--reviewer", "Ann")
    assert result.stdout.splitlines()[-1] == "Done; one undo in the app takes all of it back."
    written = log(folder)
    assert len(written) == dry["rows"]
    assert {(d.actor, d.before, d.after) for d in written} == {("Ann", '"class 1"', '"class 0"')}
    assert len({d.batch for d in written}) == 1
    assert answered("bulk", folder, *cell, "--accept")["already"] == dry["rows"]
    over = answered("bulk", folder, "--decided-by", "Ann", "--exclude", "--over")
    assert over["rows"] == over["otherwise"] == dry["rows"]
    Workspace().log.undo(written[0].fingerprint)
    assert set(effective(log(folder))["action"]) == {"set"}


def test_what_is_accepted_in_bulk_is_no_error_that_a_person_found(folder: Path) -> None:
    accepted = answered("bulk", folder, "--suspects", "--accept")["rows"]
    facts = answered("progress", folder)
    assert (facts["found"], facts["reviewed"], facts["skipped"]) == (0, 0, accepted)
    sentence = f"{accepted} were skipped, or decided by a rule or in bulk, and not counted."
    assert sentence in run("progress", folder).stdout.splitlines()


def test_tags_are_added_and_removed(folder: Path) -> None:
    assert answered("bulk", folder, "--id", 3, "--id", 4, "--tag", "Ask Ann")["rows"] == 2
    assert answered("bulk", folder, "--tagged", "Ask Ann", "--id", 3, "--untag", "Ask Ann")["rows"] == 1
    assert tags_of(log(folder)) == {"4": ("Ask Ann",)}


def test_a_class_is_renamed_in_the_export(folder: Path, tmp_path: Path) -> None:
    dry = answered("rename-class", folder, "class 1", "feline", "--dry-run")
    assert (dry["undecided"], dry["there"], dry["applied"]) == (dry["rows"], 0, False)
    assert run("rename-class", folder, "class 1", "feline").exit_code == 0
    assert renames(log(folder)) == {'"class 1"': '"feline"'}
    assert answered("rename-class", folder, "feline", "class 2", "--dry-run")["rows"] == dry["rows"]
    write_jsonl(log(folder), tmp_path / "log.jsonl")
    exported = answered("export", folder, "--decisions", tmp_path / "log.jsonl", "--to", tmp_path / "clean.csv")
    assert (exported["renamed"], exported["relabelled"]) == (dry["rows"], 0)
    labels = pd.read_csv(tmp_path / "clean.csv")["label"]
    assert (labels == "feline").sum() == dry["rows"]
    assert "class 1" not in set(labels)


def test_slices_are_listed_decided_on_and_exported(folder: Path, tmp_path: Path) -> None:
    found = Audit.open(folder)
    chosen = Selection(ids=("3", "4", "8"))
    Workspace().slices.save(
        Slice(name="three", fingerprint=found.dataset.data_fingerprint, selection=chosen.to_text(), reviewer="Bo")
    )
    listed = {one["name"]: one["examples"] for one in answered("slices", folder)["slices"]}  # type: ignore[attr-defined]
    assert (listed["three"], listed["All suspects"]) == (3, found.manifest["counts"]["suspects"])
    assert "Bo" in run("slices", folder).stdout
    assert answered("bulk", folder, "--slice", "three", "--exclude", "--dry-run")["rows"] == 3
    assert answered("export", folder, "--slice", "three", "--to", tmp_path / "three.csv")["rows_written"] == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("bulk", "--given", "clas 1", "--keep"), "--given: there is no class 'clas 1'; did you mean 'class 1'"),
        (("bulk", "--set", "<b>x</b>"), "--set: there is no class '<b>x</b>'; choose one of"),
        (("bulk", "--status", "odd", "--keep"), "there is no status 'odd'; choose one of 'undecided'"),
        (("bulk", "--issue", "outlie", "--keep"), "no example has the issue 'outlie'"),
        (("bulk", "--tag", "<b>x</b>"), "'<b>x</b>' is no name for a tag"),
        (("bulk", "--slice", "none", "--keep"), "there is no slice 'none'"),
        (("bulk", "--slice", "Skipped", "--suspects", "--keep"), "--slice is a selection of its own"),
        (("bulk", "--keep", "--reviewer", "a@b.c"), "names with @ belong to those who sign in"),
        (("rename-class", "class 7", "x"), "no row has the class 'class 7'; did you mean"),
        (("rename-class", "class 1", "class 1"), "'class 1' would be called as it is"),
        (("rename-class", "class 1", " "), "a class needs a name"),
    ],
)
def test_what_will_not_do_is_one_sentence(folder: Path, arguments: tuple[str, ...], says: str) -> None:
    command, *rest = arguments
    result = run(command, folder, *rest)
    assert (result.exit_code, result.stdout) == (1, "")
    assert says in result.stderr
    assert log(folder) == []


@pytest.mark.parametrize("actions", [(), ("--keep", "--exclude")])
def test_one_thing_is_to_be_done(folder: Path, actions: tuple[str, ...]) -> None:
    result = run("bulk", folder, *actions)
    assert result.exit_code == 2
    assert f"{len(actions)} are given" in " ".join(result.stderr.replace("│", " ").split())


def test_labels_that_are_present_or_absent_and_numbers_are_not_renamed(tmp_path: Path) -> None:
    for name, dataset, told in (
        ("labels", several(60), "to call a label otherwise, rename its column"),
        ("numbers", table(60), "numbers are no classes, so none can be renamed or merged; set those that are wrong"),
    ):
        audit(dataset, AuditConfig(checks=False)).save(tmp_path / name)
        result = run("rename-class", tmp_path / name, "label a", "x")
        assert result.exit_code == 1
        assert told in " ".join(result.stderr.split())
