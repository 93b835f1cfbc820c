"""The tasks, in display order."""

from __future__ import annotations

from labelaudit.tasks.base import ISSUE_COLUMNS, Found, Run, Seen, Task
from labelaudit.tasks.classification import CLASSIFICATION
from labelaudit.tasks.multiannotator import MULTIANNOTATOR
from labelaudit.tasks.multilabel import MULTILABEL
from labelaudit.tasks.regression import REGRESSION
from labelaudit.tasks.token import TOKEN

TASKS: dict[str, Task] = {task.name: task for task in (CLASSIFICATION, MULTILABEL, TOKEN, REGRESSION, MULTIANNOTATOR)}

__all__ = ["ISSUE_COLUMNS", "TASKS", "Found", "Run", "Seen", "Task"]
