"""The files of public data sets as they come, to files that `load` reads; nothing in them is ever unpickled.

Archives are never unpacked: only files that belong into them are read, into memory, by name and size.
"""

from __future__ import annotations

import csv
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np
import pyarrow as pa

from labelaudit.errors import BadInput
from labelaudit.files import BROKEN_ARCHIVE, replacing
from labelaudit.load import conll
from labelaudit.load.imagery import ZIP_TIME

ADULT = (
    *("age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation", "relationship"),
    *("race", "sex", "capital_gain", "capital_loss", "hours_per_week", "native_country", "income"),
)
AG_NEWS = {"1": "World", "2": "Sports", "3": "Business", "4": "Sci/Tech"}
COVERS = ("spruce/fir", "lodgepole pine", "ponderosa pine", "cottonwood/willow", "aspen", "douglas-fir", "krummholz")
COVERTYPE = (
    *("Elevation", "Aspect", "Slope", "Horizontal_Distance_To_Hydrology", "Vertical_Distance_To_Hydrology"),
    *("Horizontal_Distance_To_Roadways", "Hillshade_9am", "Hillshade_Noon", "Hillshade_3pm"),
    "Horizontal_Distance_To_Fire_Points",
    *(f"Wilderness_Area_{number}" for number in range(4)),
    *(f"Soil_Type_{number}" for number in range(40)),
    "Cover_Type",
)
EMOTIONS = ("amazed-suprised", "happy-pleased", "relaxing-calm", "quiet-still", "sad-lonely", "angry-aggresive")
MISSPELT = "relaxing-clam"
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
STL10 = ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck")
STL10_EACH = 100  # images of each class in the subset
GENRES = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama"),
    *("Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western"),
)
LARGEST_LIST = 1 << 24  # bytes; the longest of MovieLens has 2 MB
BIKES = "demand"
CALIFORNIA = (
    *("longitude", "latitude", "housing_median_age", "total_rooms", "total_bedrooms", "population", "households"),
    *("median_income", "median_house_value"),
)
LONGEST_POST = 1 << 20  # bytes; the longest is a tenth of it
MOST_POSTS = 50_000
_HEAD = 4096  # characters that tell what a file is


def adult(raw: Path, target: Path) -> Path:
    """Give UCI's file of Adult a header; a file with one is left as it is.

    Raises
    ------
    BadInput
        It is something else.
    """
    with raw.open(encoding="utf-8", errors="replace", newline="") as file:
        first = next(csv.reader(file), [])
        if "income" in (cell.strip() for cell in first) or len(set(first) & set(ADULT)) > 3:
            return raw
        if len(first) != len(ADULT):
            raise BadInput(f"{raw.name} has {len(first)} columns and UCI's file of Adult {len(ADULT)}; get it again.")
        file.seek(0)
        rows = ([cell.strip() for cell in row] for row in csv.reader(file))
        return _csv(target, ADULT, (row for row in rows if len(row) == len(ADULT)))


def ag_news(raw: Path, target: Path) -> Path:
    """Give the file of AG News a header and its classes names; a file with a header is left as it is.

    Raises
    ------
    BadInput
        It is something else.
    """
    with raw.open(encoding="utf-8", errors="replace", newline="") as file:
        first = next(csv.reader(file), [])
        if first and first[0] not in AG_NEWS:
            return raw
        if len(first) != 3:
            raise BadInput(f"{raw.name} has {len(first)} columns and the file of AG News 3; get it again.")
        file.seek(0)
        rows = (row for row in csv.reader(file) if len(row) == 3)
        return _csv(target, ("label", "title", "description"), ([AG_NEWS.get(k, k), *rest] for k, *rest in rows))


def covertype(raw: Path, target: Path) -> Path:
    """Give UCI's file of Covertype a header and its classes names; a table with a header is left as it is.

    Raises
    ------
    BadInput
        It is something else.
    """
    if not raw.name.endswith(".gz"):
        return raw
    from pyarrow import csv, parquet

    try:
        table = csv.read_csv(raw, read_options=csv.ReadOptions(column_names=COVERTYPE))
        codes = table["Cover_Type"].to_numpy()
        names = pa.array(np.array(COVERS, dtype=object)[codes - 1])
    except (pa.ArrowException, OSError, EOFError, IndexError, TypeError) as error:
        raise BadInput(f"{raw.name} is not UCI's file of Covertype, or not all of it; get it again.") from error
    with replacing(target) as file:
        parquet.write_table(table.set_column(len(COVERTYPE) - 1, "Cover_Type", names), file)
    return target


