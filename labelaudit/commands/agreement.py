"""`labelaudit agreement`: how much the reviewers agree, and the conflicts that are left."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelaudit.commands.decided import decided
from labelaudit.commands.options import Decisions, Dir, Json
from labelaudit.commands.tables import write_table
from labelaudit.terminal import print_columns, print_json, say

if TYPE_CHECKING:
    from labelaudit.decisions import Decision
    from labelaudit.result import Audit


def agreement(
    folder: Dir,
    decisions: Decisions = None,
    conflicts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the conflicts, one row per opinion, as CSV.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say how much the reviewers agree (Cohen's and Fleiss' kappa), and on what they do not."""
    from labelaudit.conflicts import conflicts as find
    from labelaudit.conflicts import table
    from labelaudit.result import Audit

    found = Audit.open(folder)
    log = decided(found, decisions)
    differing = find(log)
    if conflicts is not None:
        write_table(table(differing), conflicts)
    figures = {**_figures(log), "conflicts": len(differing), "open": sum(c.final is None for c in differing)}
    if as_json:
        print_json({"audit": found.id, **figures})
        return
    _say(found, figures)
    if conflicts is not None:
        say(f"Written: {conflicts} ({len(differing):,} conflicts)")


def _figures(log: list[Decision]) -> dict[str, Any]:
    from labelaudit.agreement import Agreement
    from labelaudit.reviewers import reviewers

    found = Agreement.of(log)
    kappa, low, high = map(_number, found.kappa)
    return {
        "reviewers": [vars(reviewer) for reviewer in reviewers(log)],
        "pairs": [
            {name: value if isinstance(value, str) else _number(value) for name, value in row.items()}
            for row in found.pairs.to_dict("records")
        ],
        "fleiss_kappa": kappa,
        "fleiss_kappa_low": low,
        "fleiss_kappa_high": high,
        "classes": found.classes.to_dict("records"),
        "overruled": found.overruled,
        "changed": found.changed,
    }


def _number(value: float) -> float | None:
    """JSON has no NaN."""
    return None if math.isnan(value) else value


def _kappa(kappa: float | None, low: float | None, high: float | None) -> str:
    return "not defined" if kappa is None else f"{kappa:.3f} ({low:.3f} to {high:.3f})"


def _say(found: Audit, figures: dict[str, Any]) -> None:
    if not figures["reviewers"]:
        say("Nobody decided on anything yet; see labelaudit serve.")
        return
    columns = ("reviewer", "first reviews", "second reviews", "final says", "per hour", "last seen")
    rows = [
        (r["name"], *(f"{r[stage]:,}" for stage in ("first", "second", "final")), _pace(r["per_hour"]), r["last"][:16])
        for r in figures["reviewers"]
    ]
    print_columns(columns, rows)
    if not figures["pairs"]:
        say("No two reviewers have an independent opinion on the same example; assign a second review.")
        return
    say()
    header = ("reviewers", "in common", "agreed", "95 % interval", "Cohen's kappa (95 %)", "")
    shown = [
        (
            f"{p['one']}, {p['other']}",
            f"{p['examples']:,}",
            f"{p['share']:.1%}",
            f"{p['low']:.1%} to {p['high']:.1%}",
            _kappa(p["kappa"], p["kappa_low"], p["kappa_high"]),
            p["note"],
        )
        for p in figures["pairs"]
    ]
    print_columns(header, shown)
    of_all = _kappa(*(figures[name] for name in ("fleiss_kappa", "fleiss_kappa_low", "fleiss_kappa_high")))
    say(f"Fleiss' kappa of all: {of_all}")
    worst = figures["classes"][0]
    if worst["confused_with"]:
        name = found.dataset.name_of
        one, other = (
            text if text in ("exclude", "ambiguous") else name(text)
            for text in (worst["category"], worst["confused_with"])
        )
        say(f"They agree least on {one} ({worst['agreement']:.0%}), which others call {other}.")
    say(f"Conflicts: {figures['conflicts']:,}, of which {figures['open']:,} are open.")


def _pace(per_hour: float | None) -> str:
    return "–" if per_hour is None else f"{per_hour:,.0f}"
