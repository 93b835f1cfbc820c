"""The shapes of labels, by the `value_type` of a data set."""

from __future__ import annotations

from labelaudit.shapes.base import Shape, Units, whole
from labelaudit.shapes.number import NUMBER
from labelaudit.shapes.single import SINGLE

SHAPES: dict[str, Shape] = {"class": SINGLE, "number": NUMBER}

__all__ = ["SHAPES", "Shape", "Units", "whole"]
