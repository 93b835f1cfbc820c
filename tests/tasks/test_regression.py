"""Numbers as labels: what is suspected, suggested, brought, refused and written back."""

from __future__ import annotations

from pathlib import Path

import measured
import numpy as np
import pyarrow as pa
import pytest

from labelaudit.audit import audit, check
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.errors import BadInput
from labelaudit.export import export
from labelaudit.heads import words
from labelaudit.labels import decode, encode
from labelaudit.load import load, write
from labelaudit.noise import shifted
from labelaudit.numerals import read
from labelaudit.ordering import orders_of
from labelaudit.residuals import bulk
from labelaudit.result import Audit
from labelaudit.review import Decision
from labelaudit.shapes.number import targets
from labelaudit.tasks import TASKS
from labelaudit.tasks.ranges import by_range, fit
from labelaudit.why import neighbours

QUICK = AuditConfig(model="ridge", checks=False)
WITH_NEIGHBOURS = AuditConfig(model="ridge")


@pytest.fixture(scope="module")
def planted() -> tuple[Dataset, np.ndarray]:
    return TASKS["regression"].plant(measured.table(300), 0.1, seed=2)


@pytest.fixture(scope="module")
def audited(planted: tuple[Dataset, np.ndarray]) -> Audit:
    return audit(planted[0])


def test_suggestions_are_nearer_to_the_truth_than_what_is_given(
    audited: Audit, planted: tuple[Dataset, np.ndarray]
) -> None:
    truth, rows = targets(measured.table(300)), np.flatnonzero(audited.label_issues["is_issue"] & planted[1])
    suggested = np.array([decode(text) for text in audited.label_issues["suggested"][rows]])
    given = targets(planted[0])[rows]
    assert len(rows) >= 20
    assert np.median(np.abs(suggested - truth[rows])) < np.median(np.abs(given - truth[rows])) / 4


def test_evidence_says_what_is_predicted_how_sure_and_whether_it_can_be_put_right(audited: Audit) -> None:
    worst = audited.label_issues.nsmallest(1, "score")
    row, reasons = int(worst.index[0]), " · ".join(worst["evidence"].iloc[0])
    low, high = (audited.outputs[name][row] for name in ("low", "high"))
    assert low < audited.outputs["predicted"][row] < high
    assert "in 90% of cases" in reasons
    assert "times as far off as usual" in reasons
    assert "nearest neighbours: " in reasons
    assert "looks fixable" in reasons


def test_where_nothing_stands_out_the_audit_says_what_could_not_be_seen_and_gives_reasons_for_the_lowest() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 2))
    columns = {"a": x[:, 0], "b": x[:, 1], "y": np.round(5 * x[:, 0] + rng.normal(size=400), 2)}
    found = audit(load(pa.table(columns), task="regression", label="y"), QUICK)
    health, figures = found.manifest["health"], TASKS["regression"].metrics(found)
    assert not found.label_issues["is_issue"].any()
    assert health["noise_rate_high"] > 0.001
    assert 3 < health["seen"] < 12
    assert f"errors under about {health['seen']:.2g} can't be told from noise" in figures["health_words"]
    assert any("review from the lowest scores" in note for note in found.manifest["notes"])
    worst = found.label_issues.nsmallest(3, "score")
    assert worst["suggested"].isna().all()
    assert all("times as far off as usual" in " ".join(told) for told in worst["evidence"])


def test_what_is_named_beside_others_is_rounded_as_suggestions_are() -> None:
    x = np.linspace(0, 1, 60)
    values: list[float | None] = [*(100 * x**2 + 30 * np.sin(99 * x)).tolist()[:-1], None]
    found = audit(load(pa.table({"x": x, "y": values}), task="regression", label="y"), WITH_NEIGHBOURS)
    near_name = TASKS["regression"].near_name
    assert near_name(found, 1) == str(round(values[1] or 0, 2))
    assert near_name(found, 59) == "–"
    assert {neighbour.label for neighbour in neighbours(found, 0)} <= {near_name(found, at) for at in range(60)}


