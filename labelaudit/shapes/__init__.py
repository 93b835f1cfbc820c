"""The shapes of labels, by the `value_type` of a data set."""

from __future__ import annotations

from labelaudit.shapes.base import Shape, Units, whole
from labelaudit.shapes.number import NUMBER
from labelaudit.shapes.several import SEVERAL
from labelaudit.shapes.single import SINGLE
from labelaudit.shapes.tags import TAGS
from labelaudit.shapes.votes import VOTES

SHAPES: dict[str, Shape] = {"class": SINGLE, "classes": SEVERAL, "tags": TAGS, "number": NUMBER, "votes": VOTES}

__all__ = ["SHAPES", "Shape", "Units", "whole"]
