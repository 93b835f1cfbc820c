"""JSON Lines."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kinds import Again, Made

from labelaudit.dataset import JSON_CELLS, Source
from labelaudit.errors import BadInput
from labelaudit.load import jsonl, read

KEYS = st.sampled_from(["a", "b", "label", "ü", "", "two words"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, 1.0, -0.0, 2**53 + 1, 2**63, -(2**70), 1e300, "1", "null", "", "\ud800", "\u2028"]),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=5),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=4
)
# Rows of one kind as well as mixed ones, so that both native and JSON columns come up.
ROWS = st.one_of(
    st.lists(st.dictionaries(KEYS, VALUES, max_size=4), min_size=1, max_size=5),
    st.lists(st.dictionaries(KEYS, st.integers(0, 9), max_size=4), min_size=1, max_size=5),
    st.lists(st.fixed_dictionaries({"a": st.text(max_size=3), "b": st.floats(0, 1)}), min_size=1, max_size=5),
)


ONE_OBJECT = (
    'x.jsonl is one JSON object; write one for every row, like {"text": "...", "label": "..."} '
    "(in pandas: to_json(path, orient='records', lines=True))."
)


def are_rows(rows: list[dict[str, Any]]) -> bool:
    """Whether there is a key, and no single object that looks like all the columns of a table."""
    return any(rows) and not (len(rows) == 1 and jsonl._is_table(rows[0]))


def written(table: pa.Table, source: Source) -> str:
    file = io.BytesIO()
    jsonl.write(table, source, file)
    return file.getvalue().decode("utf-8-sig")


@settings(max_examples=300, deadline=None)
@given(rows=ROWS.filter(are_rows), in_array=st.booleans())
@example(rows=[{"a": 1}, {"a": 1.0}, {"a": True}], in_array=False)
@example(rows=[{"a": None}, {}, {"a": 1}], in_array=False)
@example(rows=[{}, {"a": 1}], in_array=True)
@example(rows=[{"a": {"x": 1, "y": 2}}, {"a": {"y": 2, "x": 1}}], in_array=False)
def test_what_goes_in_comes_out(
    tmp_path_factory: pytest.TempPathFactory, again: Again, rows: list[dict[str, Any]], in_array: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "rows.jsonl"
    path.write_text(json.dumps(rows) if in_array else "\n".join(map(json.dumps, rows)), encoding="utf-8")
    table, source = read(path)
    text = written(table, source)
    back = json.loads(text) if in_array else [json.loads(line) for line in text.split("\n") if line]
    assert len(back) == len(rows)
    for row, original in zip(back, rows, strict=True):
        # As text, because 1 == 1.0 == True; nested objects keep the order of their keys.
        assert {key: json.dumps(value) for key, value in row.items()} == {k: json.dumps(v) for k, v in original.items()}
    assert again(table, source) == (table, source)


def test_columns_of_one_type_are_native_and_others_json(made: Made) -> None:
    table, source = read(made("x.jsonl", '{"n": 1, "mixed": 1, "l": [1]}\n{"n": 2, "mixed": "1", "l": []}\n'))
    assert table.schema.field("n").type == pa.int64()
    assert pa.types.is_list(table.schema.field("l").type)
    assert table.schema.field("mixed").metadata == JSON_CELLS
    assert table["mixed"].to_pylist() == ["1", '"1"']
    assert source == Source("jsonl", {"layout": "lines", "encoding": "utf-8", "bom": False, "absent": []})


def test_absent_keys_and_explicit_nulls_are_told_apart(made: Made) -> None:
    content = '{"a": 1, "b": null, "c": null}\n{"b": 2}\n{"a": 3, "b": 4, "c": 5}\n'
    table, source = read(made("x.jsonl", content))
    assert source.options["absent"] == ["a"]
    assert table["a"].to_pylist() == [1, None, 3]
    assert table["b"].to_pylist() == [None, 2, 4]
    assert table["c"].to_pylist() == ["null", None, "5"]
    assert written(table, source) == content


def test_keys_keep_the_order_of_their_first_appearance(made: Made) -> None:
    table, _ = read(made("x.jsonl", '{"b": 1}\n{"a": 1, "b": 2, "c": 3}\n'))
    assert table.column_names == ["b", "a", "c"]


def test_separators_of_unicode_do_not_end_a_line(made: Made) -> None:
    table, _ = read(made("x.jsonl", '{"a": "x\u2028y\x85z"}\r\n\n{"a": "b"}\r\n'))
    assert table["a"].to_pylist() == ["x\u2028y\x85z", "b"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_encodings_are_understood_and_kept(made: Made, encoding: str, mark: str) -> None:
    content = (mark + '{"a": "naïve 日本 😀"}\n').encode(encoding)
    table, source = read(made("x.jsonl", content))
    assert table["a"].to_pylist() == ["naïve 日本 😀"]
    file = io.BytesIO()
    jsonl.write(table, source, file)
    assert file.getvalue() == content


def test_dates_and_bytes_become_text() -> None:
    table = pa.table({"d": pa.array([0], pa.date32()), "z": [b"\x01"]})
    assert written(table, Source("jsonl")) == '{"d": "1970-01-01", "z": "01"}\n'


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (" \n", "x.jsonl is empty; choose a file with one JSON object a line."),
        ("[]", "x.jsonl is empty; choose a file with one JSON object a line."),
        ("{}\n{}\n", "x.jsonl has only objects without keys; choose a file with data."),
        (
            '{"a": 1}\n\n[1, 2]\n',
            "x.jsonl: line 3 is a list, not a JSON object; every line has to be one, "
            'like {"text": "...", "label": "..."}.',
        ),
        (
            "3\n",
            "x.jsonl: line 1 is a number, not a JSON object; every line has to be one, "
            'like {"text": "...", "label": "..."}.',
        ),
        (
            '{"a": 1}\n{"a": }\n',
            "x.jsonl: line 2, column 7 is not valid JSON (Expecting value); correct it or remove it.",
        ),
        (
            '[{"a": 1},\n {"a": 2\n]',
            "x.jsonl: line 3, column 1 is not valid JSON (Expecting ',' delimiter); correct it or remove it.",
        ),
        ('[{"a": 1}, "b"]', "x.jsonl: element 1 of the array is text, not a JSON object; every row has to be one."),
        ('{"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": "y"}}', ONE_OBJECT),
        ('{"a": [1, 2], "b": ["x", "y"]}', ONE_OBJECT),
        ('{\n "data": [\n  {"a": 1}\n ]\n}\n', ONE_OBJECT),
        ('{"a": 1, "a": 2}\n', "x.jsonl: line 1 has the key 'a' twice; keep one of them."),
        ('{"a": ' + "9" * 5000 + "}\n", "x.jsonl: line 1 has a number of thousands of digits; write it as text."),
        ('{"a": ' + "[" * 100_000 + "\n", "x.jsonl: line 1 is nested too deeply; flatten it."),
        ('{"\\ud800": 1}\n', "x.jsonl has a key with half of a surrogate pair; rename it."),
        (b'{"a": 1}\n{"a": "\xe9"}\n', "x.jsonl is not UTF-8 text (line 2); save it as UTF-8."),
    ],
)
def test_bad_files_get_one_sentence(made: Made, content: str | bytes, sentence: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(made("x.jsonl", content))
    assert str(caught.value) == sentence
