"""Images on the screens: small ones everywhere, a large one to zoom into, and a reason where one can't be shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dashboards import PAGES, Dashboard
from pictures import as_folder, as_zip, picture, pictures

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.load import load
from labelaudit.result import Audit
from labelaudit.selection import Selection
from labelaudit.settings import settings
from labelaudit.tasks import TASKS
from labelaudit.workspace import Workspace

CHOICES = AuditConfig(embedder="hog", folds=2)
BYTES = 1_000_000  # of a page
SUSPECTS = Selection(suspects=True).to_text()


def kept(path: Path, config: AuditConfig = CHOICES) -> Audit:
    dataset, _ = TASKS["classification"].plant(load(path), 0.15, "uniform", seed=1)
    audit(dataset, config, cache=settings().cache_dir)
    return Workspace().open(Workspace().request(dataset, config))


@pytest.fixture
def audited_images(tmp_path: Path) -> Audit:
    return kept(as_zip(tmp_path / "shapes.zip", {**pictures(20), "disc/cut.png": picture("disc", 99)[:70]}))


def html(dashboard: Dashboard) -> str:
    near = [face["near"] for deck in dashboard.decks() for face in deck["faces"].values()]
    return "\n".join([*(element.proto.body for element in dashboard.app.get("html")), *near])


def test_every_page_shows_small_images_and_little_of_them(dashboard: Dashboard, audited_images: Audit) -> None:
    dashboard.open("", audit=audited_images.id, sel=SUSPECTS)
    for page in PAGES:
        dashboard.open(page)
        if page == "7_Noise_Sim":
            dashboard.queue.work()
            dashboard.run()
        assert not dashboard.app.error
        nodes = [node.proto for node in dashboard.app._tree if getattr(node, "proto", None) is not None]
        assert sum(proto.ByteSize() for proto in nodes) < BYTES, page
        images = re.findall(r'<img class="la-thumb sharp" alt="([^"]*)" src="data:image/webp;base64,', html(dashboard))
        assert bool(images) == (page in ("2_Audit", "3_Health", "4_Heatmap", "5_Scatter", "6_Inspector")), page
        assert all(re.fullmatch(r"(disc|bars|cross)/\d{3}\.png", name) for name in images)


def test_health_names_the_image_that_was_left_out(dashboard: Dashboard, audited_images: Audit) -> None:
    app = dashboard.open("3_Health", audit=audited_images.id)
    assert "1 image can't be read" in dashboard.text()
    assert [{"name": "disc/cut.png", "reason": "is cut off"}] in [t.value.to_dict("records") for t in app.dataframe]


def test_the_inspector_shows_the_image_and_what_it_is(dashboard: Dashboard, audited_images: Audit) -> None:
    app = dashboard.open("6_Inspector", audit=audited_images.id, sel=SUSPECTS)
    assert re.search(r"(disc|bars|cross)/\d{3}\.png · 24 × 24 pixels · PNG", dashboard.text())
    (zoom,) = app.get("bidi_component")
    assert "webp" in str(zoom.proto)


def test_an_image_that_is_gone_has_a_reason_in_its_place(dashboard: Dashboard, tmp_path: Path) -> None:
    folder = as_folder(tmp_path / "shapes", pictures(10))
    found = kept(folder)
    worst = found.label_issues["score"].argmin()
    (folder / found.dataset.image_name(int(found.rows[worst]))).unlink()
    dashboard.open("6_Inspector", audit=found.id)
    assert "Can’t be shown: can't be read: No such file or directory." in dashboard.text().replace("&#x27;", "'")
    dashboard.open("5_Scatter")
    assert "Can’t be shown" in dashboard.text()


def test_the_audit_page_warns_where_no_network_could_be_had(
    dashboard: Dashboard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    found = kept(as_zip(tmp_path / "shapes.zip", pictures(10)), AuditConfig(folds=2))
    assert found.manifest["resolved"]["embedder"] == "hog"
    app = dashboard.open("2_Audit", audit=found.id)
    (warning,) = [w.value for w in app.warning if w.value.startswith("No network looked at these images")]
    assert "expect more false suspects, and weaker evidence" in warning
    assert app.selectbox(key="again-embedder").value == "auto"


def test_hog_by_choice_is_no_reason_to_warn(dashboard: Dashboard, audited_images: Audit) -> None:
    app = dashboard.open("2_Audit", audit=audited_images.id)
    assert not app.warning
    choice = app.selectbox(key="again-embedder")
    assert choice.value == "hog"
    assert len(choice.options) == 8
    choice.set_value("resnet18")
    dashboard.run()
    app.button(key="again-go").click()
    dashboard.run()
    (job,) = dashboard.queue.jobs.values()
    assert job.work.config["embedder"] == "resnet18"


def test_texts_take_a_model_by_name_and_tables_take_none(dashboard: Dashboard, audited: Audit) -> None:
    app = dashboard.open("2_Audit", audit=audited.id)
    app.text_input(key="again-embedder").set_value("all-MiniLM-L6-v2")
    dashboard.run()
    dashboard.press("again-go")
    (job,) = dashboard.queue.jobs.values()
    assert job.work.config["embedder"] == "all-MiniLM-L6-v2"


def test_images_stay_when_what_their_labels_are_is_chosen_otherwise(dashboard: Dashboard, tmp_path: Path) -> None:
    files = pictures(8)
    listed = "file,many\n" + "".join(f"{name},{number % 17}.5\n" for number, name in enumerate(files))
    archive = as_zip(tmp_path / "shapes.zip", {**files, "labels.csv": listed.encode()})
    app = dashboard.open("1_Ingest")
    app.file_uploader(key="upload").set_value((archive.name, archive.read_bytes(), "application/zip"))
    dashboard.run()
    next(choice for choice in app.selectbox if choice.label == "Labels are").select("regression")
    dashboard.run()
    next(button for button in app.button if button.label.startswith("Audit these 24 rows")).click()
    dashboard.run()
    assert [error.value for error in app.error] == []
    (job,) = dashboard.queue.jobs.values()
    assert (job.data / "images.zip").exists()
