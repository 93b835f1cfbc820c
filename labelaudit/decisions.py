"""Decisions: what they are, which are in force after the undos, and a rule that makes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from operator import itemgetter
from typing import Any
from uuid import uuid4

import pandas as pd

from labelaudit.errors import BadInput, did_you_mean

ACTIONS = ("set", "keep", "exclude", "ambiguous", "skip", "add", "delete", "tag", "rename", "undo")
# What an example is decided by; a skip only says "not now", a tag is a remark.
DECIDING = ("set", "keep", "exclude", "ambiguous", "add", "delete")
# "": the review. "second": an opinion that was given without seeing the first. "final": settles a conflict.
STAGES = ("", "second", "final")
RULE = "rule:"  # how the actors begin that are no person
UNSEEN = "bulk-"  # how the batches begin that were decided on as a whole
EFFECTIVE_COLUMNS = ("id", "part", "action", "before", "after", "actor", "time", "seq", "reason")


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What somebody decided about one example, or one part of it.

    Parameters
    ----------
    seq : int
        Place in the log; 0 until it is appended.
    time : str
        ISO 8601, UTC; given by the log.
    actor : str
        A person (``"me"``) or a rule (``"rule: accept suggestions below 0.2"``).
    action : str
        One of `ACTIONS`.
    id, part : str
        The example, and the part of it as in the issue table; both empty for an undo, and for a class that is renamed.
    before, after : str or None
        Labels as JSON text. The `after` of an undo is the JSON text of the batch that it takes back; that of a tag is
        the list of all tags that the example has from then on. A renaming holds for all examples with the label
        `before`, whenever they got it.
    reason : str
        Why, in a few words that were chosen or that a rule wrote.
    comment : str
        What the person wanted to say about it.
    batch : str
        What one undo takes back; without one, `DecisionLog.append` gives all that it writes at once the same.
    base : int
        The last `seq` that the actor had seen, so that a stale decision is noticed.
    fingerprint : str
        `Dataset.data_fingerprint` of the data that the decision is about.
    run : str
        Id of the audit that was looked at.
    stage : str
        One of `STAGES`.
    key : str
        Names this decision everywhere, so that one that is written or imported again is not there twice; without one,
        the log gives it one.
    """

    seq: int = 0
    time: str = ""
    actor: str
    action: str
    id: str
    part: str = ""
    before: str | None = None
    after: str | None = None
    reason: str = ""
    comment: str = ""
    batch: str = ""
    base: int = 0
    fingerprint: str = ""
    run: str = ""
    stage: str = ""
    key: str = ""


def check(decision: Decision) -> Decision:
    """Return the decision with its id as text and its numbers as numbers.

    Raises
    ------
    BadInput
        The action is unknown, or a label is missing or is not JSON text.
    """
    if decision.action not in ACTIONS:
        raise BadInput(f"there is no action {decision.action!r}{did_you_mean(decision.action, ACTIONS)}")
    if decision.stage not in STAGES:
        raise BadInput(f"there is no stage {decision.stage!r}{did_you_mean(decision.stage, STAGES)}")
    if decision.action in ("set", "tag", "rename", "undo") and decision.after is None:
        raise BadInput(f"the action {decision.action!r} on id {decision.id!r} needs a value in 'after'.")
    if decision.action == "rename" and decision.before is None:
        raise BadInput("the action 'rename' needs the class that gets another name in 'before'.")
    for name, text in (("before", decision.before), ("after", decision.after)):
        try:
            json.loads(text or "null")
        except (TypeError, ValueError) as error:
            raise BadInput(
                f"{name!r} of the decision on id {decision.id!r} is {text!r}, which is not JSON text; "
                f"write {json.dumps(str(text))} for this class name."
            ) from error
    _check_value(decision)
    # numpy's integers would be stored as bytes
    return replace(decision, id=str(decision.id), base=int(decision.base))


