"""Public data sets by name: found, downloaded whole or not at all, and never unpickled."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from offering import Served, archive, put

from labelaudit.errors import BadInput, Cancelled
from labelaudit.load import load, rawsets
from labelaudit.load.named import NAMED, fetch, load_named, named
from labelaudit.settings import settings

ADULT = (
    b"39, State-gov, 77516, Bachelors, 13, Never-married, Adm-clerical, Not-in-family, White, Male, 2174, 0, 40, "
    b"United-States, <=50K\n"
)
RICH = ADULT.replace(b"<=50K", b">50K")
NEWS = b'"3","Fears for T N pension","Unions say so."\n"4","The race is on","A second team."\n'
PICKLE = b"\x80\x04\x95"

pytestmark = pytest.mark.usefixtures("data_dir")


# -- names ------------------------------------------------------------------------------------------------


def test_every_address_is_encrypted_and_has_a_checksum() -> None:
    assert all(wanted.url.startswith("https://") for wanted in NAMED.values())
    sums = {name: wanted.checksum.partition(":")[2].split("|") for name, wanted in NAMED.items()}
    for without in ("ud_english_ewt", "bike_sharing"):  # a tagged release and UCI's archive: none is published
        assert sums.pop(without) == [""]
        assert NAMED[without].rows > 2_000
    assert all(len(digits) in (32, 64) for digits in chain.from_iterable(sums.values()))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cifar10:cat,dgo,ship", "cifar10 has no class 'dgo'; did you mean 'dog'"),
        ("cifar10:cat,dog", "2 classes of cifar10 were chosen; choose 3 to 5"),
        ("adult_income:a,b,c", "adult_income comes with all of its classes"),
    ],
)
def test_classes_that_can_not_be_chosen_are_refused(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        named(text)


def test_other_names_are_none() -> None:
    assert named("iris.csv") is None
    assert named("C:\\data\\x.csv") is None


# -- download -----------------------------------------------------------------------------------------------


def test_a_download_is_kept_and_said(served: Served, data_dir: Path) -> None:
    wanted = served("adult_income", ADULT * 3)
    steps: list[tuple[str, float, float]] = []
    path = fetch(wanted, lambda *step: steps.append(step))
    assert path == data_dir / "adult.data"
    assert path.read_bytes() == ADULT * 3
    assert steps[-1][0] == "downloading adult_income"
    assert steps[-1][1] == steps[-1][2]
    assert fetch(replace(wanted, url="https://nowhere.invalid/")) == path


@pytest.mark.parametrize(
    ("content", "how", "words"),
    [
        (b"", {}, "the server answers 404"),
        (ADULT, {"promised": 10_000}, "only 128 of 10,000 bytes came"),
        (ADULT, {"checksum": "md5:" + "0" * 32}, "what came is another file: its md5 is"),
    ],
)
def test_what_is_not_whole_leaves_nothing_behind(
    served: Served, data_dir: Path, content: bytes, how: dict[str, object], words: str
) -> None:
    with pytest.raises(BadInput, match=words) as refused:
        fetch(served("adult_income", content, **how))
    assert f"put it into {data_dir} as adult.data" in str(refused.value)
    assert not list(data_dir.glob("*"))


def test_a_download_can_be_stopped(served: Served, data_dir: Path) -> None:
    def stop(*step: object) -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        fetch(served("adult_income", ADULT), stop)
    assert not list(data_dir.glob("*"))


def test_without_a_network_one_sentence_says_what_to_get_and_where_to_put_it(data_dir: Path) -> None:
    wanted = replace(NAMED["ag_news"], url="https://nowhere.invalid/test.csv")
    with pytest.raises(BadInput, match="ag_news is not on this machine and can't be downloaded") as refused:
        fetch(wanted)
    message = str(refused.value)
    assert "get https://nowhere.invalid/test.csv (2 MB) elsewhere" in message
    assert f"put it into {data_dir} as ag_news_test.csv or ag_news.csv" in message
    assert "\n" not in message


# -- tables and texts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["adult.data", "tabular/adult.data"])
def test_adult_without_a_header_gets_one(data_dir: Path, place: str) -> None:
    ages = [line.replace(b"39", str(20 + age % 7).encode()) for age in range(30) for line in (ADULT, RICH)]
    put(data_dir, place, b"".join(ages) + b"\n")
    dataset = load("adult_income")
    assert (len(dataset), dataset.classes) == (60, ("<=50K", ">50K"))
    assert dataset.table.column_names == list(rawsets.ADULT)
    assert (dataset.name, dataset.label_columns) == ("adult_income", ("income",))


@pytest.mark.parametrize("name", ["adult_train.csv", "adult.csv"])
def test_adult_with_a_header_is_taken_as_it_is(data_dir: Path, name: str) -> None:
    header = ",".join(rawsets.ADULT).encode() + b"\n"
    put(data_dir, name, header + (ADULT + RICH).replace(b", ", b",") * 5)
    dataset = load("adult_income", features=["age"])
    assert (dataset.label_columns, dataset.feature_columns, len(dataset)) == (("income",), ("age",), 10)


def test_ag_news_names_its_classes(data_dir: Path) -> None:
    put(data_dir, "ag_news_test.csv", NEWS * 3)
    dataset = load("ag_news")
    assert (dataset.classes, dataset.feature_columns) == (("Business", "Sci/Tech"), ("title", "description"))
    assert dataset.modality == "text"


@pytest.mark.parametrize(("name", "file"), [("adult_income", "adult.data"), ("ag_news", "ag_news_test.csv")])
def test_another_table_is_refused(data_dir: Path, name: str, file: str) -> None:
    put(data_dir, file, b"1,2,3,4,5\n6,7,8,9,10\n")
    with pytest.raises(BadInput, match="get it again"):
        load(name)


def test_newsgroups_are_posts_without_headers(data_dir: Path) -> None:
    post = "From: a@b.org\nSubject: {group}\n\nPost {number} of cafés.\n"
    posts = {
        f"20news-bydate-{split}__{group}__{number}": post.format(group=group, number=number).encode("latin-1")
        for split in ("train", "test")
        for group in ("sci.space", "rec.autos")
        for number in range(3)
    }
    put(data_dir, "20news-bydate.tar.gz", archive(**posts, **{"..__..__evil": b"out\n\nof here"}))
    dataset = load("newsgroups20")
    assert dataset.classes == ("..", "rec.autos", "sci.space")  # a name in a table, which is no path
    assert dataset.texts()[0] == "Post 0 of cafés.\n"
    assert dataset.table["split"].to_pylist()[:1] == ["train"]
    assert not list(data_dir.parent.rglob("evil"))


# -- images -------------------------------------------------------------------------------------------------


def cifar() -> bytes:
    rows = np.zeros((40, 3073), dtype=np.uint8)
    rows[:, 0] = np.arange(40) % 10
    rows[:, 1 : 1 + 1024] = np.arange(40)[:, None]  # red tells the images apart
    return rows.tobytes()


def test_the_binary_cifar10_becomes_images_of_the_chosen_classes(data_dir: Path) -> None:
    put(data_dir, "cifar-10-binary.tar.gz", archive(**{"cifar-10-batches-bin__test_batch.bin": cifar()}))
    dataset = load("cifar10:cat,dog,truck")
    assert (dataset.modality, dataset.classes, len(dataset)) == ("image", ("cat", "dog", "truck"), 12)
    from PIL import Image

    row = int(np.flatnonzero(dataset.labels == 0)[0])
    image = Image.open(io.BytesIO(dataset.image(row)))
    assert (image.size, image.mode, image.getpixel((5, 5))) == ((32, 32), "RGB", (3, 0, 0))
    assert load("cifar10").classes == NAMED["cifar10"].chosen


def test_the_pickled_cifar10_is_refused(data_dir: Path) -> None:
    put(data_dir, "cifar-10-binary.tar.gz", archive(**{"cifar-10-batches-py__test_batch": PICKLE + b"x" * 100}))
    with pytest.raises(BadInput, match="get the binary version again"):
        load("cifar10")


def test_images_in_class_folders_are_found_too(data_dir: Path) -> None:
    classes = ["cat", "deer", "dog", "horse", "ship", "frog"]
    data_dir.mkdir()
    rawsets.write_images(data_dir / "cifar10.zip", np.zeros((12, 4, 4, 3), dtype=np.uint8), classes * 2)
    assert len(load("cifar10")) == 10
    with pytest.raises(BadInput, match="has no images of truck"):
        load("cifar10:cat,dog,truck")


def test_an_archive_beside_its_table_is_a_pair(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not (shared_data / "images" / "cifar10_test_jpg.zip").is_file():
        pytest.skip("needs the images of CIFAR-10")
    monkeypatch.setenv("LABELAUDIT_DATA_DIR", str(shared_data))
    settings.cache_clear()
    dataset = load("cifar10:airplane,bird,frog")
    assert (len(dataset), dataset.classes) == (3000, ("airplane", "bird", "frog"))


def test_stl10_is_a_subset_the_right_way_up(data_dir: Path) -> None:
    codes = np.arange(20, dtype=np.uint8) % 10 + 1
    images = np.zeros((20, 3, 96, 96), dtype=np.uint8)
    images[:, 1, :, 0] = 200  # columns come before rows: the top row of the picture is green
    put(
        data_dir,
        "stl10_binary.tar.gz",
        archive(**{"stl10_binary__test_X.bin": images.tobytes(), "stl10_binary__test_y.bin": codes.tobytes()}),
    )
    dataset = load_named(*named("stl10"))  # type: ignore[misc]
    assert (len(dataset), dataset.classes) == (20, rawsets.STL10)
    from PIL import Image

    image = Image.open(io.BytesIO(dataset.image(0)))
    assert [image.getpixel(at) for at in ((50, 0), (0, 50))] == [(0, 200, 0), (0, 0, 0)]


def test_an_archive_that_was_cut_is_refused(data_dir: Path) -> None:
    whole = archive(**{"cifar-10-batches-bin__test_batch.bin": np.random.default_rng(0).bytes(3073 * 20)})
    put(data_dir, "cifar-10-binary.tar.gz", whole[: len(whole) // 2])
    with pytest.raises(BadInput, match=r"cifar-10-binary.tar.gz is damaged"):
        load("cifar10")
