"""What people do besides: demos, many classes, bad files, links, two tabs, a cancelled audit, hostile labels."""

from __future__ import annotations

import random
import re
from pathlib import Path

from planting import Rows, cleaned, numbers, read_csv, texts, write_csv
from playwright.sync_api import Browser, expect
from serving import Server
from walking import Walker


def audited(walker: Walker, path: Path) -> int:
    """Upload a file and audit it as it is guessed; return how many suspects there are."""
    walker.open("/Ingest")
    walker.upload(path)
    walker.sees("What we noticed")
    return walker.audit()


def test_the_demo_is_one_click_away_its_clusters_too_and_noise_can_be_simulated(walker: Walker) -> None:
    walker.open()
    walker.press("Open the demo and audit it")
    assert walker.audited() > 50
    walker.sees("tickets")

    walker.go("Scatter")
    walker.press("clear")
    walker.click_mark("point", "status: ")
    assert walker.chips() == []
    walker.click_mark("point", "cluster: ")
    assert walker.chips() == ["suspects only", "cluster 1"]
    assert walker.selected() >= 5

    walker.go("Noise Sim")
    sentence = walker.sees(re.compile(r"^With errors planted in 20% of the [\d,]+ examples, the first"))
    uniform = sentence.inner_text()
    walker.page.get_by_text("to a class that it is confused with").click()
    other = walker.page.locator(".la-hero").filter(has_text="With errors planted in 20%").filter(has_not_text=uniform)
    expect(other).to_be_visible()
    walker.settle()


def test_150_classes_stay_readable_and_each_can_be_found(walker: Walker, tmp_path: Path) -> None:
    chance = random.Random(4)
    syllables = [a + b for a in "bdfgklmnprst" for b in ("a", "e", "i", "o", "u")]
    words = {f"intent {k:03d}": " ".join("".join(chance.choices(syllables, k=3)) for _ in range(6)) for k in range(150)}
    rows, _ = texts(1200, seed=5, classes=words, wrong=0.15)
    audited(walker, write_csv(tmp_path / "intents.csv", rows))

    walker.go("Heatmap")
    cells = walker.heatmap()
    names = {given for given, _ in cells}
    assert 10 < len(names) <= 30
    chart = walker.page.locator('[data-testid="stVegaLiteChart"]').first
    box, cell = chart.bounding_box(), walker.marks().first.bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 1440
    assert cell is not None and cell["width"] >= 12 and cell["height"] >= 12
    sizes = chart.locator("svg .role-axis-label text").evaluate_all(
        "texts => texts.map(text => parseFloat(getComputedStyle(text).fontSize))"
    )
    assert len(sizes) >= 2 * len(names) and min(sizes) >= 9

    absent = next(name for name in words if name not in names)
    walker.choose("Find a class", absent)
    wanted = walker.page.locator(f'[aria-roledescription="rect mark"][aria-label*="given: {absent};"]')
    expect(wanted.first).to_be_visible()
    assert len({given for given, _ in walker.heatmap()}) == len(names)


def test_what_decides_is_on_a_small_screen(walker: Walker) -> None:
    walker.page.set_viewport_size({"width": 1024, "height": 768})
    walker.open("/Ingest")
    for button in walker.page.locator('[class*="st-key-demo-"] button').all():
        assert button.evaluate("button => button.scrollWidth <= button.clientWidth")
    walker.page.locator(".st-key-demo-digits button").click()
    walker.sees("What we noticed")
    assert walker.button(re.compile("^Audit these")).evaluate("button => button.scrollWidth <= button.clientWidth")
    walker.audit()

    walker.go("Heatmap")
    walker.heatmap()
    assert walker.page.locator(".st-key-heatmap").evaluate("place => place.scrollWidth <= place.clientWidth")

    walker.go("Inspector")
    for view in ("Table", "One by one"):
        walker.view(view)
        expect(walker.button(re.compile("^Accept"))).to_be_in_viewport(ratio=1)
        expect(walker.page.locator(".la-class").last).to_be_in_viewport(ratio=1)
    walker.key("3")
    walker.decided(1)
    walker.key("s")
    walker.settle()
    walker.decided(1)


def test_a_link_restores_audit_and_selection_on_a_server_that_was_never_asked(
    walker: Walker, server: Server, browser: Browser, tmp_path: Path
) -> None:
    rows, _ = texts(120, seed=6, wrong=0.2)
    audited(walker, write_csv(tmp_path / "linked.csv", rows))
    walker.go("Heatmap")
    cells = walker.heatmap()
    walker.click_cell(*max(cells, key=cells.__getitem__))
    walker.go("Health")
    address, chips, selected = walker.page.url, walker.chips(), walker.selected()
    assert re.search(r"/Health\?.*audit=.*sel=", address)

    walker.page.goto("about:blank")
    server.restart()
    other = Walker(server, browser)
    other.open(address)
    other.sees("Pairs that are confused")
    assert (other.chips(), other.selected()) == (chips, selected)
    other.close()


def test_a_cancelled_audit_goes_on_with_the_folds_that_were_done(
    walker: Walker, server: Server, tmp_path: Path
) -> None:
    before = server.folds()
    walker.audit_slowly(write_csv(tmp_path / "slow.csv", numbers(3000, seed=7)), folds=10)
    walker.button("Cancel").click()
    walker.sees("What was finished is kept")
    kept = server.folds() - before
    assert len(kept) >= 2

    walker.go("Health")
    walker.sees("This audit is not done")
    walker.go("Audit")
    walker.press("Go on")
    walker.audited()
    assert kept <= server.folds()


