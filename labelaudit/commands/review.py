"""`labelaudit history` and `labelaudit review`: what was decided, and decisions on the move."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labelaudit.commands.options import Dir, Json
from labelaudit.errors import did_you_mean
from labelaudit.terminal import print_columns, print_json, say

if TYPE_CHECKING:
    from labelaudit.dataset import Dataset
    from labelaudit.decisions import Decision
    from labelaudit.result import Audit


SHOWN = 20  # refused decisions that are listed


def history(
    folder: Dir,
    id_: Annotated[str, typer.Option("--id", help="Only this example.")] = "",
    actor: Annotated[list[str] | None, typer.Option(help="Only of this person or rule; may be repeated.")] = None,
    action: Annotated[list[str] | None, typer.Option(help="Only set, keep, exclude, …; may be repeated.")] = None,
    text: Annotated[str, typer.Option(help="Only with this in reason, comment or tags.")] = "",
    since: Annotated[str, typer.Option(metavar="DAY", help="Only from this day on (2026-01-31).")] = "",
    until: Annotated[str, typer.Option(metavar="DAY", help="Only up to this day.")] = "",
    undone: Annotated[
        bool | None, typer.Option("--undone/--in-force", help="Only what was taken back, or what was not.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="The latest so many; 0: all.")] = 50,
    as_json: Json = False,
) -> None:
    """Show who decided what and when, the latest first; the log of this data in this machine's workspace."""
    from labelaudit.decisions import ACTIONS, undone_batches
    from labelaudit.history import Filter, told
    from labelaudit.result import Audit
    from labelaudit.workspace import Workspace

    for name in action or ():
        if name not in ACTIONS:
            raise typer.BadParameter(f"there is no {name!r}{did_you_mean(name, ACTIONS)}", param_hint="--action")
    found = Audit.open(folder)
    log = Workspace().log.read(found.dataset.data_fingerprint)
    wanted = Filter(
        id=id_, actors=tuple(actor or ()), actions=tuple(action or ()), text=text, since=since, until=until,
        undone=undone,
    )  # fmt: skip
    meant = wanted.applied(log)
    latest = meant[::-1][: limit or None]
    back = undone_batches(log)
    if as_json:
        entries = [{**asdict(d), "undone": d.batch in back} for d in latest]
        print_json({"audit": found.id, "logged": len(log), "matching": len(meant), "decisions": entries})
        return
    if not meant:
        say("Nothing was decided yet; see labelaudit serve." if not log else f"None of {len(log):,} entries match.")
        return
    label = found.dataset.name_of
    rows = [
        (
            d.time[:19].replace("T", " "),
            d.actor,
            f"{told(d, log)}{' (taken back)' if d.batch in back else ''}",
            " ".join(filter(None, (d.id, d.part))),
            "" if d.action in ("undo", "tag") else label(d.before),
            "" if d.action == "undo" else d.after or "" if d.action == "tag" else label(d.after),
            " · ".join(filter(None, (d.stage, d.reason, d.comment))),
        )
        for d in latest
    ]
    print_columns(("when (UTC)", "who", "what", "id", "before", "after", "why"), rows)
    if len(latest) < len(meant):
        say(f"The latest {len(latest):,} of {len(meant):,}; --limit 0 shows all.")


def review(
    folder: Dir,
    to: Annotated[Path | None, typer.Option("--export", metavar="FILE", help="Write the log as JSONL.")] = None,
    from_: Annotated[
        Path | None, typer.Option("--import", metavar="FILE", help="Take in decisions (JSONL) that are not here yet.")
    ] = None,
    before: Annotated[
        Path | None,
        typer.Option("--from", metavar="DIR", help="Carry over what was decided on an audit of the data as it was."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Let imported decisions win over other ones that were made here.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Export or import the decisions about this data, or carry them over; twice is the same as once."""
    if sum(path is not None for path in (to, from_, before)) != 1:
        raise typer.BadParameter("choose one of them", param_hint="--export / --import / --from")
    if to is not None:
        _export(folder, to, as_json)
    elif from_ is not None:
        _import(folder, from_, overwrite, as_json)
    elif before is not None:
        _carry_over(folder, before, overwrite, as_json)


def _export(folder: Path, to: Path, as_json: bool) -> None:
    from labelaudit.exchange import write_jsonl
    from labelaudit.result import Audit
    from labelaudit.workspace import Workspace

    found = Audit.open(folder)
    log = Workspace().log.read(found.dataset.data_fingerprint)
    write_jsonl(log, to)
    if as_json:
        print_json({"audit": found.id, "to": str(to), "decisions": len(log)})
    else:
        say(f"Written: {to} ({len(log):,} decisions)")


def _import(folder: Path, path: Path, overwrite: bool, as_json: bool) -> None:
    from labelaudit.exchange import read_jsonl
    from labelaudit.result import Audit
    from labelaudit.workspace import Workspace

    found, brought = Audit.open(folder), read_jsonl(path)
    others = {d.fingerprint for d in brought} - {"", found.dataset.data_fingerprint}
    _bring(found, brought, Workspace().earlier(others), overwrite, path, as_json)


def _carry_over(folder: Path, before: Path, overwrite: bool, as_json: bool) -> None:
    from labelaudit.result import Audit
    from labelaudit.workspace import Workspace

    earlier = Audit.open(before).dataset
    brought = Workspace().log.read(earlier.data_fingerprint)
    _bring(Audit.open(folder), brought, [earlier], overwrite, before, as_json)


def _bring(
    found: Audit, brought: list[Decision], earlier: list[Dataset], overwrite: bool, source: Path, as_json: bool
) -> None:
    """Write what holds for this data, and say what became of the rest."""
    from labelaudit.carry import arrival
    from labelaudit.workspace import Workspace

    log = Workspace().log
    there = log.read(found.dataset.data_fingerprint)
    came = arrival(brought, found.dataset, there, earlier=earlier, overwrite=overwrite)
    log.restore(came.new)
    if as_json:
        refused = [{**asdict(d), "why": why} for d, why in came.refused]
        counts = {"new": len(came.new), "carried_over": came.carried, "known": len(came.known), "refused": refused}
        print_json({"audit": found.id, "from": str(source), **counts})
        return
    say(f"From {source}: {came.sentence}.")
    if came.carried and found.dataset.id_column is None:
        say("The ids are row numbers: where rows were moved or inserted, look at what was carried over.")
    for decision, why in came.refused[:SHOWN]:
        where = f" on id {decision.id!r}" if decision.id else ""
        say(f"Refused: {decision.action} of {decision.actor}{where} {why}")
    if len(came.refused) > SHOWN:
        say(f"… and {len(came.refused) - SHOWN:,} more; --json lists all.")
