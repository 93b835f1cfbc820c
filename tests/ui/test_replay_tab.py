"""The Replay tab: what to do while there is nothing to play, and then the player and its file."""

from __future__ import annotations

from dashboards import Dashboard

from labelaudit.result import Audit
from labelaudit.selection import Selection


def test_the_tab_says_what_to_do_first_and_then_plays(dashboard: Dashboard, audited: Audit) -> None:
    dashboard.open("8_Decisions", audit=audited.id, sel=Selection(suspects=True).to_text())
    dashboard.app.session_state["decisions-tab"] = "Replay"
    dashboard.run()
    assert any("nothing to play yet" in title.value for title in dashboard.app.subheader)
    assert not dashboard.app.get("download_button")

    dashboard.open("6_Inspector")
    dashboard.press("accept")
    dashboard.open("8_Decisions")
    dashboard.app.session_state["decisions-tab"] = "Replay"
    dashboard.run()
    (player,) = (c for c in dashboard.app.get("bidi_component") if "replay" in c.proto.component_name)
    assert "decided" in str(player.proto)
    assert [button.proto.label for button in dashboard.app.get("download_button")] == ["Download as one HTML file"]
