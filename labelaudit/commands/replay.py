"""`labelaudit replay`: what the decisions did to the labels, as an animation in one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labelaudit.commands.decided import decided
from labelaudit.commands.options import Decisions, Dir
from labelaudit.terminal import say


def replay(
    folder: Dir,
    to: Annotated[Path, typer.Option(metavar="FILE", help="The HTML file to write.")],
    decisions: Decisions = None,
) -> None:
    """Write an animation of the corrections: one HTML file that plays offline."""
    from labelaudit import replay as player
    from labelaudit.files import replacing, writing
    from labelaudit.result import Audit

    found = Audit.open(folder)
    data = player.replay(found, decided(found, decisions))
    with writing(to, "choose another place"), replacing(to) as file:
        file.write(player.page(data))
    first, last = data["frames"][0], data["frames"][-1]
    many = "1 decision" if last["decided"] == 1 else f"{last['decided']:,} decisions"
    say(f"Written: {to} ({many}, health {first['health']:.1%} to {last['health']:.1%})")
    say("The models are those of this audit; labelaudit reaudit lets them learn again, which gives another health.")
