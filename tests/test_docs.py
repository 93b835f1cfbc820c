"""What the documentation shows works."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import labelaudit

BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
ONLY_ALEMBIC = "labelaudit.migrations.env"  # can run it
MODULES = ["labelaudit", *(m.name for m in pkgutil.walk_packages(labelaudit.__path__, "labelaudit."))]


def test_readme_code_runs(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All blocks of the README, one after the other, as a reader would run them."""
    readme = root / "README.md"
    assert readme.is_file(), "README.md is missing"
    text = readme.read_text(encoding="utf-8")
    blocks = [(match.group(1), text[: match.start(1)].count("\n")) for match in BLOCK.finditer(text)]
    assert blocks, "README.md shows no Python code"
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "readme"}
    for code, line in blocks:
        exec(compile("\n" * line + code, str(readme), "exec"), names)


@pytest.mark.parametrize("name", [m for m in MODULES if not m.startswith("labelaudit.ui") and m != ONLY_ALEMBIC])
def test_examples_in_docstrings_are_true(name: str) -> None:
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert failed == 0


def test_some_docstring_has_an_example() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    assert [example for found in finder.find(labelaudit) for example in found.examples]
