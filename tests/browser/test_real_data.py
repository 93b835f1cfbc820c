"""The walk with data that people really audit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from planting import Rows, cleaned, read_csv, with_wrong_labels, write_csv
from playwright.sync_api import expect
from walking import Walker


def ag_news(folder: Path) -> tuple[Rows, str]:
    rows = read_csv(folder / "text" / "ag_news_test_7600.csv")
    return with_wrong_labels(rows, "label", 0.1, seed=3), "label"


def adult(folder: Path) -> tuple[Rows, str]:
    return read_csv(folder / "tabular" / "adult_train.csv"), "income"


@pytest.mark.parametrize("data", [ag_news, adult])
def test_what_is_decided_is_what_is_exported(
    walker: Walker, tmp_path: Path, shared_data: Path, data: Callable[[Path], tuple[Rows, str]]
) -> None:
    rows, label = data(shared_data)
    walker.open("/Ingest")
    walker.upload(write_csv(tmp_path / f"{data.__name__}.csv", rows))
    walker.sees(f"{len(rows) - 1:,} rows, {len(rows[0])} columns")
    assert walker.choice("Label") == label
    walker.unfold_choices()
    walker.choose("Model", "linear sgd")  # with all rows in tens of seconds, where the default takes minutes
    suspects = walker.audit()
    assert walker.fact("suspects") == f"{suspects:,}"

    walker.go("Heatmap")
    cells = walker.heatmap()
    given, suggested = max(cells, key=cells.__getitem__)
    walker.click_cell(given, suggested)
    assert walker.chips() == ["suspects only", f"given {given}", f"suggested {suggested}"]
    assert walker.selected() == cells[given, suggested]

    walker.go("Inspector")
    walker.view("Table")
    approved = [walker.cells(0), walker.cells(1)]
    assert {(row["given"], row["suggested"]) for row in approved} == {(given, suggested)}
    walker.tick(0, 1)
    walker.press("Approve 2 ticked")
    walker.decided(2)

    walker.press("clear")
    walker.go("Scatter")
    walker.brush(0.08, 0.03, 0.35, 0.5)
    assert 0 < walker.selected() < len(rows) - 1

    walker.go("Inspector")
    walker.grid.locator(".ag-header-cell[col-id='score']").click()  # sorted by the server, best first
    walker.grid.locator(".ag-header-cell[col-id='score']").click()
    walker.settle()
    edited, excluded = walker.cells(0), walker.cells(1)
    label_now = next(
        name for name in sorted({row[rows[0].index(label)] for row in rows[1:]}) if name != edited["given"]
    )
    walker.edit(0, label_now)
    walker.decided(3)
    walker.tick(1)
    walker.press("Exclude ticked")
    walker.decided(4)
    expect(walker.row(1).locator('[col-id="final"]')).to_have_text("(excluded)")

    walker.go("Export")
    labels = {row["id"]: suggested for row in approved} | {edited["id"]: label_now}
    file = walker.download("Cleaned data", tmp_path)
    assert read_csv(file) == cleaned(rows, label, labels, {excluded["id"]})
