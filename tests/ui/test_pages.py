"""Every page, empty and loaded: what it says agrees with the audit."""

from __future__ import annotations

import re

import numpy as np
import pytest
from dashboards import PAGES, Dashboard

from labelaudit.result import Audit
from labelaudit.selection import Selection, cell

TO_INGEST = PAGES[1:]


def suspects(audit: Audit) -> int:
    return int(audit.label_issues["is_issue"].sum())


def test_home_says_what_this_is_and_offers_a_demo(dashboard: Dashboard) -> None:
    app = dashboard.open()
    assert "Find the wrong labels in your data set" in dashboard.text()
    assert "None yet" in dashboard.text()
    assert [button.label for button in app.button] == ["Open the demo and audit it", "Load your data"]


def test_ingest_without_data_says_where_to_drop_a_file(dashboard: Dashboard) -> None:
    dashboard.open("1_Ingest")
    assert "Drop a file on the left, or load a demo" in dashboard.text()


@pytest.mark.parametrize("page", TO_INGEST)
def test_a_page_without_an_audit_leads_to_ingest(dashboard: Dashboard, page: str) -> None:
    app = dashboard.open(page)
    assert app.subheader[0].value in ("Nothing to audit yet", "Nothing is audited yet")
    assert [link.proto.label for link in app.get("page_link")] == ["Load your data"]


@pytest.mark.parametrize("page", ["", *PAGES])
def test_a_loaded_page_shows_the_figures_of_the_audit_on_top(dashboard: Dashboard, audited: Audit, page: str) -> None:
    dashboard.open(page, audit=audited.id)
    health = audited.manifest["health"]["overall_label_health_score"]
    for fact in ("120 × 3 classes", f"health  {health:.1%}", f"suspects  {suspects(audited)}", "decided  0"):
        assert fact in dashboard.text()


def test_the_audit_page_shows_the_worst_examples(dashboard: Dashboard, audited: Audit) -> None:
    dashboard.open("2_Audit", audit=audited.id)
    n = suspects(audited)
    assert n >= 10  # of 12 that are wrong
    assert f"We suspect {n} of 120 labels ({n / 120:.1%})." in dashboard.text()
    worst = audited.label_issues.nsmallest(5, "score")
    assert all(f"id {id_}" in dashboard.text() for id_ in worst["id"])


def test_health_shows_what_the_audit_estimates(dashboard: Dashboard, audited: Audit) -> None:
    dashboard.open("3_Health", audit=audited.id)
    figures = audited.manifest["health"]
    shown = dashboard.metrics()
    assert shown["Health"] == f"{figures['overall_label_health_score']:.1%}"
    assert shown["Label noise"] == f"{figures['noise_rate']:.1%}"
    assert shown["Suspects"] == str(suspects(audited))


def test_the_heatmap_counts_what_is_off_the_diagonal(dashboard: Dashboard, audited: Audit) -> None:
    joint = audited.confident_joint
    assert joint is not None
    dashboard.open("4_Heatmap", audit=audited.id)
    wrong = int(joint.sum() - np.trace(joint))
    assert f"estimates about {wrong} wrong labels in all" in dashboard.text()


def test_the_scatter_says_where_flagging_stops(dashboard: Dashboard, audited: Audit) -> None:
    dashboard.app.session_state["scatter-tab"] = "Rank"
    dashboard.open("5_Scatter", audit=audited.id)
    ranked = audited.label_issues.sort_values("score", kind="stable")["is_issue"].to_numpy()
    assert f"the last one has rank {int(np.flatnonzero(ranked).max()) + 1} of 120" in dashboard.text()


def test_the_inspector_starts_with_the_worst_suspect(dashboard: Dashboard, audited: Audit) -> None:
    dashboard.open("6_Inspector", audit=audited.id, sel=Selection(suspects=True).to_text())
    n = suspects(audited)
    assert f"**{n} suspects**, 0 decided, {n} left" in dashboard.text()
    worst = audited.label_issues.sort_values("score").iloc[0]
    assert f"id {worst['id']} · score {worst['score']:.3f}" in dashboard.text()


def test_noise_sim_counts_the_planted_errors_that_are_found(dashboard: Dashboard, audited: Audit) -> None:
    app = dashboard.open("7_Noise_Sim", audit=audited.id)
    assert "Auditing the data with 24 wrong labels planted." in dashboard.text()
    dashboard.queue.work()
    dashboard.run()
    sentence = re.search(r"first ([\d,]+) reviews would find ([\d,]+) planted errors", dashboard.text())
    assert sentence is not None
    found, depth = int(sentence[2]), int(sentence[1])
    table = app.dataframe[0].value
    assert int(table.loc[depth, "found"]) == found <= 24
    assert [metric.label for metric in app.metric] == ["As it is", "With planted errors"]


def test_a_selection_in_the_address_is_what_all_pages_show(dashboard: Dashboard, audited: Audit) -> None:
    issues = audited.label_issues
    flagged = issues[issues["is_issue"]]
    chosen = cell("class 1", "class 0")
    n = int(((flagged["given"] == chosen.given) & (flagged["suggested"] == chosen.suggested)).sum())
    assert n > 1
    app = dashboard.open("", audit=audited.id, sel=chosen.to_text())
    for page in PAGES:
        if page == "7_Noise_Sim":
            continue  # it waits for a simulation
        app = dashboard.open(page)
        chips = [button.label for button in app.button if (button.key or "").startswith("chip-")]
        assert chips == ["suspects only", "given class 1", "suggested class 0", "clear"], page
        assert f"{n} selected" in dashboard.text()
        assert app.query_params["sel"] == chosen.to_text()
    dashboard.press("chip-clear")
    assert "no selection: all examples" in dashboard.text()
    assert "sel" not in app.query_params
