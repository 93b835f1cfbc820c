"""The log of decisions as a list."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from labelaudit.ui.session import Opened

COLUMNS = ("seq", "time", "actor", "action", "id", "before", "after", "reason", "comment")
MOST = 200  # rows


def show(opened: Opened) -> None:
    """Draw the latest decisions about this data, the newest first."""
    if not opened.decisions:
        st.info("Nothing was decided yet. Go to the Inspector and decide on the first suspects.")
        st.page_link("pages/6_Inspector.py", label="Review the suspects", icon=":material/rate_review:")
        return
    latest = opened.decisions[: -MOST - 1 : -1]
    st.dataframe(pd.DataFrame([{name: getattr(d, name) for name in COLUMNS} for d in latest]), hide_index=True)
