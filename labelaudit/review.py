"""Decisions: an append-only log in SQL, what is in force after undos, and a rule that accepts suggestions."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pandas as pd

from labelaudit.dataset import encode
from labelaudit.errors import BadInput, MissingExtra, StoreError, did_you_mean

if TYPE_CHECKING:
    import sqlalchemy as sa

ACTIONS = ("set", "keep", "exclude", "skip", "add", "delete", "tag", "undo")
EFFECTIVE_COLUMNS = ("id", "part", "action", "before", "after", "actor", "time", "seq", "reason")
BUSY_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What somebody decided about one example, or one part of it.

    Parameters
    ----------
    seq : int
        Place in the log; 0 until it is appended.
    time : str
        ISO 8601, UTC; given by the log.
    actor : str
        A person (``"me"``) or a rule (``"rule: accept suggestions below 0.2"``).
    action : str
        One of `ACTIONS`.
    id, part : str
        The example, and the part of it as in the issue table; both empty for an undo.
    before, after : str or None
        Labels as JSON text; the `after` of an undo is the JSON text of the batch that it takes back.
    reason : str
        For people.
    batch : str
        What one undo takes back; without one, `DecisionLog.append` gives all that it writes at once the same.
    base : int
        The last `seq` that the actor had seen, so that a stale decision is noticed.
    fingerprint : str
        `Dataset.data_fingerprint` of the data that the decision is about.
    """

    seq: int = 0
    time: str = ""
    actor: str
    action: str
    id: str
    part: str = ""
    before: str | None = None
    after: str | None = None
    reason: str = ""
    batch: str = ""
    base: int = 0
    fingerprint: str = ""


def check(decision: Decision) -> Decision:
    """Return the decision with its id as text and its numbers as numbers.

    Raises
    ------
    BadInput
        The action is unknown, or a label is missing or is not JSON text.
    """
    if decision.action not in ACTIONS:
        raise BadInput(f"there is no action {decision.action!r}{did_you_mean(decision.action, ACTIONS)}")
    if decision.action in ("set", "undo") and decision.after is None:
        raise BadInput(f"the action {decision.action!r} on id {decision.id!r} needs a value in 'after'.")
    for name, text in (("before", decision.before), ("after", decision.after)):
        try:
            json.loads(text or "null")
        except (TypeError, ValueError) as error:
            raise BadInput(
                f"{name!r} of the decision on id {decision.id!r} is {text!r}, which is not JSON text; "
                f"write {json.dumps(str(text))} for this class name."
            ) from error
    # numpy's integers would be stored as bytes
    return replace(decision, id=str(decision.id), base=int(decision.base))


