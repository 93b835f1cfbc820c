"""History and copies on the Decisions page, and the history of one example in the Inspector."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from dashboards import Dashboard
from made import relabelled

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.database import Database
from labelaudit.decisions import Decision
from labelaudit.exchange import to_jsonl
from labelaudit.result import Audit
from labelaudit.review import DecisionLog
from labelaudit.settings import settings
from labelaudit.ui import copies, history
from labelaudit.workspace import Workspace

HTML = "<script>alert('é')</script>"


@pytest.fixture
def log(audited: Audit) -> DecisionLog:
    """Two decisions, of which the second was taken back, and a tag."""
    made = Workspace().log
    made.append([decide(audited, 1, "set", json.dumps(HTML), actor="ann", reason="it says so", comment=HTML * 500)])
    made.append([decide(audited, 2, "keep", actor=HTML)])
    made.undo(audited.dataset.data_fingerprint, HTML)
    made.append([decide(audited, 1, "tag", '["outlier_valid"]')])
    return made


def decide(audited: Audit, id: int, action: str, after: str | None = None, **more: Any) -> Decision:
    about = {"actor": "me", "before": audited.dataset.given_texts[id], "fingerprint": audited.dataset.data_fingerprint}
    return Decision(action=action, id=str(id), after=after, **{**about, **more})


def rows(dashboard: Dashboard) -> list[str]:
    """The rows of the table of the history, as HTML."""
    bodies = [html.proto.body for html in dashboard.app.get("html") if "la-history" in html.proto.body]
    return bodies[-1].split("<tr")[2:] if bodies and "<table" in bodies[-1] else []


def test_the_history_shows_all_escaped_and_strikes_what_was_taken_back(
    dashboard: Dashboard, audited: Audit, log: DecisionLog
) -> None:
    dashboard.open("8_Decisions", audit=audited.id)
    shown = rows(dashboard)
    assert len(shown) == 4
    assert "outlier_valid" in shown[0]
    assert "took back a decision" in shown[1]
    assert [row.startswith(" class=undone") for row in shown] == [False, False, True, False]
    assert "it says so" in shown[3] and "more characters" in shown[3]
    assert HTML not in "".join(shown) and "&lt;script&gt;" in shown[3]
    assert "4 entries" in " ".join(dashboard.text().split())


def test_filters_leave_what_is_sought_and_say_how_much(dashboard: Dashboard, audited: Audit, log: DecisionLog) -> None:
    app = dashboard.open("8_Decisions", audit=audited.id)
    app.text_input(key="history-text").set_value("says")
    dashboard.run()
    assert len(rows(dashboard)) == 1
    assert "1 of 4 entries" in " ".join(dashboard.text().split())
    app.text_input(key="history-text").set_value("")
    app.multiselect(key="history-who").set_value([HTML])
    dashboard.run()
    assert len(rows(dashboard)) == 2
    app.text_input(key="history-id").set_value("77")
    dashboard.run()
    assert rows(dashboard) == []
    assert "No entry is like that. Take a filter away." in [info.value for info in app.info]


def test_the_history_is_paged(
    dashboard: Dashboard, audited: Audit, log: DecisionLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PAGE", 3)
    app = dashboard.open("8_Decisions", audit=audited.id)
    assert len(rows(dashboard)) == 3
    app.number_input(key="history-page").set_value(2)
    dashboard.run()
    assert len(rows(dashboard)) == 1
    app.text_input(key="history-text").set_value("says")
    dashboard.run()
    assert len(rows(dashboard)) == 1


def test_a_copy_is_brought_back_once_and_what_does_not_fit_is_listed(
    dashboard: Dashboard, audited: Audit, log: DecisionLog
) -> None:
    fingerprint = audited.dataset.data_fingerprint
    before = log.read(fingerprint)
    copy = to_jsonl([*before, replace(before[0], id="9999", key="k")])
    Database(settings().decisions_url()).forget("local")
    app = dashboard.open("8_Decisions", audit=audited.id)
    open_copies(dashboard)
    for new, known in ((4, 0), (0, 4)):
        (box,) = [w for w in app.file_uploader if str(w.key).startswith("arriving")]
        box.set_value(("copy.jsonl", copy, "application/json"))
        dashboard.run()
        assert dashboard.metrics() == {"New": str(new), "Known already": str(known), "Refused": "1"}
        assert app.dataframe[0].value.to_dict("records") == [
            {"id": "9999", "what": "set", "who": "ann", "why not": "is about an id that is gone"}
        ]
        if new:
            dashboard.press("arrive")
    assert "Nothing of it is new here." in dashboard.text()
    after = log.read(fingerprint)
    assert [replace(d, seq=0) for d in after] == [replace(d, seq=0) for d in before]


def test_a_file_that_is_no_log_gets_a_sentence(dashboard: Dashboard, audited: Audit) -> None:
    app = dashboard.open("8_Decisions", audit=audited.id)
    open_copies(dashboard)
    (box,) = [w for w in app.file_uploader if str(w.key).startswith("arriving")]
    box.set_value(("copy.jsonl", b"{", "application/json"))
    dashboard.run()
    assert "line 1 of copy.jsonl is not JSON" in app.error[0].value


def test_where_the_disk_may_not_last_what_is_in_no_copy_is_counted(
    dashboard: Dashboard, audited: Audit, log: DecisionLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    dashboard.open("8_Decisions", audit=audited.id)
    assert "no copy yet" not in dashboard.text()
    open_copies(dashboard)
    assert "**4** entries about this data; 4 of them are in no copy of yours." in dashboard.text()
    last = log.read(audited.dataset.data_fingerprint)[-2].key
    Workspace().preferences.set("me", f"copied {audited.dataset.data_fingerprint}", last)
    dashboard.run()
    assert "1 of them are in no copy of yours." in dashboard.text()


def test_a_server_that_may_forget_asks_for_a_copy(
    dashboard: Dashboard, audited: Audit, log: DecisionLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "settings", lambda: SimpleNamespace(public=True))
    dashboard.open("8_Decisions", audit=audited.id)
    assert "4 entries are in no copy yet" in dashboard.text()


def test_what_was_decided_before_the_data_changed_is_offered_and_carried_over(
    dashboard: Dashboard, audited: Audit, log: DecisionLog
) -> None:
    now = relabelled(audited.dataset, {1: "class 2" if audited.dataset.given_texts[1] != '"class 2"' else "class 0"})
    audit(now, AuditConfig(folds=2, checks=False), cache=settings().cache_dir)
    app = dashboard.open("8_Decisions", audit=Workspace().request(now, AuditConfig(folds=2, checks=False)))
    assert "4 entries were written about made texts before it changed." in dashboard.text()
    open_copies(dashboard)
    app.selectbox(key="arriving-from").set_value(audited.dataset.data_fingerprint)
    dashboard.run()
    # the label of the first one is another one now; the rest of its row is not, so its tag stays
    assert dashboard.metrics() == {"New": "3", "Known already": "0", "Refused": "1"}
    dashboard.press("arrive")
    assert [d.action for d in Workspace().log.read(now.data_fingerprint)] == ["keep", "undo", "tag"]
    assert dashboard.metrics() == {"New": "0", "Known already": "3", "Refused": "1"}


def test_the_inspector_has_the_history_of_the_example(dashboard: Dashboard, audited: Audit, log: DecisionLog) -> None:
    app = dashboard.open("6_Inspector", audit=audited.id)
    app.session_state["position"] = 1
    dashboard.unfold(history.OPEN)
    shown = rows(dashboard)
    assert len(shown) == 2
    assert "it says so" in shown[1]


def open_copies(dashboard: Dashboard) -> None:
    dashboard.app.session_state["decisions-tab"] = "Copies"
    dashboard.run()
