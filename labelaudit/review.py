"""The decision log: an append-only table in SQL, in which an undo is one more decision."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from labelaudit.dataset import encode
from labelaudit.decisions import (
    ACTIONS,
    Decision,
    accept_below,
    check,
    effective,
    new_batch,
    read_jsonl,
    undone_batches,
    write_jsonl,
)
from labelaudit.errors import BadInput, MissingExtra, StoreError

__all__ = [
    "ACTIONS",
    "Decision",
    "DecisionLog",
    "accept_below",
    "effective",
    "new_batch",
    "read_jsonl",
    "write_jsonl",
]

BUSY_SECONDS = 30
REMEMBERED = 8  # data sets whose decisions a log keeps in memory

logger = logging.getLogger(__name__)

_TABLE = sa.Table(
    "decisions",
    sa.MetaData(),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("workspace", "time", "actor", "action", "id", "part")),
    *(sa.Column(name, sa.Text) for name in ("before", "after")),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("reason", "comment", "batch")),
    sa.Column("base", sa.Integer, nullable=False),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("fingerprint", "run", "stage", "key")),
    sa.Index("decisions_of_data", "workspace", "fingerprint", "seq"),
    sqlite_autoincrement=True,  # a number is never given twice
)


class DecisionLog:
    """The decisions of one workspace, in a table that only grows.

    Several processes may append at the same time; one call of `append` is one transaction.

    Parameters
    ----------
    url : str
        SQLAlchemy URL of an SQLite or PostgreSQL database; the folder of an SQLite file is made.
    workspace : str
        Whose decisions these are; those of other workspaces are never seen.

    Raises
    ------
    BadInput
        The URL cannot be read.
    MissingExtra
        The driver of the database is not installed.
    StoreError
        The database cannot be opened or written, or its table is not ours.
    """

    def __init__(self, url: str, workspace: str = "local") -> None:
        self.workspace = workspace
        self._engine, self._where = _engine(url)
        self._known: dict[str, list[Decision]] = {}
        self._create()

    def _create(self) -> None:
        with self._transaction() as connection:
            if self._engine.dialect.name == "sqlite":
                _write_ahead(connection)
            connection.execute(sa.schema.CreateTable(_TABLE, if_not_exists=True))
            for index in _TABLE.indexes:
                connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))
            found = {column["name"] for column in sa.inspect(connection).get_columns(_TABLE.name)}
        missing = {column.name for column in _TABLE.columns} - found
        if missing:
            raise StoreError(
                f"the table {_TABLE.name!r} in {self._where} was not made by labelaudit "
                f"(it has no column {min(missing)!r}); choose another LABELAUDIT_DATABASE_URL."
            )

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except (sa.exc.SQLAlchemyError, UnicodeDecodeError) as error:  # a damaged file can hold any text
            why = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise StoreError(
                f"the decision log {self._where} cannot be used ({why}); see that it can be written and that no "
                "other program holds it, or choose another LABELAUDIT_DATABASE_URL."
            ) from error

    def append(self, decisions: Sequence[Decision]) -> list[Decision]:
        """Write decisions, all or none.

        Parameters
        ----------
        decisions : sequence of Decision
            Their `seq` and `time` are ignored.

        Returns
        -------
        list of Decision
            The same with `seq`, `time` and `batch`.

        Raises
        ------
        BadInput
            One of them is not valid; nothing is written.
        StoreError
            The database cannot be written.
        """
        if not decisions:
            return []
        time, batch = datetime.now(UTC).isoformat(timespec="milliseconds"), new_batch()
        stamped = [replace(check(d), time=time, batch=d.batch or batch, key=d.key or uuid4().hex) for d in decisions]
        rows = [{**vars(d), "seq": None, "workspace": self.workspace} for d in stamped]
        statement = sa.insert(_TABLE).returning(_TABLE.c.seq, sort_by_parameter_order=True)
        with self._transaction() as connection:
            numbers = connection.execute(statement, rows).scalars().all()
        return [replace(d, seq=seq) for d, seq in zip(stamped, numbers, strict=True)]

    def read(self, fingerprint: str) -> list[Decision]:
        """Return all decisions about this data in log order, those that were undone included.

        What was read before is remembered, and only what came after it is read.

        Raises
        ------
        StoreError
            The database cannot be read, or is damaged.
        """
        known = self._known.pop(fingerprint, [])
        with self._transaction() as connection:
            new = self._after(connection, fingerprint, known[-1].seq if known else 0)
            count = sa.select(sa.func.count()).where(*self._about(fingerprint))
            if known and connection.execute(count).scalar() != len(known) + len(new):
                # The log is another one now, or PostgreSQL gave a number before ours to what was written after ours.
                known, new = [], self._after(connection, fingerprint, 0)
        if not _are_sound(new):
            raise StoreError(
                f"the decision log {self._where} is damaged; put a copy of it in its place, or move it away to begin "
                "a new one."
            )
        self._known[fingerprint] = [*known, *new]
        for oldest in list(self._known)[:-REMEMBERED]:
            self._known.pop(oldest, None)
        return [*known, *new]

    def _after(self, connection: sa.Connection, fingerprint: str, seq: int) -> list[Decision]:
        columns = (_TABLE.c[field.name] for field in fields(Decision))
        statement = sa.select(*columns).where(*self._about(fingerprint), _TABLE.c.seq > seq).order_by(_TABLE.c.seq)
        return [Decision(**row) for row in connection.execute(statement).mappings()]

    def last(self, fingerprint: str) -> int:
        """Return the last `seq` about this data; 0 where there is none."""
        statement = sa.select(sa.func.max(_TABLE.c.seq)).where(*self._about(fingerprint))
        with self._transaction() as connection:
            return int(connection.execute(statement).scalar() or 0)

    def undo(self, fingerprint: str, actor: str | None = None) -> str | None:
        """Take back the latest batch that is in force, by appending a decision that says so.

        Parameters
        ----------
        fingerprint : str
            The data.
        actor : str, optional
            Only batches of this actor; without one, the latest of anyone (a rule, say).

        Returns
        -------
        str or None
            The batch that was taken back; None when there is nothing to undo.
        """
        decisions = self.read(fingerprint)
        undone = undone_batches(decisions)
        for decision in reversed(decisions):
            mine = actor is None or decision.actor == actor
            if mine and decision.action != "undo" and decision.batch not in undone:
                # Two processes may get here with the same batch; taking it back twice is the same as once.
                after = encode(decision.batch)
                taken_back = replace(decision, action="undo", id="", part="", before=None, after=after, reason="")
                self.append([replace(taken_back, batch="", key="", base=decisions[-1].seq)])
                return decision.batch
        return None

    def forget(self) -> None:
        """Erase all decisions of this workspace, when its owner is gone for good."""
        with self._transaction() as connection:
            connection.execute(sa.delete(_TABLE).where(_TABLE.c.workspace == self.workspace))

    def _about(self, fingerprint: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
        return _TABLE.c.workspace == self.workspace, _TABLE.c.fingerprint == fingerprint


def _are_sound(decisions: Sequence[Decision]) -> bool:
    """Whether each is what was appended: SQLite gives what a damaged file holds, whatever the column's type."""
    kinds: dict[str, set[type]] = {"seq": {int}, "base": {int}, "before": {str, type(None)}, "after": {str, type(None)}}
    for field in fields(Decision):
        if not set(map(type, map(attrgetter(field.name), decisions))) <= kinds.get(field.name, {str}):
            return False
    try:
        for action, before, after in {(d.action, d.before, d.after) for d in decisions}:
            check(Decision(actor="", action=action, id="", before=before, after=after))
    except BadInput:
        return False
    return True


