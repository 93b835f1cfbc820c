"""Hands and eyes in the dashboard: what a person does with it, each step waiting until its effect is seen."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, FrameLocator, Locator, Page, expect
from serving import Server

LIMIT = 120_000  # ms; an upper bound for slow machines, not an expectation
SIZE = {"width": 1440, "height": 900}
FOLDS = 20  # of a slow audit: enough to end things around it, and not many more, since it is waited for in the end
# Streamlit looks for its endpoints below the page's path first, and each miss is an error to the browser.
KNOWN = re.compile(r"/_stcore/(health|host-config)")
SCREENSHOTS = os.environ.get("LABELAUDIT_SCREENSHOTS", "")

# True where the script has been idle and everything on the page is of its last run, for a third of a second:
# a click is sent to the server a moment after it is made.
SETTLED = """
() => {
  const app = document.querySelector('[data-testid="stApp"]');
  const busy = !app
    || app.getAttribute('data-test-script-state') !== 'notRunning'
    || app.getAttribute('data-test-connection-state') !== 'CONNECTED'
    || document.querySelector('[data-stale="true"], [data-testid="stSkeleton"], [data-testid="stAppSkeleton"]');
  const now = performance.now();
  if (busy || window.quietSince === undefined) window.quietSince = now;
  return !busy && now - window.quietSince > 350;
}
"""

expect.set_options(timeout=LIMIT)


class Walker:
    """One browser window on the dashboard.

    Parameters
    ----------
    server : Server
    browser : Browser
    context : BrowserContext, optional
        Share cookies and storage with another window; a context of its own by default.
    scheme : {"light", "dark"}
    """

    def __init__(
        self,
        server: Server,
        browser: Browser,
        context: BrowserContext | None = None,
        scheme: Literal["light", "dark"] = "light",
    ) -> None:
        self.server, self.browser = server, browser
        self.context = context or browser.new_context(viewport=SIZE, color_scheme=scheme)
        self.context.set_default_timeout(LIMIT)
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        self.page.on("dialog", self._dialog)

    def close(self) -> None:
        """Close the window; it must not have had a fault."""
        self.context.close()
        assert not self.faults, "\n".join(self.faults)

    def second(self) -> Walker:
        """Open another tab of the same browser at the same address."""
        other = Walker(self.server, self.browser, self.context)
        other.faults = self.faults
        other.open(self.page.url)
        return other

    # -- around ---------------------------------------------------------------------------------------

    def open(self, address: str = "/") -> None:
        """Go to an address of the dashboard."""
        self.page.goto(address if address.startswith("http") else self.server.url + address)
        self.settle()

    def go(self, title: str) -> None:
        """Go to a page by its link on top."""
        self.page.get_by_role("link", name=title, exact=True).first.click()
        path = "" if title == "Home" else title.replace(" ", "_")
        self.page.wait_for_url(re.compile(rf":\d+/{path}(\?|$)"))
        self.settle()

    def reload(self) -> None:
        self.page.reload()
        self.settle()

    def settle(self) -> None:
        """Wait until the page shows its last state, in which no exception may stand and nothing may be unstyled."""
        self.page.evaluate("() => { delete window.quietSince }")
        self.page.wait_for_function(SETTLED, polling=50)
        exceptions = self.page.locator('[data-testid="stException"]').all_inner_texts()
        assert exceptions == [], exceptions[0]
        assert ".la-facts" in "".join(self.page.locator("style").all_text_contents()), "the page lost its styles"

    def sees(self, text: str | re.Pattern[str]) -> Locator:
        """Wait until a text can be seen, and until the page is at rest."""
        found = self.page.get_by_text(text).first
        expect(found).to_be_visible()
        self.settle()
        return found

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press a button by its name."""
        self.button(name).click()
        self.settle()

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name).first

    def key(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.settle()

    def shot(self, name: str) -> None:
        """Save what is seen, light and dark, where ``LABELAUDIT_SCREENSHOTS`` names a folder."""
        if not SCREENSHOTS:
            return
        for scheme in ("light", "dark"):
            other = Walker(self.server, self.browser, scheme=scheme)
            other.open(self.page.url)
            other.page.wait_for_timeout(2500)  # charts and the review table draw in their own time
            other.settle()
            other.page.screenshot(path=Path(SCREENSHOTS) / f"{name}_{scheme}.png")
            other.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not KNOWN.search(message.location.get("url", "") + message.text):
            self.faults.append(f"console: {message.text} ({message.location.get('url')})")

    def _dialog(self, dialog: Any) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    # -- data and audit -------------------------------------------------------------------------------

    def upload(self, *paths: Path) -> None:
        """Upload a file on Ingest, or images and the table that names them; wait until it was read or refused."""
        self.page.locator('input[type="file"]').first.set_input_files(list(paths))
        self.settle()

    def choice(self, label: str) -> str:
        """What a select box is set to."""
        return self._box(label).input_value()

    def choose(self, label: str, option: str) -> None:
        """Set a select box."""
        self._box(label).scroll_into_view_if_needed()  # to scroll would close the list
        self.settle()
        self._box(label).click()
        expect(self.page.get_by_role("listbox")).to_be_visible()
        self.page.keyboard.type(option)  # long lists are drawn in parts
        expect(self.page.get_by_role("option", name=option, exact=True)).to_be_visible()
        self.page.keyboard.press("Enter")
        expect(self._box(label)).to_have_value(option)
        self.settle()

    def unfold_choices(self) -> None:
        """Show how an audit can be done otherwise."""
        self.page.get_by_text("Choices (the defaults are good)").click()
        expect(self._box("Model")).to_be_visible()
        self.settle()

    def _box(self, label: str) -> Locator:
        return self.page.get_by_role("combobox", name=re.compile(rf"{label}\b")).first

    def audit(self) -> int:
        """Start the audit of what is loaded; return how many suspects it found."""
        self.button(re.compile("^Audit (these|a sample)")).click()
        return self.audited()

    def audit_slowly(self, path: Path, folds: int = FOLDS) -> None:
        """Upload a file and start an audit of many slow folds; return when two of them are done."""
        self.open("/Ingest")
        self.upload(path)
        self.unfold_choices()
        self.choose("Model", "random forest")
        self.page.get_by_role("spinbutton", name="Folds").fill(str(folds))
        self.page.keyboard.press("Enter")
        self.sees(f"{folds} folds")
        self.button(re.compile("^Audit these")).click()
        self.under_way(folds)

    def under_way(self, folds: int = FOLDS) -> None:
        """Wait until an audit that runs has done two folds."""
        some = rf"Models, each trained without one fold: ([2-9]|[1-9]\d) of {folds}"
        expect(self.page.get_by_text(re.compile(some))).to_be_visible()

    def audited(self) -> int:
        """Wait for the end of an audit; return how many suspects it found."""
        headline = self.sees(re.compile(r"^We suspect [\d,]+ of")).inner_text()
        return number(headline)

    # -- figures in the bar ---------------------------------------------------------------------------

    def fact(self, name: str) -> str:
        """One of the figures on top: ``health``, ``suspects`` or ``decided``."""
        return self.page.locator(".la-facts span", has_text=re.compile(f"^{name} ")).locator("b").inner_text()

    def decided(self, count: int) -> None:
        """Wait until so many decisions are counted in the bar."""
        expect(self.page.locator(".la-facts span", has_text=re.compile("^decided ")).locator("b")).to_have_text(
            f"{count:,}"
        )
        self.settle()

    def chips(self) -> list[str]:
        """The selection as the bar shows it."""
        found = self.page.locator('.st-key-bar [class*="st-key-chip-"]').get_by_role("button").all_inner_texts()
        # Streamlit replaces less where an invisible character is in between.
        return [text.removesuffix("close").strip().replace("\u2060", "") for text in found if text != "clear"]

    def selected(self) -> int:
        """How many examples the bar says are selected."""
        return number(self.page.get_by_text(re.compile(r"^[\d,]+ selected$")).first.inner_text())

    # -- charts ---------------------------------------------------------------------------------------

    def marks(self) -> Locator:
        """Cells of the heatmap; charts are SVG, whose marks say what they show."""
        return self.page.locator('[data-testid="stVegaLiteChart"] [aria-roledescription="rect mark"]')

    def heatmap(self) -> dict[tuple[str, str], int]:
        """How many suspects each cell says that it holds, by given and suggested label."""
        expect(self.marks().first).to_be_visible()
        labels = self.marks().evaluate_all("marks => marks.map(mark => mark.getAttribute('aria-label'))")
        pattern = re.compile(r"given: (.*?); (?:value: .*?; )?suggested: (.*?); confident.*review: ([\d,]+)")
        found = [match for label in labels if (match := pattern.search(label))]
        return {(match[1], match[2]): number(match[3]) for match in found}

    def click_cell(self, given: str, suggested: str) -> None:
        """Click a cell of the heatmap, and wait until it is selected."""
        wanted = f'[aria-label*="given: {given};"][aria-label*="suggested: {suggested};"]'
        # Its number lies over it, and a click on that counts as well.
        self.marks().and_(self.page.locator(wanted)).last.click(force=True)
        self.page.locator(".st-key-chip-suggested").wait_for()
        self.settle()

    def click_mark(self, kind: str, says: str) -> None:
        """Click the first mark of a chart of this kind whose description holds these words."""
        found = self.page.locator(f'[aria-roledescription="{kind}"][aria-label*="{says}"]').first
        expect(found).to_be_visible()
        found.click(force=True)
        self.page.wait_for_timeout(500)  # Streamlit waits a moment for further marks
        self.settle()

    def brush(self, left: float, top: float, right: float, bottom: float, chip: str = "box") -> None:
        """Drag over the first chart, from and to shares of its width and height."""
        chart = self.page.locator('[data-testid="stVegaLiteChart"]').first.locator("svg, canvas").first
        expect(chart).to_be_visible()
        box = chart.bounding_box()
        assert box is not None
        mouse = self.page.mouse
        mouse.move(box["x"] + left * box["width"], box["y"] + top * box["height"])
        mouse.down()
        for share in (0.25, 0.5, 0.75, 1.0):
            across, down = left + share * (right - left), top + share * (bottom - top)
            mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"], steps=3)
        mouse.up()
        self.page.locator(f".st-key-chip-{chip}").wait_for()
        self.settle()

    # -- the review table -----------------------------------------------------------------------------

    @property
    def grid(self) -> FrameLocator:
        return self.page.frame_locator('iframe[title*="st_aggrid"]').first

    def row(self, index: int) -> Locator:
        return self.grid.locator(f'.ag-row[row-index="{index}"]').first

    def cells(self, index: int) -> dict[str, str]:
        """What a row of the review table shows."""
        names = ("score", "given", "suggested", "final", "status", "id")
        return {name: self.row(index).locator(f'[col-id="{name}"]').inner_text().strip() for name in names}

    def edit(self, index: int, label: str) -> None:
        """Choose the final label in a cell."""
        self.row(index).locator('[col-id="final"]').dblclick()
        self.grid.locator(".ag-cell-editor .ag-picker-field-wrapper").first.click()
        self.grid.locator(".ag-select-list, .ag-list").get_by_text(label, exact=True).last.click()
        expect(self.row(index).locator('[col-id="final"]')).to_have_text(label)
        self.settle()

    def tick(self, *indices: int) -> None:
        """Tick rows, and wait until the buttons below count them."""
        for count, index in enumerate(indices, start=1):
            self.row(index).locator(".ag-checkbox-input").check()
            expect(self.button(f"Approve {count} ticked" if count > 1 else "Approve ticked")).to_be_enabled()
        self.settle()

    def looked_at(self) -> dict[str, str]:
        """Id, given and suggested label of the example that the Inspector shows."""
        tags = {role: self.page.locator(f".la-deck .la-facts-of .la-tag.{role}") for role in ("given", "suggested")}
        return {role: tag.inner_text() for role, tag in tags.items()} | {"id": self.example()}

    def example(self) -> str:
        """Id of the example that the Inspector shows."""
        deck = self.page.locator(".la-deck")
        expect(deck).to_have_attribute("data-id", re.compile("."))
        return str(deck.get_attribute("data-id"))

    def view(self, name: str) -> None:
        """Choose one of the Inspector's views."""
        self.page.get_by_role("radio", name=name, exact=True).click()
        self.settle()

    # -- files ----------------------------------------------------------------------------------------

    def download(self, button: str, folder: Path) -> Path:
        """Press a download button; return where the file was saved."""
        with self.page.expect_download() as started:
            self.button(button).click()
        path = folder / started.value.suggested_filename
        started.value.save_as(path)
        return path


def number(text: str) -> int:
    """The first number in a sentence."""
    found = re.search(r"[\d,]+", text)
    assert found is not None, text
    return int(found[0].replace(",", ""))
