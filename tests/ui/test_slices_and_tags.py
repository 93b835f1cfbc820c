"""Slices, tags and renamed classes without a browser."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dashboards import Dashboard

from labelaudit.decisions import renames, tags_of
from labelaudit.result import Audit
from labelaudit.review import Decision
from labelaudit.selection import Selection
from labelaudit.store import Slice
from labelaudit.ui import bulk, slices
from labelaudit.workspace import Workspace

SUSPECTS = Selection(suspects=True)
NAME = "<b>cats</b> *to* :material/check:"


def log(audited: Audit) -> list[Decision]:
    return Workspace().log.read(audited.dataset.data_fingerprint)


def labels(dashboard: Dashboard, prefix: str) -> list[str]:
    found = [button.label for button in dashboard.app.button if (button.key or "").startswith(prefix)]
    return [label.replace("\\", "").replace("\u2060", "") for label in found]


def tab(dashboard: Dashboard, name: str) -> None:
    dashboard.app.session_state["decisions-tab"] = name
    dashboard.open("8_Decisions")


# -- slices -------------------------------------------------------------------------------------------


def test_a_slice_is_saved_named_in_the_address_and_restored_from_it(dashboard: Dashboard, audited: Audit) -> None:
    few = replace(SUSPECTS, score_below=0.5)
    app = dashboard.open("4_Heatmap", audit=audited.id, sel=few.to_text(), rank="self_confidence")
    dashboard.unfold(slices.OPEN)
    app.text_input(key="slice-new").set_value(NAME)
    dashboard.press("slice-save")
    (saved,) = Workspace().slices.list(audited.dataset.data_fingerprint)
    assert (saved.name, saved.selection, saved.rank) == (NAME, few.to_text(), "self_confidence")
    assert (app.query_params["slice"], "sel" in app.query_params, "rank" in app.query_params) == (NAME, False, False)

    other = Dashboard(dashboard.root, dashboard.queue)
    app = other.open("3_Health", audit=audited.id, slice=NAME)
    assert labels(other, "chip-")[:2] == ["suspects only", "score < 0.5"]
    other.press("chip-score_below")  # it is another selection now
    assert "slice" not in app.query_params
    assert app.query_params["sel"] == SUSPECTS.to_text()


def test_every_slice_is_listed_with_how_many_are_in_it_now(dashboard: Dashboard, audited: Audit) -> None:
    app = dashboard.open("4_Heatmap", audit=audited.id, sel=SUSPECTS.to_text())
    suspects = audited.manifest["counts"]["suspects"]
    flagged = audited.label_issues[audited.label_issues["is_issue"]]["id"]
    for left, id_ in zip((suspects, suspects - 1), flagged, strict=False):
        dashboard.unfold(slices.OPEN)
        counts = [caption.value for caption in app.caption if caption.value.replace(",", "").isdigit()]
        assert counts[:4] == [str(suspects), str(left), str(int(audited.outvoted.sum())), "0"]
        fingerprint = audited.dataset.data_fingerprint
        Workspace().log.append([Decision(actor="ann", action="exclude", id=str(id_), fingerprint=fingerprint)])
    dashboard.press("slice-all-1")
    assert app.query_params["slice"] == "Suspects left"
    assert f"{suspects - 2} selected" in dashboard.text()


def test_a_slice_is_renamed_and_deleted_and_a_name_is_not_taken_twice(dashboard: Dashboard, audited: Audit) -> None:
    fingerprint, store = audited.dataset.data_fingerprint, Workspace().slices
    for name in ("one", "two"):
        store.save(Slice(name=name, fingerprint=fingerprint, selection=SUSPECTS.to_text(), actor="ann"))
    dashboard.open(audit=audited.id)
    tab(dashboard, "Slices")
    app = dashboard.app
    app.text_input(key="slice-name-0-one").set_value("two")
    dashboard.run()
    dashboard.press("slice-rename-0")
    assert "there is a slice" in app.error[0].value
    app.text_input(key="slice-name-0-one").set_value("three")
    dashboard.run()
    dashboard.press("slice-rename-0")
    assert labels(dashboard, "slice-row") == ["three", "two"]
    dashboard.press("slice-delete-0")
    assert [one.name for one in store.list(fingerprint)] == ["two"]


def test_a_slice_that_is_gone_or_cannot_be_read_is_a_sentence(dashboard: Dashboard, audited: Audit) -> None:
    fingerprint = audited.dataset.data_fingerprint
    Workspace().slices.save(Slice(name="odd", fingerprint=fingerprint, selection='{"later": 1, "status": "new"}'))
    app = dashboard.open(audit=audited.id, slice="gone" * 100)
    assert "it was renamed or deleted" in app.warning[0].value
    app = dashboard.open("3_Health")
    dashboard.unfold(slices.OPEN)
    assert app.button(key="slice-own-0").disabled
    assert "can't be read" in dashboard.text()


# -- tags ---------------------------------------------------------------------------------------------


def test_tags_are_added_in_bulk_counted_selected_by_and_removed(dashboard: Dashboard, audited: Audit) -> None:
    app = dashboard.open("4_Heatmap", audit=audited.id, sel=Selection(ids=("3", "4")).to_text())
    dashboard.unfold(bulk.OPEN)
    app.pills(key="bulk-action").set_value("tag")
    dashboard.run()
    app.selectbox(key="bulk-tag").set_value("mislabel_confirmed")
    dashboard.run()
    assert "2 rows without it → tag mislabel_confirmed." in dashboard.text()
    dashboard.press("bulk-apply")
    assert tags_of(log(audited)) == {"3": ("mislabel_confirmed",), "4": ("mislabel_confirmed",)}
    assert "decided  0" in dashboard.text()  # a tag decides nothing
    tab(dashboard, "Tags")
    assert labels(dashboard, "tagged-")[0] == "mislabel confirmed · 2"
    dashboard.press("tagged-mislabel_confirmed")
    assert app.query_params["sel"] == Selection(tag="mislabel_confirmed").to_text()
    dashboard.unfold(bulk.OPEN)
    app.pills(key="bulk-action").set_value("untag")
    dashboard.run()
    app.selectbox(key="bulk-untag").set_value("mislabel_confirmed")
    dashboard.run()
    dashboard.press("bulk-apply")
    assert tags_of(log(audited)) == {}
    dashboard.press("bulk-undo")
    assert len(tags_of(log(audited))) == 2


def test_the_tags_of_the_open_example_are_edited_and_its_issues_suggest_some(
    dashboard: Dashboard, with_checks: Audit
) -> None:
    id_ = str(with_checks.label_issues["id"][10])  # a near duplicate
    app = dashboard.open("6_Inspector", audit=with_checks.id, sel=Selection(ids=(id_,)).to_text())
    assert {"duplicate near", "duplicate exact"} <= set(labels(dashboard, "tag-"))
    assert tags_of(log(with_checks)) == {}  # a suggestion and no more
    dashboard.press("tag-duplicate_near")
    assert "duplicate near" not in labels(dashboard, "tag-")
    app.multiselect(key=f"tags-{id_}").set_value(["duplicate_near", "Ask  Ann"])
    dashboard.run()
    assert tags_of(log(with_checks)) == {id_: ("duplicate_near", "Ask Ann")}
    app.multiselect(key=f"tags-{id_}").set_value(["<b>x</b>"])
    dashboard.run()
    assert "is no name for a tag" in app.error[0].value
    assert app.multiselect(key=f"tags-{id_}").value == ["duplicate_near", "Ask Ann"]
    app.multiselect(key=f"tags-{id_}").set_value([])
    dashboard.run()
    assert tags_of(log(with_checks)) == {}


def test_a_selected_issue_suggests_its_tag_in_bulk(dashboard: Dashboard, with_checks: Audit) -> None:
    app = dashboard.open("3_Health", audit=with_checks.id, sel=Selection(issue="near_duplicate").to_text())
    dashboard.unfold(bulk.OPEN)
    app.pills(key="bulk-action").set_value("tag")
    dashboard.run()
    assert app.selectbox(key="bulk-tag").value == "duplicate_near"
    assert tags_of(log(with_checks)) == {}  # a suggestion and no more
    dashboard.press("bulk-apply")
    assert list(tags_of(log(with_checks)).values()) == [("duplicate_near",)] * 3


# -- classes ------------------------------------------------------------------------------------------


def test_a_class_is_merged_after_a_dry_run_and_the_export_shows_it(dashboard: Dashboard, audited: Audit) -> None:
    dashboard.open(audit=audited.id)
    tab(dashboard, "Classes")
    app = dashboard.app
    app.selectbox(key="rename-old").set_value('"class 1"')
    app.selectbox(key="rename-new").set_value("class 2")
    dashboard.run()
    given = audited.dataset.table["label"].to_pylist()
    count = given.count("class 1")
    assert (
        f"{count} rows class 1 → class 2, merged with the {given.count('class 2')} that are there." in dashboard.text()
    )
    assert log(audited) == []
    dashboard.press("rename-apply")
    assert renames(log(audited)) == {'"class 1"': '"class 2"'}
    assert "The pages go on showing the names that were audited" in app.info[0].value
    assert "decided  0" in dashboard.text()
    app = dashboard.open("9_Export")
    assert set(app.dataframe[0].value["change"]) == {"renamed"}
    assert f"{count} more examples get the new name of a class" in dashboard.text()
    dashboard.press("bulk-undo")
    assert renames(log(audited)) == {}


@pytest.mark.parametrize("page", ["3_Health", "4_Heatmap", "5_Scatter", "6_Inspector", "9_Export"])
def test_pages_stand_classes_that_the_audit_does_not_know(dashboard: Dashboard, audited: Audit, page: str) -> None:
    fingerprint, html = audited.dataset.data_fingerprint, '"<script>alert(1)</script>"'
    Workspace().log.append(
        [
            Decision(actor="me", action="rename", id="", before='"class 1"', after=html, fingerprint=fingerprint),
            Decision(actor="me", action="set", id="5", after=html, fingerprint=fingerprint),
        ]
    )
    dashboard.open(page, audit=audited.id, sel=SUSPECTS.to_text())
    assert "decided  1" in dashboard.text()
