"""The theme can be read in light and in dark: WCAG AA."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path
from typing import Any

import pytest

MODES = ("light", "dark")
HUES = ("gray", "orange", "yellow", "red", "green", "blue", "violet")


@pytest.fixture(scope="module")
def theme(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("mode", MODES)
def test_text_stands_out_from_every_background(theme: dict[str, Any], mode: str) -> None:
    colours = theme[mode]
    backgrounds = [
        area[f"{kind}ackgroundColor"] for area in (colours, colours["sidebar"]) for kind in ("b", "secondaryB")
    ]
    words = [colours["textColor"], colours["linkColor"], *(colours[f"{hue}TextColor"] for hue in HUES)]
    for word, background in itertools.product(words, backgrounds):
        assert contrast(word, background) >= 4.5, (word, background)
    for hue in HUES:
        assert contrast(colours[f"{hue}TextColor"], colours[f"{hue}BackgroundColor"]) >= 4.5, hue
    assert contrast(colours["codeTextColor"], colours["codeBackgroundColor"]) >= 4.5
    assert contrast(colours["dataframeHeaderTextColor"], colours["dataframeHeaderBackgroundColor"]) >= 4.5


@pytest.mark.parametrize("mode", MODES)
def test_buttons_and_marks_stand_out(theme: dict[str, Any], mode: str) -> None:
    colours = theme[mode]
    assert contrast("#ffffff", colours["primaryColor"]) >= 4.5
    for mark in (colours["primaryColor"], *colours["chartCategoricalColors"]):
        assert contrast(mark, colours["backgroundColor"]) >= 3, mark


@pytest.mark.parametrize("mode", MODES)
def test_charts_have_as_many_colours_as_streamlit_wants(theme: dict[str, Any], mode: str) -> None:
    assert len(theme[mode]["chartSequentialColors"]) == len(theme[mode]["chartDivergingColors"]) == 10
    assert len(set(theme[mode]["chartCategoricalColors"])) == 6
