"""The dashboard's entry. Run with ``streamlit run Home.py``."""

import sys

from labelaudit.errors import LabelauditError
from labelaudit.ui import navigation, session, style, visitor, who
from labelaudit.ui.opened import set_modules_aside

style.apply()
visitor.welcome()
session.restore()
page = navigation.draw()
who.show()
session.show_message()
try:
    page.run()
except LabelauditError as error:
    session.show_error(error)
finally:
    set_modules_aside(len(sys.modules))
