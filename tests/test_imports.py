"""The architecture, as rules that a machine checks."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import labelaudit
from labelaudit.tasks import TASKS

PACKAGE = Path(labelaudit.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
IN_UI = PACKAGE / "ui"
ROOT = PACKAGE.parent
PAGES = [ROOT / "Home.py", *sorted((ROOT / "pages").glob("*.py")), *sorted(IN_UI.rglob("*.py"))]
HEAVY = ("torch", "cleanlab", "sklearn", "skrub", "umap", "altair", "sqlalchemy", "streamlit", "pandas")
SECONDS = 0.3


def parsed(module: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(module.read_text(encoding="utf-8")))


def imported(module: Path) -> set[str]:
    """Top-level names of everything that a module imports, wherever in the file."""
    names: set[str] = set()
    for node in parsed(module):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def short(module: Path) -> str:
    return module.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("module", [m for m in MODULES if IN_UI not in m.parents], ids=short)
def test_only_ui_imports_streamlit(module: Path) -> None:
    assert not imported(module) & {"streamlit", "st_aggrid"}


@pytest.mark.parametrize("module", MODULES, ids=short)
def test_no_exception_is_caught_unnamed(module: Path) -> None:
    for node in parsed(module):
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            names = {name.id if isinstance(name, ast.Name) else ast.dump(name) if name else "" for name in caught}
            assert not names & {"", "Exception", "BaseException"}, f"line {node.lineno}"


@pytest.mark.parametrize("module", MODULES, ids=short)
def test_nothing_is_printed_unpickled_or_evaluated(module: Path) -> None:
    assert not imported(module) & {"pickle", "cloudpickle", "dill", "marshal", "shelve"}
    for node in parsed(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"print", "eval", "exec"}, f"line {node.lineno}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_names_a_task(page: Path) -> None:
    named = {node.value for node in parsed(page) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    if page.name == "visitor.py":  # where a token is what a browser is known by
        named -= {"token"}
    assert not named & set(TASKS)
    modules = {node.module for node in parsed(page) if isinstance(node, ast.ImportFrom) and node.module}
    assert not modules & {f"labelaudit.tasks.{name}" for name in TASKS}


def test_import_loads_nothing_heavy() -> None:
    code = "import sys, json, labelaudit; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(json.loads(done.stdout)) & set(HEAVY)


def test_import_is_fast() -> None:
    code = "import time; start = time.perf_counter(); import labelaudit; print(time.perf_counter() - start)"
    command = [sys.executable, "-c", code]
    # The best of several runs: how long it takes, not how busy the machine is.
    runs = (subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(5))
    assert min(float(run.stdout) for run in runs) < SECONDS


def test_public_surface_is_all() -> None:
    assert dir(labelaudit) == sorted(labelaudit.__all__)
    assert len(set(labelaudit.__all__)) == len(labelaudit.__all__)


@pytest.mark.parametrize("name", labelaudit.__all__)
def test_public_name_exists(name: str) -> None:
    assert getattr(labelaudit, name) is not None


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'lable'"):
        _ = labelaudit.lable  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["audit", "export", "load"])
def test_public_function_wins_over_the_module_of_its_name(name: str) -> None:
    # Importing a submodule makes it an attribute of the package, which would hide the function.
    code = f"import labelaudit as la, labelaudit.{name}; assert callable(la.{name}), la.{name}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
