"""Bring your own on Ingest: what is uploaded is recognised, used, and refused in one sentence where it does not fit."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import tagged
from dashboards import PAGES, Dashboard
from made import probabilities, several, table

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.given import Given
from labelaudit.load import to_bytes
from labelaudit.settings import settings
from labelaudit.workspace import Workspace

ROLES = ("pred_probs", "features", "coordinates", "neighbours", "folds")


def saved(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@pytest.fixture
def ingest(dashboard: Dashboard) -> Dashboard:
    dashboard.open("1_Ingest")
    dashboard.app.file_uploader(key="upload").set_value([("made.csv", to_bytes(table(n=120), "csv"), "text/csv")])
    dashboard.run()
    return dashboard


def bring(dashboard: Dashboard, role: str, content: bytes) -> None:
    (widget,) = [w for w in dashboard.app.file_uploader if str(w.key).startswith(f"bring-{role}-")]
    widget.set_value((f"{role}.npz", content, "application/octet-stream"))
    dashboard.run()


def audited(dashboard: Dashboard) -> str:
    dashboard.press("ingest-go")
    (audit_id,) = dashboard.queue.jobs
    return audit_id


def test_probabilities_are_recognised_and_replace_the_model(ingest: Dashboard) -> None:
    p = np.full((120, 3), 0.1)
    p[np.arange(120), np.arange(120) % 3] = 0.8
    bring(ingest, "pred_probs", saved(pred_probs=p, classes=np.array(["class 0", "class 1", "class 2"])))
    said = ingest.text().replace("\\", "")
    assert "120 x 3 probabilities of pred_probs.npz, classes as in the file, aligned by position" in said
    assert "Will run your model (the probabilities that you brought), prune by noise rate." in said
    given = Workspace().dataset(audited(ingest)).given
    assert given is not None
    assert np.allclose(given.pred_probs, p)  # type: ignore[arg-type]


@pytest.mark.parametrize("dataset", [several(80, form="list"), tagged.parts_of_speech(40)], ids=["labels", "tags"])
def test_probabilities_of_several_labels_and_of_tags_are_taken(dashboard: Dashboard, dataset: Dataset) -> None:
    p = np.full((80 if dataset.task == "multilabel" else 240, 4), 0.25)
    dashboard.open("1_Ingest", data=Workspace().keep(dataset).fingerprint)
    bring(dashboard, "pred_probs", saved(pred_probs=p[1:]))
    (error,) = dashboard.app.error
    assert "pred_probs.npz has" in error.value.replace("\\", "")
    bring(dashboard, "pred_probs", saved(pred_probs=p))
    assert not dashboard.app.error
    assert "Will run your model (the probabilities that you brought)" in dashboard.text()
    given = Workspace().dataset(audited(dashboard)).given
    assert given is not None
    assert np.array_equal(given.pred_probs, p)  # type: ignore[arg-type]


def test_what_was_brought_is_still_there_on_a_return(dashboard: Dashboard) -> None:
    dataset = replace(table(n=120), given=Given(folds=np.arange(120) % 4, notes=("4 folds of mine",)))
    dashboard.open("1_Ingest", data=Workspace().keep(dataset).fingerprint)
    (box,) = [box for box in dashboard.app.checkbox if "4 folds of mine" in box.label]
    box.uncheck()
    dashboard.run()
    assert Workspace().dataset(audited(dashboard)).given is None


def test_everything_at_once(ingest: Dashboard) -> None:
    points = np.random.default_rng(0).random((120, 2))
    bring(ingest, "features", saved(features=np.random.default_rng(1).random((120, 8))))
    bring(ingest, "coordinates", saved(coordinates=points))
    bring(ingest, "neighbours", saved(neighbours=(np.arange(120)[:, None] + np.array([1, 2])) % 120))
    bring(ingest, "folds", saved(folds=np.arange(120) % 4))
    given = Workspace().dataset(audited(ingest)).given
    assert given is not None
    assert set(given.arrays) == set(ROLES) - {"pred_probs"}


def test_columns_of_the_table_are_taken_out_of_the_features(ingest: Dashboard) -> None:
    (widget,) = [w for w in ingest.app.multiselect if str(w.key).startswith("bring-columns-coordinates-")]
    widget.set_value(["x0", "x1"])
    ingest.run()
    dataset = Workspace().dataset(audited(ingest))
    assert dataset.feature_columns == ("x2",)
    assert dataset.given is not None
    assert dataset.given.columns == ("x0", "x1")


def test_what_does_not_fit_is_said_and_left_out(ingest: Dashboard) -> None:
    bring(ingest, "pred_probs", saved(pred_probs=np.full((100, 3), 1 / 3)))
    (error,) = ingest.app.error
    assert "pred_probs.npz has 100 rows and the data set 'made' has 120" in error.value.replace("\\", "")
    assert Workspace().dataset(audited(ingest)).given is None


def test_no_columns_are_needed_where_features_are_brought(ingest: Dashboard) -> None:
    (widget,) = [w for w in ingest.app.multiselect if str(w.key).startswith("features-")]
    widget.set_value([])
    ingest.run()
    assert "No column is left for the model" in ingest.app.error[0].value
    bring(ingest, "features", saved(features=np.random.default_rng(1).random((120, 8))))
    assert not ingest.app.error
    assert Workspace().dataset(audited(ingest)).feature_columns == ()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_an_audit_of_probabilities_alone_with_a_class_that_nobody_used(
    dashboard: Dashboard, page: str
) -> None:
    labels, pred_probs = probabilities(n=200, k=4)
    given = Given(
        pred_probs=pred_probs,
        classes=(0, 1, 2, 3),
        coordinates=np.random.default_rng(0).random((200, 2), dtype=np.float32),
    )
    dataset = Dataset("bare", pa.table({"label": labels % 3}), ("label",), (), given=given)
    audit_id = Workspace().request(dataset, AuditConfig())
    audit(dataset, AuditConfig(), cache=settings().cache_dir)
    app = dashboard.open(page, audit=audit_id)
    assert not app.error
    assert "200 × 4 classes" in dashboard.text()
