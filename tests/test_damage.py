"""Every kind of file that we write, cut and harmed in many places: it is made again, or one sentence says so."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import made
import pandas as pd
import pytest
from damage import harmed

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.decisions import Decision, effective
from labelaudit.errors import StoreError
from labelaudit.result import Audit
from labelaudit.review import DecisionLog
from labelaudit.settings import settings
from labelaudit.workspace import Workspace

TIMES = 50
CONFIG = AuditConfig(folds=2)
DATA = made.relabelled(made.table(n=60), {0: "class 1", 4: "class 2"})
AUDIT_FILES = ("issues.parquet", "scores.parquet", "per_class.parquet", "pred_probs.npz", "confident_joint.csv")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache and a workspace with one of everything."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABELAUDIT_CACHE_DIR", str(folder / "cache"))
        patch.setenv("LABELAUDIT_ARTIFACTS_DIR", str(folder / "artifacts"))
        settings.cache_clear()
        here = Workspace()
        audit_id = here.request(DATA, CONFIG)
        audit(DATA, CONFIG, cache=settings().cache_dir).save(here.folder / "audits" / audit_id)
        DecisionLog(settings().decisions_url()).append(decisions())
        settings.cache_clear()
    return folder


def decisions() -> list[Decision]:
    return [
        Decision(actor="me", action="set", id=str(n), after='"class 1"', fingerprint=DATA.data_fingerprint)
        for n in range(20)
    ]


@pytest.fixture
def expected(whole: Path) -> Audit:
    return Audit.open(next(whole.glob("cache/audit-*")), DATA)


def each_harmed(whole: Path, folder: Path, pattern: str) -> list[Callable[[], None]]:
    """Return what puts everything in its place, but for one file of this name, harmed each time in another way."""
    (path,) = sorted(whole.glob(pattern))[:1]

    def put(seed: str) -> None:
        for name in ("cache", "artifacts"):
            shutil.rmtree(folder / name, ignore_errors=True)
            shutil.copytree(whole / name, folder / name)
        (folder / path.relative_to(whole)).write_bytes(harmed(path.read_bytes(), seed))

    return [lambda seed=f"{pattern} {n}": put(seed) for n in range(TIMES)]


def sound(read: Callable[[], object]) -> object | None:
    """Return what is read, or None where one sentence says that it can't be."""
    try:
        return read()
    except StoreError as error:
        assert "\n" not in str(error)
        assert str(error).endswith(".")
        return None


@pytest.mark.parametrize("kind", ["features", "pred_probs"])
def test_what_is_computed_on_the_way_is_computed_again(whole: Path, tmp_path: Path, expected: Audit, kind: str) -> None:
    for put in each_harmed(whole, tmp_path, f"cache/{kind}-*.npz"):
        put()
        shutil.rmtree(next(tmp_path.glob("cache/audit-*")))
        again = audit(DATA, CONFIG, cache=settings().cache_dir)
        pd.testing.assert_frame_equal(again.scores, expected.scores, check_exact=True)


@pytest.mark.parametrize("name", [*AUDIT_FILES, "manifest.json"])
def test_a_result_is_said_to_be_damaged_and_made_again(whole: Path, tmp_path: Path, expected: Audit, name: str) -> None:
    for put in each_harmed(whole, tmp_path, f"cache/audit-*/{name}"):
        put()
        found = sound(lambda: Workspace().open(expected.id))
        again = audit(DATA, CONFIG, cache=settings().cache_dir)
        for one in (found, again, Workspace().open(expected.id)):
            if isinstance(one, Audit):
                pd.testing.assert_frame_equal(one.scores, expected.scores, check_exact=True)
                pd.testing.assert_frame_equal(one.per_class, expected.per_class, check_exact=True)
        (listed,) = Workspace().audits()
        assert listed["manifest"]["health"] == expected.manifest["health"]


@pytest.mark.parametrize("name", ["data.arrow", "dataset.json"])
def test_a_data_set_is_said_to_be_damaged_and_kept_again(whole: Path, tmp_path: Path, name: str) -> None:
    for put in each_harmed(whole, tmp_path, f"artifacts/local/data/*/{name}"):
        put()
        found = sound(lambda: Workspace().kept(DATA.fingerprint))
        Workspace().keep(DATA)
        for one in (found, Workspace().kept(DATA.fingerprint)):
            if isinstance(one, Dataset):
                assert one.fingerprint == DATA.fingerprint
                assert (one.name, one.source) == (DATA.name, DATA.source)


def test_a_request_is_said_to_be_damaged_and_made_again(whole: Path, tmp_path: Path, expected: Audit) -> None:
    for put in each_harmed(whole, tmp_path, "artifacts/local/audits/*.json"):
        put()
        (listed,) = Workspace().audits()
        assert ("error" in listed) == (sound(lambda: Workspace().record(expected.id)) is None)
        Workspace().request(DATA, CONFIG)
        assert Workspace().record(expected.id)["fingerprint"] == DATA.fingerprint


@pytest.mark.parametrize("name", [*AUDIT_FILES, "manifest.json", "data.arrow", "dataset.json"])
def test_a_result_of_the_command_line_is_said_to_be_damaged(
    whole: Path, tmp_path: Path, expected: Audit, name: str
) -> None:
    for put in each_harmed(whole, tmp_path, f"artifacts/local/audits/*/{name}"):
        put()
        found = sound(lambda: Audit.open(Workspace().folder / "audits" / expected.id))
        if isinstance(found, Audit):
            pd.testing.assert_frame_equal(found.scores, expected.scores, check_exact=True)
            assert found.dataset.fingerprint == DATA.fingerprint


def test_a_damaged_decision_log_is_read_or_said_to_be_damaged(whole: Path, tmp_path: Path) -> None:
    for put in each_harmed(whole, tmp_path, "artifacts/decisions.db"):
        put()
        log = sound(lambda: DecisionLog(settings().decisions_url()).read(DATA.data_fingerprint))
        if isinstance(log, list):
            assert len(effective(log)) <= 20
