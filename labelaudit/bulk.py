"""One change on many examples: what it would do, before it is done, and the decisions that do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from labelaudit.decisions import DECIDING, Decision, new_batch
from labelaudit.errors import BadInput
from labelaudit.labels import encode

if TYPE_CHECKING:
    from labelaudit.result import Audit

Action = Literal["accept", "set", "keep", "exclude", "ambiguous", "tag", "untag"]
# What each is called; in the order in which they are offered.
ACTIONS: dict[Action, str] = {
    "accept": "Accept the suggestions",
    "set": "Set a class",
    "keep": "Keep the given labels",
    "exclude": "Exclude",
    "ambiguous": "Flag as ambiguous",
    "tag": "Add a tag",
    "untag": "Remove a tag",
}
NEEDS = {"set": "a class", "tag": "a tag", "untag": "a tag"}
TAGGING = ("tag", "untag")
EXAMPLES = 3  # ids that are named per kind of change
LACKS = {"accept": "no suggestion", "keep": "no given label"}


@dataclass(frozen=True)
class Change:
    """What is to be done to each of many examples.

    Parameters
    ----------
    action : str
        A key of `ACTIONS`.
    value : str
        The class as JSON text, for ``set``; the tag, for ``tag`` and ``untag``.
    over : bool
        Decide on what was decided otherwise, too; it is left alone by default.
    """

    action: Action
    value: str = ""
    over: bool = False


@dataclass(frozen=True, eq=False)
class Plan:
    """What a change would do: the dry run.

    Parameters
    ----------
    change : Change
    examples : DataFrame of m rows
        Those that change: ``id``, ``part``, ``before`` and ``after`` (JSON text or None, as in a `Decision`).
    moves : DataFrame
        ``from`` and ``to`` in words, ``rows`` and the first few ``ids``; the most frequent first.
    otherwise : int
        How many are decided otherwise: left alone, or among those that change where the change goes over them.
    already : int
        How many are so already.
    lacking : int
        How many have nothing that could be accepted or kept.
    """

    change: Change
    examples: pd.DataFrame
    moves: pd.DataFrame
    otherwise: int
    already: int
    lacking: int

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def sentence(self) -> str:
        """What would happen, in one sentence: "1,204 rows cat → dog, 13 already decided otherwise"."""
        over = self.change.over
        what = f" {self.moves['from'].iloc[0]} → {self.moves['to'].iloc[0]}" if len(self.moves) == 1 else " change"
        parts = [
            f"{rows(len(self))}{what if len(self) else ' change'}",
            f"{self.otherwise:,} {'of them' if over else 'already'} decided otherwise" if self.otherwise else "",
            f"{self.already:,} already so" if self.already else "",
            f"{self.lacking:,} with {LACKS.get(self.change.action, '')}" if self.lacking else "",
        ]
        return ", ".join(filter(None, parts))

    def decisions(
        self, actor: str, *, fingerprint: str, base: int, run: str = "", reason: str = "", seen: bool = False
    ) -> list[Decision]:
        """Return what does it, as one batch, so that one undo takes all of it back.

        Parameters
        ----------
        actor : str
            Who decides.
        fingerprint, run : str
            `Dataset.data_fingerprint` of the data, and the id of the audit.
        base : int
            The last `seq` of the log at the dry run: what was decided after it makes the log refuse.
        reason : str
            What was selected, say.
        seen : bool
            Whether the person looked at each example; else the decisions say nothing about how many errors are real.
        """
        action = {"accept": "set", "untag": "tag"}.get(self.change.action, self.change.action)
        batch = new_batch(unseen=not seen)
        columns = (self.examples[name].tolist() for name in ("id", "part", "before", "after"))
        return [
            Decision(
                actor=actor,
                action=action,
                id=id_,
                part=part,
                before=before,
                after=after,
                reason=reason,
                batch=batch,
                base=base,
                fingerprint=fingerprint,
                run=run,
            )
            for id_, part, before, after in zip(*columns, strict=True)
        ]


def rows(count: int) -> str:
    """Count rows in words."""
    return "1 row" if count == 1 else f"{count:,} rows"


def plan(
    audit: Audit,
    table: pd.DataFrame,
    positions: np.ndarray,
    change: Change,
    tags: Mapping[str, tuple[str, ...]] | None = None,
) -> Plan:
    """Say what a change would do to some examples, and change nothing.

    Parameters
    ----------
    audit : Audit
    table : DataFrame
        What `labelaudit.selection.with_decisions` returns, with n rows.
    positions : ndarray of int
        Of the examples, among the n.
    change : Change
    tags : mapping of str to tuple of str, optional
        What `labelaudit.decisions.tags_of` returns.

    Raises
    ------
    BadInput
        The change needs a class or a tag and has none.
    """
    if change.action in NEEDS and not change.value:
        raise BadInput(f"{NEEDS[change.action]} is needed to {ACTIONS[change.action].lower()}; name one.")
    part = table.iloc[positions]
    if change.action in TAGGING:
        return _tagging(audit, part, change, tags or {})
    action, final = part["action"].to_numpy(), _texts(part["final"])
    labelling = change.action in ("accept", "set", "keep")
    source = {"accept": "suggested", "keep": "given"}.get(change.action)
    after = np.full(len(part), change.value or None, dtype=object)
    if source is not None:
        after = _texts(part[source])
    possible = pd.notna(after) if labelling else np.ones(len(part), dtype=bool)
    decided = part["action"].isin(DECIDING).to_numpy()
    same = np.isin(action, ("set", "keep")) & (final == after)
    already = possible & same if labelling else action == change.action
    otherwise = possible & decided & ~already
    changing = possible & ~already & (change.over | ~otherwise)
    before, after = final[changing], after[changing]
    examples = pd.DataFrame(
        {
            "id": part["id"].astype(str).to_numpy()[changing],
            "part": part["part"].to_numpy()[changing],
            "before": before,
            "after": after,
        },
        dtype=object,
    )
    came = audit.dataset.names_of(pd.Series(before, dtype=object))
    came[action[changing] == "exclude"] = "excluded"
    if labelling:
        went = audit.dataset.names_of(pd.Series(after, dtype=object)) + (" (kept)" if change.action == "keep" else "")
    else:
        went = np.full(len(before), {"exclude": "excluded", "ambiguous": "ambiguous"}[change.action], dtype=object)
    return Plan(
        change, examples, _moves(came, went, examples), int(otherwise.sum()), int(already.sum()), int((~possible).sum())
    )


def _tagging(audit: Audit, part: pd.DataFrame, change: Change, tags: Mapping[str, tuple[str, ...]]) -> Plan:
    """What adding or removing a tag would do; a tag stands beside what was decided."""
    ids = part["id"].astype(str).unique()  # the tags of an example are those of all its parts
    has = np.array([change.value in tags.get(id_, ()) for id_ in ids], dtype=bool)
    adds = change.action == "tag"
    changing = ids[~has] if adds else ids[has]
    own = [tags.get(id_, ()) for id_ in changing]
    new = [(*t, change.value) if adds else tuple(tag for tag in t if tag != change.value) for t in own]
    before, after = ([encode(list(t)) for t in several] for several in (own, new))
    examples = pd.DataFrame({"id": changing, "part": "", "before": before, "after": after}, dtype=object)
    words = ("without it", f"tag {change.value}")
    came, went = (np.full(len(examples), word, dtype=object) for word in (words if adds else reversed(words)))
    return Plan(change, examples, _moves(came, went, examples), 0, len(ids) - len(changing), 0)


def _texts(labels: pd.Series) -> np.ndarray:
    """Labels as JSON text, None where there is none: each library has another nothing."""
    found = labels.to_numpy(dtype=object, copy=True)
    found[labels.isna().to_numpy()] = None
    return found


def _moves(came: np.ndarray, went: np.ndarray, examples: pd.DataFrame) -> pd.DataFrame:
    """Count what goes from where to where, and name the first of each."""
    frame = pd.DataFrame({"from": came, "to": went, "id": examples["id"].to_numpy()})
    groups = frame.groupby(["from", "to"], sort=False)
    counts = groups.size().rename("rows")
    first = groups.head(EXAMPLES).groupby(["from", "to"], sort=False)["id"].agg(", ".join).rename("ids")
    found = pd.concat([counts, first], axis=1).reset_index()
    return found.sort_values("rows", ascending=False, kind="stable", ignore_index=True)
