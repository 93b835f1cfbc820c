"""Pages of an audit of numbers: none asks for classes."""

from __future__ import annotations

import json
import re
from html import escape

import measured
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from dashboards import PAGES, Dashboard

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.load import load
from labelaudit.residuals import bulk
from labelaudit.result import Audit
from labelaudit.selection import Selection
from labelaudit.settings import settings
from labelaudit.shapes.number import targets
from labelaudit.tasks import TASKS
from labelaudit.ui import filters, scatter
from labelaudit.ui.blocks import interval_html
from labelaudit.workspace import Workspace


@pytest.fixture(scope="module")
def numbers() -> Audit:
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


def test_filters_that_need_classes_are_not_offered(dashboard: Dashboard, audited: Audit) -> None:
    dashboard.open("3_Health", audit=audited.id)
    app = dashboard.unfold(filters.OPEN)
    assert "Decision" in (asked := {choice.label for choice in app.selectbox})
    assert not {"Given", "Suggested"} & asked


def test_where_nothing_stands_out_pages_say_what_that_means_and_lead_to_the_lowest_scores(dashboard: Dashboard) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2))
    table = pa.table({"a": x[:, 0], "b": x[:, 1], "y": np.round(5 * x[:, 0] + rng.normal(size=200), 2)})
    found = audit(load(table, task="regression", label="y"), AuditConfig(model="ridge"))
    assert not found.label_issues["is_issue"].any()
    record = Workspace().request(found.dataset, found.config)
    found.save(settings().cache_dir / f"audit-{found.id}", with_data=False)
    dashboard.open("3_Health", audit=record, sel=Selection(suspects=True).to_text())
    assert "can't be told from noise here" in dashboard.text()
    assert "0.0% to 0.0%" not in dashboard.text()
    assert [button.disabled for button in dashboard.app.button if button.label == "Review the lowest scores"] == [False]
    dashboard.open("6_Inspector")
    assert "No label is suspected here, which does not say that all are right" in dashboard.app.info[0].value
    dashboard.press("review-all")
    assert dashboard.face["id"] == found.label_issues.nsmallest(1, "score")["id"].astype(str).iloc[0]
    assert "times as far off as usual" in json.dumps(dashboard.face)


def test_planted_errors_lie_on_the_plane_of_numbers(dashboard: Dashboard, audited: Audit) -> None:
    dashboard.open("7_Noise_Sim", audit=audited.id)
    dashboard.queue.work()
    dashboard.run()
    charts = [json.loads(chart.proto.spec) for chart in dashboard.app.get("vega_lite_chart")]
    drawn = [layer for chart in charts for layer in chart.get("layer", [])]
    titles = {layer["encoding"].get("x", {}).get("title") for layer in drawn if "encoding" in layer}
    assert {"predicted without the example", "examples reviewed, worst first"} <= titles
    assert "self-confidence: probability of the given label" not in titles


