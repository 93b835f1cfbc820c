"""The replay's file in a real browser: it plays offline, by mouse and by keyboard, in light and dark."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from labelaudit.replay import page

FRAMES = 4


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A replay of three decisions on two classes, made by hand."""
    data = {
        "name": "<i>pets</i>",
        "rows": 100,
        "suspects": 3,
        "classes": ["cat", "<b>dog</b>"],
        "hidden": 0,
        "looks": {
            "suspect": ["#0e7490", "triangle-up"],
            "error": ["#dc2626", "cross"],
            "kept": ["#15803d", "square"],
            "excluded": ["#57534e", "diamond"],
            "ambiguous": ["#7c3aed", "triangle-right"],
        },
        "density": [[0.9, 0.05, 97]],
        "points": [
            {"id": "a", "frame": 1, "status": "error", "from": [0.1, 0.9], "to": [0.9, 0.1], "given": "", "final": ""},
            {"id": "b", "frame": 2, "status": "kept", "from": [0.2, 0.8], "to": [0.2, 0.8], "given": "", "final": ""},
        ],
        "frames": [
            {
                "decided": number,
                "counts": {"error": min(number, 1), "kept": int(number > 1)},
                "health": 0.9 + number / 100,
                "agreement": 0.9,
                "by": "ann" if number else "",
                "time": "2026-01-02T03:04:05+00:00" if number else "",
                "cells": [50, 3 - number, 0, 47 + number],
            }
            for number in range(FRAMES)
        ],
    }
    path = tmp_path_factory.mktemp("replay") / "replay.html"
    path.write_bytes(page(json.loads(json.dumps(data))))
    return path


def opened(browser: Browser, file: Path, **how: str) -> tuple[Page, list[str]]:
    made = browser.new_page(**how)  # type: ignore[arg-type]
    faults: list[str] = []
    made.on("console", lambda message: faults.append(message.text))
    made.on("pageerror", lambda error: faults.append(str(error)))
    made.on("request", lambda request: faults.append(request.url) if request.url != file.as_uri() else None)
    made.goto(file.as_uri())
    return made, faults


@pytest.mark.parametrize("how", [{"color_scheme": "light"}, {"color_scheme": "dark", "reduced_motion": "reduce"}])
def test_it_plays_by_keyboard_without_network(browser: Browser, file: Path, how: dict[str, str]) -> None:
    made, faults = opened(browser, file, **how)
    said, health = made.locator(".said"), made.locator(".health b")
    expect(said).to_have_text("Before the first decision")
    expect(health).to_have_text("90.0%")
    made.locator(".la-replay").focus()
    made.keyboard.press("ArrowRight")
    expect(said).to_have_text("After 1 of 3 decisions · ann · 2026-01-02 03:04")
    made.keyboard.press("End")
    expect(health).to_have_text("93.0%")
    expect(made.get_by_role("button", name="One step on")).to_be_disabled()
    made.keyboard.press("ArrowLeft")
    expect(health).to_have_text("92.0%")
    made.get_by_label("Speed").select_option("4")
    made.locator(".la-replay").focus()
    made.keyboard.press("Home")
    expect(made.get_by_role("slider")).to_have_attribute("aria-valuetext", "Before the first decision")
    made.keyboard.press("Space")
    expect(made.get_by_role("button", name="Pause")).to_be_visible()
    expect(health).to_have_text("93.0%")
    expect(made.get_by_role("button", name="Play")).to_have_text("↺ Play again")
    expect(made.get_by_role("img", name="Scatter of the decided examples: 1 corrected, 1 kept")).to_be_visible()
    assert made.locator("i, b").filter(has_text="pets").count() == 0  # names are text
    made.get_by_text("As a table").click()
    assert made.locator("tr").count() == FRAMES + 1
    assert faults == []
    made.close()


def test_the_slider_and_the_size_of_the_window_draw_it_anew(browser: Browser, file: Path) -> None:
    made, faults = opened(browser, file)
    slider = made.get_by_role("slider")
    slider.fill("2")
    expect(made.locator(".health b")).to_have_text("92.0%")
    assert made.locator("rect.changed").count() == 1
    before = made.locator("canvas").evaluate("canvas => canvas.width")
    made.set_viewport_size({"width": 700, "height": 900})
    made.wait_for_function("before => document.querySelector('canvas').width !== before", arg=before)
    assert made.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults == []
    made.close()
