"""Images from folders, archives and tables."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pictures import as_folder, as_tar, as_zip, picture, pictures

from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.load import load, to_bytes, write
from labelaudit.saved import open_dataset, save_dataset
from labelaudit.settings import settings

Pack = Callable[[Path, Mapping[str, bytes]], Path]
PACKS = {"images": as_folder, "images.zip": as_zip, "images.tar": as_tar, "images.tar.gz": as_tar}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELAUDIT_CACHE_DIR", str(tmp_path / "cache"))
    settings.cache_clear()


@pytest.fixture(params=PACKS)
def packed(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Mapping[str, bytes]], Path]:
    return lambda files: PACKS[request.param](tmp_path / request.param, files)


def names_in(dataset: Dataset) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(to_bytes(dataset, "zip"))) as archive:
        return archive.namelist()


# -- class folders ------------------------------------------------------------------------------------


def test_class_folders_are_the_labels(packed: Callable[[Mapping[str, bytes]], Path]) -> None:
    files = pictures(3)
    dataset = load(packed(files))
    assert (dataset.modality, dataset.name, dataset.classes) == ("image", "images", ("bars", "cross", "disc"))
    assert sorted(dataset.ids) == sorted(files)
    for row, name in enumerate(dataset.ids):
        assert dataset.image(row) == files[name]
        assert dataset.label_values()[row] == name.split("/")[0]


def test_the_same_images_are_the_same_data_however_they_are_packed(tmp_path: Path) -> None:
    files = dict(sorted(pictures(2).items()))
    prints = {load(pack(tmp_path / name, files)).fingerprint for name, pack in PACKS.items()}
    assert len(prints) == 1
    files["disc/000.png"] = picture("disc", 99)
    assert load(as_zip(tmp_path / "other.zip", files)).fingerprint not in prints


@pytest.mark.parametrize("prefix", ["", "photos/", "a/b c/", "train/"])
def test_what_all_names_begin_with_is_no_class(tmp_path: Path, prefix: str) -> None:
    dataset = load(as_zip(tmp_path / "x.zip", {prefix + name: content for name, content in pictures(2).items()}))
    assert dataset.classes == ("bars", "cross", "disc")
    assert "split" not in dataset.table.column_names


def test_splits_above_the_classes_become_a_column(tmp_path: Path) -> None:
    files = {f"set/{split}/{name}": c for split in ("train", "Val", "test") for name, c in pictures(2).items()}
    dataset = load(as_zip(tmp_path / "x.zip", files))
    assert dataset.classes == ("bars", "cross", "disc")
    assert set(dataset.table["split"].to_pylist()) == {"train", "Val", "test"}


def test_hidden_files_are_not_there_and_others_are_told(tmp_path: Path) -> None:
    files = {
        **pictures(2),
        "__MACOSX/disc/._000.png": b"x",
        ".DS_Store": b"x",
        "disc/Thumbs.db": b"x",
        "inner.zip": b"PK",
    }
    dataset = load(as_zip(tmp_path / "x.zip", files))
    assert len(dataset) == 6
    assert dataset.source.notes == ("1 file that is no image was left out (the first: 'inner.zip')",)


def test_an_image_beside_the_class_folders_has_no_label(tmp_path: Path) -> None:
    dataset = load(as_zip(tmp_path / "x.zip", {**pictures(2), "lost.png": picture("disc", 7)}))
    assert (dataset.labels < 0).sum() == 1
    assert "lost.png" in names_in(dataset)


@pytest.mark.parametrize("name", ["a b.png", "ä 🐈.png", "line\nbreak.png", "=1+1.png", "<b>.PNG", "no suffix.x.jpeg"])
def test_odd_names_are_kept(packed: Callable[[Mapping[str, bytes]], Path], name: str) -> None:
    dataset = load(packed({**pictures(2), f"disc/{name}": picture("disc", 7)}))
    row = list(dataset.ids).index(f"disc/{name}")
    assert dataset.image(row) == picture("disc", 7)
    assert f"disc/{name}" in names_in(dataset)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.txt": b"x"}, "x.zip holds no image, only 'a.txt'; choose images, or a table."),
        ({"inner.zip": b"PK"}, "x.zip holds no image, only 'inner.zip'"),
        ({"a.png": b"x", "b.png": b"x"}, "x.zip holds 2 images in no folders and no table that names them; put"),
        ({"cat/a.png": b"x", "cat/b.png": b"x"}, "x.zip holds 2 images in one folder, 'cat', and no table"),
        ({"cat/a.png": b"x", "../b.png": b"x"}, "x.zip holds a path that leads outside of it, '../b.png'; pack"),
        ({"cat/a.png": b"x", "/etc/b.png": b"x"}, "x.zip holds a path that leads outside of it, '/etc/b.png'"),
        ({"cat/a.png": b"x", "C:\\b.png": b"x"}, "x.zip holds a path that leads outside of it"),
        ({"cat/a.png": bytes(3 << 20)}, "x.zip holds 'cat/a.png', which is 1,0"),
    ],
)
def test_a_bad_archive_gets_one_sentence(tmp_path: Path, files: dict[str, bytes], words: str) -> None:
    with pytest.raises(BadInput) as caught:
        load(as_zip(tmp_path / "x.zip", files, zipfile.ZIP_DEFLATED))
    assert words in str(caught.value)
    assert not (tmp_path.parent / "b.png").exists()


def test_links_are_refused(tmp_path: Path) -> None:
    path = as_zip(tmp_path / "x.zip", pictures(2))
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("disc/link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(BadInput, match=r"holds a link, 'disc/link\.png'"):
        load(path)


def test_a_link_in_a_tar_is_refused(tmp_path: Path) -> None:
    import tarfile

    path = as_tar(tmp_path / "x.tar", pictures(2))
    with tarfile.open(path, "a") as archive:
        link = tarfile.TarInfo("disc/link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(BadInput, match=r"holds a link or a device, 'disc/link\.png'"):
        load(path)


def test_a_million_entries_are_refused_before_they_are_read(tmp_path: Path) -> None:
    path = as_zip(tmp_path / "x.zip", {f"{n}.png": b"" for n in range(1000)})
    content = bytearray(path.read_bytes())
    at = content.rfind(b"PK\x05\x06")
    # The end of an archive of the newer kind, which has room for such a number.
    entries = (1_000_000).to_bytes(8, "little")
    record = b"PK\x06\x06" + (44).to_bytes(8, "little") + bytes(12) + entries + entries + bytes(16)
    locator = b"PK\x06\x07" + bytes(4) + at.to_bytes(8, "little") + (1).to_bytes(4, "little")
    path.write_bytes(content[:at] + record + locator + content[at:])
    with pytest.raises(BadInput, match=r"x\.zip has 1,000,000 entries and 500,000 is the limit; unpack it"):
        load(path)


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz"])
def test_an_archive_that_is_cut_gets_one_sentence(tmp_path: Path, name: str) -> None:
    pack: Pack = as_zip if name == "x.zip" else as_tar
    path = pack(tmp_path / name, pictures(4))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadInput, match="is damaged or not"):
        load(path)


def test_an_encrypted_archive_gets_one_sentence(tmp_path: Path) -> None:
    path = as_zip(tmp_path / "x.zip", pictures(1))
    content = bytearray(path.read_bytes())
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(BadInput, match="is encrypted"):
        load(path)


# -- a table beside the images ----------------------------------------------------------------------


def table_of(files: Mapping[str, bytes], write_name: Callable[[str], str] = str) -> pd.DataFrame:
    names = list(files)
    return pd.DataFrame(
        {"n": range(len(names)), "image": map(write_name, names), "kind": [n.split("/")[0] for n in names]}
    )


@pytest.mark.parametrize(
    "write_name",
    [str, lambda n: f"./{n}", lambda n: n.replace("/", "\\"), lambda n: n.removesuffix(".png")],
    ids=["as it is", "dot", "backslash", "no suffix"],
)
def test_a_table_names_the_images(tmp_path: Path, write_name: Callable[[str], str]) -> None:
    files = pictures(3)
    table_of(files, write_name).to_csv(tmp_path / "labels.csv", index=False)
    archive = as_zip(tmp_path / "x.zip", {f"all/{name}": content for name, content in files.items()})
    dataset = load(archive, labels=tmp_path / "labels.csv", label="kind")
    assert (dataset.modality, dataset.feature_columns, dataset.source.format) == ("image", ("image",), "csv")
    assert [dataset.image(row) for row in range(len(dataset))] == list(files.values())


def test_a_table_within_the_archive_is_found(packed: Callable[[Mapping[str, bytes]], Path]) -> None:
    files = {name.replace("/", "_"): content for name, content in pictures(3).items()}
    frame = pd.DataFrame({"file_name": list(files), "label": [name.split("_")[0] for name in files]})
    dataset = load(packed({**{f"images/{n}": c for n, c in files.items()}, "metadata.csv": frame.to_csv().encode()}))
    assert dataset.classes == ("bars", "cross", "disc")
    assert [dataset.image(row) for row in range(len(dataset))] == list(files.values())


def test_a_table_that_names_images_in_its_folder_is_enough(tmp_path: Path) -> None:
    files = pictures(3)
    as_folder(tmp_path, files)
    table_of(files).to_csv(tmp_path / "labels.csv", index=False)
    dataset = load(tmp_path / "labels.csv", label="kind")
    assert [dataset.image(row) for row in range(len(dataset))] == list(files.values())


def test_files_that_are_not_there_and_rows_that_name_none_are_told(tmp_path: Path) -> None:
    files = pictures(3)
    table = pd.concat([table_of(files).iloc[1:], pd.DataFrame({"n": [99], "image": ["gone.png"], "kind": ["disc"]})])
    table.to_csv(tmp_path / "labels.csv", index=False)
    dataset = load(as_zip(tmp_path / "x.zip", files), labels=tmp_path / "labels.csv", label="kind")
    assert "1 row names no file in x.zip (the first: 'gone.png') and can't be audited" in dataset.source.notes
    assert "1 image is named by no row and left out (the first: 'disc/000.png')" in dataset.source.notes
    with pytest.raises(BadInput, match="there is no such file"):
        dataset.image(len(dataset) - 1)


def test_a_table_about_something_else_gets_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("a,label\n1,x\n2,y\n")
    with pytest.raises(
        BadInput, match=r"no column of the table names the files in x\.zip \(the images are called like"
    ):
        load(as_zip(tmp_path / "x.zip", pictures(2)), labels=tmp_path / "labels.csv")


def test_one_table_in_an_archive_is_read(tmp_path: Path) -> None:
    dataset = load(as_zip(tmp_path / "x.zip", {"t.csv": b"size,label\n1,a\n2,b\n3,a\n4,b\n"}), label="label")
    assert (dataset.modality, len(dataset)) == ("tabular", 4)


# -- cells ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["bytes", "struct"])
def test_parquet_with_image_bytes(tmp_path: Path, shape: str) -> None:
    files = pictures(3)
    cells = [content if shape == "bytes" else {"bytes": content, "path": name} for name, content in files.items()]
    pq.write_table(pa.table({"picture": cells, "label": [n.split("/")[0] for n in files]}), tmp_path / "x.parquet")
    dataset = load(tmp_path / "x.parquet")
    assert (dataset.modality, dataset.feature_columns) == ("image", ("picture",))
    assert [dataset.image(row) for row in range(len(dataset))] == list(files.values())
    again = load_back(dataset, tmp_path / "y.parquet")
    assert again.table.equals(dataset.table)
    assert len(set(dataset.digests)) == len(files)


def load_back(dataset: Dataset, path: Path) -> Dataset:
    write(dataset, path)
    return load(path, label=dataset.label_columns[0])


# -- back -------------------------------------------------------------------------------------------


def test_an_unchanged_archive_comes_back_as_it_was(tmp_path: Path) -> None:
    files = {f"set/train/{name}": content for name, content in pictures(3).items()} | {
        "set/test/disc/x.jpg": picture("disc", 1)
    }
    write(load(as_zip(tmp_path / "x.zip", files)), tmp_path / "y.zip")
    with zipfile.ZipFile(tmp_path / "y.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files


def test_a_relabelled_image_moves_to_the_folder_of_its_class(tmp_path: Path) -> None:
    dataset = load(as_zip(tmp_path / "x.zip", {f"set/{name}": content for name, content in pictures(2).items()}))
    labels = dataset.label_values()
    labels[0], labels[2] = "bars", "../odd"
    names = names_in(dataset.with_labels(labels))
    assert names[0] == "set/bars/000.png"
    assert names[2] == "set/.._odd/000.png"
    assert "set/bars/000_2.png" in names or names.count("set/bars/000.png") == 1
    assert len(set(names)) == len(dataset)


def test_images_survive_being_kept(tmp_path: Path, packed: Callable[[Mapping[str, bytes]], Path]) -> None:
    path = packed(pictures(2))
    dataset = load(path)
    save_dataset(dataset, tmp_path / "kept")
    if path.is_file():
        path.unlink()
    again = open_dataset(tmp_path / "kept")
    assert again.fingerprint == dataset.fingerprint
    assert [again.image(row) for row in range(len(again))] == [again.image(row) for row in range(len(dataset))]


# -- Hugging Face -----------------------------------------------------------------------------------


@pytest.fixture
def datasets() -> Any:
    return pytest.importorskip("datasets")


def test_a_saved_data_set_keeps_class_names_and_images(datasets: Any, tmp_path: Path) -> None:
    files = pictures(3)
    kinds = sorted({name.split("/")[0] for name in files})
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=kinds)})
    rows = {
        "image": [{"bytes": content, "path": None} for content in files.values()],
        "label": [kinds.index(name.split("/")[0]) for name in files],
    }
    saved = datasets.Dataset.from_dict(rows, features=features)
    datasets.DatasetDict({"train": saved, "test": saved.select(range(4))}).save_to_disk(tmp_path / "saved")
    dataset = load(tmp_path / "saved")
    assert (dataset.modality, dataset.classes, len(dataset)) == ("image", tuple(kinds), len(files))
    assert [dataset.image(row) for row in range(len(dataset))] == list(files.values())
    assert dataset.source.notes == ("split 'train' of saved; it also has 'test'",)
    assert len(load(tmp_path / "saved", split="test")) == 4
    with pytest.raises(BadInput, match="'saved' has no split 'tset'; did you mean 'test'"):
        load(tmp_path / "saved", split="tset")


def test_a_saved_data_set_of_texts_with_rows_taken(datasets: Any, tmp_path: Path) -> None:
    texts = [f"this is text number {n} about {'cats' if n % 2 else 'dogs'}" for n in range(20)]
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["dog", "cat"])})
    labels = [n % 2 if n else -1 for n in range(20)]
    saved = datasets.Dataset.from_dict({"text": texts, "label": labels}, features=features)
    saved.select(range(0, 20, 3)).save_to_disk(tmp_path / "saved")
    dataset = load(tmp_path / "saved")
    assert (dataset.modality, dataset.texts()) == ("text", texts[::3])
    assert dataset.label_values() == [None, "cat", "dog", "cat", "dog", "cat", "dog"]


def test_a_name_that_the_hub_does_not_have_gets_one_sentence(datasets: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*args: object) -> None:
        raise datasets.exceptions.DatasetNotFoundError("Dataset 'x/y' doesn't exist on the Hub or cannot be accessed.")

    monkeypatch.setattr(datasets, "load_dataset", nothing)
    with pytest.raises(BadInput, match=r"'x/y' can't be had from the Hugging Face Hub \(Dataset 'x/y' doesn't exist"):
        load("hf://x/y")
