"""The database: older ones are brought up to date with nothing lost, others are refused in a sentence."""

from __future__ import annotations

import json
import multiprocessing
import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from full import environment, fill

from labelaudit import database
from labelaudit.database import METADATA, MIGRATIONS, VERSION, VERSION_TABLE, Database
from labelaudit.decisions import Decision, natural_key
from labelaudit.errors import BadInput, StoreError
from labelaudit.review import DecisionLog

# As the version before the review of issue 5 made it.
OLD = sa.Table(
    "decisions",
    sa.MetaData(),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("workspace", "time", "actor", "action", "id", "part")),
    *(sa.Column(name, sa.Text) for name in ("before", "after")),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("reason", "batch")),
    sa.Column("base", sa.Integer, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Index("decisions_of_data", "workspace", "fingerprint", "seq"),
    sqlite_autoincrement=True,
)
LINE: dict[str, Any] = {
    "time": "2026-01-01T00:00:00.000+00:00",
    "actor": "me",
    "part": "",
    "before": '"cat"',
    "reason": "",
    "base": 0,
    "fingerprint": "f1",
}
LINES = [
    {**LINE, "seq": 1, "action": "set", "id": "a", "after": '"dog"', "batch": "b1"},
    {**LINE, "seq": 3, "action": "keep", "id": "b", "after": '"<b>"', "batch": "b2"},
    {**LINE, "seq": 4, "action": "undo", "id": "", "before": None, "after": '"b1"', "batch": "b3"},
]


def engine(url: str) -> sa.Engine:
    return sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool)


def make_old(url: str, lines: list[dict[str, Any]] = LINES) -> None:
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    with engine(url).begin() as connection:
        OLD.metadata.create_all(connection)
        connection.execute(sa.insert(OLD), [{**line, "workspace": "local"} for line in lines])
        if not url.startswith("sqlite"):
            connection.execute(sa.text("SELECT setval('decisions_seq_seq', 4)"))


def set_version(url: str, version: str) -> None:
    Database(url)
    with engine(url).begin() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '{version}'"))


def test_the_last_migration_is_the_version() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == VERSION


def test_a_new_database_has_the_tables_that_the_code_speaks_of(url: str) -> None:
    Database(url)
    with engine(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, METADATA) == []


def test_an_older_database_is_brought_up_to_date_with_nothing_lost(url: str) -> None:
    make_old(url)
    log = DecisionLog(url)
    read = log.read("f1")
    assert [{name: getattr(d, name) for name in line} for d, line in zip(read, LINES, strict=True)] == LINES
    assert [d.key for d in read] == [natural_key(line) for line in LINES]
    assert {(d.comment, d.run, d.stage) for d in read} == {("", "", "")}
    [new] = log.append([Decision(actor="me", action="keep", id="c", fingerprint="f1", comment="!")])
    assert new.seq == 5
    assert DecisionLog(url).read("f1") == [*read, new]
    with engine(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, METADATA) == []


def test_a_database_that_has_the_columns_but_no_version_is_one_of_ours(url: str) -> None:
    make_old(url)
    with engine(url).begin() as connection:
        for name in ("comment", "run", "stage", "key"):
            connection.execute(sa.text(f"ALTER TABLE decisions ADD COLUMN {name} TEXT NOT NULL DEFAULT ''"))
        connection.execute(sa.text("UPDATE decisions SET key = 'mine', comment = 'c' WHERE seq = 1"))
    first, *rest = DecisionLog(url).read("f1")
    assert (first.key, first.comment) == ("mine", "c")
    assert [d.key for d in rest] == [natural_key(line) for line in LINES[1:]]


def _open(url: str) -> None:
    DecisionLog(url)


def test_processes_that_open_an_older_database_at_once_bring_it_up_once(url: str) -> None:
    make_old(url)
    context = multiprocessing.get_context("forkserver")
    workers = [context.Process(target=_open, args=(url,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert [d.id for d in DecisionLog(url).read("f1")] == ["a", "b", ""]


def test_a_database_of_a_newer_version_is_refused_and_left_alone(url: str) -> None:
    DecisionLog(url).append([Decision(actor="me", action="keep", id="a", fingerprint="f1")])
    set_version(url, "0099")
    with pytest.raises(StoreError, match=r"made by a newer labelaudit \(its tables are of version 0099, .* knows"):
        DecisionLog(url)
    with engine(url).begin() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '{VERSION}'"))
    assert len(DecisionLog(url).read("f1")) == 1


def test_a_version_that_never_was_is_refused(url: str) -> None:
    set_version(url, "0000")
    with pytest.raises(StoreError, match=r"cannot be brought up to date .*0000.*put a copy of it in its place"):
        Database(url)


def test_a_table_that_is_not_ours_is_refused_and_left_alone(url: str) -> None:
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir()
    with engine(url).begin() as connection:
        connection.execute(sa.text("CREATE TABLE decisions (seq INTEGER, workspace TEXT, fingerprint TEXT)"))
    with pytest.raises(StoreError, match="was not made by labelaudit \\(it has no column 'action'\\)"):
        DecisionLog(url)
    assert sa.inspect(engine(url)).get_table_names() == ["decisions"]


def test_tables_and_versions_of_others_are_no_hindrance(url: str) -> None:
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir()
    with engine(url).begin() as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num TEXT)"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('ffff')"))
    DecisionLog(url).append([Decision(actor="me", action="keep", id="a", fingerprint="f1")])
    with engine(url).connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == "ffff"


