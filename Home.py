"""The dashboard's entry. Run with ``streamlit run Home.py``."""

from labelaudit.ui import navigation, session, style

style.apply()
session.restore()
page = navigation.draw()
session.show_message()
page.run()
