"""The app as one browser session sees it, without a browser."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from labelaudit.audit import audit
from labelaudit.config import AuditConfig
from labelaudit.errors import Busy
from labelaudit.jobs import Job, Kind, Work
from labelaudit.saved import open_dataset
from labelaudit.settings import settings
from labelaudit.ui.folding import OPEN

PAGES = (
    "1_Ingest",
    "2_Audit",
    "3_Health",
    "4_Heatmap",
    "5_Scatter",
    "6_Inspector",
    "7_Noise_Sim",
    "8_Decisions",
    "9_Export",
)


DECK = ("accept", "keep", "exclude", "ambiguous", "skip", "undo", "redo", "next", "previous")
COUNT = itertools.count()


class Queue:
    """Stands in for the worker: remembers what it was asked for and leaves the work to the test."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.full = False

    def get(self, audit_id: str, owner: str = "local") -> Job | None:
        return self.jobs.get(audit_id)

    def submit(
        self, audit_id: str, data: Path, config: dict[str, Any], owner: str = "local", kind: Kind = "audit"
    ) -> Job:
        if self.full:
            raise Busy("20 audits wait already; try again.")
        return self.jobs.setdefault(audit_id, Job(owner, data, Work(audit_id, config, kind)))

    def place(self, job: Job) -> int:
        return list(self.jobs.values()).index(job) + 1

    def starts_in(self, job: Job) -> float | None:
        return 40.0

    def cancel(self, job: Job) -> None:
        job.withdrawn = True

    def work(self) -> None:
        """Do what waits, and forget it."""
        for job in self.jobs.values():
            audit(open_dataset(job.data), AuditConfig(**job.work.config), cache=settings().cache_dir)
        self.jobs.clear()


class Dashboard:
    """The app as one browser session sees it."""

    def __init__(self, root: Path, queue: Queue) -> None:
        self.app = AppTest.from_file(str(root / "Home.py"), default_timeout=120)
        self.root, self.queue = root, queue
        self.waiting: list[dict[str, Any]] = []  # events of the deck

    def open(self, page: str = "", **address: str) -> AppTest:
        """Go to a page; it must not raise."""
        for name, value in address.items():
            self.app.query_params[name] = value
        self.run()
        if page:
            self.app.switch_page(f"pages/{page}.py")
            self.run()
        return self.app

    def run(self) -> AppTest:
        self.app.run()
        assert not self.app.exception, self.app.exception[0].value
        return self.app

    def press(self, key: str) -> AppTest:
        """Press a button, on the page or in the deck."""
        if key in DECK or key.startswith(("class-", "open-near-")):
            return self.decide(key)
        self.app.button(key=key).click()
        return self.run()

    def unfold(self, key: str) -> AppTest:
        """Unfold a panel, or leave it so."""
        return self.run() if self.app.session_state[OPEN] == key else self.press(f"unfold-{key}")

    # -- the deck, which has a client of its own ----------------------------------------------------

    @property
    def deck(self) -> dict[str, Any]:
        """What the browser is given of the review."""
        (found,) = self.decks()
        return found

    @property
    def face(self) -> dict[str, Any]:
        """The open example as the deck shows it."""
        return dict(self.deck["faces"][str(self.deck["open"])])

    def decide(self, key: str) -> AppTest:
        """Do what the browser does where a button of the deck is pressed."""
        deck, at, moves = self.deck, self.deck["open"], {"next": 1, "previous": -1}
        if key.startswith("open-near-"):
            near = re.findall(r'data-open="(\d+)"', self.face["near"])
            return self.send(int(near[int(key.removeprefix("open-near-"))]), before=at)
        if key in moves:
            return self.send(deck["walk"][deck["walk"].index(at) + moves[key]])
        name = f"test-{next(COUNT)}"
        if key in ("undo", "redo"):
            if not deck[key]:
                return self.app
            step = deck[key][-1]
            return self.send(step["at"][0], {"key": name, "do": key, "of": step["of"]})
        event = {"key": name, "do": key, "at": [at], "base": [deck["seq"]], "reason": "", "comment": ""}
        if key.startswith("class-"):
            digit = key.removeprefix("class-")
            code = next(one["code"] for one in self.face["classes"] if one["key"] == digit)
            event |= {"do": "class", "code": code}
        return self.send((deck["ahead"] or [at])[0], event)

    def hold(self, holds: list[int]) -> AppTest:
        """Say that the browser holds these examples, and the names of the classes."""
        deck = self.deck
        return self.send(deck["open"], holds={"one": holds, "cards": []}, named=deck["run"])

    def send(self, at: int, *events: dict[str, Any], before: int | None = None, **more: Any) -> AppTest:
        """Send events, and with them all that were not said to be done."""
        deck, states = self.deck, self.app._tree.get_widget_states()
        self.waiting += events
        sent = {"run": deck["run"], "events": self.waiting, "open": at, "before": before}
        sent |= {"jump": deck["jump"], **more}
        own = next(e.proto.id for e in self.app.get("bidi_component") if e.proto.component_name == "labelaudit.deck")
        states.widgets.add(id=own, json_value=json.dumps({"sent": sent}))
        self.app._tree = self.app._run(states)._tree
        assert not self.app.exception, self.app.exception[0].value
        if deck := self.decks():
            self.waiting = [event for event in self.waiting if event["key"] not in deck[0]["done"]]
        return self.app

    def select(self, label: str) -> Selectbox[Any]:
        """Return the box from which one is chosen that has this title."""
        (found,) = [box for box in self.app.selectbox if box.label == label]
        return found

    def decks(self) -> list[dict[str, Any]]:
        """The deck of the page, where it has one."""
        found = [e.proto for e in self.app.get("bidi_component") if e.proto.component_name == "labelaudit.deck"]
        return [json.loads(proto.json) for proto in found]

    def text(self) -> str:
        """All that is written on the page, HTML without its tags."""
        written = [element.value for kind in (self.app.markdown, self.app.caption) for element in kind]
        html = [element.proto.body for element in self.app.get("html")]
        for deck in self.decks():
            face = deck["faces"].get(str(deck["open"]), {})
            image = (face.get("image") or {}).get("caption", "")
            html += [image, *(face.get(part, "") for part in ("html", "labels", "facts", "why", "near"))]
        return "\n".join([*written, *(re.sub(r"<[^>]+>", " ", part) for part in html)])

    def metrics(self) -> dict[str, str]:
        return {metric.label: metric.value for metric in self.app.metric}
