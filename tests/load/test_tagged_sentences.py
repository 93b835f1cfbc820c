"""Tables of sentences: lists, texts with spaces, one token a row, and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from kinds import Made

from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.load import load, to_bytes

FLAT = "sent_id,token,tag,note\ns1,The,DET,x\ns1,dog,NOUN,\ns2,Go,VERB,y\n"
SPARSE = "Sentence #,Word,POS,Tag\nSentence: 1,The,DT,O\n,dog,NN,O\nSentence: 2,Oslo,NNP,B-geo\n"
LISTS = '{"id": "a", "tokens": ["The", "dog"], "tags": ["DET", "NOUN"]}\n{"id": "b", "tokens": [], "tags": []}\n'
CODES = '{"tokens": ["The", "dog"], "ner_tags": [0, 3]}\n{"tokens": ["Go"], "ner_tags": [7]}\n'
SPACES = "sentence,tags\nThe dog,DET NOUN\nGo home,VERB ADV\n"


@pytest.mark.parametrize(
    ("name", "text", "task", "units"),
    [
        ("x.csv", FLAT, None, [("s1", "t0", "DET"), ("s1", "t1", "NOUN"), ("s2", "t0", "VERB")]),
        (
            "x.csv",
            SPARSE,
            "token",
            [("Sentence: 1", "t0", "O"), ("Sentence: 1", "t1", "O"), ("Sentence: 2", "t0", "B-geo")],
        ),
        ("x.jsonl", LISTS, None, [("a", "t0", "DET"), ("a", "t1", "NOUN")]),
        ("x.jsonl", CODES, None, [(0, "t0", 0), (0, "t1", 3), (1, "t0", 7)]),
        ("x.csv", SPACES, "token", [(0, "t0", "DET"), (0, "t1", "NOUN"), (1, "t0", "VERB"), (1, "t1", "ADV")]),
    ],
)
def test_every_form_has_a_unit_for_each_token_and_is_written_as_it_was(
    made: Made, name: str, text: str, task: str | None, units: list[tuple[str, str, str]]
) -> None:
    label = "Tag" if text is SPARSE else None
    words = "sentence" if text is SPACES else None
    dataset = load(made(name, text), task=task, label=label, text=words)
    assert dataset.task == "token"
    found = zip(dataset.ids[dataset.units.rows].tolist(), dataset.units.parts, dataset.label_values(), strict=True)
    assert list(found) == units
    assert to_bytes(dataset).decode() == text


def test_a_tag_that_is_changed_is_the_only_cell_that_changes(made: Made) -> None:
    dataset = load(made("x.csv", FLAT))
    assert to_bytes(dataset.with_labels(["DET", "X", "VERB"])).decode() == FLAT.replace("NOUN", "X")
    again = dataset.with_labels(["DET", "X", "VERB"]).take([1])  # type: ignore[arg-type]
    assert to_bytes(again).decode() == "sent_id,token,tag,note\ns2,Go,VERB,y\n"


def test_a_sentence_without_tags_has_none_and_stays_so(made: Made) -> None:
    text = '{"tokens": ["a", "b"], "tags": ["X", "Y"]}\n{"tokens": ["c"], "tags": null}\n'
    dataset = load(made("x.jsonl", text))
    assert dataset.labels.tolist() == [0, 1, -1]
    assert to_bytes(dataset.with_labels(dataset.label_values())).decode() == text
    written = to_bytes(dataset.with_labels(["X", "Y", "X"])).decode()
    assert json.loads(written.split("\n")[1]) == {"tokens": ["c"], "tags": ["X"]}


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ('{"tokens": ["a", "b"], "tags": ["X", null]}\n{"tokens": ["c"], "tags": ["Y"]}\n', [0, -1, 1]),
        ('{"tokens": ["a", "b"], "ner_tags": [null, null]}\n{"tokens": ["c"], "ner_tags": [3]}\n', [-1, -1, 0]),
        ('{"tokens": "The dog", "tags": "X Y"}\n{"tokens": "Go home", "tags": null}\n', [0, 1, -1, -1]),
        ('{"tokens": "The dog", "tags": ["X", null]}\n{"tokens": "Go home", "tags": ["Y", "X"]}\n', [0, -1, 1, 0]),
        ('{"tokens": ["The", "dog"], "tags": "X Y"}\n{"tokens": ["Go", "home"], "tags": "Y Y"}\n', [0, 1, 1, 1]),
    ],
)
def test_a_null_tag_is_a_missing_one_and_is_written_as_it_was(made: Made, text: str, labels: list[int]) -> None:
    dataset = load(made("x.jsonl", text), task="token", text="tokens")
    assert dataset.labels.tolist() == labels
    assert to_bytes(dataset.with_labels(dataset.label_values())).decode() == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LISTS.replace('"NOUN"]', '"NOUN", "X"]'), "sentence 0 has 2 tokens and 3 tags; give every token one tag"),
        (SPACES.replace("VERB ADV", "VERB"), "sentence 1 has 2 tokens and 1 tags"),
        (
            FLAT.replace("s2,Go", "s1,Go").replace("s1,dog", "s2,dog"),
            "sentence 's1' in column 'sent_id' goes on in row 2",
        ),
        (LISTS.replace('"NOUN"]', "3]"), "column 'tags' holds lists beside other cells, or texts beside numbers"),
        (LISTS.replace('["DET", "NOUN"]', '"DET NOUN"'), "column 'tags' holds lists beside other cells"),
        (FLAT.replace("sent_id", "n"), "none says of which sentence; choose that column"),
    ],
)
def test_bad_sentences_get_one_sentence(made: Made, text: str, says: str) -> None:
    words = "sentence" if text.startswith("sentence") else None
    name = "x.jsonl" if text.startswith("{") else "x.csv"
    with pytest.raises(BadInput, match=says) as error:
        load(made(name, text), task="token", text=words)
    assert str(error.value).endswith(".")


def test_real_rows_are_folded_and_come_back(shared_data: Path) -> None:
    path = shared_data / "tokens" / "ud_ewt_dev_r2.2_vs_2025.csv"
    dataset: Dataset = load(path, task="token", label="given_upos_r2.2")
    assert (len(dataset), len(dataset.units), dataset.id_column) == (1995, 25066, "sent_id")
    assert to_bytes(dataset) == path.read_bytes()
