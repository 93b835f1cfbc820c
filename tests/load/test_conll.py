"""CoNLL-U and columns of words and tags: what is read, and that only tags change in what is written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from kinds import Made

from labelaudit.errors import BadInput
from labelaudit.load import load, read, to_bytes

UNIVERSAL = """\
# newdoc id = one
# sent_id = a-1
# text = Let's go
1-2\tLet's\t_\t_\t_\t_\t_\t_\t_\t_
1\tLet\tlet\tVERB\tVB\tMood=Imp\t0\troot\t_\t_
2\t's\twe\t_\tPRP\t_\t1\tobj\t_\t_
2.1\tplease\t_\tINTJ\t_\t_\t_\t_\t1:discourse\t_
3\tgo\tgo\tVERB\tVB\t_\t1\txcomp\t_\tSpaceAfter=No

# sent_id = a-2

# newdoc id = two
# sent_id = b-1
1\t# 10 000\t#\tNOUN\tNN\t_\t0\troot\t_\t_


"""
COLUMNS = """\
-DOCSTART- -X- -X- O

EU NNP B-NP B-ORG
rejects VBZ  B-VP O
# NN I-NP O

-DOCSTART- -X- -X- O

Peter NNP B-NP B-PER
Blackburn NNP I-NP I-PER
"""


def test_conllu_is_read_without_what_is_no_token(made: Made) -> None:
    table, source = read(made("x.conllu", UNIVERSAL))
    assert source.format == "conllu"
    assert table["tokens"].to_pylist() == [["Let", "'s", "go"], [], ["# 10 000"]]
    assert table["upos"].to_pylist() == [["VERB", None, "VERB"], [], ["NOUN"]]
    assert table["feats"].to_pylist()[0] == ["Mood=Imp", "_", "_"]
    assert table["sent_id"].to_pylist() == ["a-1", "a-2", "b-1"]
    assert table["document"].to_pylist() == ["one", "one", "two"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("text", [UNIVERSAL, UNIVERSAL.rstrip("\n"), COLUMNS, "\n\n" + COLUMNS, "\ufeff" + UNIVERSAL])
def test_what_was_read_is_written_byte_for_byte(made: Made, text: str, end: str) -> None:
    path = made("x.txt", text.replace("\n", end))
    assert to_bytes(load(path)) == path.read_bytes()


def test_a_new_tag_changes_its_place_in_its_line_alone(made: Made) -> None:
    dataset = load(made("x.conllu", UNIVERSAL), label="xpos")
    assert dataset.label_values() == ["VB", "PRP", "VB", "NN"]
    changed = to_bytes(dataset.with_labels(["VB", "PRP", "VBP", "NN"])).decode()
    assert changed == UNIVERSAL.replace("3\tgo\tgo\tVERB\tVB", "3\tgo\tgo\tVERB\tVBP")


def test_columns_keep_their_spaces_and_a_word_that_looks_like_a_comment(made: Made) -> None:
    dataset = load(made("eng.testa", COLUMNS))
    assert (dataset.source.format, dataset.label_columns) == ("conll", ("ner",))
    assert dataset.table["tokens"].to_pylist() == [["EU", "rejects", "#"], ["Peter", "Blackburn"]]
    assert dataset.table["document"].to_pylist() == ["1", "2"]
    changed = to_bytes(dataset.with_labels(["B-ORG", "O", "O", "B-PER", "O"])).decode()
    assert changed == COLUMNS.replace("I-NP I-PER", "I-NP O")


def test_comments_before_columns_are_no_tokens(made: Made) -> None:
    text = "# id 12\tdomain=train\nBerlin\tB-LOC\n.\tO\n\n# id 13\tdomain=train\nx\tO\n"
    dataset = load(made("x.conll", text))
    assert dataset.table["tokens"].to_pylist() == [["Berlin", "."], ["x"]]
    assert dataset.label_columns == ("tags",)
    assert to_bytes(dataset).decode() == text


def test_other_formats_do_without_the_text_of_the_file(made: Made, tmp_path: Path) -> None:
    (tmp_path / "y.jsonl").write_bytes(to_bytes(load(made("x.conll", COLUMNS)), "jsonl"))
    again = load(tmp_path / "y.jsonl", label="ner")
    assert again.table.column_names == ["document", "tokens", "pos", "chunk", "ner"]
    assert again.label_values() == ["B-ORG", "O", "O", "B-PER", "I-PER"]
    with pytest.raises(BadInput, match="can't be written as 'conll'"):
        to_bytes(again, "conll")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("x.conllu", UNIVERSAL.replace("\tSpaceAfter=No", ""), r"line 8 has 9 columns where CoNLL-U has 10"),
        ("x.conllu", UNIVERSAL.replace("3\tgo", "c\tgo"), r"line 8 begins with 'c', which numbers no token"),
        ("x.conll", COLUMNS.replace("B-VP O", "O"), r"line 4 has 3 columns where the others have 4"),
        ("x.conll", "one\n\ntwo\n", "has no column of tags beside the words"),
        ("x.conllu", "# only = comments\n", "has no tokens"),
    ],
)
def test_bad_lines_get_one_sentence(made: Made, name: str, text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says) as error:
        read(made(name, text))
    assert str(error.value).endswith(".")


@pytest.mark.parametrize("tag", ["A B", "A\nB", " "])
def test_a_tag_that_would_break_the_line_is_refused(made: Made, tag: str) -> None:
    dataset = load(made("x.conll", COLUMNS))
    with pytest.raises(BadInput, match="can't be written in one column"):
        to_bytes(dataset.with_labels([tag, *dataset.label_values()[1:]]))


def test_prose_with_blank_lines_is_no_columns(made: Made) -> None:
    text = "text,label\n\nO my,x\nI am,y\n"
    assert read(made("x.csv", text))[1].format == "csv"


def test_the_real_file_comes_back_and_its_rows_can_be_taken(shared_data: Path) -> None:
    path = shared_data / "tokens" / "en_ewt-dev.HEAD.conllu"
    dataset = load(path)
    assert (len(dataset), len(dataset.units), dataset.task) == (2001, 25147, "token")
    assert to_bytes(dataset) == path.read_bytes()
    part = replace(dataset, table=dataset.table.slice(0, 2))
    assert path.read_bytes().startswith(to_bytes(part))
