"""In which order the examples are reviewed."""

from __future__ import annotations

from dataclasses import replace

import made
import numpy as np
import pandas as pd
import pytest
from issued import flagged_rows, issued

from labelaudit.audit import audit
from labelaudit.confident import SCORES
from labelaudit.ordering import ORDERS, detectors_of, led_by, mixed, ranking, review_order, sets_of
from labelaudit.result import Audit
from labelaudit.selection import Selection, points, selected
from labelaudit.tasks import TASKS


@pytest.fixture(scope="module")
def audited() -> Audit:
    dataset, _ = TASKS["classification"].plant(made.table(n=300), 0.15, seed=1)
    return audit(dataset)


@pytest.fixture(scope="module")
def checked(audited: Audit) -> Audit:
    return issued(audited)


def ordered(found: Audit, by: str, selection: Selection | None = None) -> np.ndarray:
    chosen, table = selection or Selection(suspects=True), points(found)
    scores = ranking(found, table, chosen, by)
    return review_order(selected(found, table, chosen), scores, sets_of(found, chosen, by))


# -- by one score -----------------------------------------------------------------------------------------


def test_sets_of_copies_stay_together_the_worst_set_first() -> None:
    found = issued(audit(made.table(n=300)))
    rows = flagged_rows(found, "near_duplicate", [3, 40], 2)  # scores .3 and 0, as those of the other set
    found = replace(found, issues=pd.concat([found.issues, rows.assign(score=[0.1, 0.2])], ignore_index=True))
    chosen = Selection(issue="near_duplicate")
    assert ordered(found, "", chosen).tolist() == [12, 11, 10, 3, 40]
    table = points(found)
    alone = review_order(selected(found, table, chosen), ranking(found, table, chosen))
    assert alone.tolist() == [12, 3, 11, 40, 10]


def test_an_issue_ranks_what_its_check_flagged_lowest_first(checked: Audit) -> None:
    found = ranking(checked, points(checked), Selection(issue="near_duplicate"))
    assert np.argsort(found)[:3].tolist() == [12, 11, 10]


def test_a_check_that_scores_every_example_ranks_them_all(checked: Audit) -> None:
    chosen = Selection(issue="outlier")
    assert ranking(checked, points(checked), chosen).tolist() == checked.scores["outlier"].tolist()


def test_the_ranking_is_the_combined_score_unless_a_detector_is_chosen(checked: Audit) -> None:
    table = points(checked)
    assert ranking(checked, table, Selection()).tolist() == table["score"].tolist()
    by = ranking(checked, table, Selection(issue="near_duplicate"), "self_confidence")
    np.testing.assert_array_equal(by, checked.scores["self_confidence"])
    assert set(SCORES) | {"outlier"} <= set(detectors_of(checked))
    assert not {"id", "part"} & set(detectors_of(checked))


def test_no_detector_has_the_name_of_an_order(checked: Audit) -> None:
    assert not set(ORDERS) & {*detectors_of(checked), "", *checked.manifest["checks"]}


# -- by more than a score -----------------------------------------------------------------------------------


def test_every_order_shows_every_suspect_once(checked: Audit) -> None:
    suspects = np.flatnonzero(checked.label_issues["is_issue"]).tolist()
    for by in ("", *ORDERS, *detectors_of(checked)):
        assert sorted(ordered(checked, by)) == suspects, by


def test_by_class_shows_one_class_after_the_other_each_worst_first(checked: Audit) -> None:
    table, order = points(checked), ordered(checked, "class")
    codes, score = checked.codes[order], table["score"].to_numpy()[order]
    assert (np.diff(codes) != 0).sum() == len(np.unique(codes)) - 1
    for code in np.unique(codes):
        assert (np.diff(score[codes == code]) >= 0).all()
    firsts = score[np.unique(codes, return_index=True)[1]]
    assert firsts.min() == score[0]


def test_by_cluster_shows_like_with_like(checked: Audit) -> None:
    rows = np.flatnonzero(checked.label_issues["is_issue"])
    worst, second = rows[[0, -1]], rows[[1, 2]]
    clusters = pd.array([pd.NA] * len(checked.label_issues), dtype="Int64")
    clusters[worst], clusters[second] = 0, 1
    labels = checked.label_issues.assign(cluster=clusters)
    copies = flagged_rows(checked, "near_duplicate", [*rows[3:6], worst[0]], 7)
    found = replace(checked, issues=pd.concat([labels, copies], ignore_index=True))
    order = ordered(found, "cluster").tolist()
    for together in (worst, second, rows[3:6]):
        places = sorted(order.index(row) for row in together)
        assert places == list(range(places[0], places[0] + len(together)))


