"""What the user brings is aligned, checked, and refused in one sentence where it does not fit."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import labelaudit as la
from labelaudit.errors import BadInput
from labelaudit.load.rawsets import write_images

NAMES = ["cat", "dog", "eel"]
N = 30


def frame(n: int = N) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [f"x{row}" for row in range(n)],
            "size": np.random.default_rng(0).random(n),
            "label": [NAMES[row % 3] for row in range(n)],
        }
    )


def probabilities(n: int = N, k: int = 3) -> np.ndarray:
    return np.random.default_rng(1).dirichlet(np.ones(k), n).astype(np.float32)


def bring(frame: pd.DataFrame | None = None, **brought: object) -> la.Dataset:
    return la.load(globals()["frame"]() if frame is None else frame, label="label", **brought)  # type: ignore[arg-type]


def given(**brought: object):  # type: ignore[no-untyped-def]
    found = bring(**brought).given
    assert found is not None
    return found


# -- where it can be -------------------------------------------------------------------------------


def test_an_array_is_aligned_by_position_and_its_class_order_is_said() -> None:
    found = given(pred_probs=probabilities())
    assert np.allclose(found.pred_probs, probabilities(), atol=1e-6)
    assert found.classes == ("cat", "dog", "eel")
    assert found.notes == (
        "30 x 3 probabilities, columns taken for the classes in sorted order (cat, dog, eel), aligned by position",
    )


def test_a_file_with_ids_is_aligned_by_them_and_may_hold_more(tmp_path: Path) -> None:
    order = np.random.default_rng(2).permutation(40)
    p = probabilities(40)
    np.savez(
        tmp_path / "p.npz", pred_probs=p[order], ids=np.array([f"x{i}" for i in order]), classes=np.array(NAMES[::-1])
    )
    dataset = bring(pred_probs=tmp_path / "p.npz")
    assert dataset.given is not None
    assert np.allclose(dataset.given.probabilities(dataset.classes), p[:N, ::-1], atol=1e-6)
    assert "classes as in the file, aligned by 'id', 10 rows of others left out" in dataset.given.notes[0]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_names_the_classes_by_its_columns(tmp_path: Path, ending: str) -> None:
    table = pd.DataFrame(probabilities(), columns=["prob_eel", "prob_cat", "prob_dog"])
    table.insert(0, "id", frame()["id"])
    table = table.sample(frac=1, random_state=0)
    path = tmp_path / f"p.{ending}"
    table.to_csv(path, index=False) if ending == "csv" else table.to_parquet(path, index=False)
    dataset = bring(pred_probs=path)
    assert dataset.given is not None
    assert np.allclose(dataset.given.probabilities(dataset.classes), probabilities()[:, [1, 2, 0]], atol=1e-5)


@pytest.mark.parametrize("wanted", ["prob_", ["prob_cat", "prob_dog", "prob_eel"]])
def test_columns_of_the_table_itself_are_no_features(wanted: object) -> None:
    whole = frame().join(pd.DataFrame(probabilities(), columns=[f"prob_{name}" for name in NAMES]))
    dataset = bring(whole, pred_probs=wanted)
    assert dataset.feature_columns == ("size",)
    assert dataset.given is not None
    assert dataset.given.columns == ("prob_cat", "prob_dog", "prob_eel")
    assert np.allclose(dataset.given.pred_probs, probabilities(), atol=1e-6)  # type: ignore[arg-type]


def test_a_column_of_lists_holds_features() -> None:
    vectors = np.arange(N * 4, dtype=np.float64).reshape(N, 4)
    dataset = bring(frame().assign(vector=list(vectors)), embeddings="vector")
    assert dataset.given is not None
    assert np.array_equal(dataset.given.features, vectors)  # type: ignore[arg-type]
    assert dataset.feature_columns == ("size",)


def test_an_npz_is_a_data_set_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "whole.npz"
    np.savez(path, given=np.arange(N) % 3, truth=np.arange(N) % 3, pred_probs=probabilities().astype(np.float16))
    dataset = la.load(path, label="given")
    assert dataset.given is not None
    assert dataset.given.pred_probs is not None
    assert dataset.given.pred_probs.sum(axis=1) == pytest.approx(1)
    assert (dataset.classes, dataset.feature_columns) == ((0, 1, 2), ())
    again = tmp_path / "again.npz"
    la.write(dataset, again)
    with np.load(path) as before, np.load(again) as after:
        assert before.files == after.files
        assert all(
            np.array_equal(before[name], after[name]) and before[name].dtype == after[name].dtype for name in before
        )


def test_neighbours_are_row_numbers_of_their_own_file(tmp_path: Path) -> None:
    order = np.random.default_rng(3).permutation(N)
    points = np.random.default_rng(4).random((N, 2))
    distance = np.linalg.norm(points[order][:, None] - points[order], axis=2)
    index = distance.argsort(axis=1)[:, :4]  # every row is its own nearest neighbour
    np.savez(
        tmp_path / "knn.npz",
        ids=np.array([f"x{i}" for i in order]),
        neighbours=index[:, ::-1],
        distances=np.take_along_axis(distance, index, axis=1)[:, ::-1],
    )
    found = given(neighbours=tmp_path / "knn.npz")
    right = np.linalg.norm(points[:, None] - points, axis=2).argsort(axis=1)[:, 1:4]
    assert np.array_equal(found.neighbours, right)
    assert (np.diff(found.distances, axis=1) >= 0).all()


def test_folds_are_numbered_without_gaps() -> None:
    found = given(folds=np.where(np.arange(N) < 10, 7, 3))
    assert np.bincount(found.folds).tolist() == [20, 10]


# -- classes that nobody used ---------------------------------------------------------------------------


def test_probabilities_of_a_class_that_nobody_used_add_it_to_the_classes(tmp_path: Path) -> None:
    np.savez(tmp_path / "p.npz", pred_probs=probabilities(k=4), classes=np.array([*NAMES, "bee"]))
    dataset = bring(pred_probs=tmp_path / "p.npz")
    assert dataset.classes == ("bee", "cat", "dog", "eel")
    assert np.bincount(dataset.labels, minlength=4).tolist() == [0, 10, 10, 10]
    assert la.findings(dataset) is not None


def test_numbered_classes_need_no_names() -> None:
    dataset = bring(frame().assign(label=np.arange(N) % 3 * 2), pred_probs=probabilities(k=6))
    assert dataset.classes == (0, 1, 2, 3, 4, 5)
    assert np.unique(dataset.labels).tolist() == [0, 2, 4]


# -- what is refused ------------------------------------------------------------------------------------


def changed(row: int, values: object) -> np.ndarray:
    p = probabilities()
    p[row] = values
    return p


@pytest.mark.parametrize(
    ("brought", "words"),
    [
        ({"pred_probs": probabilities(29)}, "has 29 rows and the data set 'data' has 30; bring one row for each"),
        ({"pred_probs": probabilities()[:, 0]}, r"has the shape \(30,\); probabilities are a matrix"),
        ({"pred_probs": probabilities()[:, :1]}, "has one column"),
        ({"pred_probs": probabilities(k=4)}, "4 columns of probabilities and column 'label' has 3 classes"),
        (
            {"pred_probs": changed(7, [np.nan, 1, 0])},
            "row 7 of your array of probabilities holds a value that is no finite number",
        ),
        ({"pred_probs": changed(4, [-1, 1, 1])}, r"row 4 of .* holds a negative value \(1 row in all\)"),
        ({"pred_probs": changed(9, [1, 1, 1])}, "row 9 of .* probabilities sums to 3 instead of 1"),
        ({"pred_probs": np.array([["a", "b", "c"]] * N)}, "holds <U1, not numbers"),
        ({"embeddings": np.full((N, 3), np.inf)}, "row 0 of .* features holds a value that is no finite number"),
        ({"embeddings": np.zeros((N, 0))}, "has no columns"),
        ({"coordinates": np.zeros((N, 3))}, "has 3 columns; coordinates on a map are two"),
        ({"neighbours": np.full((N, 2), N)}, "neighbour that is no row from 0 to 29"),
        ({"neighbours": np.full((N, 2), 0.5)}, "holds a number with a fraction"),
        ({"neighbours": (np.zeros((N, 2)), np.zeros((N, 3)))}, r"distances of the shape \(30, 3\)"),
        ({"neighbours": (np.zeros((N, 2)), np.full((N, 2), -1.0))}, "row 0 of .* distance that is negative"),
        ({"folds": np.zeros(N)}, "puts all rows into one fold"),
        ({"folds": np.arange(N) - 1}, "has the fold -1"),
        ({"folds": np.arange(N)}, "has 30 folds for 30 rows"),
        ({"pred_probs": ["prob_cat", "prob_dog"]}, "no column 'prob_cat'"),
        ({"pred_probs": "probs.npz"}, "no file and no column 'probs.npz' with your probabilities"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(brought: dict[str, object], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        bring(**brought)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"ids": np.array(["x1"] * N)}, "has the id 'x1' more than once"),
        ({"ids": np.array([f"y{i}" for i in range(N)])}, "no row for 30 of 30 ids of the data set"),
        ({"ids": np.arange(3)}, "has 3 ids and 30 rows"),
        (
            {"classes": np.array(["a", "b", "c"])},
            "names the classes a, b, c, none of which is a label in column 'label'",
        ),
        ({"classes": np.array(["cat", "dog"])}, "names 2 classes and has 3 columns"),
        ({"classes": np.array(["cat", "cat", "dog"])}, "names the class 'cat' more than once"),
        ({"classes": np.array(["cat", "dog", "eels"])}, "no probabilities of class 'eel', which 10 rows have; did you"),
    ],
)
def test_ids_and_classes_that_do_not_fit_are_refused(tmp_path: Path, arrays: dict[str, np.ndarray], words: str) -> None:
    np.savez(tmp_path / "p.npz", pred_probs=probabilities(), **arrays)
    with pytest.raises(BadInput, match=words):
        bring(pred_probs=tmp_path / "p.npz")


def test_two_matrices_without_a_telling_name_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "p.npz", a=probabilities(), b=probabilities())
    with pytest.raises(BadInput, match="does not say which array holds the probabilities"):
        bring(pred_probs=tmp_path / "p.npz")


def test_nothing_is_ever_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return (Path.touch, (tmp_path / "sprung",))

    np.save(tmp_path / "trap.npy", np.array([Trap()] * N, dtype=object), allow_pickle=True)
    np.savez(tmp_path / "trap.npz", pred_probs=np.array([Trap()] * N, dtype=object))
    for name in ("trap.npy", "trap.npz"):
        with pytest.raises(BadInput, match="Python objects, which are never unpickled"):
            bring(pred_probs=tmp_path / name)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("name", ["p.npy", "p.npz"])
def test_a_file_that_was_cut_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    np.save(path, probabilities()) if name == "p.npy" else np.savez(path, pred_probs=probabilities())
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BadInput, match=f"{name} is not a NumPy file, or is damaged"):
        bring(pred_probs=path)


def test_a_header_that_promises_more_than_there_is_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "p.npy"
    np.save(path, np.zeros((30, 3)))
    path.write_bytes(path.read_bytes().replace(b"(30, 3)", b"(9999999999, 999)")[:400])
    with pytest.raises(BadInput, match="is damaged"):
        bring(pred_probs=path)


def test_an_archive_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}.npy", bytes(1 << 20))
    content = path.read_bytes()  # the sizes that the directory claims; nothing is unpacked to find out
    path.write_bytes(content.replace(struct.pack("<L", 1 << 20), struct.pack("<L", 1 << 30)))
    with pytest.raises(BadInput, match=r"bomb\.npz would take 20 GiB"):
        bring(pred_probs=path)


def test_columns_called_x_and_y_are_two(tmp_path: Path) -> None:
    points = np.random.default_rng(0).random((N, 2))
    pd.DataFrame(points, columns=["X", "Y"]).to_csv(tmp_path / "f.csv", index=False)
    assert given(embeddings=tmp_path / "f.csv").features.shape == (N, 2)
    assert given(coordinates=tmp_path / "f.csv").coordinates == pytest.approx(points)


def test_images_are_aligned_by_the_names_of_their_files(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (N, 8, 8, 3), dtype=np.uint8)
    write_images(tmp_path / "pets.zip", pixels, [NAMES[row % 3] for row in range(N)])
    files = [f"{NAMES[row % 3]}/{row:05d}.png" for row in range(N)]
    order = np.random.default_rng(1).permutation(N)
    arrays = {"ids": np.array(files)[order], "pred_probs": probabilities()[order], "classes": np.array(NAMES)}
    np.savez(tmp_path / "p.npz", **arrays)
    dataset = la.load(tmp_path / "pets.zip", pred_probs=tmp_path / "p.npz")
    assert dataset.given is not None
    expected = dict(zip(files, probabilities(), strict=True))
    right = [expected[name] for name in dataset.table["file"].to_pylist()]
    assert np.allclose(dataset.given.pred_probs, right, atol=1e-6)  # type: ignore[arg-type]


def test_columns_of_any_name_can_be_written(tmp_path: Path) -> None:
    whole = frame().assign(file="a.png", allow_pickle=1)
    la.write(la.load(whole, label="label"), tmp_path / "whole.npz")
    again = la.load(tmp_path / "whole.npz", label="label")
    assert again.table.column_names == list(whole.columns)
    assert again.table["file"].to_pylist() == ["a.png"] * N
