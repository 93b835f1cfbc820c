"""From a CoNLL file to a cleaned one on the command line."""

from __future__ import annotations

from pathlib import Path

import tagged
from typer.testing import CliRunner

from labelaudit import cli


def test_sentences_go_from_the_command_line_to_a_file_with_other_tags_alone(tmp_path: Path) -> None:
    made = tagged.entities().table.to_pydict()
    blocks = [
        "".join(f"{word} {tag}\n" for word, tag in zip(words, tags, strict=True))
        for words, tags in zip(made["tokens"], made["tags"], strict=True)
    ]
    right = "-DOCSTART- O\n\n" + "\n".join(blocks)
    wrong = right.replace("Smith I-PER", "Smith O", 1).replace("New B-LOC", "New B-PER", 1)
    file, folder, cleaned = tmp_path / "train.txt", tmp_path / "found", tmp_path / "cleaned.conll"
    file.write_text(wrong, encoding="utf-8")
    for arguments in (
        ["audit", file, "--out", folder],
        ["export", folder, "--accept-suggestions-below", "0.1", "--to", cleaned],
    ):
        result = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
        assert result.exit_code == 0, result.output
        if arguments[0] == "audit":
            assert "We suspect 2 of 360 labels" in result.output
            assert "New: " in result.output  # the token, before its sentence
    assert cleaned.read_text(encoding="utf-8") == right
