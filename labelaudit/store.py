"""What people save beside their decisions: named slices, and each reviewer's preferences."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from labelaudit.database import PREFERENCES, SLICES, Database
from labelaudit.errors import BadInput


@dataclass(frozen=True, kw_only=True)
class Slice:
    """A selection that was given a name; everyone in the workspace sees it.

    Parameters
    ----------
    name : str
    fingerprint : str
        `Dataset.data_fingerprint` of the data that it selects from.
    selection, rank : str
        `Selection.to_text`, and the order of its examples.
    reviewer, stage : str
        Who is to review it, and at which of `labelaudit.decisions.STAGES`; empty for nobody in particular.
    actor, time : str
        Who saved it, and when (ISO 8601, UTC); the time is given by the store.
    """

    name: str
    fingerprint: str
    selection: str = ""
    rank: str = ""
    reviewer: str = ""
    stage: str = ""
    actor: str = ""
    time: str = ""


class SliceStore:
    """The slices of one workspace.

    Parameters
    ----------
    database : Database
    workspace : str
    """

    def __init__(self, database: Database, workspace: str = "local") -> None:
        self._database, self.workspace = database, workspace

    def list(self, fingerprint: str) -> list[Slice]:
        """Return the slices of this data by name."""
        columns = (SLICES.c[field.name] for field in fields(Slice))
        wanted = sa.select(*columns).where(*self._about(fingerprint)).order_by(SLICES.c.name)
        with self._database.reading() as connection:
            return [Slice(**row) for row in connection.execute(wanted).mappings()]

    def save(self, wanted: Slice) -> Slice:
        """Write a slice in the place of the one of that name, if there is one; return it with its time.

        Raises
        ------
        BadInput
            The name is empty.
        """
        saved = replace(wanted, name=_name(wanted.name), time=datetime.now(UTC).isoformat(timespec="milliseconds"))
        with self._database.writing(f"slices\n{self.workspace}") as connection:
            connection.execute(sa.delete(SLICES).where(*self._about(saved.fingerprint, saved.name)))
            connection.execute(sa.insert(SLICES).values(**vars(saved), workspace=self.workspace))
        return saved

    def rename(self, fingerprint: str, old: str, new: str) -> None:
        """Give a slice another name.

        Raises
        ------
        BadInput
            The new name is empty or taken, or there is no slice of the old one.
        """
        new = _name(new)
        with self._database.writing(f"slices\n{self.workspace}") as connection:
            taken = connection.execute(sa.select(SLICES.c.name).where(*self._about(fingerprint, new))).first()
            if taken is not None and new != old:
                raise BadInput(f"there is a slice {new!r} already; choose another name.")
            renamed = connection.execute(sa.update(SLICES).where(*self._about(fingerprint, old)).values(name=new))
            if not renamed.rowcount:
                raise BadInput(f"there is no slice {old!r} any more; somebody renamed or deleted it.")

    def delete(self, fingerprint: str, name: str) -> None:
        """Forget a slice; one that is gone already is no error."""
        with self._database.writing(f"slices\n{self.workspace}") as connection:
            connection.execute(sa.delete(SLICES).where(*self._about(fingerprint, name)))

    def _about(self, fingerprint: str, name: str | None = None) -> tuple[sa.ColumnElement[bool], ...]:
        about = SLICES.c.workspace == self.workspace, SLICES.c.fingerprint == fingerprint
        return about if name is None else (*about, SLICES.c.name == name)


class Preferences:
    """What the reviewers of one workspace set for themselves, by name: any value that JSON holds.

    Parameters
    ----------
    database : Database
    workspace : str
    """

    def __init__(self, database: Database, workspace: str = "local") -> None:
        self._database, self.workspace = database, workspace

    def get(self, reviewer: str, name: str, default: Any = None) -> Any:
        """Return what the reviewer set, or the default."""
        wanted = sa.select(PREFERENCES.c.value).where(*self._about(reviewer, name))
        with self._database.reading() as connection:
            value = connection.execute(wanted).scalar()
        return default if value is None else json.loads(value)

    def set(self, reviewer: str, name: str, value: Any) -> None:
        """Keep a value in the place of the one before."""
        row = {"workspace": self.workspace, "reviewer": reviewer, "name": name, "value": json.dumps(value)}
        with self._database.writing(f"preferences\n{self.workspace}") as connection:
            connection.execute(sa.delete(PREFERENCES).where(*self._about(reviewer, name)))
            connection.execute(sa.insert(PREFERENCES).values(**row))

    def _about(self, reviewer: str, name: str) -> tuple[sa.ColumnElement[bool], ...]:
        return (
            PREFERENCES.c.workspace == self.workspace,
            PREFERENCES.c.reviewer == reviewer,
            PREFERENCES.c.name == name,
        )


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise BadInput("a slice needs a name; type one.")
    return name
