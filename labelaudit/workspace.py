"""Where the data sets, audits and decisions of one owner live."""

from __future__ import annotations

import logging
import os
import re
import shutil
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from labelaudit.audit import audit_key, check
from labelaudit.config import AuditConfig
from labelaudit.database import Database
from labelaudit.dataset import Dataset
from labelaudit.decisions import Decision
from labelaudit.errors import StoreError
from labelaudit.files import read_json, replacing, write_json, writing
from labelaudit.result import Audit
from labelaudit.review import DecisionLog
from labelaudit.saved import is_saved, kept_in, open_dataset, save_dataset
from labelaudit.settings import settings
from labelaudit.store import Preferences, SliceStore
from labelaudit.thumbnails import FOLDER as THUMBNAILS

log = logging.getLogger(__name__)

ID = re.compile(r"[0-9a-f]{1,64}")  # of audits and data: a hash
ANONYMOUS = "session-"  # how the owners begin who are not signed in


@dataclass(frozen=True)
class Workspace:
    """The files and the decision log of one owner.

    Parameters
    ----------
    owner : str
        ``local``, or one name per browser or signed-in user when served to others.
    """

    owner: str = "local"

    @property
    def folder(self) -> Path:
        """Where the owner's files are."""
        return settings().artifacts_dir / self.owner

    @property
    def log(self) -> DecisionLog:
        """The owner's decisions."""
        return _log(settings().decisions_url(), self.owner)

    def decided(self, fingerprint: str) -> list[Decision]:
        """Read what was decided about some data; where there is no log yet, none is made.

        Raises
        ------
        BadInput, MissingExtra, StoreError
            As `DecisionLog`.
        """
        here = settings()
        return self.log.read(fingerprint) if here.database_url or here.decisions_file.exists() else []

    @property
    def slices(self) -> SliceStore:
        """The selections that were given a name."""
        return SliceStore(_database(settings().decisions_url()), self.owner)

    @property
    def preferences(self) -> Preferences:
        """What each reviewer set for themselves."""
        return Preferences(_database(settings().decisions_url()), self.owner)

    def touch(self) -> None:
        """Note that the workspace is in use; see `forget_unused`."""
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            os.utime(self.folder)

    def keep(self, dataset: Dataset) -> Dataset:
        """Store a data set, once, by its content and roles; and return it with its images where they are now."""
        data = self.folder / "data" / dataset.fingerprint
        if not is_saved(data):
            with writing(data):
                save_dataset(dataset, data)
        return kept_in(dataset, data)

    def kept(self, fingerprint: str) -> Dataset:
        """Read a data set that was stored.

        Raises
        ------
        StoreError
            This owner has no such data set.
        """
        folder = self.folder / "data" / fingerprint
        if not ID.fullmatch(fingerprint) or not folder.is_dir():
            raise StoreError("the data in the address is not in this workspace; load the file again.")
        return open_dataset(folder)

    def stored(self) -> dict[str, tuple[str, Path]]:
        """Return name and folder of each stored data set, by its `Dataset.data_fingerprint`; not of damaged ones."""
        found = {}
        for path in self.folder.glob("data/*/dataset.json"):
            with suppress(OSError, ValueError):
                roles = read_json(path)
                found[roles.get("hashes", {}).get("data_fingerprint", "")] = roles["name"], path.parent
        return found

    def earlier(self, fingerprints: Collection[str]) -> list[Dataset]:
        """Return those of the stored data sets that decisions with these fingerprints were made for."""
        folders = [folder for key, (_, folder) in self.stored().items() if key in fingerprints]
        return [open_dataset(folder) for folder in folders if is_saved(folder)]

    def keep_text(self, text: str) -> str:
        """Store what is too long for an address, and return the name by which `kept_text` finds it."""
        name = sha256(text.encode()).hexdigest()[:24]
        path = self.folder / "texts" / name
        if not path.is_file():
            with writing(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                with replacing(path) as file:
                    file.write(text.encode())
        return name

    def kept_text(self, name: str) -> str:
        """Read what `keep_text` stored.

        Raises
        ------
        StoreError
            This owner stored no such text.
        """
        path = self.folder / "texts" / name
        if not ID.fullmatch(name) or not path.is_file():
            raise StoreError("the selection in the address is not in this workspace; choose again.")
        with writing(path):
            return path.read_text(encoding="utf-8")

    def request(self, dataset: Dataset, config: AuditConfig, *, listed: bool = True, since: str = "") -> str:
        """Write down what is to be audited, so that it outlives a crash.

        Parameters
        ----------
        dataset : Dataset
        config : AuditConfig
        listed : bool
            Whether `audits` lists it; simulations are not.
        since : str
            Id of the audit before it, with which it is to be compared.

        Returns
        -------
        str
            The audit's id, which is the same for the same data and choices.

        Raises
        ------
        BadInput
            This data can't be audited; nothing was written.
        """
        check(dataset, config)
        audit_id = audit_key(dataset, config)
        self.keep(dataset)
        record = {
            "id": audit_id,
            "fingerprint": dataset.fingerprint,
            "config": config.model_dump(),
            "name": dataset.name,
            "rows": len(dataset),
            "listed": listed,
            "since": since,
        }
        path = self.folder / "audits" / f"{audit_id}.json"
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, record)
        return audit_id

    def record(self, audit_id: str) -> dict[str, Any]:
        """Read what was requested under this id.

        Raises
        ------
        StoreError
            This owner has no such audit, or what was written down is damaged.
        """
        path = self.folder / "audits" / f"{audit_id}.json"
        if not ID.fullmatch(audit_id) or not path.is_file():
            raise StoreError(
                f"there is no audit {audit_id[:40]!r} in this workspace; choose one on Home or start a new one."
            )
        try:
            return read_json(path)
        except (OSError, ValueError) as error:
            raise StoreError(f"{path} is damaged ({error}); load the file and audit it again.") from error

    def dataset(self, audit_id: str) -> Dataset:
        """Read the data set of an audit."""
        return self.kept(self.record(audit_id)["fingerprint"])

    def result_folder(self, audit_id: str) -> Path:
        """Where the result of an audit is kept; shared by owners, since its name is a hash of data and choices."""
        return settings().cache_dir / f"audit-{audit_id}"

    def is_done(self, audit_id: str) -> bool:
        """Whether the audit has a result."""
        return (self.result_folder(audit_id) / "manifest.json").is_file()

    def open(self, audit_id: str) -> Audit:
        """Read a finished audit."""
        return Audit.open(self.result_folder(audit_id), self.dataset(audit_id))

    def audits(self) -> list[dict[str, Any]]:
        """List the owner's audits, newest first.

        Returns
        -------
        list of dict
            What was requested; with its ``manifest`` where the audit is finished. Of a damaged one, the ``id`` and the
            ``error`` in a sentence.
        """
        paths = sorted((self.folder / "audits").glob("*.json"), key=lambda p: p.stat().st_mtime, reverse=True)
        found = []
        for path in paths:
            try:
                record = self.record(path.stem)
            except StoreError as error:
                found.append({"id": path.stem, "error": str(error)})
                continue
            if not record["listed"]:
                continue
            manifest = self.result_folder(record["id"]) / "manifest.json"
            if manifest.is_file():
                with suppress(OSError, ValueError):  # damaged: not finished, as far as anyone can tell
                    record["manifest"] = read_json(manifest)
            found.append(record)
        return found


