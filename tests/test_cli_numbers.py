"""Numbers on the command line: audited by predictions that are brought, set in bulk, and exported."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import measured
import numpy as np
from test_cli import run

from labelaudit.audit import Audit
from labelaudit.labels import decode
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


def test_a_column_of_wines_is_reviewed_and_exported_cell_by_cell(tmp_path: Path, shared_data: Path) -> None:
    file, folder = shared_data / "tabular" / "winequality_red.csv", tmp_path / "wines"
    options = ("--task", "regression", "--label", "residual_sugar", "--labels-only")
    found = json.loads(run("audit", file, *options, "--out", folder, "--json").stdout)
    assert found["suspects"] > 10
    worst = Audit.open(folder).label_issues.query("is_issue").nsmallest(2, "score")
    accepted, typed = worst["id"].tolist()
    decisions = [
        {"actor": "me", "action": "set", "id": str(accepted), "after": worst["suggested"].iloc[0]},
        {"actor": "me", "action": "set", "id": str(typed), "after": "2.25"},
    ]
    (tmp_path / "decided.jsonl").write_text("".join(json.dumps(decision) + "\n" for decision in decisions))
    assert "2 new" in run("review", folder, "--import", tmp_path / "decided.jsonl").stdout
    assert run("export", folder, "--to", tmp_path / "clean.csv").exit_code == 0
    before, after = (list(csv.DictReader(path.read_text().splitlines())) for path in (file, tmp_path / "clean.csv"))
    before[accepted]["residual_sugar"] = str(decode(worst["suggested"].iloc[0]))
    before[typed]["residual_sugar"] = "2.25"
    assert after == before
