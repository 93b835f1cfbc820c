"""Named slices: those that every audit has, and names that will and will not do."""

from __future__ import annotations

import pytest
from issued import issued
from made import relabelled, table

from labelaudit.audit import audit
from labelaudit.decisions import effective
from labelaudit.errors import BadInput
from labelaudit.result import Audit
from labelaudit.selection import Selection, points, selected, with_decisions
from labelaudit.slices import built_in, checked, find
from labelaudit.store import Slice


@pytest.fixture(scope="module")
def found() -> Audit:
    wrong = {row: f"class {(row + 1) % 3}" for row in range(0, 60, 5)}
    return issued(audit(relabelled(table(n=120), {**wrong, 100: None})))


def test_every_audit_has_a_slice_of_its_suspects_and_of_each_issue(found: Audit) -> None:
    shown = with_decisions(found, points(found), effective([]))
    counts = {
        one.name: int(selected(found, shown, Selection.from_text(one.selection)).sum()) for one in built_in(found)
    }
    suspects = found.manifest["counts"]["suspects"]
    assert counts["All suspects"] == counts["Suspects left"] == suspects
    assert counts["Neighbours disagree"] == found.outvoted.sum()
    assert (counts["Confirmed errors"], counts["Without a label"]) == (0, 1)
    assert (counts["Conflicting duplicates"], counts["Near duplicates"]) == (2, 3)
    assert "Dark images" not in counts


def test_a_slice_is_found_by_name_the_users_own_first() -> None:
    slices = [
        Slice(name="a", fingerprint="", rank="own"),
        Slice(name="a", fingerprint=""),
        Slice(name="b", fingerprint=""),
    ]
    assert find(slices, "a").rank == "own"
    with pytest.raises(BadInput, match="there is no slice 'B2'; it was renamed or deleted; did you mean 'b'"):
        find(slices, "B2")


def test_a_name_is_text_on_one_line() -> None:
    assert checked("  <b>cats</b>\n to check ") == "<b>cats</b> to check"
    for name, says in (
        ("", "needs a name"),
        (" \n", "needs a name"),
        ("\ud800", "needs a name"),
        ("x" * 10_000, "has 10,000"),
    ):
        with pytest.raises(BadInput, match=says):
            checked(name)
