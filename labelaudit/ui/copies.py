"""Copies of the decisions, to take away and to bring back: where the disk does not last, and for the work of others."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from labelaudit.carry import Arrival, arrival
from labelaudit.decisions import Decision
from labelaudit.errors import LabelauditError
from labelaudit.exchange import parse_jsonl, to_jsonl
from labelaudit.settings import settings
from labelaudit.ui import session
from labelaudit.ui.markdown import plain
from labelaudit.ui.opened import Opened

SHOWN = 200  # refused decisions that are listed


def hint(opened: Opened) -> None:
    """Say what is in no copy where the disk may not last, and what was decided before the data changed."""
    uncopied = _uncopied(opened) if settings().public else 0
    if uncopied:
        st.caption(
            f":material/save: {uncopied:,} {'entry is' if uncopied == 1 else 'entries are'} in no copy yet, and this "
            "server may forget them. Take one under *Copies*."
        )
    if not opened.decisions and (before := _states(opened)):
        many = sum(count for _, count in before.values())
        st.caption(
            f":material/history: {many:,} {'entry was' if many == 1 else 'entries were'} written about "
            f"{plain(opened.dataset.name)} before it changed. Carry over what still holds under *Copies*."
        )


def show(opened: Opened) -> None:
    """Draw what can be taken away on the left, and what can be brought on the right."""
    left, right = st.columns(2, gap="large")
    with left:
        _take(opened)
    with right:
        _bring(opened)


# -- take away ----------------------------------------------------------------------------------


def _take(opened: Opened) -> None:
    total, uncopied = len(opened.decisions), _uncopied(opened)
    st.subheader("Take a copy")
    if not total:
        st.info("There is nothing to copy yet: nothing was decided.")
        return
    state = "all of them are in your last copy" if not uncopied else f"{uncopied:,} of them are in no copy of yours"
    st.markdown(f"**{total:,}** {'entry' if total == 1 else 'entries'} about this data; {state}.")
    st.download_button(
        "Download the log",
        partial(to_jsonl, opened.decisions),
        f"{opened.dataset.data_fingerprint[:12]}-decisions.jsonl",
        key="copy",
        type="primary",
        icon=":material/download:",
        on_click=_copied,
        args=(opened,),
    )
    st.caption(
        "Every field of every decision, what was taken back included, one JSON object per line. "
        "On the command line: `labelaudit review DIR --export decisions.jsonl`."
    )


def _copied_to(opened: Opened) -> str:
    return f"copied {opened.dataset.data_fingerprint}"


@session.telling()
def _copied(opened: Opened) -> None:
    last = opened.decisions[-1].key
    opened.workspace.preferences.set(session.reviewer(), _copied_to(opened), last)


def _uncopied(opened: Opened) -> int:
    """How many entries were written after the reviewer's last copy."""
    last = opened.workspace.preferences.get(session.reviewer(), _copied_to(opened))
    keys = [d.key for d in opened.decisions]
    return len(keys) - 1 - keys.index(last) if last in keys else len(keys)


# -- bring back ---------------------------------------------------------------------------------


def _bring(opened: Opened) -> None:
    st.subheader("Bring decisions in")
    sent = st.file_uploader(
        "A copy, or decisions that somebody else made",
        type=["jsonl"],
        key=f"arriving-{st.session_state.get('arrived', 0)}",
        help="What is here already is left out, so nothing happens twice",
    )
    brought = _of_file(sent) if sent is not None else _of_earlier(opened)
    if not brought:
        st.caption(
            "Decisions on an earlier state of this data are carried over where the row is as it was; you see what does "
            "not fit before anything is written."
        )
        return
    overwrite = st.toggle(
        "They win over what was decided otherwise here", key="arriving-wins", help="Else what is here stays"
    )
    came = _arrival(opened, brought, overwrite)
    counts = (("New", len(came.new)), ("Known already", len(came.known)), ("Refused", len(came.refused)))
    for place, (title, many) in zip(st.columns(3), counts, strict=True):
        place.metric(title, f"{many:,}", border=True)
    if came.carried:
        st.caption(f"{came.carried:,} of the new ones were made for other data and hold for this as well.")
        if opened.dataset.id_column is None:
            st.caption("Ids are row numbers here: where rows were moved or inserted, look at what was carried over.")
    _refused(came)
    if came.new:
        label = f"Bring in {len(came.new):,}"
        st.button(label, key="arrive", type="primary", on_click=_write, args=(opened, came))
    else:
        st.markdown("**Nothing of it is new here.**")


def _of_file(sent: UploadedFile) -> list[Decision]:
    try:
        return parse_jsonl(sent.getvalue(), sent.name)
    except LabelauditError as error:
        session.show_error(error)
        return []


def _of_earlier(opened: Opened) -> list[Decision]:
    """Offer what was decided here on data of this name that is not the same."""
    states = _states(opened)
    if not states:
        return []
    chosen = st.selectbox(
        "Or what was decided before this data changed",
        list(states),
        index=None,
        key="arriving-from",
        format_func=lambda data: f"{states[data][0]}, {states[data][1]:,} entries ({data[:12]})",
        placeholder="Choose an earlier state",
    )
    return opened.workspace.log.read(chosen) if chosen else []


def _states(opened: Opened) -> dict[str, tuple[str, int]]:
    """Name and number of entries of other data of this name, by fingerprint."""
    counts, here = opened.workspace.log.counts(), opened.dataset
    names = {data: name for data, (name, _) in opened.workspace.stored().items() if data in counts}
    return {
        data: (name, counts[data])
        for data, name in names.items()
        if name == here.name and data != here.data_fingerprint
    }


def _arrival(opened: Opened, brought: list[Decision], overwrite: bool) -> Arrival:
    others = {d.fingerprint for d in brought} - {"", opened.dataset.data_fingerprint}
    return arrival(
        brought, opened.dataset, opened.decisions, earlier=opened.workspace.earlier(others), overwrite=overwrite
    )


def _refused(came: Arrival) -> None:
    """List what does not fit, and hand all of it back as a file."""
    if not came.refused:
        return
    listed = [{"id": d.id, "what": d.action, "who": d.actor, "why not": why} for d, why in came.refused[:SHOWN]]
    st.dataframe(pd.DataFrame(listed), hide_index=True, height=min(38 + 35 * len(listed), 250))
    more = f" ({SHOWN} of {len(came.refused):,} are listed)" if len(came.refused) > SHOWN else ""
    st.download_button(
        f"The refused ones as JSONL{more}",
        to_jsonl([d for d, _ in came.refused]),
        "refused.jsonl",
        key="refused",
        icon=":material/download:",
        on_click="ignore",
    )


@session.telling()
def _write(opened: Opened, came: Arrival) -> None:
    new = opened.workspace.log.restore(came.new)
    st.session_state["arrived"] = st.session_state.get("arrived", 0) + 1  # an empty uploader
    session.tell(plain(f"Brought in {len(new):,} decisions."))
