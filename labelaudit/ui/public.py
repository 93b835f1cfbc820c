"""Public data sets on Ingest: a card each, which says whether it is here or downloads."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from labelaudit.errors import LabelauditError
from labelaudit.load.named import FEWEST, MOST, NAMED, Named, load_named
from labelaudit.settings import settings
from labelaudit.ui import session


def cards() -> None:
    """Draw a card for each; a server for others downloads nothing on their behalf."""
    shown = [(wanted, wanted.found() is not None) for wanted in NAMED.values()]
    shown = [(wanted, here) for wanted, here in shown if here or not settings().public]
    if not shown:
        return
    st.subheader("Or a public data set")
    for wanted, here in shown:
        with st.container(border=True):
            head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
            head.markdown(f"**{wanted.title}**")
            st.caption(f"{wanted.what}; {'is on this machine' if here else f'about {wanted.about}, downloads'}")
            classes = _classes(wanted)
            possible = not wanted.classes or len(classes) >= FEWEST
            if head.button("Load", key=f"public-{wanted.name}", disabled=not possible):
                _load(wanted, classes)


def _classes(wanted: Named) -> Sequence[str]:
    if not wanted.classes:
        return ()
    return st.multiselect(
        f"{FEWEST} to {MOST} classes",
        wanted.classes,
        wanted.chosen,
        max_selections=MOST,
        key=f"public-{wanted.name}-classes",
    )


def _load(wanted: Named, classes: Sequence[str]) -> None:
    """Load it; leaving the page while it downloads stops that, and nothing is left behind."""
    bar = st.progress(0.0, f"Reading {wanted.title} …")

    def report(step: str, done: float, of: float) -> None:
        bar.progress(min(1.0, done / of), f"{step.capitalize()}: {done:,.0f} of {of:,.0f} MB")

    try:
        session.set_draft(load_named(wanted, tuple(classes), report))
    except LabelauditError as error:
        bar.empty()
        session.show_error(error)
        return
    st.rerun()
