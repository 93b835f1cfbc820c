"""The database that holds what people decided: its tables, its transactions, and how an older one is brought up."""

from __future__ import annotations

import logging
import os
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from labelaudit.errors import BadInput, MissingExtra, StoreError

BUSY_SECONDS = 30  # so long does a writer wait for another one
CONNECT_SECONDS = 10
MIGRATIONS = Path(__file__).parent / "migrations"
VERSION = "0002"  # the last of them, which says without loading Alembic that there is nothing to do
VERSION_TABLE = "labelaudit_version"  # a database that others migrate, too, has their `alembic_version`

logger = logging.getLogger(__name__)


def _texts(*names: str, **more: Any) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False, **more) for name in names]


METADATA = sa.MetaData()
DECISIONS = sa.Table(
    "decisions",
    METADATA,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    *_texts("workspace", "time", "actor", "action", "id", "part"),
    *(sa.Column(name, sa.Text) for name in ("before", "after")),
    *_texts("reason", "batch"),
    sa.Column("base", sa.Integer, nullable=False),
    *_texts("fingerprint"),
    *_texts("comment", "run", "stage", "key", server_default=""),
    sa.Index("decisions_of_data", "workspace", "fingerprint", "seq"),
    sa.Index("decisions_by_key", "workspace", "key", unique=True),
    sqlite_autoincrement=True,  # a number is never given twice
)
SLICES = sa.Table(
    "slices",
    METADATA,
    *_texts("workspace", "fingerprint", "name", primary_key=True),
    *_texts("selection", "rank", "reviewer", "stage", "actor", "time"),
)
PREFERENCES = sa.Table(
    "preferences",
    METADATA,
    *_texts("workspace", "reviewer", "name", primary_key=True),
    *_texts("value"),
)


