"""Auditing again with what was decided: verified rows are no suspects, and the export is still of the original."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made import relabelled, table, texts

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.decisions import Decision
from labelaudit.errors import BadInput, StoreError
from labelaudit.export import export
from labelaudit.reaudit import changes, with_reviewed
from labelaudit.result import Audit
from labelaudit.review import effective
from labelaudit.saved import open_dataset
from labelaudit.selection import points, with_decisions

WRONG = {row: f"class {(row + 1) % 3}" for row in range(0, 60, 5)}
QUICK = AuditConfig(model="linear_sgd", checks=False)


@pytest.fixture(scope="module")
def first() -> Audit:
    return audit(relabelled(texts(), WRONG), QUICK)


def decide(id: object, action: str, after: str | None = None, **more: Any) -> Decision:
    return Decision(actor="ann", action=action, id=str(id), after=after and json.dumps(after), batch=str(id), **more)


def truth(row: int) -> str:
    return f"class {row % 3}"


DECISIONS = [
    decide(0, "set", truth(0)),
    decide(5, "exclude"),
    decide(10, "keep"),
    decide(15, "ambiguous"),
    decide(1, "keep"),
]


def test_what_was_decided_is_verified_and_the_rest_is_judged_anew(first: Audit) -> None:
    assert {"0", "5", "10", "15"} <= set(first.suspects()["id"].astype(str))
    dataset = with_reviewed(first.dataset, DECISIONS)
    assert dataset.data_fingerprint == first.dataset.data_fingerprint  # so that the log is about it, too
    assert dataset.fingerprint != first.dataset.fingerprint
    again = audit(dataset, QUICK)
    assert not {"0", "1", "5", "10", "15"} & set(again.suspects()["id"].astype(str))
    assert {"20", "25", "30"} <= set(again.suspects()["id"].astype(str))
    assert 5 not in again.rows and len(again.rows) == 119
    codes = dict(zip(again.rows.tolist(), again.codes.tolist(), strict=True))
    assert (codes[0], codes[10], codes[15]) == (0, int(WRONG[10][-1]), int(WRONG[15][-1]))
    given = again.label_issues.set_index("id")["given"]
    assert given[0] == json.dumps(WRONG[0])  # as the file has it: decisions go on from there
    assert (
        "5 decided so far, and taken into account: 1 with the decided label, 3 confirmed, 1 left out"
        in (again.manifest["notes"])
    )


def test_decisions_show_in_the_new_audit_as_in_the_old_and_the_export_is_the_same(first: Audit) -> None:
    again = audit(with_reviewed(first.dataset, DECISIONS), QUICK)
    status = with_decisions(again, points(again), effective(DECISIONS)).set_index("id")["status"]
    assert status[[0, 10, 15, 1]].tolist() == ["error", "kept", "ambiguous", "kept"]
    log = [*DECISIONS, decide(20, "set", truth(20))]
    one, other = export(first.dataset, log), export(again.dataset, log)
    assert one.table.equals(other.table)
    assert one.data_fingerprint == other.data_fingerprint
    assert len(other) == 119
    assert other.table["label"].to_pylist()[0] == truth(0)


def test_it_is_what_an_audit_of_the_export_would_see(first: Audit) -> None:
    labels = audit(with_reviewed(first.dataset, DECISIONS), QUICK).codes
    assert np.array_equal(labels, export(first.dataset, DECISIONS).labels)


def test_the_same_decisions_are_the_same_audit_and_others_another(first: Audit) -> None:
    one = with_reviewed(first.dataset, DECISIONS)
    assert with_reviewed(one, DECISIONS).fingerprint == one.fingerprint
    assert with_reviewed(one, DECISIONS[:-1]).fingerprint != one.fingerprint
    with pytest.raises(BadInput, match="nothing is decided"):
        with_reviewed(first.dataset, [decide(0, "skip"), decide("gone", "keep")])


def test_changes_name_what_is_new_cleared_and_settled(first: Audit) -> None:
    rest = [decide(row, "set", truth(row)) for row in range(0, 60, 5)]
    again = audit(with_reviewed(first.dataset, rest), QUICK)
    found = changes(first, again)
    was, now = (set(a.suspects()["id"].astype(str)) for a in (first, again))
    assert found.settled == len(was & {d.id for d in rest}) >= 10
    assert set(found.new) == now - was
    assert set(found.cleared) == was - now - {d.id for d in rest}
    assert found.remaining == len(was & now)
    assert found.health[1] > found.health[0]
    assert found.per_class["suspects_before"].sum() == len(was)
    assert found.per_class["quality"].mean() > found.per_class["quality_before"].mean()
    back = changes(again, first)
    assert set(back.new) >= was & {d.id for d in rest}
    assert back.settled == 0


def test_a_class_may_come_and_go() -> None:
    dataset = relabelled(table(n=60), {0: "rare", 1: "rare"})
    decisions = [decide(0, "set", "class 0"), decide(1, "exclude"), *(decide(n, "set", "new") for n in range(3, 12, 3))]
    revised = with_reviewed(dataset, decisions)
    assert revised.classes == ("class 0", "class 1", "class 2", "new")
    again = audit(revised, QUICK)
    assert again.outputs["pred_probs"].shape == (59, 4)
    assert set(changes(audit(dataset, QUICK), again).per_class["class"]) >= {"rare", "new"}


def test_a_sample_stays_the_same_sample() -> None:
    config = QUICK.model_copy(update={"max_rows": 60})
    one = audit(relabelled(texts(), WRONG), config)
    decided = [int(row) for row in one.rows[:6]]
    again = audit(
        with_reviewed(one.dataset, [decide(n, "exclude" if n == decided[0] else "keep") for n in decided]), config
    )
    assert np.array_equal(again.rows, one.rows[1:])


def test_it_survives_the_disk_and_damage_is_said(first: Audit, tmp_path: Path) -> None:
    again = audit(with_reviewed(first.dataset, DECISIONS), QUICK)
    again.save(tmp_path / "audit")
    opened = Audit.open(tmp_path / "audit").dataset
    assert opened.fingerprint == again.dataset.fingerprint
    assert np.array_equal(opened.labels, again.dataset.labels)
    part = opened.take(np.array([20, 15, 0]))
    assert part.verified.tolist() == [False, True, True]
    assert part.labels.tolist() == opened.labels[[20, 15, 0]].tolist()
    (tmp_path / "audit" / "reviewed.json").write_text("{}")
    with pytest.raises(StoreError, match=r"reviewed\.json"):
        open_dataset(tmp_path / "audit")
