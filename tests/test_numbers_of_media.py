"""Texts and images with a number each, from a file to a corrected one on the command line."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
from pictures import as_zip
from PIL.Image import fromarray
from test_cli import run

from labelaudit.blocks import Image, Interval, Text
from labelaudit.result import Audit
from labelaudit.tasks import TASKS

WRONG = 12
PRAISE = ("dreadful", "poor", "middling", "decent", "splendid")
FILLER = ("the", "room", "breakfast", "staff", "view", "night", "city", "again", "quiet", "small")


def reviews(n: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Reviews whose words tell their score, and which scores are wrong."""
    rng = np.random.default_rng(seed)
    grade = rng.integers(0, 5, n)
    words = [[*rng.choice(FILLER, 8), *[PRAISE[g]] * 3] for g in grade]
    score = 20.0 * grade + 10 + rng.normal(0, 1.5, n)
    wrong = np.zeros(n, dtype=bool)
    wrong[rng.choice(n, WRONG, replace=False)] = True
    score[wrong] = np.where(score > 50, score - 45, score + 45)[wrong]
    texts = [" ".join(rng.permutation(said)) for said in words]
    return pd.DataFrame({"review": texts, "score": score.round(1)}), wrong


def lamps(n: int, seed: int) -> tuple[dict[str, bytes], pd.DataFrame, np.ndarray]:
    """Images of a grey disc, how bright it is, and which of these numbers are wrong."""
    rng = np.random.default_rng(seed)
    bright = rng.uniform(20, 220, n)
    files = {}
    for number, grey in enumerate(bright):
        y, x = np.mgrid[-1:1:32j, -1:1:32j]  # type: ignore[misc]
        pixels = rng.integers(0, 20, (32, 32)) + grey * (x**2 + y**2 < rng.uniform(0.4, 0.6))
        file = io.BytesIO()
        fromarray(pixels.astype(np.uint8)).save(file, "PNG")
        files[f"{number:03d}.png"] = file.getvalue()
    wrong = np.zeros(n, dtype=bool)
    wrong[rng.choice(n, WRONG, replace=False)] = True
    given = np.where(wrong, np.where(bright > 120, bright - 110, bright + 110), bright)
    return files, pd.DataFrame({"file": list(files), "lumen": given.round(1)}), wrong


def found_in(folder: Path, wrong: np.ndarray) -> np.ndarray:
    """Which numbers are flagged, of which most are wrong ones; and those are the lowest scores."""
    issues = Audit.open(folder).label_issues
    flagged: np.ndarray = issues["is_issue"].to_numpy(dtype=bool)
    assert (flagged & wrong).sum() >= WRONG / 2
    assert (flagged & ~wrong).sum() <= 2
    assert wrong[issues["score"].argsort()[:WRONG]].sum() >= WRONG - 2
    return flagged


def test_scores_of_texts_are_audited_corrected_and_exported(tmp_path: Path) -> None:
    table, wrong = reviews(240, seed=0)
    table.to_csv(tmp_path / "reviews.csv", index=False)
    options = ("--task", "regression", "--out", tmp_path / "out", "--json")
    told = json.loads(run("audit", tmp_path / "reviews.csv", *options).stdout)
    found = found_in(tmp_path / "out", wrong)
    audited = Audit.open(tmp_path / "out")
    assert audited.dataset.modality == "text"
    assert [type(block) for block in TASKS["regression"].view(audited, 0)] == [Text, Interval]
    assert told["suspects"] == found.sum()

    row = int(np.flatnonzero(found & wrong)[0])
    assert run("bulk", tmp_path / "out", "--id", row, "--set", "55.5").exit_code == 0
    assert run("export", tmp_path / "out", "--to", tmp_path / "clean.csv").exit_code == 0
    clean = pd.read_csv(tmp_path / "clean.csv")
    assert clean["score"][row] == 55.5
    assert clean["score"].drop(row).tolist() == table["score"].drop(row).tolist()


def test_numbers_of_images_are_audited_corrected_and_exported(tmp_path: Path) -> None:
    files, table, wrong = lamps(160, seed=0)
    as_zip(tmp_path / "lamps.zip", {**files, "labels.csv": table.to_csv(index=False).encode()})
    options = ("--task", "regression", "--embedder", "hog", "--out", tmp_path / "out", "--json")
    result = run("audit", tmp_path / "lamps.zip", *options)
    assert result.exit_code == 0, result.stderr
    found = found_in(tmp_path / "out", wrong)
    audited = Audit.open(tmp_path / "out")
    assert audited.dataset.modality == "image"
    assert [type(block) for block in TASKS["regression"].view(audited, 0)] == [Image, Interval]

    row = int(np.flatnonzero(found & wrong)[0])
    name = table["file"][row]
    assert run("bulk", tmp_path / "out", "--id", name, "--set", "55.5").exit_code == 0
    assert run("export", tmp_path / "out", "--to", tmp_path / "clean.zip").exit_code == 0
    with zipfile.ZipFile(tmp_path / "clean.zip") as archive:
        listed = next(inner for inner in archive.namelist() if inner.endswith(".csv"))
        clean = pd.read_csv(archive.open(listed)).set_index("file")
        assert archive.read(next(inner for inner in archive.namelist() if inner.endswith(name))) == files[name]
    assert clean["lumen"][name] == 55.5
    others = table.set_index("file")["lumen"].drop(name)
    assert clean["lumen"].drop(name).loc[others.index].tolist() == others.tolist()
