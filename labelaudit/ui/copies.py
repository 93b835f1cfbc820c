"""Copies of the decisions, to take away and to bring back: where the disk does not last, and for the work of others."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from labelaudit.carry import Arrival, arrival
from labelaudit.decisions import Decision
from labelaudit.errors import LabelauditError
from labelaudit.exchange import parse_jsonl, to_jsonl
from labelaudit.settings import settings
from labelaudit.ui import session
from labelaudit.ui.markdown import plain
from labelaudit.ui.session import Opened

SHOWN = 200  # refused decisions that are listed


def hint(opened: Opened) -> None:
    """Say how many decisions are in no copy yet, where the disk may not last."""
    uncopied = _uncopied(opened)
    if settings().public and uncopied:
        st.caption(
            f":material/save: {uncopied:,} {'entry is' if uncopied == 1 else 'entries are'} in no copy yet, and this "
            "server may forget them. Take one under *Copies*."
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
    if sent is None:
        st.caption(
            "Decisions on an earlier state of this data are carried over where the row is as it was; you see what does "
            "not fit before anything is written."
        )
        return
    overwrite = st.toggle(
        "They win over what was decided otherwise here", key="arriving-wins", help="Else what is here stays"
    )
    try:
        brought = parse_jsonl(sent.getvalue(), sent.name)
        came = _arrival(opened, brought, overwrite)
    except LabelauditError as error:
        session.show_error(error)
        return
    for place, (title, many) in zip(
        st.columns(3),
        (("New", len(came.new)), ("Known already", len(came.known)), ("Refused", len(came.refused))),
        strict=True,
    ):
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
        st.markdown("**Nothing in this file is new here.**")


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
