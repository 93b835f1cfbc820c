"""A page is left by one click, whatever is unfolded on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from planting import texts, write_csv
from playwright.sync_api import expect
from walking import Walker

PAGES = ("Health", "Heatmap", "Scatter", "Inspector", "Noise Sim", "Decisions", "Export", "Ingest", "Audit")
# What is unfolded, and how many links on the next page is: over all, each page is left for several others.
TOOLS = {"Filter": 1, "Slices": 2, "Decide on all": 4}


@pytest.fixture
def audited(walker: Walker, tmp_path: Path) -> Walker:
    walker.open("/Ingest")
    walker.upload(write_csv(tmp_path / "hobbies.csv", texts(120, seed=4)[0]))
    walker.audit()
    return walker


def unfold(walker: Walker, name: str, panel: str = "tools") -> None:
    walker.page.locator(f".st-key-{panel}").get_by_role("button", name=name).click()
    walker.settle()


def test_one_click_leaves_a_page_for_another_with_a_tool_unfolded(audited: Walker) -> None:
    unfolded = audited.page.locator('[class*="st-key-panel-"]')
    for name, step in TOOLS.items():
        for number in range(len(PAGES)):
            audited.go(PAGES[number * step % len(PAGES)])
            expect(unfolded).to_have_count(0)
            unfold(audited, name)
            expect(unfolded).to_be_visible()
        audited.go("Home")
    for name in ("When to stop", "History"):
        audited.go("Inspector")
        unfold(audited, name, "head")
        expect(unfolded).to_be_visible()
        audited.go("Export")
        audited.sees("What will change")
    assert audited.chips() == ["suspects only"]


def test_a_panel_is_folded_by_its_button_by_escape_and_by_another_one(audited: Walker) -> None:
    audited.go("Health")
    for name in ("Filter", "Slices"):
        unfold(audited, name)
        expect(audited.page.locator('[class*="st-key-panel-"]')).to_have_count(1)
    expect(audited.page.locator(".st-key-panel-slices")).to_be_visible()
    audited.key("Escape")
    expect(audited.page.locator(".st-key-panel-slices")).to_have_count(0)
    for shown in (1, 0):
        unfold(audited, "Decide on all")
        expect(audited.page.locator(".st-key-panel-bulk")).to_have_count(shown)
