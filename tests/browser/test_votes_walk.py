"""Ratings by several annotators, from the file to the export: who is reliable, who said what, and a label decided."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

from planting import read_csv
from playwright.sync_api import expect
from walking import Walker


def test_ratings_go_from_the_file_to_a_reviewed_export(walker: Walker, tmp_path: Path, shared_data: Path) -> None:
    path = shared_data / "crowd" / "bluebird_annotations.csv"
    walker.open("/Ingest")
    walker.upload(path)
    walker.shot("13_votes_ingest")
    assert walker.audit() > 5

    walker.go("Health")
    walker.sees("Annotators, the least reliable first")
    walker.sees("Two annotators of the same item agree")
    walker.shot("13_votes_health")
    worst = walker.page.locator('[data-testid="stMetric"]', has_text="Least reliable annotator")
    name = worst.locator('[data-testid="stMetricValue"]').inner_text()
    walker.click_mark("bar", f"annotator: {name};")
    assert walker.chips() == [f"{name} against the others"]
    walker.shot("13_votes_selected")

    walker.press("clear")
    walker.press("Review them")
    id_ = walker.example()
    said = walker.page.locator(".la-deck .la-votes")
    expect(said).to_contain_text("Who said what")
    expect(said.locator(".la-voter")).to_have_count(39)
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
    header, *rows = read_csv(walker.download("Cleaned data", tmp_path))
    assert header == ["item", "annotator", "label", "consensus"]
    assert [row[:3] for row in rows] == read_csv(path)[1:]
    said_of: dict[str, Counter[str]] = defaultdict(Counter)
    for item, _, label, _ in rows:
        said_of[item][label] += 1
    consensus = {item: labels.most_common(1)[0][0] for item, labels in said_of.items()}  # of 39 people: no ties
    assert consensus[id_] != suggested
    consensus[id_] = suggested
    assert [row[3] for row in rows] == [consensus[row[0]] for row in rows]
