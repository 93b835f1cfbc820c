"""The whole walk: a file in, its label errors found and decided, a cleaned file out."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from hashlib import sha256
from pathlib import Path

import pandas as pd
from planting import cleaned, read_csv, texts, write_csv
from playwright.sync_api import expect
from walking import Walker


def test_a_file_goes_in_and_a_cleaned_one_comes_out(walker: Walker, tmp_path: Path) -> None:
    rows, truth = texts(400, seed=1)
    wrong = {row[0] for row, right in zip(rows[1:], truth, strict=True) if row[2] != right}
    labels: dict[str, str] = {}  # what is decided in this walk, by id
    removed: set[str] = set()

    walker.open("/Ingest")
    walker.sees("Drop a file on the left")
    walker.upload(write_csv(tmp_path / "hobbies.csv", rows))
    walker.sees("What we noticed")
    walker.sees("400 rows, 4 columns")
    assert walker.choice("Label") == "topic"
    assert walker.choice("Examples are") == "texts"
    assert walker.choice("Id") == "id"
    walker.shot("1_ingest")

    suspects = walker.audit()
    assert 0.6 * len(wrong) < suspects < 1.4 * len(wrong)
    assert walker.chips() == ["suspects only"]
    assert walker.selected() == suspects
    walker.shot("2_audit")

    walker.go("Health")
    assert walker.fact("suspects") == str(suspects)
    walker.sees("Pairs that are confused")
    walker.shot("3_health")

    # A click on a cell selects on all pages.
    walker.go("Heatmap")
    in_cell = walker.heatmap()["Chess", "Sailing"]
    assert in_cell > 1
    walker.click_cell("Chess", "Sailing")
    chosen = ["suspects only", "given Chess", "suggested Sailing"]
    assert (walker.chips(), walker.selected()) == (chosen, in_cell)
    assert walker.page.locator(".la-labels").count() == min(6, in_cell)
    assert {text.replace("\n", " ") for text in walker.page.locator(".la-labels").all_inner_texts()} == {
        "Chess → Sailing"
    }
    walker.shot("4_heatmap")
    for page in ("Health", "Scatter", "Export", "Inspector"):
        walker.go(page)
        assert (walker.chips(), walker.selected()) == (chosen, in_cell), page
    walker.view("Table")
    expect(walker.grid.locator(".ag-row")).to_have_count(in_cell)
    walker.press("clear")
    assert walker.chips() == []

    # So does a brush.
    walker.go("Scatter")
    walker.brush(0.08, 0.03, 0.35, 0.5)
    assert len(walker.chips()) == 1
    assert 0 < walker.selected() < 400
    brushed = walker.selected()
    walker.shot("5_scatter")

    # In the grid: one label edited, two rows approved, one excluded, one decision taken back.
    walker.go("Inspector")
    walker.sees(f"{brushed} selected")
    walker.view("Table")
    edited = walker.cells(0)
    walker.edit(0, "Gardens" if edited["suggested"] != "Gardens" else "Chess")
    labels[edited["id"]] = "Gardens" if edited["suggested"] != "Gardens" else "Chess"
    walker.decided(1)
    approved = [walker.cells(1), walker.cells(2)]
    walker.tick(1, 2)
    walker.press("Approve 2 ticked")
    walker.decided(3)
    labels |= {row["id"]: row["suggested"] for row in approved}
    expect(walker.row(2).locator('[col-id="status"]')).to_have_text("error")
    walker.tick(3)
    removed.add(walker.cells(3)["id"])
    walker.press("Exclude ticked")
    walker.decided(4)
    walker.tick(4)
    walker.press("Reject ticked")
    walker.decided(5)
    walker.press("Undo")
    walker.decided(4)
    expect(walker.row(4).locator('[col-id="final"]')).to_have_text("")
    walker.shot("6_inspector")

    # A reload in the middle loses nothing.
    walker.reload()
    walker.sees(f"{brushed} selected")
    walker.decided(4)
    walker.view("Table")
    expect(walker.row(0).locator('[col-id="final"]')).to_have_text(labels[edited["id"]])

    # The keys, one by one.
    walker.press("clear")
    walker.view("One by one")
    for count, key in enumerate("akx", start=5):
        now = walker.looked_at()
        walker.key(key)
        walker.decided(count)
        if key == "a":
            labels[now["id"]] = now["suggested"]
        elif key == "x":
            removed.add(now["id"])
    last = walker.looked_at()
    walker.key("x")
    walker.decided(8)
    walker.key("u")
    walker.decided(7)
    assert last["id"] not in removed

    # Nor does a restart of the server.
    address = walker.page.url
    walker.page.goto("about:blank")
    walker.server.restart()
    walker.open(address)
    walker.decided(7)
    assert walker.chips() == []

    walker.go("Export")
    walker.sees("What will change")
    walker.shot("8_export")
    assert read_csv(walker.download("Cleaned data", tmp_path)) == cleaned(rows, "topic", labels, removed, "id")

    with zipfile.ZipFile(walker.download("Everything as a ZIP", tmp_path)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert_agree(files, labels, removed)

    walker.go("Noise Sim")
    walker.sees(re.compile(r"^With errors planted in 20% of the"))
    walker.shot("7_noise_sim")
    walker.go("Home")
    walker.sees("hobbies")
    walker.shot("0_home")


def assert_agree(files: dict[str, bytes], labels: dict[str, str], removed: set[str]) -> None:
    """The files of an export tell the same story as the person who decided."""
    manifest = json.loads(files["manifest.json"])
    assert sha256(files["hobbies_cleaned.csv"]).hexdigest() == manifest["cleaned"]["sha256"]
    table = {name: list(csv.DictReader(io.StringIO(files[name].decode()))) for name in files if name.endswith(".csv")}
    assert {row["id"]: row["after"] for row in table["relabelled.csv"]} == labels
    assert {row["id"] for row in table["removed.csv"]} == removed
    assert manifest["counts"]["relabelled"] == len(labels)
    assert manifest["counts"]["removed"] == len(removed)
    assert manifest["cleaned"]["rows"] == len(table["hobbies_cleaned.csv"]) == 400 - len(removed)

    issues = pd.read_parquet(io.BytesIO(files["issues.parquet"]))
    assert len(issues) == len(table["issues.csv"]) == 400
    assert issues["id"].tolist() == [row["id"] for row in table["issues.csv"]]
    assert int(issues["is_issue"].sum()) == manifest["audit"]["counts"]["suspects"]

    log = [json.loads(line) for line in files["decisions.jsonl"].decode().splitlines()]
    assert len(log) == manifest["decisions"]["logged"]
    assert [entry["action"] for entry in log].count("undo") == 2
    assert {entry["actor"] for entry in log} == {"me"}
