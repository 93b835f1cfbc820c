"""The walk with images: class folders in a ZIP, and a ZIP with a table that names them."""

from __future__ import annotations

import random
import re
import zipfile
from pathlib import Path

import pytest
from planting import cleaned, read_csv, with_wrong_labels, write_csv
from playwright.sync_api import Page, expect
from walking import Walker

FIVE = ("airplane", "cat", "dog", "frog", "truck")


def images_seen(page: Page) -> int:
    """How many images the page shows, each of them small."""
    sizes: list[int] = page.locator('img[src^="data:image/webp"]').evaluate_all("all => all.map(i => i.src.length)")
    assert max(sizes, default=0) < 40_000
    return len(sizes)


def class_folders(folder: Path, to: Path, wrong: float = 0.1) -> dict[str, str]:
    """Write a ZIP of some of CIFAR-10, a share of the images in a wrong class; return where each belongs."""
    chance = random.Random(4)
    rows = [row for row in read_csv(folder / "cifar10_test.csv")[1:] if row[2] in FIVE][::2]
    planted = set(chance.sample(range(len(rows)), round(wrong * len(rows))))
    truth = {}
    with zipfile.ZipFile(folder / "cifar10_test_jpg.zip") as source, zipfile.ZipFile(to, "w") as archive:
        for number, row in enumerate(rows):
            given = chance.choice([name for name in FIVE if name != row[2]]) if number in planted else row[2]
            name = f"cifar5/{given}/{Path(row[1]).name}"
            archive.writestr(name, source.read(row[1]))
            truth[name] = row[2]
    return truth


@pytest.fixture
def folder(shared_data: Path) -> Path:
    return shared_data / "images"


def test_class_folders_from_upload_to_export(walker: Walker, tmp_path: Path, folder: Path) -> None:
    truth = class_folders(folder, tmp_path / "cifar5.zip")
    walker.open("/Ingest")
    walker.upload(tmp_path / "cifar5.zip")
    walker.sees(f"{len(truth):,} rows, 2 columns")
    assert (walker.choice("Label"), walker.choice("Examples are")) == ("label", "images")
    walker.shot("images_ingest")
    walker.audit()
    walker.sees("HOG and colour histograms instead of a network")
    assert images_seen(walker.page) == 5

    walker.go("Health")
    walker.sees("Near duplicates")
    walker.shot("images_health")
    walker.go("Scatter")
    assert images_seen(walker.page) == 8
    walker.go("Inspector")
    expect(walker.page.get_by_text("Nearest neighbours").first).to_be_visible()
    walker.shot("images_inspector")
    moved, stays = walker.looked_at(), None
    walker.press(re.compile("^Accept"))
    walker.decided(1)
    stays = walker.looked_at()
    walker.press(re.compile("^Exclude"))
    walker.decided(2)

    walker.go("Export")
    file = walker.download("Cleaned data", tmp_path)
    with zipfile.ZipFile(file) as after, zipfile.ZipFile(tmp_path / "cifar5.zip") as before:
        new_name = moved["id"].replace(f"/{moved['given']}/", f"/{moved['suggested']}/")
        expected = {(new_name if n == moved["id"] else n): n for n in before.namelist() if n != stays["id"]}
        assert sorted(after.namelist()) == sorted(expected)
        assert all(after.read(name) == before.read(old) for name, old in list(expected.items())[::50])
        assert after.read(new_name) == before.read(moved["id"])


def test_a_table_that_names_images_from_upload_to_export(walker: Walker, tmp_path: Path, folder: Path) -> None:
    header, *digits = read_csv(folder / "mnist_test.csv")
    some = [[str(number), *digit[1:]] for number, digit in enumerate(digits[::3])]
    rows = with_wrong_labels([header, *some], "given", 0.1, seed=5)
    names = [row[1] for row in rows[1:]]
    with (
        zipfile.ZipFile(folder / "mnist_test_png.zip") as source,
        zipfile.ZipFile(tmp_path / "digits.zip", "w") as archive,
    ):
        for name in names:
            archive.writestr(name, source.read(name))
    walker.open("/Ingest")
    walker.upload(tmp_path / "digits.zip", write_csv(tmp_path / "digits.csv", rows))
    walker.sees(f"{len(rows) - 1:,} rows, 3 columns")
    suspects = walker.audit()
    assert suspects > 150
    walker.go("Heatmap")
    cells = walker.heatmap()
    given, suggested = max(cells, key=cells.__getitem__)
    walker.click_cell(given, suggested)
    walker.go("Inspector")
    walker.view("Table")
    first = walker.cells(0)
    assert (first["given"], first["suggested"]) == (given, suggested)
    walker.tick(0)
    walker.press("Approve ticked")
    walker.decided(1)
    walker.go("Export")
    file = walker.download("Cleaned data", tmp_path)
    assert read_csv(file) == cleaned(rows, "given", {first["id"]: suggested}, set())
