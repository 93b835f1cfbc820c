"""What the review screens send: every event is done once, in order, however often and late it comes.

A browser sends all events that it was not told to be done, whenever there is a new one. Each has a name of its own,
which the log knows its decisions by, so that nothing is written twice: not after a reload, and not after a restart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from labelaudit.decisions import new_batch, to_redo, to_undo
from labelaudit.errors import BadInput, Stale, StoreError
from labelaudit.review import Decision
from labelaudit.reviewers import second_opinions
from labelaudit.ui import deciding, session, visitor
from labelaudit.ui.deciding import CHOICES, Choice
from labelaudit.ui.opened import Opened

KEY = "deck"


@dataclass
class Inbox:
    """What one browser session has sent about one audit.

    Parameters
    ----------
    run : str
        Id of the audit.
    done : set of str
        Names of the events that need not be sent again.
    seen : dict
        Id of an example to the `seq` of what this session wrote last about it.
    refused : dict
        Name of an event to what the browser shows of it: somebody else had decided meanwhile.
    failed : str
        Why the next event could not be written; empty where all is well.
    """

    run: str
    done: set[str] = field(default_factory=set)
    seen: dict[str, int] = field(default_factory=dict)
    refused: dict[str, dict[str, Any]] = field(default_factory=dict)
    failed: str = ""


def inbox(run: str) -> Inbox:
    """Return this session's inbox for an audit."""
    found = st.session_state.get("inbox")
    if not isinstance(found, Inbox) or found.run != run:
        found = st.session_state["inbox"] = Inbox(run)
    return found


@session.telling()
def received() -> None:
    """Do what the browser sent; also where the page that it came from is left already."""
    opened = session.opened()
    sent = (st.session_state.get(KEY) or {}).get("sent")
    if opened is not None and sent:
        receive(opened, sent)


def receive(opened: Opened, sent: Mapping[str, Any]) -> bool:
    """Do the events that were not done before, and open the example that the browser shows.

    Parameters
    ----------
    opened : Opened
    sent : mapping
        ``run``, ``jump``, ``events``, ``open``, ``before``: see ``outbox.js``.

    Returns
    -------
    bool
        Whether one was done.
    """
    if sent["run"] != opened.audit.id:
        return False  # of another audit; they wait in the browser until that one is open again
    box = inbox(opened.audit.id)
    new = [event for event in sent["events"] if event["key"] not in box.done]
    if sent["jump"] == st.session_state.get("jumps", 0):  # else it was told to go elsewhere since
        if sent["open"] != st.session_state.get("position"):
            st.session_state["position"] = _position(opened, sent["open"])
            deciding.mark_row(st.session_state["position"])
        if sent["before"] is not None:
            deciding.come_from(st.session_state["position"], _position(opened, sent["before"]))
    try:
        run(opened, new)
    except StoreError as error:
        box.failed = visitor.sentence(error)
    else:
        box.failed = ""
    return any(event["key"] in box.done for event in new)


def run(opened: Opened, events: Sequence[Mapping[str, Any]]) -> None:
    """Do events in their order; what is stale is kept for the reviewer to choose.

    Parameters
    ----------
    opened : Opened
    events : sequence of mapping
        Each with ``key`` (its name) and ``do``: one of `labelaudit.ui.deciding.CHOICES`, with ``at``, ``base``,
        ``reason``, ``comment``, for ``class`` its ``code``, which for ``value`` is what was typed; ``undo`` or
        ``redo`` with the batch ``of``; or ``leave`` to give way to somebody else's decision. ``over`` is
        the name of one that was refused before.

    Raises
    ------
    StoreError
        The log can't be written; this event and those after it are not done.
    """
    box = inbox(opened.audit.id)
    for event in events:
        try:
            _do(opened, box, event)
        except Stale as error:
            box.refused[event["key"]] = _both(opened, event, error)
        except BadInput as error:
            session.tell(visitor.sentence(error))
        box.done.add(event["key"])


def choose(opened: Opened, what: str, positions: Sequence[int], code: int | str | None = None) -> None:
    """Decide from within the server, where a table's row or a button was used and not the deck."""
    base = [deciding.last_seq(opened)] * len(positions)
    event = {"key": new_batch(), "do": what, "at": positions, "code": code, "base": base, "reason": "", "comment": ""}
    run(opened, [event])


