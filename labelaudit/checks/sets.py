"""Sets of near duplicates: every member is near one of them."""

from __future__ import annotations

import heapq
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from labelaudit.dataset import Dataset
from labelaudit.neighbors import Graph

NEAR = 0.13  # of the usual distance, as in cleanlab's Datalab
# Of an image that was cropped, moved or brightened, the features change more. All pairs of CIFAR-10's test images that
# these two admit are the same picture; of MNIST's they are straight strokes. They find 95 % of images moved by a pixel.
NEAR_IMAGE, AHEAD = 0.35, 0.5
SAME_WORDS = 0.8  # twice the words that two texts share, divided by the words of both
WORD = re.compile(r"\w+")
WITHIN = 0.07  # the usual distance is at least this share of that to the tenth neighbour: so it is on a line
MANY = 0.1  # share of the examples that are copies
FEW = 0.1  # the usual distance by angle where there are fewer than three different rows


@dataclass(frozen=True)
class NearSets:
    """Which examples are copies or nearly so.

    Parameters
    ----------
    number : ndarray of shape (N,)
        Of the set, largest first; -1 for none.
    usual : float
        How far apart neighbours usually are; 0 where unknown.
    """

    number: np.ndarray
    usual: float


def near_duplicate_sets(graph: Graph | None, copies: np.ndarray, dataset: Dataset) -> np.ndarray:
    """Number the sets of near duplicates; parameters are those of `near_sets`.

    Returns
    -------
    ndarray of shape (N,), int
        Largest set first; -1 for none.
    """
    return near_sets(graph, copies, dataset).number


def near_sets(graph: Graph | None, copies: np.ndarray, dataset: Dataset) -> NearSets:
    """Find the sets of examples that are copies, or much closer than neighbours usually are.

    Two examples are near where their distance is below `NEAR` times the usual one, as in cleanlab's Datalab; two
    images also below `NEAR_IMAGE` times the usual one, if the tenth neighbour is at least twice as far away. Two texts
    have to share most of their words besides: features leave out rare words, and those may tell the two apart.

    Every member of a set is near the one in its middle: sets are not chains. An example that is near any other is in
    exactly one set. A set that is larger than the graph's k can come in several parts.

    Parameters
    ----------
    graph : Graph or None
        Without one only exact copies are found.
    copies : ndarray of shape (N,)
        Number of the set of rows with the same content.
    dataset : Dataset
        Its N rows; what they hold decides what near means.
    """
    _, node = np.unique(copies, return_inverse=True)
    n_nodes = int(node.max(initial=-1)) + 1
    centre = np.arange(n_nodes)
    usual = 0.0
    if graph is not None:
        usual = usual_distance(graph, node)
        near = (graph.distance < NEAR * usual) | (graph.distance == 0)
        if dataset.modality == "image":
            tenth = graph.distance[:, :10][:, -1:]
            near |= (graph.distance < NEAR_IMAGE * usual) & (graph.distance < AHEAD * tenth)
        row, place = np.nonzero(near)
        other = graph.index[row, place]
        if dataset.modality == "text" and len(row):
            alike = _share_words(dataset, row, other)
            row, other = row[alike], other[alike]
        ends = node[row], node[other]
        centre = _stars(_adjacency(*ends, n_nodes))
    size = np.bincount(centre[node], minlength=n_nodes)
    first = np.full(n_nodes, len(node))
    np.minimum.at(first, centre[node], np.arange(len(node)))
    order = np.lexsort((first, -size))
    number = np.full(n_nodes, -1)
    several = order[size[order] > 1]
    number[several] = np.arange(len(several))
    return NearSets(number[centre[node]], usual)


