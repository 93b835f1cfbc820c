"""Several labels per example in the dashboard: from a file to labels that were toggled, and the file again."""

from __future__ import annotations

from pathlib import Path

from planting import read_csv
from playwright.sync_api import expect
from walking import Walker


def test_labels_are_toggled_and_nothing_else_changes(walker: Walker, tmp_path: Path, shared_data: Path) -> None:
    path = shared_data / "multilabel" / "emotions.csv"
    walker.open("/Ingest")
    walker.upload(path)
    walker.choose("Labels are", "Several labels per example")
    walker.shot("10_labels_ingest")
    suspects = walker.audit()
    walker.go("Health")
    walker.sees("Label quality by label")
    walker.shot("10_labels_health")

    walker.go("Heatmap")
    marks = walker.marks().and_(walker.page.locator('[aria-label^="is: missing"]'))
    expect(marks.first).to_be_visible()
    name = marks.first.get_attribute("aria-label").split("label: ")[1].split(";")[0]  # type: ignore[union-attr]
    marks.first.click(force=True)
    walker.page.locator(".st-key-chip-part").wait_for()
    walker.settle()
    assert walker.chips() == ["suspects only", "given absent", name]
    assert 0 < walker.selected() < suspects
    walker.shot("10_labels_heatmap")
    walker.page.get_by_text("given for each other", exact=True).click()
    walker.sees("Which label is given where another is missing")

    walker.go("Inspector")
    parts = walker.page.locator("button.la-part")
    expect(parts).to_have_count(6)
    here = walker.page.locator("button.la-part.here")
    expect(here).to_contain_text(name)
    expect(here).to_contain_text("absent")
    walker.shot("10_labels_inspector")
    example = walker.example()
    here.click()
    walker.decided(1)
    expect(here).to_contain_text("present")
    other = parts.filter(has_not_text=name).first
    beside = other.locator("span").inner_text().rpartition(" ")[0]  # its share stands behind it
    was = other.get_attribute("aria-pressed")
    other.click()
    walker.decided(2)
    expect(other).to_have_attribute("aria-pressed", "false" if was == "true" else "true")

    walker.go("Export")
    walker.shot("10_labels_export")
    expected = read_csv(path)
    header, row = expected[0], expected[int(example) + 1]
    row[header.index(name)] = "1"
    row[header.index(beside)] = "0" if was == "true" else "1"
    assert read_csv(walker.download("Cleaned data", tmp_path)) == expected
