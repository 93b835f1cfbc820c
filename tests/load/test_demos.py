"""The data sets that come along."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from labelaudit.errors import StoreError
from labelaudit.load import DEMOS, demos, load
from labelaudit.load.checks import findings
from labelaudit.settings import settings

SHAPES = {
    "iris": (150, ("setosa", "versicolor", "virginica"), "tabular"),
    "wine": (178, ("cultivar 0", "cultivar 1", "cultivar 2"), "tabular"),
    "breast_cancer": (569, ("benign", "malignant"), "tabular"),
}


def test_demos_are_in_display_order() -> None:
    assert list(DEMOS) == ["iris", "wine", "breast_cancer", "tickets", "digits"]
    assert all(demo.name == name for name, demo in DEMOS.items())


@pytest.mark.parametrize("name", SHAPES)
def test_tables_have_readable_classes(name: str) -> None:
    dataset = load(name)
    assert (len(dataset), dataset.classes, dataset.modality) == SHAPES[name]
    assert all(" " not in feature for feature in dataset.feature_columns)


def test_tickets_are_texts_with_ids() -> None:
    dataset = load("tickets")
    assert dataset.feature_columns == ("subject", "body")
    assert (dataset.modality, dataset.id_column, dataset.label_columns) == ("text", "ticket_id", ("team",))
    assert len(dataset) == 1200


def test_digits_are_images_made_once() -> None:
    dataset = load("digits")
    assert (len(dataset), dataset.modality, dataset.classes) == (
        1797,
        "image",
        tuple(str(digit) for digit in range(10)),
    )
    assert Image.open(io.BytesIO(dataset.image(0))).size == (32, 32)
    made = settings().cache_dir / "demo-digits.zip"
    before = made.stat().st_mtime_ns
    assert load("digits").fingerprint == dataset.fingerprint
    assert made.stat().st_mtime_ns == before


@pytest.mark.parametrize("name", DEMOS)
def test_nothing_is_badly_wrong_with_a_demo(name: str) -> None:
    assert [finding for finding in findings(load(name)) if finding.severity != "low"] == []


def test_the_roles_of_a_demo_can_be_chosen() -> None:
    assert load("iris", name="mine").name == "mine"
    assert load("iris", features=["petal_width"]).feature_columns == ("petal_width",)
    assert load("tickets", text="body").feature_columns == ("body",)


def test_missing_demo_data_gets_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demos, "_PACKAGE", tmp_path / "package")
    with pytest.raises(StoreError, match="the tickets demo is missing from this installation"):
        load("tickets")


def test_an_installed_package_has_the_tickets_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: Path
) -> None:
    (tmp_path / "package" / "data").mkdir(parents=True)
    (tmp_path / "package" / "data" / "tickets.csv").write_bytes((root / "data" / "tickets.csv").read_bytes())
    monkeypatch.setattr(demos, "_PACKAGE", tmp_path / "package")
    assert len(load("tickets")) == 1200
