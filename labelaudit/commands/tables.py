"""Tables that commands write beside what they print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def write_table(frame: pd.DataFrame, to: Path) -> None:
    """Write a CSV file in which nothing is run: names and comments are what people typed."""
    import pyarrow as pa

    from labelaudit.dataset import Source
    from labelaudit.files import replacing, writing
    from labelaudit.load import delimited

    with writing(to), replacing(to) as file:
        delimited.write(pa.Table.from_pandas(frame), Source("csv", {"spreadsheet_safe": True}), file)
