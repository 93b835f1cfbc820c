"""A disk that is full: one sentence, nothing half written, and what was there before is as it was."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import made
import pytest
from full import environment, fill

from labelaudit.audit import audit
from labelaudit.decisions import Decision
from labelaudit.load import load, write
from labelaudit.result import Audit
from labelaudit.review import DecisionLog


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table, its audit, and a cache that holds all of it."""
    folder = tmp_path_factory.mktemp("prepared")
    write(made.table(n=600), folder / "table.csv")
    audit(load(folder / "table.csv", label="label"), cache=folder / "cache").save(folder / "found")
    return folder


@pytest.fixture
def work(prepared: Path, tmp_path: Path) -> Path:
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    return tmp_path


class Command:
    """The command line in a folder, and no room on the disk."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder, self.root = folder, root

    def refused(self, *arguments: str) -> str:
        """Return the sentence, after making sure that nothing was changed."""
        before = self.content()
        command = [sys.executable, "-B", "-W", "error", "-m", "labelaudit.cli", *arguments]
        # Temporary files go into the folder, too, where one that is left behind is seen.
        variables = environment(PYTHONPATH=str(self.root), TMPDIR=str(self.folder))
        done = subprocess.run(command, cwd=self.folder, env=variables, capture_output=True, text=True, preexec_fn=fill)
        assert (done.returncode, done.stdout) == (1, ""), done.stderr
        assert "Traceback" not in done.stderr
        assert self.content() == before
        return done.stderr.splitlines()[-1]

    def content(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}


@pytest.fixture
def command(work: Path, root: Path) -> Command:
    return Command(work, root)


def test_a_cache_that_cannot_be_written_gets_one_sentence(command: Command, work: Path) -> None:
    shutil.rmtree(work / "cache")
    line = command.refused("audit", "table.csv")
    assert line.startswith(f"{work}/cache/features-")
    assert line.endswith(".npz can't be written (File too large); free or change the disk.")


def test_a_folder_for_the_result_keeps_the_audit_that_was_there(command: Command, work: Path) -> None:
    line = command.refused("audit", "table.csv", "--out", "found")
    assert line == f"{work}/found can't be written (File too large); free the disk, or choose another folder."
    assert len(Audit.open(work / "found").label_issues) == 600


def test_the_workspace_is_left_as_it_was(command: Command, work: Path) -> None:
    line = command.refused("audit", "table.csv")
    assert line.startswith(f"{work}/artifacts/local/audits/")
    assert line.endswith("can't be written (File too large); free the disk, or choose another folder.")


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet", "xlsx"])
def test_an_export_keeps_the_file_that_was_there(command: Command, work: Path, format: str) -> None:
    (work / f"cleaned.{format}").write_text("mine")
    line = command.refused("export", "found", "--to", f"cleaned.{format}")
    assert "can't be written (File too large); " in line
    assert (work / f"cleaned.{format}").read_text() == "mine"


def test_the_decision_log_keeps_what_was_decided(work: Path, root: Path) -> None:
    url = f"sqlite:///{work / 'decisions.db'}"
    first = DecisionLog(url).append([Decision(actor="me", action="keep", id="1", fingerprint="x")])
    code = (
        "import sys; from labelaudit.review import Decision, DecisionLog; from labelaudit.errors import StoreError\n"
        "try: DecisionLog(sys.argv[1]).append([Decision(actor='me', action='keep', id=str(n), fingerprint='x') "
        "for n in range(10_000)])\n"
        "except StoreError as error: print(error)"
    )
    command = [sys.executable, "-B", "-c", code, url]
    variables = environment(PYTHONPATH=str(root))
    done = subprocess.run(command, env=variables, capture_output=True, text=True, preexec_fn=fill)
    assert done.stderr == ""
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"the decision log {url} cannot be used (")
    assert "see that it can be written" in line
    assert DecisionLog(url).read("x") == first
