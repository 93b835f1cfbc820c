"""The export: what is not decided stays as it was, to the byte, and the record says what changed."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.artefacts import ARTEFACTS, bundle
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset, Source
from labelaudit.errors import BadInput
from labelaudit.export import Handover, diff, export
from labelaudit.labels import encode
from labelaudit.load import TABLES, read, to_bytes
from labelaudit.result import Audit
from labelaudit.review import Decision, DecisionLog, effective, read_jsonl

LABELS = ["cat", "dog", "cat", None, "bird"]
TYPED = pa.table(
    {
        "size": pa.array([1, 2, None, 4, 5], pa.int64()),
        "species": pa.array(LABELS),
        "weight": pa.array([0.5, 1e-7, 3.25, None, -2.0]),
        "note": pa.array(["=1+1", 'a "quoted", one', "two\nlines", "", "plain"]),
        "tame": pa.array([True, False, None, True, True]),
    }
)


def as_text(table: pa.Table) -> pa.Table:
    return pa.table({name: [str(v or "") for v in table[name].to_pylist()] for name in table.column_names})


def dataset_of(format: str, table: pa.Table | None = None, **more: Any) -> Dataset:
    if table is None:
        table = as_text(TYPED) if format in ("csv", "tsv") else TYPED
    roles: dict[str, Any] = {"label_columns": ("species",), "feature_columns": ("size", "weight")}
    return Dataset("pets", table, **roles, source=Source(format), **more)


@pytest.fixture
def pets() -> Dataset:
    return dataset_of("parquet")


def decide(dataset: Dataset, id: object, action: str, after: str | None = None, **more: Any) -> Decision:
    fields = {"actor": "me", "batch": str(id), "fingerprint": dataset.data_fingerprint, **more}
    return Decision(action=action, id=str(id), after=encode(after), **fields)


def labels(dataset: Dataset) -> list[Any]:
    return list(dataset.table["species"].to_pylist())


# -- the data -------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", TABLES)
def test_no_decisions_give_the_file_that_came_in(format: str, tmp_path: Path) -> None:
    path = tmp_path / f"pets.{format}"
    path.write_bytes(to_bytes(dataset_of(format)))
    table, source = read(path)
    dataset = replace(dataset_of(format, table), source=source)
    exported = export(dataset, [])
    assert exported.table.equals(table, check_metadata=True)
    if format == "xlsx":  # a ZIP with the time in it
        path.write_bytes(to_bytes(exported))
        assert read(path)[0].equals(table)
    else:
        assert to_bytes(exported) == path.read_bytes()


@pytest.mark.parametrize("format", TABLES)
def test_only_the_decided_cells_and_rows_change(format: str, tmp_path: Path) -> None:
    before = dataset_of(format)
    decisions = [
        decide(before, 0, "set", "dog"),
        decide(before, 1, "exclude"),
        decide(before, 2, "keep"),
        decide(before, 4, "skip"),
    ]
    path = tmp_path / f"cleaned.{format}"
    path.write_bytes(to_bytes(export(before, decisions)))
    table, _ = read(path)
    expected = before.table.take([0, 2, 3, 4])
    assert table.column_names == expected.column_names
    assert table["species"].to_pylist() == ["dog", *expected["species"].to_pylist()[1:]]
    path.write_bytes(to_bytes(replace(before, table=expected)))
    assert table.drop_columns("species").equals(read(path)[0].drop_columns("species"))


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())],
    ids=str,
)
def test_column_types_and_schema_metadata_survive_a_new_label(kind: pa.DataType) -> None:
    table = TYPED.set_column(1, pa.field("species", kind), TYPED["species"].cast(kind))
    table = table.replace_schema_metadata({"made": "by hand"})
    dataset = dataset_of("parquet", table)
    cleaned = export(dataset, [decide(dataset, 1, "set", "bird")])
    assert cleaned.table.schema.equals(table.schema, check_metadata=True)
    assert labels(cleaned) == ["cat", "bird", "cat", None, "bird"]


def test_metadata_of_the_label_column_survive_a_new_label() -> None:
    field = pa.field("species", pa.string(), metadata={"PARQUET:field_id": "2"})
    dataset = dataset_of("parquet", TYPED.set_column(1, field, TYPED["species"]))
    cleaned = export(dataset, [decide(dataset, 1, "set", "bird")])
    assert cleaned.table.schema.equals(dataset.table.schema, check_metadata=True)


def test_a_row_without_a_label_gets_one(pets: Dataset) -> None:
    assert labels(export(pets, [decide(pets, 3, "set", "dog")]))[3] == "dog"


def test_ids_of_a_column_are_used(pets: Dataset) -> None:
    table = pets.table.append_column("name", pa.array(["e", "d", "c", "b", "a"]))
    dataset = replace(pets, table=table, id_column="name")
    assert labels(export(dataset, [decide(dataset, "a", "set", "cat")]))[4] == "cat"


def test_original_label_stands_beside_the_new_one(pets: Dataset) -> None:
    decisions = [decide(pets, 0, "set", "dog"), decide(pets, 1, "exclude")]
    cleaned = export(pets, decisions, keep_original=True)
    names = ["size", "species", "species_original", "weight", "note", "tame"]
    assert cleaned.table.column_names == names
    assert cleaned.table["species_original"].to_pylist() == ["cat", "cat", None, "bird"]
    assert cleaned.table.schema.field("species_original").type == pets.table.schema.field("species").type


def test_undo_restores_the_input(pets: Dataset, tmp_path: Path) -> None:
    log = DecisionLog(f"sqlite:///{tmp_path / 'd.db'}")
    log.append([decide(pets, 0, "set", "dog"), decide(pets, 1, "exclude")])
    assert len(export(pets, log.read(pets.data_fingerprint))) == 4
    while log.undo(pets.data_fingerprint, "me"):
        pass
    assert export(pets, log.read(pets.data_fingerprint)).table is pets.table


@pytest.mark.parametrize("rows", [np.array([4, 1]), np.array([False, True, False, False, True])])
def test_a_selection_keeps_the_order_of_the_data(pets: Dataset, rows: np.ndarray) -> None:
    assert labels(export(pets, [decide(pets, 1, "set", "cat")], rows=rows)) == ["cat", "bird"]


def test_decided_only_leaves_out_what_was_skipped_or_never_seen(pets: Dataset) -> None:
    decisions = [decide(pets, 0, "set", "dog"), decide(pets, 1, "skip"), decide(pets, 2, "keep")]
    cleaned = export(pets, decisions, decided_only=True)
    assert cleaned.table["size"].to_pylist() == [1, None]
    assert labels(cleaned) == ["dog", "cat"]


steps = st.tuples(
    st.integers(0, 4), st.sampled_from(["set", "keep", "exclude", "skip"]), st.sampled_from(["cat", "dog", "new"])
)


@given(st.lists(steps, max_size=12), st.none() | st.sets(st.integers(0, 4)), st.booleans())
def test_export_is_what_a_person_with_a_pencil_would_do(
    steps: list[tuple[int, str, str]], rows: set[int] | None, decided_only: bool
) -> None:
    dataset = dataset_of("parquet")
    decisions = [decide(dataset, id_, action, after, batch="b") for id_, action, after in steps]
    last = {id_: (action, after) for id_, action, after in steps}
    expected = []
    for row, label in enumerate(LABELS):
        action, after = last.get(row, ("skip", ""))
        if (rows is None or row in rows) and action != "exclude" and not (decided_only and action == "skip"):
            expected.append((row + 1 if row != 2 else None, after if action == "set" else label))
    chosen = None if rows is None else np.array(sorted(rows), dtype=np.int64)
    if not expected:
        with pytest.raises(BadInput, match="no row of pets would be left"):
            export(dataset, decisions, rows=chosen, decided_only=decided_only)
        return
    cleaned = export(dataset, decisions, rows=chosen, decided_only=decided_only)
    assert list(zip(cleaned.table["size"].to_pylist(), labels(cleaned), strict=True)) == expected


def test_unknown_ids_are_counted_and_the_first_is_named(pets: Dataset) -> None:
    decisions = [decide(pets, 77, "keep"), decide(pets, 0, "keep"), decide(pets, "x", "exclude")]
    with pytest.raises(BadInput, match=r"2 decided ids are not in 'pets' \(the first is '77'\)"):
        export(pets, decisions)


def test_decisions_on_other_data_are_refused(pets: Dataset) -> None:
    with pytest.raises(BadInput, match=r"on id '0' was made for other data than 'pets' \(another file, or this"):
        export(pets, [decide(pets, 0, "keep", fingerprint="other")])


def test_decisions_without_a_fingerprint_are_taken(pets: Dataset) -> None:
    assert len(export(pets, [decide(pets, 0, "exclude", fingerprint="")])) == 4


def test_a_label_that_does_not_fit_the_column_is_refused() -> None:
    dataset = replace(dataset_of("parquet"), label_columns=("size",), feature_columns=("weight",))
    with pytest.raises(BadInput, match="does not fit column 'size' of type int64"):
        export(dataset, [decide(dataset, 0, "set", "big")])


def test_a_second_column_of_originals_is_refused(pets: Dataset) -> None:
    once = export(pets, [], keep_original=True)
    with pytest.raises(BadInput, match="already has a column 'species_original'; rename it"):
        export(once, [], keep_original=True)


# -- the record -----------------------------------------------------------------------------------


@pytest.fixture
def decisions(pets: Dataset) -> list[Decision]:
    return [
        decide(pets, 4, "exclude", reason="=no bird", time="2026-01-01T00:00:02+00:00"),
        decide(pets, 0, "set", "dog", time="2026-01-01T00:00:01+00:00", actor="rule: r"),
        decide(pets, 1, "set", "dog"),
        decide(pets, 2, "skip"),
    ]


@pytest.fixture
def audit(pets: Dataset) -> Audit:
    issues = pd.DataFrame(
        {
            "id": pets.ids,
            "part": "",
            "issue": "label",
            "score": [0.1, 0.9, 0.8, 1.0, 0.2],
            "is_issue": [True, False, False, False, True],
            "given": pd.Series([encode(label) for label in LABELS], dtype=object),
            "suggested": pd.Series(['"dog"', None, None, None, '"cat"'], dtype=object),
            "related": None,
            "cluster": pd.array([None] * 5, dtype="Int64"),
            "evidence": [["=model"], [], [], [], []],
        }
    )
    provenance = {"path": "/home/me/pets.csv", "demo": "pets"}
    manifest = {
        "labelaudit": "0.1.0",
        "created": "2026-01-01T00:00:00+00:00",
        "dataset": {"name": "pets", "data_fingerprint": pets.data_fingerprint, "provenance": provenance},
        "config": AuditConfig(seed=3).model_dump(),
        "versions": {"python": "3.11"},
        **dict.fromkeys(("resolved", "seconds", "timings", "counts", "health", "sampled")),
    }
    empty = pd.DataFrame()
    return Audit(pets, AuditConfig(), issues, empty, empty, {"rows": np.arange(5)}, None, manifest)


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def made(name: str, handover: Handover) -> bytes:
    return ARTEFACTS[name].make(handover)


def test_diff_lists_real_changes_in_the_order_of_the_data(pets: Dataset, decisions: list[Decision]) -> None:
    assert diff(pets, decisions).to_dict("records") == [
        {"id": 0, "part": "", "row": 0, "change": "relabelled", "before": "cat", "after": "dog"},
        {"id": 4, "part": "", "row": 4, "change": "removed", "before": "bird", "after": None},
    ]


def test_diff_of_nothing_is_empty(pets: Dataset) -> None:
    assert diff(pets, []).columns.tolist() == ["id", "part", "row", "change", "before", "after"]
    assert diff(pets, []).empty


def test_diff_agrees_with_export(pets: Dataset, decisions: list[Decision]) -> None:
    cleaned = export(pets, decisions, keep_original=True).table
    relabelled = cleaned.filter(pa.compute.not_equal(cleaned["species"], cleaned["species_original"]))
    assert relabelled.num_rows == (diff(pets, decisions)["change"] == "relabelled").sum()
    assert len(pets) - cleaned.num_rows == (diff(pets, decisions)["change"] == "removed").sum()


def test_counts_add_up(audit: Audit, decisions: list[Decision]) -> None:
    counts = Handover(audit, decisions).counts()
    one = dict.fromkeys(("relabelled", "removed", "kept", "skipped", "undecided"), 1)
    assert counts == {"rows": 5, "labels": 5, "renamed": 0, "ambiguous": 0, **one}


def test_ambiguous_rows_are_counted_apart_and_left_out_on_demand(audit: Audit, decisions: list[Decision]) -> None:
    doubtful = [*decisions, decide(audit.dataset, 1, "ambiguous", time="2026-01-02")]
    kept, left_out = (Handover(audit, doubtful, without_ambiguous=out) for out in (False, True))
    assert kept.counts() == left_out.counts()
    assert kept.counts()["ambiguous"] == 1
    assert sum(kept.counts().values()) - kept.counts()["rows"] - kept.counts()["labels"] == 5
    assert labels(left_out.cleaned) == [
        label for row, label in enumerate(labels(Handover(audit, doubtful[:-1]).cleaned)) if row != 1
    ]
    assert [row["id"] for row in rows_of(made("removed", left_out))] == ["1", "4"]
    assert [row["id"] for row in rows_of(made("removed", kept))] == ["4"]
    assert export(audit.dataset, doubtful, without_ambiguous=True).table.equals(left_out.cleaned.table)


def test_tags_make_a_column_on_demand(pets: Dataset) -> None:
    tagged = [decide(pets, 1, "tag", ["duplicate_near", "<i>"]), decide(pets, 2, "tag", []), decide(pets, 0, "exclude")]
    cleaned = export(pets, tagged, with_tags=True)
    assert cleaned.table["tags"].to_pylist() == ["duplicate_near, <i>", "", "", ""]
    assert "tags" not in export(pets, tagged).table.column_names
    with pytest.raises(BadInput, match="already has a column 'tags'"):
        export(
            replace(pets, table=pets.table.rename_columns(["size", "species", "weight", "tags", "tame"])),
            [],
            with_tags=True,
        )


def test_the_audit_trail_has_second_opinions_tags_and_every_field(audit: Audit) -> None:
    trail = [
        decide(audit.dataset, 0, "keep", stage="second", run="r", comment="c" * 10_000, key="k1", reason="<b>"),
        decide(audit.dataset, 1, "tag", ["ambiguous_class"], key="k2"),
    ]
    written = [json.loads(line) for line in made("decisions", Handover(audit, trail)).splitlines()]
    assert [Decision(**line) for line in written] == trail
    told = json.loads(made("manifest", Handover(audit, trail)))["decisions"]
    assert (told["second_opinions"], told["tagged"]) == (1, 1)


def test_removal_list_and_relabel_map_say_who_and_why(audit: Audit, decisions: list[Decision]) -> None:
    handover = Handover(audit, decisions)
    assert rows_of(made("removed", handover)) == [
        {"id": "4", "row": "4", "given": "bird", "actor": "me", "reason": "=no bird"}
    ]
    (relabelled,) = rows_of(made("relabelled", handover))
    assert relabelled.pop("time") == "2026-01-01T00:00:01+00:00"
    assert relabelled == {"id": "0", "row": "0", "before": "cat", "after": "dog", "actor": "rule: r"}


def test_issue_table_is_the_same_in_both_formats(audit: Audit, tmp_path: Path) -> None:
    handover = Handover(audit, [])
    (tmp_path / "i.parquet").write_bytes(made("issues", handover))
    stored = pd.read_parquet(tmp_path / "i.parquet")
    assert stored["suggested"].isna().tolist() == [False, True, True, True, False]
    as_csv = rows_of(made("issues_csv", handover))
    assert [row["score"] for row in as_csv] == [str(score) for score in stored["score"]]
    assert as_csv[0]["given"] == '"cat"'


def test_lists_keep_to_the_selection(audit: Audit, decisions: list[Decision]) -> None:
    handover = Handover(audit, decisions, rows=np.array([0, 1]))
    assert len(rows_of(made("issues_csv", handover))) == 2
    assert rows_of(made("removed", handover)) == []
    assert handover.counts()["rows"] == 2
    assert len(made("decisions", handover).splitlines()) == len(decisions)


def test_decisions_can_be_read_back(audit: Audit, decisions: list[Decision], tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_bytes(made("decisions", Handover(audit, decisions)))
    assert read_jsonl(tmp_path / "d.jsonl") == decisions
    pd.testing.assert_frame_equal(effective(read_jsonl(tmp_path / "d.jsonl")), effective(decisions))


def test_spreadsheet_safe_neutralises_formulas_in_csv_and_nowhere_else(audit: Audit, decisions: list[Decision]) -> None:
    safe = Handover(audit, decisions, spreadsheet_safe=True, format="csv")
    exact = replace(safe, spreadsheet_safe=False)
    assert rows_of(made("removed", safe))[0]["reason"] == "'=no bird"
    assert rows_of(made("removed", exact))[0]["reason"] == "=no bird"
    assert rows_of(made("cleaned", safe))[0]["note"] == "'=1+1"
    assert rows_of(made("cleaned", exact))[0]["note"] == "=1+1"
    assert made("issues", safe) == made("issues", exact)


def test_manifest_holds_hashes_choices_counts_and_times(audit: Audit, decisions: list[Decision]) -> None:
    handover = Handover(audit, decisions)
    manifest = json.loads(made("manifest", handover))
    assert manifest["input"]["provenance"] == {"demo": "pets"}  # where the file lay on this machine is left out
    assert manifest["input"]["data_fingerprint"] == audit.dataset.data_fingerprint
    assert manifest["cleaned"]["sha256"] == sha256(made("cleaned", handover)).hexdigest()
    assert manifest["cleaned"]["data_fingerprint"] == handover.cleaned.data_fingerprint
    assert manifest["audit"]["config"]["seed"] == 3
    assert manifest["counts"] == handover.counts()
    assert manifest["decisions"] == {
        "logged": 4,
        "in_force": 4,
        "second_opinions": 0,
        "tagged": 0,
        "actors": ["me", "rule: r"],
        "first": "2026-01-01T00:00:01+00:00",
        "last": "2026-01-01T00:00:02+00:00",
    }
    assert manifest["versions"] == {"labelaudit": "0.1.0", "python": "3.11"}


def test_bundle_holds_every_artefact_and_is_the_same_every_time(audit: Audit, decisions: list[Decision]) -> None:
    handover = Handover(audit, decisions)
    data = bundle(handover)
    assert data == bundle(Handover(audit, decisions))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == [artefact.filename(handover) for artefact in ARTEFACTS.values()]
        for artefact in ARTEFACTS.values():
            assert archive.read(artefact.filename(handover)) == artefact.make(handover)


@pytest.mark.parametrize(("name", "file"), [("my/../pets 2", "my_.._pets_2_cleaned.csv"), ("...", "data_cleaned.csv")])
def test_file_name_is_safe(audit: Audit, name: str, file: str) -> None:
    assert Handover(replace(audit, dataset=replace(audit.dataset, name=name)), [], format="csv").filename == file
