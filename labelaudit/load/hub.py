"""Data sets of Hugging Face: from the Hub by name, or as `datasets` saved them on disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa

from labelaudit.dataset import Source
from labelaudit.errors import BadInput, MissingExtra, did_you_mean
from labelaudit.load import columnar
from labelaudit.load.imagery import with_image_cells
from labelaudit.text import shorten

if TYPE_CHECKING:
    import datasets

PREFIX = "hf://"
_SPLITS = ("train", "test", "validation")  # which one is taken where none is named


def is_saved(folder: Path) -> bool:
    """Whether `datasets` saved a data set, or several splits of one, in a folder."""
    return any((folder / name).is_file() for name in ("dataset_dict.json", "state.json"))


def read_saved(folder: Path, split: str | None = None) -> tuple[pa.Table, Source]:
    """Read what ``save_to_disk`` wrote.

    Raises
    ------
    BadInput
        It is damaged, or has no such split.
    """
    library = _library()
    try:
        found = library.load_from_disk(str(folder))
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise BadInput(
            f"{folder.name} can't be read as a saved data set ({shorten(str(error))}); save or download it again."
        ) from error
    return _table(found, folder.name, split)


def read_hub(address: str, split: str | None = None, subset: str | None = None) -> tuple[pa.Table, Source]:
    """Download a data set from the Hub, or take it from the library's own cache.

    Parameters
    ----------
    address : str
        ``hf://owner/name``; ``?split=…&subset=…`` may follow.
    split, subset : str, optional

    Raises
    ------
    BadInput
        There is no such data set, split or subset, or no network.
    """
    library = _library()
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    name = f"{parts.netloc}{parts.path}".strip("/")
    if not name:
        raise BadInput(f"{address!r} names no data set; write hf://owner/name.")
    try:
        # No code that comes with a data set is run: the library no longer does that.
        found = library.load_dataset(name, subset or query.get("subset"))
    except (OSError, ValueError, RuntimeError, library.exceptions.DatasetsError) as error:
        raise BadInput(
            f"{name!r} can't be had from the Hugging Face Hub ({shorten(str(error))}); check the name and the network, "
            "or save it on disk elsewhere (`save_to_disk`) and open that folder."
        ) from error
    return _table(found, name, split or query.get("split"))


def _table(found: Any, name: str, split: str | None) -> tuple[pa.Table, Source]:
    """Take one split as a table: classes by their names, images as their bytes."""
    notes: tuple[str, ...] = ()
    if isinstance(found, dict):
        chosen = split or next((s for s in _SPLITS if s in found), next(iter(found)))
        if chosen not in found:
            raise BadInput(f"{name!r} has no split {chosen!r}{did_you_mean(chosen, found)}")
        others = [s for s in found if s != chosen]
        if others:
            notes = (f"split {chosen!r} of {name}; it also has {', '.join(map(repr, others))}",)
        found = found[chosen]
    named = _with_names(found)
    table = columnar.usable(named.replace_schema_metadata(None))
    return table, with_image_cells(table, Source("parquet", {"compression": "SNAPPY"}, notes))


def _with_names(found: datasets.Dataset) -> pa.Table:
    library = _library()
    if found._indices is not None:
        found = found.flatten_indices()
    table: pa.Table = found.data.table
    for position, (column, feature) in enumerate(found.features.items()):
        cells = table[column]
        if isinstance(feature, library.ClassLabel):
            names = pa.array([*feature.names], type=pa.string())
            codes = cells.combine_chunks()
            # -1 is what the library writes where there is no label.
            table = table.set_column(
                position, column, names.take(pa.compute.if_else(pa.compute.less(codes, 0), None, codes))
            )
        elif isinstance(feature, library.Image):
            stored = [feature.embed_storage(chunk) for chunk in cells.chunks]
            table = table.set_column(position, column, pa.chunked_array(stored))
    return table


def _library() -> Any:
    try:
        import datasets
    except ImportError as error:
        raise MissingExtra(
            "Hugging Face data sets need the package `datasets`; install it with `pip install 'labelaudit[hub]'`."
        ) from error
    return datasets
