"""Decisions and their log: nothing is lost, and every refusal is one sentence."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from decided import DATA, decide, outcome, relabel

from labelaudit import database, review
from labelaudit.database import Database
from labelaudit.errors import BadInput, MissingExtra, Stale, StoreError
from labelaudit.review import Decision, DecisionLog, accept_below, effective

# -- the log --------------------------------------------------------------------------------------


def test_decisions_survive_a_restart_with_every_field(url: str) -> None:
    written = DecisionLog(url).append(
        [relabel("a", "dog", part="t3", reason="looks like one", base=7), decide("b", "tag", after='["x"]')]
    )
    assert DecisionLog(url).read(DATA) == written
    assert [d.seq for d in written] == [1, 2]
    assert written[0].time.endswith("+00:00")
    assert written[0].batch == written[1].batch != ""


def test_log_is_separate_per_workspace_and_data(url: str) -> None:
    DecisionLog(url, "one").append([decide("a")])
    DecisionLog(url, "two").append([decide("b"), decide("c", fingerprint="other")])
    assert [d.id for d in DecisionLog(url, "two").read(DATA)] == ["b"]
    assert DecisionLog(url, "two").last(DATA) == 2
    assert DecisionLog(url, "one").last("other") == 0


def test_what_others_write_meanwhile_is_read_in_order_and_nothing_twice(url: str) -> None:
    log, other = DecisionLog(url), DecisionLog(url)
    for number in range(0, 6, 2):
        log.append([decide(str(number))])
        other.append([decide(str(number + 1)), decide(f"elsewhere {number}", fingerprint="f2")])
        for reader in (log, other):
            read = reader.read(DATA)
            assert [d.id for d in read] == [str(n) for n in range(number + 2)]
            read.clear()  # what was handed out is not what is remembered


def test_a_log_that_was_forgotten_is_read_anew(url: str) -> None:
    kept, log = Database(url), DecisionLog(url)
    log.append([decide("a"), decide("b")])
    DecisionLog(kept, "other").append([decide("z")])
    assert len(log.read(DATA)) == 2
    kept.forget("local")
    assert log.read(DATA) == []
    log.append([decide("c")])
    assert [d.id for d in log.read(DATA)] == ["c"]
    assert [d.id for d in DecisionLog(kept, "other").read(DATA)] == ["z"]


def test_a_file_that_was_put_in_the_place_of_another_is_read_anew(file_url: str, tmp_path: Path) -> None:
    log = DecisionLog(file_url)
    log.append([decide("a"), decide("b")])
    log.read(DATA)
    restored = f"sqlite:///{tmp_path / 'restored.db'}"
    DecisionLog(restored).append([decide("d"), decide("e"), decide("f")])
    (tmp_path / "restored.db").replace(tmp_path / "made" / "decisions.db")
    assert [d.id for d in log.read(DATA)] == ["d", "e", "f"]


def test_only_the_data_sets_that_were_read_last_are_remembered(url: str) -> None:
    log = DecisionLog(url)
    names = [f"data {n}" for n in range(2 * review.REMEMBERED)]
    log.append([decide("a", fingerprint=name) for name in names])
    assert all(len(log.read(name)) == 1 for name in names * 2)
    assert list(log._known) == names[-review.REMEMBERED :]


def test_appending_nothing_writes_nothing(url: str) -> None:
    assert DecisionLog(url).append([]) == []
    assert DecisionLog(url).last(DATA) == 0


def test_numpy_ids_are_stored_as_text(url: str) -> None:
    log = DecisionLog(url)
    log.append([decide(np.int64(3), base=np.int64(2))])  # type: ignore[arg-type]
    assert [(d.id, d.base) for d in log.read(DATA)] == [("3", 2)]


def test_an_invalid_decision_among_valid_ones_writes_none(url: str) -> None:
    log = DecisionLog(url)
    with pytest.raises(BadInput):
        log.append([decide("a"), decide("b", "set")])
    assert log.read(DATA) == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (decide("a", "kep"), "there is no action 'kep'; did you mean 'keep'\\?"),
        (decide("a", "set"), "the action 'set' on id 'a' needs a value in 'after'"),
        (decide("a", "set", after="dog"), "'after' .* id 'a' is 'dog', which is not JSON text; write \"dog\""),
        (decide("a", before="{"), "'before' .* not JSON text"),
    ],
)
def test_invalid_decisions_are_named(url: str, wrong: Decision, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        DecisionLog(url).append([wrong])


def _append_twenty(url: str, actor: str) -> None:
    log = DecisionLog(url)
    for number in range(20):
        mine = [decide(str(number), actor=actor), decide(f"{number}b", actor=actor)]
        log.append(mine, refuse_stale=False)


def _assert_complete(url: str) -> None:
    decisions = DecisionLog(url).read(DATA)
    assert len(decisions) == 10 * 40
    assert [d.seq for d in decisions] == sorted({d.seq for d in decisions})
    for actor in map(str, range(10)):
        own = [d.id for d in decisions if d.actor == actor]
        assert own == [id_ for n in range(20) for id_ in (str(n), f"{n}b")]


def test_ten_threads_lose_nothing(url: str) -> None:
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(_append_twenty, [url] * 10, map(str, range(10))))
    _assert_complete(url)


def test_ten_processes_that_open_a_new_log_at_once_lose_nothing(url: str) -> None:
    context = multiprocessing.get_context("forkserver")
    workers = [context.Process(target=_append_twenty, args=(url, str(actor))) for actor in range(10)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 10
    _assert_complete(url)


# -- the same again, and too late ----------------------------------------------------------------


def test_a_key_is_written_once_and_what_is_stored_comes_back(url: str) -> None:
    log = DecisionLog(url)
    stored = log.append([decide("a", key="k1"), decide("b")])
    again = DecisionLog(url).append([decide("c"), decide("a", key="k1", comment="other"), decide("d", key="k2")])
    assert again[1] == stored[0]
    assert [d.id for d in log.read(DATA)] == ["a", "b", "c", "d"]
    assert len({d.key for d in log.read(DATA)}) == 4
    assert len({d.id for d in log.append([decide("e", key="k3")] * 2)}) == 1
    assert log.last(DATA) == again[2].seq + 1
    assert DecisionLog(url, "other").append([decide("a", key="k1")])[0].seq > again[2].seq


def test_a_retry_of_what_was_written_is_not_taken_for_late(url: str) -> None:
    log = DecisionLog(url)
    [first] = log.append([decide("a", key="k1")])
    log.append([decide("a", "exclude", base=first.seq)])
    assert log.append([decide("a", key="k1")]) == [first]


def test_a_decision_on_what_somebody_decided_meanwhile_is_refused_and_both_are_told(url: str) -> None:
    log = DecisionLog(url)
    [seen] = log.append([decide("a")])
    [theirs] = DecisionLog(url).append([relabel("a", "dog", actor="ann", base=seen.seq)])
    mine = [decide("b", base=seen.seq), decide("a", "exclude", base=seen.seq)]
    with pytest.raises(Stale, match="id 'a' was decided on by ann meanwhile; nothing was written") as caught:
        log.append(mine)
    assert caught.value.conflicts == ((caught.value.conflicts[0][0], theirs),)
    assert caught.value.conflicts[0][0].action == "exclude"
    assert log.read(DATA) == [seen, theirs]
    log.append([replace(d, base=theirs.seq) for d in mine])
    assert outcome(log.read(DATA))["a"] == ("exclude", None)


def test_a_second_tab_of_the_same_person_is_refused_too_and_an_import_is_not(url: str) -> None:
    log = DecisionLog(url)
    log.append([decide("a")])
    with pytest.raises(Stale, match="was decided on by me meanwhile"):
        log.append([relabel("a", "dog")])
    log.append([relabel("a", "dog")], refuse_stale=False)
    assert outcome(log.read(DATA)) == {"a": ("set", '"dog"')}


def test_what_was_taken_back_meanwhile_is_told_as_undecided(url: str) -> None:
    log = DecisionLog(url)
    [seen] = log.append([decide("a", actor="ann")])
    log.undo(DATA, "ann")
    with pytest.raises(Stale, match="id 'a' is undecided again meanwhile") as caught:
        log.append([decide("a", "exclude", base=seen.seq)])
    assert caught.value.conflicts[0][1] is None
    log.redo(DATA, "ann")  # as it was seen
    assert log.append([decide("a", "exclude", base=seen.seq)])


def test_labels_second_opinions_and_tags_are_apart_and_a_skip_is_no_decision(url: str) -> None:
    log = DecisionLog(url)
    log.append([decide("a", "skip", actor="ann")])
    log.append([decide("a")])
    log.append([decide("a", stage="second", actor="ann")])
    log.append([decide("a", stage="second", actor="bob")])
    log.append([decide("a", "tag", after='["blur"]')])
    log.append([decide("a", part="t1")])
    for late in (
        decide("a", "exclude"),
        decide("a", "exclude", stage="final"),
        decide("a", stage="second", actor="bob"),
        decide("a", "tag", after="[]"),
        decide("a", "skip"),
    ):
        with pytest.raises(Stale):
            log.append([late])


def test_one_write_of_ones_own_counts_as_seen(url: str) -> None:
    log = DecisionLog(url)
    base = 0
    for action in ("keep", "exclude", "skip", "keep"):
        [written] = log.append([decide("a", action, base=base)])
        base = written.seq
    assert outcome(log.read(DATA)) == {"a": ("keep", None)}


def test_a_clock_that_goes_backwards_changes_no_order(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    log = DecisionLog(url)
    for time, action in (("2031", "keep"), ("1999", "exclude")):
        monkeypatch.setattr(review, "_now", lambda time=time: time)
        log.append([decide("a", action, base=log.last(DATA))])
    assert [d.time for d in DecisionLog(url).read(DATA)] == ["2031", "1999"]
    assert outcome(DecisionLog(url).read(DATA)) == {"a": ("exclude", None)}
    log.undo(DATA, "me")
    assert outcome(DecisionLog(url).read(DATA)) == {"a": ("keep", None)}


def test_ten_thousand_characters_and_a_class_that_is_html_come_back_as_they_were(url: str) -> None:
    html = "<script>alert('é 猫')</script>"
    [written] = DecisionLog(url).append([relabel("a", html, comment=html * 400, reason='"; DROP TABLE decisions; --')])
    assert len(written.comment) > 10_000
    assert DecisionLog(url).read(DATA) == [written]
    assert json.loads(str(effective([written])["after"][0])) == html


def test_what_was_restored_keeps_its_times_and_is_not_there_twice(url: str, tmp_path: Path) -> None:
    other = DecisionLog(f"sqlite:///{tmp_path / 'other.db'}")
    other.append([decide("a")])
    other.append([relabel("b", "dog")])
    other.undo(DATA, "me")
    brought = [replace(d, time=f"199{n}") for n, d in enumerate(other.read(DATA))]
    log = DecisionLog(url)
    new = log.restore(brought)
    assert [replace(d, seq=0) for d in new] == [replace(d, seq=0) for d in brought]
    assert log.read(DATA) == new
    assert log.restore(brought) == []
    assert outcome(log.read(DATA)) == {"a": ("keep", None)}
    assert log.redo(DATA, "me") == brought[1].batch


# -- what cannot be opened ------------------------------------------------------------------------


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("id,label\n" * 100)
    with pytest.raises(StoreError, match=r"x\.db cannot be used \(file is not a database\)"):
        DecisionLog(f"sqlite:///{tmp_path / 'x.db'}")
    assert (tmp_path / "x.db").read_text().startswith("id,label")


def test_a_foreign_table_of_the_same_name_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.execute("CREATE TABLE decisions (seq INTEGER, workspace TEXT, fingerprint TEXT)")
    connection.close()
    with pytest.raises(StoreError, match="was not made by labelaudit \\(it has no column 'action'\\)"):
        DecisionLog(f"sqlite:///{tmp_path / 'x.db'}")


def test_a_read_only_database_is_refused(file_url: str) -> None:
    DecisionLog(file_url).append([decide("a")])
    path = file_url.removeprefix("sqlite:///")
    log = DecisionLog(f"sqlite:///file:{path}?mode=ro&uri=true")
    assert len(log.read(DATA)) == 1
    with pytest.raises(StoreError, match="readonly database"):
        log.append([decide("b")])


def test_a_locked_database_is_refused_after_a_while(file_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    log = DecisionLog(file_url)
    holder = sqlite3.connect(file_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"database is locked.*no other program holds it"):
        log.append([decide("a")])
    holder.execute("ROLLBACK")
    holder.close()
    assert log.append([decide("a")])


def test_a_new_log_in_a_locked_file_is_refused(file_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    holder = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="database is locked"):
        DecisionLog(f"sqlite:///{tmp_path / 'x.db'}")
    holder.close()


def test_a_log_that_is_in_use_and_cannot_be_switched_to_write_ahead_opens_all_the_same(
    file_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    written = DecisionLog(file_url).append([decide("a")])
    holder = sqlite3.connect(file_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("PRAGMA journal_mode=DELETE")
    holder.execute("BEGIN IMMEDIATE")
    log = DecisionLog(file_url)
    assert log.read(DATA) == written
    holder.execute("ROLLBACK")
    holder.close()
    log.append([decide("b")])
    assert log.last(DATA) == 2


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"the folder of the decision log .* cannot be made"):
        DecisionLog(f"sqlite:///{tmp_path / 'file' / 'decisions.db'}")


@pytest.mark.parametrize("url", ["decisions.db", "nosuchdatabase://x"])
def test_an_unknown_url_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="write sqlite:///PATH or postgresql"):
        DecisionLog(url)


def test_a_missing_driver_is_named_and_the_password_is_not() -> None:
    with pytest.raises(MissingExtra, match="needs the package 'psycopg2'; run: pip install psycopg2") as caught:
        DecisionLog("postgresql+psycopg2://me:secret@host/db")
    assert "secret" not in str(caught.value)


# -- the rule -------------------------------------------------------------------------------------


def issues(**columns: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({"part": "", "issue": "label", **columns})


def test_rule_accepts_the_suggestions_below_the_score_and_no_others() -> None:
    table = issues(
        id=[10, 11, 12, 13],
        score=[0.1, 0.2, 0.05, 0.01],
        given=['"cat"', '"cat"', None, '"dog"'],
        suggested=['"dog"', '"dog"', '"cat"', None],
    )
    duplicate = issues(id=[10], score=[0.0], given=['"cat"'], suggested=['"dog"']).assign(issue="near_duplicate")
    decisions = accept_below(pd.concat([table, duplicate]), 0.2, DATA)
    assert [(d.id, d.before, d.after) for d in decisions] == [("10", '"cat"', '"dog"'), ("12", None, '"cat"')]
    assert {d.actor for d in decisions} == {"rule: accept suggestions below 0.2"}
    assert {d.fingerprint for d in decisions} == {DATA}
    assert len({d.batch for d in decisions}) == 1


def test_rule_is_undone_in_one_step(url: str) -> None:
    log = DecisionLog(url)
    table = issues(id=[1, 2], score=[0.1, 0.1], given=['"cat"'] * 2, suggested=['"dog"'] * 2)
    batch = log.append(accept_below(table, 0.5, DATA))[0].batch
    assert log.undo(DATA) == batch
    assert effective(log.read(DATA)).empty


@pytest.mark.parametrize("score", [-0.1, 1.7, float("nan")])
def test_rule_refuses_a_threshold_that_is_no_score(score: float) -> None:
    with pytest.raises(BadInput, match=r"threshold .* is outside \[0, 1\]"):
        accept_below(issues(id=[], score=[], given=[], suggested=[]), score, DATA)