@pytest.fixture(scope="module")
def prices() -> Audit:
    """Numbers that are written with a unit and thousands, two of them tenfold."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=150)
    euros = np.round(4000 + 900 * x + 60 * rng.normal(size=150), 2)
    euros[[3, 8]] *= 10
    table = pa.table({"x": x, "price": [f"€ {value:,.2f}" for value in euros]})
    return audit(load(table, task="regression", label="price"), AuditConfig(model="ridge"))


@pytest.fixture
def priced(prices: Audit, dashboard: Dashboard) -> Audit:
    record = Workspace().request(prices.dataset, prices.config)
    prices.save(settings().cache_dir / f"audit-{prices.id}", with_data=False)
    return Workspace().open(record)


@pytest.mark.parametrize(("typed", "number"), [("5,351", "5351"), ("€ 5,351.50", "5351.5"), ("5351.5", "5351.5")])
def test_a_number_that_is_typed_is_read_as_its_column_is(
    dashboard: Dashboard, priced: Audit, typed: str, number: str
) -> None:
    dashboard.open("6_Inspector", audit=priced.id)
    deck = dashboard.deck
    assert re.fullmatch(deck["typed"]["pattern"], typed)
    event = {"key": typed, "do": "value", "at": [deck["open"]], "code": typed, "base": [deck["seq"]]}
    dashboard.send(deck["open"], event | {"reason": "", "comment": ""})
    assert Workspace().log.read(priced.dataset.data_fingerprint)[-1].after == number
    assert dashboard.deck["state"][str(deck["open"])][1] == f"€ {float(number):,.2f}"


@pytest.mark.parametrize("typed", ["1.234,56", "0x10", "five", "$ 5"])
def test_what_is_no_such_number_is_refused_in_words_and_nothing_is_written(
    dashboard: Dashboard, priced: Audit, typed: str
) -> None:
    dashboard.open("6_Inspector", audit=priced.id)
    deck = dashboard.deck
    assert not re.fullmatch(deck["typed"]["pattern"], typed)
    event = {"key": typed, "do": "value", "at": [deck["open"]], "code": typed, "base": [deck["seq"]]}
    dashboard.send(deck["open"], event | {"reason": "", "comment": ""})
    assert not Workspace().log.read(priced.dataset.data_fingerprint)
    said = "is no number as this column writes them; write one such as €"
    assert said in deck["typed"]["refusal"]
    assert any(said in toast.value for toast in dashboard.app.toast) or said in dashboard.text()


def test_numbers_are_shown_as_their_column_writes_them(dashboard: Dashboard, priced: Audit) -> None:
    dashboard.open("6_Inspector", audit=priced.id)
    face = dashboard.face
    assert re.fullmatch(r"€ \d\d,\d{3}\.\d\d", face["given"])
    assert re.fullmatch(r"€ \d,\d{3}\.\d\d", face["suggested"])
    assert f"given {escape(face['given'])}" in re.sub("<[^>]+>", "", face["labels"])


def test_the_few_that_are_far_off_do_not_squeeze_all_others(dashboard: Dashboard, priced: Audit) -> None:
    dashboard.open("5_Scatter", audit=priced.id)
    specs = [json.loads(chart.proto.spec) for chart in dashboard.app.get("vega_lite_chart")]
    layers = [layer for spec in specs for layer in spec.get("layer", [])]
    dots = next(layer for layer in layers if "color" in layer.get("encoding", {}))["encoding"]
    assert dots["x"]["scale"]["domain"][1] < 10_000
    assert dots["x"]["scale"] == dots["y"]["scale"]
    assert dots["y"]["scale"]["clamp"]
    assert dots["color"]["legend"]["orient"] == "top"
    assert "2 lie beyond the axes and are drawn at their edge" in dashboard.text()


def test_a_brush_to_the_edge_takes_what_is_drawn_there(prices: Audit) -> None:
    given, predicted = targets(prices.dataset), prices.outputs["predicted"]
    table, bounds = pd.DataFrame({"x": predicted, "y": given}), bulk(given, predicted)
    x0, x1, y0, y1 = scatter.box_of({"x": list(bounds), "y": [6000.0, bounds[1] - 1]}, False, table, bounds)
    inside = (predicted >= x0) & (predicted <= x1) & (given >= y0) & (given <= y1)
    assert set(np.flatnonzero(inside)) == set(np.flatnonzero(given >= 6000))
    narrow = scatter.box_of({"x": [3000.0, 4000.0], "y": [3000.0, 4000.0]}, False, table, bounds)
    assert narrow == (3000.0, 4000.0, 3000.0, 4000.0)


def test_a_number_beyond_the_line_is_said_to_be(prices: Audit) -> None:
    line = TASKS["regression"].view(prices, 3)[1]
    html = re.sub("<[^>]+>", "", interval_html(line))
    assert re.search(r"given € \d\d,\d{3}\.\d\d \(beyond this line, drawn at its edge\) predicted € \d,\d{3}", html)
    assert "beyond" not in interval_html(TASKS["regression"].view(prices, 0)[1])
    assert "e+" not in html


def test_a_brush_on_numbers_is_named_by_their_axes(dashboard: Dashboard, audited: Audit) -> None:
    dashboard.open("5_Scatter", audit=audited.id, sel=Selection(box=(-1.5, 0.25, 1000.0, 5351.4)).to_text())
    assert "predicted -1.50–0.25, given 1,000–5,351" in [
        button.label.replace("\\", "") for button in dashboard.app.button
    ]
