"""What is selected: one small value that all pages share and that fits into an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import TypeAdapter

from labelaudit.annotators import dissented
from labelaudit.decisions import DECIDING
from labelaudit.errors import BadInput
from labelaudit.labels import Value, decode, encode, show
from labelaudit.result import Audit
from labelaudit.tasks import TASKS
from labelaudit.tasks.base import Axes

Box = tuple[float, float, float, float]
Status = Literal["", "undecided", "suspect", "error", "kept", "excluded", "ambiguous", "skipped"]
STATUSES: tuple[Status, ...] = get_args(Status)[1:]


@dataclass(frozen=True)
class Selection:
    """A conjunction of filters on the audited examples; labels are JSON text, as in the issue table.

    Parameters
    ----------
    suspects : bool
        Only flagged labels.
    given, suggested : str or None
        Only examples with this given label; with this suggestion.
    either : str or None
        Only examples that are given this class, or for which it is suggested.
    cluster : int or None
        Only this cluster of suspects.
    box : tuple of float or None
        Only points of the scatter with x from box[0] to box[1] and y from box[2] to box[3].
    search : str
        Only examples whose features hold this text, upper and lower case alike.
    score_below, score_from : float or None
        Only examples whose score is under this; is at least this.
    unlabelled : bool
        Only examples without a given label.
    issue : str
        Only examples that this check flagged, by its name in the issue table.
    map : tuple of float or None
        Only points of the map with x from map[0] to map[1] and y from map[2] to map[3].
    detectors : int
        Only examples whose label at least so many detectors speak against, see `labelaudit.result.Audit.agreeing`.
    outvoted : bool
        Only examples most of whose neighbours have another label.
    status : str
        Only examples of which this was decided, as `with_decisions` says; ``undecided`` holds the skipped ones, too.
    tag : str
        Only examples with this tag.
    reviewer : str
        Only examples that this person or rule decided on last.
    ids : tuple of str
        Only these examples, chosen by hand.
    part : str
        Only this part of the examples, as in the issue table: ``c:happy``.
    annotator : str
        Only examples about which this annotator said something else than the others, where several labelled them.
    """

    suspects: bool = False
    given: str | None = None
    suggested: str | None = None
    either: str | None = None
    cluster: int | None = None
    box: Box | None = None
    search: str = ""
    score_below: float | None = None
    unlabelled: bool = False
    issue: str = ""
    map: Box | None = None
    score_from: float | None = None
    detectors: int = 0
    outvoted: bool = False
    status: Status = ""
    tag: str = ""
    reviewer: str = ""
    ids: tuple[str, ...] = ()
    part: str = ""
    annotator: str = ""

    def __bool__(self) -> bool:
        return self != Selection()

    @property
    def changes(self) -> bool:
        """Whether what is selected changes with the decisions."""
        return bool(self.status or self.tag or self.reviewer)

    def without(self, name: str) -> Selection:
        """Drop one filter."""
        default: Any = next(f.default for f in fields(self) if f.name == name)
        return replace(self, **{name: default})

    def chips(
        self, named: Callable[[str], str] = lambda text: show(decode(text)), axes: tuple[str, str] = Axes().short
    ) -> list[tuple[str, str]]:
        """Name every filter that is on, with what to show for it.

        Parameters
        ----------
        named : callable
            Writes a label for a person.
        axes : tuple of str
            What the axes of the scatter are, see `labelaudit.tasks.base.Axes`.
        """
        shown = []
        for name, value in asdict(self).items():
            if value == next(f.default for f in fields(self) if f.name == name):
                continue
            shown.append((name, _chip(name, value, named, axes)))
        return shown

    def to_text(self) -> str:
        """Write the selection as compact JSON for an address; empty where nothing is selected."""
        changed = {name: getattr(self, name) for name, _ in self.chips()}
        return ADAPTER.dump_json(Selection(**changed), exclude_defaults=True).decode() if changed else ""

    @classmethod
    def from_text(cls, text: str) -> Selection:
        """Read what `to_text` wrote.

        Raises
        ------
        BadInput
            The address was changed by hand and does not describe a selection.
        """
        if not text:
            return cls()
        try:
            found = ADAPTER.validate_json(text)
            found.chips()  # reads the labels in it, which are JSON text themselves
            return found
        except ValueError as error:
            raise BadInput("the selection in the address can't be read; it was dropped, so choose again.") from error


ADAPTER = TypeAdapter(Selection)
# What becomes of an example by what was decided; one that was set to another label is an error.
STATUS = {"set": "kept", "keep": "kept", "exclude": "excluded", "ambiguous": "ambiguous", "skip": "skipped"}


def _span(low: float, high: float) -> str:
    digits = 2 if max(abs(low), abs(high)) < 100 else 0
    return f"{low:,.{digits}f}–{high:,.{digits}f}"


def _chip(name: str, value: Any, named: Callable[[str], str], axes: tuple[str, str]) -> str:
    match name:
        case "suspects":
            return "suspects only"
        case "unlabelled":
            return "without a label"
        case "outvoted":
            return "neighbours disagree"
        case "cluster":
            return f"cluster {value + 1}"
        case "box":
            return f"{axes[0]} {_span(*value[:2])}, {axes[1]} {_span(*value[2:])}"
        case "map":
            return f"on the map {value[0]:.2f}–{value[1]:.2f}, {value[2]:.2f}–{value[3]:.2f}"
        case "issue":
            return f"issue {value.replace('_', ' ')}"
        case "search":
            return f"contains “{value}”"
        case "score_below":
            return f"score < {value:g}"
        case "score_from":
            return f"score ≥ {value:g}"
        case "detectors":
            return "a detector agrees" if value == 1 else f"{value} detectors agree"
        case "status":
            return str(value)
        case "tag":
            return f"tag {value.replace('_', ' ')}"
        case "reviewer":
            return f"decided by {value}"
        case "annotator":
            return f"{value} against the others"
        case "part":
            return str(value).removeprefix("c:")
        case "ids":
            return f"{len(value):,} chosen by hand"
        case _:
            words = {"given": "given", "suggested": "suggested", "either": "class"}
            return f"{words[name]} {named(value)}"


def points(audit: Audit) -> pd.DataFrame:
    """Return what the pages plot and list: one row per audited unit, in the audit's order.

    Returns
    -------
    DataFrame of n rows
        ``id``, ``part``, ``row`` (in the table), ``score``, ``is_issue``, ``given``, ``suggested`` (JSON text or None),
        ``cluster`` (-1 for none), ``x`` and ``y`` (the task's plane; NaN without a label), ``status``: ``suspect``
        or ``not suspected``.
    """
    issues = audit.label_issues
    flagged = issues["is_issue"].to_numpy().astype(np.intp)
    x, y = TASKS[audit.dataset.task].plane(audit)
    return pd.DataFrame(
        {
            "id": issues["id"],
            "part": issues["part"],
            "row": audit.rows,
            "score": issues["score"],
            "is_issue": issues["is_issue"],
            "given": issues["given"],
            "suggested": issues["suggested"],
            "cluster": issues["cluster"].fillna(-1).astype("int64"),
            "x": x,
            "y": y,
            "status": pd.Series(np.array(["not suspected", "suspect"], dtype=object)[flagged], dtype=object),
        }
    )


def with_decisions(audit: Audit, table: pd.DataFrame, decided: pd.DataFrame) -> pd.DataFrame:
    """Add what was decided to the examples.

    Parameters
    ----------
    audit : Audit
    table : DataFrame
        What `points` returns, with n rows.
    decided : DataFrame
        What `labelaudit.review.effective` returns.

    Returns
    -------
    DataFrame of n rows
        With ``action`` ("" while undecided), ``actor`` (who decided, or ""), ``final`` (JSON text or None) and, where
        it was decided, ``status``: ``error`` (another label was decided), ``kept``, ``excluded``, ``ambiguous`` or
        ``skipped``.
    """
    places = audit.positions(decided["id"], decided["part"])
    known = places >= 0
    actions, after, actors = (decided.loc[known, c].to_numpy() for c in ("action", "after", "actor"))
    places = places[known]
    action, final = np.full(len(table), "", dtype=object), table["given"].to_numpy(dtype=object, copy=True)
    status = table["status"].to_numpy(dtype=object, copy=True)
    actor = np.full(len(table), "", dtype=object)
    relabelled = actions == "set"
    action[places], actor[places] = actions, actors
    status[places] = [STATUS.get(action, before) for action, before in zip(actions, status[places], strict=True)]
    status[places[relabelled & (after != final[places])]] = "error"
    final[places[relabelled]] = after[relabelled]
    columns = {"action": action, "actor": actor, "final": final, "status": status}
    # object: nobody needs the search for pandas' own kind of text at every decision
    return table.assign(**{name: pd.Series(values, table.index, dtype=object) for name, values in columns.items()})


def selected(
    audit: Audit,
    table: pd.DataFrame,
    selection: Selection,
    places: np.ndarray | None = None,
    tags: Mapping[str, tuple[str, ...]] | None = None,
) -> np.ndarray:
    """Say which audited examples a selection keeps.

    Parameters
    ----------
    audit : Audit
    table : DataFrame
        What `points` returns, with n rows; what `with_decisions` does, where the selection `changes` with them.
    selection : Selection
    places : ndarray of shape (n, 2), optional
        On the map; without it, a box on the map holds nothing.
    tags : mapping of str to tuple of str, optional
        What `labelaudit.decisions.tags_of` returns; without it, nothing has a tag.

    Returns
    -------
    ndarray of shape (n,), bool
    """
    keep = np.ones(len(table), dtype=bool)
    if selection.suspects:
        keep &= table["is_issue"].to_numpy()
    if selection.given is not None:
        keep &= _is(table["given"], selection.given)
    if selection.suggested is not None:
        keep &= _is(table["suggested"], selection.suggested)
    if selection.either is not None:
        keep &= _is(table["given"], selection.either) | _is(table["suggested"], selection.either)
    if selection.unlabelled:
        keep &= table["given"].isna().to_numpy()
    if selection.cluster is not None:
        keep &= (table["cluster"] == selection.cluster).to_numpy()
    if selection.box is not None:
        x0, x1, y0, y1 = selection.box
        keep &= table["x"].between(x0, x1).to_numpy() & table["y"].between(y0, y1).to_numpy()
    if selection.issue:
        keep &= issue_scores(audit, selection.issue)[0]
    if selection.map is not None:
        keep &= _inside(places, selection.map) if places is not None else False
    if selection.score_below is not None:
        keep &= (table["score"] < selection.score_below).to_numpy()
    if selection.score_from is not None:
        keep &= (table["score"] >= selection.score_from).to_numpy()
    if selection.detectors:
        keep &= audit.agreeing >= selection.detectors
    if selection.outvoted:
        keep &= audit.outvoted
    if selection.status == "undecided":
        keep &= ~table["action"].isin(DECIDING).to_numpy()
    elif selection.status:
        keep &= (table["status"] == selection.status).to_numpy()
    if selection.reviewer:
        keep &= (table["actor"] == selection.reviewer).to_numpy()
    if selection.tag:
        keep &= _among(audit, [id_ for id_, has in (tags or {}).items() if selection.tag in has])
    if selection.part:
        keep &= audit.parts == selection.part
    if selection.annotator:
        keep &= dissented(audit, selection.annotator)
    if selection.ids:
        keep &= _among(audit, selection.ids)
    if selection.search:
        keep &= _contains(audit, selection.search)
    return keep


def _is(labels: pd.Series, wanted: str) -> np.ndarray:
    return (labels == wanted).fillna(False).to_numpy(dtype=bool)


def _among(audit: Audit, ids: Sequence[str]) -> np.ndarray:
    """Which units are of these examples."""
    return np.isin(audit.rows, audit.dataset.rows_of(ids))


def _inside(places: np.ndarray, box: Box) -> np.ndarray:
    low, high = np.array(box[::2]), np.array(box[1::2])
    return np.asarray(((places >= low) & (places <= high)).all(axis=1))


def issue_scores(audit: Audit, issue: str) -> tuple[np.ndarray, np.ndarray]:
    """Say which examples a check flagged, and how bad each is.

    Parameters
    ----------
    audit : Audit
    issue : str
        A name in the issue table.

    Returns
    -------
    flagged : ndarray of shape (n,), bool
    score : ndarray of shape (n,)
        The lowest of the example's flagged parts; where it is not flagged, what the check says of it all the same, or
        NaN.
    """
    rows = audit.flagged
    rows = rows[rows["issue"] == issue]
    flagged = np.zeros(len(audit.rows), dtype=bool)
    flagged[rows["position"]] = True
    lowest = np.full(len(audit.rows), np.inf)
    np.minimum.at(lowest, rows["position"].to_numpy(), rows["score"].to_numpy())
    others = audit.scores[issue].to_numpy() if issue in audit.scores else np.full(len(audit.rows), np.nan)
    return flagged, np.where(flagged, lowest, others)


def _contains(audit: Audit, text: str) -> np.ndarray:
    """Search the feature columns and the ids; plain text, never a pattern."""
    found = np.zeros(len(audit.dataset), dtype=bool)
    columns = [
        *audit.dataset.feature_columns,
        *([audit.dataset.id_column] if audit.dataset.id_column else []),
    ]
    for name in columns:
        column = audit.dataset.table[name]
        if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
            continue
        hits = pc.match_substring(column.cast(pa.string()), text, ignore_case=True)
        found |= hits.fill_null(False).to_numpy()
    return np.asarray(found[audit.rows])


def cell(given: Value, suggested: Value) -> Selection:
    """Select the suspects of one cell of the heatmap, named by its two classes."""
    return Selection(suspects=True, given=encode(given), suggested=encode(suggested))
