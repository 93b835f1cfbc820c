"""Pages of examples with several labels each and of tokens: every number and word says what it is about."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import made
import measured
import numpy as np
import pyarrow as pa
import pytest
import rated
import tagged
from dashboards import Dashboard

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.load import write
from labelaudit.result import Audit
from labelaudit.review import Decision
from labelaudit.settings import settings
from labelaudit.tasks import TASKS
from labelaudit.ui import noise_sim
from labelaudit.ui.blocks import id_html
from labelaudit.workspace import Workspace

QUICK = AuditConfig(model="logistic_regression", checks=False)
LONG = "weblog-juancole.com_juancole_20040404101100_ENG_{:04d}"


def planted(dataset: Dataset) -> Dataset:
    return TASKS[dataset.task].plant(dataset, 0.15, "uniform", seed=1)[0]


@pytest.fixture(scope="module")
def labels() -> Audit:
    return audit(planted(made.several()), QUICK)


@pytest.fixture(scope="module")
def tokens() -> Audit:
    """Sentences with ids as a treebank has them."""
    dataset = planted(tagged.parts_of_speech())
    ids = pa.array([LONG.format(n) for n in range(len(dataset))])
    named = replace(dataset, table=dataset.table.append_column("sent_id", ids), id_column="sent_id")
    return audit(named, AuditConfig(checks=False))


def kept(found: Audit) -> Audit:
    """That audit, in the workspace of the test."""
    record = Workspace().request(found.dataset, found.config)
    found.save(settings().cache_dir / f"audit-{found.id}", with_data=False)
    return Workspace().open(record)


def decide(found: Audit, *positions: int, action: str = "set") -> None:
    rows, other = found.label_issues.iloc[list(positions)], {"true": "false", "false": "true"}
    Workspace().log.append(
        [
            Decision(
                actor="me",
                action=action,
                id=str(row["id"]),
                part=row["part"],
                before=row["given"],
                after=other[row["given"]] if action == "set" else None,
                fingerprint=found.dataset.data_fingerprint,
                run=found.id,
            )
            for row in rows.to_dict("records")
        ]
    )


def test_an_export_counts_what_it_lists(dashboard: Dashboard, labels: Audit) -> None:
    found = kept(labels)
    decide(found, 0, 1, 7)  # two labels of the first example, one of the second
    decide(found, 12, action="exclude")  # the fourth example, with all its four labels
    app = dashboard.open("9_Export", audit=found.id)
    assert "Of the 600 labels in 150 examples, counted in labels:" in dashboard.text()
    figures = dashboard.metrics()
    assert (figures["Relabelled"], figures["Removed"], figures["Not decided"]) == ("3", "4", "593")
    assert (app.dataframe[0].value["change"] == "relabelled").sum() == 3


@pytest.fixture(scope="module")
def numbers() -> Audit:
    return audit(measured.table(60), AuditConfig(model="ridge", checks=False))


@pytest.fixture(scope="module")
def ratings() -> Audit:
    return audit(rated.wide(), AuditConfig(checks=False))


@pytest.mark.parametrize(("made_of", "offered"), [("labels", False), ("numbers", False), ("tokens", True)])
def test_classes_are_renamed_only_where_that_means_something(
    dashboard: Dashboard, request: pytest.FixtureRequest, made_of: str, offered: bool
) -> None:
    app = dashboard.open("8_Decisions", audit=kept(request.getfixturevalue(made_of)).id)
    assert ("Classes" in [tab.label for tab in app.tabs]) == offered


@pytest.mark.parametrize(("made_of", "word"), [("labels", "label"), ("tokens", "tag")])
def test_health_uses_the_words_of_the_task(
    dashboard: Dashboard, request: pytest.FixtureRequest, made_of: str, word: str
) -> None:
    app = dashboard.open("3_Health", audit=kept(request.getfixturevalue(made_of)).id)
    assert f"Weakest {word}" in dashboard.metrics()
    assert f"{word}s at risk" in dashboard.text() or f"1 {word} at risk" in dashboard.text()
    assert f"Label quality by {word}" in [heading.value for heading in app.subheader]
    assert "class" not in dashboard.text().lower()


def test_there_is_no_map_of_tokens_and_nothing_to_do_about_it(dashboard: Dashboard, tokens: Audit) -> None:
    dashboard.app.session_state["scatter-tab"] = "Map"
    app = dashboard.open("5_Scatter", audit=kept(tokens).id)
    assert "each token is judged by itself" in app.info[0].value
    assert "again" not in app.info[0].value


def test_all_that_speaks_against_a_label_is_said(dashboard: Dashboard, tokens: Audit) -> None:
    found = kept(tokens)
    dashboard.open("6_Inspector", audit=found.id)
    reasons = found.label_issues["evidence"].iloc[dashboard.deck["open"]]
    assert len(reasons) > 2
    assert all(reason in dashboard.text() for reason in reasons)


def test_long_ids_are_cut_in_the_middle_and_whole_under_the_pointer(dashboard: Dashboard, tokens: Audit) -> None:
    found = kept(tokens)
    dashboard.open("6_Inspector", audit=found.id)
    whole = dashboard.face["id"]
    assert f'<span title="{whole}" dir="auto">weblog-juanc…00_ENG_{whole[-4:]}</span>' in dashboard.face["facts"]
    dashboard.press("accept")
    dashboard.open("8_Decisions", audit=found.id)
    assert id_html(whole) in "".join(element.proto.body for element in dashboard.app.get("html"))
    assert id_html("<b>7") == "&lt;b&gt;7"


def test_a_card_of_a_wide_table_shows_the_first_cells_and_how_many_more(dashboard: Dashboard) -> None:
    wide = pa.table({f"measured_at_the_same_place_{n}": np.arange(40.0) * (n + 1) % 7 for n in range(9)})
    wide = wide.append_column("kind", pa.array(["a", "b"] * 20))
    dataset = Dataset("wide", wide, ("kind",), tuple(wide.column_names[:-1]))
    found = kept(audit(dataset, QUICK))
    app = dashboard.open("5_Scatter", audit=found.id)
    cards = [element.proto.body for element in app.get("html") if "la-cells" in element.proto.body]
    assert all("<span>measured_at_the_sam</span><span>e_place_0</span>" in card for card in cards)
    assert all("and 6 more columns" in card for card in cards)
    assert cards


def test_columns_of_0_and_1_are_taken_for_several_labels_at_a_press(dashboard: Dashboard, tmp_path: Path) -> None:
    write(made.several(), tmp_path / "songs.csv")
    app = dashboard.open("1_Ingest")
    app.file_uploader(key="upload").set_value([("songs.csv", (tmp_path / "songs.csv").read_bytes(), "text/csv")]).run()
    task = next(box for box in app.selectbox if box.label == "Labels are")
    assert task.value == "classification"
    dashboard.press("retake-several_labels")
    assert next(box for box in app.selectbox if box.label == "Labels are").value == "multilabel"
    chosen = next(box for box in app.multiselect if box.label == "Labels")
    assert chosen.value == ["label a", "label b", "label c", "label d"]
    assert "4 labels" in dashboard.text()


def test_missing_and_extra_labels_add_up_to_all_suspects_and_one_press_selects_them(
    dashboard: Dashboard, labels: Audit
) -> None:
    app = dashboard.open("3_Health", audit=kept(labels).id)
    table = app.dataframe[0].value
    suspects = labels.suspects()
    assert (table["missing"] + table["extra"]).tolist() == table["suspects"].tolist()
    assert table["suspects"].sum() == len(suspects)
    assert table["extra"].sum() == suspects["given"].sum() > 0
    assert table["missing"].sum() > 0
    weakest = dashboard.metrics()["Weakest label"]
    count = int(table.loc[weakest, "suspects"])
    assert app.button(key="weakest").label == f"Show its {count} suspects"
    dashboard.press("weakest")
    assert f"{count:,} selected" in dashboard.text()
    assert (table.loc[table["missing"] > 0, "label_quality"] < 100).all()


def test_suspects_of_tags_add_up_to_all_on_either_side(dashboard: Dashboard, tokens: Audit) -> None:
    app = dashboard.open("3_Health", audit=kept(tokens).id)
    table = app.dataframe[0].value
    assert table["suspects"].sum() == table["missing"].sum() == len(tokens.suspects())
    assert "Each suspect counts at the tag given, and as suggested at the one meant" in dashboard.text()


@pytest.mark.parametrize(
    ("made_of", "of", "said"),
    [
        ("labels", "examples", "20% of the 150 examples (30 of 600 labels), the first 30 reviews"),
        ("tokens", "tokens", "20% of the 360 tokens, the first 72 reviews"),
        ("numbers", "examples", "20% of the 60 examples, the first 12 reviews"),
        ("ratings", "items", "20% of the 120 items, the first 24 reviews"),
    ],
)
def test_what_is_planted_and_what_is_found_are_told_in_one_unit(
    dashboard: Dashboard, request: pytest.FixtureRequest, made_of: str, of: str, said: str
) -> None:
    app = dashboard.open("7_Noise_Sim", audit=kept(request.getfixturevalue(made_of)).id)
    assert app.slider(key="sim-fraction").label == f"Plant errors in this share of the {of}"
    assert "class" not in " ".join(app.button_group(key="sim-kind").options) or made_of == "ratings"
    dashboard.queue.work()
    dashboard.run()
    assert f"With errors planted in {said} would find" in dashboard.text()


def test_a_long_simulation_starts_at_a_press_that_says_how_long_it_takes(
    dashboard: Dashboard, labels: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noise_sim, "QUICK", 0.0)
    app = dashboard.open("7_Noise_Sim", audit=kept(labels).id)
    assert not dashboard.queue.jobs
    assert re.fullmatch(r"Plant 30 errors and audit \(about \d+ s and .* GB\)", app.button(key="sim-go").label)
    dashboard.press("sim-go")
    assert len(dashboard.queue.jobs) == 1
    assert "Auditing the data with 30 wrong labels planted." in dashboard.text()


@pytest.mark.parametrize(("made_of", "word", "unit"), [("labels", "label", "label"), ("tokens", "tag", "token")])
def test_pages_speak_of_what_is_decided_on_and_of_no_classes(
    dashboard: Dashboard, request: pytest.FixtureRequest, made_of: str, word: str, unit: str
) -> None:
    found = kept(request.getfixturevalue(made_of))
    app, count = dashboard.open("2_Audit", audit=found.id), f"{len(found.rows):,} {unit}s"
    assert app.button(key="to-heatmap").label == f"Which {word}s are confused"
    assert f"no selection: all {unit}s" in dashboard.text()
    app = dashboard.open("4_Heatmap")
    headings = [heading.value for heading in app.subheader]
    assert headings[0].startswith(f"Which {word}") and headings[1:] == ["Selected"]
    assert app.button(key="review-strip").label == f"Review these {count}"
    app = dashboard.open("6_Inspector")
    assert f"**{count}**, 0 decided" in dashboard.text()
    assert "Another label" in [title for _, title, _ in dashboard.deck["actions"]]


def test_the_history_names_the_label_that_an_undo_is_about(dashboard: Dashboard, labels: Audit) -> None:
    found = kept(labels)
    decide(found, 6)
    log, about = Workspace().log, found.dataset.data_fingerprint
    log.undo(about, "me")
    log.redo(about, "me")
    dashboard.open("8_Decisions", audit=found.id)
    words = " ".join(dashboard.text().split())
    assert "took back a decision: 1 label c" in words
    assert "redid what was undone: 1 label c" in words


def test_given_and_suggested_label_of_a_card_stay_together(dashboard: Dashboard, labels: Audit) -> None:
    app = dashboard.open("4_Heatmap", audit=kept(labels).id)
    cards = [element.proto.body for element in app.get("html") if "la-labels" in element.proto.body]
    label = r"<span[^>]*>(absent|present)</span>"
    pair = f'<span class="la-change">{label}<span>→</span>{label}</span>'
    assert len(cards) == 6
    assert all(re.search(pair, card) for card in cards)
