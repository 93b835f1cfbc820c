"""Small copies of images, made once and kept by the content of the image; a browser gets nothing larger."""

from __future__ import annotations

import logging

from labelaudit.dataset import Dataset
from labelaudit.errors import StoreError
from labelaudit.files import replacing, writing
from labelaudit.settings import settings

log = logging.getLogger(__name__)

FOLDER = "thumbnails"  # within the cache
SMALL, LARGE = 160, 1200  # pixels of the longer side: on a card; where one can zoom


def thumbnail(dataset: Dataset, row: int, size: int = SMALL) -> bytes:
    """Return a WebP copy of an example's image.

    Parameters
    ----------
    dataset : Dataset
    row : int
        Of the table.
    size : int
        Pixels of the longer side; a smaller image keeps its size.

    Raises
    ------
    BadInput
        The image is not there, can't be read or can't be decoded; the message says why in a few words.
    """
    from labelaudit.images import thumbnail as smaller

    path = settings().cache_dir / FOLDER / f"{dataset.digests[row]}-{size}.webp"
    if path.is_file():
        return path.read_bytes()
    made = smaller(dataset.image(row), size)
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as file:
                file.write(made)
    except StoreError as error:  # a full disk costs time and nothing else
        log.warning("%s", error)
    return made
