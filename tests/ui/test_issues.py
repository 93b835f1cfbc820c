"""Every kind of issue on the screens: what was found, what it means, and the way to the examples."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import tagged
from dashboards import PAGES, Dashboard
from issued import finding

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.result import Audit
from labelaudit.selection import Selection
from labelaudit.settings import settings
from labelaudit.workspace import Workspace


def chips(dashboard: Dashboard) -> list[str]:
    return [button.label for button in dashboard.app.button if (button.key or "").startswith("chip-")]


def keep(audit: Audit) -> None:
    audit.save(settings().cache_dir / f"audit-{audit.id}", with_data=False)


def test_health_lists_what_the_checks_found_in_their_order(dashboard: Dashboard, with_checks: Audit) -> None:
    app = dashboard.open("3_Health", audit=with_checks.id)
    text = dashboard.text()
    found = ["2  Conflicting duplicates", "3  Near duplicates", "1  Class imbalance"]
    assert sorted(text.index(title) for title in found) == [text.index(title) for title in found]
    assert "3 found by near duplicates." in text.replace("\\", "")
    assert "Looked for and not found: outliers." in text.replace("\\", "")
    assert [expander.label for expander in app.expander] == ["1 check does not apply to this data"]
    assert "There are no images." in text
    assert app.dataframe[-1].value.to_dict("records") == [{"label": "class 0", "share": 0.123, "times fewer": 4}]


def test_conflicting_copies_stand_side_by_side_with_both_labels(dashboard: Dashboard, with_checks: Audit) -> None:
    app = dashboard.open("3_Health", audit=with_checks.id)
    (pair,) = [html.proto.body for html in app.get("html") if '"la-pair"' in html.proto.body]
    assert pair.count("la-near") == 2
    assert {"class 1", "class 2"} <= {part.split("<")[0] for part in pair.split('dir="auto">')}


def test_a_button_selects_the_issue_everywhere_and_opens_the_inspector(
    dashboard: Dashboard, with_checks: Audit
) -> None:
    dashboard.open("3_Health", audit=with_checks.id)
    dashboard.app.session_state["view"] = "Table"
    dashboard.press("show-near_duplicate")
    assert chips(dashboard) == ["Near duplicates", "clear"]
    assert "3 selected" in dashboard.text()
    assert "**3 near duplicates**, 0 decided, 3 left" in dashboard.text()
    (grid,) = [element.proto.json_args for element in dashboard.app.get("component_instance")]
    assert '"headerName": "Near duplicates"' in grid
    assert "id 12 · " in dashboard.text()  # the lowest score of the check
    assert dashboard.app.query_params["sel"] == Selection(issue="near_duplicate").to_text()
    for page in PAGES:
        if page != "7_Noise_Sim":
            dashboard.open(page)
            assert chips(dashboard) == ["Near duplicates", "clear"], page


def test_nothing_found_is_said_quietly(dashboard: Dashboard, with_checks: Audit) -> None:
    keep(replace(with_checks, manifest={**with_checks.manifest, "checks": {"outlier": finding("Outliers")}}))
    dashboard.open("3_Health", audit=with_checks.id)
    assert "Looked for and not found: outliers." in dashboard.text().replace("\\", "")
    assert not [button for button in dashboard.app.button if (button.key or "").startswith("show-")]


def test_an_audit_without_checks_says_how_to_have_them(dashboard: Dashboard, audited: Audit) -> None:
    keep(replace(audited, manifest={name: part for name, part in audited.manifest.items() if name != "checks"}))
    dashboard.open("3_Health", audit=audited.id)
    assert "Audit again to have them." in dashboard.text()


def test_images_that_can_not_be_read_are_named_with_the_reason(dashboard: Dashboard, with_checks: Audit) -> None:
    broken = [{"id": "7", "row": 7, "name": "b/<i>.jpg", "reason": "is cut off"}]
    keep(replace(with_checks, manifest={**with_checks.manifest, "unreadable": broken}))
    app = dashboard.open("3_Health", audit=with_checks.id)
    assert "**1 image can't be read**" in dashboard.text()
    tables = [frame.value.to_dict("records") for frame in app.dataframe]
    assert [{"name": "b/<i>.jpg", "reason": "is cut off"}] in tables


def test_the_inspector_says_which_detectors_agree(dashboard: Dashboard, with_checks: Audit) -> None:
    dashboard.open("6_Inspector", audit=with_checks.id, sel=Selection(suspects=True).to_text())
    said = dashboard.face["why"]
    assert re.search(r'la-chip yes" title="[^"]*" dir="auto">pairwise confidence #1<', said)
    assert "neighbours’ vote " in said and re.search(r"[1-9] of [5-9] detectors speak against the label", said)
    assert re.search(r"neighbours’ vote \d of \d for class \d", said)
    dashboard.app.session_state["selection"] = Selection(issue="near_duplicate")
    dashboard.open("6_Inspector")
    assert "Near duplicates: exact copy" in dashboard.text()


def test_the_neighbours_are_shown_with_their_labels_and_open(dashboard: Dashboard, with_checks: Audit) -> None:
    sel = Selection(search=str(with_checks.text(11))).to_text()
    dashboard.open("6_Inspector", audit=with_checks.id, sel=sel)
    assert "id 11 · " in dashboard.text()
    assert re.search(r"\*\*1 (example|suspect)\*\*, 0 decided, 1 left", dashboard.text())
    text = dashboard.text()
    assert "Nearest neighbours" in text and "of 4 have another label." in text
    assert "2 of its set of copies and near copies first." in text and text.count("(near) copy") == 2
    assert text.count("≠ given") >= 2
    assert "distance 0.30" in text and "distance 0.10" not in text  # 10 and 12 stand among the copies
    dashboard.press("open-near-2")
    assert "id 13 · " in dashboard.text()  # though it is not selected
    dashboard.press("next")
    assert "id 11 · " in dashboard.text()


def test_an_audit_without_a_graph_has_no_strip(dashboard: Dashboard, audited: Audit) -> None:
    outputs = {name: part for name, part in audited.outputs.items() if name not in ("neighbours", "distances")}
    keep(replace(audited, outputs=outputs))
    dashboard.open("6_Inspector", audit=audited.id)
    assert "Nearest neighbours" not in dashboard.text()


@pytest.mark.parametrize(("by", "first"), [("outlier", 0), ("self_confidence", None), ("no such", None)])
def test_a_detector_orders_the_examples_on_all_pages(
    dashboard: Dashboard, with_checks: Audit, by: str, first: int | None
) -> None:
    app = dashboard.open("6_Inspector", audit=with_checks.id, rank=by)
    column = with_checks.scores[by] if by in with_checks.scores else with_checks.label_issues["score"]
    first = int(column.argmin()) if first is None else first
    assert f"id {first} · " in dashboard.text()
    assert app.query_params.get("rank", [""]) in (by, [by])


def test_choosing_a_detector_starts_from_the_top_and_is_in_the_address(
    dashboard: Dashboard, with_checks: Audit
) -> None:
    app = dashboard.open("6_Inspector", audit=with_checks.id)
    dashboard.press("next")
    (choice,) = [box for box in app.selectbox if (box.key or "").startswith("order")]
    choice.set_value("outlier")
    dashboard.run()
    assert "id 0 · " in dashboard.text()
    assert app.query_params["rank"] in ("outlier", ["outlier"])
    dashboard.open("5_Scatter")
    assert "with the lowest scores (outlier" in dashboard.text()


def test_entities_that_differ_are_listed_and_lead_to_their_sentences(dashboard: Dashboard) -> None:
    made = tagged.entities(30)
    tags = made.label_values()
    tags[1], tags[10], tags[11], tags[12] = "O", "B-PER", "I-PER", "O"  # Ann; New Oslo; Smith without a beginning
    wrong = made.with_labels(tags)
    audit_id = Workspace().request(wrong, AuditConfig())
    audit(wrong, AuditConfig(), cache=settings().cache_dir)
    app = dashboard.open("3_Health", audit=audit_id)
    text = dashboard.text().replace("\\", "")
    assert not app.error
    assert "3  Entities that differ" in text
    assert "model sees otherwise: with other borders (2), of another type (1)." in text
    assert "1  Tags out of order" in text
    dashboard.press("show-entity")
    assert chips(dashboard) == ["Entities that differ", "clear"]
    assert "**3 entities that differ**, 0 decided, 3 left" in dashboard.text()
    assert "is given, and the model sees" in dashboard.text()
