"""What is selected, in the address and out of it."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import made
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from issued import issued

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.decisions import tags_of
from labelaudit.drawing import (
    CORE,
    NO_LABEL,
    NOTHING,
    OTHER,
    density,
    drawn,
    largest_clusters,
    on_the_map,
    outlines,
)
from labelaudit.errors import BadInput
from labelaudit.labels import encode
from labelaudit.result import Audit
from labelaudit.review import Decision, effective
from labelaudit.selection import (
    STATUSES,
    Selection,
    cell,
    issue_scores,
    points,
    selected,
    with_decisions,
)
from labelaudit.tasks import TASKS

LABELS = st.one_of(st.text(), st.integers(), st.booleans()).map(encode)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
SELECTIONS = st.builds(
    Selection,
    suspects=st.booleans(),
    given=st.none() | LABELS,
    suggested=st.none() | LABELS,
    either=st.none() | LABELS,
    cluster=st.none() | st.integers(0, 10_000),
    box=st.none() | st.tuples(FINITE, FINITE, FINITE, FINITE),
    search=st.text(),
    score_below=st.none() | FINITE,
    issue=st.sampled_from(["", "near_duplicate", "*"]),
    map=st.none() | st.tuples(FINITE, FINITE, FINITE, FINITE),
    score_from=st.none() | FINITE,
    detectors=st.integers(0, 9),
    outvoted=st.booleans(),
    status=st.sampled_from(["", *STATUSES]),
    tag=st.text(),
    reviewer=st.text(),
    ids=st.lists(st.text(), max_size=3).map(tuple),
)


@pytest.fixture(scope="module")
def audited() -> Audit:
    """Two classes that are taken for each other, so that suspects cluster; some rows without a label."""
    clean = made.with_column(made.table(n=300), "note", [f"Row {n}, 50% (ÄB)" for n in range(300)])
    dataset, _ = TASKS[clean.task].plant(
        clean, 0.2, "confusable", seed=0, confident_joint=made.joint(3, [(1, 0, 50), (0, 1, 50)])
    )
    dataset = made.relabelled(dataset, {3: None, 50: None})
    return audit(made.with_column(dataset, "key", [f"k{n}" for n in range(300)], id_column="key"))


@pytest.fixture(scope="module")
def table(audited: Audit) -> pd.DataFrame:
    return points(audited)


# -- in the address -----------------------------------------------------------------------------------


@given(SELECTIONS)
def test_selection_survives_the_address(selection: Selection) -> None:
    text = selection.to_text()
    assert Selection.from_text(text) == selection
    assert bool(text) == bool(selection)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "{",
        "[]",
        '{"cluster": "many"}',
        '{"given": "cat"}',
        '{"either": "{"}',
        '{"box": [1, 2]}',
        '{"suspects": 7}',
        '{"status": "odd"}',
        '{"detectors": "two"}',
        '{"ids": 7}',
    ],
)
def test_address_changed_by_hand_is_one_sentence(text: str) -> None:
    with pytest.raises(BadInput, match="selection in the address"):
        Selection.from_text(text)


@given(SELECTIONS)
def test_dropping_every_chip_selects_everything(selection: Selection) -> None:
    for name, shown in selection.chips():
        assert shown
        selection = selection.without(name)
    assert selection == Selection()
    assert not selection


def test_chips_say_what_is_on() -> None:
    on = Selection(
        suspects=True, given='"cat"', suggested="1", either="true", cluster=0, score_below=0.25, search="a b"
    )
    assert [shown for _, shown in on.chips()] == [
        "suspects only",
        "given cat",
        "suggested 1",
        "class true",
        "cluster 1",
        "contains “a b”",
        "score < 0.25",
    ]
    assert "0.10–0.50" in Selection(box=(0.1, 0.5, 0, 1)).chips()[0][1]


# -- on the data --------------------------------------------------------------------------------------


def test_points_are_the_label_rows_with_their_place_in_the_plane(audited: Audit, table: pd.DataFrame) -> None:
    assert table["id"].tolist() == audited.dataset.ids.tolist()
    assert table["row"].tolist() == list(range(300))
    labelled = audited.codes >= 0
    assert table["x"].isna().tolist() == (~labelled).tolist()
    self_confidence = audited.scores["self_confidence"]
    np.testing.assert_allclose(table["x"][labelled], self_confidence[labelled])
    margin = (table["x"] - table["y"] + 1) / 2
    np.testing.assert_allclose(margin[labelled], audited.scores["normalized_margin"][labelled], atol=1e-6)
    assert (table["cluster"] >= -1).all()


def expected(table: pd.DataFrame, rows: Any) -> list[int]:
    return table.index[rows].tolist()


FIRST, SECOND = '"class 0"', '"class 1"'


@pytest.mark.parametrize(
    ("selection", "keeps"),
    [
        (Selection(), lambda t: t["id"].notna()),
        (Selection(suspects=True), lambda t: t["is_issue"]),
        (Selection(given=FIRST), lambda t: t["given"] == FIRST),
        (Selection(suggested=SECOND), lambda t: t["suggested"] == SECOND),
        (Selection(either=FIRST), lambda t: (t["given"] == FIRST) | (t["suggested"] == FIRST)),
        (Selection(cluster=0), lambda t: t["cluster"] == 0),
        (
            Selection(box=(0.1, 0.6, 0.2, 0.9)),
            lambda t: t["x"].between(0.1, 0.6) & t["y"].between(0.2, 0.9),
        ),
        (Selection(score_below=0.5), lambda t: t["score"] < 0.5),
        (Selection(score_from=0.2, score_below=0.5), lambda t: (t["score"] >= 0.2) & (t["score"] < 0.5)),
        (Selection(ids=("k3", "k299", "none")), lambda t: t["id"].isin(["k3", "k299"])),
        (Selection(unlabelled=True), lambda t: t["given"].isna()),
        (Selection(suspects=True, given=FIRST), lambda t: t["is_issue"] & (t["given"] == FIRST)),
    ],
    ids=lambda value: value.to_text() if isinstance(value, Selection) else "",
)
def test_filter_keeps_its_examples(audited: Audit, table: pd.DataFrame, selection: Selection, keeps: Any) -> None:
    found = expected(table, selected(audited, table, selection))
    assert found == expected(table, keeps(table))
    assert found


def test_every_filter_is_tested() -> None:
    names = {"suspects", "given", "suggested", "either", "cluster", "box", "search", "score_below", "unlabelled"}
    names |= {"issue", "map", "score_from", "detectors", "outvoted", "status", "tag", "reviewer", "ids"}
    names |= {"part", "annotator"}  # of the tasks that have them, in tests/tasks
    assert {field.name for field in fields(Selection)} == names


def test_at_least_so_many_detectors_agree(audited: Audit, table: pd.DataFrame) -> None:
    counts = [selected(audited, table, Selection(detectors=n)).sum() for n in range(1, 9)]
    assert counts[0] == (audited.agreeing > 0).sum() > 0
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 0
    assert selected(audited, table, Selection(outvoted=True)).tolist() == audited.outvoted.tolist()


def test_what_was_decided_by_whom_and_tagged_selects(audited: Audit, table: pd.DataFrame) -> None:
    suspects = table["id"][table["is_issue"]].tolist()
    log = [decide(suspects[0], "set", "another"), decide(suspects[1], "keep"), decide(suspects[2], "skip")]
    log += [
        replace(decide(suspects[3], "exclude"), actor="ann"),
        decide(suspects[4], "ambiguous"),
        decide(suspects[5], "tag", ["keep", "own"]),
        decide(suspects[6], "tag", ["own"]),
        decide("gone", "tag", ["own"]),
    ]
    decided = with_decisions(audited, table, effective(log))

    def found(**filters: Any) -> list[str]:
        return table["id"][selected(audited, decided, Selection(**filters), tags=tags_of(log))].tolist()

    expected = {"error": 0, "kept": 1, "skipped": 2, "excluded": 3, "ambiguous": 4}
    assert {status: found(status=status) for status in expected} == {s: [suspects[n]] for s, n in expected.items()}
    assert found(status="suspect") == suspects[5:]
    undecided = [id_ for id_ in table["id"] if id_ not in (*suspects[:2], *suspects[3:5])]
    assert found(status="undecided") == undecided
    assert found(reviewer="ann") == [suspects[3]]
    assert set(found(reviewer="me")) == {suspects[n] for n in (0, 1, 2, 4)}
    assert found(tag="own") == suspects[5:7]
    assert found(tag="keep") == suspects[5:6]
    assert found(tag="no such") == []


def test_search_is_plain_text_in_features_and_ids(audited: Audit, table: pd.DataFrame) -> None:
    found = expected(table, selected(audited, table, Selection(search="K29")))
    assert found == [29, *range(290, 300)]
    number = str(audited.dataset.table["x0"][7].as_py())
    assert expected(table, selected(audited, table, Selection(search=number))) == [7]
    assert expected(table, selected(audited, table, Selection(search=".*"))) == []


def test_search_ignores_case_in_texts_with_gaps() -> None:
    dataset = made.texts(n=60)
    column = dataset.table["text"].to_pylist()
    column[4], column[5] = "Über (50%)", None
    changed = made.with_column(dataset, "body", column, feature_columns=("body",))
    found = audit(changed)
    assert np.flatnonzero(selected(found, points(found), Selection(search="ÜBER (5"))).tolist() == [4]


def test_search_looks_into_columns_of_every_type() -> None:
    dataset = made.table(n=60)
    dataset = made.with_column(dataset, "flag", [n % 2 == 0 for n in range(60)])
    dataset = made.with_column(dataset, "list", [[n] for n in range(60)], feature_columns=("x0", "flag", "list"))
    found = audit(dataset)
    assert selected(found, points(found), Selection(search="TRUE")).tolist() == [n % 2 == 0 for n in range(60)]


def test_selection_on_a_sample_is_in_its_rows() -> None:
    dataset = made.with_column(made.table(n=120), "key", [f"k{n}" for n in range(120)], id_column="key")
    found = audit(dataset, AuditConfig(max_rows=40))
    table = points(found)
    wanted = table["id"].iloc[9]
    assert table["id"][selected(found, table, Selection(search=wanted))].tolist()[0] == wanted


def test_cell_of_the_heatmap_selects_its_suspects(audited: Audit, table: pd.DataFrame) -> None:
    rows = table[selected(audited, table, cell(*audited.dataset.classes[:2]))]
    assert len(rows)
    assert rows["is_issue"].all()
    assert set(rows["given"]) == {FIRST}
    assert set(rows["suggested"]) == {SECOND}


# -- decisions ----------------------------------------------------------------------------------------


def decide(id_: str, action: str, after: object = None) -> Decision:
    return Decision(actor="me", action=action, id=id_, after=encode(after), fingerprint="")


def test_decisions_become_statuses_and_final_labels(audited: Audit, table: pd.DataFrame) -> None:
    suspects = table.index[table["is_issue"]]
    quiet = table.index[~table["is_issue"] & table["given"].notna()]
    own = table["given"][suspects[1]]
    decisions = [
        decide(table["id"][suspects[0]], "set", "another"),
        Decision(actor="me", action="set", id=table["id"][suspects[1]], after=own, fingerprint=""),
        decide(table["id"][suspects[2]], "keep"),
        decide(table["id"][suspects[3]], "exclude"),
        decide(table["id"][suspects[4]], "skip"),
        decide(table["id"][quiet[0]], "set", "another"),
    ]
    decided = with_decisions(audited, table, effective(decisions))
    expected = ["error", "kept", "kept", "excluded", "skipped", "suspect"]
    assert decided["status"][suspects[:6]].tolist() == expected
    assert decided["status"][quiet[:2]].tolist() == ["error", "not suspected"]
    assert decided["final"][suspects[0]] == '"another"'
    assert decided["final"][suspects[1]] == own
    assert decided["final"][suspects[3]] == table["given"][suspects[3]]
    assert decided["action"][suspects[5]] == ""


def test_undecided_examples_keep_their_label(audited: Audit, table: pd.DataFrame) -> None:
    decided = with_decisions(audited, table, effective([]))
    assert set(decided["status"]) == {"suspect", "not suspected"}
    assert decided["final"].equals(table["given"].astype(object))


def test_decisions_on_whole_number_ids_find_their_rows() -> None:
    found = audit(made.table(n=60))
    decided = with_decisions(found, points(found), effective([decide("7", "exclude")]))
    assert decided.index[decided["status"] == "excluded"].tolist() == [7]


def test_decisions_on_rows_that_were_not_sampled_leave_the_sample_alone() -> None:
    found = audit(made.table(n=90), AuditConfig(max_rows=60))
    left_out = next(row for row in range(90) if row not in found.rows)
    decisions = [decide(str(left_out), "exclude"), decide("no such id", "keep"), decide(str(found.rows[-1]), "skip")]
    decided = with_decisions(found, points(found), effective(decisions))
    assert decided.index[decided["action"] != ""].tolist() == [59]
    assert decided["id"][59] == found.rows[-1]
    assert decided["status"][59] == "skipped"


# -- drawing ------------------------------------------------------------------------------------------


def test_outlines_hold_the_core_of_their_clusters(table: pd.DataFrame) -> None:
    hulls = outlines(table)
    assert hulls["cluster"].nunique() >= 2
    for number, hull in hulls.groupby("cluster"):
        members = table[table["cluster"] == number]
        corners = set(zip(hull["x"], hull["y"], strict=True))
        assert corners <= set(zip(members["x"], members["y"], strict=True))
        held = members["x"].between(hull["x"].min(), hull["x"].max())
        held &= members["y"].between(hull["y"].min(), hull["y"].max())
        assert held.sum() >= CORE * len(members)


def test_one_member_far_off_does_not_stretch_the_outline() -> None:
    plane = pd.DataFrame({"x": [0.1, 0.12, 0.1, 0.12, 0.11, 0.9], "y": [0.5, 0.5, 0.6, 0.6, 0.55, 0.05]})
    assert outlines(plane.assign(cluster=0))["x"].max() == 0.12


def test_outline_of_points_on_a_line_is_the_line(table: pd.DataFrame) -> None:
    flat = table.assign(y=1 - table["x"])
    hulls = outlines(flat, most=1)
    assert hulls["order"].tolist() == [0, 1]


def test_without_clusters_there_is_no_outline(audited: Audit, table: pd.DataFrame) -> None:
    assert outlines(table.assign(cluster=-1)).empty
    assert largest_clusters(audited, table.assign(cluster=-1)) == []


def test_clusters_are_listed_in_words_the_largest_first(audited: Audit, table: pd.DataFrame) -> None:
    found = largest_clusters(audited, table, most=2)
    assert [cluster.number for cluster in found] == [0, 1]
    assert found[0].size >= found[1].size
    for cluster in found:
        members = table[table["cluster"] == cluster.number]
        named = audited.dataset.name_of
        assert cluster.size == len(members)
        assert cluster.pair == f"{named(members['given'].iloc[0])} → {named(members['suggested'].iloc[0])}"


def test_few_points_are_all_drawn_and_of_many_the_suspects_over_a_density(audited: Audit, table: pd.DataFrame) -> None:
    shown = with_decisions(audited, table, effective([]))
    points_, bins = drawn(audited.dataset, shown, all_up_to=len(shown), most=3)
    assert bins is None
    assert len(points_) == table["given"].notna().sum()
    assert set(points_["given"]) <= set(audited.dataset.class_names)

    points_, bins = drawn(audited.dataset, shown, all_up_to=10, most=5)
    assert bins is not None
    assert bins["count"].sum() == table["given"].notna().sum()
    suspects = shown.loc[shown["is_issue"], "score"]
    assert len(points_) == 5 < len(suspects)
    assert set(points_["status"]) == {"suspect"}
    assert points_["score"].min() == pytest.approx(round(suspects.min(), 4))
    assert points_["score"].max() == pytest.approx(round(suspects.max(), 4))


def test_density_counts_every_labelled_example_once(table: pd.DataFrame) -> None:
    bins = density(table[["x", "y"]].dropna().to_numpy())
    assert bins["count"].sum() == table["x"].notna().sum()
    assert (bins["count"] > 0).all()
    assert ((bins["x1"] > bins["x0"]) & (bins["y1"] > bins["y0"])).all()


# -- issues, detectors and the map ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def checked(audited: Audit) -> Audit:
    return issued(audited)


def test_an_issue_selects_what_its_check_flagged_lowest_first(checked: Audit) -> None:
    table = points(checked)
    flagged, score = issue_scores(checked, "near_duplicate")
    assert np.flatnonzero(flagged).tolist() == [10, 11, 12]
    assert score[[10, 11, 12]].tolist() == [0.3, 0.15, 0.0]
    assert np.isnan(score[~flagged]).all()
    chosen = Selection(issue="near_duplicate")
    assert selected(checked, table, chosen).tolist() == flagged.tolist()
    assert not selected(checked, table, Selection(issue="no such")).any()
    assert selected(checked, table, Selection(issue="label")).tolist() == table["is_issue"].tolist()


def test_a_box_on_the_map_is_resolved_by_the_places(checked: Audit) -> None:
    table, places = points(checked), np.random.default_rng(0).random((300, 2))
    chosen = Selection(map=(0.2, 0.6, 0.5, 1.0))
    inside = (places[:, 0] >= 0.2) & (places[:, 0] <= 0.6) & (places[:, 1] >= 0.5)
    assert selected(checked, table, chosen, places).tolist() == inside.tolist()
    assert not selected(checked, table, chosen).any()  # until there is a map


@pytest.mark.parametrize("by", ["class", "issue"])
def test_the_map_has_a_colour_for_the_most_frequent_kinds(checked: Audit, by: Any) -> None:
    table, places = points(checked), np.random.default_rng(0).random((300, 2))
    shown, bins, kinds = on_the_map(checked, table, places, np.ones(300, bool), by, all_up_to=300, most=9)
    assert bins is None and len(shown) == 300
    assert kinds == (
        ["class 0", "class 1", "class 2"]
        if by == "class"
        else ["Conflicting duplicates", "Near duplicates", "Suspected labels"]
    )
    assert set(shown["kind"]) - set(kinds) == {NOTHING if by == "issue" else NO_LABEL}


@pytest.mark.parametrize("by", ["class", "issue"])
def test_the_map_fades_what_is_not_selected_or_by_issue_what_has_none(checked: Audit, by: Any) -> None:
    mask = np.arange(300) < 5
    shown, _, _ = on_the_map(checked, points(checked), np.zeros((300, 2)), mask, by, all_up_to=300, most=9)
    strong = mask if by == "class" else shown["kind"] != NOTHING
    assert shown["strong"].tolist() == strong.tolist() and 0 < shown["strong"].sum() < 300


def test_a_large_map_is_a_density_with_the_issues_on_top(checked: Audit) -> None:
    table, places = points(checked), 7 * np.random.default_rng(0).random((300, 2)) - 3
    shown, bins, _ = on_the_map(checked, table, places, np.ones(300, bool), "class", all_up_to=10, most=9)
    assert bins is not None and bins["count"].sum() == 300
    assert len(shown) == 9
    assert bins[["x0", "y0"]].to_numpy().min() >= -3 and bins[["x1", "y1"]].to_numpy().max() <= 4
    assert set(shown["position"]) <= set(checked.flagged["position"])


def test_kinds_beyond_those_with_a_colour_are_other() -> None:
    found = issued(audit(made.table(n=160, k=8)))
    shown, _, kinds = on_the_map(
        found, points(found), np.zeros((160, 2)), np.ones(160, bool), "class", all_up_to=160, most=1
    )
    assert len(kinds) == 6
    assert (shown["kind"] == OTHER).sum() == 40
