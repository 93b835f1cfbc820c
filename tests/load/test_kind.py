"""Which kind of label a table is taken for; and what is not taken for another kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from labelaudit.dataset import Source
from labelaudit.load import guess_task, load

WORDS = ["parcel late again", "the price is fine", "nobody answers calls", "broken on arrival", "great, thank you all"]
N = 60


def table(**columns: Any) -> pa.Table:
    return pa.table(columns)


def texts() -> list[str]:
    return [f"{WORDS[n % 5]} and more about order {n}" for n in range(N)]


def sentences() -> list[str]:
    return [f"{text}, {text[::-1]}" for text in texts()]


def each(*values: Any, n: int = N) -> list[Any]:
    return [values[k % len(values)] for k in range(n)]


def measured(seed: int = 0) -> list[float]:
    return np.random.default_rng(seed).normal(50, 9, N).round(3).tolist()


KINDS = {
    "lists of tokens and tags": (table(tokens=[["a", "b"]] * N, ner_tags=[["O", "O"]] * N), "token"),
    "a row per token": (
        table(sentence_id=[n // 3 for n in range(N)], word=each("a", "b"), tag=each("O", "X")),
        "token",
    ),
    "a list of labels": (table(text=texts(), labels=[["a"], ["a", "b"], []] * 20), "multilabel"),
    "labels with a separator": (table(text=texts(), tags=each("late, price", "price", "late, calls")), "multilabel"),
    "one name under a plural": (table(text=texts(), tags=each("late", "price", "calls")), "classification"),
    "sentences under a plural": (
        table(text=texts(), topics=sentences(), label=each("x", "y")),
        "classification",
    ),
    "texts beside 0 and 1": (table(comment_text=texts(), toxic=each(0, 1), insult=each(0, 0, 1)), "multilabel"),
    "texts beside no and yes": (table(text=texts(), a=each("no", "yes"), b=each("yes", "no")), "multilabel"),
    "texts beside one 0 and 1": (table(text=texts(), toxic=each(0, 1)), "classification"),
    "a label beside a flag": (table(text=texts(), label=each(0, 1), seen=each(1, 0, 0)), "classification"),
    "a table with flags": (table(x=measured(), smoker=each(0, 1), died=each(0, 0, 1)), "classification"),
    "a row per rating": (
        table(WorkerId=each(*"uvw"), HITId=each(*"abcd"), Answer=each(*"xy")),
        "multiannotator",
    ),
    "a column per rater": (table(text=texts(), rater1=each("x", "y"), rater2=each("x", "y", "y")), "multiannotator"),
    "one rater for all": (table(text=texts(), annotator=["u"] * N, label=each("x", "y")), "classification"),
    "a measured last column": (
        table(size=measured(), year=list(range(1950, 1950 + N)), value=measured(1)),
        "regression",
    ),
    "a measured label": (table(label=measured(), colour=each("red", "blue"), size=measured(1)), "regression"),
    "grades": (table(size=measured(), grade=each(1, 2, 3, 4)), "classification"),
    "a class before a measure": (table(species=each("a", "b"), size=measured()), "classification"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_of_label_is_guessed_where_the_columns_make_it_plain(kind: str) -> None:
    made, task = KINDS[kind]
    assert guess_task(made, Source("jsonl")) == task


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_guessed_can_be_loaded(kind: str) -> None:
    made, task = KINDS[kind]
    assert load((made, Source("jsonl"))).task == task


NAMED = {
    "counts": ({"size": measured(), "count": [n * n for n in range(N)]}, "count", "classification"),
    "very many counts": ({"n": each(1.5, 2.5, 3, n=300), "count": [n * n for n in range(300)]}, "count", "regression"),
    "running numbers": (
        {"n": [f"{n % 7} x" for n in range(600)], "k": each(*range(300), n=600)},
        "k",
        "classification",
    ),
    "a list": ({"text": texts(), "what": [["a"], ["a", "b"], []] * 20}, "what", "multilabel"),
    "one of several": ({"text": texts(), "toxic": each(0, 1), "insult": each(0, 0, 1)}, "toxic", "classification"),
    "all of several": ({"x": measured(), "a": each(0, 1), "b": each(0, 0, 1)}, ("a", "b"), "multilabel"),
    "money": ({"city": each("Rome", "Oslo"), "paid": [f"€ {v:,.2f}" for v in measured()]}, "paid", "regression"),
}


@pytest.mark.parametrize("kind", NAMED)
def test_a_label_that_is_named_says_its_kind(kind: str) -> None:
    columns, label, task = NAMED[kind]
    assert guess_task(table(**columns), Source("jsonl"), [label] if isinstance(label, str) else label) == task
    assert load((table(**columns), Source("jsonl")), label=label).task == task


def test_words_of_digits_are_text_where_the_column_says_so() -> None:
    coded = [f"w{n % 7} w{n} w{n + 1}" for n in range(N)]
    assert load(table(text=coded, label=each("x", "y"))).modality == "text"
    with pytest.raises(Exception, match="identifies the rows"):
        load(table(part=coded, label=each("x", "y")))


def test_dates_are_no_classes() -> None:
    made = table(size=measured(), shop=each("north", "south"), day=each("2024-01-05", "2024-01-06"))
    assert load(made).label_columns == ("shop",)