def test_a_failing_migration_leaves_the_older_database_as_it_was(url: str) -> None:
    make_old(url)
    with engine(url).begin() as connection:
        connection.execute(sa.text("CREATE TABLE preferences (mine TEXT)"))
    with pytest.raises(StoreError, match=r"cannot be used .*preferences.* already exists"):
        DecisionLog(url)
    inspector = sa.inspect(engine(url))
    assert sorted(inspector.get_table_names()) == ["decisions", "preferences"]
    assert {column["name"] for column in inspector.get_columns("decisions")} == set(OLD.columns.keys())
    with engine(url).connect() as connection:
        assert len(connection.execute(sa.select(OLD)).all()) == len(LINES)


def test_no_room_to_bring_an_older_database_up_loses_nothing(file_url: str, root: Path) -> None:
    make_old(file_url, [{**line, "reason": "x" * 4000} for line in LINES])
    path = file_url.removeprefix("sqlite:///")
    code = (
        "import sys; from labelaudit.review import DecisionLog; from labelaudit.errors import StoreError\n"
        "try: DecisionLog(sys.argv[1])\n"
        "except StoreError as error: print(error)"
    )
    command = [sys.executable, "-B", "-c", code, file_url]
    variables = environment(PYTHONPATH=str(root))
    done = subprocess.run(command, env=variables, capture_output=True, text=True, preexec_fn=fill)
    assert done.stderr == ""
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"the decision log {file_url} cannot be used (")
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM decisions").fetchone() == (3,)
    connection.close()
    assert [d.id for d in DecisionLog(file_url).read("f1")] == ["a", "b", ""]


# -- only to be read ------------------------------------------------------------------------------


def test_a_file_that_is_read_only_is_read_and_an_older_one_is_refused(file_url: str) -> None:
    read_only = f"sqlite:///file:{file_url.removeprefix('sqlite:///')}?mode=ro&uri=true"
    make_old(file_url)
    with pytest.raises(StoreError, match="attempt to write a readonly database"):
        DecisionLog(read_only)
    whole = DecisionLog(file_url).read("f1")
    log = DecisionLog(read_only)
    assert log.read("f1") == whole
    with pytest.raises(StoreError, match=r"attempt to write a readonly database\); see that it can be written"):
        log.append([Decision(actor="me", action="keep", id="a", fingerprint="f1", base=4)])


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user may enter."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


READ = """
import os, sys
from labelaudit.review import Decision, DecisionLog
from labelaudit.errors import StoreError
import sqlite3
if os.geteuid() == 0:
    os.setuid(65534)  # whom the rights of files do concern
log = DecisionLog(sys.argv[1])
print([d.id for d in log.read("f1")])
try:
    log.append([Decision(actor="me", action="keep", id="b", fingerprint="f1", base=1)])
except StoreError as error:
    print(error)
"""


def test_a_folder_that_is_read_only_lets_the_log_be_read(open_folder: Path, root: Path) -> None:
    url = f"sqlite:///{open_folder / 'decisions.db'}"
    DecisionLog(url).append([Decision(actor="me", action="keep", id="a", fingerprint="f1")])
    before = (open_folder / "decisions.db").read_bytes()
    (open_folder / "decisions.db").chmod(stat.S_IREAD | stat.S_IRGRP | stat.S_IROTH)
    open_folder.chmod(0o555)
    variables = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run([sys.executable, "-c", READ, url], capture_output=True, text=True, cwd=root, env=variables)
    open_folder.chmod(0o755)
    assert done.stderr == ""
    ids, refused = done.stdout.splitlines()
    assert ids == "['a']"
    assert refused.startswith(f"the decision log {url} cannot be used (attempt to write a readonly database)")
    assert (open_folder / "decisions.db").read_bytes() == before


def test_a_server_that_lets_nothing_be_written_is_read(postgres_url: str) -> None:
    written = DecisionLog(postgres_url).append([Decision(actor="me", action="keep", id="a", fingerprint="f1")])
    log = DecisionLog(f"{postgres_url}&options=-c%20default_transaction_read_only%3Don")
    assert log.read("f1") == written
    with pytest.raises(StoreError, match="read-only transaction"):
        log.append([Decision(actor="me", action="keep", id="b", fingerprint="f1", base=1)])


# -- a server -------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_server_is_found_however_its_host_writes_the_url(postgres_url: str, scheme: str) -> None:
    url = postgres_url.replace("postgresql", scheme, 1)
    assert DecisionLog(url).append([Decision(actor="me", action="keep", id="a", fingerprint="f1")])
    assert Database(url).where.startswith("postgresql+psycopg://")


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(StoreError, match=r"cannot be used .*onnection refused") as caught:
        Database("postgresql://me:secret@127.0.0.1:1/db")
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_writer_that_waits_for_another_in_vain_says_so(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    log, other = DecisionLog(postgres_url), Database(postgres_url)
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with (
        other.writing("local\nf1"),
        pytest.raises(StoreError, match=r"lock timeout.*no other program holds it"),
    ):
        log.append([Decision(actor="me", action="keep", id="a", fingerprint="f1")])
    assert log.append([Decision(actor="me", action="keep", id="a", fingerprint="f1")])


def test_a_server_that_was_started_anew_is_used_as_before(postgres_url: str) -> None:
    log = DecisionLog(postgres_url)
    log.append([Decision(actor="me", action="keep", id="a", fingerprint="f1")])
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert [d.id for d in log.read("f1")] == ["a"]


def test_a_character_that_a_server_cannot_hold_is_refused(postgres_url: str) -> None:
    log = DecisionLog(postgres_url)
    with pytest.raises(BadInput, match=r"cannot hold this text .*NUL.*take the character out"):
        log.append([Decision(actor="me", action="keep", id="a", fingerprint="f1", comment="a\0b")])
    assert log.read("f1") == []


def test_the_keys_of_an_older_database_are_those_of_its_exported_lines() -> None:
    exported = json.loads(json.dumps(LINES[0]))
    assert natural_key(vars(Decision(**exported))) == natural_key(LINES[0])
