"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Dir = Annotated[Path, typer.Argument(metavar="DIR", help="What `labelaudit audit --out` wrote.")]
Decisions = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Decisions (JSONL); without, those in this workspace.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for the result.", show_default=False)]
