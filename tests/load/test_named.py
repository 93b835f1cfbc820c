"""Public data sets by name: found, downloaded whole or not at all, and never unpickled."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from labelaudit.errors import BadInput, Cancelled
from labelaudit.load import load, rawsets
from labelaudit.load.named import NAMED, Named, fetch, load_named, named
from labelaudit.settings import settings
from labelaudit.shapes.votes import votes

ADULT = (
    b"39, State-gov, 77516, Bachelors, 13, Never-married, Adm-clerical, Not-in-family, White, Male, 2174, 0, 40, "
    b"United-States, <=50K\n"
)
RICH = ADULT.replace(b"<=50K", b">50K")
NEWS = b'"3","Fears for T N pension","Unions say so."\n"4","The race is on","A second team."\n'
PICKLE = b"\x80\x04\x95"


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("LABELAUDIT_DATA_DIR", str(folder))
    settings.cache_clear()
    return folder


Served = Callable[..., Named]


@pytest.fixture
def served() -> Iterator[Served]:
    """Serve bytes as the file of a data set, on this machine."""
    answers: dict[str, tuple[bytes, int]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content, promised = answers[self.path]
            self.send_response(200 if content else 404)
            self.send_header("Content-Length", str(promised))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def serve(name: str, content: bytes, promised: int | None = None, checksum: str | None = None) -> Named:
        answers[f"/{name}"] = (content, len(content) if promised is None else promised)
        found = f"sha256:{hashlib.sha256(content).hexdigest()}" if checksum is None else checksum
        url = f"http://127.0.0.1:{server.server_port}/{name}"
        return replace(NAMED[name], url=url, checksum=found, size=max(1, len(content)))

    yield serve
    server.shutdown()
    thread.join()
    server.server_close()


def archive(**files: bytes) -> bytes:
    """A TAR archive; ``__`` in a name stands for a slash."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("__", "/"))
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


# -- names ------------------------------------------------------------------------------------------------


def test_every_address_is_encrypted_and_has_a_checksum() -> None:
    assert all(wanted.url.startswith("https://") for wanted in NAMED.values())
    sums = {name: wanted.checksum.partition(":")[2].split("|") for name, wanted in NAMED.items()}
    for without in ("ud_english_ewt", "bike_sharing"):  # a tagged release and UCI's archive: none is published
        assert sums.pop(without) == [""]
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


# -- Covertype and the emotions of music --------------------------------------------------------------------


def test_covertype_gets_a_header_and_names_its_classes(data_dir: Path) -> None:
    rows = [[str(2000 + n), *["1"] * 53, str(n % 7 + 1)] for n in range(40)]
    text = "\n".join(",".join(row) for row in rows).encode()
    put(data_dir, "covtype.data.gz", gzip.compress(text))
    dataset = load("covertype", features=["Elevation"])
    assert (dataset.classes, len(dataset)) == (tuple(sorted(rawsets.COVERS)), 40)
    assert dataset.label_values()[:2] == ["spruce/fir", "lodgepole pine"]
    assert len(dataset.table.column_names) == 55
    put(data_dir, "covtype.data.gz", gzip.compress(text)[:-20])
    with pytest.raises(BadInput, match="not UCI's file of Covertype, or not all of it; get it again"):
        load("covertype")


@pytest.mark.parametrize("name", [rawsets.MISSPELT, rawsets.EMOTIONS[2]])
@pytest.mark.parametrize("file", ["music.csv", "multilabel/emotions.csv"])
def test_emotions_are_several_labels_per_song(data_dir: Path, name: str, file: str) -> None:
    header = ",".join(["tempo", *rawsets.EMOTIONS]).replace(rawsets.EMOTIONS[2], name)
    rows = "".join(f"{n * 7 % 11},{n % 2},{n % 3 // 2},0,1,{n % 5 // 4},{n % 2}\n" for n in range(20))
    put(data_dir, file, f"{header}\n{rows}".encode())
    dataset = load("emotions")
    assert (dataset.task, dataset.label_columns) == ("multilabel", rawsets.EMOTIONS)
    assert (len(dataset.units), dataset.feature_columns) == (120, ("tempo",))


