"""The Map tab: offered, under way, failed, made; what is marked on it selects on all pages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dashboards import Dashboard
from streamlit.testing.v1 import AppTest

from labelaudit import map as maps
from labelaudit.cache import Cache
from labelaudit.result import Audit
from labelaudit.selection import Selection
from labelaudit.settings import settings


def name(audit: Audit) -> str:
    return maps.name_of(audit.outputs["neighbours"], audit.outputs["distances"])


def open_map(dashboard: Dashboard, audit: Audit, **address: str) -> AppTest:
    dashboard.app.session_state["scatter-tab"] = "Map"
    return dashboard.open("5_Scatter", audit=audit.id, **address)


def keep(audit: Audit) -> None:
    audit.save(settings().cache_dir / f"audit-{audit.id}", with_data=False)


@pytest.fixture
def places(with_checks: Audit) -> np.ndarray:
    """A map that was made before."""
    made = np.random.default_rng(0).random((120, 2)).astype(np.float32)
    return np.asarray(Cache(settings().cache_dir).matrix(name(with_checks), lambda: made))


def test_the_map_is_offered_with_its_time_and_made_in_a_worker(dashboard: Dashboard, with_checks: Audit) -> None:
    app = open_map(dashboard, with_checks)
    assert app.button(key="make-map").label == f"Make the map (about {maps.seconds(120):.0f} s)"
    dashboard.press("make-map")
    (job,) = dashboard.queue.jobs.values()
    assert (job.work.id, job.work.kind) == (name(with_checks), "map")
    assert job.data == settings().cache_dir / f"audit-{with_checks.id}"
    job.work.state = "running"
    job.work.steps = {"umap": (1, 1, 0.0), "layout": (100, 500, 0.0)}
    dashboard.run()
    assert any(subheader.value.startswith("Making the map") for subheader in app.subheader)
    dashboard.press("cancel")
    assert "Cancelled." in dashboard.text()
    assert app.button(key="make-map")


def test_a_map_that_could_not_be_made_says_why(dashboard: Dashboard, with_checks: Audit) -> None:
    app = open_map(dashboard, with_checks)
    dashboard.press("make-map")
    (job,) = dashboard.queue.jobs.values()
    job.work.state, job.work.error = "failed", "there is no room for it."
    dashboard.run()
    assert [error.value for error in app.error] == ["there is no room for it."]
    assert app.button(key="make-map")


def test_a_full_queue_is_said(dashboard: Dashboard, with_checks: Audit) -> None:
    app = open_map(dashboard, with_checks)
    dashboard.queue.full = True
    dashboard.press("make-map")
    assert "wait already" in app.error[0].value


def test_an_audit_without_neighbours_says_so(dashboard: Dashboard, audited: Audit) -> None:
    outputs = {name: part for name, part in audited.outputs.items() if name not in ("neighbours", "distances")}
    keep(replace(audited, outputs=outputs))
    app = open_map(dashboard, audited)
    assert "no nearest neighbours" in app.info[0].value


def test_a_map_that_was_made_is_drawn_by_class_and_by_issue(
    dashboard: Dashboard, with_checks: Audit, places: np.ndarray
) -> None:
    app = open_map(dashboard, with_checks)
    assert not [button for button in app.button if button.key == "make-map"]
    for by, kinds in (("class", ["class 0", "class 1"]), ("issue", ["Near duplicates", "nothing found"])):
        (choice,) = [control for control in app.segmented_control if control.key == "map-by"]
        choice.set_value(by)
        dashboard.run()
        (chart,) = app.get("vega_lite_chart")
        assert all(f'"{kind}"' in chart.proto.spec for kind in kinds)


def test_coordinates_that_the_user_brought_need_no_map_to_be_made(dashboard: Dashboard, with_checks: Audit) -> None:
    brought = np.random.default_rng(1).normal(size=(120, 2)) * 50
    keep(replace(with_checks, outputs={**with_checks.outputs, "coordinates": brought}))
    chosen = Selection(map=(-50.0, 50.0, -50.0, 50.0))
    open_map(dashboard, with_checks, sel=chosen.to_text())
    inside = (np.abs(brought) <= 50).all(axis=1).sum()
    assert f"{inside} selected" in dashboard.text()


def test_a_box_on_the_map_selects_on_all_pages(dashboard: Dashboard, with_checks: Audit, places: np.ndarray) -> None:
    chosen = Selection(map=(0.0, 0.5, 0.0, 1.0))
    app = dashboard.open("3_Health", audit=with_checks.id, sel=chosen.to_text())
    n = int((places[:, 0] <= 0.5).sum())
    assert 20 < n < 100
    for page in ("5_Scatter", "6_Inspector"):
        dashboard.open(page)
        assert f"{n} selected" in dashboard.text()
        assert app.query_params["sel"] in (chosen.to_text(), [chosen.to_text()])


def test_a_box_on_a_map_that_is_not_there_says_where_to_make_it(dashboard: Dashboard, with_checks: Audit) -> None:
    dashboard.open("3_Health", audit=with_checks.id, sel=Selection(map=(0.0, 0.5, 0.0, 1.0)).to_text())
    assert "The map is not made here yet: see Scatter." in dashboard.text()
    assert "0 selected" in dashboard.text()


def test_a_point_that_was_clicked_opens_in_the_inspector(
    dashboard: Dashboard, with_checks: Audit, places: np.ndarray
) -> None:
    dashboard.app.session_state["picked"] = 77
    open_map(dashboard, with_checks, sel=Selection(suspects=True).to_text())
    assert "id 77" in dashboard.text()
    dashboard.press("open-picked")
    dashboard.open("6_Inspector")
    assert "id 77 · " in dashboard.text()  # though it is not selected


def test_a_damaged_map_is_offered_again(dashboard: Dashboard, with_checks: Audit, places: np.ndarray) -> None:
    path: Path = settings().cache_dir / f"{name(with_checks)}.npz"
    path.write_bytes(path.read_bytes()[:50])
    app = open_map(dashboard, with_checks)
    assert app.button(key="make-map")
    maps.make(with_checks.outputs, Cache(settings().cache_dir))
    dashboard.run()
    assert app.get("vega_lite_chart")
