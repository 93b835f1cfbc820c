"""Names of tags, their counts, and what the checks suggest."""

from __future__ import annotations

import pytest

from labelaudit.checks import CHECKS
from labelaudit.errors import BadInput
from labelaudit.tags import MEANT, TAXONOMY, checked, counted, meant_by


def test_the_taxonomy_is_whole_and_each_has_a_meaning() -> None:
    assert list(TAXONOMY) == [
        "mislabel_confirmed", "mislabel_uncertain", "outlier_valid", "outlier_invalid", "duplicate_exact",
        "duplicate_near", "low_quality_blur", "low_quality_corrupt", "ambiguous_class", "train_test_leak", "keep",
        "remove", "relabel",
    ]  # fmt: skip
    assert all(TAXONOMY.values())
    assert {tag for tags in MEANT.values() for tag in tags} <= set(TAXONOMY)
    assert set(MEANT) - {"label"} <= set(CHECKS)


def test_a_name_is_tidied_and_one_of_the_taxonomy_is_spelled_as_there() -> None:
    assert checked("  to  ask Ann ") == "to ask Ann"
    assert checked("Duplicate near") == "duplicate_near"
    assert checked("größe: 4/5") == "größe: 4/5"


@pytest.mark.parametrize("name", ["", "  ", "<b>x</b>", "a,b", '"', "-x", "=SUM(A1)", "a\u202eb", "\ud800"])
def test_a_name_that_others_would_stumble_over_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="is no name for a tag; write letters"):
        checked(name)


def test_a_long_name_is_refused() -> None:
    with pytest.raises(BadInput, match="has 10,000 characters; write at most 60"):
        checked("x" * 10_000)


def test_counts_hold_the_taxonomy_and_then_the_users_own() -> None:
    counts = counted([("keep", "zebra"), ("keep",), ("apple",)])
    assert list(counts) == [*TAXONOMY, "apple", "zebra"]
    assert (counts["keep"], counts["remove"], counts["apple"]) == (2, 0, 1)


def test_what_an_issue_means_is_suggested_unless_it_is_there() -> None:
    assert meant_by(["near_duplicate", "outlier"], has=["outlier_valid"]) == [
        "duplicate_near", "duplicate_exact", "outlier_invalid",
    ]  # fmt: skip
    assert meant_by(["class_imbalance", "no such"]) == []
