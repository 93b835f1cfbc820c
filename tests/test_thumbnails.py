"""Small copies of images: made once, by content, and never larger than asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from full import full
from pictures import as_folder, as_zip, picture, pictures

from labelaudit import images
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.images import header
from labelaudit.load import load
from labelaudit.settings import settings
from labelaudit.thumbnails import FOLDER, LARGE, SMALL, thumbnail


def kept() -> list[str]:
    return sorted(path.name for path in (settings().cache_dir / FOLDER).iterdir())


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    files = {**pictures(2), "disc/large.jpg": picture("disc", 7, size=1500, format="JPEG")}
    return load(as_zip(tmp_path / "x.zip", files))


def row_of(dataset: Dataset, name: str) -> int:
    return [dataset.image_name(row) for row in range(len(dataset))].index(name)


@pytest.mark.parametrize(("size", "expected"), [(SMALL, 160), (LARGE, 1200)])
def test_a_large_image_is_made_small(dataset: Dataset, size: int, expected: int) -> None:
    row = row_of(dataset, "disc/large.jpg")
    made = thumbnail(dataset, row, size)
    shown = header(made)
    assert (shown.width, shown.height, shown.format) == (expected, expected, "WEBP")
    assert len(made) < len(dataset.image(row))


def test_a_small_image_keeps_its_size(dataset: Dataset) -> None:
    assert header(thumbnail(dataset, row_of(dataset, "bars/001.png"))).width == 24


def test_it_is_made_once_for_the_same_content(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = thumbnail(dataset, 0)
    monkeypatch.setattr(images, "thumbnail", lambda *_: pytest.fail("made twice"))
    files = {f"other/{number}.png": dataset.image(0) for number in range(2)}
    other = load(as_folder(tmp_path / "again", {**files, "more/1.png": picture("bars", 1)}))
    assert thumbnail(other, row_of(other, "other/1.png")) == first
    assert kept() == [f"{dataset.digests[0]}-{SMALL}.webp"]


def test_what_is_no_image_has_a_reason_and_leaves_nothing(tmp_path: Path) -> None:
    broken = load(as_zip(tmp_path / "x.zip", {**pictures(2), "disc/cut.png": picture("disc", 3)[:70]}))
    with pytest.raises(BadInput, match="cut off"):
        thumbnail(broken, row_of(broken, "disc/cut.png"))
    assert not (settings().cache_dir / FOLDER).exists()


def test_a_full_disk_costs_nothing_but_time(dataset: Dataset, caplog: pytest.LogCaptureFixture) -> None:
    with full():
        assert header(thumbnail(dataset, row_of(dataset, "disc/large.jpg"), LARGE)).width == LARGE
    assert "can't be written" in caplog.text
    assert kept() == []
