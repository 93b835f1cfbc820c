"""`labelaudit bulk`, `rename-class` and `slices`: decisions on many examples at once, from a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelaudit.commands.options import Dir, Json
from labelaudit.errors import BadInput, did_you_mean
from labelaudit.terminal import print_columns, print_json, say

if TYPE_CHECKING:
    import numpy as np

    from labelaudit.bulk import Change
    from labelaudit.decisions import Decision
    from labelaudit.result import Audit
    from labelaudit.selection import Selection

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")]
Reviewer = Annotated[str, typer.Option(metavar="NAME", help="Who decides.")]


def bulk(
    folder: Dir,
    given: Annotated[str | None, typer.Option(metavar="CLASS", help="Only with this given label.")] = None,
    suggested: Annotated[str | None, typer.Option(metavar="CLASS", help="Only with this suggestion.")] = None,
    suspects: Annotated[bool, typer.Option("--suspects", help="Only flagged labels.")] = False,
    score_below: Annotated[float | None, typer.Option(metavar="SCORE", help="Only with a lower score.")] = None,
    score_from: Annotated[float | None, typer.Option(metavar="SCORE", help="Only with at least this score.")] = None,
    detectors: Annotated[int, typer.Option(min=0, help="Only where so many detectors speak against the label.")] = 0,
    issue: Annotated[str, typer.Option(metavar="NAME", help="Only what this check flagged.")] = "",
    status: Annotated[str, typer.Option(help="Only undecided, suspect, error, kept, …")] = "",
    tagged: Annotated[str, typer.Option(metavar="TAG", help="Only with this tag.")] = "",
    decided_by: Annotated[str, typer.Option(metavar="NAME", help="Only what this person decided.")] = "",
    search: Annotated[str, typer.Option(metavar="TEXT", help="Only with this text.")] = "",
    ids: Annotated[list[str] | None, typer.Option("--id", help="Only these; may be repeated.")] = None,
    slice_: Annotated[str, typer.Option("--slice", metavar="NAME", help="Only this slice; no other filter.")] = "",
    accept: Annotated[bool, typer.Option("--accept", help="Accept the suggestions.")] = False,
    set_: Annotated[str | None, typer.Option("--set", metavar="LABEL", help="Set this class, or number.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the given labels.")] = False,
    exclude: Annotated[bool, typer.Option("--exclude", help="Leave the rows out of the export.")] = False,
    ambiguous: Annotated[bool, typer.Option("--ambiguous", help="Flag as ambiguous.")] = False,
    tag: Annotated[str | None, typer.Option(metavar="TAG", help="Add this tag.")] = None,
    untag: Annotated[str | None, typer.Option(metavar="TAG", help="Remove this tag.")] = None,
    over: Annotated[bool, typer.Option("--over", help="Decide over what was decided otherwise, too.")] = False,
    reviewer: Reviewer = "me",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Decide on all examples of a selection, in the log of the app; one undo there takes all of it back."""
    from labelaudit.bulk import plan
    from labelaudit.result import Audit
    from labelaudit.reviewers import check_name
    from labelaudit.tasks import TASKS

    found, actor = Audit.open(folder), check_name(reviewer)
    flags = {"accept": accept, "keep": keep, "exclude": exclude, "ambiguous": ambiguous}
    change = _change(found, flags, {"set": set_, "tag": tag, "untag": untag}, over)
    state = State(found)
    filters: dict[str, Any] = {
        "given": _class(found, given, "--given"),
        "suggested": _class(found, suggested, "--suggested"),
        "suspects": suspects,
        "score_below": score_below,
        "score_from": score_from,
        "detectors": detectors,
        "issue": issue,
        "status": status,
        "tag": tagged,
        "reviewer": decided_by,
        "search": search,
        "ids": tuple(ids or ()),
    }
    chosen = state.selection(filters, slice_)
    planned = plan(found, state.table, state.positions(chosen), change, state.tags)
    filters_on = chosen.chips(found.dataset.name_of, TASKS[found.dataset.task].axes.short)
    told = ", ".join(text for _, text in filters_on) or "all examples"
    fingerprint = found.dataset.data_fingerprint
    decisions = planned.decisions(actor, fingerprint=fingerprint, base=state.seen, run=found.id, reason=f"bulk: {told}")
    if not dry_run:
        state.append(decisions)
    if as_json:
        counts = {"rows": len(planned), "otherwise": planned.otherwise, "already": planned.already}
        moves = planned.moves.to_dict("records")
        applied = {"applied": not dry_run, "batch": decisions[0].batch if decisions and not dry_run else None}
        print_json(
            {"audit": found.id, "selected": told, **counts, "lacking": planned.lacking, "moves": moves, **applied}
        )
        return
    say(f"{told}: {planned.sentence}")
    if len(planned.moves) > 1:
        rows = [(m["from"], m["to"], f"{m['rows']:,}", m["ids"]) for m in planned.moves.to_dict("records")]
        print_columns(("from", "to", "rows", "such as"), rows)
    _say_whether(dry_run, len(planned))


