"""Decisions from elsewhere: which of them hold for this data, which are known, and which are refused and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from labelaudit.dataset import Dataset
from labelaudit.decisions import Decision, natural_key
from labelaudit.labels import decode, encode, show
from labelaudit.stale import channel, standing

SHOWN = 12  # characters of a fingerprint


@dataclass(frozen=True)
class Arrival:
    """What an import would write; nothing of what came is in none of the lists.

    Attributes
    ----------
    new : list of Decision
        What is to be written, in the order in which it came.
    carried : int
        How many of the new ones were made for other data and hold for this.
    known : list of Decision
        What the log has already.
    refused : list of (Decision, str)
        What does not hold here, and why, as the rest of a sentence that begins with the decision.
    """

    new: list[Decision] = field(default_factory=list)
    carried: int = 0
    known: list[Decision] = field(default_factory=list)
    refused: list[tuple[Decision, str]] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """How many are new, known and refused, as the beginning of a sentence."""
        carried = f" ({self.carried:,} carried over from other data)" if self.carried else ""
        return f"{len(self.new):,} new{carried}, {len(self.known):,} known already, {len(self.refused):,} refused"


def arrival(
    brought: Sequence[Decision],
    dataset: Dataset,
    log: Sequence[Decision],
    *,
    earlier: Iterable[Dataset] = (),
    overwrite: bool = False,
) -> Arrival:
    """Say what becomes of decisions from a file; nothing is written.

    A decision that was made for other data holds where its id is here and its row has the label that the decision
    found; where that data is at hand, the rest of the row has to be the same, too. It gets the fingerprint of this
    data, a key of its own, and a reason that says where it is from.

    Parameters
    ----------
    brought : sequence of Decision
        In the order of the log that they are from.
    dataset : Dataset
        What they are to be applied to.
    log : sequence of Decision
        What was decided about it here.
    earlier : iterable of Dataset
        Data that they may have been made for, as far as it is at hand.
    overwrite : bool
        Take a decision although somebody decided otherwise here.

    Returns
    -------
    Arrival
    """
    here = dataset.data_fingerprint
    others = {data.data_fingerprint: data for data in earlier}
    named = [replace(d, key=_here(d.key, d.fingerprint, here)) for d in _with_keys(brought)]
    refused = dict(_misfits(named, dataset, others))
    if not overwrite:
        refused |= _contradictions([d for d in named if d.key not in refused], log)
    known = {d.key for d in log}
    batches = {d.batch for d in log}
    found = Arrival()
    carried = 0
    for decision in named:
        is_idle = decision.action == "undo" and decode(decision.after) not in batches
        if decision.key in known:
            found.known.append(decision)
        elif decision.key in refused or is_idle:
            found.refused.append((decision, refused.get(decision.key, "takes back what is not here")))
        else:
            carried += decision.fingerprint not in ("", here)
            batches.add(decision.batch)
            known.add(decision.key)
            found.new.append(_carried(decision, here))
    return replace(found, carried=carried)


def _with_keys(brought: Sequence[Decision]) -> list[Decision]:
    """Give a key to those without, the same each time the file is read."""
    seen: Counter[str] = Counter()
    named = []
    for decision in brought:
        key = decision.key or natural_key(vars(decision))
        if not decision.key:  # the same line may stand in a file more than once, and mean it
            seen[key] += 1
            key += f"-{seen[key]}" if seen[key] > 1 else ""
        named.append(replace(decision, key=key))
    return named


def _here(key: str, fingerprint: str, here: str) -> str:
    """Return the key under which a decision is carried over to this data."""
    return key if fingerprint in ("", here) else sha256(f"{key} {here}".encode()).hexdigest()[:32]


def _carried(decision: Decision, here: str) -> Decision:
    if decision.fingerprint in ("", here):
        return replace(decision, fingerprint=here)
    origin = f"carried over from data {decision.fingerprint[:SHOWN]}"
    return replace(decision, fingerprint=here, reason=f"{decision.reason} ({origin})" if decision.reason else origin)


def _misfits(named: Sequence[Decision], dataset: Dataset, others: dict[str, Dataset]) -> Iterable[tuple[str, str]]:
    """Say by key which decisions are about no row of this data, or about one that changed since."""
    classes, labels = {encode(value) for value in dataset.classes}, dataset.given_texts
    ids, parts = [decision.id for decision in named], [decision.part for decision in named]
    rows, units = dataset.rows_of(ids), dataset.units_of(ids, parts)
    for decision, row, unit in zip(named, rows.tolist(), units.tolist(), strict=True):
        is_other = decision.fingerprint not in ("", dataset.data_fingerprint)
        if decision.action == "rename":
            if is_other and decision.before not in classes:
                yield decision.key, f"is about the class {_words(decision.before)}, which is gone"
        elif decision.action == "undo":
            continue
        elif row < 0:
            yield decision.key, "is about an id that is gone"
        elif unit < 0 and decision.action != "tag":
            yield decision.key, f"is about the part {decision.part!r}, which its example does not have"
        elif is_other and decision.action != "tag" and labels[unit] != decision.before:
            yield decision.key, f"is about the label {_words(decision.before)}, which is {_words(labels[unit])} now"
        elif is_other and _is_changed(decision.id, row, dataset, others.get(decision.fingerprint)):
            yield decision.key, "is about a row whose content changed"


def _is_changed(id_: str, row: int, dataset: Dataset, earlier: Dataset | None) -> bool:
    """Whether a row is not what it was, label apart; as far as can be told."""
    if earlier is None:
        return False
    before = int(earlier.rows_of([id_])[0])
    if before < 0:
        return False
    both = [name for name in dataset.feature_columns if name in earlier.table.column_names]
    return any(dataset.table[name][row].as_py() != earlier.table[name][before].as_py() for name in both)


def _contradictions(named: Sequence[Decision], log: Sequence[Decision]) -> dict[str, str]:
    """Say by key which decisions would take the place of others that were made here."""
    keys = {d.key for d in named}
    mine = {place: d for place, d in standing(log).items() if d.key not in keys}
    theirs = standing(named)
    against: dict[str, str] = {}
    for decision in named:
        ours, wanted = mine.get(channel(decision)), theirs.get(channel(decision))
        if ours is None or wanted is None or decision.action == "undo":
            continue
        if (ours.action, ours.after) != (wanted.action, wanted.after):
            against[decision.key] = f"is about what {ours.actor} decided otherwise here"
    return against


def _words(label: str | None) -> str:
    return "none" if label is None else repr(show(decode(label)))
