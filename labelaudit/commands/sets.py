"""`labelaudit download`, and the download of a public data set that an audit names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labelaudit.commands.config import read_settings
from labelaudit.commands.options import Json
from labelaudit.errors import did_you_mean
from labelaudit.terminal import print_columns, print_json, progress, say

if TYPE_CHECKING:
    from labelaudit.load.named import Named


def download(
    name: Annotated[str, typer.Argument(help="Which public data set; --list names them.")] = "",
    show_list: Annotated[bool, typer.Option("--list", help="List the public data sets.")] = False,
    as_json: Json = False,
) -> None:
    """Download a public data set into the data folder; `labelaudit audit NAME` then takes it from there."""
    from labelaudit.load.named import NAMED, fetch

    if show_list or not name:
        entries = {wanted.name: f"{wanted.what} ({_whereabouts(wanted)})" for wanted in NAMED.values()}
        if as_json:
            print_json(entries)
        else:
            print_columns(("data set", "what it is"), list(entries.items()))
        return
    if name not in NAMED:
        raise typer.BadParameter(f"there is no public data set {name!r}{did_you_mean(name, NAMED)}", param_hint="NAME")
    fetch_named(name)
    path = fetch(NAMED[name])
    if as_json:
        print_json({"name": name, "path": str(path)})
    else:
        say(f"On this machine: {path}")
        say(f"Next: labelaudit audit {name}")


def fetch_named(source: str) -> None:
    """Download a public data set that is named and not here, and say before how large it is."""
    from labelaudit.load.named import fetch, named

    found = named(source)
    if found is None or Path(source).exists() or found[0].found() is not None:
        return
    typer.echo(f"{found[0].name} has {found[0].about}; it is kept in {read_settings().data_dir}", err=True)
    with progress() as report:
        fetch(found[0], report)


def _whereabouts(wanted: Named) -> str:
    return f"about {wanted.about}, downloads" if wanted.found() is None else "is on this machine"