def emotions(raw: Path, target: Path) -> Path:
    """Correct a label's name in the file of the emotions of music.

    Raises
    ------
    BadInput
        It is something else.
    """
    with raw.open(encoding="utf-8", errors="replace", newline="") as file:
        header = next(csv.reader(file), [])
        if not {*EMOTIONS[:2], *EMOTIONS[3:]} <= set(header):
            raise BadInput(f"{raw.name} lacks columns of the emotions of music; get it again.")
        if MISSPELT not in header:
            return raw
        corrected = [EMOTIONS[2] if name == MISSPELT else name for name in header]
        return _csv(target, corrected, csv.reader(file))


def bike_sharing(raw: Path, target: Path) -> Path:
    """Take the hours out of UCI's archive of bike sharing, and call what is to be predicted ``demand``.

    Raises
    ------
    BadInput
        It is something else.
    """
    with raw.open("rb") as file:
        zipped = file.read(2) == b"PK"
    try:
        with zipfile.ZipFile(raw) if zipped else nullcontext() as archive:
            text = raw.read_bytes() if archive is None else archive.read("hour.csv")
    except (zipfile.BadZipFile, KeyError, zlib.error) as error:
        raise BadInput(f"{raw.name} holds no file hour.csv that can be read; get it again.") from error
    rows = csv.reader(io.StringIO(text.decode("utf-8", errors="replace"), newline=""))
    header = next(rows, [])
    if BIKES in header:
        return raw
    if "cnt" not in header:
        raise BadInput(f"{raw.name} lacks the column 'cnt' of bike sharing; get it again.")
    return _csv(target, [BIKES if name == "cnt" else name for name in header], rows)


def california(raw: Path, target: Path) -> Path:
    """Give the file of California housing in StatLib's archive a header; a table with one is left as it is.

    Raises
    ------
    BadInput
        It is something else.
    """
    if raw.suffix == ".csv":
        return raw
    with _opened(raw) as tar:
        member = next((m for m in tar if m.isfile() and m.name.endswith("/cal_housing.data")), None)
        content = None if member is None or member.size > LONGEST_POST * 8 else tar.extractfile(member)
        text = "" if content is None else content.read().decode("ascii", errors="replace")
    rows = list(csv.reader(io.StringIO(text)))
    if not rows or len(rows[0]) != len(CALIFORNIA):
        raise BadInput(f"{raw.name} holds no file cal_housing.data; get it again.")
    return _csv(target, CALIFORNIA, rows)


def _csv(target: Path, header: Iterable[str], rows: Iterable[list[str]]) -> Path:
    with replacing(target) as file, io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(header)
        writer.writerows(rows)
        text.flush()
    return target


def universal(raw: Path, made: Path) -> Path:
    """Leave a treebank of Universal Dependencies as it is.

    Raises
    ------
    BadInput
        It is something else.
    """
    with raw.open(encoding="utf-8", errors="replace") as file:
        if conll.recognise(file.read(_HEAD)) != "conllu":
            raise BadInput(f"{raw.name} is no CoNLL-U; get it again.")
    return raw


def newsgroups(raw: Path, target: Path) -> Path:
    """Put the posts of 20 Newsgroups into a table; headers, which name the group, are left out.

    Raises
    ------
    BadInput
        The archive is damaged, or holds no posts.
    """
    import pyarrow.parquet as pq

    if raw.suffix in (".csv", ".parquet"):
        return raw
    columns: dict[str, list[str]] = {"id": [], "group": [], "split": [], "text": []}
    with _opened(raw) as tar:
        for member in tar:
            parts = member.name.split("/")
            if not member.isfile() or len(parts) != 3 or member.size > LONGEST_POST:
                continue
            content = tar.extractfile(member)
            post = b"" if content is None else content.read()
            split, group, number = parts
            row = (f"{group}/{number}", group, split.rpartition("-")[2], post.decode("latin-1").partition("\n\n")[2])
            for column, value in zip(columns.values(), row, strict=True):
                column.append(value)
            if len(columns["id"]) > MOST_POSTS:
                raise BadInput(f"{raw.name} holds more files than 20 Newsgroups; get it again.")
    if not columns["id"]:
        raise BadInput(f"{raw.name} holds no posts; get it again.")
    with replacing(target) as file:
        pq.write_table(pa.table(columns), file)
    return target


