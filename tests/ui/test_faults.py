"""What goes wrong is said in a sentence with a way on, and nothing else is lost."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from dashboards import PAGES, Dashboard
from full import full
from made import table

from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.jobs import Job, Work
from labelaudit.load import TABLES, to_bytes
from labelaudit.result import Audit
from labelaudit.saved import open_dataset
from labelaudit.selection import Selection
from labelaudit.settings import settings
from labelaudit.ui.markdown import plain
from labelaudit.workspace import Workspace


@pytest.mark.parametrize("audit_id", ["0123456789abcdef", "../../etc/passwd", "<b>x</b>"])
def test_an_unknown_audit_in_the_address_is_said_and_dropped(dashboard: Dashboard, audit_id: str) -> None:
    app = dashboard.open("", audit=audit_id)
    assert "there is no audit" in app.warning[0].value
    app = dashboard.open("3_Health")
    assert app.subheader[0].value == "Nothing is audited yet"
    assert not app.warning
    assert "audit" not in app.query_params


@pytest.mark.parametrize("selection", ["{", '{"given": "not JSON"}', '{"box": [1]}', '{"colour": "red"}'])
def test_a_selection_that_cannot_be_read_leaves_the_audit_open(
    dashboard: Dashboard, audited: Audit, selection: str
) -> None:
    app = dashboard.open("", audit=audited.id, sel=selection)
    assert [warning.value for warning in app.warning] == (
        []
        if "colour" in selection
        else ["the selection in the address can't be read; it was dropped, so choose again."]
    )
    dashboard.open("3_Health")
    assert dashboard.metrics()["Suspects"] == str(int(audited.label_issues["is_issue"].sum()))


def test_unknown_data_in_the_address_is_said(dashboard: Dashboard) -> None:
    app = dashboard.open("", data="0123456789abcdef")
    assert "load the file again" in app.warning[0].value


def damage(audit: Audit, file: str) -> None:
    damaged = Workspace().result_folder(audit.id) / file
    damaged.write_bytes(damaged.read_bytes()[:20])


@pytest.mark.parametrize("page", PAGES[2:])
@pytest.mark.parametrize("file", ["pred_probs.npz", "issues.parquet", "manifest.json"])
def test_a_damaged_result_is_said_on_every_page(dashboard: Dashboard, audited: Audit, page: str, file: str) -> None:
    damage(audited, file)
    app = dashboard.open(page, audit=audited.id)
    assert len(app.error) == 1
    assert "\n" not in app.error[0].value
    assert [link.proto.label for link in app.get("page_link")] == ["Audit again"]


@pytest.mark.parametrize("file", ["pred_probs.npz", "issues.parquet", "manifest.json"])
def test_a_damaged_result_can_be_made_again(dashboard: Dashboard, audited: Audit, file: str) -> None:
    damage(audited, file)
    app = dashboard.open("2_Audit", audit=audited.id)
    assert len(app.error) == 1
    dashboard.press("resume")
    assert app.subheader[0].value.startswith("Waiting for a worker")
    dashboard.queue.work()
    dashboard.open("2_Audit")
    assert "We suspect" in dashboard.text()


def test_an_unfinished_audit_goes_on_from_its_card(dashboard: Dashboard, audited: Audit) -> None:
    audit_id = Workspace().request(audited.dataset, AuditConfig(folds=3))
    dashboard.open()
    assert "Not finished; what was done is kept." in dashboard.text()
    dashboard.press(f"open-{audit_id}")
    assert list(dashboard.queue.jobs) == [audit_id]
    assert dashboard.app.subheader[0].value == "Waiting for a worker · place 1 in the queue"
    dashboard.open("3_Health")
    assert dashboard.app.subheader[0].value == "This audit is not done"
    dashboard.queue.work()
    dashboard.open("3_Health")
    assert "Label noise" in dashboard.metrics()


@pytest.mark.parametrize(
    ("state", "title"),
    [("failed", "The audit could not be done"), ("cancelled", "Cancelled"), (None, "This audit was interrupted")],
)
def test_an_audit_that_stopped_says_why_and_can_go_on(
    dashboard: Dashboard, audited: Audit, state: str | None, title: str
) -> None:
    audit_id = Workspace().request(audited.dataset, AuditConfig(folds=3))
    if state:
        work = Work(audit_id, {}, state=state, error="the disk is full.")  # type: ignore[arg-type]
        job = Job("local", settings().artifacts_dir, work)
        dashboard.queue.jobs[audit_id] = job
    app = dashboard.open("2_Audit", audit=audit_id)
    assert app.subheader[0].value == title
    assert [error.value for error in app.error] == (["the disk is full."] if state == "failed" else [])
    dashboard.queue.jobs.clear()
    dashboard.press("resume")
    assert list(dashboard.queue.jobs) == [audit_id]


def upload(dashboard: Dashboard, name: str, content: bytes) -> None:
    dashboard.app.file_uploader(key="upload").set_value((name, content, "application/octet-stream"))
    dashboard.run()


@pytest.mark.parametrize("format", TABLES)
def test_every_format_can_be_uploaded(dashboard: Dashboard, finished: tuple[Dataset, object], format: str) -> None:
    app = dashboard.open("1_Ingest")
    upload(dashboard, f"made.{format}", to_bytes(finished[0], format))
    assert not app.error
    assert "120 rows, 2 columns" in [subheader.value for subheader in app.subheader]
    assert dashboard.select("Label").value == "label"
    dashboard.press("ingest-go")
    assert len(dashboard.queue.jobs) == 1


def test_an_upload_to_a_full_disk_gets_one_sentence(dashboard: Dashboard, finished: tuple[Dataset, object]) -> None:
    app = dashboard.open("1_Ingest")
    upload(dashboard, "made.csv", to_bytes(finished[0], "csv"))
    with full():
        upload(dashboard, "other.csv", to_bytes(finished[0], "csv") * 2)
    assert [error.value for error in app.error] == [
        plain("the uploaded file can't be written (File too large); free or change the disk.")
    ]
    assert "120 rows, 2 columns" in [subheader.value for subheader in app.subheader]


@pytest.mark.parametrize("name", ["..", "a/../../b.csv", "x" * 300 + ".csv", "\x00a\n.csv", "😀" * 90, "**b** `c`.csv"])
def test_a_name_that_no_file_can_have_is_no_obstacle(
    dashboard: Dashboard, finished: tuple[Dataset, object], name: str
) -> None:
    app = dashboard.open("1_Ingest")
    upload(dashboard, name, to_bytes(finished[0], "csv"))
    assert not app.error
    assert "120 rows, 2 columns" in [subheader.value for subheader in app.subheader]


def open_path(dashboard: Dashboard, path: object) -> None:
    dashboard.app.text_input(key="path").set_value(str(path))
    dashboard.press("open-path")


def test_a_path_on_this_machine_is_audited_without_an_upload(
    dashboard: Dashboard, finished: tuple[Dataset, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "here.csv").write_bytes(to_bytes(finished[0], "csv"))
    app = dashboard.open("1_Ingest")
    open_path(dashboard, "~/here.csv")
    assert "120 rows, 2 columns" in [subheader.value for subheader in app.subheader]
    dashboard.press("ingest-go")
    (job,) = dashboard.queue.jobs.values()
    assert open_dataset(job.data).provenance["path"] == str(tmp_path / "here.csv")
    dashboard.queue.work()
    dashboard.open("2_Audit")
    assert "We suspect" in dashboard.text()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("absent.csv", "there is no file"),
        ("", "photo.csv is a PNG image"),
        ("loop.csv", "cannot be read"),
        ("photo.csv", "is a PNG image"),
        ("../../../../../../../../etc/shadow-that-is-not-there", "there is no file"),
    ],
)
def test_a_path_that_cannot_be_read_gets_one_sentence_and_the_last_data_stays(
    dashboard: Dashboard, finished: tuple[Dataset, object], tmp_path: Path, path: str, words: str
) -> None:
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    (tmp_path / "photo.csv").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    app = dashboard.open("1_Ingest")
    upload(dashboard, "made.csv", to_bytes(finished[0], "csv"))
    open_path(dashboard, tmp_path / path)
    assert len(app.error) == 1
    said = app.error[0].value.replace("\\", "")
    assert words in said and "\n" not in said and said.endswith(".")
    assert "120 rows, 2 columns" in [subheader.value for subheader in app.subheader]


def test_an_audit_on_a_full_disk_is_not_begun(dashboard: Dashboard) -> None:
    app = dashboard.open("1_Ingest")
    upload(dashboard, "made.csv", to_bytes(table(n=600), "csv"))
    shutil.rmtree(Workspace().folder)
    with full():
        dashboard.press("ingest-go")
    assert len(app.error) == 1 and "be written (File too large)" in app.error[0].value
    assert not dashboard.queue.jobs
    dashboard.press("ingest-go")
    assert len(dashboard.queue.jobs) == 1


@pytest.mark.parametrize("button", ["accept", "keep", "exclude", "undo"])
def test_a_decision_that_cannot_be_written_is_said_and_waits(dashboard: Dashboard, audited: Audit, button: str) -> None:
    app = dashboard.open("6_Inspector", audit=audited.id, sel=Selection(suspects=True).to_text())
    dashboard.press("skip")
    log = Workspace().log.read(audited.dataset.data_fingerprint)
    with closing(sqlite3.connect(settings().artifacts_dir / "decisions.db")) as reader:
        reader.execute("SELECT * FROM decisions").fetchone()  # while somebody reads, reading goes on
        with full():
            dashboard.press(button)
    failed = dashboard.deck["failed"]
    assert "the decision log" in failed and "cannot be used" in failed
    assert Workspace().log.read(audited.dataset.data_fingerprint) == log
    dashboard.press("next")  # sends all that waits
    assert not app.error and not dashboard.deck["failed"] and not dashboard.waiting
    assert len(Workspace().log.read(audited.dataset.data_fingerprint)) == len(log) + 1


def test_a_decision_log_that_cannot_be_read_is_said_and_comes_back(dashboard: Dashboard, audited: Audit) -> None:
    app = dashboard.open("6_Inspector", audit=audited.id, sel=Selection(suspects=True).to_text())
    with full():
        dashboard.press("keep")
    (error,) = app.error
    assert "the decision log" in error.value and "cannot be used" in error.value
    dashboard.run()  # what waited is written
    assert not app.error
    assert "1 decided" in dashboard.text()


def test_a_damaged_record_is_said_on_its_card_and_on_its_page(dashboard: Dashboard, audited: Audit) -> None:
    record = Workspace().folder / "audits" / f"{audited.id}.json"
    record.write_bytes(record.read_bytes()[:40])
    app = dashboard.open()
    assert len(app.error) == 1 and "load the file and audit it again" in app.error[0].value
    app = dashboard.open("", audit=audited.id)
    assert "is damaged" in app.error[0].value


def features(dashboard: Dashboard) -> Any:
    """The box with the columns that the model may see."""
    return next(box for box in dashboard.app.multiselect if str(box.key).startswith("features-"))


def test_a_column_that_is_different_in_every_row_can_still_be_chosen(dashboard: Dashboard) -> None:
    rows = "".join(f"{'abcdefghij'[i % 10]}{'klmnop'[i % 6]}{i},{'fm'[i % 2]}\n" for i in range(60))
    app = dashboard.open("1_Ingest")
    upload(dashboard, "names.csv", f"name,gender\n{rows}".encode())
    assert not app.error
    assert dashboard.select("Label").value == "gender"
    assert features(dashboard).value == ["name"]


def test_a_label_column_can_be_changed_and_no_feature_is_an_error(dashboard: Dashboard) -> None:
    app = dashboard.open("1_Ingest")
    app.slider(key="noise").set_value(0)
    dashboard.press("demo-iris")
    assert dashboard.select("Label").value == "species"
    features(dashboard).set_value([])
    dashboard.run()
    assert "choose at least one" in app.error[0].value
    assert "ingest-go" not in [button.key for button in app.button]


def test_data_that_cannot_be_audited_gets_one_sentence_and_what_is_open_stays(
    dashboard: Dashboard, audited: Audit
) -> None:
    rows = "".join(f"{i * i % 17},{i % 5},word{i},{'ab'[i % 2]}\n" for i in range(60))
    app = dashboard.open("1_Ingest", audit=audited.id)
    upload(dashboard, "table.csv", f"x,y,name,kind\n{rows}".encode())
    dashboard.select("Label").set_value("name")
    dashboard.run()
    dashboard.press("ingest-go")
    assert len(app.error) == 1
    assert "60 different labels" in app.error[0].value
    assert app.error[0].value.endswith("choose a column with a few classes.")
    assert not dashboard.queue.jobs
    assert [record["id"] for record in Workspace().audits()] == [audited.id]
    dashboard.open("3_Health")
    assert dashboard.metrics()["Suspects"] == str(int(audited.label_issues["is_issue"].sum()))


def test_a_full_queue_is_said_everywhere_and_nothing_is_lost(
    dashboard: Dashboard, audited: Audit, finished: tuple[Dataset, object]
) -> None:
    dashboard.queue.full = True
    waiting = Workspace().request(audited.dataset, AuditConfig(folds=3))
    refused = ["20 audits wait already; try again."]
    app = dashboard.open("", audit=audited.id)
    for press in ("demo", f"open-{waiting}"):
        dashboard.press(press)
        assert [error.value for error in app.error] == refused
    dashboard.open("1_Ingest")
    upload(dashboard, "made.csv", to_bytes(finished[0], "csv"))
    dashboard.press("ingest-go")
    assert [error.value for error in app.error] == refused
    dashboard.open("7_Noise_Sim")
    assert [error.value for error in app.error] == refused
    dashboard.open("3_Health")
    assert dashboard.metrics()["Suspects"] == str(int(audited.label_issues["is_issue"].sum()))
    dashboard.queue.full = False
    later = Dashboard(dashboard.root, dashboard.queue)
    later.open()
    later.press(f"open-{waiting}")
    assert list(dashboard.queue.jobs) == [waiting]


def test_an_audit_under_way_is_watched_from_its_card(dashboard: Dashboard, audited: Audit) -> None:
    audit_id = Workspace().request(audited.dataset, AuditConfig(folds=3))
    dashboard.open()
    dashboard.press(f"open-{audit_id}")
    second = Dashboard(dashboard.root, dashboard.queue)
    second.open()
    assert "Under way." in second.text()
    second.press(f"open-{audit_id}")
    assert second.app.subheader[0].value.startswith("Waiting for a worker")
    assert "1 audit has to end before this one starts, in about 40 s." in second.text()


@pytest.mark.parametrize(
    "text", ["**b**", "<img src=x>", ":material/home:", ":crab:", "a -> b", "$x$", "[a](b)", "`c`", "12:30", "# h"]
)
def test_markdown_in_labels_is_escaped_and_only_invisibly_changed(text: str) -> None:
    shown = plain(text)
    assert shown.replace("\\", "").replace("\u2060", "") == text
    assert ":material/" not in shown.replace("\\", "")


def test_the_address_of_a_selection_reads_back(audited: Audit) -> None:
    chosen = Selection(suspects=True, given=json.dumps("class 1"), box=(0.0, 0.5, 0.25, 1.0), search="a & b=ü")
    assert Selection.from_text(chosen.to_text()) == chosen
