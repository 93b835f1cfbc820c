"""Numbers as a person audits them: seen, corrected by key and by typing, and exported as they were written."""

from __future__ import annotations

import re
from pathlib import Path

from planting import cleaned, read_csv
from playwright.sync_api import expect
from walking import Walker


def test_numbers_are_seen_corrected_and_exported_in_their_own_style(
    walker: Walker, tmp_path: Path, shared_data: Path
) -> None:
    path = shared_data / "tabular" / "winequality_red.csv"
    walker.open("/Ingest")
    walker.upload(path)
    walker.choose("Labels are", "A number per example")
    walker.choose("Label", "residual_sugar")
    assert walker.audit() > 10

    walker.go("Health")
    walker.sees("Error by range")
    walker.shot("number_health")
    walker.go("Scatter")
    walker.sees("Drag a box over points")
    walker.shot("number_scatter")

    walker.go("Inspector")
    walker.shot("number_inspector")
    accepted = walker.looked_at()
    walker.key("a")
    walker.decided(1)
    typed = walker.looked_at()
    walker.key("7")
    box = walker.page.get_by_role("textbox", name="Number")
    expect(box).to_have_value("7")
    box.fill("7x")
    box.press("Enter")
    expect(walker.page.get_by_text("“7x” is no number")).to_be_visible()
    box.fill("7.25")
    box.press("Enter")
    walker.decided(2)
    expect(walker.page.locator(".la-said")).to_have_text(re.compile("Set 7.25"))
    walker.key("k")
    walker.decided(3)

    walker.go("Export")
    walker.shot("number_export")
    decided = {accepted["id"]: accepted["suggested"], typed["id"]: "7.25"}
    file = walker.download("Cleaned data", tmp_path)
    assert read_csv(file) == cleaned(read_csv(path), "residual_sugar", decided, set())