def test_expected_gain_puts_a_small_class_before_a_large_one_at_the_same_score(checked: Audit) -> None:
    table = points(checked).assign(score=0.25)
    table["given"] = ['"rare"'] * 10 + ['"common"'] * 290
    table["suggested"] = None
    gain = 1 - ranking(checked, table, Selection(), "gain")
    assert gain[0] == pytest.approx(1)
    assert gain[20] == pytest.approx(10 / 290)
    table.loc[5, "score"] = 0.99  # and one that is hardly an error after all others
    assert 1 - ranking(checked, table, Selection(), "gain")[5] < 10 / 290


def test_disagreement_is_where_the_detectors_rank_apart(checked: Audit) -> None:
    n = len(checked.rows)
    split, agreed = np.linspace(0, 1, n), np.linspace(0, 1, n)
    split[[0, n - 1]] = split[[n - 1, 0]]
    found = replace(checked, scores=checked.scores[["id", "part"]].assign(knn=agreed, neighbours=split))
    order = np.argsort(ranking(found, points(found), Selection(), "disagreement"))
    assert set(order[:2]) == {0, n - 1}


def test_a_single_model_disagrees_with_itself_where_its_probabilities_are_even(checked: Audit) -> None:
    pred_probs = np.tile([0.9, 0.05, 0.05], (len(checked.rows), 1))
    pred_probs[7] = 1 / 3
    alone = replace(
        checked, scores=checked.scores[["id", "part"]], outputs={**checked.outputs, "pred_probs": pred_probs}
    )
    found = ranking(alone, points(alone), Selection(), "disagreement")
    assert found.argmin() == 7
    assert found[7] == pytest.approx(0)


def test_where_the_order_changes_what_is_open_comes_before_all_that_is_to_come() -> None:
    seen = np.zeros(10, bool)
    seen[[7, 3]] = True
    ranked = np.array([7, 2, 3, 5, 9])
    assert led_by(9, ranked, seen).tolist() == [7, 9, 2, 3, 5]
    assert led_by(2, ranked, seen).tolist() == [7, 3, 2, 5, 9]  # it was the next one anyway
    assert led_by(3, ranked, seen).tolist() == ranked.tolist()  # decided meanwhile
    assert led_by(8, ranked, seen).tolist() == ranked.tolist()  # not selected


# -- with a random sample in it --------------------------------------------------------------------------------


def test_every_fifth_place_is_of_the_random_sample() -> None:
    nobody = np.zeros(100, bool)
    found, drawn = mixed(np.arange(20), np.arange(99, 49, -1), nobody, 5)
    assert found[:15].tolist() == [0, 1, 2, 3, 99, 4, 5, 6, 7, 98, 8, 9, 10, 11, 97]
    assert drawn.tolist() == [99, 98, 97, 96]
    assert [row for row in found if row < 20] == list(range(20))


def test_one_that_is_drawn_and_ranked_is_shown_once() -> None:
    found, drawn = mixed(np.arange(12), np.array([2, 9, 60, 3]), np.zeros(100, bool), 5)
    assert drawn.tolist() == [9, 60]
    # The first lot stands among those reviewed by their rank already, so the next one is drawn.
    assert found.tolist() == [0, 1, 2, 3, 9, 4, 5, 6, 7, 60, 8, 10, 11]


def test_a_decision_does_not_move_what_is_next() -> None:
    rng = np.random.default_rng(0)
    ranked, sample, seen = rng.permutation(300)[:200], rng.permutation(300), np.zeros(300, bool)
    wanted = mixed(ranked, sample, seen, 10)[0].tolist()
    for row in wanted[:150]:
        queue, _ = mixed(ranked, sample, seen, 10)
        assert queue[~seen[queue]][0] == row
        seen[row] = True


def test_what_was_seen_stays_in_its_place() -> None:
    seen = np.zeros(40, bool)
    seen[[1, 2, 30]] = True
    found, _ = mixed(np.arange(10), np.arange(39, 19, -1), seen, 5)
    assert found.tolist() == [0, 1, 2, 39, 3, 4, 5, 6, 38, 7, 8, 9]


def test_with_nothing_left_to_draw_the_queue_is_as_it_was() -> None:
    found, drawn = mixed(np.arange(30), np.array([], dtype=int), np.zeros(30, bool), 5)
    assert found.tolist() == list(range(30))
    assert len(drawn) == 0
