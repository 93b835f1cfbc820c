"""Which column plays which role."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from kinds import Made

from labelaudit.dataset import Source
from labelaudit.errors import BadInput
from labelaudit.load import guess, load, read
from labelaudit.load.checks import findings
from labelaudit.settings import settings

N = 60
TABLE = pa.table(
    {
        "id": [f"r{i}" for i in range(N)],
        "row": list(range(N)),
        "size": [0.1 * i for i in range(N)],
        "code": ["abcdef"[i % 6] for i in range(N)],
        "shop": [i // 10 for i in range(N)],
        "always": ["x"] * N,
        "copy": [("pos", "neg")[i * 7 % 5 % 2] for i in range(N)],
        "label": [("yes", "no")[i * 7 % 5 % 2] for i in range(N)],
    }
)


def test_columns_that_a_model_should_not_see_are_left_out_with_a_reason() -> None:
    dataset = load(TABLE)
    assert dataset.label_columns == ("label",)
    assert dataset.id_column == "id"
    assert dataset.feature_columns == ("size", "code", "shop")
    assert dataset.provenance["left_out"] == {
        "row": "identifies the rows: it is different in every one",
        "always": "is constant",
        "copy": "is a copy of the label under other names",
    }
    assert (dataset.task, dataset.value_type, dataset.modality) == ("classification", "class", "tabular")


def test_a_column_that_nearly_determines_the_label_is_left_out() -> None:
    label = ["ab"[i % 2] for i in range(400)]
    leak = [("pq" if i % 4 < 2 else "rs")[i % 2] for i in range(400)]
    leak[3] = "p"
    table = pa.table({"leak": leak, "x": [i * 7 % 13 for i in range(400)], "label": label})
    assert load(table).provenance["left_out"] == {"leak": "determines the label in 99.8% of the rows"}


def test_missing_labels_do_not_hide_a_copy() -> None:
    label = [None if i < 5 else "ab"[i % 2] for i in range(40)]
    table = pa.table({"copy": [i % 2 for i in range(40)], "x": [i * 7 % 13 for i in range(40)], "label": label})
    assert "copy" in load(table).provenance["left_out"]


def test_named_features_are_taken_as_they_are() -> None:
    dataset = load(TABLE, label="label", features=["copy", "always"], group="shop", name="mine")
    assert dataset.feature_columns == ("copy", "always")
    assert (dataset.group_column, dataset.name, dict(dataset.provenance)) == ("shop", "mine", {})


def test_the_group_is_no_feature() -> None:
    assert "shop" not in load(TABLE, group="shop").feature_columns


def test_text_columns_are_the_features_of_texts() -> None:
    texts = [f"this is the text number {i}" for i in range(N)]
    table = TABLE.append_column("body", pa.array(texts)).append_column("title", pa.array(texts))
    guessed = load(table, label="label")
    assert (guessed.modality, guessed.feature_columns) == ("text", ("body", "title"))
    assert load(table, text="title").feature_columns == ("title",)
    assert load(table, text=["title", "code"]).modality == "text"
    assert load(table, features=["title"]).modality == "text"
    assert load(table, features=["title", "size"]).modality == "tabular"


@pytest.mark.parametrize("ids", [["a", "a", "b"], ["a", "", "b"], ["a", None, "b"]])
def test_ids_that_repeat_or_are_missing_are_not_taken_unasked(ids: list[str | None]) -> None:
    dataset = load(pa.table({"ID": ids, "x": [1, 2, 3], "label": ["a", "b", "a"]}))
    assert dataset.id_column is None
    assert dataset.ids.tolist() == [0, 1, 2]


@pytest.mark.parametrize("name", ["id", "ID", "Id"])
def test_only_a_column_called_id_is_the_id_unasked(name: str) -> None:
    assert load(pa.table({name: [5, 6], "x": [1, 2], "label": ["a", "b"]})).ids.tolist() == [5, 6]
    assert load(pa.table({"user_id": [5, 6], "x": [1, 2], "label": ["a", "b"]})).id_column is None


@pytest.mark.parametrize(
    "dtype", ["object", "str", "string", "string[pyarrow]", pd.ArrowDtype(pa.string()), "category"]
)
def test_frames_with_any_kind_of_text_column_work(dtype: str) -> None:
    frame = pd.DataFrame({"x": [1, 2, 3], "label": pd.Series(["a", None, "b"], dtype=dtype)})
    dataset = load(frame, label="label")
    assert dataset.classes == ("a", "b")
    assert dataset.labels.tolist() == [0, -1, 1]
    assert dataset.source.format == "parquet"


def test_frames_with_mixed_columns_keep_every_value() -> None:
    dataset = load(pd.DataFrame({"x": [1, "1", None], "label": [1, "a", True]}), label="label", features=["x"])
    assert dataset.table["x"].to_pylist() == ["1", '"1"', "null"]
    assert set(dataset.classes) == {1, "a"}
    with pytest.raises(BadInput, match="column 'x' holds complex, str, which no table can hold; convert it to text"):
        load(pd.DataFrame({"x": ["a", 1j], "label": ["a", "b"]}), label="label")


def test_an_index_with_a_name_becomes_a_column_and_another_one_does_not() -> None:
    frame = pd.DataFrame({"x": [1, 2], "label": ["a", "b"]}, index=[7, 9])
    assert load(frame).table.column_names == ["x", "label"]
    assert load(frame.rename_axis("id")).ids.tolist() == [7, 9]


def test_column_names_that_are_no_text_or_repeat_become_text_of_their_own() -> None:
    frame = pd.DataFrame([[1, 2, "a"], [3, 4, "b"]], columns=[0, 0, "label"])
    assert load(frame).table.column_names == ["0", "0_2", "label"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"label": "lable"}, "'data' has no column 'lable'; did you mean 'label'?"),
        ({"text": "siez"}, "'data' has no column 'siez'; did you mean 'size'?"),
        ({"features": ["size", "cod"]}, "'data' has no column 'cod'; did you mean 'code'?"),
        ({"id": "roww"}, "'data' has no column 'roww'; did you mean 'row'?"),
        ({"group": "shopp"}, "'data' has no column 'shopp'; did you mean 'shop'?"),
        ({"task": "clasification"}, "there is no task 'clasification'; did you mean 'classification'?"),
        (
            {"label": "label", "features": ["label"]},
            "column 'label' is the label, which a model may not see; take it out of the features.",
        ),
    ],
)
def test_wrong_names_get_one_sentence(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInput) as caught:
        load(TABLE, **arguments)
    assert str(caught.value) == sentence


def test_a_table_without_a_label_gets_one_sentence() -> None:
    with pytest.raises(BadInput, match=r"^'data' has no column that looks like a label; name it, one of 'x', 'z'\.$"):
        load(pa.table({"x": [0.1, 0.2, 0.3], "z": [0.5, 0.25, 0.75]}))


def test_a_table_without_features_gets_one_sentence() -> None:
    with pytest.raises(BadInput) as caught:
        load(TABLE.select(["always", "row", "label"]))
    assert str(caught.value) == (
        "'data' has no column beside 'label' that a model could learn from ('always' is constant; "
        "'row' identifies the rows: it is different in every one); name the features yourself."
    )


@pytest.mark.parametrize("labels", [["a"] * 20, ["a", "b"] * 10])
def test_short_texts_that_are_different_in_every_row_are_texts(labels: list[str]) -> None:
    data = load(
        pa.table({"code": [f"A-{i}" for i in range(20)], "note": [f"nice {i}" for i in range(20)], "label": labels})
    )
    assert (data.modality, data.feature_columns) == ("text", ("note",))
    assert set(data.provenance["left_out"]) == {"code"}


@pytest.mark.parametrize("column", [range(20), ["x"] * 20, [f"A-{i}" for i in range(20)]])
def test_one_class_is_loaded_with_whatever_columns_there_are(column: Any) -> None:
    data = load(pa.table({"code": column, "label": ["a"] * 20}))
    assert data.feature_columns == ("code",)
    with pytest.raises(BadInput, match="'data' has no column beside 'label'"):
        load(pa.table({"label": ["a"] * 20}))


def test_where_a_file_was_is_kept_and_no_part_of_what_it_is(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made("x.csv", "size,label\n1,a\n2.5,b\n4,a\n")
    monkeypatch.chdir(path.parent)
    data = load("x.csv", label="label")
    assert data.provenance == {"path": str(path.resolve())}
    assert load(read(path), label="label").fingerprint == data.fingerprint


def test_a_table_without_rows_gets_one_sentence() -> None:
    with pytest.raises(BadInput, match=r"^'data' has no rows; choose a file with data below its header\.$"):
        load(TABLE.slice(0, 0))


def test_labels_that_are_lists_get_one_sentence(made: Made) -> None:
    with pytest.raises(BadInput, match="not one class per example; choose another label column"):
        load(pa.table({"x": [1, 2], "label": [["a"], ["b"]]}), task="classification")
    path = made("x.jsonl", '{"x": 1, "label": "a"}\n{"x": 2, "label": {"a": 1}}\n')
    with pytest.raises(BadInput, match=r"^column 'label' holds \{\"a\": 1\}, not one class per example; choose"):
        load(path)


def test_one_class_loads_so_that_it_can_be_shown() -> None:
    assert load(pa.table({"x": [1, 2], "label": ["a", "a"]})).classes == ("a",)


def test_what_was_read_before_need_not_be_read_again(made: Made) -> None:
    stored = read(made("x.tsv", "x\tlabel\n1\ta\n2\tb\n"))
    assert load(stored, name="mine").source.format == "tsv"


KINDS = {
    "view": pa.array([f"a{i % 3}" for i in range(N)], pa.string_view()),
    "decimal": pa.array(range(N)).cast(pa.decimal128(21, 2)),
    "dictionary": pa.array(["x", "y", None] * 20).dictionary_encode(),
    "moment": pa.array([i * 7 % 11 for i in range(N)]).cast(pa.timestamp("us")),
    "duration": pa.array([i * 7 % 11 for i in range(N)]).cast(pa.duration("s")),
    "binary": pa.array([bytes([i * 7 % 5]) for i in range(N)]),
    "boolean": pa.array([i % 7 == 0 for i in range(N)]),
    "null": pa.nulls(N),
    "struct": pa.array([{"a": i % 7} for i in range(N)]),
    "list": pa.array([[i % 7] for i in range(N)]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_columns_of_any_type_are_looked_at(kind: str) -> None:
    table = pa.table(
        {"x": [i * 7 % 13 for i in range(N)], kind: KINDS[kind], "label": ["pqqp"[i % 4] for i in range(N)]}
    )
    dataset = load(table)
    assert dict(dataset.provenance) == ({"left_out": {"null": "is constant"}} if kind == "null" else {})
    assert {finding.key for finding in findings(dataset)} <= {"constant_columns", "conflicting_rows", "repeated_rows"}
    assert guess(dataset.table.select([kind]), dataset.source).id is None


def test_a_name_is_looked_for_in_the_data_folder(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made("mine.csv", "x,label\n1,a\n2,b\n")
    monkeypatch.setenv("LABELAUDIT_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    assert load("mine.csv").name == "mine"


REAL = {
    "text/ag_news_test_7600.csv": ("label", "text", ("title", "description")),
    "text/clinc_oos_full.csv": ("intent", "text", ("text",)),
    "text/yoruba_news_weak_labels.csv": ("given_noisy", "text", ("news_title",)),
    "tabular/adult_train.csv": ("income", "tabular", None),
    "tabular/winequality_red.csv": ("quality", "tabular", None),
}


@pytest.mark.parametrize("name", REAL)
def test_roles_of_real_files_are_guessed(shared_data: Path, name: str) -> None:
    label, modality, features = REAL[name]
    table, source = read(shared_data / name)
    roles = guess(table, source)
    everything = tuple(column for column in table.column_names if column != label)
    assert (roles.label, roles.modality, roles.features) == (label, modality, features or everything)
    assert roles.id == ("bbc_url_id" if "yoruba" in name else None)


def column(*values: object) -> list[object]:
    return [values[i % len(values)] for i in range(N)]


GUESSES: dict[str, tuple[dict[str, list[object]], str | None]] = {
    "a known name wins over the place": ({"Class": column("a", "b"), "kind": column("x", "y")}, "Class"),
    "the surer name wins": ({"category": column("a", "b"), "label": column("x", "y")}, "label"),
    "the last column of few values": ({"a": column("x", "y"), "b": column("p", "q"), "c": list(range(N))}, "b"),
    "few whole numbers": ({"a": column("1", "2"), "b": [str(0.5 * i) for i in range(N)]}, "a"),
    "no measurements": ({"a": column("0.5", "1.5"), "b": column(0.5, 1.5)}, None),
    "whole numbers as floats": ({"a": column(0.0, 1.0)}, "a"),
    "no constants": ({"a": column("x"), "b": column(None)}, None),
}


@pytest.mark.parametrize("case", GUESSES)
def test_the_label_is_guessed(case: str) -> None:
    columns, label = GUESSES[case]
    assert guess(*in_memory(columns)).label == label


def in_memory(columns: dict[str, Any]) -> tuple[pa.Table, Source]:
    return pa.table(columns), Source("parquet")


PROSE: dict[str, tuple[list[object], str]] = {
    "sentences": ([f"number {i} is here" for i in range(N)], "text"),
    "long words with spaces": ([f"Donaudampfschiff{i} Gesellschaft" for i in range(N)], "text"),
    "Chinese": ([f"这是第一个句子没有空格{chr(0x4E00 + i)}" for i in range(N)], "text"),
    "repeated phrases": (column("this is one", "this is another"), "tabular"),
    "moments": ([f"2024-01-01 10:00:{i:02}.123456" for i in range(N)], "tabular"),
    "words": ([f"word{i}" for i in range(N)], "tabular"),
    "nothing": (column(""), "tabular"),
}


@pytest.mark.parametrize("case", PROSE)
def test_texts_are_told_from_tables(case: str) -> None:
    cells, modality = PROSE[case]
    roles = guess(*in_memory({"x": column(1, 2, 3), "t": cells, "label": column("a", "b")}))
    assert roles.modality == modality
    assert roles.features == (("t",) if modality == "text" else ("x", "t"))


def test_a_name_among_many_columns_does_not_make_a_table_a_text() -> None:
    names: list[object] = [f"Braund, Mr. Owen {i}" for i in range(N)]
    others = {f"x{i}": column(*range(i + 2)) for i in range(5)}
    assert guess(*in_memory({"survived": column(0, 1), "name": names, **others})).modality == "tabular"


@pytest.mark.parametrize(
    ("name", "is_id"),
    [
        ("id", True),
        ("UUID", True),
        ("user_id", True),
        ("userId", True),
        ("index", True),
        ("acid", False),
        ("paid", False),
    ],
)
def test_an_id_column_is_suggested_by_name_and_content(name: str, is_id: bool) -> None:
    columns = {name: list(range(N)), "x": column(1, 2, 3), "label": column("a", "b")}
    assert guess(*in_memory(columns)).id == (name if is_id else None)
    columns[name] = column(1, 2)
    assert guess(*in_memory(columns)).id is None
