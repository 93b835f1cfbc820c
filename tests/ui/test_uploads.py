"""Files that are uploaded one after the other, or together."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from dashboards import Dashboard
from pictures import pictures
from streamlit.testing.v1 import AppTest

from labelaudit.dataset import Dataset
from labelaudit.ui.ingest import _ways

TABLE = ("table.csv", b"size,label\n" + b"1,a\n2,b\n3,a\n4,b\n" * 5, "text/csv")
FLAT = {f"photo {number}.png": content for number, content in enumerate(pictures(4).values())}


def packed(name: str, files: dict[str, bytes]) -> tuple[str, bytes, str]:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for inner, content in files.items():
            archive.writestr(inner, content)
    return name, file.getvalue(), "application/zip"


IMAGES = packed("flat.zip", FLAT)
NAMES = (
    "names.csv",
    ("file,label\n" + "".join(f"{n},{'ab'[i % 2]}\n" for i, n in enumerate(FLAT))).encode(),
    "text/csv",
)


@pytest.fixture
def ingest(dashboard: Dashboard) -> Dashboard:
    dashboard.open("1_Ingest")
    return dashboard


def upload(dashboard: Dashboard, *files: tuple[str, bytes, str]) -> Dataset | None:
    """Have these files in the box, those of before included; return what is loaded then."""
    dashboard.app.file_uploader(key="upload").set_value(list(files)).run()
    assert not dashboard.app.exception
    found: Dataset | None = dashboard.app.session_state.get("draft", None)
    return found


def errors(dashboard: Dashboard) -> list[str]:
    return [error.value.replace("\\", "") for error in dashboard.app.error]


@pytest.mark.parametrize("order", [(IMAGES, NAMES), (NAMES, IMAGES)], ids=["images first", "table first"])
def test_images_and_the_table_that_names_them_can_come_together(ingest: Dashboard, order: tuple) -> None:  # type: ignore[type-arg]
    found = upload(ingest, *order)
    assert found is not None
    assert (found.modality, found.classes, len(found)) == ("image", ("a", "b"), len(FLAT))


# In a browser the box keeps what was uploaded before; here every run uploads all anew, so this asks what would be read.
def test_what_comes_one_after_the_other_can_belong_together_and_need_not(tmp_path: Path) -> None:
    for name, content, _ in (IMAGES, NAMES, TABLE):
        (tmp_path / name).write_bytes(content)
    images, names, table = (tmp_path / name for name in ("flat.zip", "names.csv", "table.csv"))
    assert _ways([names], [images]) == [(images, names), (names, None)]
    assert _ways([images], [names]) == [(images, names), (images, None)]
    assert _ways([table], [names]) == [(names, table), (table, None)]
    assert _ways([table], []) == [(table, None)]


RATINGS = (
    "ratings.csv",
    ("item,annotator,label\n" + "".join(f"{n},{who},{'ab'[n % 2]}\n" for n in range(20) for who in "xy")).encode(),
    "text/csv",
)
ITEMS = ("items.csv", ("item,text\n" + "".join(f"{n},what {n} is\n" for n in range(22))).encode(), "text/csv")


@pytest.mark.parametrize("order", [(RATINGS, ITEMS), (ITEMS, RATINGS)], ids=["ratings first", "items first"])
def test_ratings_and_the_table_of_their_items_can_come_together(ingest: Dashboard, order: tuple) -> None:  # type: ignore[type-arg]
    found = upload(ingest, *order)
    assert found is not None
    assert (found.task, found.name, len(found), found.feature_columns) == ("multiannotator", "ratings", 22, ("text",))
    assert found.given_texts[20] is None
    assert errors(ingest) == []


def test_a_table_that_lacks_rated_items_is_refused(ingest: Dashboard) -> None:
    fewer = ("items.csv", b"\n".join(ITEMS[1].split(b"\n")[:9]), "text/csv")
    assert upload(ingest, RATINGS, fewer) is None
    assert errors(ingest) == [
        "items.csv lacks items that were rated (the first is '8'); add a row for each, or correct the ratings."
    ]


def test_files_that_are_no_pair_are_refused(ingest: Dashboard) -> None:
    assert upload(ingest, TABLE, NAMES) is None
    assert errors(ingest) == [
        "neither of table.csv and names.csv look like ratings by several annotators; choose one file, a ZIP of images "
        "together with the table that names them, or ratings together with the table of their items."
    ]


def uploaded(dashboard: Dashboard, name: str, text: str) -> AppTest:
    app = dashboard.open("1_Ingest")
    app.file_uploader(key="upload").set_value((name, text.encode(), "text/csv"))
    return dashboard.run()


def chosen(app: AppTest, label: str, value: str) -> None:
    next(box for box in app.selectbox if box.label == label).set_value(value)


def test_sentences_under_any_names_can_be_chosen(dashboard: Dashboard) -> None:
    rows = "".join(f"{n // 3},{['Das', 'Haus', 'brennt'][n % 3]},{['ART', 'N', 'V'][n % 3]}\n" for n in range(90))
    app = uploaded(dashboard, "baum.csv", "Satz,Wort,Etikett\n" + rows)
    for label, value in (("Labels are", "token"), ("Label", "Etikett"), ("Text", "Wort"), ("Id", "Satz")):
        chosen(app, label, value)
        app = dashboard.run()
    assert not app.error and not app.exception
    assert "90 rows, 3 columns: 30 examples" in [head.value for head in app.subheader]


def test_the_columns_that_ratings_were_read_from_are_shown(dashboard: Dashboard) -> None:
    rows = "".join(f"a good thing number {n},{'xy'[n % 2]},{'xyy'[n % 3]}\n" for n in range(60))
    app = uploaded(dashboard, "rated.csv", "text,rater1,rater2\n" + rows)
    assert app.multiselect(key=next(box.key for box in app.multiselect if box.label == "Labels")).value == [
        "rater1",
        "rater2",
    ]
    assert not app.error and not app.exception


def test_what_is_said_of_a_file_follows_the_kind_of_label(dashboard: Dashboard) -> None:
    rows = "".join(
        f'the parcel of order {n} came late,"{["late, calls", "price", "late"][n % 3]}"\n' for n in range(60)
    )
    app = uploaded(dashboard, "tags.csv", "text,tags\n" + rows)
    assert "labels are read from one column" in dashboard.text()
    chosen(app, "Labels are", "classification")
    app = dashboard.run()
    assert not app.error
    assert "labels are read from one column" not in dashboard.text()
