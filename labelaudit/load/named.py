"""Public data sets by name: from the data folder where their files are already there, else downloaded into it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from labelaudit import download
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput, NotFetched, did_you_mean
from labelaudit.files import writing
from labelaudit.load import rawsets
from labelaudit.predict import Progress, silent
from labelaudit.settings import settings

MB = 1_000_000
FEWEST, MOST = 3, 5  # classes, where there is a choice


@dataclass(frozen=True)
class Named:
    """A public data set.

    Parameters
    ----------
    name, title, what : str
        For the command line, for the screen, and one sentence.
    url : str
        Where its file is.
    file : str
        What that is called in the data folder.
    size : int
        Bytes, about.
    checksum : str
        ``algorithm:hexadecimal digits``, several with ``|`` between them; empty where none is published.
    rows : int
        Of the table that is read, by which a download without a checksum is known to be whole.
    label : str or tuple of str
    text : tuple of str
        Its roles, where the file has columns of these names.
    task : str
        A key of `labelaudit.tasks.TASKS`.
    known : tuple of str
        Other names under which people have it; ``images.zip+labels.csv`` for a pair.
    make : callable
        Raw file and a place to write to, to a file that `labelaudit.load.load` reads.
    ending : str
        Of that file.
    classes, chosen : tuple of str
        Among which 3 to 5 can be chosen, and those that are by default; empty for all.
    """

    name: str
    title: str
    what: str
    url: str
    file: str
    size: int
    checksum: str
    label: str | tuple[str, ...]
    make: Callable[[Path, Path], Path]
    ending: str
    rows: int = 0
    text: tuple[str, ...] = ()
    task: str = "classification"
    known: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    chosen: tuple[str, ...] = field(default=())

    @property
    def about(self) -> str:
        """Its size for a person."""
        return f"{self.size / 1e9:.1f} GB" if self.size >= 1e9 else f"{max(1, round(self.size / MB))} MB"

    def found(self) -> Path | None:
        """Return the file that is already on this machine, if there is one."""
        return next((path for name in (self.file, *self.known) if (path := _below(name.partition("+")[0]))), None)

    def labels(self, found: Path) -> Path | None:
        """Return the table that goes with images that were found, if one does."""
        pairs = dict(name.split("+") for name in self.known if "+" in name)
        return _below(pairs[found.name]) if found.name in pairs else None


def _below(name: str) -> Path | None:
    """Find a file in the data folder or in one of the folders in it."""
    folder = settings().data_dir
    if not folder.is_dir():
        return None
    places = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    return next((place / name for place in places if (place / name).exists()), None)


NAMED: dict[str, Named] = {
    named.name: named
    for named in (
        Named(
            name="adult_income",
            title="Adult Income",
            what="32,561 people of the 1994 US census, and whether each earns more than 50,000 dollars a year",
            url="https://archive.ics.uci.edu/ml/machine-learning-databases/adult/adult.data",
            file="adult.data",
            size=4 * MB,
            checksum="md5:5d7c39d7b8804f071cdd1f2a7c460872",
            label="income",
            make=rawsets.adult,
            ending=".csv",
            known=("adult_income.csv", "adult_train.csv", "adult.csv"),
        ),
        Named(
            name="ag_news",
            title="AG News",
            what="7,600 news items (the test part) of 4 topics",
            url="https://raw.githubusercontent.com/mhjabreel/CharCnn_Keras/master/data/ag_news_csv/test.csv",
            file="ag_news_test.csv",
            size=2 * MB,
            checksum="md5:d52ea96a97a2d943681189a97654912d",
            label="label",
            text=("title", "description"),
            make=rawsets.ag_news,
            ending=".csv",
            known=("ag_news.csv", "ag_news_test_7600.csv", "ag_news_csv/test.csv"),
        ),
        Named(
            name="newsgroups20",
            title="20 Newsgroups",
            what="18,846 posts of 20 newsgroups, without their headers",
            url="https://ndownloader.figshare.com/files/5975967",
            file="20news-bydate.tar.gz",
            size=14 * MB,
            checksum="sha256:8f1b2514ca22a5ade8fbb9cfa5727df95fa587f4c87b786e15c759fa66d95610",
            label="group",
            text=("text",),
            make=rawsets.newsgroups,
            ending=".parquet",
            known=("newsgroups20.csv", "newsgroups20.parquet"),
        ),
        Named(
            name="cifar10",
            title="CIFAR-10",
            what="1,000 photographs of 32 x 32 pixels (the test part) of each of 3 to 5 classes",
            url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
            file="cifar-10-binary.tar.gz",
            size=170 * MB,
            checksum="md5:c32a1d4ab5d03f1284b67883e8d87530",
            label="label",
            make=rawsets.cifar10,
            ending=".zip",
            known=("cifar10.zip", "cifar10", "cifar10_test_jpg.zip+cifar10_test.csv"),
            classes=rawsets.CIFAR10,
            chosen=("cat", "deer", "dog", "horse", "ship"),
        ),
        Named(
            name="stl10",
            title="STL-10",
            what="100 photographs of 96 x 96 pixels of each of 10 classes, a subset of the test part",
            url="https://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",
            file="stl10_binary.tar.gz",
            size=2640 * MB,
            checksum="md5:91f7769df0f17e558f3565bffb0c7dfb",
            label="label",
            make=rawsets.stl10,
            ending=".zip",
            known=("stl10.zip", "stl10"),
        ),
        Named(
            name="covertype",
            title="Covertype",
            what="581,012 patches of forest in Colorado, 54 measures each, and which of 7 kinds of trees cover them",
            url="https://ndownloader.figshare.com/files/5976039",
            file="covtype.data.gz",
            size=11 * MB,
            checksum="sha256:614360d0257557dd1792834a85a1cdebfadc3c4f30b011d56afee7ffb5b15771",
            label="Cover_Type",
            make=rawsets.covertype,
            ending=".parquet",
            known=("covertype.csv", "covertype.parquet", "covtype.csv"),
        ),
        Named(
            name="movielens100k",
            title="MovieLens 100K",
            what="100,000 ratings of 1,682 films, 1 to 5 stars by 943 users, who are the annotators",
            url="https://files.grouplens.org/datasets/movielens/ml-100k.zip",
            file="ml-100k.zip",
            size=5 * MB,
            checksum="md5:0e33842e24a9c977be4e0107933c0723",
            label="rating",
            make=rawsets.movielens,
            ending=".csv",
            known=("movielens100k.csv", "movielens100k.zip"),
            task="multiannotator",
        ),
        Named(
            name="emotions",
            title="Emotions of music",
            what="593 songs, 72 measures of sound each, and which of 6 emotions they evoke",
            url="https://raw.githubusercontent.com/scikit-multiflow/streaming-datasets/master/music.csv",
            file="music.csv",
            size=378_980,
            # The same file goes around with one label's name corrected.
            checksum=(
                "sha256:fe480fc0fc2958b534e60f4ab9ea4d26fc9cb216beaddb786822c4119a89ce73"
                "|72dff63d2629282299b9dc2f3b7f3a659565f1683b3314fd03b3f9ff243c87d2"
            ),
            label=rawsets.EMOTIONS,
            make=rawsets.emotions,
            ending=".csv",
            task="multilabel",
            known=("emotions.csv",),
        ),
        Named(
            name="bike_sharing",
            title="Bike sharing",
            what="17,379 hours of two years in Washington, the weather in each, and how many bikes were rented",
            url="https://archive.ics.uci.edu/ml/machine-learning-databases/00275/Bike-Sharing-Dataset.zip",
            file="Bike-Sharing-Dataset.zip",
            size=280_000,
            checksum="",
            label=rawsets.BIKES,
            make=rawsets.bike_sharing,
            ending=".csv",
            rows=17_379,
            task="regression",
            known=("bike_sharing_hour.csv", "bike_sharing.csv", "hour.csv"),
        ),
        Named(
            name="california_housing",
            title="California housing",
            what="20,640 districts of the 1990 US census, and the median value of their houses in dollars",
            url="https://ndownloader.figshare.com/files/5976036",
            file="cal_housing.tgz",
            size=441_963,
            checksum="sha256:aaa5c9a6afe2225cc2aed2723682ae403280c4a3695a2ddda4ffb5d8215ea681",
            label="median_house_value",
            make=rawsets.california,
            ending=".csv",
            task="regression",
            known=("california_housing.csv",),
        ),
        Named(
            name="ud_english_ewt",
            title="UD English EWT",
            what="2,001 sentences of the web (the development part), a part of speech for each of 25,000 tokens",
            url="https://raw.githubusercontent.com/UniversalDependencies/UD_English-EWT/r2.14/en_ewt-ud-dev.conllu",
            file="en_ewt-ud-dev.conllu",
            size=2 * MB,
            checksum="",
            label="upos",
            make=rawsets.universal,
            ending=".conllu",
            rows=2_001,
            task="token",
            known=("ud_english_ewt.conllu", "en_ewt-dev.HEAD.conllu"),
        ),
    )
}


def named(text: str) -> tuple[Named, tuple[str, ...]] | None:
    """Read ``name`` or ``name:class,class,class``; None where it is no such name.

    Raises
    ------
    BadInput
        The classes are none of the data set's, or too few or too many.
    """
    name, colon, listed = text.partition(":")
    if name not in NAMED:
        return None
    wanted = NAMED[name]
    if not colon:
        return wanted, wanted.chosen
    chosen = tuple(dict.fromkeys(part.strip() for part in listed.split(",") if part.strip()))
    if not wanted.classes:
        raise BadInput(f"{name} comes with all of its classes; leave out {colon + listed!r}.")
    wrong = next((value for value in chosen if value not in wanted.classes), None)
    if wrong is not None:
        raise BadInput(f"{name} has no class {wrong!r}{did_you_mean(wrong, wanted.classes)}")
    if not FEWEST <= len(chosen) <= MOST:
        raise BadInput(f"{len(chosen)} classes of {name} were chosen; choose {FEWEST} to {MOST}.")
    return wanted, chosen


def fetch(wanted: Named, progress: Progress = silent) -> Path:
    """Return the file, downloaded into the data folder unless it is there, whole or not at all.

    Raises
    ------
    BadInput
        It can't be downloaded, or is not what it should be; the message says how to get it by hand.
    StoreError
        It can't be written.
    """
    there = wanted.found()
    if there is not None:
        return there
    path = settings().data_dir / wanted.file
    step = f"downloading {wanted.name}"
    try:
        download.fetch(
            wanted.url, path, checksum=wanted.checksum, size=wanted.size, step=step, progress=_in_megabytes(progress)
        )
        if not wanted.checksum:
            _check_rows(wanted, path)
    except NotFetched as error:
        raise BadInput(_by_hand(wanted, str(error))) from error
    return path


def _check_rows(wanted: Named, path: Path) -> None:
    """Make sure by what is in it that what came is the whole file; else it does not stay."""
    from labelaudit.load import read

    try:
        with TemporaryDirectory() as folder:
            table, _ = read(wanted.make(path, Path(folder) / f"made{wanted.ending}"))
    except BadInput as error:
        path.unlink()
        raise NotFetched(f"what came is another file: {str(error).partition(';')[0]}") from error
    if table.num_rows != wanted.rows:
        path.unlink()
        raise NotFetched(f"what came is another file: it has {table.num_rows:,} rows and not {wanted.rows:,}")


def _in_megabytes(progress: Progress) -> Progress:
    def tell(step: str, done: float, total: float) -> None:
        progress(step, done / MB, total / MB)

    return tell


def _by_hand(wanted: Named, why: str) -> str:
    names = " or ".join(dict.fromkeys((wanted.file, *(name.replace("+", " with ") for name in wanted.known))))
    return (
        f"{wanted.name} is not on this machine and can't be downloaded ({why}); get {wanted.url} ({wanted.about}) "
        f"elsewhere and put it into {settings().data_dir.resolve()} as {names}."
    )


def load_named(wanted: Named, classes: Sequence[str], progress: Progress = silent, **roles: Any) -> Dataset:
    """Read a public data set, downloaded first unless it is there.

    Parameters
    ----------
    wanted, classes
        What `named` returned.
    progress : callable
    **roles
        For `labelaudit.load.load`, which guesses them by default.

    Raises
    ------
    BadInput, StoreError
        As `fetch`; or the file is not what it should be.
    """
    from labelaudit.load import load, read

    raw = fetch(wanted, progress)
    made = settings().cache_dir / f"named-{wanted.name}-{_version(raw)}{wanted.ending}"
    with writing(made):
        made.parent.mkdir(parents=True, exist_ok=True)
        ready = made if made.exists() else wanted.make(raw, made)
    labels = wanted.labels(raw)
    table, source = read(ready, labels)
    columns = table.column_names
    own = (wanted.label,) if isinstance(wanted.label, str) else wanted.label
    if set(own) <= set(columns):
        roles = {**roles, "label": roles.get("label") or own}
    if set(wanted.text) <= set(columns) and not roles.get("features"):
        roles = {**roles, "text": roles.get("text") or wanted.text}
    roles = {**roles, "name": roles.get("name") or wanted.name, "task": roles.get("task") or wanted.task}
    dataset = load((table, source), **roles)
    if classes:
        codes = [code for code, value in enumerate(dataset.classes) if str(value) in classes]
        rows = np.flatnonzero(np.isin(dataset.labels, codes))
        if len(codes) < len(classes):
            lacking = ", ".join(sorted(set(classes) - set(map(str, dataset.classes))))
            raise BadInput(f"{raw} has no images of {lacking}; choose other classes or another file.")
        dataset = dataset.take(rows)
    return replace(dataset, provenance={**dataset.provenance, "public": wanted.name, "path": str(raw.resolve())})


def _version(raw: Path) -> str:
    """Tell files apart without reading them."""
    stat = raw.stat()
    return hashlib.sha256(f"{raw.resolve()} {stat.st_size} {stat.st_mtime_ns}".encode()).hexdigest()[:12]
