"""The dashboard's entry: navigation, and the Home page. Run with ``streamlit run Home.py``."""

import streamlit as st

from labelaudit.ui import home, session, style

st.set_page_config(page_title="labelaudit", page_icon=":material/fact_check:", layout="wide")
style.apply()
session.restore()

page = st.navigation(
    [
        st.Page(home.show, title="Home", url_path="home", icon=":material/home:", default=True),
        st.Page("pages/1_Ingest.py", title="Ingest", icon=":material/upload_file:"),
        st.Page("pages/2_Audit.py", title="Audit", icon=":material/play_circle:"),
        st.Page("pages/3_Health.py", title="Health", icon=":material/monitor_heart:"),
        st.Page("pages/4_Heatmap.py", title="Heatmap", icon=":material/grid_on:"),
        st.Page("pages/5_Scatter.py", title="Scatter", icon=":material/scatter_plot:"),
        st.Page("pages/6_Inspector.py", title="Inspector", icon=":material/rate_review:"),
        st.Page("pages/7_Noise_Sim.py", title="Noise Sim", icon=":material/experiment:"),
        st.Page("pages/8_Export.py", title="Export", icon=":material/download:"),
    ],
    position="top",
)
message = st.session_state.pop("message", None)
if message:
    st.warning(message, icon=":material/info:")
page.run()
