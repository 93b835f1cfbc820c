"""The checks as an audit runs them: images, texts, a table."""

from __future__ import annotations

import io
import json
from pathlib import Path

import made
import numpy as np
import pyarrow as pa
from pictures import as_zip, pictures
from PIL import Image

from labelaudit.audit import audit
from labelaudit.checks import CHECKS
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.folds import copy_sets
from labelaudit.load import load


def flagged(found: object, kind: str) -> set[str]:
    issues = found.issues  # type: ignore[attr-defined]
    return set(issues.loc[issues["issue"] == kind, "id"].astype(str))


def test_images_are_copies_by_their_files_and_near_by_their_look(tmp_path: Path) -> None:
    files = pictures(30)
    files["cross/copy.png"] = files["disc/003.png"]
    edited = io.BytesIO()
    Image.open(io.BytesIO(files["bars/007.png"])).save(edited, "JPEG", quality=95)
    files["bars/edited.jpg"] = edited.getvalue()
    dataset = load(as_zip(tmp_path / "images.zip", files))
    names = [dataset.image_name(row) for row in range(len(dataset))]
    row = {name: str(dataset.ids[i]) for i, name in enumerate(names)}
    sets = copy_sets(dataset)
    assert len(np.unique(sets)) == len(dataset) - 1
    assert sets[names.index("cross/copy.png")] == sets[names.index("disc/003.png")]

    found = audit(dataset, AuditConfig(model="logistic_regression", embedder="hog"))
    assert list(found.manifest["checks"]) == list(CHECKS)
    both = {row["cross/copy.png"], row["disc/003.png"]}
    assert flagged(found, "conflicting_duplicate") == both
    assert flagged(found, "near_duplicate") >= both | {row["bars/edited.jpg"], row["bars/007.png"]}
    issues = found.issues[found.issues["issue"] == "near_duplicate"]
    issues = issues[issues["id"].astype(str) == row["cross/copy.png"]]
    assert json.loads(issues["related"].iloc[0]) == [row["disc/003.png"]]
    assert issues["evidence"].iloc[0] == [f"exact copy of {row['disc/003.png']}"]


def test_texts_show_copies_blanks_and_conflicts() -> None:
    dataset = made.texts(150)
    texts = dataset.table["text"].to_pylist()
    labels = dataset.table["label"].to_pylist()
    texts[1], labels[1] = texts[0], "class 2"
    labels[0] = "class 0"
    texts[7] = texts[10].replace(" and", " And")
    texts[5] = "  "
    columns = {"text": texts, "label": labels}
    found = audit(Dataset("t", pa.table(columns), ("label",), ("text",), modality="text"), AuditConfig(model="knn"))
    assert flagged(found, "conflicting_duplicate") >= {"0", "1"}
    assert flagged(found, "near_duplicate") >= {"0", "1", "7", "10"}
    assert flagged(found, "null") == {"5"}
    assert found.manifest["checks"]["dark"]["applies"] is False


def test_a_table_names_its_identifier_column_and_its_copies() -> None:
    dataset = made.table(150)
    dataset = dataset.take(np.concatenate([np.arange(150), [3]]))
    dataset = made.relabelled(dataset, {150: "class 2", 3: "class 0"})
    found = audit(dataset, AuditConfig(model="knn"))
    assert flagged(found, "conflicting_duplicate") == {"3", "150"}
    keyed = made.with_column(dataset, "key", range(151), feature_columns=(*dataset.feature_columns, "key"))
    finding = audit(keyed, AuditConfig(model="knn")).manifest["checks"]["identifier_column"]
    assert [fact["column"] for fact in finding["details"]] == ["key"]
