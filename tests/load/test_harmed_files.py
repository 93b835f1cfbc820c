"""Good files of every format, harmed in many places: they are read and written, or one sentence says why not."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from damage import harmed

from labelaudit.dataset import Source
from labelaudit.errors import LabelauditError
from labelaudit.load import FORMATS, guess, load, read, to_bytes
from labelaudit.load.checks import findings

ROWS, TIMES = 40, 100
TABLE = pa.table(
    {
        "id": [f"r{row}" for row in range(ROWS)],
        "x": [row * 7 % 13 + 0.5 for row in range(ROWS)],
        "text": [f"some words, here {row % 9} é" for row in range(ROWS)],
        "day": [datetime(2024, 1, 1 + row % 20) for row in range(ROWS)],
        "flag": [bool(row % 3) for row in range(ROWS)],
        "label": ["ab"[row % 2] for row in range(ROWS)],
    }
)
NESTED = (
    TABLE.append_column("list", pa.array([[row, 1] for row in range(ROWS)]))
    .append_column("struct", pa.array([{"a": row, "b": "x"} for row in range(ROWS)]))
    .append_column("category", pa.array(["p", "q"] * (ROWS // 2)).dictionary_encode())
)
SOURCES = {
    "csv": Source("csv"),
    "csv in UTF-16": Source("csv", {"encoding": "utf-16-le", "bom": True}),
    "tsv": Source("tsv"),
    "jsonl": Source("jsonl"),
    "json": Source("jsonl", {"layout": "array"}),
    "parquet": Source("parquet"),
    "parquet as it is": Source("parquet", {"compression": "NONE"}),
    "arrow": Source("arrow"),
    "arrow stream": Source("arrow", {"container": "stream"}),
    "xlsx": Source("xlsx"),
}


def good(source: Source) -> bytes:
    file = io.BytesIO()
    FORMATS[source.format].write(NESTED if source.format in ("parquet", "arrow") else TABLE, source, file)
    return file.getvalue()


def harmed_inside(workbook: bytes, seed: int) -> bytes:
    """Harm one part of a workbook, so that the archive around it is sound."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive, zipfile.ZipFile(out, "w") as made:
        names = archive.namelist()
        for name in names:
            content = archive.read(name)
            made.writestr(name, harmed(content, seed) if name == names[seed % len(names)] else content)
    return out.getvalue()


def assert_sentence(error: LabelauditError) -> None:
    said = str(error)
    assert "\n" not in said
    assert said.endswith((".", "?"))
    assert len(said) < 700


def use(path: Path) -> None:
    """Do what a page and the command line do with a file."""
    stored = read(path)
    roles = guess(*stored)
    data = load(stored, label=roles.label or stored[0].column_names[-1], id=roles.id)
    findings(data)
    assert len(data.fingerprint) == 24
    for format in FORMATS:
        try:
            to_bytes(data, format)
        except LabelauditError as error:
            assert_sentence(error)


@pytest.mark.parametrize("kind", [*SOURCES, "xlsx inside"])
def test_a_harmed_file_is_used_or_gets_one_sentence(kind: str, tmp_path: Path) -> None:
    source = SOURCES[kind.removesuffix(" inside")]
    whole, harm = good(source), harmed_inside if kind == "xlsx inside" else harmed
    path = tmp_path / f"x.{source.format}"
    refused = 0
    for seed in range(TIMES):
        path.write_bytes(harm(whole, seed))
        try:
            use(path)
        except LabelauditError as error:
            assert_sentence(error)
            refused += 1
    assert 0 < refused < TIMES
