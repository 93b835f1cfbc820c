"""A finished audit as the pages use it: with what was decided, selected and in which order."""

from __future__ import annotations

import gc
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from labelaudit import map as maps
from labelaudit.dataset import Dataset
from labelaudit.decisions import DECIDING, tags_of
from labelaudit.errors import BadInput
from labelaudit.learning import Learned, Voices, learn, used
from labelaudit.ordering import LEARNED, led_by, mixed, ranking, review_order, sets_of
from labelaudit.progress import Reviewed, lots_of
from labelaudit.result import Audit
from labelaudit.review import Decision, effective
from labelaudit.selection import Selection, points, selected, with_decisions
from labelaudit.settings import settings
from labelaudit.stopping import Lots
from labelaudit.ui.visitor import reviewer as reviewer
from labelaudit.workspace import Workspace

EVERYTHING = (Selection(), Selection(suspects=True))


@dataclass(frozen=True)
class Opened:
    """A finished audit as the pages use it.

    Parameters
    ----------
    workspace : Workspace
    audit : Audit
    plain : DataFrame
        What `labelaudit.selection.points` returns.
    decisions : list of Decision
        The log of this data, whole; in a blind second review, the reviewer's own second opinions alone.
    selection : Selection
    rank : str
        What orders the examples; empty for the usual order, see `labelaudit.ordering.ranking`.
    mix : int
        Of so many places in the queue, one is of the random sample; 0 for none.
    blind : bool
        Whether this is a second review, in which nobody sees what others decided.
    """

    workspace: Workspace
    audit: Audit
    plain: pd.DataFrame
    decisions: list[Decision]
    selection: Selection
    rank: str
    mix: int = 0
    blind: bool = False

    @cached_property
    def table(self) -> pd.DataFrame:
        """The examples with what was decided about them."""
        return self._standing[0]

    @cached_property
    def decided(self) -> np.ndarray:
        """Which examples are decided; a skip is not."""
        return self._standing[1]

    @property
    def n_decided(self) -> int:
        """How many examples are decided, with those that this audit left out because they are excluded."""
        return self._standing[2]

    @cached_property
    def _standing(self) -> tuple[pd.DataFrame, np.ndarray, int]:
        last = self.decisions[-1].key if self.decisions else ""
        return _standing_of(self.workspace.owner, self.audit.id, len(self.decisions), last, self)

    @cached_property
    def tags(self) -> dict[str, tuple[str, ...]]:
        """The tags of the examples that have some, by id."""
        return tags_of(self.decisions)

    @cached_property
    def mask(self) -> np.ndarray:
        """Which examples are selected."""
        return selected(self.audit, self.table, self.selection, self.places, self.tags)

    @cached_property
    def scores(self) -> np.ndarray:
        """What orders the examples for review, shape (n,); low is bad."""
        if self.rank == LEARNED and self.learned is not None:
            return self.learned[1]
        return ranking(self.audit, self.plain, self.selection, self.rank)

    @cached_property
    def ranked(self) -> np.ndarray:
        """The selected examples, worst first."""
        if self.rank == "random":
            return np.asarray(self.lots.order[self.mask[self.lots.order]])
        return review_order(self.mask, self.scores, sets_of(self.audit, self.selection, self.rank))

    @property
    def queue(self) -> np.ndarray:
        """The selected examples as they come up for review: `ranked`, with the random sample mixed in where wanted."""
        return self._queued[0]

    @property
    def drawn(self) -> np.ndarray:
        """Those of the queue that are of the random sample and still to come."""
        return self._queued[1]

    @cached_property
    def _queued(self) -> tuple[np.ndarray, np.ndarray]:
        ranked, seen = self.ranked, self.table["action"].to_numpy() != ""
        led = st.session_state.get("led")
        if self.rank == LEARNED and led is not None and led[0] == self.audit.id:
            ranked = led_by(led[1], ranked, seen)
        return mixed(ranked, self.lots.order, seen, self.mix) if self.mixes else (ranked, ranked[:0])

    @property
    def mixes(self) -> bool:
        """Whether a random sample is mixed in: where all suspects or all examples are reviewed, and nothing less."""
        return self.mix > 0 and self.selection in EVERYTHING

    @cached_property
    def reviewed(self) -> Reviewed:
        """What people found, example by example."""
        last = self.decisions[-1].key if self.decisions else ""
        return _reviewed_of(self.workspace.owner, self.audit.id, len(self.decisions), last, self)

    @cached_property
    def lots(self) -> Lots:
        """The lots by which the random sample is drawn."""
        return _lots_of(self.audit.id, self)

    @cached_property
    def learned(self) -> tuple[Learned, np.ndarray] | None:
        """What the ranking learned from the decisions, and the scores that follow; None while there are few."""
        rows = self.reviewed.in_order
        rows = rows[: used(len(rows))]
        return _learned_of(self.audit.id, rows.tobytes(), self.reviewed.error[rows].tobytes(), self)

    @property
    def voices(self) -> Voices:
        """What the ranking learns from."""
        return _voices_of(self.audit.id, self)

    @cached_property
    def places(self) -> np.ndarray | None:
        """Where the units are on the map, shape (n, 2), those of one example together; None until it is made."""
        places = self.audit.outputs.get("coordinates")
        path = map_file(self.audit.id, self.audit)
        if places is None and path is not None and path.is_file():
            places = _read_map(path, path.stat().st_mtime_ns)
        return places if places is None or self.audit.is_whole else places[self.audit.examples]

    @property
    def dataset(self) -> Dataset:
        """The audited data set."""
        return self.audit.dataset

    @property
    def stage(self) -> str | None:
        """The stage to which an undo and a redo keep; None where it is all of them."""
        return "second" if self.blind else None

    def decide(self, decisions: list[Decision]) -> list[Decision]:
        """Append to the log, in a second review as second opinions, and return what it made of them.

        Raises
        ------
        BadInput
            A tag in a second review: whoever gives one says which tags the example has, and so has to see them.
        """
        if self.blind:
            if any(decision.action == "tag" for decision in decisions):
                raise BadInput("tags of others are hidden in a second review; end it to give some.")
            decisions = [replace(decision, stage="second") for decision in decisions]
        return self.workspace.log.append(decisions)


