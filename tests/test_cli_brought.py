"""The command line with what the user brings, and with public data sets by name."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tagged
from made import probabilities, several
from test_cli import run, sentence, usage

from labelaudit.load import to_bytes
from labelaudit.result import Audit
from labelaudit.settings import settings


@pytest.fixture
def brought(tmp_path: Path) -> Path:
    """A table without features, and in files beside it what an audit needs."""
    labels, pred_probs = probabilities(n=200, k=3)
    rng = np.random.default_rng(0)
    ids = [f"x{row}" for row in range(200)]
    frame = pd.DataFrame({"id": ids, "label": [f"kind {code}" for code in labels]})
    frame.assign(**{f"p_kind {k}": pred_probs[:, k] for k in range(3)}).to_csv(tmp_path / "wide.csv", index=False)
    frame.to_csv(tmp_path / "data.csv", index=False)
    order = rng.permutation(200)
    np.savez(tmp_path / "p.npz", pred_probs=pred_probs[order], id=np.array(ids)[order])
    features = np.eye(3)[labels] * 4 + rng.normal(size=(200, 3))
    np.save(tmp_path / "f.npy", features)
    np.save(tmp_path / "xy.npy", features[:, :2])
    np.save(tmp_path / "folds.npy", np.arange(200) % 4)
    np.savez(tmp_path / "knn.npz", neighbours=(np.arange(200)[:, None] + [1, 2, 3]) % 200, distances=np.ones((200, 3)))
    return tmp_path


def test_probabilities_of_a_file_replace_the_model(brought: Path) -> None:
    result = run("audit", brought / "data.csv", "--pred-probs", brought / "p.npz", "--json", "--out", brought / "out")
    found = json.loads(result.stdout)
    assert found["heads"] == {"yours": 1.0}
    assert "200 x 3 probabilities of p.npz" in found["notes"][0]
    assert "aligned by 'id'" in found["notes"][0]
    assert Audit.open(brought / "out").dataset.classes == ("kind 0", "kind 1", "kind 2")


@pytest.mark.parametrize(
    "columns",
    [["--pred-probs", "p_"], [word for k in range(3) for word in ("--pred-probs", f"p_kind {k}")]],
)
def test_probabilities_in_columns_give_the_same(brought: Path, columns: list[str]) -> None:
    by_file = run("audit", brought / "data.csv", "--pred-probs", brought / "p.npz", "--json")
    by_column = run("audit", brought / "wide.csv", *columns, "--json")
    assert json.loads(by_file.stdout)["suspects"] == json.loads(by_column.stdout)["suspects"] > 0


def test_features_coordinates_neighbours_and_folds_of_files(brought: Path) -> None:
    files = {"--features": "f.npy", "--coordinates": "xy.npy", "--neighbours": "knn.npz", "--folds-from": "folds.npy"}
    options = [part for name, file in files.items() for part in (name, brought / file)]
    result = run("audit", brought / "data.csv", *options, "--json", "--out", brought / "out")
    assert result.exit_code == 0, result.stderr
    outputs = Audit.open(brought / "out").outputs
    assert np.array_equal(outputs["coordinates"], np.load(brought / "xy.npy").astype(np.float32))
    assert np.array_equal(outputs["fold"], np.arange(200) % 4)
    assert outputs["neighbours"][0].tolist() == [1, 2, 3]


def test_the_wrong_number_of_rows_gets_one_sentence(brought: Path) -> None:
    np.save(brought / "short.npy", np.full((100, 3), 1 / 3))
    message = sentence(run("audit", brought / "data.csv", "--pred-probs", brought / "short.npy"))
    assert message.startswith("short.npy has 100 rows and the data set 'data' has 200; bring one row for each")


def test_an_npz_is_audited_by_itself_and_exported_as_one(brought: Path) -> None:
    labels, pred_probs = probabilities(n=200, k=3)
    np.savez(brought / "whole.npz", given=labels, pred_probs=pred_probs)
    run("audit", brought / "whole.npz", "--label", "given", "--out", brought / "out")
    to = brought / "cleaned.npz"
    assert run("export", brought / "out", "--accept-suggestions-below", "0.3", "--to", to).exit_code == 0
    with np.load(to) as cleaned:
        assert np.array_equal(cleaned["pred_probs"], pred_probs)
        assert 0 < (cleaned["given"] != labels).sum() < 100
        assert cleaned["given"].dtype == labels.dtype


def test_probabilities_of_several_labels_and_of_tags_replace_the_model(tmp_path: Path) -> None:
    songs, sentences = several(80), tagged.parts_of_speech(40)
    bits = songs.labels.reshape(80, 4)
    np.save(tmp_path / "songs.npy", np.where(bits == 1, 0.8, 0.1))
    (tmp_path / "songs.csv").write_bytes(to_bytes(songs, "csv"))
    p = 0.1 + 0.6 * np.eye(4)[sentences.labels]
    lines = [json.dumps({"pred_probs": part.tolist()}) for part in np.split(p, 40)]
    (tmp_path / "tags.jsonl").write_text("\n".join(lines))
    (tmp_path / "sentences.jsonl").write_bytes(to_bytes(sentences, "jsonl"))
    labels = ["--task", "multilabel", "--label", "label *"]
    for file, brought, more in (("songs.csv", "songs.npy", labels), ("sentences.jsonl", "tags.jsonl", [])):
        result = run("audit", tmp_path / file, *more, "--pred-probs", tmp_path / brought, "--json")
        assert result.exit_code == 0, result.stderr
        assert json.loads(result.stdout)["heads"] == {"yours": 1.0}
    np.save(tmp_path / "short.npy", np.full((79, 4), 0.5))
    refused = run("audit", tmp_path / "songs.csv", *labels, "--pred-probs", tmp_path / "short.npy")
    assert sentence(refused).startswith("short.npy has 79 rows and the data set 'songs' has 80; bring one row for each")


# -- public data sets -------------------------------------------------------------------------------------


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LABELAUDIT_DATA_DIR", str(tmp_path / "data"))
    settings.cache_clear()
    (tmp_path / "data").mkdir()
    rows = "".join(f"{k},Title {k} {n},About thing{k} number {n} and more.\n" for n in range(20) for k in range(1, 5))
    (tmp_path / "data" / "ag_news_test.csv").write_text(rows)
    return tmp_path / "data"


def test_a_public_data_set_is_audited_by_its_name(data_dir: Path) -> None:
    result = run("audit", "ag_news", "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["dataset"], found["n"]) == ("ag_news", 80)
    assert found["classes"] == ["Business", "Sci/Tech", "Sports", "World"]


def test_download_says_what_is_here_and_what_comes_next(data_dir: Path) -> None:
    listed = json.loads(run("download", "--list", "--json").stdout)
    assert listed["ag_news"].endswith("(is on this machine)")
    assert listed["stl10"].endswith("(about 2.6 GB, downloads)")
    assert run("download", "ag_news").stdout.splitlines() == [
        f"On this machine: {data_dir / 'ag_news_test.csv'}",
        "Next: labelaudit audit ag_news",
    ]
    assert "there is no public data set 'agnews'; did you mean 'ag_news'?" in usage(run("download", "agnews"))


def test_a_name_that_is_nearly_one_is_hinted_at() -> None:
    assert "did you mean 'adult_income'?" in sentence(run("audit", "adult_incom"))
