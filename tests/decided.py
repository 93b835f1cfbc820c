"""Decisions to test with, and what comes of them."""

from __future__ import annotations

import json
from typing import Any

from labelaudit.review import Decision, effective

DATA = "f1"


def decide(id: str, action: str = "keep", **more: Any) -> Decision:
    """Make a decision of one reviewer on the same data."""
    return Decision(**{"actor": "me", "action": action, "id": id, "fingerprint": DATA, **more})


def relabel(id: str, after: str, **more: Any) -> Decision:
    """Make a decision for another label."""
    return decide(id, "set", before='"cat"', after=json.dumps(after), **more)


def outcome(decisions: list[Decision]) -> dict[str, tuple[str, str | None]]:
    """Say what holds in the end for each example: the action, and the label."""
    frame = effective(decisions)
    return {id_: (action, after) for id_, action, after in zip(frame.id, frame.action, frame.after, strict=True)}
