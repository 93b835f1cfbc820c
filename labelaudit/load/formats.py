"""The formats that files come in, and the endings that name them."""

from __future__ import annotations

from typing import Any

from labelaudit.load import arrays, columnar, conll, delimited, excel, jsonl

FORMATS: dict[str, Any] = {
    "csv": delimited,
    "tsv": delimited,
    "jsonl": jsonl,
    "parquet": columnar,
    "arrow": columnar,
    "xlsx": excel,
    "npz": arrays,
    "conllu": conll,
    "conll": conll,
}
SUFFIXES = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".npz": "npz",
    ".conllu": "conllu",
    ".conll": "conll",
    ".iob": "conll",
    ".iob2": "conll",
    ".bio": "conll",
}
SENTENCES = ("conllu", "conll")  # which only what came so can be written as
TABLES = tuple(name for name in FORMATS if name not in SENTENCES)
CLASS_FOLDERS = "zip"  # what images can be written as, besides