def test_suspects_that_lie_together_and_err_to_one_side_make_a_cluster() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(400, 3))
    y = 20 * x[:, 0] + rng.normal(size=400)
    corners = [np.argsort(np.abs(x - place).sum(axis=1))[:8] for place in (0.8, -0.8)]
    y[np.concatenate(corners)] += 60
    table = pa.table({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": y.round(2)})
    found = audit(load(table, task="regression", label="y"), QUICK)
    clusters = found.label_issues["cluster"]
    numbers = {clusters[corner].mode().iloc[0] for corner in corners}
    assert numbers == {0, 1}
    assert clusters[~found.label_issues["is_issue"]].isna().all()
    members = np.flatnonzero(clusters.eq(0).fillna(False))
    assert set(members) <= set(corners[0]) or set(members) <= set(corners[1])
    assert TASKS["regression"].cluster_name(found, members).startswith("too high: ")


def test_orders_that_need_classes_are_not_offered_for_numbers(audited: Audit) -> None:
    assert {"cluster", "disagreement", "random"} <= set(orders_of(audited))
    assert not {"class", "gain"} & set(orders_of(audited))


def test_intervals_hold_about_as_many_numbers_as_they_say(audited: Audit) -> None:
    numbers = targets(audited.dataset)
    inside = (audited.outputs["low"] <= numbers) & (numbers <= audited.outputs["high"])
    assert 0.88 < inside.mean() < 0.93


def test_predictions_that_are_brought_replace_the_models(planted: tuple[Dataset, np.ndarray]) -> None:
    dataset, wrong = planted
    truth = targets(measured.table(300))
    brought = load(dataset.table, task="regression", label="size", predictions=truth + 0.1)
    found = audit(brought, QUICK)
    np.testing.assert_allclose(found.outputs["predicted"], truth + 0.1)
    assert set(found.manifest["resolved"]["heads"]) == {"yours"}
    assert found.label_issues["is_issue"][wrong].mean() > 0.9
    assert "your model" in " ".join(found.label_issues.loc[found.label_issues["is_issue"], "evidence"].iloc[0])


@pytest.mark.parametrize(
    ("predictions", "says"),
    [
        (np.arange(299.0), "has 299 rows"),
        (np.full(300, np.nan), "holds a value that is no finite number"),
        (np.zeros((300, 2)), "one number per row"),
    ],
)
def test_predictions_that_do_not_fit_are_refused(predictions: np.ndarray, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        load(measured.table(300).table, task="regression", label="size", predictions=predictions)


def test_predictions_of_numbers_are_refused_where_labels_are_classes() -> None:
    table = pa.table({"x": [1.0, 2.0, 3.0, 4.0], "label": ["a", "b", "a", "b"]})
    with pytest.raises(BadInput, match="bring probabilities, or choose the task regression"):
        load(table, predictions=np.arange(4.0))


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ([5.0] * 40, "one number, '5', in all 40 labelled rows"),
        ([None] * 40, "no labels at all"),
        ([1.0, 2.0, 3.0] + [None] * 37, "3 labelled rows are fewer than the 5 folds"),
    ],
)
def test_numbers_from_which_nothing_can_be_learned_are_refused(column: list[float | None], says: str) -> None:
    table = pa.table({"x": np.arange(40.0) ** 2, "y": pa.array(column, pa.float64())})
    with pytest.raises(BadInput, match=says):
        check(load(table, task="regression", label="y", features=["x"]), AuditConfig())


def test_a_model_of_classes_is_refused_and_ridge_for_classes_too() -> None:
    with pytest.raises(BadInput, match="predicts no numbers"):
        audit(measured.table(60), AuditConfig(model="knn", checks=False))
    table = pa.table({"x": np.arange(40.0) % 7, "label": ["a", "b"] * 20})
    with pytest.raises(BadInput, match="predicts numbers and no classes"):
        audit(load(table), AuditConfig(model="ridge", checks=False))


def test_untouched_cells_are_written_as_they_were_and_corrected_ones_in_the_same_style(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    width = rng.uniform(1, 9, 60)
    cells = [f"{2000 * w:,.1f} kg".replace(",", " ").replace(".", ",") for w in width]
    cells[3], cells[9] = "1234,50kg", ""
    path = tmp_path / "weights.csv"
    path.write_text("width;weight\n" + "\n".join(f"{w:.3f};{c}" for w, c in zip(width, cells, strict=True)) + "\n")
    dataset = load(path, task="regression", label="weight", features=["width"])
    assert np.isnan(targets(dataset)[9])
    after = [(7, 12345.25), (9, 8000), (3, 1234.5)]
    decisions = [Decision(actor="me", action="set", id=str(row), after=encode(v), fingerprint="") for row, v in after]
    write(export(dataset, decisions), tmp_path / "out.csv")
    written = [line.partition(";")[2] for line in (tmp_path / "out.csv").read_text().splitlines()[1:]]
    expected = [*cells]
    expected[7], expected[9] = "12 345,25 kg", "8 000,0 kg"
    assert written == expected


def test_whole_numbers_stay_whole_and_a_fraction_is_refused_there() -> None:
    dataset = load(pa.table({"x": np.arange(30.0) % 7, "n": np.arange(30) % 11}), task="regression", label="n")
    changed = dataset.with_labels([99, *dataset.label_values()[1:]])
    assert changed.table["n"].type == pa.int64()
    assert changed.table["n"][0].as_py() == 99
    with pytest.raises(BadInput, match="does not fit column 'n'"):
        dataset.with_labels([1.5, *dataset.label_values()[1:]])


def test_planted_noise_keeps_the_style_and_the_sign() -> None:
    numbers = np.array([0.0, 1, 2, 3, 50, np.nan] * 50)
    changed, mask = shifted(numbers, 0.2, "uniform", seed=0, step=1.0)
    assert mask.sum() == 50
    assert not mask[np.isnan(numbers)].any()
    np.testing.assert_array_equal(changed[~mask], numbers[~mask])
    assert (changed[mask] >= 0).all()
    assert (changed[mask] == np.round(changed[mask])).all()
    assert (changed[mask] != numbers[mask]).all()
    with pytest.raises(BadInput, match="all numbers are the same"):
        shifted(np.ones(9), 0.2, "uniform", seed=0)
    with pytest.raises(BadInput, match="no noise of kind 'confusable'"):
        shifted(numbers, 0.2, "confusable", seed=0)


def test_fit_is_measured_as_scikit_learn_does() -> None:
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    rng = np.random.default_rng(0)
    numbers = np.append(rng.normal(size=99), np.nan)
    predicted = np.nan_to_num(numbers) + rng.normal(size=100)
    y, p = numbers[:99], predicted[:99]
    wanted = {"r2": r2_score(y, p), "rmse": root_mean_squared_error(y, p), "mae": mean_absolute_error(y, p)}
    assert fit(numbers, predicted) == pytest.approx(wanted)


def test_errors_by_range_add_up() -> None:
    numbers = np.append(np.arange(80.0), np.nan)
    table = by_range(numbers, numbers + np.where(numbers < 40, 1, -3), numbers > 70, read([0.5], "y"))
    assert table["examples"].sum() == 80
    assert table["suspects"].tolist() == [0] * 7 + [9]
    assert table["bias"].tolist() == [1.0] * 4 + [-3.0] * 4
    assert table["mae"].tolist() == [1.0] * 4 + [3.0] * 4
    assert table["class"].iloc[0] == "0 to 9.875"


def test_what_is_drawn_leaves_out_the_few_that_are_tenfold_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    predicted = rng.uniform(1000, 9000, 600)
    given = predicted + rng.normal(0, 300, 600)
    assert bulk(given, predicted) == (min(given.min(), predicted.min()), max(given.max(), predicted.max()))
    given[:2] *= 10
    start, end = bulk(given, predicted)
    assert (given[2:] <= end).all()
    assert end < 0.5 * given[:2].max()
    assert bulk(np.append(given, np.nan), np.append(predicted, 1e9)) == (start, end)
    assert bulk(np.full(3, np.nan), np.ones(3)) == (0.0, 1.0)


def test_models_are_named_without_a_verb_among_them() -> None:
    named = words(["ridge", "extra_trees", "retrained_without_suspects"])
    assert named == "ridge regression and randomised trees, trained again without suspects"
