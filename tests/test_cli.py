"""The command line, as a user and as a machine would run it."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from labelaudit import __version__, cli, terminal
from labelaudit.heads import words
from labelaudit.result import Audit
from labelaudit.review import Decision, write_jsonl
from labelaudit.settings import settings

SUMMARY_KEYS = {
    "audit", "dataset", "n", "labels", "classes", "suspects", "missing_labels", "health_score", "noise_rate", "model",
    "heads", "why", "out", "seconds", "timings", "notes", "sampled", "findings", "top",
    "checks", "unreadable",
}  # fmt: skip


def run(*arguments: object) -> Result:
    """In this process: fast, for everything that is not about processes."""
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def sentence(result: Result) -> str:
    """The last line on stderr, after any progress, of a run that ended with 1; nothing on stdout."""
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    return result.stderr.splitlines()[-1]


def usage(result: Result) -> str:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    return " ".join(result.stderr.replace("│", " ").split())


def process(*arguments: object, root: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "labelaudit.cli", *(str(a) for a in arguments)]
    environment = {**os.environ, "PYTHONPATH": str(root), "COLUMNS": "120"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def write_pets(path: Path) -> None:
    """Two well separated kinds of pets, 12 of 120 with the other kind's name."""
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 2, 120)
    given = np.where(np.arange(120) % 10 == 0, 1 - kinds, kinds)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["size", "weight", "note", "species"])
        for kind, label in zip(kinds, given, strict=True):
            size, weight = rng.normal(4 * kind, 1, 2)
            note = rng.choice(["[red] fur", "=SUM(A1)", 'said "woof", twice', "\x1b[31mtail"])
            writer.writerow([f"{size:.2f}", f"{weight:.2f}", note, ["cat", "dog"][label]])


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    write_pets(tmp_path / "pets.csv")
    return tmp_path / "pets.csv"


