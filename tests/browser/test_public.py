"""A dashboard that is served to others: many visitors at once, and nothing of one ever reaches another."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from planting import WORDS, Rows, texts, write_csv
from playwright.sync_api import Browser, WebSocket
from serving import Server
from walking import Walker

VISITORS = 20  # the last two bring the same file, each under a name of its own
OWNER = re.compile(rb"session-[0-9a-f]{8}")
PAGES = ("Home", "Health", "Export", "Inspector")  # after Ingest and Audit; the last is where a decision is made


class Visitor(Walker):
    """A browser of its own, and all that the server ever sent to it."""

    def __init__(self, server: Server, browser: Browser, number: int) -> None:
        super().__init__(server, browser)
        self.received: list[bytes] = []
        self.page.on("websocket", self._listen)
        self.name = secret(number)
        self.words = secret(min(number, VISITORS - 2) + 100)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.received.append(frame if isinstance(frame, bytes) else b""))

    def rows(self) -> Rows:
        """A file whose header, texts and classes tell whose it is."""
        classes = {f"{name} {self.words}": f"{words} {self.words}" for name, words in WORDS.items()}
        rows, _ = texts(80, seed=int.from_bytes(self.words.encode()) % 1000, classes=classes, wrong=0.2)
        return [[f"{name} {self.words}" for name in rows[0]], *rows[1:]]

    def heard(self, text: str) -> bool:
        return any(text.encode() in frame for frame in self.received)


def secret(number: int) -> str:
    """A word that nobody else has."""
    return "q" + "".join(random.Random(number).choices("bcdfghjklmnpqrstvwxz", k=11))


@pytest.fixture
def public(tmp_path: Path, root: Path) -> Iterator[Server]:
    server = Server(root, tmp_path, public="1")
    server.start()
    yield server
    server.stop()
    log = server.log.read_text(encoding="utf-8")
    assert "Traceback" not in log, log


def all_at_once(visitors: list[Visitor], begin: Callable[[Visitor], object], end: Callable[[Visitor], object]) -> None:
    """Let everybody begin before anybody waits for the end."""
    for visitor in visitors:
        begin(visitor)
    for visitor in visitors:
        end(visitor)


def test_twenty_visitors_at_once_never_see_each_other(public: Server, browser: Browser, tmp_path: Path) -> None:
    visitors = [Visitor(public, browser, number) for number in range(VISITORS)]
    files = {visitor: write_csv(tmp_path / f"{visitor.name}.csv", visitor.rows()) for visitor in visitors}

    all_at_once(visitors, lambda v: v.page.goto(f"{public.url}/Ingest", wait_until="commit"), lambda v: v.settle())
    all_at_once(
        visitors,
        lambda v: v.page.locator('input[type="file"]').first.set_input_files(files[v]),
        lambda v: v.sees("What we noticed"),
    )
    all_at_once(visitors, lambda v: v.button(re.compile("^Audit these")).click(), lambda v: v.audited())
    for page in PAGES:
        all_at_once(
            visitors,
            lambda v, page=page: v.page.get_by_role("link", name=page, exact=True).first.click(),
            lambda v: v.settle(),
        )
    one, other = visitors[-2:]
    assert one.looked_at() == other.looked_at()
    for number, visitor in enumerate(visitors):
        if visitor is not other:
            visitor.key("a" if number % 2 else "x")
            visitor.decided(1)

    # The two with the same file share what was computed, and nothing else.
    other.go("Home")
    assert other.fact("decided") == "0"
    assert len(list(public.cache.glob("audit-*"))) == VISITORS - 1
    manifests = {}
    for visitor in (visitors[0], one, other):
        visitor.go("Export")
        manifests[visitor] = visitor.download("Manifest", tmp_path).read_text(encoding="utf-8")
        assert json.loads(manifests[visitor])["input"]["name"] == visitor.name

    # An address is worth nothing to others.
    addresses = [visitor.page.url for visitor in visitors[: VISITORS - 1]]
    assert all(re.search(r"\?data=\w+&audit=\w+", address) for address in addresses)
    all_at_once(
        visitors[: VISITORS - 1],
        lambda v: v.page.goto(addresses[visitors.index(v) - 1], wait_until="commit"),
        lambda v: v.sees("is not in this workspace"),
    )

    for visitor in visitors:
        assert visitor.heard(visitor.name) and visitor.heard(visitor.words)
        strangers = [v for v in visitors if v is not visitor]
        assert not [v.name for v in strangers if visitor.heard(v.name)]
        assert not [v.words for v in strangers if v.words != visitor.words and visitor.heard(v.words)]
        assert not [frame for frame in visitor.received if OWNER.search(frame)]
        assert not visitor.heard(str(tmp_path))
    for visitor, manifest in manifests.items():
        assert not [v.name for v in visitors if v is not visitor and v.name in manifest]
    for visitor in visitors:
        visitor.close()


def test_a_reload_finds_the_workspace_and_another_browser_does_not(
    public: Server, browser: Browser, tmp_path: Path
) -> None:
    visitor = Visitor(public, browser, 0)
    visitor.open("/Ingest")
    visitor.upload(write_csv(tmp_path / f"{visitor.name}.csv", visitor.rows()))
    visitor.audit()
    visitor.go("Inspector")
    visitor.key("a")
    visitor.decided(1)
    visitor.reload()
    visitor.decided(1)
    public.restart()
    tab = visitor.second()
    tab.decided(1)

    stranger = Visitor(public, browser, 1)
    stranger.open(visitor.page.url)
    stranger.sees("is not in this workspace")
    stranger.go("Home")
    stranger.sees("None yet")
    assert not stranger.heard(visitor.name) and not stranger.heard(visitor.words)
    visitor.close()
    stranger.close()
