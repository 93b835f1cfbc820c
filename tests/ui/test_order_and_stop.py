"""The order of the queue, the random sample in it, what was learned, and when to stop, without a browser."""

from __future__ import annotations

import pytest
from dashboards import Dashboard

from labelaudit.learning import EVERY, FIRST
from labelaudit.ordering import LEARNED
from labelaudit.progress import lots_of
from labelaudit.result import Audit
from labelaudit.review import Decision
from labelaudit.selection import Selection, points
from labelaudit.ui import stopping
from labelaudit.workspace import Workspace

SUSPECTS = Selection(suspects=True).to_text()


def keep(audited: Audit, positions: list[int]) -> None:
    """Decide that these labels are right, one after the other."""
    issues, fingerprint = audited.label_issues, audited.dataset.data_fingerprint
    log = Workspace().log
    for position in positions:
        id_, given = str(issues["id"].iloc[position]), issues["given"].iloc[position]
        log.append([Decision(actor="ann", action="keep", id=id_, before=given, after=given, fingerprint=fingerprint)])


@pytest.fixture
def worst(audited: Audit) -> list[int]:
    """All examples, those with the worst labels first."""
    return audited.label_issues["score"].argsort(kind="stable").tolist()


def opened(dashboard: Dashboard) -> int:
    """The example that is looked at."""
    position: int = dashboard.app.session_state["position"]
    return position


def next_in_queue(dashboard: Dashboard) -> list[int]:
    """What is to come, in order, as the table shows it."""
    app = dashboard.app
    app.segmented_control(key="view").set_value("Table")
    dashboard.run()
    found, queue = app.session_state["reviewed"]
    return [int(row) for row in queue if not found.decided[row]]


def test_every_order_can_be_chosen_and_is_in_the_address(dashboard: Dashboard, audited: Audit) -> None:
    app = dashboard.open("6_Inspector", audit=audited.id, sel=SUSPECTS)
    chooser = app.selectbox(key="order")
    assert {"by expected gain", "by class", "by cluster", "by disagreement", "by what was decided", "by lot"} <= set(
        chooser.options
    )
    for rank in ("gain", "class", "cluster", "disagreement", "random", LEARNED):
        app.selectbox(key="order").set_value(rank)
        dashboard.run()
        assert app.query_params["rank"] == rank
        assert app.session_state["rank"] == rank


def test_the_random_sample_comes_up_in_the_queue_and_says_so(
    dashboard: Dashboard, audited: Audit, worst: list[int]
) -> None:
    keep(audited, worst[:4])
    app = dashboard.open("6_Inspector", audit=audited.id, sel=SUSPECTS)
    assert opened(dashboard) == worst[4]
    dashboard.unfold(stopping.OPEN)
    assert "Without one, nothing can be said about what nobody looked at." in dashboard.text()
    app.segmented_control(key="mix-chosen").set_value(5)
    dashboard.run()
    assert app.query_params["mix"] == "5"
    table = points(audited)
    drawn = next(row for row in lots_of(audited, table).order.tolist() if row not in worst[:5])
    assert opened(dashboard) == drawn  # the fifth place
    (deck,) = app.get("bidi_component")
    assert "from the random sample" in str(deck.proto)


def test_the_address_restores_order_and_sample(dashboard: Dashboard, audited: Audit) -> None:
    app = dashboard.open("6_Inspector", audit=audited.id, sel=SUSPECTS, rank="class", mix="20")
    assert (app.session_state["rank"], app.session_state["mix"]) == ("class", 20)


@pytest.mark.parametrize("mix", ["3", "ten", "-1"])
def test_a_sample_that_there_is_not_is_none(dashboard: Dashboard, audited: Audit, mix: str) -> None:
    app = dashboard.open("6_Inspector", audit=audited.id, sel=SUSPECTS, mix=mix)
    assert app.session_state["mix"] == 0


def test_the_order_learns_says_so_and_can_be_left(dashboard: Dashboard, audited: Audit, worst: list[int]) -> None:
    keep(audited, worst[: FIRST - 1])
    app = dashboard.open("6_Inspector", audit=audited.id, sel="", rank=LEARNED)
    assert "learns after 1 more" in dashboard.text()
    assert opened(dashboard) == worst[FIRST - 1]  # until then, by the score
    keep(audited, worst[FIRST - 1 : FIRST + EVERY - 1])
    dashboard.run()
    assert [toast.value for toast in app.toast] == [f"The order changed: {FIRST} decisions learned."]
    assert f"What the order learned from {FIRST} decisions" in dashboard.text()
    keep(audited, worst[FIRST + EVERY - 1 : FIRST + EVERY])
    dashboard.run()
    assert [toast.value for toast in app.toast] == [f"The order changed: {FIRST + EVERY} decisions learned."]
    app.selectbox(key="order").set_value("")
    dashboard.run()
    assert opened(dashboard) == worst[FIRST + EVERY]


def test_when_the_order_changes_what_is_open_stays_and_the_best_of_the_new_order_comes_next(
    dashboard: Dashboard, audited: Audit, worst: list[int]
) -> None:
    keep(audited, worst[:FIRST])
    app = dashboard.open("6_Inspector", audit=audited.id, sel="", rank=LEARNED)
    first = opened(dashboard)
    walk = next_in_queue(dashboard)
    assert walk[0] == first
    last = walk[-1]
    app.session_state["position"] = last
    keep(audited, walk[:EVERY])
    dashboard.run()
    assert opened(dashboard) == last
    after = next_in_queue(dashboard)
    assert after[0] == last
    assert last not in after[1:]
    assert set(after) == set(walk[EVERY:])


def test_without_a_new_order_the_queue_is_not_led_by_what_is_open(
    dashboard: Dashboard, audited: Audit, worst: list[int]
) -> None:
    keep(audited, worst[:FIRST])
    app = dashboard.open("6_Inspector", audit=audited.id, sel="", rank=LEARNED)
    walk = next_in_queue(dashboard)
    app.session_state["position"] = walk[9]
    dashboard.run()
    assert next_in_queue(dashboard) == walk


def test_the_panel_says_how_many_are_left_and_what_to_do(
    dashboard: Dashboard, audited: Audit, worst: list[int]
) -> None:
    app = dashboard.open("6_Inspector", audit=audited.id, sel="", mix="5")
    dashboard.unfold(stopping.OPEN)
    assert "Review 20 more to learn what comes next." in dashboard.text()
    lots = lots_of(audited, points(audited)).order.tolist()
    keep(audited, lots[:30])
    dashboard.unfold(stopping.OPEN)
    text = dashboard.text()
    assert "0 real errors found in 30 reviewed." in text
    assert "remain in all that nobody looked at." in text
    assert "Stop: no suspect is left." in text
    assert "Intervals hold the truth 90% of the time." in text
    assert len(app.get("vega_lite_chart")) == 1


def test_health_says_how_many_suspects_are_real(dashboard: Dashboard, audited: Audit) -> None:
    dashboard.open("3_Health", audit=audited.id)
    assert "How many are real errors? A review with a random sample in it tells." in dashboard.text()
    keep(audited, lots_of(audited, points(audited)).order.tolist()[:25])
    dashboard.run()
    assert "About 0 are real errors (0 to " in dashboard.text()
