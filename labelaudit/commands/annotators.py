"""`labelaudit annotators`: who labels well, which classes each confuses, and whom to ask about what next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labelaudit.commands.options import Dir, Json
from labelaudit.commands.tables import write_table
from labelaudit.errors import BadInput
from labelaudit.terminal import print_columns, print_json, say

if TYPE_CHECKING:
    import pandas as pd

FEW = 10  # rows that are printed; a file has all


def annotators(
    folder: Dir,
    ask: Annotated[int, typer.Option(min=0, help="List so many examples to have labelled once more, and by whom.")] = 0,
    ask_to: Annotated[Path | None, typer.Option(metavar="FILE", help="Write those as CSV.")] = None,
    ranking: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all annotators as CSV.")] = None,
    pairs_to: Annotated[
        Path | None, typer.Option("--pairs", metavar="FILE", help="Write all classes that they confuse as CSV.")
    ] = None,
    consensus: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write one row per example, without decisions, as CSV.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Rank the annotators of an audit, the least reliable first, and say whom to ask about what next."""
    from labelaudit.annotators import consensus_of, pairs, ranked, to_ask
    from labelaudit.result import Audit

    found = Audit.open(folder)
    if found.dataset.value_type != "votes":
        raise BadInput(
            f"the labels of {found.dataset.name!r} are by nobody in particular; audit ratings to rank people."
        )
    table, confused = ranked(found), pairs(found)
    asked = to_ask(found, ask or (len(found.rows) if ask_to is not None else 0))
    files = {ask_to: asked, ranking: table, pairs_to: confused}
    if consensus is not None:
        files[consensus] = consensus_of(found)
    written = [(path, frame) for path, frame in files.items() if path is not None]
    for path, frame in written:
        write_table(frame, path)
    if as_json:
        frames = {"annotators": table, "pairs": confused, "ask": asked}
        print_json({"audit": found.id, **{name: frame.to_dict("records") for name, frame in frames.items()}})
        return
    _say(table, confused, asked.head(ask))
    for path, frame in written:
        say(f"Written: {path} ({len(frame):,} rows)")


def _say(table: pd.DataFrame, confused: pd.DataFrame, asked: pd.DataFrame) -> None:
    say(f"{len(table):,} annotators, the least reliable first:")
    rows = [
        (
            r["annotator"],
            f"{r['ratings']:,}",
            f"{r['quality']:.0%}",
            f"{r['agreement']:.0%}",
            f"{r['disputed']:,}",
            r["note"],
        )
        for r in table.head(FEW).to_dict("records")
    ]
    print_columns(("annotator", "ratings", "right", "agree", "disputed", ""), rows)
    if len(confused):
        say()
        say("Who says what for what:")
        often = [
            (r["annotator"], f"{r['said']} for {r['meant']}", f"{r['times']:,} of {r['of']:,} times")
            for r in confused.head(FEW).to_dict("records")
        ]
        print_columns(("annotator", "confuses", "how often"), often)
    if len(asked):
        say()
        say("Another label would tell most about:")
        next_ = [
            (str(r["id"]), f"{r['ratings']:,}", f"{r['likeliest']} ({r['quality']:.0%})", r["ask"] or "somebody new")
            for r in asked.to_dict("records")
        ]
        print_columns(("id", "ratings", "likeliest so far", "ask"), next_)
