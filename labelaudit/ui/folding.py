"""Panels that a button unfolds over the page, one at a time; what is folded away is not drawn and costs nothing.

No popovers of Streamlit's: one that is not drawn while it is closed has to be told to the server as open or closed. A
click elsewhere closes it, which the server hears after what the click itself was for, as of the page that it was made
on: a click on the link to another page would lead back to this one.
"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

OPEN = "unfolded"  # the state: the key of the panel that is open, empty for none


def panel(word: str, icon: str, key: str) -> DeltaGenerator | None:
    """Draw the button of a panel.

    Parameters
    ----------
    word, icon : str
        What the button shows.
    key : str
        Of the panel.

    Returns
    -------
    DeltaGenerator or None
        What to draw in; None where the panel is folded away.
    """
    unfolded = st.session_state.get(OPEN) == key
    with st.container(key=f"fold-{key}", width="content", gap=None):
        st.button(
            word,
            icon=icon,
            key=f"unfold-{key}",
            type="secondary" if unfolded else "tertiary",
            shortcut="Escape" if unfolded else None,
            on_click=fold if unfolded else unfold,
            args=() if unfolded else (key,),
        )
        return st.container(key=f"panel-{key}") if unfolded else None


def unfold(key: str) -> None:
    """Unfold a panel, in place of the one that is open."""
    st.session_state[OPEN] = key


def fold() -> None:
    """Fold the panel away that is open."""
    st.session_state[OPEN] = ""


def leave(page: str) -> None:
    """Fold away what is open on another page than this."""
    if st.session_state.get("page") != page:
        st.session_state["page"] = page
        fold()
