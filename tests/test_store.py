"""Slices and preferences: what was saved comes back, to those whom it belongs to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from labelaudit.database import Database
from labelaudit.errors import BadInput
from labelaudit.store import Preferences, Slice, SliceStore

DATA = "f1"
HTML = "<b>cats & dogs</b>"


def test_a_slice_is_saved_renamed_and_deleted(url: str) -> None:
    store = SliceStore(Database(url))
    wanted = Slice(
        name=HTML, fingerprint=DATA, selection="x", rank="r", reviewer="ann", stage="second", actor="me", time="never"
    )
    saved = store.save(wanted)
    assert saved == replace(wanted, time=saved.time) and saved.time.endswith("+00:00")
    assert SliceStore(Database(url)).list(DATA) == [saved]
    store.save(Slice(name="a", fingerprint=DATA))
    store.rename(DATA, HTML, " b  c ")
    assert [found.name for found in store.list(DATA)] == ["a", "b c"]
    store.delete(DATA, "a")
    store.delete(DATA, "a")
    assert store.list(DATA) == [replace(saved, name="b c")]


def test_a_slice_of_the_same_name_takes_its_place_and_those_of_others_are_not_seen(url: str) -> None:
    database = Database(url)
    store, other = SliceStore(database), SliceStore(database, "other")
    for selection in "12":
        store.save(Slice(name="a", fingerprint=DATA, selection=selection))
    store.save(Slice(name="a", fingerprint="f2"))
    other.save(Slice(name="a", fingerprint=DATA))
    assert [found.selection for found in store.list(DATA)] == ["2"]
    database.forget("local")
    assert (store.list(DATA), len(other.list(DATA))) == ([], 1)


def test_a_name_that_is_empty_taken_or_gone_is_refused(url: str) -> None:
    store = SliceStore(Database(url))
    for name in "ab":
        store.save(Slice(name=name, fingerprint=DATA))
    with pytest.raises(BadInput, match="a slice needs a name"):
        store.save(Slice(name=" ", fingerprint=DATA))
    with pytest.raises(BadInput, match="there is a slice 'b' already"):
        store.rename(DATA, "a", "b")
    with pytest.raises(BadInput, match="there is no slice 'z' any more"):
        store.rename(DATA, "z", "y")
    store.rename(DATA, "a", "a")
    assert [found.name for found in store.list(DATA)] == ["a", "b"]


def test_preferences_are_each_reviewers_own(url: str) -> None:
    kept = Preferences(Database(url))
    kept.set("ann", "keys", {"accept": "j"})
    kept.set("ann", "keys", {"accept": "ö"})
    kept.set("bob", "tags", ["<i>"])
    assert Preferences(Database(url)).get("ann", "keys") == {"accept": "ö"}
    assert kept.get("bob", "keys", "none") == "none"
    assert kept.get("bob", "tags") == ["<i>"]
    assert Preferences(Database(url), "other").get("ann", "keys") is None
