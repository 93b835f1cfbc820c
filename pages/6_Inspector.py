"""Inspector: one suspect after the other, and a decision on each."""

from labelaudit.ui import assigned, inspector, navigation, session

navigation.enter()
opened = session.require_audit("the suspects one by one")
assigned.notice(opened)
inspector.show(opened.audit.id)
