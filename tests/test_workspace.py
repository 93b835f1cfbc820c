"""What one owner has, and others don't see."""

from __future__ import annotations

import os
from pathlib import Path

import made
import pytest

from labelaudit.audit import AuditConfig, audit
from labelaudit.errors import StoreError
from labelaudit.review import Decision
from labelaudit.settings import settings
from labelaudit.workspace import Workspace

QUICK = AuditConfig(folds=2)


def test_owners_do_not_see_each_other() -> None:
    dataset = made.table(n=60)
    mine, yours = Workspace("session-a"), Workspace("session-b")
    audit_id = mine.request(dataset, QUICK)
    audit(dataset, QUICK, cache=settings().cache_dir)
    assert mine.open(audit_id).id == audit_id
    assert yours.audits() == []
    for look in (yours.record, yours.dataset, yours.open):
        with pytest.raises(StoreError, match="there is no audit"):
            look(audit_id)
    with pytest.raises(StoreError, match="not in this workspace"):
        yours.kept(dataset.fingerprint)


def test_owners_have_decisions_of_their_own() -> None:
    decision = Decision(actor="me", action="keep", id="1", fingerprint="f")
    Workspace("session-a").log.append([decision])
    assert len(Workspace("session-a").log.read("f")) == 1
    assert Workspace("session-b").log.read("f") == []


def test_request_stores_the_data_and_says_what_was_asked() -> None:
    dataset = made.table(n=60)
    here = Workspace()
    audit_id = here.request(dataset, QUICK)
    assert here.request(dataset, QUICK) == audit_id
    record = here.record(audit_id)
    assert (record["id"], record["name"], record["rows"]) == (audit_id, dataset.name, 60)
    assert record["config"]["folds"] == 2
    stored = here.dataset(audit_id)
    assert stored.table.equals(dataset.table)
    assert stored.fingerprint == dataset.fingerprint


def test_request_has_the_id_of_the_audit_that_it_asks_for() -> None:
    dataset = made.table(n=60)
    here = Workspace()
    audit_id = here.request(dataset, QUICK)
    assert not here.is_done(audit_id)
    assert audit(dataset, QUICK, cache=settings().cache_dir).id == audit_id
    assert here.is_done(audit_id)


def test_audits_are_newest_first_with_the_manifest_of_finished_ones() -> None:
    here = Workspace()
    ids = [here.request(made.table(n=60, seed=seed), QUICK) for seed in range(3)]
    for age, audit_id in enumerate(reversed(ids)):
        os.utime(here.folder / "audits" / f"{audit_id}.json", (1000 - age, 1000 - age))
    audit(made.table(n=60, seed=1), QUICK, cache=settings().cache_dir)
    listed = here.audits()
    assert [record["id"] for record in listed] == ids[::-1]
    assert ["manifest" in record for record in listed] == [False, True, False]
    assert listed[1]["manifest"]["counts"]["examples"] == 60


def test_simulations_are_kept_and_not_listed() -> None:
    here = Workspace()
    audit_id = here.request(made.table(n=60), QUICK, listed=False)
    assert here.audits() == []
    assert here.record(audit_id)["id"] == audit_id


@pytest.mark.parametrize("name", ["", ".", "..", "../other", "a/b", "a\\b", "/etc/passwd", "a\0b", "ä", "x" * 81])
def test_ids_that_are_no_names_are_refused(name: str) -> None:
    Workspace().request(made.table(n=60), QUICK)
    for look in (Workspace().record, Workspace().kept):
        with pytest.raises(StoreError):
            look(name)


def test_unwritable_place_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LABELAUDIT_ARTIFACTS_DIR", str(tmp_path / "file"))
    settings.cache_clear()
    with pytest.raises(StoreError, match="can't be written"):
        Workspace().keep(made.table(n=60))
