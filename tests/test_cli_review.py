"""History, export and import of decisions on the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from made import relabelled, texts
from typer.testing import CliRunner, Result

from labelaudit import cli
from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.decisions import Decision
from labelaudit.load import write
from labelaudit.result import Audit
from labelaudit.settings import settings
from labelaudit.workspace import Workspace

HTML = "<b>not a cat</b>"
CONFIG = AuditConfig(folds=2, checks=False)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def ran(*arguments: object) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("audit") / "audited"
    audit(texts(60), CONFIG).save(place)
    return place


@pytest.fixture
def found(folder: Path) -> Audit:
    """An audit of which two examples are decided, one of them taken back."""
    read = Audit.open(folder)
    given = read.dataset.given_texts
    about = {"fingerprint": read.dataset.data_fingerprint, "run": read.id}
    log = Workspace().log
    log.append([Decision(actor="ann", action="set", id="1", before=given[1], after=json.dumps(HTML), **about)])
    log.append([Decision(actor="bob", action="keep", id="2", before=given[2], comment="sure", **about)])
    log.undo(about["fingerprint"], "bob")
    return read


def test_the_history_says_who_did_what_and_what_was_taken_back(
    folder: Path, found: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    _, *lines = [line for line in ran("history", folder).splitlines() if line.strip()]
    assert len(lines) == 3
    assert "took back a decision" in lines[0] and "bob" in lines[0]
    assert "kept (taken back)" in lines[1] and "sure" in lines[1]
    assert HTML in lines[2]
    assert HTML not in ran("history", folder, "--id", 2)
    told = json.loads(ran("history", folder, "--actor", "bob", "--undone", "--json"))
    assert (told["logged"], told["matching"]) == (3, 1)
    assert [(d["id"], d["undone"], d["comment"]) for d in told["decisions"]] == [("2", True, "sure")]
    assert "The latest 1 of 3; --limit 0 shows all." in ran("history", folder, "--limit", 1)


def test_a_history_of_nothing_says_so(folder: Path) -> None:
    assert ran("history", folder).startswith("Nothing was decided yet")


def test_no_entry_that_is_like_that_is_no_empty_table(folder: Path, found: Audit) -> None:
    assert ran("history", folder, "--text", "nowhere") == "None of 3 entries match.\n"
    result = run("history", folder, "--action", "kep")
    assert (result.exit_code, "there is no 'kep'; did you mean 'keep'?" in " ".join(result.stderr.split())) == (2, True)


def test_the_log_is_exported_and_imported_where_it_was_lost(
    folder: Path, found: Audit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Workspace().log.read(found.dataset.data_fingerprint)
    assert "(3 decisions)" in ran("review", folder, "--export", tmp_path / "d.jsonl")
    monkeypatch.setenv("LABELAUDIT_ARTIFACTS_DIR", str(tmp_path / "new disk"))
    settings.cache_clear()
    for sentence in ("3 new, 0 known already, 0 refused", "0 new, 3 known already, 0 refused"):
        assert sentence in ran("review", folder, "--import", tmp_path / "d.jsonl")
        after = Workspace().log.read(found.dataset.data_fingerprint)
        assert [replace(d, seq=0) for d in after] == [replace(d, seq=0) for d in before]


def test_decisions_on_data_that_changed_are_carried_over_and_the_rest_is_listed(
    folder: Path, found: Audit, tmp_path: Path
) -> None:
    ran("review", folder, "--export", tmp_path / "d.jsonl")
    changed = relabelled(texts(60), {2: "class 0"})
    changed = replace(changed, table=changed.table.slice(0, 59))
    audit(changed, CONFIG).save(tmp_path / "now")
    with (tmp_path / "d.jsonl").open("a") as file:
        file.write('{"actor": "cid", "action": "exclude", "id": 59}\n')
    said = ran("review", tmp_path / "now", "--import", tmp_path / "d.jsonl")
    assert "1 new (1 carried over from other data), 0 known already, 3 refused" in said
    assert "The ids are row numbers" in said
    assert "Refused: keep of bob on id '2' is about the label 'class 2', which is 'class 0' now" in said
    assert "Refused: undo of bob takes back what is not here" in said
    assert "Refused: exclude of cid on id '59' is about an id that is gone" in said
    told = json.loads(ran("review", tmp_path / "now", "--import", tmp_path / "d.jsonl", "--json"))
    assert (told["new"], told["known"], [d["id"] for d in told["refused"]]) == (0, 1, ["2", "", "59"])


def test_what_was_decided_on_an_earlier_audit_is_carried_over(folder: Path, found: Audit, tmp_path: Path) -> None:
    """The earlier data is at hand, so that a row whose content changed is told."""
    now = relabelled(texts(60), {5: "class 0"})
    words = now.table["text"].to_pylist()
    words[1] += " and more"
    place = now.table.schema.get_field_index("text")
    audit(replace(now, table=now.table.set_column(place, "text", [words])), CONFIG).save(tmp_path / "now")
    said = ran("review", tmp_path / "now", "--from", folder)
    assert "Refused: set of ann on id '1' is about a row whose content changed" in said
    assert "2 new (2 carried over from other data), 0 known already, 1 refused" in said
    assert "0 new, 2 known already, 1 refused" in ran("review", tmp_path / "now", "--from", folder)


def test_what_was_decided_otherwise_here_stays_without_overwrite(folder: Path, found: Audit, tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text('{"actor": "cid", "action": "exclude", "id": 1}\n')
    said = ran("review", folder, "--import", tmp_path / "d.jsonl")
    assert "Refused: exclude of cid on id '1' is about what ann decided otherwise here" in said
    assert "1 new" in ran("review", folder, "--import", tmp_path / "d.jsonl", "--overwrite")
    last = Workspace().log.read(found.dataset.data_fingerprint)[-1]
    assert (last.actor, last.action) == ("cid", "exclude")


def test_one_of_export_and_import_is_wanted(folder: Path) -> None:
    for arguments in ((), ("--export", "a", "--import", "b")):
        result = run("review", folder, *arguments)
        assert (result.exit_code, "choose one of them" in result.stderr) == (2, True)


def test_a_file_that_is_no_log_writes_nothing(folder: Path, tmp_path: Path) -> None:
    write(texts(3), tmp_path / "d.jsonl")
    result = run("review", folder, "--import", tmp_path / "d.jsonl")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "line 1 of" in result.stderr
    assert Workspace().log.last(Audit.open(folder).dataset.data_fingerprint) == 0
