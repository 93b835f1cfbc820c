"""Frames in memory to tables."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa

from labelaudit.errors import BadInput
from labelaudit.load import cells


def from_pandas(frame: pd.DataFrame) -> pa.Table:
    """Turn a frame into a table; an index that has a name becomes a column.

    Parameters
    ----------
    frame : DataFrame
        Text as objects or as Arrow-backed strings; object columns may mix what JSON holds.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    BadInput
        A column holds objects that no table can hold.
    """
    if frame.index.name is not None:
        frame = frame.reset_index()
    frame = frame.set_axis(cells.unique_names(str(column) for column in frame.columns), axis=1)
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowException, OverflowError):
        made = [_column(name, frame[name]) for name in frame.columns]
    return pa.Table.from_arrays([array for _, array in made], schema=pa.schema([field for field, _ in made]))


def _column(name: str, series: pd.Series[Any]) -> tuple[pa.Field, pa.Array]:
    try:
        array = pa.Array.from_pandas(series)
        return pa.field(name, array.type), array
    except (pa.ArrowException, OverflowError):
        return _mixed(name, series)


def _mixed(column: str, series: pd.Series[Any]) -> tuple[pa.Field, pa.Array]:
    try:
        return cells.exact_column(column, series.astype(object).where(series.notna(), None).tolist())
    except (TypeError, ValueError) as error:
        kinds = ", ".join(sorted({type(value).__name__ for value in series.dropna()}))
        raise BadInput(f"column {column!r} holds {kinds}, which no table can hold; convert it to text.") from error
