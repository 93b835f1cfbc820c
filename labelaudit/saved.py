"""Data sets in folders: the exact table, the roles of its columns, and what came with it."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from labelaudit.dataset import Dataset, Source
from labelaudit.errors import StoreError
from labelaudit.files import digest, read_json, replacing, write_json
from labelaudit.given import FILE as GIVEN_FILE
from labelaudit.given import Given
from labelaudit.media import Media
from labelaudit.reviewed import FILE as REVIEWED_FILE
from labelaudit.reviewed import Reviewed

KEPT_ARCHIVE = "images.zip"
ANNOTATIONS = "annotations.arrow"


def save_dataset(dataset: Dataset, folder: Path) -> None:
    """Write `data.arrow` (the exact table) and `dataset.json` (the roles) into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_table(folder / "data.arrow", dataset.table)
    roles = {
        "name": dataset.name,
        "label_columns": dataset.label_columns,
        "feature_columns": dataset.feature_columns,
        "modality": dataset.modality,
        "task": dataset.task,
        "value_type": dataset.value_type,
        "id_column": dataset.id_column,
        "group_column": dataset.group_column,
        "source": {
            "format": dataset.source.format,
            "options": dict(dataset.source.options),
            "notes": dataset.source.notes,
        },
        "media": _keep_media(dataset, folder),
        "provenance": dict(dataset.provenance),
        "hashes": {"data_fingerprint": dataset.data_fingerprint, "fingerprint": dataset.fingerprint},
        "data": digest(folder / "data.arrow"),
        "label_options": dict(dataset.label_options),
    }
    if dataset.annotations is not None:
        _write_table(folder / ANNOTATIONS, dataset.annotations)
        roles["annotations"] = digest(folder / ANNOTATIONS)
    if dataset.given is not None:
        rest = dataset.given.save(folder)
        roles["given"] = {**rest, "data": digest(folder / GIVEN_FILE)}
    if dataset.reviewed is not None:
        dataset.reviewed.save(folder)
        roles["reviewed"] = dataset.reviewed.fingerprint
    write_json(folder / "dataset.json", roles)


def _keep_media(dataset: Dataset, folder: Path) -> dict[str, Any] | None:
    """Keep an archive beside the table, since an upload is gone afterwards; a folder stays where it is."""
    media = dataset.source.media
    if media is None or media.root is None or media.root.is_dir():
        return None if media is None else media.to_record()
    kept = folder / KEPT_ARCHIVE
    if not kept.exists():
        if media.root.name == KEPT_ARCHIVE:  # ours, which nobody changes: a second name is enough
            os.link(media.root, kept)
        else:
            with media.root.open("rb") as archive, replacing(kept) as file:
                shutil.copyfileobj(archive, file, 1 << 20)
    return {**media.to_record(), "root": kept.name, "bytes": kept.stat().st_size}


def kept_in(dataset: Dataset, folder: Path) -> Dataset:
    """The same data set, its archive of images being the one that `save_dataset` kept in the folder."""
    media = dataset.source.media
    if media is None or media.root is None or media.root.is_dir():
        return dataset
    return replace(dataset, source=replace(dataset.source, media=replace(media, root=folder / KEPT_ARCHIVE)))


def is_saved(folder: Path) -> bool:
    """Whether a folder holds all that `save_dataset` wrote."""
    try:
        _saved_roles(folder)
    except (OSError, ValueError):
        return False
    return True


def open_dataset(folder: Path) -> Dataset:
    """Read what `save_dataset` wrote.

    Raises
    ------
    StoreError
        The folder does not hold a data set, or a file in it is damaged.
    """
    try:
        roles = _saved_roles(folder)
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{folder} does not hold a data set that can be read ({error}); load the file and audit it again."
        ) from error
    source, kept, given = roles.pop("source"), roles.pop("media"), roles.pop("given", None)
    reviewed = roles.pop("reviewed", None)
    media = None if kept is None else Media.from_record(kept, folder)
    hashes = roles.pop("hashes", {})
    made = Dataset(
        table=_read_table(folder / "data.arrow"),
        annotations=_read_table(folder / ANNOTATIONS) if roles.pop("annotations", None) else None,
        source=Source(source["format"], source["options"], tuple(source["notes"]), media),
        label_columns=tuple(roles.pop("label_columns")),
        feature_columns=tuple(roles.pop("feature_columns")),
        given=None if given is None else Given.open(folder, given),
        reviewed=None if reviewed is None else Reviewed.open(folder),
        **roles,
    )
    if media is None:  # the files are as they were written; images in a folder may have changed
        vars(made).update(hashes)
    return made


def _saved_roles(folder: Path) -> dict[str, Any]:
    """Read `dataset.json`, after making sure that the other files are as they were written, images by size."""
    roles = read_json(folder / "dataset.json")
    if roles.pop("data") != digest(folder / "data.arrow"):
        raise ValueError("data.arrow is not as it was written")
    if "annotations" in roles and roles["annotations"] != digest(folder / ANNOTATIONS):
        raise ValueError(f"{ANNOTATIONS} is not as it was written")
    if "given" in roles and roles["given"].pop("data") != digest(folder / GIVEN_FILE):
        raise ValueError(f"{GIVEN_FILE} is not as it was written")
    if "reviewed" in roles and roles["reviewed"] != Reviewed.open(folder).fingerprint:
        raise ValueError(f"{REVIEWED_FILE} is not as it was written")
    media = roles["media"]
    if media and "bytes" in media and (folder / media["root"]).stat().st_size != media["bytes"]:
        raise ValueError(f"{media['root']} is not as it was written")
    return roles


def _write_table(path: Path, table: pa.Table) -> None:
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with replacing(path) as file, pa.ipc.new_file(file, table.schema, options=options) as writer:
        writer.write_table(table.unify_dictionaries())


def _read_table(path: Path) -> pa.Table:
    with pa.OSFile(str(path), "rb") as file:
        return pa.ipc.open_file(file).read_all()
