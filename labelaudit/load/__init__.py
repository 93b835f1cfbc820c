"""Files, frames and demos to data sets, and data sets back to files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from labelaudit.dataset import Dataset, Source
from labelaudit.load import archives, columnar, hub
from labelaudit.load.bring import bring
from labelaudit.load.demos import DEMOS
from labelaudit.load.formats import FORMATS, SUFFIXES, TABLES
from labelaudit.load.frames import from_pandas
from labelaudit.load.guess import Roles, guess
from labelaudit.load.kind import guess_task
from labelaudit.load.named import NAMED, load_named, named
from labelaudit.load.pieces import PREDICTING, Brought, Role, among_own, own_columns
from labelaudit.load.reading import read
from labelaudit.load.roles import Wanted, assign
from labelaudit.load.writing import formats, to_bytes, write
from labelaudit.settings import settings

__all__ = [
    "DEMOS",
    "NAMED",
    "FORMATS",
    "SUFFIXES",
    "TABLES",
    "Roles",
    "formats",
    "guess",
    "guess_task",
    "load",
    "read",
    "to_bytes",
    "write",
]


def load(
    source: str | Path | pd.DataFrame | pa.Table | tuple[pa.Table, Source],
    *,
    label: str | Sequence[str] | None = None,
    text: str | Sequence[str] | None = None,
    features: Sequence[str] | None = None,
    id: str | None = None,
    group: str | None = None,
    task: str | None = None,
    label_options: Mapping[str, Any] | None = None,
    name: str | None = None,
    labels: str | Path | None = None,
    split: str | None = None,
    subset: str | None = None,
    pred_probs: Brought | None = None,
    predictions: Brought | None = None,
    embeddings: Brought | None = None,
    coordinates: Brought | None = None,
    neighbours: Brought | None = None,
    folds: Brought | None = None,
) -> Dataset:
    """Read a data set and decide which column plays which role.

    Parameters
    ----------
    source : path, demo name, pandas.DataFrame, pyarrow.Table or what `read` returned
        Where the data is; a name without a file of that name is a demo, a public data set (``adult_income``,
        ``cifar10:cat,dog,ship``; see `labelaudit.load.named`), or is looked for in the data folder;
        ``hf://owner/name`` is a data set on the Hugging Face Hub.
    label : str or sequence of str, optional
        The label column, or several where an example has several labels; guessed by default.
    text : str or sequence of str, optional
        The columns that hold the text, if the examples are texts.
    features : sequence of str, optional
        The columns that the model may see; by default the text columns, or all columns except for those that play
        another role, give the label away or say nothing (``provenance["left_out"]`` tells why).
    id : str, optional
        A column of unique identifiers; by default one that is called "id", else the rows are numbered from 0.
    group : str, optional
        Rows of one group share a fold.
    task : str, optional
        A key of `labelaudit.tasks.TASKS`; by default what the columns look like, "classification" mostly.
    label_options : mapping, optional
        How the labels are written, where there is a choice: see the modules of `labelaudit.shapes`.
    name : str, optional
        What to call the data set; the file's name by default.
    labels : path, optional
        A table that names the images of a folder or an archive and their labels.
    split, subset : str, optional
        Which part of a Hugging Face data set.
    pred_probs, predictions, embeddings, coordinates, neighbours, folds : optional
        What you bring in place of what an audit would compute: a file (``.npy``, ``.npz``, a table), columns (a name, a
        prefix of names, or names), an array, a frame or a mapping of arrays. Probabilities, or the predictions of
        numbers, replace the model; they have to be out of sample. Embeddings replace the feature columns. Files with
        ids are aligned by them. See
        `labelaudit.load.bring.bring`.

    Returns
    -------
    Dataset
        Of a file, ``provenance["path"]`` is where it was.

    Raises
    ------
    BadInput
        The source cannot be read, a column is not there, no column looks like the label, or what you bring does not
        fit.
    """
    path = None
    brought: dict[Role, Brought | None] = {
        "pred_probs": pred_probs,
        "predictions": predictions,
        "features": embeddings,
        "coordinates": coordinates,
        "neighbours": neighbours,
        "folds": folds,
    }
    public = named(source) if isinstance(source, str) else None
    if public is not None and not Path(str(source)).exists():
        return load_named(
            *public,
            label=label,
            text=text,
            features=features,
            id=id,
            group=group,
            task=task,
            label_options=label_options,
            name=name,
            pred_probs=pred_probs,
            predictions=predictions,
            embeddings=embeddings,
            coordinates=coordinates,
            neighbours=neighbours,
            folds=folds,
        )
    if isinstance(source, str) and source in DEMOS and not Path(source).exists():
        demo = DEMOS[source].load()
        if not (label or text or features or id or group or task or any(v is not None for v in brought.values())):
            return demo if name is None else replace(demo, name=name)
        table, origin, default_name = demo.table, demo.source, demo.name
        label, id = label or demo.label_columns[0], id or demo.id_column
    elif isinstance(source, pd.DataFrame):
        table, origin, default_name = from_pandas(source), Source("parquet"), "data"
    elif isinstance(source, pa.Table):
        table, origin, default_name = columnar.usable(source), Source("parquet"), "data"
    elif isinstance(source, tuple):
        (table, origin), default_name = source, "data"
    elif isinstance(source, str) and source.startswith(hub.PREFIX):
        (table, origin), default_name = hub.read_hub(source, split, subset), source.rpartition("/")[2]
    else:
        path = _find(Path(source))
        (table, origin), default_name = read(path, labels, split=split), _name_of(path)
    texts = (text,) if isinstance(text, str) else tuple(text or ())
    if origin.format == "npz":
        brought |= {role: own for role, own in among_own(table).items() if brought[role] is None}
    taken = dict.fromkeys(name for value in brought.values() for name in own_columns(table, value))
    named_labels = (label,) if isinstance(label, str) else tuple(label or ())
    dataset = assign(
        Wanted(
            table=table,
            source=origin,
            name=name or default_name,
            labels=named_labels,
            texts=texts,
            features=tuple(features or ()),
            id=id,
            group=group,
            task=task or guess_task(table, origin, named_labels),
            options=label_options or {},
            path=path,
            taken=tuple(taken),
            featureless=any(brought[role] is not None for role in PREDICTING),
        )
    )
    return bring(dataset, brought)


def _name_of(path: Path) -> str:
    if path.is_dir():
        return path.resolve().name
    return path.name.partition(".")[0] if archives.is_tar(path) else path.stem


def _find(path: Path) -> Path:
    """Return the file, or the one of that name in the data folder."""
    stored = settings().data_dir / path
    try:
        return stored if not path.exists() and stored.exists() else path
    except OSError:  # a name that no file can have: reading it says so
        return path