def rename_class(
    folder: Dir,
    old: Annotated[str, typer.Argument(help="The class as it is called now.")],
    new: Annotated[str, typer.Argument(help="Its new name; that of another class merges the two.")],
    reviewer: Reviewer = "me",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Rename a class or merge it into another, for all rows that an export writes."""
    from dataclasses import asdict

    from labelaudit.renaming import check, classes_now, plan
    from labelaudit.result import Audit
    from labelaudit.reviewers import check_name

    found, actor = Audit.open(folder), check_name(reviewer)
    state, dataset = State(found), found.dataset
    check(dataset)
    by_name = {dataset.name_of(text): text for text in classes_now(dataset, state.log)}
    if old not in by_name:
        raise BadInput(f"no row has the class {old!r}{did_you_mean(old, by_name)}")
    planned = plan(dataset, state.log, by_name[old], new)
    if not dry_run:
        state.append([planned.decision(actor, fingerprint=dataset.data_fingerprint, base=state.seen, run=found.id)])
    if as_json:
        print_json({"audit": found.id, **asdict(planned), "rows": planned.rows, "applied": not dry_run})
        return
    say(planned.sentence)
    _say_whether(dry_run, planned.rows)


def slices(folder: Dir, as_json: Json = False) -> None:
    """List the named slices of an audit, with how many examples are in each."""
    from labelaudit.result import Audit

    found = Audit.open(folder)
    state = State(found)
    rows = [(one, len(state.positions(state.selection({}, one.name)))) for one in state.slices]
    if as_json:
        print_json(
            {
                "audit": found.id,
                "slices": [
                    {"name": s.name, "examples": n, "selection": s.selection, "rank": s.rank, "reviewer": s.reviewer}
                    for s, n in rows
                ],
            }
        )
        return
    print_columns(("slice", "examples", "for"), [(one.name, f"{count:,}", one.reviewer) for one, count in rows])


class State:
    """An audit with what was decided about it in this machine's workspace.

    Parameters
    ----------
    found : Audit
    """

    def __init__(self, found: Audit) -> None:
        from labelaudit.decisions import effective, tags_of
        from labelaudit.selection import points, with_decisions
        from labelaudit.slices import built_in
        from labelaudit.workspace import Workspace

        here, fingerprint = Workspace(), found.dataset.data_fingerprint
        self.found, self._log = found, here.log
        self.log = here.log.read(fingerprint)
        self.table = with_decisions(found, points(found), effective(self.log))
        self.tags = tags_of(self.log)
        self.slices = [*here.slices.list(fingerprint), *built_in(found)]

    @property
    def seen(self) -> int:
        """The last `seq` that the dry run knows of."""
        return self.log[-1].seq if self.log else 0

    def append(self, decisions: list[Decision]) -> None:
        """Write decisions; refused where others decided on the same examples meanwhile."""
        self._log.append(decisions)

    def selection(self, filters: dict[str, Any], slice_: str = "") -> Selection:
        """Return the selection of a slice, or of filters.

        Raises
        ------
        BadInput
            A filter has a value that it can't have, both are given, or there is no such slice.
        """
        from labelaudit.selection import STATUSES, Selection
        from labelaudit.slices import find

        chosen = Selection(**filters)
        if chosen.status and chosen.status not in STATUSES:
            raise BadInput(f"there is no status {chosen.status!r}{did_you_mean(chosen.status, STATUSES)}")
        issues = sorted(set(self.found.issues["issue"]))
        if chosen.issue and chosen.issue not in issues:
            raise BadInput(f"no example has the issue {chosen.issue!r}{did_you_mean(chosen.issue, issues)}")
        if not slice_:
            return chosen
        if chosen:
            raise BadInput("--slice is a selection of its own; leave the other filters out.")
        return Selection.from_text(find(self.slices, slice_).selection)

    def positions(self, chosen: Selection) -> np.ndarray:
        """Return the examples that a selection holds, by their place among the audited ones."""
        import numpy as np

        from labelaudit.selection import selected

        places = self.found.outputs.get("coordinates")
        return np.flatnonzero(selected(self.found, self.table, chosen, places, self.tags))


def _change(found: Audit, flags: dict[str, bool], values: dict[str, str | None], over: bool) -> Change:
    """Return the one thing that is to be done."""
    from labelaudit.bulk import Change
    from labelaudit.tags import checked

    named = [name for name, on in flags.items() if on] + [name for name, value in values.items() if value is not None]
    if len(named) != 1:
        options = ", ".join(f"--{name}" for name in (*flags, *values))
        raise typer.BadParameter(f"choose one of {options}; {len(named)} are given.", param_hint="what to do")
    action = named[0]
    value = values.get(action)
    if value is not None:
        value = _class(found, value, "--set") if action == "set" else checked(value)
    return Change(action, value or "", over)  # type: ignore[arg-type]


def _class(found: Audit, name: str | None, option: str) -> str | None:
    """Read a class's name, or a number where labels are numbers, as JSON text."""
    from labelaudit.labels import encode

    if name is None:
        return None
    if found.dataset.numerals is not None:
        return encode(found.dataset.numerals.typed(name))
    by_name = found.dataset.class_by_name
    if name not in by_name:
        raise BadInput(f"{option}: there is no class {name!r}{did_you_mean(name, by_name)}")
    return encode(by_name[name])


def _say_whether(dry_run: bool, rows: int) -> None:
    if dry_run:
        say("Nothing was changed: this was a dry run.")
    elif rows:
        say("Done; one undo in the app takes all of it back.")
