"""Cards of public data sets on Ingest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dashboards import Dashboard

from labelaudit.load import rawsets
from labelaudit.load.named import NAMED
from labelaudit.settings import settings


@pytest.fixture
def ingest(dashboard: Dashboard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dashboard:
    """With images of six classes of CIFAR-10 on this machine, and nothing else."""
    folder = tmp_path / "data"
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 255, (36, 8, 8, 3), dtype=np.uint8)
    rawsets.write_images(folder / "cifar10.zip", pixels, [*NAMED["cifar10"].chosen, "frog"] * 6)
    monkeypatch.setenv("LABELAUDIT_DATA_DIR", str(folder))
    settings.cache_clear()
    dashboard.open("1_Ingest")
    return dashboard


def test_a_card_says_whether_the_data_is_here_or_downloads(ingest: Dashboard) -> None:
    said = ingest.text()
    assert f"{NAMED['cifar10'].what}; is on this machine" in said
    assert f"{NAMED['stl10'].what}; about 2.6 GB, downloads" in said


def test_the_chosen_classes_are_loaded(ingest: Dashboard) -> None:
    (classes,) = [box for box in ingest.app.multiselect if box.key == "public-cifar10-classes"]
    classes.set_value(["cat", "dog", "frog"])
    ingest.run()
    ingest.press("public-cifar10")
    draft = ingest.app.session_state["draft"]
    assert (draft.classes, len(draft), draft.modality) == (("cat", "dog", "frog"), 18, "image")


def test_two_classes_are_too_few(ingest: Dashboard) -> None:
    (classes,) = [box for box in ingest.app.multiselect if box.key == "public-cifar10-classes"]
    classes.set_value(["cat", "dog"])
    ingest.run()
    assert ingest.app.button(key="public-cifar10").disabled


def test_what_can_not_be_had_gets_one_sentence(ingest: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    monkeypatch.setitem(NAMED, "ag_news", replace(NAMED["ag_news"], url="https://nowhere.invalid/test.csv"))
    ingest.press("public-ag_news")
    (error,) = ingest.app.error
    assert "not on this machine and can't be downloaded" in error.value.replace("\\", "")
