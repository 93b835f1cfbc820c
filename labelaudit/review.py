"""The decision log: an append-only table in SQL, in which an undo is one more decision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime
from operator import attrgetter
from uuid import uuid4

import sqlalchemy as sa

from labelaudit.database import DECISIONS, Database
from labelaudit.decisions import (
    ACTIONS,
    Decision,
    accept_below,
    check,
    effective,
    new_batch,
    to_redo,
    to_undo,
)
from labelaudit.errors import BadInput, Stale, StoreError
from labelaudit.exchange import read_jsonl, write_jsonl
from labelaudit.labels import encode
from labelaudit.stale import overtaken, overturned

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

REMEMBERED = 8  # data sets whose decisions a log keeps in memory
KEYS_AT_ONCE = 5_000  # SQLite takes 32,766 values in one statement


class DecisionLog:
    """The decisions of one workspace, in a table that only grows.

    Several processes may append at the same time; one call of `append` is one transaction, and the order of the log is
    the order in which they were written, whatever the clocks say.

    Parameters
    ----------
    database : Database or str
        Where it is; or the SQLAlchemy URL of an SQLite or PostgreSQL database.
    workspace : str
        Whose decisions these are; those of other workspaces are never seen.

    Raises
    ------
    BadInput, MissingExtra, StoreError
        As `Database`.
    """

    def __init__(self, database: Database | str, workspace: str = "local") -> None:
        self.workspace = workspace
        self._database = Database(database) if isinstance(database, str) else database
        self._known: dict[str, list[Decision]] = {}

    # -- writing --------------------------------------------------------------------------------

    def append(self, decisions: Sequence[Decision], *, refuse_stale: bool = True) -> list[Decision]:
        """Write decisions, all or none.

        Parameters
        ----------
        decisions : sequence of Decision
            Their `seq` and `time` are ignored. One whose `key` is in the log already is not written again.
        refuse_stale : bool
            Write nothing where one of them is about something that was decided after its `base`.

        Returns
        -------
        list of Decision
            The same as they are in the log: with `seq`, `time`, `batch` and `key`.

        Raises
        ------
        BadInput
            One of them is not valid; nothing is written.
        Stale
            Somebody decided on the same meanwhile; nothing is written.
        StoreError
            The database cannot be written.
        """
        if not decisions:
            return []
        now, batch = _now(), new_batch()
        stamped = [replace(check(d), time=now, batch=d.batch or batch, key=d.key or uuid4().hex) for d in decisions]
        with self._writing(*(d.fingerprint for d in decisions)) as connection:
            stored = self._stored(connection, [d.key for d in decisions if d.key])
            new = list({d.key: d for d in stamped if d.key not in stored}.values())
            if refuse_stale:
                self._refuse_stale(connection, new)
            stored |= {d.key: d for d in self._insert(connection, new)}
        return [stored[d.key] for d in stamped]

    def restore(self, decisions: Sequence[Decision]) -> list[Decision]:
        """Write decisions that were made in another log, with the times of that log.

        Parameters
        ----------
        decisions : sequence of Decision
            In the order of that log. One whose `key` is in this log already is not written again.

        Returns
        -------
        list of Decision
            Those that are new, as they are in this log.

        Raises
        ------
        BadInput
            One of them is not valid; nothing is written.
        StoreError
            The database cannot be written.
        """
        now, batch = _now(), new_batch()
        stamped = [
            replace(check(d), time=d.time or now, batch=d.batch or batch, key=d.key or uuid4().hex) for d in decisions
        ]
        with self._writing(*(d.fingerprint for d in decisions)) as connection:
            stored = self._stored(connection, [d.key for d in decisions if d.key])
            return self._insert(connection, list({d.key: d for d in stamped if d.key not in stored}.values()))

    def undo(self, fingerprint: str, actor: str | None = None, *, stage: str | None = None, by: str = "") -> str | None:
        """Take back the latest batch that is in force, by appending a decision that says so.

        Parameters
        ----------
        fingerprint : str
            The data.
        actor : str, optional
            Only batches of this actor; without one, the latest of anyone (a rule, say).
        stage : str, optional
            Only batches of this one of `labelaudit.decisions.STAGES`.
        by : str
            Who takes it back; the actor of the batch without.

        Returns
        -------
        str or None
            The batch that was taken back; None when there is nothing to undo.

        Raises
        ------
        Stale
            What somebody else decided later would give way to what was there before; nothing is written.
        """
        with self._writing(fingerprint) as connection:
            log = self._read(connection, fingerprint)
            last = to_undo(log, actor, stage)
            if last is None:
                return None
            self._take_back(connection, log, last.batch, last, by)
            return last.batch

    def redo(self, fingerprint: str, actor: str | None = None, *, stage: str | None = None, by: str = "") -> str | None:
        """Bring back the batch that the latest `undo` took back, unless something was decided since.

        Parameters
        ----------
        fingerprint, actor, stage, by
            As in `undo`.

        Returns
        -------
        str or None
            The batch that is in force again; None when there is nothing to redo.

        Raises
        ------
        Stale
            What somebody else decided later would give way to it; nothing is written.
        """
        with self._writing(fingerprint) as connection:
            log = self._read(connection, fingerprint)
            found = to_redo(log, actor, stage)
            if found is None:
                return None
            undo, back = found
            self._take_back(connection, log, undo.batch, back, by)
            return back.batch

    # -- reading --------------------------------------------------------------------------------

    def read(self, fingerprint: str) -> list[Decision]:
        """Return all decisions about this data in log order, those that were undone included.

        What was read before is remembered, and only what came after it is read.

        Raises
        ------
        StoreError
            The database cannot be read, or is damaged.
        """
        with self._database.reading() as connection:
            return self._read(connection, fingerprint)

    def last(self, fingerprint: str) -> int:
        """Return the last `seq` about this data; 0 where there is none."""
        with self._database.reading() as connection:
            return self._last(connection, fingerprint)

    def counts(self) -> dict[str, int]:
        """Return how many decisions there are about each data set, by its fingerprint."""
        data = DECISIONS.c.fingerprint
        wanted = sa.select(data, sa.func.count()).where(DECISIONS.c.workspace == self.workspace).group_by(data)
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(wanted)}

    # -- within a transaction -------------------------------------------------------------------

    @contextmanager
    def _writing(self, *fingerprints: str) -> Iterator[sa.Connection]:
        """One writer at a time for each data set, so that who reads up to a number never misses one below it."""
        with self._database.writing(
            *(f"{self.workspace}\n{fingerprint}" for fingerprint in fingerprints)
        ) as connection:
            yield connection

    def _insert(self, connection: sa.Connection, decisions: Sequence[Decision]) -> list[Decision]:
        if not decisions:
            return []
        rows = [{**vars(d), "workspace": self.workspace} for d in decisions]
        for row in rows:
            del row["seq"]  # which the database gives
        before = {
            fingerprint: self._last(connection, fingerprint) for fingerprint in {d.fingerprint for d in decisions}
        }
        connection.execute(sa.insert(DECISIONS), rows)
        # Having the number of each row returned takes up to three times as long.
        numbers: dict[str, int] = {}
        for data, last in before.items():
            new = sa.select(DECISIONS.c.key, DECISIONS.c.seq).where(*self._about(data), DECISIONS.c.seq > last)
            numbers |= {row.key: row.seq for row in connection.execute(new)}
        return [replace(d, seq=numbers[d.key]) for d in decisions]

    def _stored(self, connection: sa.Connection, keys: Sequence[str]) -> dict[str, Decision]:
        """Return the decisions that have one of these keys."""
        found: dict[str, Decision] = {}
        for start in range(0, len(keys), KEYS_AT_ONCE):
            some = DECISIONS.c.key.in_(keys[start : start + KEYS_AT_ONCE])
            wanted = _select().where(DECISIONS.c.workspace == self.workspace, some)
            found |= {row["key"]: Decision(**row) for row in connection.execute(wanted).mappings()}
        return found

    def _refuse_stale(self, connection: sa.Connection, decisions: Sequence[Decision]) -> None:
        late: list[tuple[Decision, Decision | None]] = []
        for fingerprint in {d.fingerprint for d in decisions}:
            about = [d for d in decisions if d.fingerprint == fingerprint]
            if self._last(connection, fingerprint) > min(d.base for d in about):
                late += overtaken(about, self._read(connection, fingerprint))
        if late:
            raise Stale(f"{_told(late)}; nothing was written: look at it again, then decide.", late)

    def _take_back(
        self, connection: sa.Connection, log: Sequence[Decision], batch: str, about: Decision, by: str
    ) -> None:
        taken_back = replace(
            about,
            time=_now(),
            actor=by or about.actor,
            action="undo",
            id="",
            part="",
            before=None,
            after=encode(batch),
            reason="",
            comment="",
            batch=new_batch(),
            base=log[-1].seq,
            key=uuid4().hex,
        )
        if late := overturned(taken_back, about.batch, log):
            raise Stale(f"{_told(late)}; it stays as it is: decide on it anew where you think otherwise.", late)
        self._insert(connection, [taken_back])

    def _read(self, connection: sa.Connection, fingerprint: str) -> list[Decision]:
        known = self._known.get(fingerprint, [])
        new = self._since(connection, fingerprint, known[-1].seq if known else 0)
        if known:
            if new and new[0].key == known[-1].key:
                new = new[1:]
            else:  # the log is another one now
                known, new = [], self._since(connection, fingerprint, 0)
        if not _are_sound(new):
            raise StoreError(
                f"the decision log {self._database.where} is damaged; put a copy of it in its place, or move it away "
                "to begin a new one."
            )
        # put last, in the order of use
        self._known.pop(fingerprint, None)
        self._known[fingerprint] = [*known, *new]
        for oldest in list(self._known)[:-REMEMBERED]:
            self._known.pop(oldest, None)
        return [*known, *new]

    def _since(self, connection: sa.Connection, fingerprint: str, seq: int) -> list[Decision]:
        """Read the decisions from a number on, that one included."""
        wanted = _select().where(*self._about(fingerprint), DECISIONS.c.seq >= seq).order_by(DECISIONS.c.seq)
        return [Decision(**row) for row in connection.execute(wanted).mappings()]

    def _last(self, connection: sa.Connection, fingerprint: str) -> int:
        highest = sa.select(sa.func.max(DECISIONS.c.seq)).where(*self._about(fingerprint))
        return int(connection.execute(highest).scalar() or 0)

    def _about(self, fingerprint: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
        return DECISIONS.c.workspace == self.workspace, DECISIONS.c.fingerprint == fingerprint


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _select() -> sa.Select[tuple[object, ...]]:
    return sa.select(*(DECISIONS.c[field.name] for field in fields(Decision)))


def _told(late: Sequence[tuple[Decision, Decision | None]]) -> str:
    """Say what was decided meanwhile, as the beginning of a sentence."""
    wanted, now = late[0]
    what = f"was decided on by {now.actor}" if now is not None else "is undecided again"
    more = f" (and {len(late) - 1:,} more)" if len(late) > 1 else ""
    return f"id {wanted.id!r}{more} {what} meanwhile"


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
