"""Deciding on many examples at once as a person does it: filter, dry run, apply, undo; a slice sent as a link."""

from __future__ import annotations

import re
from pathlib import Path

from planting import texts, write_csv
from playwright.sync_api import expect
from walking import Walker, number


def test_a_cell_of_the_heatmap_is_decided_on_and_taken_back(walker: Walker, tmp_path: Path) -> None:
    walker.open("/Ingest")
    walker.upload(write_csv(tmp_path / "hobbies.csv", texts(240, seed=3)[0]))
    walker.audit()
    walker.go("Heatmap")
    cells = {pair: count for pair, count in walker.heatmap().items() if pair[0] != pair[1]}
    (given, suggested), count = max(cells.items(), key=lambda cell: cell[1])
    walker.click_cell(given, suggested)
    walker.page.locator(".st-key-bulk-strip button:visible").first.click()
    walker.sees(f"{count} rows {given} → {suggested}.")
    walker.shot("8_bulk_dry_run")
    walker.press(f"Apply to {count} rows")
    walker.decided(count)
    walker.sees(f"{count} rows {given} → {suggested}.")
    walker.page.locator(".st-key-bulk-undo button").click()
    walker.decided(0)

    # A filter is put together in the bar, and what it selects gets a name that a link carries.
    walker.press("clear")
    walker.page.get_by_role("button", name="Filter").click()
    walker.choose("Given", given)
    walker.choose("Suggested", suggested)
    button = walker.page.locator(".st-key-filter-apply button")
    expect(button).to_have_text(re.compile(rf"Select these {count}$"))
    button.click()
    walker.settle()
    assert walker.chips()[:2] == [f"given {given}", f"suggested {suggested}"]
    walker.page.get_by_role("button", name="Slices").click()
    name = walker.page.get_by_role("textbox", name=re.compile("^Save these"))
    name.fill("the worst cell")
    name.press("Enter")
    walker.settle()
    walker.page.locator(".st-key-slice-save button").click()
    walker.page.wait_for_url(re.compile("slice=the"))
    walker.settle()
    other = walker.second()
    assert other.selected() == count
    assert number(other.fact("decided")) == 0
    other.shot("8_bulk_slices")