def _check_value(decision: Decision) -> None:
    value = json.loads(decision.after or "null")
    if decision.action == "undo" and not isinstance(value, str):
        raise BadInput(f"the action 'undo' has {decision.after} in 'after'; write the batch that it takes back.")
    is_list = isinstance(value, list) and all(isinstance(tag, str) for tag in value)
    if decision.action == "tag" and not is_list:
        raise BadInput(
            f"the action 'tag' on id {decision.id!r} has {decision.after} in 'after'; "
            "write the list of all tags of the example."
        )


def new_batch(*, unseen: bool = False) -> str:
    """Return a name for decisions that are undone together.

    Parameters
    ----------
    unseen : bool
        Whether they are about examples that nobody looked at one by one, which the name then says; see `was_seen`.
    """
    return f"{UNSEEN if unseen else ''}{uuid4().hex}"


def was_seen(decision: Decision) -> bool:
    """Whether a person looked at the example: not where a rule decided, or somebody did on a whole selection."""
    return not decision.actor.startswith(RULE) and not decision.batch.startswith(UNSEEN)


def natural_key(decision: Mapping[str, Any]) -> str:
    """Return the key of a decision that was written down before decisions had one; the same gives the same.

    Parameters
    ----------
    decision : mapping
        Fields of `Decision`; empty ones and others do not count, so that a field more changes no key.
    """
    named = {field.name: decision.get(field.name) for field in fields(Decision) if field.name != "key"}
    told = {name: value for name, value in named.items() if value not in ("", 0, None)}
    # repr: a damaged database can hold bytes
    return sha256(json.dumps(told, sort_keys=True, default=repr).encode()).hexdigest()[:32]


# -- what is in force ---------------------------------------------------------------------------


def undone_batches(decisions: Sequence[Decision]) -> set[str]:
    """Return the batches that an undo took back, where that undo was not taken back itself."""
    undone: set[str] = set()
    # An undo only ever names what came before it, so from the end each is known to be in force or not.
    for decision in reversed(decisions):
        if decision.action == "undo" and decision.batch not in undone:
            undone.add(json.loads(decision.after or '""'))
    return undone


def in_force(decisions: Sequence[Decision]) -> list[Decision]:
    """Return the decisions that no undo took back, in log order and without the undos."""
    undone = undone_batches(decisions)
    return [d for d in decisions if d.action != "undo" and d.batch not in undone]


def effective(decisions: Sequence[Decision]) -> pd.DataFrame:
    """Return what is in force: the last decision about each example and part that was not undone.

    The final say on an example counts before the review, whenever it was taken. Second opinions count only where there
    is no review, and where all of them are the same.

    Parameters
    ----------
    decisions : sequence of Decision
        In log order.

    Returns
    -------
    DataFrame with the columns `EFFECTIVE_COLUMNS`
        In the order in which they were taken; `before` and `after` are JSON text or None. Tags and renamed classes
        are not in it, see `tags_of` and `renames`.
    """
    # The place in the log comes first: what was read from a file by hand has no numbers.
    first: dict[tuple[str, str], tuple[int, Decision]] = {}
    final: dict[tuple[str, str], tuple[int, Decision]] = {}
    second: dict[tuple[str, str], dict[str, tuple[int, Decision]]] = {}
    for number, decision in enumerate(in_force(decisions)):
        place = decision.id, decision.part
        if decision.action in ("tag", "rename"):
            continue
        if decision.stage == "second":
            second.setdefault(place, {})[decision.actor] = number, decision
        else:
            (final if decision.stage == "final" else first)[place] = number, decision
    agreed = {
        place: max(opinions.values(), key=itemgetter(0))
        for place, opinions in second.items()
        if len({(d.action, d.after) for _, d in opinions.values()}) == 1
    }
    last = [decision for _, decision in sorted((agreed | first | final).values(), key=itemgetter(0))]
    columns = {name: [getattr(d, name) for d in last] for name in EFFECTIVE_COLUMNS}
    # object: pandas would turn a None into a NaN
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})
    return frame.astype({"seq": "int64"})


