"""Audits of images: what can't be read, duplicates, and what is found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pictures import KINDS, as_folder, as_zip, pictures

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.decisions import Decision
from labelaudit.export import export
from labelaudit.load import load, to_bytes
from labelaudit.result import Audit
from labelaudit.tasks import TASKS

HOG = AuditConfig(embedder="hog")


def test_planted_errors_are_found_and_explained(tmp_path: Path) -> None:
    dataset, wrong = TASKS["classification"].plant(load(as_folder(tmp_path / "x", pictures(40))), 0.1, seed=2)
    found = audit(dataset, HOG)
    flagged = found.label_issues["is_issue"].to_numpy()
    assert (flagged & wrong).sum() >= 0.9 * wrong.sum()
    row = found.suspects().iloc[0]
    assert any(reason.startswith("nearest neighbours: ") for reason in row["evidence"])
    assert set(found.manifest["checks"]) >= {"conflicting_duplicate", "dark", "blurry", "property_correlation"}
    assert found.outputs["neighbours"].shape[0] == len(dataset)


def test_an_image_that_cannot_be_read_is_left_out_of_the_audit_and_not_of_the_export(tmp_path: Path) -> None:
    files = {
        **pictures(20),
        "disc/cut.png": pictures(1)["disc/000.png"][:300],
        "cross/none.jpg": b"",
        "cross/text.png": b"hi",
    }
    dataset = load(as_zip(tmp_path / "x.zip", files))
    found = audit(dataset, HOG)
    assert {entry["name"] for entry in found.manifest["unreadable"]} == {
        "disc/cut.png",
        "cross/none.jpg",
        "cross/text.png",
    }
    assert len(found.rows) == len(dataset) - 3
    assert any("3 images can't be read" in note for note in found.manifest["notes"])
    found.save(tmp_path / "found")
    again = Audit.open(tmp_path / "found")
    assert again.positions(["disc/cut.png"]).tolist() == [-1]
    decision = Decision(actor="me", action="exclude", id="disc/000.png", fingerprint=dataset.data_fingerprint)
    cleaned = export(again.dataset, [decision])
    assert set(cleaned.ids) == set(files) - {"disc/000.png"}
    assert to_bytes(cleaned, "zip")


def test_a_class_of_which_no_image_can_be_read_keeps_its_place(tmp_path: Path) -> None:
    files = {**pictures(20), "all broken/a.png": b"x", "all broken/b.png": b"y"}
    found = audit(load(as_folder(tmp_path / "x", files)), HOG)
    assert found.outputs["pred_probs"].shape[1] == len(KINDS) + 1
    assert found.dataset.class_names[0] == "all broken"
    assert (found.outputs["pred_probs"][:, 0] < 1e-4).all()
    assert set(found.label_issues["given"]) == {f'"{kind}"' for kind in KINDS}


def test_errors_that_exact_copies_hide_are_found(tmp_path: Path) -> None:
    files = pictures(20)
    # Ten copies of one image under a wrong label: whoever trains on some of them believes the others.
    files |= {f"bars/copy {n}.png": files["disc/003.png"] for n in range(10)}
    found = audit(load(as_folder(tmp_path / "x", files)), HOG)
    copies = found.positions([f"bars/copy {n}.png" for n in range(10)])
    assert found.label_issues["is_issue"].to_numpy()[copies].all()
    conflicts = found.issues[found.issues["issue"] == "conflicting_duplicate"]
    assert {*conflicts["id"]} == {"disc/003.png", *(f"bars/copy {n}.png" for n in range(10))}


def test_the_same_images_give_the_same_bits(tmp_path: Path) -> None:
    dataset = load(as_folder(tmp_path / "x", pictures(15)))
    first, second = audit(dataset, HOG), audit(dataset, HOG, cache=tmp_path / "cache")
    np.testing.assert_array_equal(first.outputs["pred_probs"], second.outputs["pred_probs"])
    assert first.issues.equals(second.issues)


@pytest.mark.parametrize("checks", [True, False])
def test_label_issues_alone(tmp_path: Path, checks: bool) -> None:
    found = audit(load(as_folder(tmp_path / "x", pictures(15))), HOG.model_copy(update={"checks": checks}))
    assert bool(found.manifest["checks"]) == checks
    assert ("neighbours" in found.outputs) == checks
    assert set(found.issues["issue"]) >= {"label"}
