"""Who may import whom: the contracts in pyproject.toml hold, and the core keeps to few packages."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.source import ROOMS, ROOT, modules

# What `registers/` may import beside the standard library, and where: SQLAlchemy in all of it, the others in
# the one place that needs them.
ALLOWED = {
    "sqlalchemy": "registers/",
    "alembic": "registers/store/migrations/",
    "psycopg": "registers/store/postgresql.py",
    "merkletools": "registers/audit_tree.py",
    "msgspec": "registers/picking.py",
}


def imported(tree: ast.Module) -> Iterator[str]:
    """The top-level packages that a module imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def test_the_import_contracts_hold() -> None:
    """Layers, the independence of v1 and v2, the auditor's: see [tool.importlinter] in pyproject.toml."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_registers_imports_no_web_network_or_data_frames() -> None:
    known = sys.stdlib_module_names | {"registers"}
    strangers = [
        f"{path} imports {name}"
        for path, tree in modules().items()
        if path.startswith("registers/")
        for name in sorted(set(imported(tree)) - known)
        if not path.startswith(ALLOWED.get(name, "nowhere"))
    ]
    assert strangers == []


def test_no_room_imports_the_tests() -> None:
    assert [path for path, tree in modules().items() if "tests" in set(imported(tree))] == []


@pytest.mark.parametrize("package", ["geopandas", "pandas", "pyogrio"])
def test_the_application_does_not_load_data_frames(package: str) -> None:
    """They would cost each worker a second and a hundred megabytes."""
    program = f"import api.app, sys; sys.exit({package!r} in sys.modules)"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


@pytest.mark.parametrize("room", ROOMS)
def test_every_folder_of_modules_is_a_package(room: str) -> None:
    """setuptools finds packages by their `__init__.py`; without it, one is missing once installed."""
    folders = {path.parent for path in (ROOT / room).rglob("*.py")}
    assert [str(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []
