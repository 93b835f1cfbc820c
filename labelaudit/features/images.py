"""Images to features and to properties, each decoded once, in shards that a later run finds again."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from labelaudit.cache import Cache, key
from labelaudit.errors import BadImage, BadInput, MissingExtra, NoWeights
from labelaudit.files import reason
from labelaudit.images import PROPERTIES, decode, header, properties
from labelaudit.predict import Progress, silent

if TYPE_CHECKING:
    from PIL import Image

VERSION = 1  # part of the cache key: raise it when features or properties change
SHARD = 1024  # images that are kept at once; what a stopped run loses is at most this
BATCH = 64  # images that the network sees at once
AHEAD = 4  # batches that are decoded before the network needs them
LARGE = 20_000_000  # pixels from which on only one image is decoded at a time, for memory
# What is kept of an image besides its features; a missing one could not be had, and is tried again.
STORED = {"missing": "?", "reason": "<U80", **PROPERTIES}

_one_large = Lock()


class Embedder(Protocol):
    """Turns decoded images into features.

    Attributes
    ----------
    name, why : str
        What it is, and why it was taken, for a person.
    key : dict
        All that the features depend on besides the name.
    size : int
        Features per image.
    shorter_side : int
        Pixels of the shorter side that it needs.
    """

    name: str
    why: str
    key: dict[str, str]
    size: int
    shorter_side: int

    def prepare(self, image: Image.Image) -> np.ndarray:
        """Do, in a thread of its own, what can be done for one image."""
        ...

    def embed(self, batch: np.ndarray) -> np.ndarray:
        """Compute the features of what `prepare` returned, stacked: (B, size), float32."""
        ...


@dataclass(frozen=True)
class ImageFeatures:
    """What was found in N images.

    Parameters
    ----------
    matrix : ndarray of shape (N, d), float32
        Zeros in rows that can't be read.
    readable : ndarray of shape (N,), bool
    reasons : dict
        Of the rows that can't be read: why, in a few words that follow the image's name.
    properties : DataFrame of N rows
        Columns: see `labelaudit.images.properties`; missing in rows that can't be read.
    embedder : str
        What was used: ``resnet18`` …, ``hog``.
    why : str
        For a person: which weights, or why HOG was taken instead.
    key : dict
        The device, the precision and the versions that were used, and a hash of the weights.
    """

    matrix: np.ndarray
    readable: np.ndarray
    reasons: dict[int, str]
    properties: pd.DataFrame
    embedder: str
    why: str
    key: dict[str, str]


def image_features(
    read: Callable[[int], bytes],
    digests: Sequence[str],
    embedder: str = "auto",
    cache: Cache | None = None,
    progress: Progress = silent,
    *,
    device: str = "auto",
    precision: str = "auto",
) -> ImageFeatures:
    """Compute features and properties of images.

    Images are decoded in threads ahead of the network, which sees them in batches. Same images in, same bits out.
    Every shard of 1,024 different images is kept as soon as it is done, so that a run that was stopped goes on there.

    Parameters
    ----------
    read : callable
        Row to the bytes of its file; called from several threads at once. Where it raises `BadInput` or `OSError`, the
        row counts as unreadable.
    digests : sequence of N str
        Hashes of the files' contents: equal ones are computed once; an empty one is equal to none.
    embedder : str
        ``auto`` (ResNet-18 where its weights are here or can be downloaded, else ``hog``), ``hog``, a name in
        `labelaudit.vision.BACKBONES`, or a file of weights.
    cache : Cache, optional
        Where shards are kept.
    progress : callable
        Told "features: 214 images/s", how many are done, and how many there are.
    device, precision : str
        See `labelaudit.vision.hardware`; HOG has no use for them.

    Returns
    -------
    ImageFeatures

    Raises
    ------
    NoWeights, BadInput, MissingExtra
        See `labelaudit.vision.load_network`; ``auto`` raises neither the first nor the last.
    """
    chosen = choose(embedder, progress, device=device, precision=precision)
    # What has no digest could not be read before: it is looked at again, and not kept.
    names = np.array([digest or f"row {row}" for row, digest in enumerate(digests)], dtype=object)
    inverse, different = pd.factorize(names)  # in the order of the rows: where all differ, nothing has to be moved
    first = np.unique(inverse, return_index=True)[1]
    has_digest = np.array([bool(digests[row]) for row in first], dtype=bool)
    matrix = np.zeros((len(different), chosen.size), np.float32)
    rest = np.zeros(len(different), [*STORED.items()])
    pace = _Pace(progress, len(different))
    for positions, kept in (
        (np.flatnonzero(has_digest), cache or Cache(None)),
        (np.flatnonzero(~has_digest), Cache(None)),
    ):
        for start in range(0, len(positions), SHARD):
            part = positions[start : start + SHARD]
            shard = _shard(read, list(different[part]), first[part], chosen, kept, pace)
            matrix[part] = shard["features"]
            rest[part] = shard[list(STORED)]
    matrix = matrix[inverse]
    rest = rest[inverse]
    readable = rest["reason"] == ""
    frame = pd.DataFrame({name: rest[name] for name in PROPERTIES})
    frame.loc[~readable] = np.nan
    return ImageFeatures(
        matrix=matrix,
        readable=readable,
        reasons={int(row): str(rest["reason"][row]) for row in np.flatnonzero(~readable)},
        properties=frame,
        embedder=chosen.name,
        why=chosen.why,
        key=chosen.key,
    )


def choose(embedder: str, progress: Progress = silent, *, device: str = "auto", precision: str = "auto") -> Embedder:
    """Build an embedder; parameters, returns and errors are those of `image_features`."""
    from labelaudit.features.hog import Hog
    from labelaudit.vision import load_network

    if embedder == "hog":
        return Hog("HOG and colour histograms")
    if embedder != "auto":
        return load_network(embedder, device=device, precision=precision, progress=progress)
    try:
        return load_network("resnet18", device=device, precision=precision, progress=progress)
    except (NoWeights, MissingExtra) as error:
        return Hog(f"HOG and colour histograms instead of a network: {error}")


class _Pace:
    """Tells how many images are done, and how many a second."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total = progress, total
        self._done, self._computed = 0, 0
        self._start = time.perf_counter()

    def more(self, images: int, *, computed: bool) -> None:
        self._done += images
        self._computed += images * computed
        rate = self._computed / max(time.perf_counter() - self._start, 1e-9)
        words = f"features: {rate:,.0f} images/s" if self._computed else "features"
        self._progress(words, self._done, self._total)


