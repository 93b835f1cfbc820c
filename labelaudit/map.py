"""The map: two coordinates for every example, so that neighbours lie side by side (UMAP, McInnes et al. 2018)."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from labelaudit.cache import Cache, key, read_matrix
from labelaudit.errors import BadInput, StoreError
from labelaudit.files import BROKEN_ARCHIVE
from labelaudit.predict import Progress, silent

if TYPE_CHECKING:
    import scipy.sparse as sp

log = logging.getLogger(__name__)

VERSION = 1
SEED = 0
MIN_DIST, SPREAD = 0.1, 1.0  # UMAP's own defaults: how tight the clumps are
SMALL, MANY_EPOCHS, FEW_EPOCHS = 10_000, 500, 200  # UMAP's own rule: so many rounds up to so many rows, else fewer
DIFFUSION = 40  # rounds that smooth the first places over the graph


def name_of(index: np.ndarray, distance: np.ndarray, seed: int = SEED) -> str:
    """Name the map of a graph by its content, so that all audits of the same features share one."""
    graph = sha256(np.ascontiguousarray(index).tobytes() + np.ascontiguousarray(distance).tobytes()).hexdigest()
    return f"map-{key(graph=graph, shape=index.shape, seed=seed, version=VERSION)}"


def kept(path: Path) -> np.ndarray | None:
    """Read a map that was made; None where the file is damaged, so that it is made again."""
    try:
        return np.asarray(read_matrix(path))
    except BROKEN_ARCHIVE as error:
        log.warning("%s is damaged (%s); the map will be made again", path, error)
        return None


def make(outputs: Mapping[str, np.ndarray], cache: Cache, progress: Progress = silent) -> np.ndarray:
    """Return the map of an audit: what the user brought, what was made before, or made now and kept.

    Parameters
    ----------
    outputs : mapping
        Of the audit: ``coordinates`` where the user brought them, else ``neighbours`` and ``distances``.
    cache : Cache
    progress : callable

    Returns
    -------
    ndarray of shape (n, 2)

    Raises
    ------
    BadInput
        The audit has no neighbours, or too few.
    """
    if "coordinates" in outputs:
        return outputs["coordinates"]
    if "neighbours" not in outputs:
        raise BadInput("this audit has no nearest neighbours to make a map of; audit the data again.")
    index, distance = outputs["neighbours"], outputs["distances"]
    compute = partial(coordinates, index, distance, progress=progress)
    return np.asarray(cache.matrix(name_of(index, distance), compute))


def read_graph(folder: Path) -> dict[str, np.ndarray]:
    """Read of a saved audit only what a map is made of.

    Raises
    ------
    StoreError
        The folder holds no audit, or a damaged one.
    """
    try:
        with (folder / "pred_probs.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in ("neighbours", "distances") if name in stored}
    except BROKEN_ARCHIVE as error:
        raise StoreError(f"the audit in {folder} can't be read ({error}); run it again.") from error


def coordinates(
    index: np.ndarray, distance: np.ndarray, *, seed: int = SEED, progress: Progress = silent
) -> np.ndarray:
    """Lay out a graph of nearest neighbours in the plane.

    The graph alone is enough, so texts, tables and images are the same here, and so is a graph that the user brought.

    Parameters
    ----------
    index : ndarray of shape (n, k), int
        Neighbours of every example, nearest first, itself not among them; -1 where there are fewer.
    distance : ndarray of shape (n, k)
        Ascending; infinite where `index` is -1.
    seed : int
        The same seed and graph give the same map on the same machine and versions.
    progress : callable
        See `labelaudit.predict.Progress`.

    Returns
    -------
    ndarray of shape (n, 2), float32
        From 0 to 1 on both axes.

    Raises
    ------
    BadInput
        There are fewer than three examples, or nobody has a neighbour.
    """
    if len(index) < 3 or not (index >= 0).any():
        raise BadInput("a map needs at least three examples that have neighbours; audit more rows.")
    progress("umap", 0, 1)
    umap = _umap()
    progress("umap", 1, 1)
    progress("graph", 0, 1)
    random_state = np.random.RandomState(seed)
    graph = _weights(index, distance, random_state)
    start = _start(graph, random_state)
    progress("graph", 1, 1)
    epochs = _epochs(len(index))
    a, b = umap.find_ab_params(SPREAD, MIN_DIST)
    progress("layout", 0, epochs)
    placed, _ = umap.simplicial_set_embedding(
        data=start,
        graph=graph.tocoo(),
        n_components=2,
        initial_alpha=1.0,
        a=a,
        b=b,
        gamma=1.0,
        negative_sample_rate=5,
        n_epochs=epochs,
        init=start,
        random_state=random_state,
        metric="euclidean",
        metric_kwds={},
        densmap=False,
        densmap_kwds={},
        output_dens=False,
        parallel=False,  # or the same seed would give another map each time
        tqdm_kwds={"disable": False, "file": _Rounds(progress, epochs), "bar_format": "{n}"},
    )
    progress("layout", epochs, epochs)
    return _to_unit_square(placed)


def _umap() -> Any:
    """UMAP's functions, the parts of which `UMAP.fit` is made: they take a graph and no features."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Tensorflow not installed", ImportWarning)  # nor is it needed
        from umap import umap_
    return umap_


