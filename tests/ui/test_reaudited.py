"""Auditing again with the decisions so far, in the app."""

from __future__ import annotations

import json

from dashboards import Dashboard

from labelaudit.decisions import Decision
from labelaudit.export import export
from labelaudit.result import Audit
from labelaudit.workspace import Workspace


def decide(audited: Audit, *rows: int) -> None:
    """Put the right label back."""
    given = audited.label_issues.set_index("id")["given"]
    Workspace().log.append(
        [
            Decision(
                actor="ann", action="set", id=str(row), before=given[row], after=json.dumps(f"class {row % 3}"),
                fingerprint=audited.dataset.data_fingerprint,
            )
            for row in rows
        ]
    )  # fmt: skip


def test_an_audit_goes_on_with_the_decisions_and_says_what_changed(dashboard: Dashboard, audited: Audit) -> None:
    app = dashboard.open("2_Audit", audit=audited.id)
    assert not [button for button in app.button if button.key == "audit-reaudit"]
    decide(audited, *range(0, 30, 5))
    dashboard.run()
    dashboard.press("audit-reaudit")
    (job,) = dashboard.queue.jobs.values()
    dashboard.queue.work()
    dashboard.run()
    assert app.session_state["audit"] == job.work.id != audited.id
    again = Workspace().open(job.work.id)
    was, now = (set(a.suspects()["id"].astype(str)) for a in (audited, again))
    figures = dashboard.metrics()
    assert figures["New suspects"] == str(len(now - was))
    assert figures["Suspects decided on"] == str(len(was & {str(row) for row in range(0, 30, 5)}))
    assert "6 decided so far, and taken into account" in dashboard.text()
    assert "decided  6" in dashboard.text()
    log = Workspace().log.read(audited.dataset.data_fingerprint)
    assert export(again.dataset, log).table.equals(export(audited.dataset, log).table)


def test_what_is_excluded_counts_as_decided_before_and_after(dashboard: Dashboard, audited: Audit) -> None:
    decide(audited, 0, 5)
    gone = Decision(actor="ann", action="exclude", id="10", fingerprint=audited.dataset.data_fingerprint)
    Workspace().log.append([gone])
    dashboard.open("2_Audit", audit=audited.id)
    assert "decided  3" in dashboard.text()
    dashboard.press("audit-reaudit")
    dashboard.queue.work()
    dashboard.run()
    assert "decided  3" in dashboard.text()
    assert "3 decided so far, and taken into account" in dashboard.text()


def test_asking_again_without_a_new_decision_says_so(dashboard: Dashboard, audited: Audit) -> None:
    decide(audited, 0, 5)
    dashboard.open("2_Audit", audit=audited.id)
    dashboard.press("audit-reaudit")
    dashboard.queue.work()
    dashboard.run()
    dashboard.press("audit-reaudit")
    assert "nothing would change" in dashboard.app.info[0].value
    dashboard.press("to-before")
    assert dashboard.app.session_state["audit"] == audited.id


def test_new_suspects_open_in_the_inspector(dashboard: Dashboard, audited: Audit) -> None:
    for row in (0, 5):
        decide(audited, row)
    dashboard.open("2_Audit", audit=audited.id)
    dashboard.press("audit-reaudit")
    dashboard.queue.work()
    dashboard.run()
    Workspace().log.undo(audited.dataset.data_fingerprint)
    dashboard.run()
    dashboard.press("audit-reaudit")
    dashboard.queue.work()
    dashboard.run()
    many = int(dashboard.metrics()["New suspects"])
    dashboard.press("since-new")
    ids = dashboard.app.session_state["selection"].ids
    assert len(ids) == many
    assert "5" in ids and "0" not in ids  # nobody vouches for 5 any more