def _shard(
    read: Callable[[int], bytes], digests: list[str], rows: np.ndarray, chosen: Embedder, cache: Cache, pace: _Pace
) -> np.ndarray:
    """Read a shard from the cache, or compute it; one in which a file could not be had is not kept."""
    from PIL import __version__ as pillow

    name = key(digests=digests, embedder=chosen.name, version=VERSION, pillow=pillow, **chosen.key)
    fresh: list[bool] = []

    def compute() -> np.ndarray:
        fresh.append(True)
        return _compute(read, rows, chosen, pace)

    found = cache.matrix(f"images-{name}", compute, keep=lambda shard: not shard["missing"].any())
    if not fresh:
        pace.more(len(rows), computed=False)
    return np.asarray(found)


def _compute(read: Callable[[int], bytes], rows: np.ndarray, chosen: Embedder, pace: _Pace) -> np.ndarray:
    """Decode and embed one shard."""
    found = np.zeros(len(rows), [("features", "<f4", (chosen.size,)), *STORED.items()])
    pool = ThreadPoolExecutor(min(8, os.cpu_count() or 1), thread_name_prefix="decode")
    try:
        for start, looks in _ahead(pool, lambda at: _look(read, int(rows[at]), chosen, found[at : at + 1]), len(rows)):
            ready = [(start + at, look) for at, look in enumerate(looks) if look is not None]
            if ready:
                at, prepared = zip(*ready, strict=True)
                found["features"][list(at)] = chosen.embed(np.stack(prepared))
            pace.more(len(looks), computed=True)
    finally:
        pool.shutdown(cancel_futures=True)
    return found


def _ahead(
    pool: ThreadPoolExecutor, look: Callable[[int], np.ndarray | None], total: int
) -> Iterator[tuple[int, list[np.ndarray | None]]]:
    """Look at images in threads, some batches ahead of the one that is asked for."""
    under_way: deque[Future[np.ndarray | None]] = deque()
    asked = 0
    for start in range(0, total, BATCH):
        while asked < min(total, start + AHEAD * BATCH):
            under_way.append(pool.submit(look, asked))
            asked += 1
        yield start, [under_way.popleft().result() for _ in range(min(BATCH, total - start))]


def _look(read: Callable[[int], bytes], row: int, chosen: Embedder, record: np.ndarray) -> np.ndarray | None:
    """Decode one image, write its properties into the record, and return what the embedder wants of it."""
    try:
        data = read(row)
    except (BadInput, OSError) as error:
        record["missing"], record["reason"] = True, _words(error)
        return None
    try:
        shown = header(data)
        with _one_large if shown.width * shown.height > LARGE else nullcontext():
            image = decode(data, shorter_side=chosen.shorter_side)
            prepared = chosen.prepare(image)
            measured = properties(image, shown, len(data))
    except BadImage as error:
        record["reason"] = str(error)
        return None
    for name, value in measured.items():
        record[name] = value
    return prepared


def _words(error: BadInput | OSError) -> str:
    return f"can't be read ({reason(error) if isinstance(error, OSError) else error})"