class _Rounds:
    """A file to which UMAP's progress bar writes the number of rounds that are done."""

    def __init__(self, progress: Progress, epochs: int) -> None:
        self.progress, self.epochs = progress, epochs

    def write(self, text: str) -> None:
        """Take what the bar writes; all but the number is decoration."""
        if text.strip().isdigit():
            self.progress("layout", int(text), self.epochs)

    def flush(self) -> None:
        """Nothing waits to be written."""


def _weights(index: np.ndarray, distance: np.ndarray, random_state: np.random.RandomState) -> sp.csr_matrix:
    """UMAP's fuzzy union of the neighbourhoods, shape (n, n)."""
    itself = np.arange(len(index), dtype=np.int64)[:, None]
    known = index >= 0
    graph, _, _ = _umap().fuzzy_simplicial_set(
        X=itself,  # of which only the length is used
        n_neighbors=index.shape[1] + 1,
        random_state=random_state,
        metric="precomputed",
        knn_indices=np.hstack([itself, np.where(known, index, -1)]),
        knn_dists=np.hstack([np.zeros((len(index), 1)), np.where(known, distance, np.inf)]).astype(np.float32),
    )
    return graph.tocsr()


def _start(graph: sp.csr_matrix, random_state: np.random.RandomState) -> np.ndarray:
    """Random places that are smoothed over the graph, shape (n, 2).

    Each round moves every example to the mean of itself and its neighbours, which is power iteration towards the
    spectral layout; unlike that it is quick, and takes graphs that fall into many parts.
    """
    import scipy.sparse as sp

    degree = np.asarray(graph.sum(axis=1)).ravel()
    walk = sp.diags(1 / np.maximum(degree, 1e-12)) @ graph
    places = random_state.normal(size=(graph.shape[0], 2))
    for _ in range(DIFFUSION):
        places = (places + walk @ places) / 2
        places -= places.mean(axis=0)
        places = np.linalg.qr(places)[0]
    places *= 10 / np.abs(places).max()
    return np.asarray(places + random_state.normal(scale=1e-4, size=places.shape), dtype=np.float32)


def _to_unit_square(placed: np.ndarray) -> np.ndarray:
    low, high = placed.min(axis=0), placed.max(axis=0)
    return np.asarray((placed - low) / np.maximum(high - low, 1e-12), dtype=np.float32)


def seconds(n: int) -> float:
    """Estimate how long a map of so many examples takes, UMAP's own compilation included."""
    return 8 + 3.2e-4 * n * _epochs(n) / FEW_EPOCHS


def _epochs(n: int) -> int:
    return MANY_EPOCHS if n <= SMALL else FEW_EPOCHS
