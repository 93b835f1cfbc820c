"""Several labels per example in the dashboard: from a file to labels that were toggled, and the file again."""

from __future__ import annotations

from pathlib import Path

import made
from playwright.sync_api import expect
from walking import Walker

from labelaudit.load import write
from labelaudit.tasks import TASKS


def test_labels_are_toggled_and_nothing_else_changes(walker: Walker, tmp_path: Path) -> None:
    dataset, _ = TASKS["multilabel"].plant(made.several(form="separated"), 0.2, "uniform", seed=1)
    path = tmp_path / "songs.csv"
    write(dataset, path)
    walker.open("/Ingest")
    walker.upload(path)
    walker.choose("Labels are", "Several labels per example")
    assert walker.choice("Separator") == ";"
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
    expect(parts).to_have_count(4)
    here = walker.page.locator("button.la-part.here")
    expect(here).to_contain_text(name)
    expect(here).to_contain_text("absent")
    walker.shot("10_labels_inspector")
    here.click()
    walker.decided(1)
    expect(here).to_contain_text("present")
    other = parts.filter(has_not_text=name).first
    was = other.get_attribute("aria-pressed")
    other.click()
    walker.decided(2)
    expect(other).to_have_attribute("aria-pressed", "false" if was == "true" else "true")

    walker.go("Export")
    file = walker.download("Cleaned data", tmp_path)
    before, after = path.read_text().splitlines(), file.read_text().splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert len(changed) == 1
    old, new = ({*line.split(",")[4].split("; ")} - {""} for line in changed[0])
    assert name in new - old
    assert len(old ^ new) == 2
