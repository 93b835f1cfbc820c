"""Who looks at the dashboard, the workspace that is theirs, and what they may be told."""

from __future__ import annotations

import logging
import re
import secrets
import tempfile
from hashlib import sha256
from urllib.parse import quote, unquote, urlsplit

import streamlit as st

from labelaudit.errors import BadInput, LabelauditError, StoreError
from labelaudit.reviewers import check_name
from labelaudit.settings import settings
from labelaudit.workspace import ANONYMOUS, Workspace, forget_unused

log = logging.getLogger(__name__)

COOKIE = "labelaudit"
NAME_COOKIE = "labelaudit-reviewer"
NAME_HOURS = 24 * 365
NOBODY = "me"  # the reviewer who gave no name
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def workspace() -> Workspace:
    """Return the visitor's workspace: one for all locally, one per signed-in user or browser when served to others."""
    if not settings().public:
        return Workspace()
    if is_signed_in():
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
    if is_signed_in():
        return
    _set_cookie(COOKIE, _token(), settings().keep_hours)  # so that a reload or a second tab finds the workspace again


def _set_cookie(name: str, value: str, hours: int) -> None:
    """Let the browser keep a value that holds nothing but letters, digits and what a URL may hold."""
    cookie = f"{name}={value}; path=/; max-age={3600 * hours}; samesite=lax"
    with st.container(key=f"visitor-{name}"):  # which style.py hides
        st.html(
            f"<script>document.cookie = '{cookie}' + (location.protocol === 'https:' ? '; secure' : '')</script>",
            unsafe_allow_javascript=True,
        )


def is_signed_in() -> bool:
    """Whether the visitor signed in."""
    return bool(st.user.get("is_logged_in"))


def reviewer() -> str:
    """Who decides: the one who signed in, by their e-mail address; else the name that was typed in this browser.

    An address that the provider calls unverified could be anybody's, so that the provider's own id stands for it.
    Both have an ``@``, which no typed name has.
    """
    if is_signed_in():
        email = str(st.user.get("email") or "")
        if "@" in email and st.user.get("email_verified", True) is not False:
            return email
        return f"{st.user['sub']}@{urlsplit(str(st.user.get('iss', ''))).hostname or 'sign-in'}"
    if "reviewer" not in st.session_state:
        try:
            st.session_state["reviewer"] = check_name(unquote(st.context.cookies.get(NAME_COOKIE, "")))
        except BadInput:  # no name was kept, or not by us
            st.session_state["reviewer"] = ""
    return st.session_state["reviewer"] or NOBODY


def take_name(typed: str) -> None:
    """Review under a typed name from now on, in this browser.

    Raises
    ------
    BadInput
        It is no name, or one that only those who sign in can have.
    """
    st.session_state["reviewer"] = check_name(typed)


def keep_name() -> None:
    """Let the browser keep the typed name, so that a reload finds it."""
    if st.session_state.get("reviewer"):
        _set_cookie(NAME_COOKIE, quote(st.session_state["reviewer"], safe=""), NAME_HOURS)


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
