"""The conflicts: what each said, the example, and the final say."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from labelaudit.agreement import category
from labelaudit.conflicts import Conflict, conflicts
from labelaudit.decisions import Decision
from labelaudit.labels import encode
from labelaudit.selection import Selection
from labelaudit.tasks import TASKS
from labelaudit.ui import blocks, session
from labelaudit.ui.blocks import tag
from labelaudit.ui.markdown import plain
from labelaudit.ui.opened import Opened

HEIGHT = 460  # pixels of the example
MOST = 50  # settled conflicts that are listed


def show(opened: Opened) -> None:
    """Draw the first conflict that is open, and those that are settled."""
    found = conflicts(opened.decisions)
    unsettled, settled = ([c for c in found if (c.final is None) == wanted] for wanted in (True, False))
    if not found:
        st.info(
            "No conflicts. They come up where a blind second review differs from the first: assign one on the tab "
            "Reviewers."
        )
        return
    if unsettled:
        place = min(st.session_state.get("conflict", 0), len(unsettled) - 1)
        _head(opened, unsettled, place, len(settled))
        _conflict(opened, unsettled[place])
    else:
        st.success(f"All {len(settled):,} conflicts are settled.", icon=":material/check:")
    if settled:
        _settled(opened, settled)


def _head(opened: Opened, unsettled: list[Conflict], place: int, settled: int) -> None:
    def go(to: int) -> None:
        st.session_state["conflict"] = to

    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(
            f'<div class="la-count"><b>{len(unsettled):,}</b> conflicts open, {settled:,} settled</div>',
            width="content",
        )
        if st.button("Open these in the Inspector", key="conflicts-inspect", icon=":material/rate_review:"):
            session.select(Selection(ids=tuple(c.id for c in unsettled)))
            st.switch_page("pages/6_Inspector.py")
        st.space("stretch")
        st.button("Previous", key="conflict-left", type="tertiary", on_click=go, args=(place - 1,), disabled=place == 0)
        last = place == len(unsettled) - 1
        st.button("Next", key="conflict-right", type="tertiary", on_click=go, args=(place + 1,), disabled=last)
        st.caption(f"{place + 1:,} of {len(unsettled):,}", width="content")


def _conflict(opened: Opened, conflict: Conflict) -> None:
    left, right = st.columns([7, 5], gap="medium")
    (position,) = opened.audit.positions([conflict.id], [conflict.part]).tolist()
    with left.container(border=True, height=HEIGHT, key="hero"):
        if position < 0:
            st.info(f"{plain(conflict.id)} is not among the examples of this audit.")
        else:
            blocks.render(TASKS[opened.dataset.task].view(opened.audit, position)[:1], room=HEIGHT - 70)
    with right:
        given = conflict.opinions[0].before
        st.html(
            f'<div class="la-labels"><span>given {tag(opened.dataset.name_of(given), "given")}</span></div>'
            f'<div class="la-small">id {escape(conflict.id)}</div>'
        )
        said: dict[str | None, list[Decision]] = {}
        for opinion in conflict.opinions:
            said.setdefault(category(opinion), []).append(opinion)
        for number, alike in enumerate(said.values()):
            _said(opened, conflict, number, alike)
        _otherwise(opened, conflict)


def _said(opened: Opened, conflict: Conflict, number: int, alike: list[Decision]) -> None:
    """What some say, who and why, and the button that takes it."""
    word, role = in_words(opened.dataset.name_of, alike[0])
    with st.container(border=True):
        st.html(f'<div class="la-labels">{tag(word, role)}</div>{"".join(map(_who, alike))}')
        st.button(
            f"Take “{plain(word[:40])}”",
            key=f"take-{number}",
            icon=":material/check:",
            on_click=_settle,
            args=(opened, conflict, alike[0].action, alike[0].after),
        )


def _who(opinion: Decision) -> str:
    """Return who has an opinion, when they took it and why, as escaped HTML."""
    stage = "second review, blind" if opinion.stage == "second" else "first review"
    why = "".join(f'<div dir="auto">“{escape(text)}”</div>' for text in (opinion.reason, opinion.comment) if text)
    when = escape(opinion.time[:16].replace("T", " "))
    return f'<div><b dir="auto">{escape(opinion.actor)}</b> <span class="la-small">{stage}, {when}</span></div>{why}'


def _otherwise(opened: Opened, conflict: Conflict) -> None:
    """Settle it in a way that nobody had in mind."""
    with st.container(horizontal=True):
        st.button(
            "Exclude",
            key="settle-exclude",
            icon=":material/block:",
            on_click=_settle,
            args=(opened, conflict, "exclude"),
        )
        st.button("Ambiguous", key="settle-ambiguous", on_click=_settle, args=(opened, conflict, "ambiguous"))
        st.selectbox(
            "Another label",
            opened.dataset.classes,
            index=None,
            format_func=lambda value: opened.dataset.name_of(encode(value)),
            key=f"settle-class-{conflict.id}-{conflict.part}",
            placeholder="Another label: type its name",
            label_visibility="collapsed",
            on_change=_settle_class,
            args=(opened, conflict),
        )
    st.text_input("Comment", key="settle-comment", placeholder="Comment on the final say, if you want one on record")


@session.telling()
def _settle(opened: Opened, conflict: Conflict, action: str, after: str | None = None) -> None:
    first = conflict.opinions[0]
    opened.decide(
        [
            Decision(
                actor=session.reviewer(),
                action=action,
                id=conflict.id,
                part=conflict.part,
                before=first.before,
                after=after,
                reason="final say",
                comment=st.session_state.get("settle-comment", "").strip(),
                base=opened.decisions[-1].seq,
                fingerprint=opened.dataset.data_fingerprint,
                run=opened.audit.id,
                stage="final",
            )
        ]
    )
    st.session_state["settle-comment"] = ""


def _settle_class(opened: Opened, conflict: Conflict) -> None:
    chosen = st.session_state[f"settle-class-{conflict.id}-{conflict.part}"]
    if chosen is not None:
        _settle(opened, conflict, "set", encode(chosen))


def _settled(opened: Opened, settled: list[Conflict]) -> None:
    st.subheader(f"Settled: {len(settled):,}")
    for conflict in settled[: -MOST - 1 : -1]:
        final = conflict.final
        if final is None:
            continue
        said = ", ".join(f"{escape(d.actor)} {_tag(opened, d)}" for d in conflict.opinions)
        with st.container(horizontal=True, vertical_alignment="center", key=f"settled-{conflict.id}-{conflict.part}"):
            st.html(
                f'<div class="la-labels"><span class="la-small">{escape(conflict.id)}</span><span>{said}</span>'
                f"<span>→ {_tag(opened, final)} by {escape(final.actor)}</span></div>"
            )
            st.button(
                "Open it again",
                key=f"reopen-{conflict.id}-{conflict.part}",
                type="tertiary",
                icon=":material/undo:",
                on_click=_reopen,
                args=(opened, final),
            )


@session.telling()
def _reopen(opened: Opened, final: Decision) -> None:
    """Take the final say back, whenever it was given and by whomever; this, too, is appended."""
    opened.decide(
        [
            Decision(
                actor=session.reviewer(),
                action="undo",
                id="",
                after=encode(final.batch),
                base=opened.decisions[-1].seq,
                fingerprint=opened.dataset.data_fingerprint,
                run=opened.audit.id,
            )
        ]
    )


def _tag(opened: Opened, decision: Decision) -> str:
    return tag(*in_words(opened.dataset.name_of, decision))


def in_words(name_of: Callable[[str | None], str], decision: Decision) -> tuple[str, str]:
    """Say what a decision says of the label, and in which role it is shown."""
    said = category(decision)
    if said in ("exclude", "ambiguous"):
        return {"exclude": "excluded", "ambiguous": "ambiguous"}[said], "plain"
    return name_of(said), "kept" if said == decision.before else "error"
