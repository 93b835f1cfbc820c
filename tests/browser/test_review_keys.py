"""Review by keyboard on 100,000 rows: nothing is lost, the next example is there at once, and both sides of a clash."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, expect
from serving import Server
from walking import Walker, number

from benchmarks.review import KEYS, WATCH, percentiles, pressed, until_written
from benchmarks.scale import prepared
from labelaudit.review import Decision, effective
from labelaudit.selection import Selection
from labelaudit.settings import settings
from labelaudit.workspace import Workspace

N, DECISIONS, UNDONE = 100_000, 200, 20
DOES = {"a": "set", "2": "set", "k": "keep", "x": "exclude", "g": "ambiguous"}


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[tuple[Server, str]]:
    """A server with an audit of many rows, and the audit's address."""
    server = Server(root, tmp_path_factory.mktemp("review"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABELAUDIT_CACHE_DIR", str(server.cache))
        patch.setenv("LABELAUDIT_ARTIFACTS_DIR", str(server.artifacts))
        settings.cache_clear()
        audit_id = prepared(N, 0)
    server.start()
    yield server, "/Inspector?" + urlencode({"audit": audit_id, "sel": Selection(suspects=True).to_text()})
    server.stop()
    log = server.log.read_text(encoding="utf-8")
    assert "Traceback" not in log, log


@pytest.fixture
def reviewer(reviewed: tuple[Server, str], browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Walker]:
    """A window on the review; the log of the server is that of this process, too."""
    server, address = reviewed
    monkeypatch.setenv("LABELAUDIT_CACHE_DIR", str(server.cache))
    monkeypatch.setenv("LABELAUDIT_ARTIFACTS_DIR", str(server.artifacts))
    settings.cache_clear()
    made = Walker(server, browser)
    made.page.add_init_script(WATCH.replace("SELECTOR", ".la-deck[data-id]"))
    made.open(address)
    made.example()
    made.settle()
    yield made
    made.close()


def log() -> list[Decision]:
    (record,) = Workspace().audits()
    return Workspace().log.read(record["manifest"]["dataset"]["data_fingerprint"])


def in_force() -> dict[str, str]:
    return {row.id: row.action for row in effective(log()).itertuples()}


def test_two_hundred_decisions_by_keyboard_survive_undo_reload_and_restart(
    reviewer: Walker, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = [KEYS[number % len(KEYS)] for number in range(DECISIONS)]
    painted = pressed(reviewer.page, keys)
    reviewer.decided(DECISIONS)
    about = [id_ for id_, _, _ in painted]
    expected = {id_: DOES[key] for id_, key in zip(about, keys, strict=True)}
    assert len(expected) == DECISIONS and in_force() == expected
    with capsys.disabled():
        sys.stdout.write(f"\n  key to next example painted: {percentiles([took for _, took, _ in painted])}")
        sys.stdout.write(f"\n  key to decision in the log:  {percentiles(until_written(painted, log()))}\n")

    for id_ in reversed(about[-UNDONE:]):
        reviewer.page.keyboard.press("u")
        expect(reviewer.page.locator(".la-deck")).to_have_attribute("data-id", id_)  # at once, and the right one
        del expected[id_]
    reviewer.decided(DECISIONS - UNDONE)
    assert in_force() == expected

    reviewer.reload()
    reviewer.decided(DECISIONS - UNDONE)
    assert reviewer.example() == about[-UNDONE]
    address = reviewer.page.url
    reviewer.page.goto("about:blank")
    reviewer.server.restart()
    reviewer.open(address)
    reviewer.decided(DECISIONS - UNDONE)
    assert in_force() == expected and reviewer.example() == about[-UNDONE]

    # Redo is over with the page that undid; what was decided before it can still be taken back.
    reviewer.key("u")
    assert reviewer.example() == about[-UNDONE - 1]
    reviewer.key("r")
    reviewer.decided(DECISIONS - UNDONE)
    assert in_force() == expected


def test_keys_that_come_faster_than_the_server_are_all_written(reviewer: Walker) -> None:
    before, decided = len(log()), number(reviewer.fact("decided"))
    for _ in range(100):  # more than are kept ready: the rest waits for its examples
        reviewer.page.keyboard.press("g")
    reviewer.decided(decided + 100)
    reviewer.page.wait_for_timeout(3000)  # until the next examples are ready again: keys are about what is seen
    for _ in range(20):
        reviewer.page.keyboard.press("k")
    reviewer.page.get_by_role("link", name="Export", exact=True).click()  # without waiting for anything
    reviewer.page.wait_for_url(re.compile("/Export"))
    reviewer.settle()
    reviewer.decided(decided + 120)  # what was not on its way yet is sent from here
    new = log()[before:]
    assert [decision.action for decision in new] == ["ambiguous"] * 100 + ["keep"] * 20
    assert len({decision.id for decision in new}) == 120


def test_what_another_tab_decided_is_shown_and_the_reviewer_chooses(reviewer: Walker) -> None:
    other = reviewer.second()
    both = reviewer.example(), other.example()
    assert both[0] == both[1]
    reviewer.key("k")
    other.key("x")
    alert = other.page.locator(".la-alert")
    expect(alert).to_contain_text("Decided meanwhile, so yours was not written.")
    expect(alert).to_contain_text("excluded")
    expect(alert).to_contain_text("keep class")
    expect(alert).to_contain_text("you, in another tab")
    expect(alert.locator(".main")).to_have_text("Keep theirs")
    expect(other.page.locator(".la-said")).to_have_text("Not written: decided meanwhile.")
    assert in_force()[both[0]] == "keep"
    other.press("Decide anyway")
    expect(alert).to_have_count(0)
    assert in_force()[both[0]] == "exclude"

    reviewer.reload()
    other.reload()
    second = reviewer.example()
    reviewer.key("g")
    other.key("a")
    other.press("Keep theirs")
    expect(alert).to_have_count(0)
    assert in_force()[second] == "ambiguous"


def test_after_the_last_decision_a_key_too_many_changes_nothing(reviewer: Walker, reviewed: tuple[Server, str]) -> None:
    ids = tuple(f"r{number:07d}" for number in range(77_000, 77_004))
    address = reviewed[1].split("&sel=")[0] + "&" + urlencode({"sel": Selection(ids=ids).to_text()})
    reviewer.open(address)
    reviewer.example()
    before = len(log())
    for key in "kkkkx":
        reviewer.page.keyboard.press(key)
    alert = reviewer.page.locator(".la-alert")
    expect(alert).to_contain_text("All of these are decided.")
    reviewer.key("x")
    assert [(d.id in ids, d.action) for d in log()[before:]] == [(True, "keep")] * 4
    reviewer.key("ArrowLeft")
    expect(alert).to_have_count(0)
    reviewer.key("x")
    assert [d.action for d in log()[before:]] == ["keep"] * 4 + ["exclude"]


def test_decisions_that_wait_for_a_server_that_is_gone_are_counted_until_they_are_written(reviewer: Walker) -> None:
    before = len(log())
    reviewer.server.stop()
    for _ in range(4):
        reviewer.page.keyboard.press("k")
    alert = reviewer.page.locator(".la-alert")
    expect(alert).to_contain_text("4 decisions wait to be sent; don't close the tab.")
    expect(reviewer.page.locator(".la-said")).to_have_text("")
    reviewer.server.start()
    expect(alert).to_have_count(0)
    assert [d.action for d in log()[before:]] == ["keep"] * 4
    reviewer.faults.clear()  # that the server is gone is an error to the browser


def test_a_class_is_found_by_typing_and_letters_in_a_comment_are_no_keys(reviewer: Walker) -> None:
    page, first = reviewer.page, reviewer.example()
    page.keyboard.press("c")
    page.keyboard.type("kaxu")
    page.keyboard.press("Tab")
    page.keyboard.insert_text("sure? " * 1700)
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("ss 7")
    page.keyboard.press("Enter")
    reviewer.settle()
    written = log()[-1]
    assert (written.id, written.action, written.after) == (first, "set", '"class 7"')
    assert (written.reason, len(written.comment)) == ("kaxu", 10_199)
    assert reviewer.example() != first
    expect(page.locator(".la-comment")).to_have_value("")
    reviewer.key("ArrowLeft")
    expect(page.locator(".la-because")).to_contain_text("kaxu · sure?")


def test_keys_are_changed_and_found_again_after_a_reload(reviewer: Walker) -> None:
    reviewer.press("Keys")
    field = reviewer.page.get_by_label("Keep", exact=True)
    field.fill("a")
    reviewer.press("Save")
    said = reviewer.sees("“a” would be the key of Accept and of Keep; give each its own.")
    expect(said).to_be_in_viewport()
    field.fill("y")
    reviewer.press("Save")
    reviewer.reload()
    expect(reviewer.button(re.compile("^Keep"))).to_have_text(re.compile("Y"))
    first, before = reviewer.example(), len(log())
    reviewer.key("k")
    assert len(log()) == before
    reviewer.key("y")
    assert in_force()[first] == "keep"
    reviewer.press("Keys")
    reviewer.press("Back to the defaults")
    expect(reviewer.button(re.compile("^Keep"))).to_have_text(re.compile("K.*K"))


def test_the_table_decides_on_the_row_in_focus_and_loses_no_key(reviewer: Walker) -> None:
    reviewer.view("Table")
    row = int(str(reviewer.grid.locator(".la-open").first.get_attribute("row-index"))) + 2
    before, decided, id_ = len(log()), number(reviewer.fact("decided")), reviewer.cells(row)["id"]
    reviewer.row(row).locator('[col-id="given"]').click()
    reviewer.settle()
    reviewer.key("k")
    reviewer.decided(decided + 1)
    assert [(d.id, d.action) for d in log()[before:]] == [(id_, "keep")]
    reviewer.key("u")
    reviewer.decided(decided)
    assert log()[-1].action == "undo"


def test_after_the_last_row_of_the_table_a_key_too_many_changes_nothing(
    reviewer: Walker, reviewed: tuple[Server, str]
) -> None:
    ids = [f"r{number:07d}" for number in range(78_000, 78_003)]
    reviewer.open(reviewed[1].split("&sel=")[0] + "&" + urlencode({"sel": Selection(ids=tuple(ids)).to_text()}))
    reviewer.view("Table")
    before, shown = len(log()), [reviewer.cells(row)["id"] for row in range(3)]
    reviewer.row(1).locator('[col-id="given"]').click()
    reviewer.settle()
    for key in "kkxx":
        reviewer.key(key)
    assert [(d.id, d.action) for d in log()[before:]] == [(shown[1], "keep"), (shown[2], "keep")]
    for key in ("ArrowUp", "ArrowDown", "x"):
        reviewer.key(key)
    assert [(d.id, d.action) for d in log()[before + 2 :]] == [(shown[2], "exclude")]


def test_arrows_and_keys_of_the_table_go_on_from_the_row_in_focus(reviewer: Walker) -> None:
    for _ in range(30):
        reviewer.page.keyboard.press("ArrowRight")
    reviewer.settle()
    opened = reviewer.example()
    reviewer.view("Table")
    expect(reviewer.grid.locator(".la-open")).to_be_in_viewport()  # the open example's row, far down
    marked = reviewer.grid.locator(".la-open")
    expect(marked.locator('[col-id="id"]').first).to_have_text(opened)
    start = int(str(marked.first.get_attribute("row-index")))
    before, decided = len(log()), number(reviewer.fact("decided"))
    ids = [reviewer.cells(start + below)["id"] for below in range(6)]
    reviewer.row(start).locator('[col-id="given"]').click()
    reviewer.settle()
    for key in ("ArrowDown", "k", "ArrowDown", "x", "u", "Space", "ArrowDown", "Space"):
        reviewer.key(key)
    reviewer.decided(decided + 1)
    assert [(d.id, d.action) for d in log()[before:]][:2] == [(ids[1], "keep"), (ids[3], "exclude")]
    assert log()[-1].action == "undo"
    ticked = reviewer.grid.locator(".ag-row-selected").evaluate_all(
        "rows => rows.map(row => row.getAttribute('row-index'))"
    )
    assert {int(index) for index in ticked} == {start + 3, start + 4}
    assert reviewer.example() == ids[4]


def test_cards_take_the_same_keys_for_one_and_for_all_that_are_chosen(reviewer: Walker) -> None:
    reviewer.view("Cards")
    page = reviewer.page
    cards, focused = page.locator(".la-tile"), page.locator(".la-tile.on")
    expect(cards).to_have_count(24)
    first = str(focused.get_attribute("data-id"))
    page.keyboard.press("Space")  # the first key after a click on the view
    expect(focused).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    page.keyboard.press("PageDown")
    expect(focused).not_to_have_attribute("data-id", first)
    reviewer.settle()
    ids = [str(id_) for id_ in cards.evaluate_all("cards => cards.map(card => card.dataset.id)")]
    before = len(log())
    page.keyboard.press("x")
    expect(focused).to_have_attribute("data-id", ids[1])
    expect(cards.first).to_contain_text("excluded")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("k")  # on the two that are chosen still
    reviewer.settle()
    new = log()[before:]
    assert [(d.id, d.action) for d in new] == [(ids[0], "exclude"), (ids[1], "keep"), (ids[2], "keep")]
    assert new[1].batch == new[2].batch
    reviewer.key("u")
    assert set(ids[1:3]).isdisjoint(in_force())
    page.keyboard.press("Control+a")
    expect(page.locator(".la-tile[aria-selected=true]")).to_have_count(24)
    page.keyboard.press("Escape")
    page.keyboard.press("PageDown")
    expect(focused).not_to_have_attribute("data-id", ids[1])
    expect(page.locator(".la-pages")).to_contain_text("of")
