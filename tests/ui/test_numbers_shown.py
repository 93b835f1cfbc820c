"""Pages of an audit of numbers: none asks for classes."""

from __future__ import annotations

import json

import measured
import pytest
from dashboards import PAGES, Dashboard

from labelaudit.config import AuditConfig
from labelaudit.result import Audit
from labelaudit.settings import settings
from labelaudit.tasks import TASKS
from labelaudit.workspace import Workspace


@pytest.fixture(scope="module")
def numbers() -> Audit:
    from labelaudit.audit import audit

    return audit(TASKS["regression"].plant(measured.table(120), 0.1, seed=1)[0], AuditConfig(model="ridge"))


@pytest.fixture
def audited(numbers: Audit, dashboard: Dashboard) -> Audit:
    """That audit, in the workspace of the test."""
    record = Workspace().request(numbers.dataset, numbers.config)
    numbers.save(settings().cache_dir / f"audit-{numbers.id}", with_data=False)
    return Workspace().open(record)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_numbers(dashboard: Dashboard, audited: Audit, page: str) -> None:
    dashboard.open(page, audit=audited.id)
    suspects = int(audited.label_issues["is_issue"].sum())
    assert suspects > 5
    assert f"suspects  {suspects}" in dashboard.text()
    assert "× 0 classes" not in dashboard.text()


def test_heatmap_says_where_to_look_instead(dashboard: Dashboard, audited: Audit) -> None:
    app = dashboard.open("4_Heatmap", audit=audited.id)
    assert "Numbers are not taken for one another: see Scatter" in app.info[0].value


def test_health_shows_the_error_in_each_range(dashboard: Dashboard, audited: Audit) -> None:
    app = dashboard.open("3_Health", audit=audited.id)
    assert "Error by range" in [heading.value for heading in app.subheader]
    assert dashboard.metrics()["Usual error"] == f"{audited.manifest['health']['mae']:,.4g}"


def test_planted_errors_lie_on_the_plane_of_numbers(dashboard: Dashboard, audited: Audit) -> None:
    dashboard.open("7_Noise_Sim", audit=audited.id)
    dashboard.queue.work()
    dashboard.run()
    charts = [json.loads(chart.proto.spec) for chart in dashboard.app.get("vega_lite_chart")]
    drawn = [layer for chart in charts for layer in chart.get("layer", [])]
    titles = {layer["encoding"].get("x", {}).get("title") for layer in drawn if "encoding" in layer}
    assert {"predicted without the example", "examples reviewed, worst first"} <= titles
    assert "self-confidence: probability of the given label" not in titles