def tags_of(decisions: Sequence[Decision]) -> dict[str, tuple[str, ...]]:
    """Return the tags of each example that has some, by id.

    Parameters
    ----------
    decisions : sequence of Decision
        In log order.
    """
    last = {d.id: tuple(json.loads(d.after or "[]")) for d in in_force(decisions) if d.action == "tag"}
    return {id_: tags for id_, tags in last.items() if tags}


def renames(decisions: Sequence[Decision]) -> dict[str, str]:
    """Return what classes are called in the end, by the label that an example was given or decided for.

    A class may be renamed more than once, and after others were merged into it.

    Parameters
    ----------
    decisions : sequence of Decision
        In log order.

    Returns
    -------
    dict of str to str
        JSON text to JSON text; to be applied once, and all at the same time.
    """
    called: dict[str, str] = {}
    for decision in in_force(decisions):
        if decision.action != "rename":
            continue
        old, new = str(decision.before), str(decision.after)
        called = {label: new if name == old else name for label, name in called.items()}
        called.setdefault(old, new)
    return {label: name for label, name in called.items() if label != name}


def to_undo(log: Sequence[Decision], actor: str | None = None, stage: str | None = None) -> Decision | None:
    """Return a decision of the batch that an undo takes back: the latest in force, of this actor or of anyone.

    Where a stage is given, only what was decided in it counts.
    """
    return next((d for d in reversed(in_force(log)) if _is_of(d, actor, stage)), None)


def to_redo(
    log: Sequence[Decision], actor: str | None = None, stage: str | None = None
) -> tuple[Decision, Decision] | None:
    """Return the undo that a redo takes back, and a decision of the batch that comes back with it.

    It is the latest undo in force of a batch of this actor (or of anyone), unless something was decided after it; where
    a stage is given, only what was decided in it counts.
    """
    undone = undone_batches(log)
    batches = {d.batch: d for d in log if d.action != "undo"}
    for decision in reversed(log):
        if decision.action != "undo":
            if _is_of(decision, actor, stage):
                return None
            continue
        back = batches.get(json.loads(decision.after or '""'))  # None: it takes back an undo, which is a redo
        if back is not None and decision.batch not in undone and _is_of(back, actor, stage):
            return decision, back
    return None


def _is_of(decision: Decision, actor: str | None, stage: str | None) -> bool:
    """Whether this actor decided it in this stage; None stands for any."""
    return actor in (None, decision.actor) and stage in (None, decision.stage)


# -- by rule ------------------------------------------------------------------------------------


def below(issues: pd.DataFrame, score: float) -> pd.Series:
    """Say which rows of an issue table `accept_below` decides on, as a mask.

    Raises
    ------
    BadInput
        The threshold is outside [0, 1].
    """
    if not 0 <= score <= 1:
        raise BadInput(f"threshold {score:g} is outside [0, 1]; 0.2 accepts the clearest suggestions only.")
    return (issues["issue"] == "label") & issues["suggested"].notna() & (issues["score"] < score)


def accept_below(issues: pd.DataFrame, score: float, fingerprint: str) -> list[Decision]:
    """Decide by rule: the suggestion is right wherever the score is below a threshold.

    Parameters
    ----------
    issues : DataFrame
        The issue table; rows that are about labels and have a suggestion count.
    score : float
        From 0 to 1.
    fingerprint : str
        `Dataset.data_fingerprint` of the audited data.

    Raises
    ------
    BadInput
        The threshold is outside [0, 1].
    """
    hits = issues[below(issues, score)]
    batch = new_batch()
    return [
        Decision(
            actor=f"rule: accept suggestions below {score:g}",
            action="set",
            id=str(id_),
            part=part,
            before=None if pd.isna(given) else given,
            after=suggested,
            reason=f"score {row_score:.4f}",
            batch=batch,
            fingerprint=fingerprint,
        )
        for id_, part, given, suggested, row_score in zip(
            hits["id"], hits["part"], hits["given"], hits["suggested"], hits["score"], strict=True
        )
    ]
