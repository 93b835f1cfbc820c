"""Several annotators on the pages."""

from __future__ import annotations

from pathlib import Path

import pytest
import rated
from dashboards import PAGES, Dashboard

from labelaudit.annotators import ranked
from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.result import Audit
from labelaudit.settings import settings
from labelaudit.shapes.votes import votes, with_votes
from labelaudit.ui.markdown import plain
from labelaudit.workspace import Workspace

CONFIG = AuditConfig(checks=False)


@pytest.fixture
def rated_audit(root: Path) -> Audit:
    """An annotator who always takes one class for another, and whose name is HTML."""
    dataset = named(rated.wide())
    found = votes(dataset)
    label = found.ratings.label.copy()
    label[(found.ratings.annotator == 0) & (found.ratings.item % 3 == 1)] = 0
    dataset = with_votes(dataset, found, label)
    audit(dataset, CONFIG, cache=settings().cache_dir)
    return Workspace().open(Workspace().request(dataset, CONFIG))


def named(dataset: Dataset) -> Dataset:
    from labelaudit.load import load

    names = ["<b>Ann</b>" if name == "rater_0" else name for name in dataset.table.column_names]
    table = dataset.table.rename_columns(names).drop_columns(["consensus"])
    return load(table, task="multiannotator", label=[name for name in names if name[0] in "<r"])


def test_every_page_shows_ratings_without_a_fault(dashboard: Dashboard, rated_audit: Audit) -> None:
    for page in PAGES:
        app = dashboard.open(page, audit=rated_audit.id)
        assert not app.exception, page


def test_export_says_that_the_consensus_is_added(dashboard: Dashboard, rated_audit: Audit) -> None:
    dashboard.open("9_Export", audit=rated_audit.id)
    assert "your file with the column 'consensus' added." in dashboard.text().replace("\\", "")


def test_health_ranks_annotators_and_a_click_shows_where_they_stand_alone(
    dashboard: Dashboard, rated_audit: Audit
) -> None:
    app = dashboard.open("3_Health", audit=rated_audit.id)
    assert dashboard.metrics()["Least reliable annotator"] == plain("<b>Ann</b>")
    disputed = int(ranked(rated_audit).iloc[0]["disputed"])
    app.button(key="weakest").click().run()
    assert f"{disputed} selected" in dashboard.text()
    app.button(key="ask-0").click().run()
    assert "1 selected" in dashboard.text()
