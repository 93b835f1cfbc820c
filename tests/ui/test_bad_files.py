"""Every file of the table, dropped on Ingest: one sentence and nothing is lost, or it is shown and can be audited."""

from __future__ import annotations

from pathlib import Path

import pytest
from dashboards import PAGES, Dashboard
from files import CASES, GOOD, Case
from made import relabelled
from streamlit.testing.v1 import AppTest

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.load import load
from labelaudit.result import Audit
from labelaudit.settings import settings
from labelaudit.workspace import Workspace

MOST_BYTES = 500_000  # that the browser gets of a page


def upload(dashboard: Dashboard, case: Case) -> AppTest:
    dashboard.app.file_uploader(key="upload").set_value((case.name, case.bytes(), "application/octet-stream"))
    return dashboard.run()


def sent(app: AppTest) -> int:
    """How much of a page the browser gets, in bytes."""
    protos = (getattr(element, "proto", None) for element in app.main)
    return sum(len(proto.SerializeToString()) for proto in protos if hasattr(proto, "SerializeToString"))


def loaded(app: AppTest) -> str:
    return next(subheader.value for subheader in app.subheader if " columns" in subheader.value)


@pytest.mark.parametrize("case", [case for case in CASES if case.refused], ids=str)
def test_a_bad_file_gets_one_sentence_and_nothing_is_lost(dashboard: Dashboard, audited: Audit, case: Case) -> None:
    app = dashboard.open("1_Ingest", audit=audited.id)
    upload(dashboard, Case("good.csv", GOOD))
    address = dict(app.query_params)
    upload(dashboard, case)
    (error,) = app.error
    said = error.value.replace("\\", "").replace("\u2060", "")
    assert case.refused in said
    assert "\n" not in said and said.endswith((".", "?")) and len(said) < 500
    assert not app.exception
    assert loaded(app) == "60 rows, 2 columns"
    assert "health  " in dashboard.text()  # the bar of the audit that is open
    assert dict(app.query_params) == address
    dashboard.open("3_Health")
    assert "Label noise" in dashboard.metrics()


@pytest.mark.parametrize("case", [case for case in CASES if not case.refused], ids=str)
def test_an_odd_file_is_shown_with_what_is_noticed(dashboard: Dashboard, case: Case) -> None:
    app = dashboard.open("1_Ingest")
    upload(dashboard, case)
    assert not app.error
    assert " rows" in loaded(app)
    assert case.noticed in dashboard.text().replace("\\", "").replace("\u2060", "")
    assert sent(app) < MOST_BYTES
    button = next(button for button in app.button if button.key == "ingest-go")
    assert button.disabled == ("one class" in case.noticed or "no label at all" in case.noticed)


ODD = ("markup", "control", "surrogate", "five_mb", "long_names", "wide", "ids", "struct", "category of lists", "zone")


@pytest.mark.parametrize("case", [case for case in CASES if case.name.rsplit(".")[0] in ODD], ids=str)
def test_every_page_shows_odd_data(dashboard: Dashboard, tmp_path: Path, case: Case) -> None:
    path = tmp_path / case.name
    path.write_bytes(case.bytes())
    right = load(path, label="label")
    dataset = relabelled(right, dict.fromkeys((1, 3, 5), right.classes[0]))
    found = audit(dataset, AuditConfig(folds=2), cache=settings().cache_dir)
    app = dashboard.open("", audit=Workspace().request(dataset, AuditConfig(folds=2)))
    for page in PAGES:
        dashboard.open(page)
        if page == "7_Noise_Sim":
            dashboard.queue.work()
            dashboard.run()
        assert "health  " in dashboard.text()
        assert not app.error
        assert sent(app) < MOST_BYTES, page
        raw = " ".join(element.proto.body for element in app.get("html"))
        assert "<script" not in raw and "<img" not in raw
        assert not any(element.allow_html for element in (*app.markdown, *app.caption))
    assert found.id in app.query_params["audit"]