def _share_words(dataset: Dataset, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Whether two texts share at least `SAME_WORDS` of their words (Dice 1945), for every pair."""
    needed = np.unique(np.concatenate([rows, others]))
    words = dict(zip(needed.tolist(), map(_words, dataset.take(needed).texts()), strict=True))
    return np.array(
        [_dice(words[a], words[b]) >= SAME_WORDS for a, b in zip(rows.tolist(), others.tolist(), strict=True)],
        dtype=bool,
    )


def _words(text: str) -> Counter[str]:
    return Counter(WORD.findall(text.casefold()))


def _dice(one: Counter[str], other: Counter[str]) -> float:
    return 2 * (one & other).total() / max(one.total() + other.total(), 1)


def usual_distance(graph: Graph, copies: np.ndarray) -> float:
    """How far away the nearest example is: the median.

    As in Datalab, unless that is no measure: in data that are mostly copies it is 0, and in data that are mostly near
    duplicates it is theirs. So copies are left out where there are `MANY`, and it is at least `WITHIN` of the median
    distance to the tenth neighbour.

    Parameters
    ----------
    graph : Graph
    copies : ndarray of shape (N,)
    """
    if len(np.unique(copies)) < 3:
        return FEW if graph.metric == "cosine" else 0.0
    index, distance = graph.index[:, :10], graph.distance[:, :10]
    other = (index >= 0) & (copies[index] != copies[:, None]) & (distance > 0)
    known = other.any(axis=1)
    if not known.any():
        return 0.0
    rows = np.arange(len(copies))
    nearest = distance[rows, other.argmax(axis=1)][known]
    if np.mean(distance[:, 0] == 0) < MANY:
        nearest = distance[index[:, 0] >= 0, 0]
    last = distance[rows, other.shape[1] - 1 - other[:, ::-1].argmax(axis=1)][known]
    return float(max(np.median(nearest), WITHIN * np.median(last)))


def _adjacency(start: np.ndarray, end: np.ndarray, n: int) -> sp.csr_matrix:
    apart = start != end
    rows, columns = np.concatenate([start, end]), np.concatenate([end, start])
    keep = np.concatenate([apart, apart])
    return sp.csr_matrix((np.ones(keep.sum(), dtype=np.int32), (rows[keep], columns[keep])), shape=(n, n))


def _stars(near: sp.csr_matrix) -> np.ndarray:
    """Split a graph into stars: every node is its own centre or next to it, and only lone nodes are alone.

    The node with the most free neighbours takes them, again and again. Who is left over lies next to members of
    stars but to no centre: it takes one of them to a star of their own, or makes it the centre of a star of two.

    Parameters
    ----------
    near : csr_matrix of shape (N, N)
        Symmetric, without a diagonal.

    Returns
    -------
    ndarray of shape (N,)
        The centre of each node's star.
    """
    n = near.shape[0]
    centre = np.arange(n)
    linked = np.flatnonzero(np.diff(near.indptr))
    free = np.zeros(n, dtype=bool)
    free[linked] = True
    neighbours = {int(i): near.indices[near.indptr[i] : near.indptr[i + 1]] for i in linked}
    queue = [(-len(neighbours[i]), i) for i in neighbours]
    heapq.heapify(queue)
    members: dict[int, set[int]] = {}
    while queue:
        degree, node = heapq.heappop(queue)
        if not free[node]:
            continue
        own = neighbours[node][free[neighbours[node]]]
        if len(own) < -degree:
            if len(own):
                heapq.heappush(queue, (-len(own), node))
            continue
        members[node] = {node, *own.tolist()}
        free[own] = free[node] = False
        centre[own] = node
    for node in np.flatnonzero(free).tolist():
        middles = [other for other in neighbours[node].tolist() if other in members]
        if middles:
            middle = middles[0]
        else:
            middle = int(neighbours[node][0])
            old = int(centre[middle])
            if len(members[old]) > 2:
                members[old].remove(middle)
                members[middle] = {middle}
            else:
                members[middle] = members.pop(old)
        members[middle].add(node)
        for member in members[middle]:
            centre[member] = middle
    return centre