def set_aside() -> None:
    """Let the collector of garbage pass over what is here to stay.

    Streamlit runs it after every run of a page or fragment, a tenth of a second and more over all modules: a few
    visitors who wait, and are told twice a second how far their audits are, would keep the server busy with that alone.
    """
    gc.collect()
    gc.freeze()


@st.cache_resource(max_entries=1, show_spinner=False)
def set_modules_aside(modules: int) -> None:
    """Set aside what was imported, once for so many modules."""
    set_aside()


@st.cache_resource(max_entries=8, show_spinner="Opening the audit …")
def open_audit(owner: str, audit_id: str) -> tuple[Audit, pd.DataFrame]:
    """Open a finished audit, once for all pages and sessions of its owner; and what `points` returns of it."""
    audit = Workspace(owner).open(audit_id)
    table = points(audit)
    set_aside()
    return audit, table


@st.cache_resource(max_entries=4, show_spinner=False)
def _standing_of(
    owner: str, audit_id: str, decisions: int, last: str, _opened: Opened
) -> tuple[pd.DataFrame, np.ndarray, int]:
    """The examples with what was decided, which are decided, and how many: anew after a decision, not at each click."""
    now = effective(_opened.decisions)
    table = with_decisions(_opened.audit, _opened.plain, now)
    decided = table["action"].isin(DECIDING).to_numpy()
    before = _opened.dataset.reviewed
    left_out = [] if before is None else _opened.dataset.ids[before.excluded].astype(str)
    gone = now.loc[now["action"].isin(DECIDING) & now["id"].isin(left_out), "id"]
    return table, decided, int(decided.sum()) + gone.nunique()


@st.cache_resource(max_entries=4, show_spinner=False)
def _reviewed_of(owner: str, audit_id: str, decisions: int, last: str, _opened: Opened) -> Reviewed:
    return Reviewed.of(_opened.audit, _opened.table, _opened.decisions)


@st.cache_resource(max_entries=4, show_spinner=False)
def _lots_of(audit_id: str, _opened: Opened) -> Lots:
    return lots_of(_opened.audit, _opened.plain)


@st.cache_resource(max_entries=2, show_spinner=False)
def _voices_of(audit_id: str, _opened: Opened) -> Voices:
    return Voices.of(_opened.audit)


@st.cache_resource(max_entries=8, show_spinner=False)
def _learned_of(audit_id: str, rows: bytes, error: bytes, _opened: Opened) -> tuple[Learned, np.ndarray] | None:
    found = learn(_opened.voices, np.frombuffer(rows, dtype=np.intp), np.frombuffer(error, dtype=bool))
    return None if found is None else (found, found.scores(_opened.voices))


@st.cache_resource(max_entries=8, show_spinner=False)
def map_file(audit_id: str, _audit: Audit) -> Path | None:
    """Where the map of an audit is kept once it is made; None where the audit has no neighbours to make it of."""
    if "neighbours" not in _audit.outputs:
        return None
    name = maps.name_of(_audit.outputs["neighbours"], _audit.outputs["distances"])
    return settings().cache_dir / f"{name}.npz"


@st.cache_resource(max_entries=8, show_spinner=False)
def _read_map(path: Path, written: int) -> np.ndarray | None:
    return maps.kept(path)
