"""Who reviews: signed in, or under a typed name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

import streamlit as st

from labelaudit.errors import BadInput
from labelaudit.reviewers import LONGEST_NAME
from labelaudit.ui import visitor
from labelaudit.ui.markdown import plain


def show() -> None:
    """Draw the reviewer's name into the header, with what can be done about it."""
    visitor.keep_name()
    with st.container(key="who"), st.popover(plain(visitor.reviewer()[:40]), icon=":material/person:"):
        if visitor.is_signed_in():
            st.markdown(f"You review as **{plain(visitor.reviewer())}**, signed in.")
            st.button("Sign out", key="sign-out", icon=":material/logout:", on_click=st.logout)
            return
        st.text_input("You review as", _typed(), max_chars=LONGEST_NAME, key="typed-name", on_change=_take)
        if error := st.session_state.pop("name-error", ""):
            st.error(plain(error))
        st.caption("Stands beside every decision you take. Kept in this browser.")
        if "is_logged_in" in st.user:  # which is there where a provider is configured
            _sign_in()


def _typed() -> str:
    name = visitor.reviewer()
    return "" if name == visitor.NOBODY else name


def _take() -> None:
    try:
        visitor.take_name(st.session_state["typed-name"])
    except BadInput as error:
        st.session_state["name-error"] = str(error)


def _sign_in() -> None:
    if find_spec("authlib") is None:
        st.warning("Signing in is configured, and needs a package: pip install 'labelaudit[signin]'.")
        return
    auth = st.secrets["auth"]
    named = [name for name, section in auth.items() if isinstance(section, Mapping)]
    for provider in named or [None]:
        label = f"Sign in with {provider}" if provider else "Sign in"
        st.button(plain(label), key=f"sign-in-{provider}", icon=":material/login:", on_click=st.login, args=(provider,))
