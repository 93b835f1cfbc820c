"""Named slices: a list with the count of each, to open, save, rename, delete and share."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from labelaudit import slices
from labelaudit.errors import BadInput
from labelaudit.selection import Selection, selected
from labelaudit.store import Slice
from labelaudit.ui import folding, order, session
from labelaudit.ui.markdown import plain
from labelaudit.ui.opened import Opened

OPEN = "slices"  # the key of the panel


def panel(opened: Opened) -> None:
    """Draw the slices as a list to open from, and a name to save the selection under."""
    with st.container(key="slices-panel"):
        own = saved(opened)
        if own:
            st.markdown("**Your slices**")
            _list(opened, own, "own")
        st.markdown("**Of every audit**")
        _list(opened, slices.built_in(opened.audit), "all")
        _save(opened)


def show(opened: Opened) -> None:
    """Draw the slices with all that can be done to them."""
    own = saved(opened)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Your slices**, for everyone in this workspace")
        if not own:
            st.info("None yet. Select what you want to come back to, give it a name here, and send its link.")
        for number, one in enumerate(own):
            _row(opened, one, number)
        _save(opened, "-tab")
    with right:
        st.markdown("**Of every audit**")
        _list(opened, slices.built_in(opened.audit), "tab")


def saved(opened: Opened) -> list[Slice]:
    """Return the slices of this data that were saved, by name."""
    return opened.workspace.slices.list(opened.dataset.data_fingerprint)


def count(opened: Opened, one: Slice) -> int | None:
    """Count the examples of a slice; None where what it selects can't be read."""
    try:
        selection = Selection.from_text(one.selection)
    except BadInput:
        return None
    # The map can be made at any time, and decisions change what is selected by them.
    last = opened.decisions[-1].key if opened.decisions and selection.changes else ""
    state = (len(opened.decisions) if selection.changes else 0, last, opened.places is not None)
    return _counted(opened.workspace.owner, opened.audit.id, one.selection, state, opened)


@st.cache_data(max_entries=1000, show_spinner=False)
def _counted(owner: str, audit_id: str, text: str, state: tuple[int, str, bool], _opened: Opened) -> int:
    chosen = Selection.from_text(text)
    return int(selected(_opened.audit, _opened.table, chosen, _opened.places, _opened.tags).sum())


def _list(opened: Opened, listed: list[Slice], place: str) -> None:
    with st.container(gap=None, key=f"slices-{place}"):
        for number, one in enumerate(listed):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                _open_button(opened, one, f"slice-{place}-{number}")


def _open_button(opened: Opened, one: Slice, key: str) -> None:
    """The name, and how many are in it."""
    many = count(opened, one)
    now = one.selection == opened.selection.to_text()
    st.button(
        plain(one.name),
        key=key,
        type="primary" if now else "tertiary",
        disabled=many is None,
        help="Select these examples on all pages",
        on_click=open_slice,
        args=(one,),
    )
    st.caption("can't be read" if many is None else f"{many:,}", width="content")
    if one.rank:
        st.caption(plain(order.title_in(opened, one.rank)), width="content")
    if one.reviewer:
        st.caption(f"for {plain(one.reviewer)}{', second review' if one.stage == 'second' else ''}", width="content")


@session.telling()
def open_slice(one: Slice) -> None:
    """Select a slice in its order, on all pages; the address names it."""
    session.open_slice(one)
    folding.fold()


def _row(opened: Opened, one: Slice, number: int) -> None:
    """One of the user's own, with what can be done to it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _open_button(opened, one, f"slice-row-{number}")
        st.space("stretch")
        with st.popover("Change", icon=":material/more_horiz:", type="tertiary", key=f"slice-change-{number}"):
            name = st.text_input("Name", one.name, key=f"slice-name-{number}-{one.name}", max_chars=slices.LONGEST)
            st.button("Rename", key=f"slice-rename-{number}", on_click=_rename, args=(opened, one, name))
            st.button(
                "Delete", key=f"slice-delete-{number}", icon=":material/delete:", on_click=_delete, args=(opened, one)
            )
            st.caption(f"Saved by {plain(one.actor)}, {one.time[:16].replace('T', ' ')} UTC")


@session.telling()
def _rename(opened: Opened, one: Slice, name: str) -> None:
    opened.workspace.slices.rename(one.fingerprint, one.name, slices.checked(name))


@session.telling()
def _delete(opened: Opened, one: Slice) -> None:
    opened.workspace.slices.delete(one.fingerprint, one.name)
    session.tell("The slice is gone; what it selected stays as it is.")


def _save(opened: Opened, place: str = "") -> None:
    """A name for what is selected now."""
    if not opened.selection:
        st.caption("Select something first, and it can be saved here under a name.")
        return
    key = f"slice-new{place}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            f"Save these {int(opened.mask.sum()):,} as", key=key, placeholder="a name", max_chars=slices.LONGEST
        )
        st.button("Save", key=f"slice-save{place}", icon=":material/bookmark_add:", on_click=_keep, args=(opened, key))


@session.telling()
def _keep(opened: Opened, key: str) -> None:
    """Save the selection under the typed name; one of that name is replaced by it."""
    name = slices.checked(st.session_state[key])
    if any(one.name == name for one in slices.built_in(opened.audit)):
        raise BadInput(f"every audit has a slice {name!r}; choose another name.")
    new = Slice(
        name=name,
        fingerprint=opened.dataset.data_fingerprint,
        selection=opened.selection.to_text(),
        rank=opened.rank,
        actor=session.reviewer(),
    )
    before = next((one for one in saved(opened) if one.name == name), None)
    if before is not None:
        new = replace(new, reviewer=before.reviewer, stage=before.stage)
    session.open_slice(opened.workspace.slices.save(new))
    st.session_state[key] = ""
    session.tell(f"Saved. The address in your browser is the link to {plain(name)}.")
