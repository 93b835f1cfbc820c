"""Decisions as a file: one JSON object per line, in log order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from labelaudit.decisions import Decision, check
from labelaudit.errors import BadInput
from labelaudit.files import reason, replacing, require_file, writing

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def to_jsonl(decisions: Sequence[Decision]) -> bytes:
    """Write decisions as one JSON object per line, in log order."""
    return "".join(json.dumps(vars(d), ensure_ascii=False) + "\n" for d in decisions).encode()


def write_jsonl(decisions: Sequence[Decision], path: Path) -> None:
    """Write decisions to a file, whole or not at all."""
    with writing(path, "choose another place"), replacing(path) as file:
        file.write(to_jsonl(decisions))


def read_jsonl(path: Path) -> list[Decision]:
    """Read what `write_jsonl` wrote; `actor`, `action` and `id` are needed, the rest may be left out.

    Raises
    ------
    BadInput
        The file is not there, or a line of it is not a decision.
    """
    try:
        require_file(path)
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"the decisions in {path} cannot be read ({reason(error)}); choose a JSONL file.") from error
    return parse_jsonl(content, str(path))


def parse_jsonl(content: bytes, name: str) -> list[Decision]:
    """Read decisions from the content of a file of this name; see `read_jsonl`."""
    try:
        lines = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"the decisions in {name} cannot be read (it is not UTF-8 text); choose a JSONL file."
        ) from error
    return [_parse(line, f"line {n:,} of {name}") for n, line in enumerate(lines, start=1) if line.strip()]


@cache
def _adapter() -> TypeAdapter[Decision]:
    from pydantic import TypeAdapter

    return TypeAdapter(Decision)


def _parse(line: str, where: str) -> Decision:
    from pydantic import ValidationError

    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{where} is not JSON ({error}); write one decision per line.") from error
    if not isinstance(entry, dict):
        raise BadInput(f"{where} is not a JSON object; write one decision per line.")
    if isinstance(entry.get("id"), int):
        entry["id"] = str(entry["id"])
    try:
        return check(_adapter().validate_json(json.dumps(entry), strict=True))
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"{first['loc'][0]!r} in {where}: {first['msg'].lower()}; correct this line.") from error
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error
