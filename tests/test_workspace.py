"""What one owner has, and others don't see."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import made
import pytest

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.errors import BadInput, StoreError
from labelaudit.review import Decision
from labelaudit.settings import settings
from labelaudit.thumbnails import FOLDER
from labelaudit.workspace import Workspace, forget_unused

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


def test_data_that_cannot_be_audited_is_refused_before_anything_is_written() -> None:
    dataset = made.table(n=60)
    with pytest.raises(BadInput, match="one class"):
        Workspace().request(dataset.with_labels(["x"] * 60), QUICK)
    assert not Workspace().folder.exists()


def test_equal_data_of_two_owners_shares_the_result_and_neither_name_nor_history() -> None:
    dataset = made.table(n=60)
    theirs = replace(dataset, name="their name", provenance={"path": "/their/place"})
    owners = Workspace("session-a"), Workspace("session-b")
    ids = {owner.request(data, QUICK) for owner, data in zip(owners, (theirs, dataset), strict=True)}
    audit(theirs, QUICK, cache=settings().cache_dir)
    assert len(ids) == 1
    found = owners[1].open(ids.pop())
    assert "their" not in json.dumps(dict(found.manifest))
    assert (found.dataset.name, found.manifest["dataset"]["name"]) == (dataset.name, dataset.name)


def test_what_nobody_comes_back_to_is_removed_and_the_rest_stays() -> None:
    owners = {name: Workspace(name) for name in ("session-gone", "session-here", "user-away", "local")}
    shared, lone = made.table(n=60, seed=1), made.table(n=60, seed=2)
    for owner in owners.values():
        owner.request(shared, QUICK)
        owner.log.append([Decision(actor="me", action="keep", id="1", fingerprint="f")])
    gone = owners["session-gone"]
    lone_id, shared_id = gone.request(lone, QUICK), gone.request(shared, QUICK)
    for dataset in (shared, lone):
        audit(dataset, QUICK, cache=settings().cache_dir)
    own = settings().cache_dir / "notes of somebody.txt"
    own.write_text("not ours")
    for path in (*settings().cache_dir.iterdir(), *(owner.folder for owner in owners.values())):
        os.utime(path, (0, 0))
    owners["session-here"].touch()

    forget_unused(24)

    assert {path.name for path in settings().artifacts_dir.iterdir() if path.is_dir()} == set(owners) - {"session-gone"}
    assert {name: len(owner.log.read("f")) for name, owner in owners.items()} == {
        "session-gone": 0,
        "session-here": 1,
        "user-away": 1,
        "local": 1,
    }
    assert {path.name for path in settings().cache_dir.iterdir()} == {f"audit-{shared_id}", own.name}
    assert owners["user-away"].open(shared_id).id == shared_id
    assert lone_id not in [record["id"] for record in owners["session-here"].audits()]


def test_small_copies_of_images_go_by_age() -> None:
    folder = settings().cache_dir / FOLDER
    folder.mkdir(parents=True)
    for name, age in (("old", 90_000), ("new", 10)):
        (folder / f"{name}.webp").write_bytes(b"x")
        os.utime(folder / f"{name}.webp", (time.time() - age, time.time() - age))
    forget_unused(24)
    assert [path.name for path in folder.iterdir()] == ["new.webp"]


def test_what_is_used_is_not_removed() -> None:
    here = Workspace("session-here")
    audit_id = here.request(made.table(n=60), QUICK)
    audit(made.table(n=60), QUICK, cache=settings().cache_dir)
    before = sorted(settings().cache_dir.iterdir())
    forget_unused(24)
    assert here.open(audit_id).id == audit_id
    assert sorted(settings().cache_dir.iterdir()) == before


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