def cifar10(raw: Path, target: Path) -> Path:
    """Write the test part of CIFAR-10's binary version as a ZIP archive of class folders of PNG files.

    Raises
    ------
    BadInput
        The archive is damaged, or is the version for Python, which is pickled.
    """
    if not raw.name.endswith(".tar.gz"):
        return raw
    content = _members(raw, {"cifar-10-batches-bin/test_batch.bin": 3073})["cifar-10-batches-bin/test_batch.bin"]
    rows = np.frombuffer(content, dtype=np.uint8).reshape(-1, 3073)
    images = rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return write_images(target, images, [CIFAR10[min(code, 9)] for code in rows[:, 0].tolist()])


def stl10(raw: Path, target: Path) -> Path:
    """Write the first images of each class of STL-10's test part as a ZIP archive of class folders of PNG files.

    Raises
    ------
    BadInput
        The archive is damaged.
    """
    if not raw.name.endswith(".tar.gz"):
        return raw
    pixels, labels = "stl10_binary/test_X.bin", "stl10_binary/test_y.bin"
    read = _members(raw, {pixels: 3 * 96 * 96, labels: 1})
    codes = np.frombuffer(read[labels], dtype=np.uint8).astype(np.int64) - 1
    # Written by MATLAB: columns before rows.
    images = np.frombuffer(read[pixels], dtype=np.uint8).reshape(-1, 3, 96, 96).transpose(0, 3, 2, 1)
    rows = np.sort(np.concatenate([np.flatnonzero(codes == code)[:STL10_EACH] for code in range(len(STL10))]))
    return write_images(target, images[rows], [STL10[code] for code in codes[rows].tolist()])


def movielens(raw: Path, target: Path) -> Path:
    """Put MovieLens 100K's ratings and films into one table, a row per rating; users are the annotators.

    Raises
    ------
    BadInput
        The archive is damaged, or is another one.
    """
    if raw.suffix == ".csv":
        return raw
    wanted = ("ml-100k/u.data", "ml-100k/u.item")
    try:
        with zipfile.ZipFile(raw) as archive:
            fit = [info for info in archive.infolist() if info.filename in wanted and info.file_size <= LARGEST_LIST]
            read = {info.filename: archive.read(info).decode("latin-1").splitlines() for info in fit}
    except BROKEN_ARCHIVE as error:
        raise BadInput(f"{raw.name} is damaged or no ZIP archive; get it again.") from error
    if len(read) < len(wanted):
        raise BadInput(f"{raw.name} does not hold {' and '.join(wanted)} as it should; get it again.")
    ratings, films = (read[name] for name in wanted)
    known = {}
    for cells in (line.split("|") for line in films):
        if len(cells) != 5 + len(GENRES):
            raise BadInput(f"{raw.name} has a film of {len(cells)} cells and not {5 + len(GENRES)}; get it again.")
        genres = [genre for genre, is_one in zip(GENRES, cells[5:], strict=True) if is_one == "1"]
        known[cells[0]] = [cells[1], cells[2][-4:], " ".join(genres)]
    rows = (
        [film, user, rating, time, *known.get(film, ["", "", ""])]
        for user, film, rating, time in map(str.split, ratings)
    )
    return _csv(target, ("movie", "user", "rating", "time", "title", "year", "genres"), rows)


def write_images(target: Path, images: np.ndarray, labels: list[str]) -> Path:
    """Write images as a ZIP archive of class folders.

    Parameters
    ----------
    target : Path
    images : ndarray of shape (N, height, width) or (N, height, width, 3), uint8
    labels : list of N str
    """
    from PIL import Image

    with replacing(target) as file, zipfile.ZipFile(file, "w") as archive:
        for row, (pixels, label) in enumerate(zip(images, labels, strict=True)):
            encoded = io.BytesIO()
            Image.fromarray(np.ascontiguousarray(pixels)).save(encoded, "PNG")
            archive.writestr(zipfile.ZipInfo(f"{label}/{row:05d}.png", ZIP_TIME), encoded.getvalue())
    return target


def _members(raw: Path, wanted: dict[str, int]) -> dict[str, bytes]:
    """Read files of an archive; the size of each is so many bytes, or a multiple of them."""
    found = {}
    with _opened(raw) as tar:
        for member in tar:
            if member.name in wanted and member.isfile():
                content = tar.extractfile(member)
                held = b"" if content is None else content.read()
                if held and len(held) % wanted[member.name] == 0:
                    found[member.name] = held
            if len(found) == len(wanted):  # what follows may be gigabytes
                return found
    lacking = ", ".join(sorted(set(wanted) - set(found)))
    raise BadInput(f"{raw.name} does not hold {lacking} as it should; get the binary version again.")


@contextmanager
def _opened(raw: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(raw, "r:gz") as tar:
            yield tar
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        raise BadInput(f"{raw.name} is damaged or no TAR archive; get it again.") from error
