"""Where only a sample was audited, every page says so."""

from __future__ import annotations

import json

import pytest
from dashboards import PAGES, Dashboard
from made import texts

from labelaudit.artefacts import manifest
from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.export import Handover
from labelaudit.result import Audit
from labelaudit.review import Decision
from labelaudit.settings import settings
from labelaudit.tasks import TASKS
from labelaudit.workspace import Workspace

SAMPLE = "a sample of 60 from 120 rows"


@pytest.fixture
def sampled() -> Audit:
    config = AuditConfig(max_rows=60)
    dataset, _ = TASKS["classification"].plant(texts(), 0.15)
    audit(dataset, config, cache=settings().cache_dir)
    return Workspace().open(Workspace().request(dataset, config))


def test_home_says_it_on_the_card(dashboard: Dashboard, sampled: Audit) -> None:
    dashboard.open()
    assert "sample of 60 from 120 rows" in dashboard.text()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_it_in_the_bar(dashboard: Dashboard, sampled: Audit, page: str) -> None:
    dashboard.open(page, audit=sampled.id)
    assert f"{SAMPLE} × 3 classes" in dashboard.text()


def test_the_audit_page_says_it_in_the_headline(dashboard: Dashboard, sampled: Audit) -> None:
    dashboard.open("2_Audit", audit=sampled.id)
    n = int(sampled.label_issues["is_issue"].sum())
    assert f"We suspect {n} of 60 labels ({n / 60:.1%}) in {SAMPLE}." in dashboard.text()


def test_health_says_what_its_figures_are_of(dashboard: Dashboard, sampled: Audit) -> None:
    app = dashboard.open("3_Health", audit=sampled.id)
    assert [info.value for info in app.info] == [
        f"All figures are of {SAMPLE}, class shares kept; the other rows were not judged."
    ]


def test_export_leaves_the_other_rows_as_they_are_and_says_so(dashboard: Dashboard, sampled: Audit) -> None:
    app = dashboard.open("9_Export", audit=sampled.id)
    said = f"60 examples were not audited ({SAMPLE} was); they are written as they are."
    assert said in dashboard.text()
    assert dashboard.metrics()["Not decided"] == "120"
    app.radio(key="scope").set_value("selection")
    dashboard.run()
    assert "not audited" not in dashboard.text()

    worst = sampled.suspects().iloc[0]
    decision = Decision(actor="me", action="exclude", id=str(worst["id"]))
    handover = Handover(sampled, [decision])
    assert len(handover.cleaned) == 119
    assert manifest(handover)["audit"]["sampled"] == {"rows": 60, "of": 120}
    assert manifest(handover)["counts"]["undecided"] == 119


def test_a_simulation_plants_errors_in_the_rows_of_the_sample(dashboard: Dashboard, sampled: Audit) -> None:
    dashboard.open("7_Noise_Sim", audit=sampled.id)
    assert "Auditing the data with 12 wrong labels planted." in dashboard.text()
    (job,) = dashboard.queue.jobs.values()
    noised = Workspace().dataset(job.work.id)
    assert noised.texts() == [sampled.text(position) for position in range(60)]
    dashboard.queue.work()
    dashboard.run()
    assert f"Errors were planted in {SAMPLE}." in dashboard.text()
    assert "With errors planted in 20% of the 60 examples, the first 12 reviews would find" in dashboard.text()


def test_the_notes_and_the_manifest_say_it(sampled: Audit) -> None:
    assert sampled.sample == SAMPLE
    assert any("a sample of 60 of 120 rows" in note for note in sampled.manifest["notes"])
    assert json.dumps(sampled.manifest["sampled"]) == '{"rows": 60, "of": 120}'
