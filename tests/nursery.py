"""Audit workers for tests that kill many: the libraries are imported once, and each request gets a fork of its own.

Run as ``python -m tests.nursery CACHE``. A request is one JSON line; the worker that it gets is `labelaudit.jobs.work`,
as the app has it, which answers for itself and then waits for more until it is killed.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from labelaudit import jobs
from labelaudit.audit import import_libraries


def tell(**message: int) -> None:
    os.write(1, json.dumps(message).encode() + b"\n")


def main(cache: Path) -> None:
    import_libraries("text", "tabular")
    for request in sys.stdin:
        reading, writing = os.pipe()
        worker = os.fork()
        if worker == 0:
            sys.stdin = os.fdopen(reading, encoding="utf-8")
            tell(worker=os.getpid())
            jobs.work(cache)
        os.write(writing, request.encode())
        _, status = os.waitpid(worker, 0)
        tell(ended=status)
        os.close(reading)
        os.close(writing)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
