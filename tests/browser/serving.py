"""The dashboard as a process that tests can stop and start again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil

START_LIMIT = 180  # seconds; importing takes a while where all cores are busy


class Server:
    """``streamlit run Home.py`` on a free port that writes to a folder of its own.

    Parameters
    ----------
    root : Path
        The repository.
    folder : Path
        Where cache, workspace and log go; they outlive a stop.
    settings : str
        What else is set, by the names of `labelaudit.settings.Settings`.
    """

    def __init__(self, root: Path, folder: Path, **settings: str) -> None:
        self.root = root
        self.cache, self.artifacts, self.log = folder / "cache", folder / "artifacts", folder / "server.log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.settings = {
            f"LABELAUDIT_{name.upper()}": value
            for name, value in {**settings, "cache_dir": str(self.cache), "artifacts_dir": str(self.artifacts)}.items()
        }
        self.url = f"http://localhost:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = {"server.port": self.port, "server.headless": "true", "server.fileWatcherType": "none"}
        command = [sys.executable, "-m", "streamlit", "run", "Home.py"]
        command += [f"--{name}={value}" for name, value in options.items()]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self.root, env=os.environ | self.settings, stdout=log, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + START_LIMIT
        while not self._healthy():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the dashboard did not start:\n{self.log.read_text(encoding='utf-8')}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop it; kindly first, so that it can write its coverage."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """Let it die at once, as by a crash."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def workers(self) -> list[psutil.Process]:
        """The processes that audit."""
        if self._process is None:
            return []
        return [p for p in psutil.Process(self._process.pid).children() if "labelaudit.jobs" in p.cmdline()]

    def folds(self) -> set[tuple[str, int]]:
        """The finished folds in the cache, by name and by when they were written."""
        return {(path.name, path.stat().st_mtime_ns) for path in self.cache.glob("pred_probs-*.npz")}

    def restart(self) -> None:
        """Stop it and start it on the same port and folders."""
        self.stop()
        self.start()

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False
