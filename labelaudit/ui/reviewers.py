"""The reviewers: what is assigned to whom, how far they are, and how much they agree."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from labelaudit.agreement import Agreement
from labelaudit.assignments import Assignment, dealt, drawn, free_name, frozen, named, people
from labelaudit.conflicts import conflicts
from labelaudit.reviewers import Reviewer, decided_by
from labelaudit.reviewers import reviewers as at_work
from labelaudit.selection import Selection
from labelaudit.store import Slice
from labelaudit.ui import assigned, reaudit, session
from labelaudit.ui.markdown import plain
from labelaudit.ui.opened import Opened

WHAT = ("The suspects, dealt out", "What is selected now", "A sample of what somebody decided")
SHARES = (0.05, 0.1, 0.2, 0.5, 1.0)
WORDS = {"exclude": "excluded", "ambiguous": "ambiguous"}


def show(opened: Opened) -> None:
    """Draw who reviews what on the left, and how much they agree on the right."""
    slices = opened.workspace.slices.list(opened.dataset.data_fingerprint)
    left, right = st.columns([7, 5], gap="large")
    with left:
        _assignments(opened, assigned.to_review(opened, slices))
        _people(at_work(opened.decisions))
        reaudit.offer(opened, "reviewers")
        _assign(opened, slices)
    with right:
        _agreement(opened)


# -- who reviews what ---------------------------------------------------------------------------


def _assignments(opened: Opened, found: list[Assignment]) -> None:
    st.subheader("Assigned")
    if not found:
        st.caption("Nothing yet. Share the suspects out below, or have a sample reviewed blind by a second person.")
    me = session.reviewer()
    for number, each in enumerate(sorted(found, key=lambda a: (a.slice.reviewer != me, a.left == 0, a.slice.name))):
        mine = each.slice.reviewer == me
        who = "you" if mine else each.slice.reviewer
        facts = [assigned.STAGES[each.slice.stage], *_pace(each.per_hour, each.last)]
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"assignment-{number}"):
            st.html(
                f'<div><b dir="auto">{escape(each.slice.name)}</b> · <span dir="auto">{escape(who)}</span></div>'
                f'<div class="la-small">{each.left:,} left of {each.total:,} · {escape(" · ".join(facts))}</div>'
                f'<div class="la-bar" style="grid-template-columns:1fr"><span class="track"><span class="fill" '
                f'style="display:block;width:{each.decided / max(1, each.total):.1%}"></span></span></div>'
            )
            label = ("Review mine" if each.left else "Look at it") if mine else "Look at it"
            if st.button(label, key=f"go-{number}", type="primary" if mine and each.left else "secondary"):
                assigned.go(each.slice if mine else _to_look_at(each.slice))
            st.button(
                "Withdraw",
                key=f"withdraw-{number}",
                type="tertiary",
                help="What was decided stays",
                on_click=_withdraw,
                args=(opened, each.slice),
            )


@session.telling()
def _withdraw(opened: Opened, wanted: Slice) -> None:
    opened.workspace.slices.delete(wanted.fingerprint, wanted.name)


def _to_look_at(theirs: Slice) -> Slice:
    """What somebody else reviews blind is looked at as everything else is."""
    return Slice(name=theirs.name, fingerprint=theirs.fingerprint, selection=theirs.selection, rank=theirs.rank)


def _pace(per_hour: float | None, last: str) -> list[str]:
    return [*([f"{per_hour:,.0f} per hour"] if per_hour else []), *([f"last seen {ago(last)}"] if last else [])]


def ago(time: str) -> str:
    """Say how long ago an ISO 8601 time is: "3 min ago"; clocks may go backwards."""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(time)).total_seconds()
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return "just now"


def _people(found: list[Reviewer]) -> None:
    if not found:
        return
    st.subheader("Reviewers")
    rows = []
    for who in found:
        cells = (who.name, f"{who.first:,}", f"{who.second:,}", f"{who.final:,}", _rate(who.per_hour), ago(who.last))
        rows.append("".join(f'<td dir="auto">{escape(cell)}</td>' for cell in cells))
    st.html(_table(("", "first", "second", "final", "per hour", "last seen"), rows))


def _rate(per_hour: float | None) -> str:
    return "–" if per_hour is None else f"{per_hour:,.0f}"


def _table(header: tuple[str, ...], rows: list[str]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    return f'<table class="la-table"><tr>{head}</tr>{"".join(f"<tr>{row}</tr>" for row in rows)}</table>'


def _assign(opened: Opened, slices: list[Slice]) -> None:
    st.subheader("Assign")
    known = people(opened.decisions, slices)
    with st.container(border=True):
        what = str(st.radio("What", WHAT, key="assign-what", horizontal=True, label_visibility="collapsed"))
        one, two = st.columns(2)
        if what == WHAT[2]:
            whose = one.selectbox("Whose decisions", known, key="assign-whose")
            share = two.select_slider("How much", SHARES, 0.1, format_func=lambda s: f"{s:.0%}", key="assign-share")
            decided = decided_by(opened.decisions, whose) if whose else []
            ids, base, stage = drawn(decided, share, len(slices)) if decided else [], "", "second"
            base = f"{share:.0%} of the decisions of {whose}"
            selection = Selection(ids=tuple(ids))
        else:
            whose = ""
            chosen = opened.plain["is_issue"].to_numpy() if what == WHAT[0] else opened.mask
            ids = [str(id_) for id_ in opened.plain["id"].to_numpy()[_ordered(opened, chosen)]]
            base = "Suspects" if what == WHAT[0] else "Selection"
            selection = Selection(suspects=True) if what == WHAT[0] else frozen(opened.selection, ids)
            stage = one.selectbox("Stage", list(assigned.STAGES), format_func=assigned.STAGES.__getitem__, key="stage")
        names = st.multiselect(
            "To whom",
            known,
            key="assign-names",
            accept_new_options=True,
            placeholder="Names, or e-mail addresses of those who sign in",
        )
        st.caption(_plan(len(ids), len(names), what))
        st.button(
            "Assign",
            key="assign",
            type="primary",
            disabled=not names or not ids,
            on_click=_save,
            args=(opened, slices, base, selection, ids, names, stage, whose),
        )


def counted_out(examples: int) -> str:
    """Write a number of examples: "1 example", "1,204 examples"."""
    return "1 example" if examples == 1 else f"{examples:,} examples"


def _ordered(opened: Opened, chosen: np.ndarray) -> np.ndarray:
    """Positions of the chosen examples, the worst first."""
    order = opened.scores.argsort(kind="stable")
    return np.asarray(order[chosen[order]])


def _plan(examples: int, names: int, what: str) -> str:
    many = counted_out(examples)
    if what == WHAT[2]:
        return f"{many}, drawn at random; each person reviews all of them without seeing the first review."
    if names < 2:
        return f"{many}."
    return f"{many}, dealt out one by one: about {math.ceil(examples / names):,} each."


@session.telling()
def _save(
    opened: Opened,
    slices: list[Slice],
    base: str,
    selection: Selection,
    ids: list[str],
    names: list[str],
    stage: str,
    first: str,
) -> None:
    """Write one slice per person: a part for each in a first review, all of it for each in a second one."""
    chosen = named(names, first)
    parts = dealt(ids, chosen) if stage == "" and len(chosen) > 1 else dict.fromkeys(chosen)
    for who in chosen:
        part = parts[who]
        wanted = Slice(
            name=free_name(f"{base}: {who}", slices),
            fingerprint=opened.dataset.data_fingerprint,
            selection=(selection if part is None else Selection(ids=tuple(part))).to_text(),
            rank=opened.rank,
            reviewer=who,
            stage=stage,
            actor=session.reviewer(),
        )
        slices.append(opened.workspace.slices.save(wanted))
    st.session_state["assign-names"] = []
    session.tell(f"Assigned to {plain(', '.join(chosen))}.")


# -- how much they agree ------------------------------------------------------------------------


def _agreement(opened: Opened) -> None:
    last = opened.decisions[-1].key if opened.decisions else ""
    about = opened.workspace.owner, opened.dataset.data_fingerprint, len(opened.decisions), last
    measured, settled, unsettled = _measured(*about, opened)
    st.subheader("Agreement")
    if measured.pairs.empty:
        st.caption(
            "Not known yet: no two people have an opinion of their own on the same example. Assign a sample for a "
            "blind second review."
        )
        _overruled(measured)
        return
    kappa, low, high = measured.kappa
    one, two = st.columns(2)
    one.metric(
        "Fleiss’ kappa",
        "not defined" if math.isnan(kappa) else f"{kappa:.2f}",
        help="Agreement of all beyond chance: 1 is perfect, 0 is what chance alone would give (Fleiss 1971).",
    )
    sure = "" if math.isnan(kappa) else f"{low:.2f} to {high:.2f} (95 %), "
    one.caption(f"{sure}on {measured.examples:,} examples with two opinions or more")
    two.metric("Conflicts open", f"{unsettled:,}")
    two.caption(f"{settled:,} settled · see the tab Conflicts" if settled + unsettled else "nobody differs")
    _pairs(measured.pairs)
    _classes(opened.dataset.name_of, measured.classes)
    _overruled(measured)


@st.cache_resource(max_entries=4, show_spinner="Comparing the reviewers …")
def _measured(owner: str, fingerprint: str, decisions: int, last: str, _opened: Opened) -> tuple[Agreement, int, int]:
    """How much the reviewers agree, and how many conflicts are settled and open: anew after a decision only."""
    found = conflicts(_opened.decisions)
    settled = sum(conflict.final is not None for conflict in found)
    return Agreement.of(_opened.decisions), settled, len(found) - settled


def _pairs(compared: pd.DataFrame) -> None:
    rows = []
    for pair in compared.to_dict("records"):
        share = f"{pair['share']:.1%} ({pair['low']:.0%} to {pair['high']:.0%})"
        kappa = f"{pair['kappa']:.2f} ({pair['kappa_low']:.2f} to {pair['kappa_high']:.2f})"
        kappa = "not defined" if math.isnan(pair["kappa"]) else kappa
        cells = (f"{pair['one']} and {pair['other']}", f"{pair['agreed']:,} of {pair['examples']:,}", share, kappa)
        rows.append("".join(f'<td dir="auto">{escape(cell)}</td>' for cell in cells))
    st.html(_table(("", "alike", "share (95 %)", "Cohen’s kappa (95 %)"), rows))
    for note in dict.fromkeys(filter(None, compared["note"])):
        st.caption(f"{note[0].upper()}{note[1:]}.")


def _classes(name_of: Callable[[str], str], found: pd.DataFrame) -> None:
    differing = found[found["times"] > 0].head(8)
    if differing.empty:
        return
    rows = []
    for row in differing.to_dict("records"):
        one, other = (WORDS.get(text) or name_of(text) for text in (row["category"], row["confused_with"]))
        cells = (one, f"{row['agreement']:.0%}", f"{other} ({row['times']:,})")
        rows.append("".join(f'<td dir="auto">{escape(cell)}</td>' for cell in cells))
    st.markdown("**Where they differ**")
    st.html(_table(("somebody says", "others do, too", "instead they say"), rows))


def _overruled(found: Agreement) -> None:
    if found.overruled:
        st.caption(
            f"Decided on again in the review by somebody who saw the first decision: {counted_out(found.overruled)}, "
            f"of which {found.changed:,} got another label. This is not independent and does not count here."
        )
