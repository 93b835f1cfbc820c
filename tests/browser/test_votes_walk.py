"""Ratings by several annotators, from the file to the export: who is reliable, who said what, and a label decided."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow.csv
import rated
from playwright.sync_api import expect
from walking import Walker

from labelaudit.tasks import TASKS


def test_ratings_go_from_the_file_to_a_reviewed_export(walker: Walker, tmp_path: Path) -> None:
    table = TASKS["multiannotator"].plant(rated.long(), 0.12, seed=3)[0].annotations
    assert table is not None
    file = tmp_path / "ratings.csv"
    pyarrow.csv.write_csv(table, file)
    walker.open("/Ingest")
    walker.upload(file)
    walker.shot("13_votes_ingest")
    suspects = walker.audit()
    assert suspects > 5

    walker.go("Health")
    walker.sees("Annotators, the least reliable first")
    walker.sees("Two annotators of the same item agree")
    walker.shot("13_votes_health")
    worst = walker.page.locator('[data-testid="stMetric"]', has_text="Least reliable annotator")
    name = worst.locator('[data-testid="stMetricValue"]').inner_text()
    walker.click_mark("bar", name)
    assert walker.chips() == [f"{name} against the others"]
    walker.shot("13_votes_selected")

    walker.press("clear")
    walker.press("Review them")
    id_ = walker.example()
    said = walker.page.locator(".la-deck .la-votes")
    expect(said).to_contain_text("Who said what")
    expect(said.locator(".la-voter")).to_have_count(5)
    walker.shot("13_votes_inspector")
    suggested = walker.looked_at()["suggested"]
    walker.page.keyboard.press("a")
    walker.decided(1)

    walker.go("Heatmap")
    walker.page.get_by_role("radio", name="annotators", exact=True).click()
    walker.sees("Who labels which class otherwise than the others")
    walker.shot("13_votes_heatmap")
    walker.go("Export")
    walker.shot("13_votes_export")
    with walker.download("Cleaned data", tmp_path).open() as written:
        rows = list(csv.DictReader(written))
    assert len(rows) == 600
    assert {row["consensus"] for row in rows if row["item"] == id_} == {suggested}