def forget_unused(hours: float) -> None:
    """Remove the workspaces of people who are not signed in and did not come back for so many hours.

    Their decisions go as well, and so do results that no other workspace lists. What else was computed tells nobody
    anything and only costs time to make again; it goes by age.
    """
    before = time.time() - 3600 * hours
    try:
        for folder in settings().artifacts_dir.glob(f"{ANONYMOUS}*"):
            if folder.stat().st_mtime < before:
                _database(settings().decisions_url()).forget(folder.name)
                shutil.rmtree(folder)
        listed = {path.stem for path in settings().artifacts_dir.glob("*/audits/*.json")}
        here = settings().cache_dir
        for path in (*here.glob("*"), *(here / THUMBNAILS).glob("*")):
            ours = path.suffix in (".npz", ".part", ".webp", ".zip") or path.name.startswith("audit-")
            if ours and path.stat().st_mtime < before and path.name.removeprefix("audit-") not in listed:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    except OSError as error:  # another server may be at it, too
        log.warning("unused workspaces could not be removed (%s)", error)


@lru_cache(maxsize=8)
def _database(url: str) -> Database:
    """Opening a database checks its tables, which is worth doing once and not at every click."""
    return Database(url)


@lru_cache(maxsize=256)
def _log(url: str, owner: str) -> DecisionLog:
    """A log remembers what it read, so that a click reads only what is new."""
    return DecisionLog(_database(url), owner)
