"""Decisions as JSON Lines: what goes in comes back, and errors name the line."""

from __future__ import annotations

from pathlib import Path

import pytest
from decided import relabel
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.errors import BadInput, StoreError
from labelaudit.review import Decision, read_jsonl, write_jsonl


@given(
    st.lists(
        st.builds(
            relabel, st.text(), st.text(), reason=st.text(), batch=st.text(), seq=st.integers(0, 10), actor=st.text()
        )
    )
)
def test_jsonl_gives_back_what_went_in(tmp_path_factory: pytest.TempPathFactory, decisions: list[Decision]) -> None:
    path = tmp_path_factory.getbasetemp() / "decisions.jsonl"
    write_jsonl(decisions, path)
    assert read_jsonl(path) == decisions


def test_jsonl_written_by_hand_needs_actor_action_and_id_only(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text('\ufeff{"actor": "me", "action": "exclude", "id": 5}\r\n\n', encoding="utf-8")
    assert read_jsonl(path) == [Decision(actor="me", action="exclude", id="5")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2 of .* is not JSON"),
        ("[]", "line 2 of .* is not a JSON object"),
        ('{"actor": "me", "id": "1"}', "'action' in line 2 of .*: field required"),
        ('{"actor": 1, "action": "keep", "id": "1"}', "'actor' in line 2 .* valid string"),
        ('{"actor": "me", "action": "set", "id": "1", "after": "dog"}', "line 2 of .* not JSON text"),
    ],
)
def test_jsonl_errors_name_the_line(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text('{"actor": "me", "action": "keep", "id": "1"}\n' + line)
    with pytest.raises(BadInput, match=message):
        read_jsonl(path)


def test_jsonl_that_is_not_there_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"none\.jsonl cannot be read \(No such file or directory\)"):
        read_jsonl(tmp_path / "none.jsonl")
    (tmp_path / "x.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match=r"x\.jsonl cannot be read \(it is not UTF-8 text\)"):
        read_jsonl(tmp_path / "x.jsonl")


def test_jsonl_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"can.t be written"):
        write_jsonl([], tmp_path / "none" / "d.jsonl")
