"""Numbers on the command line: audited by predictions that are brought, set in bulk, and exported."""

from __future__ import annotations

import json
from pathlib import Path

import measured
import numpy as np
from test_cli import run

from labelaudit.load import write
from labelaudit.shapes.number import targets
from labelaudit.tasks import TASKS


def test_numbers_go_from_a_file_to_a_corrected_one(tmp_path: Path) -> None:
    dataset, wrong = TASKS["regression"].plant(measured.table(200), 0.1, seed=1)
    write(dataset, tmp_path / "sizes.csv")
    np.save(tmp_path / "predicted.npy", targets(measured.table(200)) + 0.2)
    options = ("--task", "regression", "--label", "size", "--predictions", tmp_path / "predicted.npy", "--labels-only")
    result = run("audit", tmp_path / "sizes.csv", *options, "--out", tmp_path / "out", "--json")
    assert json.loads(result.stdout)["suspects"] >= 0.9 * wrong.sum()

    row = int(np.flatnonzero(wrong)[0])
    assert run("bulk", tmp_path / "out", "--id", row, "--set", "12,5").exit_code == 0
    refused = run("bulk", tmp_path / "out", "--id", row, "--set", "twelve")
    assert refused.exit_code != 0
    assert "'twelve' is no number" in refused.stderr
    assert run("export", tmp_path / "out", "--to", tmp_path / "clean.csv").exit_code == 0
    before, after = ((tmp_path / name).read_text().splitlines() for name in ("sizes.csv", "clean.csv"))
    changed = [line for line, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    assert changed == [row + 1]
    assert after[row + 1].rpartition(",")[2] == "12.5"
