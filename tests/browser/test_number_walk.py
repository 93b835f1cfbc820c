"""Numbers as a person audits them: loaded with their units, seen, corrected by key and by typing, and exported."""

from __future__ import annotations

import random
import re
from pathlib import Path

from planting import Rows, read_csv, write_csv
from playwright.sync_api import expect
from walking import Walker

WRONG = 12


def weights(n: int, seed: int) -> Rows:
    """Rows of two numbers and a weight in kilograms that follows from them, some of which are far too high."""
    chance = random.Random(seed)
    rows = [["length", "width", "weight"]]
    wrong = set(chance.sample(range(n), WRONG))
    for i in range(n):
        length, width = chance.uniform(10, 40), chance.uniform(5, 20)
        weight = 20 + 2 * length + 3 * width + chance.gauss(0, 1) + 90 * (i in wrong)
        rows.append([f"{length:.2f}", f"{width:.2f}", f"{weight:.1f} kg"])
    return rows


def test_numbers_are_seen_corrected_and_exported_in_their_own_style(walker: Walker, tmp_path: Path) -> None:
    rows = weights(300, seed=1)
    walker.open("/Ingest")
    walker.upload(write_csv(tmp_path / "boxes.csv", rows))
    walker.choose("Labels are", "A number per example")
    walker.choose("Label", "weight")
    assert WRONG <= walker.audit() <= 2 * WRONG

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
    box.fill("77.25")
    box.press("Enter")
    walker.decided(2)
    expect(walker.page.locator(".la-said")).to_have_text(re.compile("Set 77.25"))
    walker.key("k")
    walker.decided(3)

    walker.go("Export")
    walker.shot("number_export")
    expected = [list(row) for row in rows]
    expected[int(accepted["id"]) + 1][2] = f"{float(accepted['suggested']):.1f} kg"
    expected[int(typed["id"]) + 1][2] = "77.25 kg"
    assert read_csv(walker.download("Cleaned data", tmp_path)) == expected
