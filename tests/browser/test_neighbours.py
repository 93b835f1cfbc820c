"""What neighbours tell, as a person sees it: issues on Health, copies and neighbours in the Inspector, the map."""

from __future__ import annotations

import re
from pathlib import Path

from pictures import as_zip, picture, pictures
from playwright.sync_api import expect
from walking import Walker


def audit_shapes(walker: Walker, folder: Path) -> None:
    """Images in class folders, six in a wrong one; one is in two folders, and one is seven times as large."""
    files = pictures(30)
    files |= {f"bars/wrong{number}.png": picture("disc", 600 + number) for number in range(6)}
    files |= {"bars/copy.png": files["disc/003.png"], "cross/large.png": picture("cross", 500, size=170)}
    walker.open("/Ingest")
    walker.upload(as_zip(folder / "shapes.zip", files))
    walker.unfold_choices()
    walker.choose("Embedder", "HOG and colour histograms, without a network")
    walker.audit()


def test_copies_lead_from_health_to_the_inspector_and_on_to_neighbours(walker: Walker, tmp_path: Path) -> None:
    audit_shapes(walker, tmp_path)

    walker.go("Health")
    walker.sees("Conflicting duplicates")
    card = walker.page.locator(".st-key-issue-conflicting_duplicate")
    expect(card.locator(".la-pair img")).to_have_count(2)
    expect(card.locator(".la-pair .la-tag.given")).to_have_text(["disc", "bars"], use_inner_text=True)
    walker.shot("9_health_issues")
    card.get_by_role("button", name="Show these 2").click()
    walker.page.wait_for_url(re.compile("/Inspector"))
    walker.settle()
    assert walker.chips() == ["Conflicting duplicates"]
    walker.view("Table")
    expect(walker.grid.locator(".ag-row img")).to_have_count(2)
    walker.sees("1 of its set of copies and near copies first.")
    first = walker.example()
    walker.page.locator(".la-nearby [data-open]").nth(0).click()
    walker.settle()
    second = walker.example()
    assert {first, second} == {"disc/003.png", "bars/copy.png"}

    # A neighbour that is not selected is looked at, and the queue goes on.
    walker.page.locator(".la-nearby [data-open]").nth(1).click()
    walker.settle()
    assert walker.example() not in (first, second)
    walker.sees("of 3")
    walker.press("clear")


def test_an_image_is_zoomed_by_wheel_keys_and_buttons(walker: Walker, tmp_path: Path) -> None:
    audit_shapes(walker, tmp_path)
    walker.go("Inspector")
    frame, image = walker.page.locator(".frame"), walker.page.locator(".frame img")
    expect(frame).to_have_attribute("aria-label", walker.example())
    expect(image).to_have_css("image-rendering", "auto")

    def zoom() -> float:
        return float(str(image.evaluate("image => new DOMMatrix(getComputedStyle(image).transform).a")))

    assert zoom() == 1
    frame.hover()
    walker.page.mouse.wheel(0, -400)
    expect(image).to_have_attribute("style", re.compile("scale\\(2"))
    expect(image).to_have_css("image-rendering", "pixelated")
    walker.page.get_by_role("button", name="Whole image").click()
    assert zoom() == 1
    frame.focus()
    walker.page.keyboard.press("+")
    assert zoom() == 1.25
    position = walker.example()
    walker.page.keyboard.press("ArrowLeft")  # moves the image, and not on in the queue
    walker.settle()
    assert walker.example() == position
    walker.page.get_by_role("button", name="Larger").click()
    assert zoom() > 1.5
    walker.press(re.compile("^Next"))
    assert walker.example() != position
    assert zoom() == 1


def test_the_map_is_made_once_and_a_box_on_it_selects(walker: Walker, tmp_path: Path) -> None:
    audit_shapes(walker, tmp_path)
    walker.press("clear")
    walker.go("Scatter")
    walker.page.get_by_role("tab", name="Map").click()
    walker.settle()
    walker.press(re.compile(r"^Make the map \(about"))
    walker.sees("Colour by")
    walker.brush(0.1, 0.1, 0.6, 0.9, chip="map")
    assert len(walker.chips()) == 1 and walker.chips()[0].startswith("on the map")
    n = walker.selected()
    assert 0 < n < 98
    walker.shot("9_map")
    walker.reload()
    assert walker.selected() == n
    walker.go("Inspector")
    assert walker.selected() == n
    walker.go("Scatter")
    walker.page.get_by_role("tab", name="Map").click()
    walker.sees("Colour by")  # and is not made again
