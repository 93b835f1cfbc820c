"""The map: neighbours lie side by side, the same way each time, and nothing is made twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from labelaudit import map as maps
from labelaudit.cache import Cache
from labelaudit.errors import BadInput, StoreError
from labelaudit.neighbors import knn_graph

K, N = 3, 90


def groups(n: int = N, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, 5)) + 12 * np.eye(5)[np.arange(n) % K]).astype(np.float32)


@pytest.fixture(scope="module")
def outputs() -> dict[str, np.ndarray]:
    graph = knn_graph(groups(), 8)
    return {"neighbours": graph.index, "distances": graph.distance}


@pytest.fixture(scope="module")
def places(outputs: dict[str, np.ndarray]) -> np.ndarray:
    return maps.make(outputs, Cache(None))


def test_what_is_alike_lies_side_by_side(places: np.ndarray) -> None:
    assert places.shape == (N, 2) and places.dtype == np.float32
    assert places.min() == 0 and places.max() == 1
    far = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(far, np.inf)
    assert (far.argmin(axis=1) % K == np.arange(N) % K).mean() > 0.95


def test_the_same_seed_gives_the_same_map_and_another_seed_another(
    outputs: dict[str, np.ndarray], places: np.ndarray
) -> None:
    index, distance = outputs["neighbours"], outputs["distances"]
    np.testing.assert_array_equal(maps.coordinates(index, distance), places)
    assert not np.array_equal(maps.coordinates(index, distance, seed=1), places)


def test_examples_without_neighbours_have_a_place_too(outputs: dict[str, np.ndarray]) -> None:
    index, distance = (array.copy() for array in outputs.values())
    index[:4], distance[:4] = -1, np.inf
    index[5, 3:], distance[5, 3:] = -1, np.inf
    assert np.isfinite(maps.coordinates(index, distance)).all()


def test_progress_tells_of_every_step(outputs: dict[str, np.ndarray]) -> None:
    told: list[tuple[str, float, float]] = []
    maps.coordinates(outputs["neighbours"], outputs["distances"], progress=lambda *step: told.append(step))
    assert list(dict.fromkeys(step for step, _, _ in told)) == ["umap", "graph", "layout"]
    assert told[-1] == ("layout", maps.MANY_EPOCHS, maps.MANY_EPOCHS)
    done = [done for step, done, _ in told if step == "layout"]
    assert done == sorted(done)


def test_a_map_is_kept_by_what_it_is_made_of(
    tmp_path: Path, outputs: dict[str, np.ndarray], places: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Cache(tmp_path)
    maps.make(outputs, cache)
    (path,) = tmp_path.iterdir()
    assert path.stem == maps.name_of(outputs["neighbours"], outputs["distances"])
    np.testing.assert_array_equal(maps.kept(path), places)
    monkeypatch.setattr(maps, "coordinates", lambda *_, **__: pytest.fail("made twice"))
    np.testing.assert_array_equal(maps.make(outputs, cache), places)
    others = {name: array[::-1].copy() for name, array in outputs.items()}
    assert maps.name_of(others["neighbours"], others["distances"]) != path.stem


def test_a_damaged_map_is_made_again(tmp_path: Path, outputs: dict[str, np.ndarray], places: np.ndarray) -> None:
    path = tmp_path / f"{maps.name_of(outputs['neighbours'], outputs['distances'])}.npz"
    path.write_bytes(b"PK")
    assert maps.kept(path) is None
    np.testing.assert_array_equal(maps.make(outputs, Cache(tmp_path)), places)
    assert maps.kept(path) is not None


def test_coordinates_that_the_user_brought_are_used() -> None:
    brought = np.zeros((5, 2))
    assert maps.make({"coordinates": brought}, Cache(None)) is brought


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ({}, "has no nearest neighbours"),
        ({"neighbours": np.zeros((2, 1), int), "distances": np.zeros((2, 1))}, "at least three examples"),
        ({"neighbours": np.full((9, 3), -1), "distances": np.full((9, 3), np.inf)}, "at least three examples"),
    ],
)
def test_what_no_map_can_be_made_of_is_one_sentence(outputs: dict[str, np.ndarray], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        maps.make(outputs, Cache(None))


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(b"PK\x03\x04 cut")])
def test_a_graph_that_can_not_be_read_is_one_sentence(
    tmp_path: Path, outputs: dict[str, np.ndarray], harm: Callable[[Path], object]
) -> None:
    path = tmp_path / "pred_probs.npz"
    np.savez(path, **outputs)
    np.testing.assert_array_equal(maps.read_graph(tmp_path)["neighbours"], outputs["neighbours"])
    harm(path)
    with pytest.raises(StoreError, match="run it again"):
        maps.read_graph(tmp_path)


def test_larger_data_takes_longer() -> None:
    assert maps.seconds(1000) < maps.seconds(9000) < maps.seconds(200_000)
