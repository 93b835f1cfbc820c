"""Every file of the table, and what is no file, on the command line: one sentence, or it works and comes back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from files import CASES, FORMULA, GOOD, HTML, MARKUP, REFUSED, Case, as_csv
from typer.testing import CliRunner, Result

from labelaudit import cli
from labelaudit.load import read
from labelaudit.result import Audit

Make = Callable[[Path], object]


def run(*arguments: object) -> Result:
    """In this process; what is no error of ours is raised."""
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments], catch_exceptions=False)


def content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_sentence(result: Result, words: str) -> None:
    """One sentence on stderr that says what is wrong and what to do, and 1 at the end."""
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert words in line
    assert "; " in line
    assert line.endswith(("?", "."))
    assert len(line) < 500


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_bad_file_gets_one_sentence_and_leaves_nothing_behind(case: Case, tmp_path: Path) -> None:
    path = tmp_path / case.name
    path.write_bytes(case.bytes())
    before = content(tmp_path)
    result = run("audit", path, "--label", "label", "--out", tmp_path / "found")
    assert_sentence(result, case.refused or case.no_audit)
    assert content(tmp_path) == before


@pytest.mark.parametrize("case", [case for case in CASES if case not in REFUSED], ids=str)
def test_an_odd_file_is_audited_and_comes_back_as_it_was(case: Case, tmp_path: Path) -> None:
    path, found, again = tmp_path / case.name, tmp_path / "found", tmp_path / "again"
    path.write_bytes(case.bytes())
    result = run("audit", path, "--label", "label", "--out", found, *case.options)
    assert result.exit_code == 0, result.output
    assert case.noticed in result.stdout
    for line in result.stdout.splitlines():
        assert len(line) < 1000
        assert line.isprintable()
    assert run("export", found, "--to", again).exit_code == 0
    table = read(path)[0]
    if case.exact:
        assert again.read_bytes() == path.read_bytes()
    else:
        assert str(read(again)[0].to_pydict()) == str(table.to_pydict())
    audit = Audit.open(found)
    assert len(audit.label_issues) == len(audit.dataset.units) >= table.num_rows


@pytest.mark.parametrize("options", [(), ("--spreadsheet-safe",)], ids=["exact", "safe"])
def test_formulas_are_neutralised_for_spreadsheets_and_nowhere_else(options: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "markup.csv").write_bytes(as_csv(MARKUP))
    assert run("audit", tmp_path / "markup.csv", "--label", "label", "--out", tmp_path / "found").exit_code == 0
    assert run("export", tmp_path / "found", "--to", tmp_path / "to.csv", *options).exit_code == 0
    labels = set(read(tmp_path / "to.csv")[0]["label"].to_pylist())
    assert labels == {HTML, f"'{FORMULA}" if options else FORMULA}


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 42)


def locked(path: Path) -> None:
    path.write_text(GOOD)
    path.chmod(0)


not_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (Path.mkdir, "holds no image, no file; choose images, or a table."),
        (os.mkfifo, "is a device or a pipe; write what comes from it to a file"),
        (lambda path: path.symlink_to("/dev/zero"), "is a device or a pipe; write what comes from it to a file"),
        (lambda path: path.symlink_to(path), "cannot be read (Too many levels of symbolic links); choose another"),
        (lambda path: path.symlink_to("nowhere"), "there is no file"),
        (sparse, "x.csv has 4,096 GiB and this machine"),
        pytest.param(locked, "may not be read by you; change its permissions", marks=not_root),
    ],
)
def test_what_is_no_file_gets_one_sentence(make: Make, words: str, tmp_path: Path) -> None:
    make(tmp_path / "x.csv")
    assert_sentence(run("audit", tmp_path / "x.csv", "--label", "label"), words)


@pytest.mark.parametrize(("name", "words"), [("x" * 300, "File name too long"), ("a\0b.csv", "there is no file")])
def test_a_name_that_no_file_can_have_gets_one_sentence(name: str, words: str, tmp_path: Path) -> None:
    assert_sentence(run("audit", tmp_path / name, "--label", "label"), words)


@pytest.mark.parametrize("option", ["--out", "--to", "--decisions", "DIR"])
def test_other_names_that_no_file_can_have_get_one_sentence(option: str, tmp_path: Path) -> None:
    endless, out = tmp_path / ("x" * 300), tmp_path / "found"
    (tmp_path / "good.csv").write_text(GOOD)
    if option == "--out":
        assert_sentence(run("audit", tmp_path / "good.csv", "--label", "label", "--out", endless), "File name too long")
        return
    assert run("audit", tmp_path / "good.csv", "--label", "label", "--out", out).exit_code == 0
    folder, to = endless if option == "DIR" else out, endless if option == "--to" else tmp_path / "to.csv"
    decisions = ("--decisions", endless) if option == "--decisions" else ()
    assert_sentence(run("export", folder, "--to", to, *decisions), "File name too long")
    assert not (tmp_path / "to.csv").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[" * 100_000, "line 1 of "),
        ("\xff", "it is not UTF-8 text"),
        (None, "Is a directory"),
        ('{"actor": "me", "action": "set", "id": "1", "after": "[[[["}', "which is not JSON text"),
    ],
)
def test_decisions_that_are_none_get_one_sentence(content: str | None, words: str, tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text(GOOD)
    assert run("audit", tmp_path / "good.csv", "--label", "label", "--out", tmp_path / "found").exit_code == 0
    decisions = tmp_path if content is None else tmp_path / "decisions.jsonl"
    if content is not None:
        decisions.write_text(content, encoding="latin-1")
    assert_sentence(run("export", tmp_path / "found", "--to", tmp_path / "to.csv", "--decisions", decisions), words)
    assert not (tmp_path / "to.csv").exists()


def test_a_reader_that_has_read_enough_is_no_error(root: Path, tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text(GOOD)
    command = f"{sys.executable} -m labelaudit.cli audit good.csv --label label --json 2>errors | head -c 1"
    environment = {**os.environ, "PYTHONPATH": str(root)}
    subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert "Traceback" not in (tmp_path / "errors").read_text()


def test_a_name_that_would_be_run_by_a_terminal_is_shown_without_its_codes(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff\x1b[31mred\n.csv")
    path.touch()
    result = run("audit", path)
    assert_sentence(result, "[31mred .csv is empty")
    assert result.stderr.strip().isprintable()


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_labels_are_printed_where_the_terminal_lacks_their_letters(encoding: str, root: Path, tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == "emoji.csv")
    (tmp_path / case.name).write_bytes(case.bytes())
    command = [sys.executable, "-W", "error", "-m", "labelaudit.cli", "audit", case.name, "--label", "label"]
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONIOENCODING": encoding}
    for options in ((), ("--json",)):
        done = subprocess.run([*command, *options], cwd=tmp_path, env=environment, capture_output=True)
        assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.decode(encoding))["classes"] == ["مرحبا", "😀"]