# -- the log ------------------------------------------------------------------------------------


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
        self._table = _table()
        self._create()

    def _create(self) -> None:
        import sqlalchemy as sa

        with self._transaction() as connection:
            if self._engine.dialect.name == "sqlite":
                # Readers and the one writer don't wait for each other; the file remembers it.
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.execute(sa.schema.CreateTable(self._table, if_not_exists=True))
            for index in self._table.indexes:
                connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))
            found = {column["name"] for column in sa.inspect(connection).get_columns(self._table.name)}
        missing = {column.name for column in self._table.columns} - found
        if missing:
            raise StoreError(
                f"the table {self._table.name!r} in {self._where} was not made by labelaudit "
                f"(it has no column {min(missing)!r}); choose another LABELAUDIT_DATABASE_URL."
            )

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        import sqlalchemy as sa

        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.SQLAlchemyError as error:
            why = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise StoreError(
                f"the decision log {self._where} cannot be used ({why}); {_advice(why)}."
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
        import sqlalchemy as sa

        if not decisions:
            return []
        time, batch = datetime.now(UTC).isoformat(timespec="milliseconds"), new_batch()
        stamped = [replace(check(d), time=time, batch=d.batch or batch) for d in decisions]
        rows = [{**asdict(d), "workspace": self.workspace} for d in stamped]
        for row in rows:
            del row["seq"]
        statement = sa.insert(self._table).returning(self._table.c.seq, sort_by_parameter_order=True)
        with self._transaction() as connection:
            numbers = connection.execute(statement, rows).scalars().all()
        return [replace(d, seq=seq) for d, seq in zip(stamped, numbers, strict=True)]

    def read(self, fingerprint: str) -> list[Decision]:
        """Return all decisions about this data in log order, those that were undone included."""
        import sqlalchemy as sa

        table = self._table
        columns = [table.c[field.name] for field in fields(Decision)]
        statement = sa.select(*columns).where(*self._about(fingerprint)).order_by(table.c.seq)
        with self._transaction() as connection:
            return [Decision(**row) for row in connection.execute(statement).mappings()]

    def last(self, fingerprint: str) -> int:
        """Return the last `seq` about this data; 0 where there is none."""
        import sqlalchemy as sa

        statement = sa.select(sa.func.max(self._table.c.seq)).where(*self._about(fingerprint))
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
                taken_back = replace(
                    decision, action="undo", id="", part="", before=None, after=after, reason=""
                )
                self.append([replace(taken_back, batch="", base=decisions[-1].seq)])
                return decision.batch
        return None

    def _about(self, fingerprint: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
        return self._table.c.workspace == self.workspace, self._table.c.fingerprint == fingerprint


def new_batch() -> str:
    """Return a name for decisions that are undone together."""
    return uuid4().hex


def _table() -> sa.Table:
    import sqlalchemy as sa

    text = [sa.Column(name, sa.Text, nullable=False) for name in ("actor", "action", "id", "part")]
    return sa.Table(
        "decisions",
        sa.MetaData(),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("workspace", sa.Text, nullable=False),
        sa.Column("time", sa.Text, nullable=False),
        *text,
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("batch", sa.Text, nullable=False),
        sa.Column("base", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Index("decisions_of_data", "workspace", "fingerprint", "seq"),
        sqlite_autoincrement=True,  # a number is never given twice
    )


def _engine(url: str) -> tuple[sa.Engine, str]:
    """Return the engine, and the database in words, without a password."""
    import sqlalchemy as sa

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


def _sync_fully(connection: sqlite3.Connection, _record: Any) -> None:
    # NORMAL could lose the last decisions to a power cut. They are a person's work, and few per second, so
    # each waits for the disk.
    connection.execute("PRAGMA synchronous=FULL")


def _advice(why: str) -> str:
    if "locked" in why:
        return "close the program that holds it and try again"
    if "not a database" in why or "malformed" in why:
        return "choose another LABELAUDIT_DATABASE_URL"
    return "check that it can be reached and written, or choose another LABELAUDIT_DATABASE_URL"


# -- what is in force ---------------------------------------------------------------------------


def undone_batches(decisions: Sequence[Decision]) -> set[str]:
    """Return the batches that an undo took back, where that undo was not taken back itself."""
    undone: set[str] = set()
    # An undo only ever names what came before it, so from the end each is known to be in force or not.
    for decision in reversed(decisions):
        if decision.action == "undo" and decision.batch not in undone:
            undone.add(json.loads(decision.after or '""'))
    return undone


def effective(decisions: Sequence[Decision]) -> pd.DataFrame:
    """Return what is in force: the last decision about each example and part that was not undone.

    Parameters
    ----------
    decisions : sequence of Decision
        In log order.

    Returns
    -------
    DataFrame with the columns `EFFECTIVE_COLUMNS`
        In the order in which they were taken; `before` and `after` are JSON text or None.
    """
    undone = undone_batches(decisions)
    last: dict[tuple[str, str], Decision] = {}
    for decision in decisions:
        if decision.action != "undo" and decision.batch not in undone:
            last.pop((decision.id, decision.part), None)
            last[decision.id, decision.part] = decision
    columns = {name: [getattr(d, name) for d in last.values()] for name in EFFECTIVE_COLUMNS}
    # object: pandas would turn a None into a NaN
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})
    return frame.astype({"seq": "int64"})


def accept_below(issues: pd.DataFrame, score: float, fingerprint: str) -> list[Decision]:
    """Decide by rule: the suggestion is right wherever the score is below a threshold.

    Parameters
    ----------
    issues : DataFrame
        The issue table; rows that are about labels and have a suggestion count.
    score : float
        From 0 to 1.
    fingerprint : str
        `Dataset.data_fingerprint` of the audited data.

    Raises
    ------
    BadInput
        The threshold is outside [0, 1].
    """
    if not 0 <= score <= 1:
        raise BadInput(f"threshold {score:g} is outside [0, 1]; 0.2 accepts the clearest suggestions only.")
    hits = issues[(issues["issue"] == "label") & issues["suggested"].notna() & (issues["score"] < score)]
    batch = new_batch()
    return [
        Decision(
            actor=f"rule: accept suggestions below {score:g}",
            action="set",
            id=str(id_),
            part=part,
            before=None if pd.isna(given) else given,
            after=suggested,
            reason=f"score {row_score:.4f}",
            batch=batch,
            fingerprint=fingerprint,
        )
        for id_, part, given, suggested, row_score in zip(
            hits["id"], hits["part"], hits["given"], hits["suggested"], hits["score"], strict=True
        )
    ]


# -- as a file ----------------------------------------------------------------------------------


def to_jsonl(decisions: Sequence[Decision]) -> bytes:
    """Write decisions as one JSON object per line, in log order."""
    return "".join(json.dumps(asdict(d), ensure_ascii=False) + "\n" for d in decisions).encode()


def write_jsonl(decisions: Sequence[Decision], path: Path) -> None:
    """Write decisions to a file, under a temporary name first."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(to_jsonl(decisions))
        part.replace(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror}); choose another place.") from error


def read_jsonl(path: Path) -> list[Decision]:
    """Read what `write_jsonl` wrote; `actor`, `action` and `id` are needed, the rest may be left out.

    Raises
    ------
    BadInput
        The file is not there, or a line of it is not a decision.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise BadInput(f"the decisions in {path} cannot be read ({why}); choose a JSONL file.") from error
    return [_parse(line, f"line {n:,} of {path}") for n, line in enumerate(lines, start=1) if line.strip()]


def _parse(line: str, where: str) -> Decision:
    from pydantic import TypeAdapter, ValidationError

    try:
        entry = json.loads(line)
    except ValueError as error:
        raise BadInput(f"{where} is not JSON ({error}); write one decision per line.") from error
    if not isinstance(entry, dict):
        raise BadInput(f"{where} is not a JSON object; write one decision per line.")
    if isinstance(entry.get("id"), int):
        entry["id"] = str(entry["id"])
    try:
        return check(TypeAdapter(Decision).validate_python(entry, strict=True))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(step) for step in first["loc"])
        raise BadInput(f"{field!r} in {where}: {first['msg'].lower()}; correct this line.") from error
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error