@pytest.fixture(scope="module")
def shared_audit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One audit of the pets for all tests that only read it."""
    folder = tmp_path_factory.mktemp("audit")
    write_pets(folder / "pets.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABELAUDIT_CACHE_DIR", str(folder / "cache"))
        settings.cache_clear()
        result = run("audit", folder / "pets.csv", "--label", "species", "--out", folder / "audit")
        assert result.exit_code == 0, result.output
    yield folder / "audit"


def labels(path: Path) -> list[str]:
    with path.open(newline="", encoding="utf-8") as file:
        return [row["species"] for row in csv.DictReader(file)]


# -- processes ------------------------------------------------------------------------------------


def test_version_is_shown_without_loading_the_heavy_packages(root: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from labelaudit.cli import app; app(['--version'], standalone_mode=False); "
        "assert not {'pandas', 'numpy', 'sklearn', 'pyarrow'} & set(sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"labelaudit {__version__}\n"), done.stderr


def test_a_file_goes_from_the_command_line_to_a_cleaned_file(root: Path, pets: Path, tmp_path: Path) -> None:
    audited = process("audit", pets, "--label", "species", "--out", "found", "--json", root=root, cwd=tmp_path)
    assert audited.returncode == 0, audited.stderr
    facts = json.loads(audited.stdout)
    assert set(facts) == SUMMARY_KEYS
    assert (facts["n"], facts["classes"], facts["out"]) == (120, ["cat", "dog"], "found")
    assert "fold 3 of 5" in audited.stderr
    assert "Traceback" not in audited.stderr

    arguments = ("export", "found", "--accept-suggestions-below", "0.2", "--to", "cleaned.csv", "--json")
    exported = process(*arguments, root=root, cwd=tmp_path)
    assert exported.returncode == 0, exported.stderr
    changed = sum(a != b for a, b in zip(labels(pets), labels(tmp_path / "cleaned.csv"), strict=True))
    assert json.loads(exported.stdout)["relabelled"] == changed > 5


def test_bad_input_ends_with_1_and_usage_with_2(root: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.csv").write_text("a,b\n1,2\n1,2,3\n")
    bad = process("audit", "broken.csv", "--label", "b", root=root, cwd=tmp_path)
    assert (bad.returncode, bad.stdout, bad.stderr.count("\n")) == (1, "", 1), bad.stderr
    assert "broken.csv" in bad.stderr
    wrong = process("audit", "broken.csv", "--model", "forest", root=root, cwd=tmp_path)
    assert (wrong.returncode, wrong.stdout) == (2, "")


@pytest.mark.parametrize(
    ("path", "arguments"),
    [
        ("text/ag_news_test_7600.csv", ("--label", "label", "--text", "title", "--text", "description")),
        ("tabular/adult_train.csv", ("--label", "income", "--max-rows", "4000")),
    ],
)
def test_real_files_go_to_cleaned_files(
    path: str, arguments: tuple[str, ...], shared_data: Path, root: Path, tmp_path: Path
) -> None:
    source = shared_data / path
    audited = process("audit", source, *arguments, "--out", "found", "--json", root=root, cwd=tmp_path)
    assert audited.returncode == 0, audited.stderr
    facts = json.loads(audited.stdout)
    assert facts["suspects"] > 20
    assert (facts["sampled"] is None) == ("--max-rows" not in arguments)

    same = run("export", tmp_path / "found", "--to", tmp_path / "same.csv")
    assert same.exit_code == 0, same.output
    assert (tmp_path / "same.csv").read_bytes() == source.read_bytes()
    rule = ("--accept-suggestions-below", "0.3", "--to", tmp_path / "cleaned.csv", "--json")
    cleaned = json.loads(run("export", tmp_path / "found", *rule).stdout)
    before, after = (pd.read_csv(f, dtype=str, keep_default_na=False) for f in (source, tmp_path / "cleaned.csv"))
    label = arguments[1]
    assert (before[label] != after[label]).sum() == cleaned["relabelled"] > 5
    pd.testing.assert_frame_equal(before.drop(columns=label), after.drop(columns=label))


# -- audit ----------------------------------------------------------------------------------------


def test_summary_says_what_where_why_and_what_next(pets: Path, tmp_path: Path) -> None:
    result = run("audit", pets, "--label", "species", "--out", tmp_path / "found")
    facts = json.loads(run("audit", pets, "--label", "species", "--out", tmp_path / "found", "--json").stdout)
    share = 100 * facts["suspects"] / 120
    assert result.stdout.startswith(f"We suspect {facts['suspects']} of 120 labels ({share:.1f}%)\n")
    assert f"Model: {words(facts['heads'])} ({facts['why']})" in result.stdout
    assert f"Written: {tmp_path / 'found'}\n" in result.stdout
    assert "--accept-suggestions-below 0.2 --to pets_cleaned.csv" in result.stdout
    assert "\x1b" not in result.stdout
    assert "by the estimate of Confident Learning, about " in result.stdout
    assert "by the luck of the draw; more where the model is weak)" in result.stdout
    for note in facts["notes"]:
        assert f"Note: {note}" in result.stdout
    assert [one["score"] for one in facts["top"]] == sorted(one["score"] for one in facts["top"])
    assert len(facts["top"]) == min(10, facts["suspects"])


def test_choices_reach_the_audit(pets: Path, tmp_path: Path) -> None:
    choices = {
        "--model": "complement_naive_bayes", "--filter-by": "both", "--score": "normalized_margin", "--folds": 3,
        "--seed": 7, "--max-rows": 100, "--text": "note", "--task": "classification",
    }  # fmt: skip
    arguments = [part for pair in choices.items() for part in pair]
    result = run("audit", pets, "--label", "species", "--out", tmp_path / "found", "--calibrate", *arguments)
    assert result.exit_code == 0, result.output
    manifest = json.loads((tmp_path / "found" / "manifest.json").read_text())
    config = manifest["config"]
    for option, value in choices.items():
        if option not in ("--text", "--task"):
            assert config[option.removeprefix("--").replace("-", "_")] == value
    assert config["calibrate"]
    assert manifest["dataset"]["features"] == ["note"]
    assert manifest["sampled"] == {"rows": 100, "of": 120}


def test_audit_without_out_is_in_the_workspace_of_the_dashboard(pets: Path, tmp_path: Path) -> None:
    from labelaudit.workspace import Workspace

    result = run("audit", pets, "--label", "species", "--json")
    facts = json.loads(result.stdout)
    assert Path(facts["out"]).parent == tmp_path / "artifacts" / "local" / "audits"
    assert Audit.open(Path(facts["out"])).id == facts["audit"]
    assert Workspace().open(facts["audit"]).id == facts["audit"]
    assert "Next: labelaudit serve" in run("audit", pets, "--label", "species").stdout


def test_an_audit_replaces_an_audit_and_nothing_else(pets: Path, tmp_path: Path) -> None:
    out = tmp_path / "found"
    assert run("audit", pets, "--label", "species", "--out", out).exit_code == 0
    (out / "mine.txt").write_text("notes")
    assert run("audit", pets, "--label", "species", "--out", out, "--seed", "1").exit_code == 0
    assert Audit.open(out).config.seed == 1
    assert (out / "mine.txt").read_text() == "notes"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "found", "pets.csv"]


def test_a_folder_with_anything_else_is_refused_before_the_audit(pets: Path, tmp_path: Path) -> None:
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "manifest.json").write_text("{}")
    line = sentence(run("audit", pets, "--out", folder))
    assert line == f"--out {folder} is not empty and holds no audit; choose another or a new folder."
    assert "is a file; choose a folder" in sentence(run("audit", pets, "--out", pets))
    assert "is not empty" in sentence(run("demo", "iris", "--out", folder))
    assert [path.name for path in folder.iterdir()] == ["manifest.json"]


def test_a_folder_that_cannot_be_made_is_named(pets: Path) -> None:
    assert "or choose another folder." in sentence(run("audit", pets, "--label", "species", "--out", pets / "found"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--model", "random_forrest"), "--model: there is no 'random_forrest'; did you mean 'random_forest'?"),
        (("--filter-by", "none"), "--filter-by: there is no 'none'; choose one of 'prune_by_noise_rate'"),
        (("--score", "selfconfidence"), "--score: there is no 'selfconfidence'; did you mean 'self_confidence'?"),
        (("--task", "classify"), "--task: there is no 'classify'; did you mean 'classification'?"),
        (("--folds", "1"), "--folds: input should be greater than or equal to 2, not 1."),
        (("--max-rows", "few"), "--max-rows"),
    ],
)
def test_a_wrong_choice_is_a_usage_error(pets: Path, arguments: tuple[str, str], message: str) -> None:
    assert message in usage(run("audit", pets, *arguments))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--label", "specie"), "no column 'specie'; did you mean 'species'?"),
        (("--label", "species", "--text", "notes"), "no column 'notes'; did you mean 'note'?"),
        (("--label", "species", "--id", "note"), "ids in column 'note' occur more than once"),
    ],
)
def test_a_wrong_column_gets_one_sentence(pets: Path, arguments: tuple[str, ...], message: str) -> None:
    assert message in sentence(run("audit", pets, *arguments))


def test_a_file_with_one_class_gets_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("size,species\n" + "1,cat\n2,cat\n" * 10)
    assert "has one class, 'cat'" in sentence(run("audit", tmp_path / "one.csv", "--label", "species"))


def test_a_file_that_is_not_there_gets_one_sentence(tmp_path: Path) -> None:
    assert "there is no file" in sentence(run("audit", tmp_path / "none.csv"))


def test_texts_of_one_class_get_the_sentence_about_the_class(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("text,label\n" + "".join(f"good {i}\t,cat\n" for i in range(20)))
    assert "has one class, 'cat'" in sentence(run("audit", tmp_path / "one.csv"))


def test_what_is_wrong_with_the_data_is_told(pets: Path, tmp_path: Path) -> None:
    lines = pets.read_text().splitlines()
    lines[1] = lines[1].rsplit(",", 1)[0] + ","
    pets.write_text("\n".join([*lines, lines[5]]) + "\n")
    shown = run("audit", pets, "--label", "species", "--out", tmp_path / "found").stdout
    assert "Noticed:\n  1 row has no label\n  2 rows are exact duplicates with the same label\n" in shown
    facts = json.loads(run("audit", pets, "--label", "species", "--out", tmp_path / "found", "--json").stdout)
    assert facts["findings"][0]["title"] == "1 row has no label"
    assert set(facts["findings"][0]) == {"title", "count", "effect", "fix", "severity"}


def test_nothing_is_noticed_where_nothing_is_wrong(pets: Path, tmp_path: Path) -> None:
    assert "Noticed" not in run("audit", pets, "--label", "species", "--out", tmp_path / "found").stdout


# -- export ---------------------------------------------------------------------------------------


def test_decisions_in_a_file_win_over_the_rule(shared_audit: Path, tmp_path: Path) -> None:
    found = Audit.open(shared_audit)
    below = found.suspects().query("score < 0.2")
    kept, removed = (str(id_) for id_ in below["id"][:2])
    log = [
        Decision(actor="me", action="keep", id=kept),
        Decision(actor="me", action="exclude", id=removed, fingerprint=found.dataset.data_fingerprint),
    ]
    write_jsonl(log, tmp_path / "d.jsonl")
    decided = ("--decisions", tmp_path / "d.jsonl", "--accept-suggestions-below", "0.2")
    result = run("export", shared_audit, *decided, "--to", tmp_path / "c.csv")
    assert result.exit_code == 0, result.output
    others = 120 - len(below)
    assert result.stdout == (
        f"Relabelled {len(below) - 2}, removed 1 and kept 1 of 120 rows; {others} are undecided, "
        "written as they are.\n"
        f"Written: {tmp_path / 'c.csv'} (119 rows)\n"
    )
    given = found.dataset.table["species"].to_pylist()
    cleaned = labels(tmp_path / "c.csv")
    del given[int(removed)]
    assert sum(a != b for a, b in zip(given, cleaned, strict=True)) == len(below) - 2


def test_a_sample_is_said_by_audit_and_export(pets: Path, tmp_path: Path) -> None:
    arguments = ("--label", "species", "--max-rows", "60", "--out", tmp_path / "found")
    audited = run("audit", pets, *arguments)
    assert re.search(r"^We suspect \d+ of 60 labels \(.*%\) in a sample of 60 from 120 rows$", audited.stdout, re.M)
    assert json.loads((tmp_path / "found" / "manifest.json").read_text())["sampled"] == {"rows": 60, "of": 120}
    to = ("--to", tmp_path / "c.csv")
    exported = run("export", tmp_path / "found", "--accept-suggestions-below", "0.2", *to)
    assert "Only a sample of 60 from 120 rows was audited; the others are written as they are." in exported.stdout
    found = Audit.open(tmp_path / "found")
    unseen = np.setdiff1d(np.arange(120), found.rows)
    assert [labels(tmp_path / "c.csv")[row] for row in unseen] == [labels(pets)[row] for row in unseen]


def test_options_of_the_export_reach_the_file(shared_audit: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    assert run("export", shared_audit, "--to", path, "--keep-original", "--spreadsheet-safe").exit_code == 0
    frame = pd.read_csv(path)
    assert frame.columns.tolist() == ["size", "weight", "note", "species", "species_original"]
    assert "'=SUM(A1)" in set(frame["note"])


def test_the_file_that_was_audited_is_never_written_over(
    shared_audit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pets = shared_audit.parent / "pets.csv"
    before = pets.read_bytes()
    (tmp_path / "link.csv").symlink_to(pets)
    monkeypatch.chdir(pets.parent)
    for to in (pets, "pets.csv", tmp_path / "link.csv"):
        line = sentence(run("export", shared_audit, "--accept-suggestions-below", "0.2", "--to", to))
        assert line == f"--to {to} is the file that was audited; choose another name, so that the original stays."
    assert pets.read_bytes() == before


def test_an_export_applies_what_was_decided_in_this_workspace(shared_audit: Path, tmp_path: Path) -> None:
    found = Audit.open(shared_audit)
    assert run("bulk", shared_audit, "--accept").exit_code == 0
    accepted = len(found.suspects()["suggested"].dropna())
    result = run("export", shared_audit, "--to", tmp_path / "c.csv")
    assert result.stdout.startswith(f"{accepted} decisions of this workspace are applied.\nRelabelled {accepted}, ")
    before, after = labels(shared_audit.parent / "pets.csv"), labels(tmp_path / "c.csv")
    assert sum(a != b for a, b in zip(before, after, strict=True)) == accepted
    facts = json.loads(run("export", shared_audit, "--to", tmp_path / "d.csv", "--json").stdout)
    assert (facts["decisions"], facts["decisions_from"], facts["relabelled"]) == (accepted, "workspace", accepted)


def test_decisions_in_this_workspace_win_over_the_rule(shared_audit: Path, tmp_path: Path) -> None:
    assert run("bulk", shared_audit, "--keep").exit_code == 0
    result = run("export", shared_audit, "--accept-suggestions-below", "1", "--to", tmp_path / "c.csv")
    assert "Relabelled 0, " in result.stdout
    assert labels(tmp_path / "c.csv") == labels(shared_audit.parent / "pets.csv")


def test_other_decisions_than_those_of_this_workspace_are_chosen_with_a_file(
    shared_audit: Path, tmp_path: Path
) -> None:
    assert run("bulk", shared_audit, "--accept").exit_code == 0
    (tmp_path / "none.jsonl").write_text("")
    result = run("export", shared_audit, "--decisions", tmp_path / "none.jsonl", "--to", tmp_path / "c.csv")
    assert "workspace" not in result.stdout and "Relabelled 0, " in result.stdout


def test_an_export_makes_no_log_and_says_where_one_cannot_be_read(shared_audit: Path, tmp_path: Path) -> None:
    log = tmp_path / "artifacts" / "decisions.db"
    assert run("export", shared_audit, "--to", tmp_path / "c.csv").exit_code == 0
    assert not log.exists()
    log.parent.mkdir(exist_ok=True)
    log.write_text("no database" * 100)
    (tmp_path / "c.csv").write_text("mine")
    assert str(log) in sentence(run("export", shared_audit, "--to", tmp_path / "c.csv"))
    assert (tmp_path / "c.csv").read_text() == "mine"


def test_export_says_when_nothing_was_decided(shared_audit: Path, tmp_path: Path) -> None:
    result = run("export", shared_audit, "--to", tmp_path / "c.csv")
    assert "Nothing was decided; see labelaudit serve, --decisions and --accept-suggestions-below." in result.stdout
    assert (tmp_path / "c.csv").read_bytes() == (shared_audit.parent / "pets.csv").read_bytes()


def test_the_ending_chooses_the_format(shared_audit: Path, tmp_path: Path) -> None:
    assert run("export", shared_audit, "--to", tmp_path / "c.parquet").exit_code == 0
    assert len(pd.read_parquet(tmp_path / "c.parquet")) == 120


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"actor": "me", "action": "keep", "id": "999"}, "1 decided id is not in 'pets' (the first is '999')"),
        (
            {"actor": "me", "action": "keep", "id": "1", "fingerprint": "x"},
            "holds decisions about other data than 'pets'",
        ),
        ({"actor": "me", "action": "accept", "id": "1"}, "there is no action 'accept'"),
    ],
)
def test_a_failed_export_leaves_the_file_that_was_there(
    shared_audit: Path, tmp_path: Path, line: dict[str, Any], message: str
) -> None:
    (tmp_path / "d.jsonl").write_text(json.dumps(line))
    (tmp_path / "c.csv").write_text("mine")
    arguments = ("--decisions", tmp_path / "d.jsonl", "--to", tmp_path / "c.csv")
    assert message in sentence(run("export", shared_audit, *arguments))
    assert (tmp_path / "c.csv").read_text() == "mine"
    assert len(list(tmp_path.glob("*c.csv*"))) == 1


def test_a_folder_without_an_audit_is_refused(tmp_path: Path) -> None:
    assert "does not hold an audit" in sentence(run("export", tmp_path, "--to", tmp_path / "c.csv"))


def test_a_threshold_that_is_no_score_is_refused(shared_audit: Path, tmp_path: Path) -> None:
    arguments = ("--accept-suggestions-below", "1.7", "--to", tmp_path / "c.csv")
    assert "threshold 1.7 is outside [0, 1]" in sentence(run("export", shared_audit, *arguments))
    assert not (tmp_path / "c.csv").exists()


# -- demo, serve, config --------------------------------------------------------------------------


def test_demo_says_how_many_planted_errors_were_found(tmp_path: Path) -> None:
    facts = json.loads(run("demo", "iris", "--noise", "0.2", "--json").stdout)
    assert set(facts) == SUMMARY_KEYS | {"known_errors", "among_suspects", "among_first_reviews"}
    assert facts["known_errors"] == 30
    assert 20 < facts["among_first_reviews"] <= 30
    assert 20 < facts["among_suspects"] <= 30
    shown = run("demo", "iris", "--noise", "0.2").stdout
    assert f"Known: 30 labels are wrong on purpose; {facts['among_suspects']} of them are among" in shown


def test_the_tickets_demo_has_wrong_labels_of_its_own(root: Path) -> None:
    given, truth = (pd.read_csv(root / "data" / f"tickets{end}.csv")["team"] for end in ("", "_truth"))
    facts = json.loads(run("demo", "--json").stdout)
    assert facts["dataset"] == "tickets"
    assert facts["known_errors"] == (given != truth).sum() > 0
    assert facts["among_first_reviews"] > facts["known_errors"] / 2


def test_demos_are_listed() -> None:
    assert "breast_cancer" in json.loads(run("demo", "--list", "--json").stdout)
    assert "150 flowers" in run("demo", "--list").stdout


def test_wrong_demo_choices_are_refused() -> None:
    assert "NAME: there is no demo 'irs'; did you mean 'iris'?" in usage(run("demo", "irs"))
    assert "noise 3 is outside (0, 1)" in sentence(run("demo", "iris", "--noise", "3"))


def test_serve_starts_streamlit_on_the_port(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    home = tmp_path / "Home.py"
    home.touch()
    monkeypatch.setattr(cli, "PACKAGE", tmp_path / "labelaudit")
    monkeypatch.setattr(cli.subprocess, "call", lambda command: commands.append(command) or 3)
    assert run("serve", "--port", "9000").exit_code == 3
    options = ["--server.port", "9000", "--server.address", "localhost"]
    assert commands == [[sys.executable, "-m", "streamlit", "run", str(home), *options]]
    home.unlink()
    assert "the dashboard is not installed" in sentence(run("serve"))
    assert "--port" in usage(run("serve", "--port", "0"))


def test_config_shows_every_setting_and_where_it_comes_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("LABELAUDIT_LOG_LEVEL=ERROR\nLABELAUDIT_CACHE_DIR=ignored\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LABELAUDIT_DATABASE_URL", "postgresql://me:secret@host/db")
    settings.cache_clear()
    result = run("config", "--json")
    shown = json.loads(result.stdout)
    assert set(shown) == set(type(settings()).model_fields)
    assert {name: row["from"] for name, row in shown.items()} == {
        "data_dir": "default", "cache_dir": "environment", "artifacts_dir": "environment",
        "database_url": "environment", "log_level": ".env", "public": "default",
        "keep_hours": "default", "max_waiting": "default", "workers": "default",
    }  # fmt: skip
    assert shown["log_level"]["value"] == "ERROR"
    assert shown["database_url"]["value"] == "postgresql://me:***@host/db"
    assert "LABELAUDIT_LOG_LEVEL" in run("config").stdout


def test_a_wrong_setting_gets_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELAUDIT_LOG_LEVEL", "loud")
    settings.cache_clear()
    assert sentence(run("config")).startswith("the setting LABELAUDIT_LOG_LEVEL is 'loud': input should be 'DEBUG'")


# -- progress -------------------------------------------------------------------------------------


def test_lines_say_the_time_left_and_are_at_most_one_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.0, 1.5, 1.6, 2.0, 4.0, 5.0])
    monkeypatch.setattr(terminal.time, "monotonic", lambda: next(clock))
    screen = io.StringIO()
    monkeypatch.setattr(terminal, "console", lambda *, stderr: Console(file=screen))
    with terminal.progress() as report:
        for done in (0, 30, 31, 40, 80, 100):
            report("features", done, 100)
    assert screen.getvalue().splitlines() == ["features", "features, 4 s left", "features, 1 s left"]


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(terminal, "console", lambda *, stderr: Console(file=screen, force_terminal=True))
    with terminal.progress() as report:
        report("fold 2 of 5", 1, 5)
    assert "fold 2 of 5" in screen.getvalue()


# -- map --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "read"), [("map.csv", pd.read_csv), ("map.parquet", pd.read_parquet)])
def test_a_map_is_written_as_a_table(shared_audit: Path, tmp_path: Path, name: str, read: Any) -> None:
    result = run("map", shared_audit, "--to", tmp_path / name, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["rows"] == 120
    table = read(tmp_path / name)
    assert table.columns.tolist() == ["id", "x", "y"]
    assert table["id"].tolist() == list(range(120))
    assert table[["x", "y"]].to_numpy().min() == 0 and table[["x", "y"]].to_numpy().max() == 1


def test_a_map_needs_a_file_that_it_can_write(shared_audit: Path, tmp_path: Path) -> None:
    assert "does not end in .csv or .parquet" in sentence(run("map", shared_audit, "--to", tmp_path / "map.txt"))
    assert "can't be written" in sentence(run("map", shared_audit, "--to", tmp_path / "none" / "map.csv"))
    assert "does not hold an audit" in sentence(run("map", tmp_path, "--to", tmp_path / "map.csv"))
