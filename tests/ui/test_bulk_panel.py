"""Deciding on a whole selection without a browser: filter, dry run, apply, undo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from dashboards import PAGES, Dashboard

from labelaudit.decisions import was_seen
from labelaudit.result import Audit
from labelaudit.review import Decision
from labelaudit.selection import Selection
from labelaudit.ui import bulk, filters, folding
from labelaudit.workspace import Workspace

Decided = Callable[[], dict[str, tuple[str, str | None]]]
SUSPECTS = Selection(suspects=True)


@pytest.fixture
def suspects(audited: Audit) -> dict[str, tuple[str, str | None]]:
    """What accepting every suggestion decides."""
    issues = audited.label_issues[audited.label_issues["is_issue"]]
    return {str(row.id): ("set", row.suggested) for row in issues.itertuples()}


def decide(audited: Audit, id_: str, action: str, actor: str) -> None:
    fingerprint = audited.dataset.data_fingerprint
    Workspace().log.append([Decision(actor=actor, action=action, id=id_, fingerprint=fingerprint)])


def test_a_selection_is_decided_on_after_a_dry_run_and_one_undo_takes_it_back(
    dashboard: Dashboard, audited: Audit, decided: Decided, suspects: dict[str, tuple[str, str | None]]
) -> None:
    excluded = next(iter(suspects))
    decide(audited, excluded, "exclude", "me")
    app = dashboard.open("6_Inspector", audit=audited.id, sel=SUSPECTS.to_text())
    dashboard.unfold(bulk.OPEN)
    rest = len(suspects) - 1
    assert f"{rest} rows change, 1 already decided otherwise." in dashboard.text()
    assert len(decided()) == 1  # a dry run changes nothing
    assert app.dataframe[0].value["rows"].sum() == rest
    dashboard.press("bulk-apply")
    assert decided() == {**suspects, excluded: ("exclude", None)}
    assert not app.session_state[folding.OPEN]
    assert f"**Done:** {rest} rows change." in dashboard.text().replace("\\", "")
    dashboard.press("bulk-undo")
    assert decided() == {excluded: ("exclude", None)}
    assert "Done:" not in dashboard.text()


def test_ticked_rows_narrow_the_decision_only_where_the_table_is_seen(
    dashboard: Dashboard, audited: Audit, suspects: dict[str, tuple[str, str | None]]
) -> None:
    app = dashboard.open("6_Inspector", audit=audited.id, sel=SUSPECTS.to_text())
    app.segmented_control(key="view").set_value("Table").run()
    app.session_state["ticked"] = dashboard.deck["walk"][:2]
    dashboard.unfold(bulk.OPEN)
    assert "Decide on all 2" in dashboard.text()
    app.checkbox(key="bulk-ticked").uncheck().run()
    dashboard.unfold(bulk.OPEN)
    assert not app.checkbox(key="bulk-ticked").value  # nor is it checked anew
    app.checkbox(key="bulk-ticked").check().run()
    dashboard.press("bulk-apply")
    ticked = Workspace().log.read(audited.dataset.data_fingerprint)
    assert (len(ticked), all(map(was_seen, ticked))) == (2, True)
    app.segmented_control(key="view").set_value("One by one").run()
    dashboard.unfold(bulk.OPEN)
    assert f"Decide on all {len(suspects)}" in dashboard.text()
    assert app.session_state["ticked"] == []
    dashboard.press("bulk-apply")
    rest = Workspace().log.read(audited.dataset.data_fingerprint)[2:]
    assert len(rest) == len(suspects) - 2
    assert not any(map(was_seen, rest))  # nobody looked at each of them


def test_what_was_decided_otherwise_is_decided_over_only_when_asked(
    dashboard: Dashboard, audited: Audit, decided: Decided, suspects: dict[str, tuple[str, str | None]]
) -> None:
    first = next(iter(suspects))
    decide(audited, first, "exclude", "ann")
    app = dashboard.open("4_Heatmap", audit=audited.id, sel=replace(SUSPECTS, ids=(first,)).to_text())
    dashboard.press("bulk-strip")  # a click on a cell and this one: two clicks to the dry run
    assert "0 rows change, 1 already decided otherwise." in dashboard.text()
    assert app.button(key="bulk-apply").disabled
    app.checkbox(key="bulk-over").check()
    dashboard.run()
    dashboard.press("bulk-apply")
    assert decided() == {first: suspects[first]}


def test_what_was_decided_since_the_dry_run_refuses_it_and_shows_it_anew(
    dashboard: Dashboard, audited: Audit, decided: Decided, suspects: dict[str, tuple[str, str | None]]
) -> None:
    app = dashboard.open("4_Heatmap", audit=audited.id, sel=SUSPECTS.to_text())
    dashboard.unfold(bulk.OPEN)
    first = next(iter(suspects))
    decide(audited, first, "exclude", "ann")  # in another window
    dashboard.press("bulk-apply")
    assert decided() == {first: ("exclude", None)}  # nothing was written
    assert "This is what would change now." in app.warning[0].value
    assert f"{len(suspects) - 1} rows change, 1 already decided otherwise." in dashboard.text()
    dashboard.press("bulk-apply")
    assert decided() == {**suspects, first: ("exclude", None)}


def test_a_class_is_set(dashboard: Dashboard, audited: Audit, decided: Decided) -> None:
    three = Selection(ids=("3", "4", "8"))
    app = dashboard.open("3_Health", audit=audited.id, sel=three.to_text())
    dashboard.unfold(bulk.OPEN)
    app.pills(key="bulk-action").set_value("set")
    dashboard.run()
    assert "bulk-apply" not in [button.key for button in app.button]  # no class yet
    app.selectbox(key="bulk-class").set_value("class 2")
    dashboard.run()
    dashboard.press("bulk-apply")
    assert decided() == dict.fromkeys(three.ids, ("set", '"class 2"'))


def test_the_panel_is_on_every_page_and_says_where_nothing_is_selected(dashboard: Dashboard, audited: Audit) -> None:
    dashboard.open(audit=audited.id, sel=Selection(search="no text has this").to_text())
    for page in PAGES[2:6]:
        app = dashboard.open(page)
        dashboard.unfold(bulk.OPEN)
        assert any(info.value.startswith("No example is selected.") for info in app.info)


# -- filters ------------------------------------------------------------------------------------------


def test_filters_are_put_together_with_a_live_count_and_then_select(dashboard: Dashboard, audited: Audit) -> None:
    app = dashboard.open("6_Inspector", audit=audited.id)
    dashboard.unfold(filters.OPEN)
    assert app.button(key="filter-apply").disabled  # it is what is selected already

    def widget(kind: str, title: str) -> object:
        return next(element for element in getattr(app, kind) if element.label == title)

    widget("selectbox", "Given").set_value('"class 1"')  # type: ignore[attr-defined]
    widget("slider", "Detectors that agree, at least").set_value(2)  # type: ignore[attr-defined]
    dashboard.run()
    table, agree = audited.label_issues, audited.agreeing
    count = int(((table["given"] == '"class 1"') & (agree >= 2)).sum())
    assert 0 < count < 40
    assert app.button(key="filter-apply").label == f"Select these {count}"
    dashboard.press("filter-apply")
    chips = [button.label for button in app.button if (button.key or "").startswith("chip-")]
    assert chips == ["given class 1", "2 detectors agree", "clear"]
    assert f"{count} selected" in dashboard.text()


def test_an_address_with_odd_filters_is_shown_and_can_be_changed(dashboard: Dashboard, audited: Audit) -> None:
    odd = Selection(given='"<b>gone</b>"', score_below=7.0, detectors=99, tag="no such", reviewer="nobody")
    app = dashboard.open("3_Health", audit=audited.id, sel=odd.to_text())
    dashboard.unfold(filters.OPEN)
    assert app.button(key="filter-apply").label == "Select these 0"
