"""The replay: each frame is what the labels were by then, and the file plays on its own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made import relabelled, texts
from typer.testing import CliRunner

from labelaudit import health
from labelaudit.audit import audit
from labelaudit.cli import app
from labelaudit.confident import confident_joint, joint_and_errors
from labelaudit.config import AuditConfig
from labelaudit.decisions import Decision
from labelaudit.errors import BadInput
from labelaudit.labels import decode
from labelaudit.replay import MOST_FRAMES, page, replay
from labelaudit.result import Audit
from labelaudit.workspace import Workspace

WRONG = {row: f"class {(row + 1) % 3}" for row in range(0, 60, 5)}


@pytest.fixture(scope="module")
def found() -> Audit:
    return audit(relabelled(texts(), WRONG), AuditConfig(model="linear_sgd", folds=3))


def decision(found: Audit, row: int, action: str = "set", **more: Any) -> Decision:
    """What a person decides who knows the truth."""
    after = json.dumps(f"class {row % 3}") if action == "set" else None
    fields = {"actor": "ann", "action": action, "id": str(row), "after": after, "batch": f"b{row}{action}", **more}
    return Decision(fingerprint=found.dataset.data_fingerprint, **fields)


def test_frames_go_from_the_audit_to_what_an_audit_of_the_corrected_labels_would_say(found: Audit) -> None:
    decisions = [decision(found, row) for row in WRONG]
    frames = replay(found, decisions)["frames"]
    assert [frame["decided"] for frame in frames] == list(range(len(WRONG) + 1))
    assert frames[0]["health"] == round(found.manifest["health"]["overall_label_health_score"], 5)
    assert frames[0]["cells"] == found.joint[np.ix_(*(order(found),) * 2)].ravel().tolist()
    labels = np.array([found.dataset.classes.index(f"class {row % 3}") for row in range(120)])
    assert frames[-1]["health"] == round(health_of(labels, found), 5) > frames[0]["health"]
    assert frames[-1]["counts"] == {"error": len(WRONG)}


def order(found: Audit) -> list[int]:
    """The classes as the replay shows them."""
    names = replay(found, [decision(found, 0)])["classes"]
    return [found.dataset.class_names.index(name) for name in names]


def health_of(labels: np.ndarray, found: Audit) -> float:
    return health.overall(labels, found.outputs["pred_probs"])["overall_label_health_score"]


def test_what_was_taken_back_skipped_or_decided_anew_is_not_played(found: Audit) -> None:
    decisions = [
        decision(found, 0),
        decision(found, 5, "keep"),
        decision(found, 10, "skip"),
        decision(found, 15),
        Decision(actor="ann", action="undo", id="", after='"b15set"', fingerprint=found.dataset.data_fingerprint),
        decision(found, 5),
    ]
    data = replay(found, decisions)
    assert data["frames"][-1]["counts"] == {"error": 2}
    assert [point["id"] for point in data["points"]] == ["0", "5"]
    with pytest.raises(BadInput, match="nothing to play"):
        replay(found, decisions[3:5])


def test_a_corrected_point_moves_and_an_excluded_example_no_longer_counts(found: Audit) -> None:
    data = replay(found, [decision(found, 5), decision(found, 10, "exclude"), decision(found, 20, "keep")])
    corrected, excluded, kept = data["points"]
    probs = found.outputs["pred_probs"][5]
    true = found.dataset.classes.index("class 2")
    assert corrected["to"][0] == pytest.approx(probs[true], abs=1e-3)
    assert corrected["to"] != corrected["from"] and corrected["status"] == "error"
    assert (corrected["given"], corrected["final"]) == ("class 0", "class 2")
    assert excluded["to"] == excluded["from"] and excluded["status"] == "excluded"
    assert kept["status"] == "kept"
    totals = [sum(frame["cells"]) for frame in data["frames"]]
    assert totals == [120, 120, 119, 119]


def test_a_label_that_is_no_class_yet_leaves_the_joint_and_keeps_its_place(found: Audit) -> None:
    data = replay(found, [decision(found, 5, after='"<b>new</b>"')])
    (point,) = data["points"]
    assert point["final"] == decode('"<b>new</b>"') and point["to"] == point["from"]
    assert sum(data["frames"][-1]["cells"]) == 119


def test_many_decisions_and_classes_stay_small(found: Audit) -> None:
    decisions = [decision(found, row, "keep") for row in range(120)]
    data = replay(found, decisions)
    assert len(data["frames"]) == MOST_FRAMES
    assert data["frames"][-1]["decided"] == 120
    assert [point["frame"] for point in data["points"]] == sorted(point["frame"] for point in data["points"])
    assert len(page(data)) < 500_000


def test_the_file_needs_nothing_else_and_runs_nothing_of_the_users(found: Audit) -> None:
    name = "</script><script>alert(1)</script>"
    data = replay(found, [decision(found, 5, after=json.dumps(name), actor=name)])
    text = page({**data, "name": name}).decode()
    assert not re.search(r"(src|href)=|https?://(?!www\.w3\.org/2000/svg)|@import", text)
    assert text.count("</script>") == 1 and "<title>Corrections of &lt;/script&gt;" in text


def test_the_health_of_a_frame_is_cleanlabs(found: Audit) -> None:
    rng = np.random.default_rng(0)
    for seed in range(5):
        labels = rng.integers(0, 4, 300)
        scores = np.exp(rng.gumbel(size=(300, 4)) + seed * np.eye(4)[labels])
        pred_probs = scores / scores.sum(axis=1, keepdims=True)
        joint, errors = joint_and_errors(labels, pred_probs)
        assert (joint == confident_joint(labels, pred_probs)).all()
        assert 1 - errors.mean() == pytest.approx(health.overall(labels, pred_probs)["overall_label_health_score"])


def test_the_command_writes_the_file_and_says_what_is_missing(found: Audit, tmp_path: Path) -> None:
    found.save(tmp_path / "audit")
    command = ["replay", str(tmp_path / "audit"), "--to", str(tmp_path / "replay.html")]
    refused = CliRunner().invoke(app, command)
    assert refused.exit_code == 1 and "decide on some examples first" in refused.output
    assert not (tmp_path / "replay.html").exists()
    Workspace().log.append([decision(found, 5)])
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0 and "(1 decision, health" in done.output
    assert (tmp_path / "replay.html").read_text().startswith("<!doctype html>")
