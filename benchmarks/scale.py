"""The dashboard on 100,000 and on 1,000,000 rows, in a real server and Chromium, beside a page that sends all rows.

Texts of ten classes are made here with probabilities, features, places and neighbours that are brought, so that an
audit takes no time to speak of; 200 decisions stand in the log of the smaller one and 10,000 in that of the larger.
Each page is opened twice from its link on top: what is timed is the second time, from the click until what the page
is for is drawn and nothing on it is of an earlier run. Bytes are what came over the websocket and as media, in the
larger of both. The other side is what one would write in five lines: the issue table in `st.dataframe` and its scatter
in `st.altair_chart`, both with all rows.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import numpy as np
import psutil
import pyarrow as pa

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.dataset import Dataset
from labelaudit.given import Given
from labelaudit.review import Decision
from labelaudit.selection import Selection, points
from labelaudit.settings import settings
from labelaudit.workspace import Workspace

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
DECISIONS = {100_000: 200, 1_000_000: 10_000}
LIMIT = 300_000  # ms
CLASSES, WRONG, NEAR, DIMENSIONS = 10, 0.04, 10, 8
MAIN = '[data-testid="stMain"]'
CHART = f'{MAIN} [data-testid="stVegaLiteChart"] :is(canvas, svg)'
# What one clicks to get to each page or view, and what it is for: once that is drawn, the page is.
PAGES = {
    "Home": ("link", f"{MAIN} .la-hero"),
    "Ingest": ("link", '[data-testid="stFileUploader"]'),
    "Audit": ("link", f"{MAIN} .la-hero"),
    "Health": ("link", CHART),
    "Heatmap": ("link", CHART),
    "Scatter": ("link", CHART),
    "Map": ("tab", CHART),
    "Rank": ("tab", CHART),
    "Inspector": ("link", f"{MAIN} .la-deck .la-tag"),
    "Decisions": ("link", f"{MAIN} .la-history"),
    "Export": ("link", f'{MAIN} [data-testid="stDataFrame"] canvas'),
}
# Whether the script of the page has ended and nothing on it is of an earlier run.
DRAWN = """
() => document.querySelector('[data-testid="stApp"]').getAttribute("data-test-script-state") === "notRunning"
  && !document.querySelector('[data-stale="true"], [data-testid="stSkeleton"]')
"""
# Resolves with the time since the click once what was waited for is there and the script has ended.
PAINTED = """
([selector, button]) => new Promise((resolve, reject) => {
  const app = document.querySelector('[data-testid="stApp"]');
  const start = performance.now();
  let ran = false;
  const watch = new MutationObserver(() => { ran = true; });
  watch.observe(app, {attributeFilter: ["data-test-script-state"]});
  setTimeout(() => reject(new Error(`${selector} was not drawn`)), 60000);
  const look = () => {
    const busy = app.getAttribute("data-test-script-state") !== "notRunning"
      || document.querySelector('[data-stale="true"], [data-testid="stSkeleton"]');
    const there = [...document.querySelectorAll(selector)].some((found) => found.getClientRects().length);
    if (ran && there && !busy) resolve((performance.now() - start) / 1000);
    else requestAnimationFrame(look);
  };
  button.click();
  look();
})
"""
PLAIN = """
import altair as alt, pandas as pd, streamlit as st
alt.data_transformers.disable_max_rows()
table = pd.read_parquet({path!r})
st.dataframe(table)
st.altair_chart(alt.Chart(table).mark_point().encode(x="self_confidence", y="other_best", color="is_issue"))
"""


def made(n: int, seed: int = 0) -> Dataset:
    """Texts of ten classes, every 25th label wrong, with all that an audit would compute brought."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, CLASSES, n)
    given = np.where(rng.random(n) < WRONG, (true + rng.integers(1, CLASSES, n)) % CLASSES, true)
    scores = np.exp(rng.gumbel(size=(n, CLASSES)).astype(np.float32) + 5 * np.eye(CLASSES, dtype=np.float32)[true])
    words = np.array([f"word{number}" for number in range(2000)], dtype=object)
    # Neighbours are others of the same class: enough for what pages show of them, and made in no time.
    order = np.argsort(true, kind="stable")
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(n)
    names = tuple(f"class {code}" for code in range(CLASSES))
    centres = rng.normal(size=(CLASSES, DIMENSIONS))[true]
    features = (centres + 0.3 * rng.normal(size=(n, DIMENSIONS))).astype(np.float32)
    brought = Given(
        pred_probs=scores / scores.sum(axis=1, keepdims=True),
        classes=names,
        features=features,
        coordinates=features[:, :2],
        neighbours=order[(rank[:, None] + np.arange(1, NEAR + 1)) % n].astype(np.int32),
        distances=np.sort(rng.random((n, NEAR), dtype=np.float32), axis=1),
    )
    columns = {
        "id": [f"r{number:07d}" for number in range(n)],
        "text": [" ".join(row) for row in words[rng.integers(0, len(words), (n, 12))].tolist()],
        "label": np.array(names, dtype=object)[given].tolist(),
    }
    return Dataset(
        f"made {n:,}", pa.table(columns), ("label",), ("text",), modality="text", id_column="id", given=brought
    )


def prepared(n: int, decisions: int) -> str:
    """Audit such data in the workspace that the environment names, and decide on some; return the audit's id."""
    dataset, here = made(n), Workspace()
    audit_id = here.request(dataset, AuditConfig())
    issues = audit(dataset, AuditConfig(), cache=settings().cache_dir).label_issues
    suspects = issues[issues["is_issue"]].sample(decisions, random_state=0)
    actions = np.random.default_rng(1).choice(["set", "keep", "exclude", "skip"], decisions, p=[0.7, 0.2, 0.05, 0.05])
    here.log.append(
        [
            Decision(
                actor="me",
                action=str(action),
                id=str(id_),
                before=given,
                after={"set": suggested, "keep": given}.get(action),
                batch=f"b{number}",
                fingerprint=dataset.data_fingerprint,
                run=audit_id,
            )
            for number, (action, id_, given, suggested) in enumerate(
                zip(actions, suspects["id"], suspects["given"], suspects["suggested"], strict=True)
            )
        ]
    )
    return audit_id


