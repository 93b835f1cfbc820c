"""Images to features and properties: shards, threads, unreadable files, and what is taken where no weights are."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from labelaudit.cache import Cache
from labelaudit.errors import BadInput, Cancelled
from labelaudit.features import images
from labelaudit.features.hog import Hog
from labelaudit.features.images import ImageFeatures, choose, image_features
from labelaudit.images import PROPERTIES


def jpeg(seed: int, size: tuple[int, int] = (24, 20)) -> bytes:
    values = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    file = BytesIO()
    Image.fromarray(values).save(file, "JPEG")
    return file.getvalue()


class Files:
    """Files by row, which count how often each of them is read."""

    def __init__(self, files: Sequence[bytes | Exception]) -> None:
        self.files = list(files)
        self.read: list[int] = []

    @property
    def digests(self) -> list[str]:
        return [sha256(f).hexdigest() if isinstance(f, bytes) else f"digest {i}" for i, f in enumerate(self.files)]

    def __call__(self, row: int) -> bytes:
        self.read.append(row)
        file = self.files[row]
        if isinstance(file, Exception):
            raise file
        return file

    def features(self, cache: Cache | None = None, **how: Any) -> ImageFeatures:
        return image_features(self, self.digests, "hog", cache, **how)


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "SHARD", 4)
    monkeypatch.setattr(images, "BATCH", 2)


def test_every_image_has_features_and_properties() -> None:
    found = Files([jpeg(1), jpeg(2, (200, 100)), jpeg(3)]).features()
    assert found.matrix.shape == (3, Hog.size)
    assert found.matrix.dtype == np.float32
    assert found.readable.all()
    assert not found.reasons
    assert list(found.properties) == list(PROPERTIES)
    assert found.properties["width"].tolist() == [24, 200, 24]
    assert found.properties["format"].tolist() == ["JPEG"] * 3
    assert (found.embedder, found.why) == ("hog", "HOG and colour histograms")


def test_unreadable_images_are_rows_with_a_reason() -> None:
    files = Files([jpeg(1), b"", jpeg(2)[:300], FileNotFoundError(2, "gone"), BadInput("is a link"), b"text", jpeg(3)])
    found = files.features()
    assert found.readable.tolist() == [True, False, False, False, False, False, True]
    assert found.reasons == {
        1: "has no bytes",
        2: "is cut off",
        3: "can't be read (No such file or directory)",
        4: "can't be read (is a link)",
        5: "is not an image",
    }
    assert not found.matrix[1:6].any()
    assert found.properties[1:6].isna().all(axis=None)
    assert found.properties.iloc[[0, 6]].notna().all(axis=None)


def test_no_images_are_no_rows() -> None:
    found = Files([]).features()
    assert found.matrix.shape == (0, Hog.size)
    assert len(found.properties) == len(found.readable) == 0


def test_only_unreadable_images() -> None:
    found = Files([b"", b"x"]).features()
    assert not found.readable.any()
    assert found.properties.isna().all(axis=None)


def test_equal_images_are_computed_once() -> None:
    files = Files([jpeg(1), jpeg(2), jpeg(1), jpeg(2), jpeg(1)])
    found = files.features()
    assert sorted(files.read) == [0, 1]
    assert (found.matrix[[0, 1, 0, 1, 0]] == found.matrix).all()
    assert not (found.matrix[0] == found.matrix[1]).all()


@pytest.mark.usefixtures("small_shards")
def test_order_of_shards_and_batches_does_not_show() -> None:
    files = Files([jpeg(seed) for seed in range(11)])
    found = files.features()
    alone = [Files([file]).features().matrix[0] for file in files.files]  # type: ignore[list-item]
    assert (found.matrix == np.stack(alone)).all()


@pytest.mark.usefixtures("small_shards")
def test_stopped_run_goes_on_at_the_last_finished_shard(tmp_path: Path) -> None:
    files, cache = Files([jpeg(seed) for seed in range(10)]), Cache(tmp_path)

    def stop(step: str, done: float, total: float) -> None:
        if done >= 6:
            raise Cancelled

    with pytest.raises(Cancelled):
        files.features(cache, progress=stop)
    kept = list(tmp_path.iterdir())
    assert len(kept) == 1
    files.read.clear()
    resumed = files.features(cache)
    assert sorted(files.read) == [4, 5, 6, 7, 8, 9]
    whole = Files(files.files).features()
    assert (resumed.matrix == whole.matrix).all()
    assert resumed.properties.equals(whole.properties)


def test_second_run_reads_no_image(tmp_path: Path) -> None:
    files, cache = Files([jpeg(1), b"text", jpeg(2)]), Cache(tmp_path)
    first = files.features(cache)
    files.read.clear()
    again = files.features(cache)
    assert not files.read
    assert (again.matrix == first.matrix).all()
    assert again.reasons == first.reasons
    assert again.properties.equals(first.properties)


def test_file_that_was_not_there_is_looked_for_again(tmp_path: Path) -> None:
    files, cache = Files([jpeg(1), FileNotFoundError(2, "gone")]), Cache(tmp_path)
    digests = files.digests
    assert image_features(files, digests, "hog", cache).reasons == {1: "can't be read (No such file or directory)"}
    files.files[1] = jpeg(2)
    assert image_features(files, digests, "hog", cache).readable.all()


def test_row_without_a_digest_is_equal_to_no_other() -> None:
    files = Files([jpeg(1), jpeg(2), FileNotFoundError(2, "gone")])
    found = image_features(files, ["", "", ""], "hog")
    assert found.readable.tolist() == [True, True, False]
    assert (found.matrix[:2] == files.features().matrix[:2]).all()


@pytest.mark.usefixtures("small_shards")
def test_progress_tells_images_per_second() -> None:
    told: list[tuple[str, float, float]] = []
    Files([jpeg(seed) for seed in range(5)]).features(progress=lambda *what: told.append(what))
    assert [(done, total) for _, done, total in told] == [(2, 5), (4, 5), (5, 5)]
    assert all(step.startswith("features: ") and step.endswith(" images/s") for step, _, _ in told)


def test_few_images_are_decoded_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "BATCH", 2)
    files = Files([jpeg(seed) for seed in range(40)])
    ahead: list[int] = []
    files.features(progress=lambda step, done, total: ahead.append(len(files.read) - int(done)))
    assert max(ahead) <= 2 * (images.AHEAD + 1)


# -- HOG ----------------------------------------------------------------------------------------------


def scene(kind: int, seed: int) -> Image.Image:
    """Stripes (across or down) or one colour (red or blue), each drawn a little differently."""
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[:40, :40]
    along = (x, y)[kind % 2] if kind < 2 else x * 0
    values = np.stack([np.sin(along * 0.8 + draw.random() * 3) * 60 + 120] * 3, axis=-1)
    if kind >= 2:
        values[..., 0 if kind == 2 else 2] += 100
    return Image.fromarray((values + draw.normal(0, 8, values.shape)).clip(0, 255).astype(np.uint8))


def test_hog_tells_shapes_and_colours_apart() -> None:
    hog = Hog("")
    kinds = np.arange(40) % 4
    X = np.stack([hog.prepare(scene(int(kind), seed)) for seed, kind in enumerate(kinds)])
    closest = (X @ X.T - 9 * np.eye(len(X))).argmax(axis=1)
    assert (kinds[closest] == kinds).all()


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (900, 30)])
def test_hog_takes_images_of_any_size(size: tuple[int, int]) -> None:
    for image in (Image.new("RGB", size), Image.new("RGB", size, (255, 255, 255))):
        found = Hog("").prepare(image)
        assert found.shape == (Hog.size,)
        assert np.isfinite(found).all()


def test_hog_is_taken_with_its_reason_where_no_weights_can_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    refuse(monkeypatch)
    chosen = choose("auto")
    assert chosen.name == "hog"
    assert "ResNet-18 are not here and can't be downloaded (Name or service not known)" in chosen.why
    assert str(tmp_path) in chosen.why


def refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be without a network."""
    from urllib.error import URLError

    def offline(url: str, timeout: float) -> None:
        assert timeout <= 10
        raise URLError(OSError(-2, "Name or service not known"))

    monkeypatch.setattr("labelaudit.download.urlopen", offline)


