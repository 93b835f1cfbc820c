"""Every image keeps its own features, whatever the order of the hashes."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from labelaudit.features.images import image_features


def png(grey: int) -> bytes:
    file = BytesIO()
    Image.new("RGB", (16, 16), (grey, grey, grey)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("digests", [["c", "b", "a"], ["b", "a", "b"], ["b", "", "a"]])
def test_features_stay_with_their_image(digests: list[str]) -> None:
    greys = {"a": 250, "b": 10, "c": 130, "": 70}
    files = [png(greys[digest]) for digest in digests]
    together = image_features(files.__getitem__, digests, "hog")
    for row, digest in enumerate(digests):
        alone = image_features(lambda _, row=row: files[row], [digest], "hog")
        np.testing.assert_array_equal(together.matrix[row], alone.matrix[0])
        assert together.properties["brightness"][row] == alone.properties["brightness"][0]