@contextmanager
def served(root: Path, folder: Path) -> Iterator[str]:
    """Run the ``Home.py`` of a folder; give its address."""
    sys.path.insert(0, str(ROOT / "tests" / "browser"))
    from serving import Server

    server = Server(root, folder)
    server.start()
    yield server.url
    server.stop()


class Meter:
    """A browser window that counts what it gets, and times what is drawn.

    Parameters
    ----------
    page : Page
    """

    def __init__(self, page: Page) -> None:
        self.page, self.received = page, 0
        page.on("websocket", lambda socket: socket.on("framereceived", self._count))
        page.on("response", lambda answer: self._count(answer.body()) if "/media/" in answer.url else None)

    def _count(self, data: str | bytes) -> None:
        self.received += len(data)

    def open(self, address: str, selector: str) -> float:
        """Open an address; return the seconds until this is seen, Streamlit's own files included."""
        start = time.perf_counter()
        self.page.goto(address)
        self.page.locator(selector).first.wait_for(timeout=LIMIT)
        return time.perf_counter() - start

    def click(self, name: str, role: Any, selector: str) -> tuple[float, int]:
        """Click a link, a tab or a view; return seconds until all is drawn, and bytes."""
        # While a page is still drawn its links are drawn anew, and a click on one that was replaced goes nowhere.
        self.page.wait_for_function(DRAWN, timeout=LIMIT)
        before = self.received
        button = self.page.get_by_role(role, name=name, exact=True).first.element_handle()
        seconds = self.page.evaluate(PAINTED, [selector, button])
        return float(seconds), self.received - before

    def brush(self) -> tuple[float, int]:
        """Drag over the first chart; return seconds until the selection stands on top, and bytes."""
        self.page.wait_for_timeout(1000)
        before, box = self.received, self.page.locator(CHART).first.bounding_box()
        assert box is not None
        mouse, (x, y, width, height) = self.page.mouse, box.values()
        mouse.move(x + 0.15 * width, y + 0.2 * height)
        mouse.down()
        mouse.move(x + 0.5 * width, y + 0.6 * height, steps=5)
        mouse.up()
        start = time.perf_counter()
        self.page.locator(".st-key-chip-box").wait_for(timeout=LIMIT)
        return time.perf_counter() - start, self.received - before


def ours(n: int, folder: Path, browser: Browser) -> dict[str, tuple[float, int]]:
    """Seconds and bytes of each page, and of the first one."""
    names = {"LABELAUDIT_CACHE_DIR": folder / "cache", "LABELAUDIT_ARTIFACTS_DIR": folder / "artifacts"}
    os.environ |= {name: str(path) for name, path in names.items()}
    settings.cache_clear()
    audit_id = prepared(n, DECISIONS.get(n, n // 100))
    found: dict[str, tuple[float, int]] = {}
    with served(ROOT, folder) as url:
        meter = Meter(browser.new_page(viewport={"width": 1440, "height": 900}))
        query = urlencode({"audit": audit_id, "sel": Selection(suspects=True).to_text()})
        found["first open, Health"] = meter.open(f"{url}/Health?{query}", CHART), meter.received
        for _ in range(2):
            for title, (role, selector) in PAGES.items():
                found[title] = meter.click(title, role, selector)
        meter.click("Scatter", "link", CHART)
        found["a brush on the plane"] = meter.brush()
        print(f"{n:,} rows: {memory_mb():,.0f} MB in the server")
    return found


def theirs(n: int, folder: Path, browser: Browser) -> tuple[float, int]:
    """Seconds and bytes of a page that sends all rows."""
    (folder / "plain").mkdir()
    points(Workspace().open(Workspace().audits()[0]["id"])).to_parquet(folder / "points.parquet")
    (folder / "plain" / "Home.py").write_text(PLAIN.format(path=str(folder / "points.parquet")))
    with served(folder / "plain", folder) as url:
        meter = Meter(browser.new_page())
        return meter.open(url, CHART), meter.received


def memory_mb() -> float:
    """What the server holds, which is a process of ours."""
    return max(child.memory_info().rss for child in psutil.Process().children()) / 2**20


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=list(DECISIONS))
    parser.add_argument("--chromium", default=os.environ.get("CHROMIUM") or shutil.which("chromium"))
    parser.add_argument("--all-rows-up-to", type=int, default=100_000, help="beyond, a browser can't hold all rows")
    options = parser.parse_args(arguments)
    if options.chromium is None:
        print("left out: the pages at scale (no Chromium; name one with --chromium)")
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox", "--disable-gpu"])
        for n in options.rows:
            with TemporaryDirectory() as folder:
                found = ours(n, Path(folder), browser)
                for title, (seconds, received) in found.items():
                    print(f"  {title:24s} {seconds:6.2f} s {received / 1e6:8.2f} MB")
                if n <= options.all_rows_up_to:
                    seconds, received = theirs(n, Path(folder), browser)
                    times, bytes_ = seconds / found["Scatter"][0], received / found["Scatter"][1]
                    print(f"  {'all rows, in five lines':24s} {seconds:6.2f} s {received / 1e6:8.2f} MB", end="")
                    print(f": Scatter is {times:.1f}x faster with {bytes_:.0f}x fewer bytes", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
