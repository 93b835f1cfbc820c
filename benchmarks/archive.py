"""From a ZIP of 10,000 images of 32 x 32 pixels to ranked issues of all kinds: `python -m benchmarks.archive`.

The features are HOG and colour histograms, so that nothing is downloaded; nothing is cached. Seconds and peak memory
are those of a process of its own. Where fastdup is installed, its own pass over the same images runs in another one
(on the machine of the project's other figures it took 60 s).
"""

from __future__ import annotations

import argparse
import importlib.util
import time
import zipfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.load import load
from labelaudit.manifest import peak_memory_mb

ROOT = Path(__file__).resolve().parent.parent


def ours(archive: Path, labels: Path) -> dict[str, Any]:
    start = time.perf_counter()
    dataset = load(archive, labels=labels, label="given")
    loaded = time.perf_counter() - start
    found = audit(dataset, AuditConfig(embedder="hog"))
    return {
        "seconds": time.perf_counter() - start,
        "steps": {"load": round(loaded, 2), **found.manifest["timings"]},
        "peak_mb": peak_memory_mb(),
        "kinds": sum(check["applies"] for check in found.manifest["checks"].values()) + 1,
        "suspects": found.manifest["counts"]["suspects"],
    }


def fastdup(archive: Path) -> dict[str, Any]:
    import fastdup as library

    with TemporaryDirectory() as folder:
        with zipfile.ZipFile(archive) as files:
            files.extractall(Path(folder) / "images")
        start = time.perf_counter()
        library.create(work_dir=f"{folder}/work", input_dir=f"{folder}/images").run(print_summary=False)
        return {"seconds": time.perf_counter() - start, "peak_mb": peak_memory_mb()}


def alone(work: Any, *arguments: Path) -> dict[str, Any]:
    """Run in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found: dict[str, Any] = pool.submit(work, *arguments).result()
        return found


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of the real data")
    folder = parser.parse_args(arguments).data / "images"
    archive, labels = folder / "cifar10_test_jpg.zip", folder / "cifar10_test.csv"
    if not archive.exists():
        print(f"left out: ZIP to issues ({archive} is not there)")
        return
    found = alone(ours, archive, labels)
    print(
        f"ZIP of 10,000 images to {found['kinds']} kinds of issues, HOG: {found['seconds']:.1f} s, "
        f"{found['peak_mb']:,} MB ({found['suspects']:,} label suspects; {found['steps']})"
    )
    if importlib.util.find_spec("fastdup") is None:
        print("fastdup is not installed here, so its pass was not run beside")
        return
    theirs = alone(fastdup, archive)
    ratio = theirs["seconds"] / found["seconds"]
    print(f"fastdup's own pass: {theirs['seconds']:.1f} s, {theirs['peak_mb']:,} MB; {ratio:.1f} times our time")


if __name__ == "__main__":
    main()