def take_back(opened: Opened, what: str) -> None:
    """Undo or redo the last step of this reviewer, and open its example."""
    me = session.reviewer()
    decisions = opened.workspace.log.read(opened.dataset.data_fingerprint)  # with what this run wrote
    if opened.blind:
        decisions = second_opinions(decisions, me)
    steps = deciding.steps(decisions, me)[0 if what == "undo" else 1]
    if not steps:
        session.tell(f"There is nothing to {what}.")
        return
    run(opened, [{"key": new_batch(), "do": what, "of": steps[-1]}])
    positions = deciding.places_of(opened, [d for d in decisions if d.batch == steps[-1]])
    if (positions >= 0).any():
        deciding.open_row(int(positions[positions >= 0].min()))


def _do(opened: Opened, box: Inbox, event: Mapping[str, Any]) -> None:
    what, key = event["do"], str(event["key"])
    if what in ("undo", "redo"):
        _step(opened, box, what, str(event["of"]))
    elif what in CHOICES:
        positions = [_position(opened, at) for at in event["at"]]
        ids = opened.plain["id"].iloc[positions].astype(str)
        base = [max(int(seq), box.seen.get(id_, 0)) for id_, seq in zip(ids, event["base"], strict=True)]
        choice = Choice(what, positions, event.get("code"), event["reason"], event["comment"], base, key)
        box.seen |= {d.id: d.seq for d in opened.decide(deciding.decisions(opened, choice))}
    elif what != "leave":
        raise BadInput(f"there is no action {what!r}; reload the page.")
    box.refused.pop(event.get("over", ""), None)


def _step(opened: Opened, box: Inbox, what: str, batch: str) -> None:
    """Undo or redo a batch, which is named so that this happens once however often it is asked for."""
    log, data, actor = opened.workspace.log, opened.dataset.data_fingerprint, session.reviewer()
    decisions = log.read(data)
    if batch in deciding.steps(decisions, actor)[1 if what == "undo" else 0]:
        return  # it was done already
    stage = opened.stage
    found = (
        to_undo(decisions, actor, stage) if what == "undo" else (to_redo(decisions, actor, stage) or (None, None))[1]
    )
    if found is None or found.batch != batch:
        raise BadInput(f"the {what} was left out, since you decided on something else later, in another tab perhaps.")
    if what == "undo":
        log.undo(data, actor, stage=stage)
    else:
        log.redo(data, actor, stage=stage)
    box.seen |= dict.fromkeys((d.id for d in decisions if d.batch == batch), log.last(data))


def _position(opened: Opened, at: Any) -> int:
    if not 0 <= int(at) < len(opened.plain):
        raise BadInput(f"there is no example {at} in this audit; reload the page.")
    return int(at)


def _both(opened: Opened, event: Mapping[str, Any], error: Stale) -> dict[str, Any]:
    """What was to be written and what is in force now, for the browser to show side by side."""
    places = deciding.places_of(opened, [mine for mine, _ in error.conflicts]).tolist()
    return {
        "event": dict(event),
        "base": opened.workspace.log.last(opened.dataset.data_fingerprint),
        "at": places,
        "pairs": [
            {
                "id": mine.id,
                "yours": words(opened, mine),
                "theirs": words(opened, theirs),
                "who": _who(theirs.actor) if theirs else "",
                "when": theirs.time if theirs else "",
                "comment": (theirs.comment or theirs.reason) if theirs else "",
            }
            for mine, theirs in error.conflicts[:5]
        ],
    }


def _who(actor: str) -> str:
    return "you, in another tab" if actor == session.reviewer() else actor


def words(opened: Opened, decision: Decision | None) -> str:
    """Say in a word or two what a decision makes of an example."""
    if decision is None:
        return "not decided (taken back)"
    if decision.action in ("set", "keep") and decision.after:
        name = opened.dataset.name_of(decision.after)
        return f"keep {name}" if decision.action == "keep" else name
    if decision.action == "tag":
        return ", ".join(json.loads(decision.after or "[]")) or "no tags"
    return {"exclude": "excluded", "skip": "skipped"}.get(decision.action, decision.action)
