"""The dashboard as a stranger sees it who is served by others; with many at once: tests/browser/test_public.py."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import streamlit as st
from dashboards import Dashboard
from made import table, texts

from labelaudit.config import AuditConfig
from labelaudit.errors import BadInput, StoreError
from labelaudit.result import Audit
from labelaudit.settings import settings
from labelaudit.ui.ingest import from_path
from labelaudit.ui.visitor import COOKIE, TOKEN, sentence, workspace
from labelaudit.workspace import Workspace


@pytest.fixture(autouse=True)
def public(own_folders: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Serve to others."""
    monkeypatch.setenv("LABELAUDIT_PUBLIC", "1")
    settings.cache_clear()


def owners() -> set[str]:
    return {path.name for path in settings().artifacts_dir.iterdir() if path.is_dir()}


def test_every_visitor_has_a_workspace_whose_name_is_not_its_key(dashboard: Dashboard) -> None:
    first, second = dashboard.open(), Dashboard(dashboard.root, dashboard.queue).open()
    tokens = {app.session_state["token"] for app in (first, second)}
    assert len(tokens) == len(owners()) == 2
    assert not any(token in name for token in tokens for name in owners())
    (script,) = [html.proto.body for html in first.get("html") if "document.cookie" in html.proto.body]
    assert first.session_state["token"] in script
    assert f"max-age={24 * 3600}" in script


@pytest.mark.parametrize("cookie", ["", "a", "../../local", "x" * 44, "'; alert(1); '" + "x" * 29])
def test_a_cookie_that_was_not_given_by_us_is_replaced(
    dashboard: Dashboard, cookies: dict[str, str], cookie: str
) -> None:
    cookies[COOKIE] = cookie
    token = dashboard.open().session_state["token"]
    assert TOKEN.fullmatch(token)
    cookies[COOKIE] = token
    again = Dashboard(dashboard.root, dashboard.queue).open()
    assert again.session_state["token"] == token
    assert len(owners()) == 1


def test_signed_in_users_have_workspaces_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def name(issuer: str, subject: str) -> str:
        monkeypatch.setattr(st, "user", {"is_logged_in": True, "iss": issuer, "sub": subject})
        return workspace().owner

    alike = "https://sso.example.org/realms/annotation/users/"
    names = [name("a", f"{alike}1"), name("a", f"{alike}2"), name("b", f"{alike}1"), name("a", "../../local")]
    assert len(set(names)) == 4
    assert all(re.fullmatch("user-[0-9a-f]{32}", name) for name in names)
    assert name("a", f"{alike}1") == names[0]


@pytest.mark.parametrize("parameter", ["audit", "data"])
def test_the_address_of_another_opens_nothing(dashboard: Dashboard, audited: Audit, parameter: str) -> None:
    # `audited` is in the workspace of whoever uses the command line on the server.
    value = {"audit": audited.id, "data": audited.dataset.fingerprint}[parameter]
    app = dashboard.open("", **{parameter: value})
    assert "in this workspace" in app.warning[0].value
    assert audited.dataset.name not in dashboard.text()
    dashboard.open("1_Ingest")
    assert "Drop a file on the left" in dashboard.text()


def test_an_audit_of_another_that_failed_is_not_shown(dashboard: Dashboard) -> None:
    dashboard.open()
    audit_id = Workspace("session-other").request(table(n=60), AuditConfig())
    app = dashboard.open("2_Audit", audit=audit_id)
    assert app.subheader[0].value == "Nothing to audit yet"


def test_no_path_of_the_server_can_be_opened(dashboard: Dashboard, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("x,label\n" + "1,a\n2,b\n" * 20)
    app = dashboard.open("1_Ingest")
    assert not [field for field in app.text_input if field.key == "path"]
    assert "Run labelaudit on your own machine" in dashboard.text()
    for path in (tmp_path / "own.csv", tmp_path / "absent.csv"):
        with pytest.raises(BadInput, match="can't be opened; upload one") as refused:
            from_path(str(path))
        assert str(tmp_path) not in str(refused.value)


@pytest.mark.parametrize("typed", ["../../models/secret", "/etc", "a/b/c", "hf://a"])
def test_no_folder_of_the_server_is_taken_for_a_model(dashboard: Dashboard, typed: str) -> None:
    app = dashboard.open("1_Ingest")
    app.session_state["draft"] = texts()
    dashboard.run()
    app.text_input(key="ingest-embedder").set_value(typed)
    dashboard.run()
    assert "not the name of a model" in app.error[0].value
    app.text_input(key="ingest-embedder").set_value("intfloat/e5-small-v2")
    dashboard.run()
    assert not app.error


def test_a_workspace_that_was_removed_under_an_open_page_is_said(dashboard: Dashboard) -> None:
    app = dashboard.open()
    dashboard.press("demo")
    (owner,) = owners()
    Workspace(owner).folder.rename(settings().artifacts_dir / "elsewhere")
    dashboard.open("2_Audit")
    assert "there is no audit" in app.error[0].value
    assert app.subheader[0].value == "Nothing to audit yet"


def test_strangers_are_not_told_where_the_server_keeps_things(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LABELAUDIT_CACHE_DIR", "cache")
    settings.cache_clear()
    place = settings().artifacts_dir / "session-1" / "data" / "ff"
    assert sentence(StoreError(f"{place} can't be written: full.")) == "a file of this server can't be written: full."
    assert sentence(f"the log sqlite:///{place} is locked") == "the log a file of this server is locked"
    assert sentence("the log postgresql+psycopg://me:***@db.example/x is down") == "the log of this server is down"
    assert sentence("cache/audit-1 is damaged, clear the cache") == "a file of this server is damaged, clear the cache"
    monkeypatch.delenv("LABELAUDIT_PUBLIC")
    settings.cache_clear()
    assert str(place) in sentence(StoreError(f"{place} can't be written: full."))