def _engine(url: str) -> tuple[sa.Engine, str]:
    """Return the engine, and the database in words, without a password."""
    try:
        parsed = sa.engine.make_url(url)
        where = parsed.render_as_string(hide_password=True)
        if parsed.get_backend_name() != "sqlite":
            return sa.create_engine(parsed), where
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError) as error:
        raise BadInput(
            f"LABELAUDIT_DATABASE_URL is not a database URL that labelaudit knows ({error}); "
            "write sqlite:///PATH or postgresql+psycopg://USER@HOST/NAME."
        ) from error
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"the decision log {where} needs the package {error.name!r}; run: pip install {error.name}."
        ) from error
    if parsed.database and not parsed.database.startswith("file:"):
        try:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"the folder of the decision log {where} cannot be made ({error.strerror}); choose another."
            ) from error
    # A connection per transaction costs a fraction of a millisecond, and none is ever carried across a fork.
    engine = sa.create_engine(parsed, poolclass=sa.pool.NullPool, connect_args={"timeout": BUSY_SECONDS})
    sa.event.listen(engine, "connect", _sync_fully)
    return engine, where


def _write_ahead(connection: sa.Connection) -> None:
    """Let readers and the one writer not wait for each other; the file remembers it."""
    try:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    except sa.exc.OperationalError as error:
        if getattr(error.orig, "sqlite_errorname", "") != "SQLITE_BUSY":
            raise
        # SQLite does not wait here. Another process is at it now, or the next one that opens the log will be.
        logger.info("the decision log is in use and was not switched to write-ahead: %s", error.orig)


def _sync_fully(connection: sqlite3.Connection, _record: Any) -> None:
    # NORMAL could lose the last decisions to a power cut. They are a person's work, and few per second, so
    # each waits for the disk.
    connection.execute("PRAGMA synchronous=FULL")
