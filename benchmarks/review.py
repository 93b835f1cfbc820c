"""One key per decision: from the key to the next example painted, against a bare fragment with a button and a chart.

An audit of 100,000 texts is reviewed by keyboard in Chromium, 200 decisions, each key a tenth of a second after the
example before it is painted. The other side is what one would write first: a fragment that shows one text of a list, a
button with a shortcut that goes on, and a bar chart of ten probabilities; it writes nothing and looks nothing up. Both
run on this machine, one after the other. Painted means: the frame after the one in which the page shows the next id.
Also shown is how long it takes until the decision is in the log, by the time that the log gave it.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import numpy as np

from benchmarks.scale import LIMIT, ROOT, prepared, served
from labelaudit.review import Decision
from labelaudit.selection import Selection
from labelaudit.settings import settings
from labelaudit.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

KEYS = "aakaxaaga2"
PAUSE = 100  # ms between what is painted and the next key: faster than people decide
# Before any script of the page, whose own listeners let no other have the key.
WATCH = """
  window.painted = [];
  addEventListener("keydown", (event) => {
    const shown = () => {
      const node = document.querySelector("SELECTOR");
      return node && (node.dataset.id ?? node.textContent);
    };
    const [before, wall] = [shown(), Date.now()];
    const look = () => {
      const now = shown();
      if (!now || now === before) requestAnimationFrame(look);
      else requestAnimationFrame(() => window.painted.push([before, performance.now() - event.timeStamp, wall]));
    };
    requestAnimationFrame(look);
  }, true);
"""
BARE = """
import altair as alt, numpy as np, pandas as pd, streamlit as st
@st.fragment
def review():
    place = st.session_state.setdefault("place", 0)
    with st.container(key="example"):
        st.write(f"text {place}")
    st.button("Accept", shortcut="a", on_click=lambda: st.session_state.update(place=place + 1))
    shares = np.random.default_rng(place).dirichlet(np.ones(10))
    table = pd.DataFrame({"class": [f"class {code}" for code in range(10)], "probability": shares})
    st.altair_chart(alt.Chart(table).mark_bar().encode(x="probability", y="class"))
review()
"""


def watched(page: Page, address: str, selector: str) -> None:
    """Open an address and time every key from now on, by what a node of the page shows."""
    page.add_init_script(WATCH.replace("SELECTOR", selector))
    page.goto(address)
    page.locator(selector).first.wait_for(timeout=LIMIT)
    page.wait_for_timeout(3000)


def pressed(page: Page, keys: Sequence[str]) -> list[tuple[str, float, float]]:
    """Press keys one after the other.

    Returns
    -------
    list of (str, float, float)
        The id that a key was about, ms until the next example was painted, and when it was pressed, in ms since 1970.
    """
    for number, key in enumerate(keys, start=1):
        page.wait_for_timeout(PAUSE)
        page.keyboard.press(key)
        page.wait_for_function("n => window.painted.length >= n", arg=number, polling="raf", timeout=LIMIT)
    return [(str(about), float(took), float(wall)) for about, took, wall in page.evaluate("window.painted")]


def until_written(painted: Sequence[tuple[str, float, float]], log: Sequence[Decision]) -> list[float]:
    """Say how many ms after its key each decision got its place in the log."""
    times = {decision.id: datetime.fromisoformat(decision.time).timestamp() * 1000 for decision in log}
    return [times[about] - wall for about, _, wall in painted]


def percentiles(ms: Sequence[float]) -> str:
    """Write the median, the 95th percentile and the worst."""
    median, high, worst = np.percentile(ms, [50, 95, 100])
    return f"median {median:6.0f} ms, 95th percentile {high:6.0f} ms, worst {worst:6.0f} ms"


def ours(n: int, keys: Sequence[str], folder: Path, browser: Browser) -> tuple[list[float], list[float]]:
    """Time the Inspector."""
    os.environ |= {f"LABELAUDIT_{name}_DIR": str(folder / name.lower()) for name in ("CACHE", "ARTIFACTS")}
    settings.cache_clear()
    audit_id = prepared(n, 0)
    with served(ROOT, folder) as url:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        query = urlencode({"audit": audit_id, "sel": Selection(suspects=True).to_text()})
        watched(page, f"{url}/Inspector?{query}", ".la-deck[data-id]")
        painted = pressed(page, keys)
        page.wait_for_timeout(3000)
        log = Workspace().log.read(Workspace().open(audit_id).dataset.data_fingerprint)
    return [took for _, took, _ in painted], until_written(painted, log)


def bare(keys: Sequence[str], folder: Path, browser: Browser) -> list[float]:
    """Time the bare fragment."""
    (folder / "bare").mkdir()
    (folder / "bare" / "Home.py").write_text(BARE)
    with served(folder / "bare", folder) as url:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        watched(page, url, ".st-key-example p")
        return [took for _, took, _ in pressed(page, "a" * len(keys))]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--decisions", type=int, default=200)
    parser.add_argument("--chromium", default=os.environ.get("CHROMIUM") or shutil.which("chromium"))
    options = parser.parse_args(arguments)
    if options.chromium is None:
        print("left out: review by keyboard (no Chromium; name one with --chromium)")
        return
    from playwright.sync_api import sync_playwright

    keys = [KEYS[number % len(KEYS)] for number in range(options.decisions)]
    with sync_playwright() as playwright, TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox", "--disable-gpu"])
        painted, written = ours(options.rows, keys, Path(folder), browser)
        plain = bare(keys, Path(folder), browser)
        browser.close()
    print(f"{len(keys)} decisions by keyboard, {options.rows:,} rows, {os.cpu_count()} cores")
    print(f"  key to next example painted   {percentiles(painted)}")
    print(f"  key to decision in the log    {percentiles(written)}")
    print(f"  bare fragment, button, chart  {percentiles(plain)}", end="")
    ratios = np.percentile(plain, [50, 95]) / np.percentile(painted, [50, 95])
    print(f": {ratios[0]:.1f}x and {ratios[1]:.1f}x ours")


if __name__ == "__main__":
    main()