def test_hog_is_taken_where_torch_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labelaudit.weights.find_spec", lambda name: None)
    chosen = choose("auto")
    assert chosen.name == "hog"
    assert "pip install 'labelaudit[images]'" in chosen.why


@pytest.mark.parametrize("embedder", ["hog", "auto"])
def test_hog_never_imports_torch(embedder: str, tmp_path: Path) -> None:
    code = f"""
import io, json, sys
import labelaudit.download
from PIL import Image
def offline(url, timeout): raise OSError("offline")
labelaudit.download.urlopen = offline
from labelaudit.features.images import image_features
file = io.BytesIO()
Image.new("RGB", (9, 9)).save(file, "PNG")
found = image_features(lambda row: file.getvalue(), ["a", "b"], {embedder!r})
print(json.dumps([found.embedder, "torch" in sys.modules]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"TORCH_HOME": str(tmp_path)}
    )
    assert json.loads(done.stdout) == ["hog", False]


def test_hog_finds_the_same_digit_next_to_a_digit() -> None:
    from sklearn.datasets import load_digits

    digits = load_digits()
    drawn, given = (digits.images[:600] * 15).astype(np.uint8), digits.target[:600]
    X = np.stack([Hog("").prepare(Image.fromarray(digit).convert("RGB")) for digit in drawn])
    closest = (X @ X.T - 9 * np.eye(len(X))).argmax(axis=1)
    assert (given[closest] == given).mean() > 0.97
