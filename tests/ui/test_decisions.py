"""Deciding, undoing and exporting without a browser: every button writes what it says."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from dashboards import Dashboard
from made import relabelled, texts

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.result import Audit
from labelaudit.review import effective
from labelaudit.selection import Selection
from labelaudit.settings import settings
from labelaudit.workspace import Workspace

Decided = Callable[[], dict[str, tuple[str, str | None]]]
SUSPECTS = Selection(suspects=True).to_text()


@pytest.fixture
def worst(audited: Audit) -> list[dict[str, str]]:
    """The suspects, worst first."""
    issues = audited.label_issues[audited.label_issues["is_issue"]].sort_values("score", kind="stable")
    return [{"id": str(row.id), "given": row.given, "suggested": row.suggested} for row in issues.itertuples()]


def test_each_button_decides_on_the_example_and_moves_on(
    dashboard: Dashboard, audited: Audit, worst: list[dict[str, str]], decided: Decided
) -> None:
    dashboard.open("6_Inspector", audit=audited.id, sel=SUSPECTS)
    expected: dict[str, tuple[str, str | None]] = {}
    for suspect, (button, action) in zip(
        worst, (("accept", "set"), ("keep", "keep"), ("exclude", "exclude"), ("skip", "skip")), strict=False
    ):
        assert f"id {suspect['id']} · " in dashboard.text()
        dashboard.press(button)
        label = {"set": suspect["suggested"], "keep": suspect["given"]}.get(action)
        expected[suspect["id"]] = (action, label)
        assert decided() == expected
    dashboard.press("class-1")
    action, label = decided()[worst[4]["id"]]
    assert action == "set" and json.loads(str(label)) in audited.dataset.classes
    assert "decided  4" in dashboard.text()  # a skip is not a decision
    assert f"**{len(worst)} suspects**, 4 decided, {len(worst) - 4} left" in dashboard.text()


def test_a_digit_that_is_a_class_is_its_own_key(dashboard: Dashboard) -> None:
    names = texts(60)
    digits = relabelled(names, {row: "037"[int(name[-1])] for row, name in enumerate(names.table["label"].to_pylist())})
    audit(digits, AuditConfig(folds=2), cache=settings().cache_dir)
    dashboard.open("6_Inspector", audit=Workspace().request(digits, AuditConfig(folds=2)))
    classes = [(one["key"], dashboard.deck["names"][one["code"]]) for one in dashboard.face["classes"]]
    assert classes == [(name, name) for name in "037"]
    dashboard.press("class-7")
    dashboard.press("class-0")
    log = effective(Workspace().log.read(digits.data_fingerprint))
    assert log["after"].tolist() == ['"7"', '"0"']


def test_undo_takes_back_one_decision_after_the_other(
    dashboard: Dashboard, audited: Audit, worst: list[dict[str, str]], decided: Decided
) -> None:
    dashboard.open("6_Inspector", audit=audited.id, sel=SUSPECTS)
    dashboard.press("accept")
    dashboard.press("exclude")
    dashboard.press("undo")
    assert list(decided()) == [worst[0]["id"]]
    dashboard.press("undo")
    assert decided() == {}
    assert dashboard.deck["undo"] == []
    dashboard.press("redo")
    dashboard.press("redo")
    assert list(decided()) == [worst[0]["id"], worst[1]["id"]]


def test_what_was_skipped_comes_back_after_the_rest(
    dashboard: Dashboard, audited: Audit, worst: list[dict[str, str]]
) -> None:
    dashboard.open("6_Inspector", audit=audited.id, sel=SUSPECTS)
    dashboard.press("skip")
    for _ in worst[1:]:
        dashboard.press("keep")
    assert f"id {worst[0]['id']} · " in dashboard.text()
    assert f"**{len(worst)} suspects**, {len(worst) - 1} decided, 1 left" in dashboard.text()
    dashboard.open("3_Health")
    assert "flagged labels, 1 not decided yet." in dashboard.text()


def test_previous_and_next_decide_nothing(
    dashboard: Dashboard, audited: Audit, worst: list[dict[str, str]], decided: Decided
) -> None:
    dashboard.open("6_Inspector", audit=audited.id, sel=SUSPECTS)
    dashboard.press("next")
    assert f"id {worst[1]['id']} · " in dashboard.text()
    dashboard.press("previous")
    assert f"id {worst[0]['id']} · " in dashboard.text()
    assert decided() == {}


def test_a_search_selects_everywhere_and_may_find_nothing(dashboard: Dashboard, audited: Audit) -> None:
    app = dashboard.open("6_Inspector", audit=audited.id)
    app.text_input[0].set_value("WORDAB")
    dashboard.run()
    chips = [button.label for button in app.button if (button.key or "").startswith("chip-")]
    assert chips == ["contains “WORDAB”", "clear"]
    app.text_input[0].set_value("no text has this")
    dashboard.run()
    assert app.info[0].value.startswith("No example matches the selection.")


def test_home_returns_to_an_audit_with_what_was_decided(dashboard: Dashboard, audited: Audit) -> None:
    dashboard.open("6_Inspector", audit=audited.id, sel=SUSPECTS)
    dashboard.press("accept")
    dashboard.press("exclude")
    dashboard.press("undo")
    dashboard.press("skip")
    other = Dashboard(dashboard.root, dashboard.queue)
    other.open()
    assert "1 decided" in other.text()
    other.press(f"open-{audited.id}")
    assert "decided  1" in other.text()
    assert other.app.query_params["audit"] == audited.id


@pytest.mark.parametrize("scope", ["all", "selection", "decided"])
def test_the_scope_says_which_rows_are_written(
    dashboard: Dashboard, audited: Audit, worst: list[dict[str, str]], scope: str
) -> None:
    dashboard.open("6_Inspector", audit=audited.id, sel=SUSPECTS)
    for button in ("accept", "keep", "exclude"):
        dashboard.press(button)
    app = dashboard.open("9_Export")
    app.radio(key="scope").set_value(scope)
    dashboard.run()
    rows = {"all": 120, "selection": len(worst), "decided": 3}[scope]
    assert dashboard.metrics() == {
        "Relabelled": "1",
        "Removed": "1",
        "Kept, confirmed": "1",
        "Ambiguous": "0",
        "Not decided": str(rows - 3),
    }
    changes = app.dataframe[0].value
    assert sorted(changes["change"]) == ["relabelled", "removed"]
    assert len(app.get("download_button")) == 8


def test_the_rule_accepts_what_is_undecided_and_one_undo_takes_it_back(
    dashboard: Dashboard, audited: Audit, worst: list[dict[str, str]], decided: Decided
) -> None:
    dashboard.open("6_Inspector", audit=audited.id, sel=SUSPECTS)
    dashboard.press("keep")
    app = dashboard.open("9_Export")
    app.slider(key="rule-score").set_value(1.0)
    dashboard.run()
    assert app.button(key="rule").label == f"Accept {len(worst) - 1} suggestions"
    dashboard.press("rule")
    assert decided() == {worst[0]["id"]: ("keep", worst[0]["given"])} | {
        suspect["id"]: ("set", suspect["suggested"]) for suspect in worst[1:]
    }
    assert dashboard.metrics()["Relabelled"] == str(len(worst) - 1)
    assert app.button(key="rule").disabled
    dashboard.press("undo-rule")
    assert list(decided()) == [worst[0]["id"]]
    assert Workspace().log.read(audited.dataset.data_fingerprint)[-1].actor == "me"  # who took it back, not the rule


def test_nothing_decided_says_that_nothing_changes(dashboard: Dashboard, audited: Audit) -> None:
    app = dashboard.open("9_Export", audit=audited.id)
    assert "Nothing was changed yet." in dashboard.text()
    app.radio(key="scope").set_value("decided")
    dashboard.run()
    assert "no row of made texts would be left" in app.error[0].value
