"""What went wrong, as one sentence on the page."""

from __future__ import annotations

import re
import tempfile

import streamlit as st

from labelaudit.errors import LabelauditError
from labelaudit.settings import settings
from labelaudit.ui.markdown import plain


def show(error: LabelauditError | str) -> None:
    """Draw an error."""
    st.error(plain(sentence(error)), icon=":material/error:")


def sentence(error: LabelauditError | str) -> str:
    """Return what an error says; visitors of a server are not told where its files and its database are."""
    text = str(error)
    if settings().public:
        folders = (settings().artifacts_dir, settings().cache_dir)
        places = {str(place) for folder in folders for place in (folder, folder.resolve())} | {tempfile.gettempdir()}
        for place in sorted(places, key=len, reverse=True):
            text = re.sub(rf"(?<!\w)[\w:/+]*{re.escape(place)}(?!\w)[^\s'\";,()]*", "a file of this server", text)
        text = re.sub(r"\b[\w+]+://[^\s/]*@\S+", "of this server", text)
    return text
