"""Many rows: what the browser gets stays small, and what pages were drawn from is let go."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from dashboards import PAGES, Dashboard, Queue
from made import relabelled, table

from labelaudit import planes
from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.given import Given
from labelaudit.labels import encode
from labelaudit.query import ordered
from labelaudit.result import Audit
from labelaudit.review import Decision
from labelaudit.selection import Selection
from labelaudit.settings import settings
from labelaudit.ui import grid, inspector, noise_sim, scatter
from labelaudit.ui.export import PREVIEW_ROWS
from labelaudit.ui.opened import Opened
from labelaudit.workspace import Workspace

N, DECIDED = 24_000, 2000
CHOICES = AuditConfig(model="linear_sgd", folds=2)
BYTES = 1_000_000  # of one page, with styles and all


# Tabs and views, by the key of the widget that opens them.
VIEWS = {
    "5_Scatter": ("scatter-tab", ("Plane", "Map", "Rank")),
    "6_Inspector": ("view", tuple(inspector.VIEWS)),
    "8_Decisions": ("decisions-tab", ("History", "Reviewers", "Conflicts", "Tags", "Slices", "Classes", "Replay")),
}


@pytest.fixture(scope="module")
def large() -> Dataset:
    """Every fourth label wrong: more suspects than are drawn one by one; with a map."""
    made = relabelled(table(N, 3, far=3.0), {row: f"class {(row + 1) % 3}" for row in range(0, N, 4)})
    places = np.random.default_rng(0).random((N, 2), dtype=np.float32)
    return replace(made, given=Given(coordinates=places))


@pytest.fixture(scope="module")
def results(large: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = tmp_path_factory.mktemp("large")
    audit(large, CHOICES, cache=cache)
    return cache


@pytest.fixture
def found(large: Dataset, results: Path) -> Audit:
    settings().cache_dir.symlink_to(results)
    opened = Workspace().open(Workspace().request(large, CHOICES))
    suspects = opened.suspects().head(DECIDED)
    Workspace().log.append(
        [
            Decision(actor="me", action="set", id=str(id_), after=encode(label), fingerprint=large.data_fingerprint)
            for id_, label in zip(suspects["id"], suspects["suggested"], strict=True)
        ]
    )
    return opened


def messages(dashboard: Dashboard) -> list[Any]:
    """What the browser gets of the page, element by element."""
    return [node.proto for node in dashboard.app._tree if getattr(node, "proto", None) is not None]


def rows_sent(dashboard: Dashboard) -> list[tuple[str, int]]:
    """How many rows the tables have that the browser gets, by kind of element."""
    sent = [(type(proto).__name__, data) for proto in messages(dashboard) for data in tables(proto)]
    return [(kind, pa.ipc.open_stream(data).read_all().num_rows) for kind, data in sent]


def tables(proto: Any) -> list[bytes]:
    match type(proto).__name__:
        case "VegaLiteChart":
            return [dataset.data.data for dataset in proto.datasets]
        case "Dataframe":
            return [proto.arrow_data.data]
        case "ComponentInstance":
            return [arg.arrow_dataframe.data.data for arg in proto.special_args if arg.HasField("arrow_dataframe")]
        case _:
            return []


def opened_and_alive() -> int:
    """How many copies of what a page is drawn from are in memory."""
    gc.collect()
    return sum(isinstance(thing, Opened) for thing in gc.get_objects())


@pytest.mark.parametrize("selection", [Selection(), Selection(suspects=True)])
def test_the_browser_never_gets_more_than_it_can_show(
    dashboard: Dashboard, queue: Queue, found: Audit, selection: Selection
) -> None:
    assert len(found.rows) > planes.BINNED_ABOVE
    assert found.manifest["counts"]["suspects"] > scatter.MOST_DRAWN > noise_sim.MOST_DRAWN
    dashboard.open("", audit=found.id, sel=selection.to_text())
    dashboard.app.session_state["draft"] = found.dataset
    for page, (key, view) in ((name, view) for name in ("", *PAGES) for view in views(name)):
        dashboard.app.session_state[key] = view
        dashboard.open(page)
        if page == "7_Noise_Sim":
            queue.work()
            dashboard.run()
        sent = rows_sent(dashboard)
        assert all(n <= scatter.MOST_DRAWN for _, n in sent)
        assert all(n <= grid.PAGE for kind, n in sent if kind == "ComponentInstance")
        assert all(n <= PREVIEW_ROWS for kind, n in sent if kind == "Dataframe")
        assert sum(proto.ByteSize() for proto in messages(dashboard)) < BYTES


def views(page: str) -> list[tuple[str, str]]:
    """Key and name of each tab or view of a page; one of neither where it has none."""
    key, names = VIEWS.get(page, ("no-view", ("",)))
    return [(key, name) for name in names]


def test_what_a_page_was_drawn_from_is_let_go(dashboard: Dashboard, audited: Audit) -> None:
    dashboard.open("", audit=audited.id, sel=Selection(suspects=True).to_text())
    alive = []
    for _ in range(3):
        for page in ("3_Health", "4_Heatmap", "5_Scatter", "9_Export", "6_Inspector"):
            dashboard.open(page)
            dashboard.press("chip-clear")
            dashboard.app.session_state["selection"] = Selection(suspects=True, score_below=0.5 + len(alive) / 10)
            dashboard.run()
        for key in ("keep", "next", "accept"):
            dashboard.press(key)
        alive.append(opened_and_alive())
    assert alive[1] == alive[2]


def test_the_table_is_sorted_once_and_again_where_a_decision_changes_what_it_is_sorted_by(
    dashboard: Dashboard, audited: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    sorts = []

    def counting(*arguments: Any) -> np.ndarray:
        sorts.append(arguments)
        return ordered(*arguments)

    monkeypatch.setattr(grid, "ordered", counting)
    app = dashboard.open("6_Inspector", audit=audited.id, sel="")
    for column, sorted_before, sorted_after in (("given", 1, 1), ("status", 2, 3)):
        app.session_state["grid"] = {"sort": [{"colId": column, "sort": "desc"}], "filter": {}}
        for _ in range(3):
            dashboard.run()
        assert len(sorts) == sorted_before
        dashboard.press("keep")
        assert len(sorts) == sorted_after
    app.segmented_control(key="view").set_value("Table").run()
    found, queue = app.session_state["reviewed"]
    shown = found.table["status"].iloc[queue].tolist()
    assert shown == sorted(shown, reverse=True)
    assert shown.count("kept") == 2
