"""Public data sets whose labels have other shapes: what is made of their files, and how their download fails."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from offering import Served, archive, put

from labelaudit.errors import BadInput
from labelaudit.load import load, rawsets
from labelaudit.load.named import NAMED, Named, fetch, load_named
from labelaudit.settings import settings
from labelaudit.shapes.votes import votes

pytestmark = pytest.mark.usefixtures("data_dir")


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


# -- every set of labels of other shapes ----------------------------------------------------------------------


def packed_as(kind: str, name: str, content: bytes) -> bytes:
    if kind == "tar":
        return archive(**{name.replace("/", "__"): content})
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr(name, content)
    return file.getvalue()


SONGS = ",".join(["tempo", *rawsets.EMOTIONS]) + "\n"
SONGS += "".join(f"{n * 7 % 11},{n % 2},{n % 3 // 2},0,1,{n % 5 // 4},{n % 2}\n" for n in range(20))
WORD = "1\tGo\tgo\tVERB\tVB\t_\t0\troot\t_\t_\n"
DISTRICTS = "".join(
    f"-122.{i},37.{i},{i % 50},{800 + i},9,{300 + i},6,{i % 9}.5,{452600 - 999 * i}\n" for i in range(40)
)
PATCHES = "".join(",".join([str(2000 + n), *["1"] * 53, str(n % 7 + 1)]) + "\n" for n in range(40))
VIEWS = "\n".join(f"{user}\t{film}\t{3 + (user + film) % 3}\t88125{user}" for user in (7, 8, 9) for film in (1, 2))
# By name: the file as it comes, the kind of label, and how many examples there are.
OTHERS = {
    "emotions": (SONGS.encode(), "multilabel", 20),
    "ud_english_ewt": (f"# sent_id = a\n{WORD}\n# sent_id = b\n{WORD}\n".encode(), "token", 2),
    "bike_sharing": (packed_as("zip", "hour.csv", HOURS.encode()), "regression", 60),
    "california_housing": (
        packed_as("tar", "CaliforniaHousing/cal_housing.data", DISTRICTS.encode()),
        "regression",
        40,
    ),
    "movielens100k": (films(data=VIEWS, item=FILMS), "multiannotator", 2),
    "covertype": (gzip.compress(PATCHES.encode()), "classification", 40),
}


def offered(served: Served, name: str, content: bytes | None = None, **how: Any) -> Named:
    """The set with a made file behind its address: by the checksum of that, or by its rows where none is published."""
    made, _, examples = OTHERS[name]
    if NAMED[name].checksum:
        how = {"checksum": f"sha256:{hashlib.sha256(made).hexdigest()}", **how}
        return served(name, made if content is None else content, **how)
    return replace(served(name, made if content is None else content, checksum="", **how), rows=examples)


@pytest.mark.parametrize("name", OTHERS)
def test_what_was_downloaded_is_what_is_found_afterwards(served: Served, data_dir: Path, name: str) -> None:
    content, task, examples = OTHERS[name]
    roles = {"features": ["Elevation"]} if name == "covertype" else {}
    came = load_named(offered(served, name), (), **roles)
    assert (came.task, len(came), came.provenance["public"]) == (task, examples, name)
    assert [path.name for path in data_dir.iterdir()] == [NAMED[name].file]
    assert (data_dir / NAMED[name].file).read_bytes() == content
    found = load(name, **roles)
    assert found.data_fingerprint == came.data_fingerprint


@pytest.mark.parametrize("name", OTHERS)
def test_a_set_that_can_not_be_had_says_so_in_one_sentence_and_leaves_nothing(
    served: Served, data_dir: Path, name: str
) -> None:
    content = OTHERS[name][0]
    other = b"<html>Not here any more.</html>" + b"," * len(content)
    cases: list[tuple[bytes, dict[str, int], str]] = [
        (b"", {}, "the server answers 404"),
        (content[:-9], {"promised": len(content)}, f"only {len(content) - 9:,} of {len(content):,} bytes came"),
        (other, {}, "what came is another file: "),
    ]
    for sent, how, says in cases:
        with pytest.raises(BadInput) as refused:
            load_named(offered(served, name, sent, **how), ())
        message = str(refused.value)
        assert says in message
        assert message.startswith(f"{name} is not on this machine and can't be downloaded (")
        assert f"put it into {data_dir} as {NAMED[name].file}" in message
        assert "\n" not in message
        assert not list(data_dir.glob("*"))


@pytest.mark.parametrize("name", ["ud_english_ewt", "bike_sharing"])
def test_a_set_without_a_checksum_is_whole_where_its_rows_are(served: Served, data_dir: Path, name: str) -> None:
    wanted = replace(offered(served, name), rows=NAMED[name].rows)
    with pytest.raises(BadInput, match=f"it has {OTHERS[name][2]} rows and not {NAMED[name].rows:,}"):
        fetch(wanted)
    assert not list(data_dir.glob("*"))
