"""One tag per token."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import tagged

from labelaudit.audit import audit
from labelaudit.blocks import Parts
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.given import Given
from labelaudit.labels import decode
from labelaudit.load import load, to_bytes
from labelaudit.result import Audit
from labelaudit.tasks import TASKS

TOKEN = TASKS["token"]


def with_tags(dataset: Dataset, changes: dict[int, str]) -> Dataset:
    values = dataset.label_values()
    for unit, tag in changes.items():
        values[unit] = tag
    return dataset.with_labels(values)


@pytest.fixture(scope="module")
def entities() -> Audit:
    """Ann ends too early, Oslo is a person, Smith has no beginning; and a sentence without tokens."""
    made = tagged.entities()
    wrong = with_tags(made, {1: "O", 10: "B-PER", 11: "I-PER", 12: "O"})
    empty = tagged.dataset([[]], [[]])
    return audit(replace(wrong, table=pa.concat_tables([wrong.table, empty.table])))


def test_planted_tags_are_found_and_only_where_they_are(entities: Audit) -> None:
    rows = entities.label_issues
    worst = rows["score"].nsmallest(4).index.tolist()
    assert set(worst) == {1, 10, 11, 12}
    assert rows.loc[[1, 10, 11, 12], "is_issue"].all()
    assert [decode(text) for text in rows.loc[[1, 10, 11, 12], "suggested"]] == ["I-PER", "B-LOC", "I-LOC", "B-PER"]


def test_why_holds_where_the_same_is_tagged_otherwise(entities: Audit) -> None:
    said = entities.label_issues["evidence"].iloc[10]
    assert "“New” after “in” is B-LOC" in " ".join(said) or "“New” after “in” and before" in " ".join(said)


def test_entities_that_differ_and_tags_out_of_order_are_issues_of_their_own(entities: Audit) -> None:
    found = entities.issues[entities.issues["issue"] != "label"]
    differs = found[found["issue"] == "entity"]
    assert differs[["id", "part"]].values.tolist() == [[0, "t1"], [1, "t4"], [2, "t0"]]  # the suspects themselves
    told = [reasons[0] for reasons in differs["evidence"]]
    assert any("is given, and the model sees PER" in reason and "other borders" in reason for reason in told)
    assert any("PER “New" in reason and reason.endswith("other type") for reason in told)
    order = found[found["issue"] == "tag_order"]
    assert order[["id", "part"]].values.tolist() == [[2, "t1"]]
    assert order["evidence"].iloc[0] == ["I-PER follows no B- or I- of its type"]


def test_figures_hold_entity_f1_only_where_there_are_entities(entities: Audit) -> None:
    figures = TOKEN.metrics(entities)
    assert 0.9 < figures["entity_f1"] < 1
    assert 0.9 < figures["agreement"] < 1
    assert 0.9 < figures["macro_f1"] < 1
    assert "entity_f1" not in TOKEN.metrics(audit(tagged.parts_of_speech()))


def test_the_view_is_the_sentence_with_its_suspects(entities: Audit) -> None:
    sentence = TOKEN.view(entities, 11)[0]
    assert isinstance(sentence, Parts)
    assert [part.name for part in sentence.parts][:2] == [TOKEN.part_name(entities, 6), "Smith"]
    assert sentence.here == 11
    assert [part.at for part in sentence.parts if part.flagged] == [10, 11]
    assert not sentence.toggles


def test_a_long_sentence_is_shown_around_the_token() -> None:
    words = ["dog", "sees"] * 500
    made = tagged.dataset([words] * 5, [["NOUN", "VERB"] * 500] * 5)
    found = audit(with_tags(made, {1700: "VERB"}))
    sentence = TOKEN.view(found, 1700)[0]
    assert isinstance(sentence, Parts)
    assert len(sentence.parts) == 400
    assert 1700 in [part.at for part in sentence.parts]
    assert sentence.title == "600 more tokens before and after"


def test_a_tag_that_never_occurs_can_be_decided_on(tmp_path: Path) -> None:
    made = tagged.parts_of_speech(12)
    values = TOKEN.apply(made, _decided("0", "t1", '"NUM"'))
    changed = made.with_labels(values)
    assert "NUM" in changed.classes
    assert (np.array(changed.label_values()) != np.array(made.label_values())).sum() == 1
    assert b'"NUM"' in to_bytes(changed, "jsonl")


def _decided(id_: str, part: str, after: str):  # type: ignore[no-untyped-def]
    from labelaudit.review import Decision, effective

    return effective([Decision(actor="me", action="set", id=id_, part=part, after=after, fingerprint="")])


def test_sentences_of_one_document_share_a_fold() -> None:
    made = tagged.parts_of_speech(40)
    documents = [str(n // 4) for n in range(40)]
    table = made.table.append_column("document", [documents])
    found = audit(replace(made, table=table, group_column="document"), AuditConfig(checks=False))
    fold = found.outputs["fold"]
    assert len(fold) == len(made.units)
    of_document = fold.reshape(10, -1)
    assert (of_document == of_document[:, :1]).all()


def test_probabilities_of_sentences_and_features_are_refused_in_one_sentence() -> None:
    made = tagged.parts_of_speech(12)
    of_sentences = Given(pred_probs=np.full((12, 4), 0.25, np.float32), classes=made.classes)
    with pytest.raises(BadInput, match=r"needs probabilities of the shape \(72, 4\), and what you bring has \(12, 4\)"):
        audit(replace(made, given=of_sentences))
    with pytest.raises(BadInput, match="features of tokens can't be brought, only their probabilities"):
        audit(replace(made, given=Given(features=np.ones((12, 4), np.float32))))


def test_real_errors_are_found_better_than_by_the_tutorial(shared_data: Path) -> None:
    """The tutorial's average precision was .092 to .095; the issue asks for 1.2 times that."""
    from sklearn.metrics import average_precision_score

    made = load(shared_data / "tokens" / "ud_ewt_dev_r2.2_vs_2025.csv", task="token", label="given_upos_r2.2")
    wrong = np.array([cell == "1" for cells in made.table["is_error"].to_pylist() for cell in cells])
    found = audit(made, AuditConfig(checks=False))
    assert average_precision_score(wrong, -found.label_issues["score"].to_numpy()) > 1.2 * 0.095
    assert average_precision_score(wrong, -found.scores["elsewhere"].to_numpy()) > 0.1