class Database:
    """An SQLite or PostgreSQL database with our tables in it.

    Parameters
    ----------
    url : str
        SQLAlchemy URL; ``postgresql://`` means psycopg. The folder of an SQLite file is made, and so are the tables; a
        database that an older version made is brought up to date.

    Attributes
    ----------
    where : str
        The database in words, without a password.

    Raises
    ------
    BadInput
        The URL cannot be read.
    MissingExtra
        The driver of the database is not installed.
    StoreError
        The database cannot be opened or written, was made by a newer version, or has tables that are not ours.
    """

    def __init__(self, url: str) -> None:
        self._engine, self.where = _engine(url)
        weakref.finalize(self, self._engine.dispose)  # a server is told that its connections are not needed any more
        self._is_sqlite = self._engine.dialect.name == "sqlite"
        self._prepare()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection whose reads see one state."""
        with self._connection("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self, *names: str) -> Iterator[sa.Connection]:
        """Give a connection whose writes are kept all or none.

        Parameters
        ----------
        *names : str
            What is written; whoever writes some of the same waits until this one is done, so that what they see is
            what they change.
        """
        with self._connection("BEGIN IMMEDIATE") as connection:
            if not self._is_sqlite:  # SQLite has one writer at a time anyway
                milliseconds = str(int(1000 * BUSY_SECONDS))
                connection.execute(sa.select(sa.func.set_config("lock_timeout", milliseconds, True)))
                # sorted: two that want the same two would else wait for each other
                for name in sorted(set(names)):
                    number = int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))
            yield connection

    def forget(self, workspace: str) -> None:
        """Erase all that a workspace has here, when its owner is gone for good."""
        with self.writing() as connection:
            for table in METADATA.sorted_tables:
                connection.execute(sa.delete(table).where(table.c.workspace == workspace))

    @contextmanager
    def _connection(self, begin: str) -> Iterator[sa.Connection]:
        try:
            with self._engine.connect() as connection:
                connection.execution_options(begin=begin)
                with connection.begin():
                    yield connection
        except sa.exc.DataError as error:
            raise BadInput(
                f"the decision log {self.where} cannot hold this text ({_first_line(error)}); take the character out."
            ) from error
        except (sa.exc.SQLAlchemyError, UnicodeDecodeError) as error:  # a damaged file can hold any text
            raise StoreError(
                f"the decision log {self.where} cannot be used ({_first_line(error)}); see that it can be written and "
                "that no other program holds it, or choose another LABELAUDIT_DATABASE_URL."
            ) from error

    def _prepare(self) -> None:
        """Make the tables or bring them up to date; one that is up to date needs to be readable only."""
        if self._is_sqlite:
            self._write_ahead()
        with self.reading() as connection:
            if self._version(connection) == VERSION:
                return
        with self.writing("migration") as connection:
            if self._version(connection) != VERSION:  # another process may have been faster
                self._migrate(connection)

    def _version(self, connection: sa.Connection) -> str | None:
        """Return what the database was brought up to, after making sure that it is one of ours."""
        inspector = sa.inspect(connection)
        if inspector.has_table(DECISIONS.name):
            found = {column["name"] for column in inspector.get_columns(DECISIONS.name)}
            since = {column.name for column in DECISIONS.columns if column.server_default is not None}
            missing = {column.name for column in DECISIONS.columns} - since - found
            if missing:
                raise StoreError(
                    f"the table {DECISIONS.name!r} in {self.where} was not made by labelaudit "
                    f"(it has no column {min(missing)!r}); choose another LABELAUDIT_DATABASE_URL."
                )
        if not inspector.has_table(VERSION_TABLE):
            return None
        note = sa.table(VERSION_TABLE, sa.column("version_num", sa.Text))
        version = connection.execute(sa.select(note.c.version_num)).scalar()
        if version is not None and version > VERSION:
            raise StoreError(
                f"the decision log {self.where} was made by a newer labelaudit (its tables are of version {version}, "
                f"this one knows {VERSION}); install that one, or choose another LABELAUDIT_DATABASE_URL."
            )
        return version

    def _migrate(self, connection: sa.Connection) -> None:
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise StoreError(
                f"the decision log {self.where} cannot be brought up to date ({error}); put a copy of it in its place, "
                "or choose another LABELAUDIT_DATABASE_URL."
            ) from error
        logger.info("the decision log %s is now of version %s", self.where, VERSION)

    def _write_ahead(self) -> None:
        """Let readers and the one writer not wait for each other; the file remembers it."""
        try:
            with self._engine.connect() as connection:
                connection.execution_options(begin="")  # it cannot be changed within a transaction
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        except (sa.exc.DatabaseError, UnicodeDecodeError) as error:
            # SQLite does not wait here: another process may be at it. A file that only can be read stays as it is.
            # What is damaged is said by the first that reads.
            logger.info("the decision log was not switched to write-ahead: %s", _first_line(error))


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]


def _engine(url: str) -> tuple[sa.Engine, str]:
    """Return the engine, and the database in words, without a password."""
    try:
        parsed = sa.engine.make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):  # as hosts hand it out
            parsed = parsed.set(drivername="postgresql+psycopg")
        where = parsed.render_as_string(hide_password=True)
        if parsed.get_backend_name() != "sqlite":
            # A server that was started anew is noticed before the first statement and not by it.
            connecting = {"connect_timeout": CONNECT_SECONDS} if parsed.drivername == "postgresql+psycopg" else {}
            return sa.create_engine(parsed, pool_pre_ping=True, connect_args=connecting), where
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError) as error:
        raise BadInput(
            f"LABELAUDIT_DATABASE_URL is not a database URL that labelaudit knows ({error}); "
            "write sqlite:///PATH or postgresql://USER@HOST/NAME."
        ) from error
    except ModuleNotFoundError as error:
        extra = "'labelaudit[postgres]'" if error.name == "psycopg" else error.name
        raise MissingExtra(
            f"the decision log {where} needs the package {error.name!r}; run: pip install {extra}."
        ) from error
    if parsed.database and not parsed.database.startswith("file:"):
        parsed = _with_folder(parsed, Path(parsed.database), where)
    # A connection per transaction costs a fraction of a millisecond, and none is ever carried across a fork.
    alone = {"timeout": BUSY_SECONDS, "isolation_level": None}  # None: Python begins no transaction, see `_begin`
    engine = sa.create_engine(parsed, poolclass=sa.pool.NullPool, connect_args=alone)
    sa.event.listen(engine, "connect", _sync_fully)
    sa.event.listen(engine, "begin", _begin)
    return engine, where


def _with_folder(url: sa.URL, file: Path, where: str) -> sa.URL:
    """Make the folder of an SQLite file; or, where nothing can be written, let the file be read as it is."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"the folder of the decision log {where} cannot be made ({error.strerror}); choose another."
        ) from error
    if file.is_file() and not os.access(file.parent, os.W_OK) and not Path(f"{file}-wal").exists():
        # SQLite wants to keep its notes beside the file even to read it, unless it is told that nobody writes.
        read_only = {"mode": "ro", "immutable": "1", "uri": "true"}
        return url.set(database=f"file:{quote(str(file.resolve()))}", query=read_only)
    return url


def _begin(connection: sa.Connection) -> None:
    """Begin as we want it: Python's own would only begin at the first write, and then may find itself outrun."""
    if begin := connection.get_execution_options().get("begin", "BEGIN"):
        connection.exec_driver_sql(begin)


def _sync_fully(connection: sqlite3.Connection, _record: Any) -> None:
    # NORMAL could lose the last decisions to a power cut. They are a person's work, and few per second, so
    # each waits for the disk.
    connection.execute("PRAGMA synchronous=FULL")
