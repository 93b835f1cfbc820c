"""Who looks at the dashboard, the workspace that is theirs, and what they may be told."""

from __future__ import annotations

import logging
import re
import secrets
import tempfile
from hashlib import sha256

import streamlit as st

from labelaudit.errors import LabelauditError, StoreError
from labelaudit.settings import settings
from labelaudit.workspace import ANONYMOUS, Workspace, forget_unused

log = logging.getLogger(__name__)

COOKIE = "labelaudit"
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def workspace() -> Workspace:
    """Return the visitor's workspace: one for all locally, one per signed-in user or browser when served to others."""
    if not settings().public:
        return Workspace()
    if st.user.get("is_logged_in"):
        return Workspace("user-" + _hashed(f"{st.user.get('iss', '')} {st.user['sub']}"))
    return Workspace(ANONYMOUS + _hashed(_token()))


def _hashed(secret: str) -> str:
    """Make a name of which nobody who reads it learns the secret."""
    return sha256(secret.encode()).hexdigest()[:32]


def _token() -> str:
    """The secret by which this browser is known: its cookie, or on a first visit a new one."""
    if "token" not in st.session_state:
        sent = st.context.cookies.get(COOKIE, "")
        st.session_state["token"] = sent if TOKEN.fullmatch(sent) else secrets.token_urlsafe(32)
    token: str = st.session_state["token"]
    return token


def welcome() -> None:
    """Keep the visitor's workspace for as long as it is used, and remove those that are not."""
    if not settings().public:
        return
    st.set_option("client.showErrorDetails", "none")  # a traceback tells strangers where things are
    _sweep(settings().keep_hours)
    try:
        workspace().touch()
    except StoreError as error:
        log.warning("%s", error)
    if st.user.get("is_logged_in"):
        return
    # A cookie, so that a reload or a second tab finds the workspace again.
    cookie = f"{COOKIE}={_token()}; path=/; max-age={3600 * settings().keep_hours}; samesite=lax"
    with st.container(key="visitor"):  # which style.py hides
        st.html(
            f"<script>document.cookie = '{cookie}' + (location.protocol === 'https:' ? '; secure' : '')</script>",
            unsafe_allow_javascript=True,
        )


@st.cache_resource(ttl=3600, show_spinner=False)
def _sweep(hours: int) -> None:
    forget_unused(hours)


def sentence(error: LabelauditError | str) -> str:
    """Return what an error says; strangers are not told where the server keeps its files and its database."""
    text = str(error)
    if settings().public:
        folders = (settings().artifacts_dir, settings().cache_dir)
        # A slash, because "cache" alone is a word.
        places = {f"{place}/" for folder in folders for place in (folder, folder.resolve(), tempfile.gettempdir())}
        for place in sorted(places, key=len, reverse=True):
            text = re.sub(rf"[\w:/+]*(?<!\w){re.escape(place)}[^\s'\";,()]*", "a file of this server", text)
        text = re.sub(r"\b[\w+]+://[^\s/]*@\S+", "of this server", text)
    return text
