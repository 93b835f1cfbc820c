"""The pages, their order and their icons."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from labelaudit.ui import folding, home, style

PAGES = (
    ("pages/1_Ingest.py", "Ingest", "upload_file"),
    ("pages/2_Audit.py", "Audit", "play_circle"),
    ("pages/3_Health.py", "Health", "monitor_heart"),
    ("pages/4_Heatmap.py", "Heatmap", "grid_on"),
    ("pages/5_Scatter.py", "Scatter", "scatter_plot"),
    ("pages/6_Inspector.py", "Inspector", "rate_review"),
    ("pages/7_Noise_Sim.py", "Noise Sim", "experiment"),
    ("pages/8_Decisions.py", "Decisions", "history"),
    ("pages/9_Export.py", "Export", "download"),
)


def draw() -> StreamlitPage:
    """Draw the navigation and return the page that was asked for."""
    st.session_state["entered"] = True
    first = st.Page(home.show, title="Home", url_path="home", icon=":material/home:", default=True)
    rest = [st.Page(path, title=title, icon=f":material/{icon}:") for path, title, icon in PAGES]
    page = st.navigation([first, *rest], position="top")
    folding.leave(page.url_path)
    return page


def enter() -> None:
    """Make sure that Home.py ran.

    Where the first address that a fresh server is asked for is that of a page, Streamlit takes the folder ``pages``
    for its older kind of app and runs the page alone. Naming the pages once puts it right for all later runs.
    """
    if not st.session_state.get("entered"):
        style.apply()  # or the tab would fetch the page's icon from elsewhere
        draw()
        st.rerun()
