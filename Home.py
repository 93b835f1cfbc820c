"""The dashboard's entry. Run with ``streamlit run Home.py``."""

import streamlit as st

from labelaudit.ui import navigation, session, style

st.set_page_config(page_title="labelaudit", page_icon=str(style.ICON), layout="wide")
style.apply()
session.restore()
page = navigation.draw()
session.show_message()
page.run()