def test_emotions_are_what_they_are_said_to_be(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = shared_data / "multilabel" / "emotions.csv"
    if not file.is_file():
        pytest.skip("needs the emotions of music")
    monkeypatch.setenv("LABELAUDIT_DATA_DIR", str(shared_data))
    settings.cache_clear()
    assert hashlib.sha256(file.read_bytes()).hexdigest() in NAMED["emotions"].checksum
    assert load("emotions").label_columns == rawsets.EMOTIONS


def test_another_table_is_no_emotions(data_dir: Path) -> None:
    put(data_dir, "music.csv", b"a,b\n1,2\n")
    with pytest.raises(BadInput, match="lacks columns of the emotions of music; get it again"):
        load("emotions")


# -- UD English EWT -------------------------------------------------------------------------------------------


def test_the_treebank_has_a_tag_per_token(data_dir: Path) -> None:
    line = "1\tGo\tgo\tVERB\tVB\t_\t0\troot\t_\t_\n"
    put(data_dir, "en_ewt-ud-dev.conllu", f"# sent_id = a\n{line}\n# sent_id = b\n{line}\n".encode())
    dataset = load("ud_english_ewt")
    assert (dataset.task, dataset.label_columns, dataset.label_values()) == ("token", ("upos",), ["VERB", "VERB"])
    assert dataset.ids.tolist() == ["a", "b"]


def test_another_file_is_no_treebank(data_dir: Path) -> None:
    put(data_dir, "en_ewt-ud-dev.conllu", b"404: Not Found\n")
    with pytest.raises(BadInput, match=r"en_ewt-ud-dev\.conllu is no CoNLL-U; get it again\."):
        load("ud_english_ewt")


# -- MovieLens ------------------------------------------------------------------------------------------------


def films(**members: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"ml-100k/u.{name}", text.encode("latin-1"))
    return packed.getvalue()


FILMS = (
    "1|Amélie|25-Apr-2001||http://x|"
    + "|".join("0" * 5 + "1" + "0" * 13)
    + "\n2|Alien|25-May-1979|||"
    + "|".join("0" * 11 + "1" + "0" * 7)
)


def test_users_of_movielens_are_annotators_and_films_are_items(data_dir: Path) -> None:
    said = "\n".join(f"{user}\t{film}\t{3 + (user + film) % 3}\t88125{user}" for user in (7, 8, 9) for film in (1, 2))
    put(data_dir, "ml-100k.zip", films(data=said, item=FILMS))
    dataset = load("movielens100k")
    assert dataset.task == "multiannotator"
    assert dataset.ids.tolist() == [1, 2]
    assert dataset.table["title"].to_pylist() == ["Amélie", "Alien"]
    assert dataset.table["genres"].to_pylist() == ["Comedy", "Horror"]
    found = votes(dataset)
    assert found.annotators == ("7", "8", "9")
    assert dataset.classes == ("3", "4", "5")
    assert len(found.ratings) == 6


@pytest.mark.parametrize("content", [b"no archive", films(data="1\t1\t5\t0"), films(data="1\t1\t5\t0", item="1|x|y")])
def test_another_archive_than_movielens_is_refused(content: bytes, data_dir: Path) -> None:
    put(data_dir, "ml-100k.zip", content)
    with pytest.raises(BadInput, match="get it again"):
        load("movielens100k")


# -- numbers ------------------------------------------------------------------------------------------------

HOURS = "instant,dteday,temp,casual,registered,cnt\n" + "".join(
    f"{i},2011-01-01,{i % 7 / 10},{i % 5 + i // 9},{i % 11 + 3},{i % 5 + i // 9 + i % 11 + 3}\n" for i in range(60)
)


def test_bike_sharing_comes_as_an_archive_whose_parts_of_the_sum_are_left_out(data_dir: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("hour.csv", HOURS)
    put(data_dir, "Bike-Sharing-Dataset.zip", packed.getvalue())
    dataset = load("bike_sharing")
    assert (dataset.task, dataset.label_columns) == ("regression", ("demand",))
    assert dataset.label_values()[:3] == [3, 5, 7]
    assert {"casual", "registered"} <= set(dataset.provenance["left_out"])


@pytest.mark.parametrize("content", [b"PK\x03\x04 cut off", b"a,b\n1,2\n"])
def test_another_file_is_no_bike_sharing(data_dir: Path, content: bytes) -> None:
    put(data_dir, "Bike-Sharing-Dataset.zip", content)
    with pytest.raises(BadInput, match="get it again"):
        load("bike_sharing")


def test_california_housing_gets_a_header(data_dir: Path) -> None:
    districts = (
        f"-122.{i},37.{i},{i % 50},{800 + i},129,{300 + i},126,{i % 9}.5,{452600 - 999 * i}" for i in range(40)
    )
    rows, packed = "\n".join(districts).encode(), io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        info = tarfile.TarInfo("CaliforniaHousing/cal_housing.data")
        info.size = len(rows)
        tar.addfile(info, io.BytesIO(rows))
    put(data_dir, "cal_housing.tgz", packed.getvalue())
    dataset = load("california_housing")
    assert (dataset.task, dataset.label_columns) == ("regression", ("median_house_value",))
    assert dataset.label_values()[0] == 452600
    assert "median_income" in dataset.table.column_names


@pytest.mark.parametrize(
    ("name", "file"),
    [("bike_sharing", "bike_sharing_hour.csv"), ("california_housing", "california_housing.csv")],
)
def test_tables_of_numbers_that_people_have_are_found(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch, name: str, file: str
) -> None:
    if not (shared_data / "tabular" / file).exists():
        pytest.skip(f"needs {file}")
    monkeypatch.setenv("LABELAUDIT_DATA_DIR", str(shared_data))
    dataset = load(name)
    assert dataset.task == "regression"
    assert len(dataset) > 17_000
