"""Images to features without a network: shapes and colours."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

SIDE = 48  # pixels to which every image is scaled; a small one keeps all that it has
CELL = 8  # pixels of a side of the squares whose edges are counted
BINS = 4  # of each of red, green and blue
GRID = 2  # parts of each side that have a histogram of their own
TINY = 8  # pixels of a side of the copy that says where it is light and dark
# How long the parts of the vector are beside the shapes, whose length is 1: of the lengths tried on photos and digits,
# those that served the nearest neighbours and linear heads best.
COLOURS, LIGHT = 0.5, 0.5


class Hog:
    """Histograms of oriented gradients (Dalal and Triggs 2005, by scikit-image), of colours, and a tiny copy.

    Parameters
    ----------
    why : str
        Why it was taken, for a person.
    """

    name = "hog"
    shorter_side = SIDE
    size = 9 * 4 * (SIDE // CELL - 1) ** 2 + BINS**3 * GRID**2 + 3 * TINY**2

    def __init__(self, why: str) -> None:
        self.why = why
        self.key = {"scikit-image": version("scikit-image")}

    def prepare(self, image: Image.Image) -> np.ndarray:
        """Compute the features of an RGB image, shape (size,), float32."""
        from PIL.Image import Resampling
        from skimage.feature import hog

        image = image.resize((SIDE, SIDE), Resampling.BICUBIC, reducing_gap=2.0)
        shapes = hog(
            np.asarray(image.convert("L"), dtype=np.float32),
            pixels_per_cell=(CELL, CELL),
            cells_per_block=(2, 2),
        )
        # Each pixel's bin, counted in each quarter of the image.
        bins = np.asarray(image) // (256 // BINS)
        part = SIDE // GRID
        colours = (bins @ np.array([BINS * BINS, BINS, 1])).reshape(GRID, part, GRID, part).swapaxes(1, 2)
        quarters = np.arange(GRID * GRID).reshape(GRID, GRID, 1, 1) * BINS**3
        counts = np.bincount((colours + quarters).ravel(), minlength=BINS**3 * GRID**2)
        # The square root makes a vector of length one of the shares (Hellinger distance).
        histogram = np.sqrt(counts / SIDE**2)
        light = np.asarray(image.resize((TINY, TINY), Resampling.BOX), dtype=np.float32).ravel()
        parts = (_unit(shapes), COLOURS * histogram, LIGHT * _unit(light - light.mean()))
        return np.concatenate(parts).astype(np.float32)

    def embed(self, batch: np.ndarray) -> np.ndarray:
        """Pass the features of a batch on, shape (B, size)."""
        return batch


def _unit(vector: np.ndarray) -> np.ndarray:
    """Scale to length one; what has none stays zero."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-6))
