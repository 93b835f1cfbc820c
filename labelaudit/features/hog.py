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
COLOUR_WEIGHT = 0.5  # as long as the shapes are 1: what served neighbours and linear heads best on photos and digits


class Hog:
    """Histograms of oriented gradients (Dalal and Triggs 2005, by scikit-image) and of colours.

    Parameters
    ----------
    why : str
        Why it was taken, for a person.
    """

    name = "hog"
    shorter_side = SIDE
    size = 9 * 4 * (SIDE // CELL - 1) ** 2 + BINS**3 * GRID**2

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
        bins = np.asarray(image) >> 6
        part = SIDE // GRID
        colours = (bins @ np.array([BINS * BINS, BINS, 1])).reshape(GRID, part, GRID, part).swapaxes(1, 2)
        quarters = np.arange(GRID * GRID).reshape(GRID, GRID, 1, 1) * BINS**3
        counts = np.bincount((colours + quarters).ravel(), minlength=BINS**3 * GRID**2)
        # The square root makes a vector of length one of the shares (Hellinger distance).
        histogram = np.sqrt(counts / SIDE**2) * COLOUR_WEIGHT
        return np.concatenate([shapes / max(float(np.linalg.norm(shapes)), 1e-6), histogram]).astype(np.float32)

    def embed(self, batch: np.ndarray) -> np.ndarray:
        """Pass the features of a batch on, shape (B, size)."""
        return batch
