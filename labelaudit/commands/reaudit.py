"""`labelaudit reaudit`: audit again with the decisions so far, and say what changed since."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelaudit.commands.decided import decided
from labelaudit.commands.options import Decisions, Dir, Json
from labelaudit.terminal import print_columns, print_json, print_summary, say, summary

if TYPE_CHECKING:
    from labelaudit.reaudit import Changes
    from labelaudit.result import Audit


def reaudit(
    folder: Dir,
    decisions: Decisions = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the result.", show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """Audit again with the decisions so far; what was decided is verified, and the decisions stay valid."""
    from labelaudit.commands.auditing import check_out, run_audit
    from labelaudit.reaudit import changes, with_reviewed
    from labelaudit.result import Audit

    if out is not None:
        check_out(out)
    before = Audit.open(folder)
    dataset = with_reviewed(before.dataset, decided(before, decisions))
    found, written = run_audit(dataset, before.config, out, since=before.id)
    since = changes(before, found)
    if as_json:
        print_json({**summary(found, written), "since": _record(since)})
        return
    print_summary(found, written, "labelaudit serve (to review the new suspects)")
    _say(before, since)


def _record(since: Changes) -> dict[str, Any]:
    per_class = since.per_class.astype(object).where(since.per_class.notna(), None)
    return {**asdict(since), "per_class": per_class.to_dict("records")}


def _say(before: Audit, since: Changes) -> None:
    was, now = since.health
    say(f"Since the audit of {before.manifest['created'][:16].replace('T', ' ')}: health {was:.1%}, now {now:.1%}.")
    say("The models learned again; labelaudit replay shows the same decisions with the models from before.")
    say(
        f"{len(since.new):,} new suspects; {since.settled:,} suspects were decided on, {len(since.cleared):,} are no "
        f"longer suspected, {since.remaining:,} still are."
    )
    rows = [
        (row["class"], *(_number(row[column]) for column in ("suspects_before", "suspects")), *_shares(row))
        for row in since.per_class.to_dict("records")
    ]
    if rows:
        print_columns(("class", "suspects before", "now", "label quality before", "now"), rows)


def _number(value: float) -> str:
    return "–" if value != value else f"{value:,.0f}"


def _shares(row: dict[Any, Any]) -> list[str]:
    return ["–" if row[name] != row[name] else f"{row[name]:.1%}" for name in ("quality_before", "quality")]
