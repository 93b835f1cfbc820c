"""The review screens as one component: it holds the examples around the open one and draws the next by itself.

What the browser is given comes in parts. It says which examples it holds, and gets those that it lacks, the next ones
first, so that no message is large and every run of the page sends only what is new.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from html import escape
from typing import Any, Literal

import numpy as np
import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from labelaudit.blocks import Bars, Image, Parts
from labelaudit.review import Decision, effective
from labelaudit.tasks import TASKS
from labelaudit.ui import blocks, cards, deciding, deck_events, keys, near, session, stopping, zoom
from labelaudit.ui.blocks import chip, id_html, tag
from labelaudit.ui.opened import Opened
from labelaudit.why import detectors, issues_of, title_of

Mode = Literal["one", "beside", "cards"]  # alone, beside the table, and many at once
AHEAD, BEHIND = 32, 12  # examples on the way that are kept ready
IMAGES_AHEAD, IMAGES_BEHIND = 8, 3
PAGE = 24  # cards
FIRST, BYTES = 8, 700_000  # examples in the first message, and their characters in any; there is always at least one
MOST_SAID = 2000  # characters of a comment that are shown
EXCLUDED = "Leave the whole example, with all its other labels, out of the export"
STEPS = 50  # that can be undone or redone without asking the server
SCRIPTS = ("zoom", "outbox", "one", "cards", "deck")


def show(opened: Opened, queue: np.ndarray, position: int, mode: Mode) -> None:
    """Draw the open example, or the page of cards that it is on, and what can be decided about it.

    Parameters
    ----------
    opened : Opened
    queue : ndarray
        Positions in the order of review.
    position : int
        The example that is open.
    mode : {"one", "beside", "cards"}
    """
    sent = (st.session_state.get(deck_events.KEY) or {}).get("sent")
    data = message(opened, queue, position, mode, sent or {})
    result = _component()(data=data, key=deck_events.KEY, height="content", on_sent_change=deck_events.received)
    # What a browser sends to a server that was started anew comes before this component was ever drawn here.
    if result.sent and deck_events.receive(opened, result.sent):
        st.rerun()


@st.cache_resource(show_spinner=False)
def _component() -> ComponentRenderer:
    script = "\n".join(zoom.source(f"{name}.js") for name in SCRIPTS)
    return st.components.v2.component(
        "labelaudit.deck",
        html='<div class="la-deck"></div>',
        css=zoom.source("zoom.css") + zoom.source("deck.css"),
        js=script,
        isolate_styles=False,
    )


def message(opened: Opened, queue: np.ndarray, position: int, mode: Mode, sent: dict[str, Any]) -> dict[str, Any]:
    """Make what the browser is given.

    Parameters
    ----------
    opened : Opened
    queue : ndarray
    position : int
    mode : str
    sent : dict
        What it said last: the ``events`` that it waits for, and the examples that it ``holds``.
    """
    box = deck_events.inbox(opened.audit.id)
    sent = sent if sent.get("run") == opened.audit.id else {}
    images = opened.dataset.modality == "image"
    reach = (IMAGES_AHEAD, IMAGES_BEHIND) if images else (AHEAD, BEHIND)
    walk, start = _around(queue, position, mode, *reach)
    left = deciding.after(opened, queue, position)
    ahead = left[: reach[0]].tolist()
    undo, redo = deciding.steps(opened.decisions, session.reviewer())
    steps = {"undo": _steps(opened, undo), "redo": _steps(opened, redo)}
    back = [at for kind in steps.values() for step in kind[-3:] for at in step["at"][:1]]
    wanted = list(dict.fromkeys([position, *ahead, *walk.tolist(), *back]))
    if mode == "cards":
        wanted = [position, *walk.tolist()]
    holds = set(sent.get("holds", {}).get("cards" if mode == "cards" else "one", []))
    most = PAGE if mode == "cards" or holds else FIRST
    faces, more = _faces(opened, [at for at in wanted if at not in holds], mode, most)
    named, parts = sent.get("named") == opened.audit.id, not opened.audit.is_whole
    return {
        "run": opened.audit.id,
        "mode": mode,
        "open": position,
        "jump": st.session_state.get("jumps", 0),
        "walk": walk.tolist(),
        "start": start,
        "total": len(queue),
        "page": PAGE,
        "ahead": ahead,
        "left": len(left) + int(position in deciding.left_of(opened, np.array([position]))),
        "faces": faces,
        "more": more,
        "state": _state(opened, [*wanted, *holds, *_beside(opened, position)]),
        "seq": deciding.last_seq(opened),
        **steps,
        "done": [event["key"] for event in sent.get("events", []) if event["key"] in box.done],
        "refused": list(box.refused.values()),
        "failed": box.failed,
        "names": None if named else list(opened.dataset.class_names),
        "typed": _typed(opened),
        "keys": keys.of(opened.workspace, session.reviewer()),
        "actions": [[a.name, a.title, EXCLUDED if a.name == "exclude" and parts else a.hint] for a in keys.ACTIONS],
        "fixed": keys.FIXED,
    }


def _typed(opened: Opened) -> dict[str, str] | None:
    """What can be typed for a number, and what is said of all else; None where labels are classes."""
    numerals = opened.dataset.numerals
    return None if numerals is None else {"pattern": numerals.typed_pattern, "refusal": numerals.refusal}


def _around(queue: np.ndarray, position: int, mode: Mode, ahead: int, behind: int) -> tuple[np.ndarray, int]:
    """The stretch of the queue that the browser can walk through, and where it begins."""
    place = int(np.flatnonzero(queue == position)[0])
    if mode == "cards":
        page = place // PAGE
        start, end = max(0, page - 1) * PAGE, (page + 2) * PAGE
    else:
        start, end = max(0, place - behind), place + ahead + 1
    return queue[start:end], start


def _steps(opened: Opened, batches: list[str]) -> list[dict[str, Any]]:
    """Where the latest steps lead that can be undone or done again."""
    about: dict[str, list[Decision]] = {batch: [] for batch in batches[-STEPS:]}
    for decision in opened.decisions:
        if decision.batch in about:
            about[decision.batch].append(decision)
    places = {batch: deciding.places_of(opened, found) for batch, found in about.items()}
    return [{"of": batch, "at": found[found >= 0][:PAGE].tolist()} for batch, found in places.items()]


def _beside(opened: Opened, position: int) -> list[int]:
    """The other parts of the example."""
    if opened.audit.is_whole:
        return []
    return np.flatnonzero(opened.audit.rows == opened.audit.rows[position]).tolist()


def _faces(opened: Opened, lacking: list[int], mode: Mode, most: int) -> tuple[dict[str, Any], bool]:
    """The first examples that the browser lacks, and whether there are more."""
    faces: dict[str, Any] = {}
    size = 0
    for at in lacking:
        made = tile(opened, at) if mode == "cards" else face(opened, at)
        size += len(json.dumps(made))
        if faces and (size > BYTES or len(faces) >= most):
            return faces, True
        faces[str(at)] = made
    return faces, False


def _state(opened: Opened, positions: list[int]) -> dict[str, list[str]]:
    """What was decided about examples: action, final label, status, and why."""
    every = list(dict.fromkeys(positions))
    rows = opened.table.iloc[every]
    final, why = opened.dataset.names_of(rows["final"]), _reasons(opened, set(rows["id"].astype(str)))
    places = zip(rows["id"].astype(str), rows["part"], strict=True)
    return {
        str(at): [action, name if action else "", status, why.get(place, "")]
        for at, place, action, name, status in zip(
            every, places, rows["action"], final.tolist(), rows["status"], strict=True
        )
    }


def _reasons(opened: Opened, ids: set[str]) -> dict[tuple[str, str], str]:
    """Reason and comment of the decisions in force, by the id of their example and its part."""
    about = {decision.seq: decision for decision in opened.decisions if decision.action == "undo" or decision.id in ids}
    standing = [about[seq] for seq in effective(list(about.values()))["seq"]]
    return {(d.id, d.part): " · ".join(filter(None, [d.reason, d.comment[:MOST_SAID]])) for d in standing}


def face(opened: Opened, position: int) -> dict[str, Any]:
    """Return an example as the single view shows it; all HTML is escaped.

    Parameters
    ----------
    opened : Opened
    position : int
    """
    row, name = opened.plain.iloc[position], opened.dataset.name_of
    example, *rest = TASKS[opened.dataset.task].view(opened.audit, position)
    apart = (Bars, Parts)  # drawn by the browser, where decisions change them
    labels = cards.part_html(opened, position) + f"<span>given {tag(name(row['given']), 'given')}</span>"
    known = isinstance(row["suggested"], str)
    facts = [*map(escape, stopping.note(opened, position)), f"id {id_html(row['id'])}", f"score {row['score']:.3f}"]
    if known:
        labels += f"<span>suggested {tag(name(row['suggested']), 'suggested')}</span>"
    picture = isinstance(example, Image) and not example.reason
    return {
        "id": str(row["id"]),
        "html": "" if picture or isinstance(example, apart) else blocks.html(example),
        "image": {**zoom.picture(example), "caption": blocks.image_caption(example)}
        if isinstance(example, Image) and picture
        else None,
        "length": len(getattr(example, "text", "")),
        "labels": labels,
        "suggested": name(row["suggested"]) if known else None,
        "given": name(row["given"]),
        "facts": " · ".join(facts),
        "classes": _classes(opened, position, row["given"], row["suggested"]),
        "title": next((block.title for block in rest if isinstance(block, Bars)), ""),
        "rest": "".join(blocks.html(block) for block in rest if not isinstance(block, apart)),
        "parts": next((asdict(block) for block in (example, *rest) if isinstance(block, Parts)), None),
        "why": _why(opened, position),
        "near": near.html(opened, position),
    }


def _classes(opened: Opened, position: int, given: Any, suggested: Any) -> list[dict[str, Any]]:
    """The classes that have a key, with their probabilities and what they are for this example."""
    names = opened.dataset.class_names
    of = opened.dataset.name_of
    roles = {of(given): "given", of(suggested): "suggested"} if isinstance(suggested, str) else {of(given): "given"}
    return [
        {"key": key, "code": code, "p": round(p, 4), "role": roles.get(names[code], "")}
        for key, code, p in deciding.class_keys(opened, position)
    ]


def _why(opened: Opened, position: int) -> str:
    """Say what speaks against the label: in words, by which detectors, and which other issues there are."""
    told = opened.audit.label_issues["evidence"].iloc[position]
    told = "".join(f'<li dir="auto">{escape(reason)}</li>' for reason in told)
    said = detectors(opened.audit, position)
    agree = sum(detector.agrees for detector in said)
    chips = [chip(f"{d.title} {d.words}", "yes" if d.agrees else "no", d.hint) for d in said]
    for issue, reasons in issues_of(opened.audit, position):
        chips.append(chip(": ".join([title_of(opened.audit, issue), *reasons[:1]]), "issue", "; ".join(reasons)))
    if said:
        head = f"{agree} of {len(said)} detectors speak against the label"
        chips.insert(0, f'<span class="la-small">{head}</span>')
    in_words = f'<ul class="la-reasons">{told}</ul>' if told else ""
    return in_words + (f'<div class="la-chips">{"".join(chips)}</div>' if chips else "")


def tile(opened: Opened, position: int) -> dict[str, Any]:
    """Return an example as a card of many; all HTML is escaped."""
    row, name = opened.plain.iloc[position], opened.dataset.name_of
    known = isinstance(row["suggested"], str)
    score = opened.scores[position]
    shown = f"score {score:.3f}" if score == score else "no score"
    return {
        "id": str(row["id"]),
        "html": cards.glance_html(opened, position)
        + f'<div class="la-labels">{cards.labels_html(opened, position)}</div>',
        "facts": " · ".join([shown, *map(escape, stopping.note(opened, position)), f"id {id_html(row['id'])}"]),
        "suggested": name(row["suggested"]) if known else None,
        "given": name(row["given"]),
        "classes": _classes(opened, position, row["given"], row["suggested"]),
    }
