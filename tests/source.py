"""The project's own source, read as text and as syntax trees, for the tests that keep the house in order."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_ROOMS = ("registers", "geo", "people", "review", "notices", "bulk", "api", "cli", "loaders")
ROOMS = tuple(room for room in _ROOMS if (ROOT / room).is_dir())

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def modules() -> dict[str, ast.Module]:
    """The syntax tree of every module of the rooms, by its path from the project's folder."""
    found = (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_bytes()) for path in found}


def functions() -> Iterator[tuple[str, Function]]:
    """Every function, methods and inner functions too, with where it stands (`path:line name`)."""
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                yield f"{path}:{node.lineno} {node.name}", node


def nesting(node: ast.AST) -> int:
    """How deep blocks stand in blocks; an `elif` is as deep as its `if`, an inner function starts anew."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.ClassDef | ast.Lambda):
            continue
        is_block = isinstance(child, ast.If | ast.For | ast.While | ast.With | ast.Try | ast.Match)
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        deepest = max(deepest, nesting(child) + (is_block and not is_elif))
    return deepest


@cache
def tracked_texts() -> dict[str, str]:
    """Every text file that is in the repository, or would be with the next commit, by its path."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    texts = {}
    for name in listed.stdout.decode().rstrip("\0").split("\0"):
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b"\0"
        if b"\0" not in content:
            texts[name] = content.decode("utf-8", "replace")
    return texts