def test_two_tabs_decide_on_the_same_data(walker: Walker, tmp_path: Path) -> None:
    rows, _ = texts(120, seed=8, wrong=0.2)
    audited(walker, write_csv(tmp_path / "shared.csv", rows))
    walker.go("Inspector")
    other = walker.second()
    first = walker.looked_at()
    assert other.looked_at() == first
    other.key("ArrowRight")
    second = other.looked_at()
    assert second["id"] != first["id"]

    walker.key("a")
    walker.decided(1)
    other.key("x")
    other.decided(2)
    walker.go("Export")
    file = read_csv(walker.download("Cleaned data", tmp_path))
    assert file == cleaned(rows, "topic", {first["id"]: first["suggested"]}, {second["id"]}, "id")


def test_a_bad_file_gets_one_sentence_and_takes_nothing_away(walker: Walker, tmp_path: Path) -> None:
    rows, _ = texts(120, seed=9, wrong=0.2)
    suspects = audited(walker, write_csv(tmp_path / "good.csv", rows))
    walker.go("Ingest")
    walker.sees("120 rows, 4 columns")

    broken, image = tmp_path / "broken.csv", tmp_path / "photo.csv"
    broken.write_text('id,body,topic\n1,"never closed,Baking\n2,two,Chess\n', encoding="utf-8")
    image.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    for path, words in ((broken, "a quote that is never closed"), (image, "is a PNG image, not a table")):
        walker.upload(path)
        error = walker.sees(words).inner_text()
        assert error.startswith(path.name) and error.endswith(".") and "\n" not in error
        walker.sees("Nothing was changed; what was loaded before is still here.")
        walker.sees("120 rows, 4 columns")

    one = [["id", "body", "topic"], *[[row[0], row[1], "Chess"] for row in rows[1:]]]
    walker.upload(write_csv(tmp_path / "one.csv", one))
    walker.sees("The label column 'topic' has only one class, 'Chess'")
    expect(walker.button(re.compile("^Audit these"))).to_be_disabled()
    assert walker.fact("suspects") == str(suspects)
    walker.go("Health")
    walker.sees("good")
    assert walker.fact("suspects") == str(suspects)


HOSTILE = {
    "<img src=x onerror=alert(1)>": "oven flour dough butter sugar yeast loaf crust",
    "**b** [l](javascript:alert(2))": "boat mast sail wind harbour anchor knot tide",
    "=1+1": "rook bishop queen opening endgame checkmate pawn",
    "$x^2$ :material/home: `c`": "soil seed tulip compost prune hedge lawn rake",
}


def test_what_a_user_wrote_is_shown_as_text(walker: Walker, tmp_path: Path) -> None:
    rows = hostile_rows()
    walker.open("/Ingest")
    walker.upload(write_csv(tmp_path / "<b>data<i>**x**.csv", rows))
    walker.choose("Label", "# topic")
    walker.sees("4 classes")
    assert_plain(walker)
    walker.audit()
    for page in ("Audit", "Ingest", "Health", "Heatmap", "Scatter", "Inspector", "Home"):
        walker.go(page)
        walker.sees("<b>data<i>**x**")
        assert_plain(walker)

    walker.go("Heatmap")
    cells = walker.heatmap()
    given, suggested = max((pair for pair in cells if "<img" in pair[0]), key=cells.__getitem__)
    walker.click_cell(given, suggested)
    assert walker.chips() == ["suspects only", f"given {given}", f"suggested {suggested}"]
    assert_plain(walker)

    walker.go("Inspector")
    assert walker.looked_at()["given"] == given
    decided = walker.looked_at()
    assert (decided["given"], decided["suggested"]) == (given, suggested)
    walker.sees("<script>alert(3)</script> _so_")
    assert_plain(walker)
    walker.key("a")
    walker.decided(1)

    walker.go("Export")
    assert_plain(walker)
    file = read_csv(walker.download("Cleaned data", tmp_path))
    assert file == cleaned(rows, "# topic", {decided["id"]: suggested}, set(), "id")


def hostile_rows() -> Rows:
    """Rows whose labels, texts and header are what Markdown, HTML or a spreadsheet would act on."""
    rows, _ = texts(120, seed=10, classes=HOSTILE, wrong=0.2)
    head = ["id", "<u>body</u>", "# topic", "note"]
    return [head, *[[row[0], f"<script>alert(3)</script> _so_ {row[1]}", *row[2:]] for row in rows[1:]]]


def assert_plain(walker: Walker) -> None:
    """Nothing that was written in the data has become an element; the walker itself hears dialogs."""
    main = walker.page.locator('[data-testid="stMain"]')
    assert "\\" not in main.inner_text()  # an escape that nothing resolved
    for selector in ("img[src='x']", "a[href^='javascript']", "script", "u", ".katex", "[aria-label='home icon']"):
        assert main.locator(selector).count() == 0, selector
    for selector in ("strong", "b", "i", "code", "em"):
        wrong = [text for text in main.locator(selector).all_inner_texts() if text in ("b", "x", "c", "so", "data")]
        assert not wrong, (selector, wrong)
