"""A disk that is full, as far as this process and its children can tell."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

LIMIT = 4096  # bytes of a file


def fill() -> None:
    """Let no file of this process grow beyond the limit, for good."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))


def environment(**variables: str) -> dict[str, str]:
    """Return the variables of a child that has no room, not even to write down what it covered."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")} | variables


@contextmanager
def full() -> Iterator[None]:
    """Let no file of this process grow beyond the limit, for a while."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
