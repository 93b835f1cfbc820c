"""`labelaudit map`: the map of an audit as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labelaudit.commands.config import read_settings
from labelaudit.commands.options import Dir, Json
from labelaudit.errors import BadInput
from labelaudit.terminal import print_json, progress, say


def map_(
    folder: Dir,
    to: Annotated[Path, typer.Option(metavar="FILE", help="A .csv or .parquet file for id, x and y.")],
    as_json: Json = False,
) -> None:
    """Write a map: two coordinates for every audited example, so that those that are alike lie side by side."""
    import pandas as pd

    from labelaudit.cache import Cache
    from labelaudit.files import replacing, writing
    from labelaudit.map import make
    from labelaudit.result import Audit

    if to.suffix not in (".csv", ".parquet"):
        raise BadInput(f"--to {to} does not end in .csv or .parquet; choose one of them.")
    found = Audit.open(folder)
    with progress() as report:
        places = make(found.outputs, Cache(read_settings().cache_dir), report)
    table = pd.DataFrame({"id": found.dataset.ids[found.rows], "x": places[:, 0], "y": places[:, 1]})
    with writing(to), replacing(to) as file:
        (table.to_csv if to.suffix == ".csv" else table.to_parquet)(file, index=False)
    if as_json:
        print_json({"audit": found.id, "to": str(to), "rows": len(table)})
    else:
        say(f"Written: {to} ({len(table):,} rows)")
