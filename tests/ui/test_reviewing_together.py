"""Several reviewers: names, blind second reviews, and conflicts, without a browser."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import streamlit as st
from dashboards import Dashboard

from labelaudit import agreement
from labelaudit.conflicts import conflicts
from labelaudit.decisions import Decision, effective
from labelaudit.result import Audit
from labelaudit.selection import Selection
from labelaudit.store import Slice
from labelaudit.ui.visitor import NAME_COOKIE, reviewer
from labelaudit.workspace import Workspace

SUSPECTS = Selection(suspects=True).to_text()


def log_of(audited: Audit) -> list[Decision]:
    return Workspace().log.read(audited.dataset.data_fingerprint)


def decide(audited: Audit, actor: str, id: str, action: str, after: str | None = None, **more: Any) -> None:
    row = audited.label_issues.set_index(audited.label_issues["id"].astype(str)).loc[id]
    decision = Decision(
        actor=actor, action=action, id=id, before=row["given"], after=after and json.dumps(after),
        fingerprint=audited.dataset.data_fingerprint, base=10**6, **more,
    )  # fmt: skip
    Workspace().log.append([decision])


@pytest.fixture
def worst(audited: Audit) -> list[str]:
    """Ids of the suspects, worst first."""
    return [str(id_) for id_ in audited.suspects()["id"]]


# -- names ----------------------------------------------------------------------------------------


def test_a_typed_name_stands_beside_the_decisions_and_is_kept(
    dashboard: Dashboard, audited: Audit, cookies: dict[str, str]
) -> None:
    app = dashboard.open(audit=audited.id, sel=SUSPECTS)
    app.text_input(key="typed-name").set_value("  Änn  O'Neil; ")
    dashboard.run()
    (script,) = [html.proto.body for html in app.get("html") if NAME_COOKIE in html.proto.body]
    kept = script.split(f"{NAME_COOKIE}=")[1].split(";")[0]
    assert kept == "%C3%84nn%20O%27Neil%3B"  # nothing that could end the script's text
    dashboard.open("6_Inspector")
    dashboard.press("keep")
    assert log_of(audited)[-1].actor == "Änn O'Neil;"
    cookies[NAME_COOKIE] = kept
    again = Dashboard(dashboard.root, dashboard.queue).open()
    assert again.text_input(key="typed-name").value == "Änn O'Neil;"


@pytest.mark.parametrize("typed", ["ann@example.org", "ann\uff20example.org", "Rule: all of them", " ", "a\x00b"])
def test_a_name_that_could_be_anothers_is_refused(dashboard: Dashboard, cookies: dict[str, str], typed: str) -> None:
    app = dashboard.open()
    app.text_input(key="typed-name").set_value(typed)
    dashboard.run()
    assert len(app.error) == 1
    assert reviewer_in(app) == ""
    cookies[NAME_COOKIE] = typed
    assert reviewer_in(Dashboard(dashboard.root, dashboard.queue).open()) == ""


def reviewer_in(app: Any) -> str:
    name: str = app.session_state["reviewer"]
    return name


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"email": "ann@example.org"}, "ann@example.org"),
        ({"email": "ann@example.org", "email_verified": True}, "ann@example.org"),
        ({"email": "boss@example.org", "email_verified": False}, "7@login.example.org"),
        ({"email": "ann", "name": "Ann"}, "7@login.example.org"),
        ({"name": "bob"}, "7@login.example.org"),
    ],
)
def test_who_signed_in_has_a_name_that_nobody_can_type(
    monkeypatch: pytest.MonkeyPatch, claims: dict[str, Any], name: str
) -> None:
    signed_in = {"is_logged_in": True, "sub": "7", "iss": "https://login.example.org/realm", **claims}
    monkeypatch.setattr(st, "user", signed_in)
    assert reviewer() == name


def test_sign_in_is_offered_only_where_it_is_configured(dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    def buttons(app: Any) -> set[str]:
        return {button.key for button in app.button if (button.key or "").startswith("sign-")}

    assert buttons(dashboard.open()) == set()
    monkeypatch.setattr("labelaudit.ui.who.find_spec", lambda name: name)
    monkeypatch.setattr(st, "user", {"is_logged_in": False})
    monkeypatch.setattr(st, "secrets", {"auth": {"redirect_uri": "…", "client_id": "…"}})
    assert buttons(dashboard.run()) == {"sign-in-None"}
    monkeypatch.setattr(st, "secrets", {"auth": {"redirect_uri": "…", "okta": {"client_id": "…"}, "google": {}}})
    assert buttons(dashboard.run()) == {"sign-in-okta", "sign-in-google"}
    monkeypatch.setattr("labelaudit.ui.who.find_spec", lambda name: None)
    assert buttons(dashboard.run()) == set()
    assert "labelaudit[signin]" in dashboard.app.warning[0].value
    monkeypatch.setattr(st, "user", {"is_logged_in": True, "email": "ann@example.org"})
    assert buttons(dashboard.run()) == {"sign-out"}
    assert not [field for field in dashboard.app.text_input if field.key == "typed-name"]


# -- the blind second review ----------------------------------------------------------------------


def test_a_second_review_shows_nothing_of_the_first_and_does_not_conflict_with_it(
    dashboard: Dashboard, audited: Audit, worst: list[str]
) -> None:
    for id_ in worst[:3]:
        decide(audited, "ann", id_, "exclude", reason="ann thinks so", comment="really")
    chosen = Selection(ids=tuple(worst[:3])).to_text()
    app = dashboard.open("6_Inspector", audit=audited.id, sel=chosen, stage="second")
    assert "you don’t see what others decided" in dashboard.text()
    assert "decided  0" in dashboard.text()
    for view, sent in sent_by_view(dashboard).items():
        for hidden in ("ann", "really", "excluded"):
            assert hidden not in sent, view
    dashboard.press("keep")
    written = log_of(audited)[-1]
    assert (written.id, written.action, written.stage) == (worst[0], "keep", "second")
    assert "decided  1" in dashboard.text()
    assert app.query_params["stage"] == "second"
    in_force = effective(log_of(audited)).set_index("id")
    assert in_force.loc[worst[0], "actor"] == "ann"
    assert [c.id for c in conflicts(log_of(audited))] == [worst[0]]


def test_undo_in_a_second_review_takes_back_what_was_decided_in_it(
    dashboard: Dashboard, audited: Audit, worst: list[str]
) -> None:
    app = dashboard.open("6_Inspector", audit=audited.id, sel=SUSPECTS, stage="second")
    dashboard.press("keep")
    decide(audited, "me", worst[5], "exclude")  # in another tab, which shows the first review
    dashboard.run()
    dashboard.press("undo")
    assert (app.error, app.toast) == ([], [])
    assert effective(log_of(audited))["id"].tolist() == [worst[5]]
    dashboard.press("redo")
    assert set(effective(log_of(audited))["id"]) == {worst[0], worst[5]}


def sent_by_view(dashboard: Dashboard) -> dict[str, str]:
    """All that the browser gets in each view of the Inspector, of the examples ahead, too; but not what keys do."""
    found = {}
    for view in ("Cards", "Table", "One by one"):
        dashboard.app.segmented_control(key="view").set_value(view)
        dashboard.run()
        decks = json.dumps([{**deck, "actions": [], "keys": []} for deck in dashboard.decks()])
        grids = "".join(str(grid.proto) for grid in dashboard.app.get("component_instance"))
        found[view] = dashboard.text() + decks + grids
    return found


def test_a_second_review_can_be_ended_and_shows_all_again(
    dashboard: Dashboard, audited: Audit, worst: list[str]
) -> None:
    decide(audited, "ann", worst[0], "exclude")
    dashboard.open("8_Decisions", audit=audited.id, sel=SUSPECTS, stage="second")
    assert "End the second review to see the decisions of all" in dashboard.app.info[0].value
    dashboard.open("9_Export")
    assert "End the second review to see" in dashboard.app.info[0].value
    assert not dashboard.app.get("download_button")
    dashboard.press("end-second")
    assert not dashboard.app.info
    assert "stage" not in dashboard.app.query_params
    dashboard.open("6_Inspector")
    assert all("excluded" in sent for sent in sent_by_view(dashboard).values())
    assert "decided  1" in dashboard.text()


# -- conflicts ------------------------------------------------------------------------------------


@pytest.fixture
def differing(audited: Audit, worst: list[str]) -> list[str]:
    """Two examples that ann keeps and bob, blind, does not."""
    for id_ in worst[:2]:
        decide(audited, "ann", id_, "keep", reason="<b>looks</b> fine")
        decide(audited, "bob", id_, "exclude", comment="unreadable", stage="second")
    return worst[:2]


def test_a_conflict_shows_both_and_is_settled_undone_and_settled_again(
    dashboard: Dashboard, audited: Audit, differing: list[str]
) -> None:
    app = dashboard.open("8_Decisions", audit=audited.id)
    app.session_state["decisions-tab"] = "Conflicts"
    dashboard.run()
    text = dashboard.text()
    assert "2  conflicts open, 0 settled" in text
    for shown in ("ann", "bob", "unreadable", "&lt;b&gt;looks&lt;/b&gt; fine", f"id {differing[0]}"):
        assert shown in text
    app.text_input(key="settle-comment").set_value("talked it over")
    dashboard.press("take-1")
    final = log_of(audited)[-1]
    assert (final.id, final.action, final.stage, final.comment) == (differing[0], "exclude", "final", "talked it over")
    assert effective(log_of(audited)).set_index("id").loc[differing[0], "action"] == "exclude"
    assert "1  conflicts open, 1 settled" in dashboard.text()
    dashboard.press("settle-ambiguous")
    assert "All 2 conflicts are settled" in app.success[0].value
    dashboard.press(f"reopen-{differing[0]}-")
    assert "1  conflicts open, 1 settled" in dashboard.text()
    assert effective(log_of(audited)).set_index("id").loc[differing[0], "action"] == "keep"
    app.selectbox(key=f"settle-class-{differing[0]}-").set_value("class 1")
    dashboard.run()
    assert log_of(audited)[-1].after == '"class 1"'


def test_conflicts_open_in_the_inspector(dashboard: Dashboard, audited: Audit, differing: list[str]) -> None:
    app = dashboard.open("8_Decisions", audit=audited.id)
    app.session_state["decisions-tab"] = "Conflicts"
    dashboard.run()
    dashboard.press("conflicts-inspect")
    assert app.session_state["selection"] == Selection(ids=tuple(differing))


# -- sharing the work out -------------------------------------------------------------------------


def reviewers_tab(dashboard: Dashboard, audited: Audit, me: str = "") -> Any:
    app = dashboard.open("8_Decisions", audit=audited.id)
    if me:
        app.session_state["reviewer"] = me
    app.session_state["decisions-tab"] = "Reviewers"
    dashboard.run()
    return app


def slices_of(audited: Audit) -> dict[str, Slice]:
    return {s.reviewer: s for s in Workspace().slices.list(audited.dataset.data_fingerprint)}


def test_the_suspects_are_dealt_out_and_each_reviews_their_own(
    dashboard: Dashboard, audited: Audit, worst: list[str]
) -> None:
    app = reviewers_tab(dashboard, audited, me="ann")
    app.multiselect(key="assign-names").set_value(["ann", "bob@example.org"])
    dashboard.run()
    assert f"{len(worst)} examples, dealt out one by one" in dashboard.text()
    dashboard.press("assign")
    saved = slices_of(audited)
    parts = {who: Selection.from_text(s.selection).ids for who, s in saved.items()}
    assert parts == {"ann": tuple(worst[::2]), "bob@example.org": tuple(worst[1::2])}
    assert {s.stage for s in saved.values()} == {""}
    decide(audited, "ann", worst[0], "keep")
    dashboard.run()
    assert f"{len(worst[::2]) - 1} left of {len(worst[::2])} · first review · last seen just now" in dashboard.text()
    assert app.button(key="go-0").label == "Review mine"
    dashboard.press("go-0")
    assert app.session_state["selection"].ids == parts["ann"]


def test_a_sample_of_decisions_is_reviewed_blind(dashboard: Dashboard, audited: Audit, worst: list[str]) -> None:
    for id_ in worst[:10]:
        decide(audited, "ann", id_, "keep")
    app = reviewers_tab(dashboard, audited, me="bob")
    app.radio(key="assign-what").set_value("A sample of what somebody decided")
    dashboard.run()
    app.select_slider(key="assign-share").set_value(0.2)
    app.multiselect(key="assign-names").set_value(["bob", "ann"])
    dashboard.run()
    dashboard.press("assign")
    assert "'ann' can't review their own decisions blind" in app.error[0].value
    assert slices_of(audited) == {}
    app.multiselect(key="assign-names").set_value(["bob"])
    dashboard.run()
    dashboard.press("assign")
    mine = slices_of(audited)["bob"]
    assert (mine.name, mine.stage) == ("20% of the decisions of ann: bob", "second")
    ids = Selection.from_text(mine.selection).ids
    assert len(ids) == 2 and set(ids) < set(worst[:10])
    dashboard.open("")
    app.switch_page("Home.py")
    dashboard.run()
    assert "Assigned to you: 2 left" in dashboard.text()
    dashboard.press("review-mine")
    assert app.session_state["blind"] and app.session_state["selection"].ids == ids


def test_a_name_in_an_assignment_is_checked_and_shown_escaped(dashboard: Dashboard, audited: Audit) -> None:
    app = reviewers_tab(dashboard, audited)
    app.multiselect(key="assign-names").set_value(["rule: all"])
    dashboard.run()
    dashboard.press("assign")
    assert "belong to rules" in app.error[0].value
    app.multiselect(key="assign-names").set_value(["<b>eve</b>"])
    dashboard.run()
    dashboard.press("assign")
    assert "<b>eve</b>" not in "".join(html.proto.body for html in app.get("html"))
    dashboard.press("withdraw-0")
    assert slices_of(audited) == {}


def test_agreement_is_shown_with_how_much_it_rests_on(
    dashboard: Dashboard, audited: Audit, worst: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared, compare = [], agreement.opinions
    monkeypatch.setattr(agreement, "opinions", lambda log: compared.append(len(log)) or compare(log))
    reviewers_tab(dashboard, audited)
    assert "no two people have an opinion of their own on the same example" in dashboard.text()
    for id_ in worst[:8]:
        decide(audited, "ann", id_, "keep")
        decide(audited, "bob", id_, "keep" if id_ != worst[0] else "exclude", stage="second")
    decide(audited, "cid", worst[1], "ambiguous")
    for _ in range(3):
        dashboard.run()
    assert compared == [0, 17]  # anew after a decision only
    text = dashboard.text()
    assert dashboard.metrics()["Conflicts open"] == "2"  # cid's overwrite is what the review says now
    assert re.search(r"ann and bob +7 of 8 +87.5% \(53% to 98%\)", text)
    assert re.search(r"-?0\.\d\d to [01]\.\d\d \(95 %\), on 8 examples", text)
    assert "Fewer than 30 in common" in text
    assert "saw the first decision: 1 example, of which 1 got" in text


def test_a_long_selection_is_stored_and_goes_by_a_name(dashboard: Dashboard, audited: Audit) -> None:
    many = Selection(ids=(*(f"{n:040}" for n in range(100)), "1", "2"))
    app = dashboard.open("3_Health", audit=audited.id)
    app.session_state["selection"] = many
    dashboard.run()
    address = app.query_params["sel"]
    assert len(address) < 40
    again = Dashboard(dashboard.root, dashboard.queue).open("3_Health", audit=audited.id, sel=address)
    assert again.session_state["selection"] == many
    gone = Dashboard(dashboard.root, dashboard.queue).open(audit=audited.id, sel="~" + "0" * 24)
    assert "not in this workspace" in gone.warning[0].value
