"""labelaudit finds label errors in a data set, shows why, and hands back a cleaned one with a record.

>>> import labelaudit as la
>>> found = la.audit(la.load("iris"))
>>> found.issues.columns[:4].tolist()
['id', 'part', 'issue', 'score']
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

__version__ = "0.1.0"

# OpenMP threads that wait by spinning starve each other where the cores are shared: beside two busy processes boosted
# trees took 43 s instead of 2 s. A short spin keeps what it gains on free cores. Set here, because it has to be before
# anything loads scikit-learn.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")

# Resolved on first use, so that `import labelaudit` stays light.
_HOMES = {
    "Audit": "result",
    "AuditConfig": "config",
    "BadInput": "errors",
    "Dataset": "dataset",
    "Decision": "review",
    "DecisionLog": "review",
    "LabelauditError": "errors",
    "TASKS": "tasks",
    "audit": "audit",
    "effective": "decisions",
    "estimate": "estimate",
    "export": "export",
    "findings": "load.checks",
    "load": "load",
    "read_jsonl": "exchange",
    "write": "load",
    "write_jsonl": "exchange",
}
__all__ = [*sorted(_HOMES), "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'labelaudit' has no attribute {name!r}")
    value = getattr(import_module(f"labelaudit.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


class _Package(ModuleType):
    """Python sets a package's attribute when a submodule is imported; `labelaudit.audit` stays the function."""

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, ModuleType) and name in _HOMES:
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
