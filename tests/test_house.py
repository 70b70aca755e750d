"""The house style, where a machine can tell: sizes, docstrings, and words that have no place here."""

from __future__ import annotations

import ast
import re
import statistics
import tomllib

from tests.source import ROOMS, ROOT, Function, functions, modules, nesting, tracked_texts

LONGEST_FUNCTION = 60
LONGEST_MODULE = 400
MEDIAN_FUNCTION = 10
MOST_PARAMETERS = 6
DEEPEST_NESTING = 3

# Written in pieces, so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile(r"(?<![\w.-])/(?:work|root|tmp|home)" + r"/\w")
REGISTRIES = re.compile(r"(?:pypi|pythonhosted|npmjs|golang|debian)\.(?:org|com|io)\b|file:/{2,3}opt\b")
UNFINISHED = re.compile(r"\b(?:TO" + "DO|FIX" + "ME|XX" + r"X)\b")


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def length_of_code(function: Function) -> int:
    first = function.body[0]
    if ast.get_docstring(function) is None:
        return length(function)
    return length(function) - ((first.end_lineno or first.lineno) - first.lineno + 1)


def parameters(function: Function) -> list[str]:
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return [each.arg for each in every if each and each.arg not in ("self", "cls")]


def holding(pattern: re.Pattern[str], texts: dict[str, str]) -> list[str]:
    """Each line of the texts that holds the pattern, as `path:line found`."""
    lines = ((path, n, line) for path, text in texts.items() for n, line in enumerate(text.splitlines(), 1))
    return [f"{path}:{n} {found[0]}" for path, n, line in lines if (found := pattern.search(line))]


def test_functions_fit_on_a_screen() -> None:
    assert [where for where, function in functions() if length(function) > LONGEST_FUNCTION] == []


def test_most_functions_are_short() -> None:
    assert statistics.median(length_of_code(function) for _, function in functions()) <= MEDIAN_FUNCTION


def test_modules_are_short() -> None:
    too_long = [path for path in modules() if len(tracked_texts()[path].splitlines()) > LONGEST_MODULE]
    assert too_long == []


def test_functions_take_few_parameters() -> None:
    assert [where for where, function in functions() if len(parameters(function)) > MOST_PARAMETERS] == []


def test_blocks_are_not_nested_deep() -> None:
    assert [where for where, function in functions() if nesting(function) > DEEPEST_NESTING] == []


def test_every_module_says_its_idea_first() -> None:
    assert [path for path, tree in modules().items() if not ast.get_docstring(tree)] == []


def test_every_public_class_and_function_has_a_docstring() -> None:
    silent = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in modules().items()
        if "/migrations/versions/" not in path
        for node in tree.body
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_")
        if not ast.get_docstring(node)
    ]
    assert silent == []


def test_nothing_prints_but_the_commands() -> None:
    printing = [
        f"{path}:{node.lineno}"
        for path, tree in modules().items()
        if not path.startswith("cli/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printing == []


def test_every_except_says_what_it_expects() -> None:
    bare = [
        f"{path}:{node.lineno}"
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]
    assert bare == []


def test_no_module_is_named_for_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "data", "info", "common", "misc"}
    assert [path for path in modules() if path.rsplit("/", 1)[-1].removesuffix(".py") in vague] == []


def test_nothing_is_left_for_later() -> None:
    assert holding(UNFINISHED, tracked_texts()) == []


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    assert holding(MACHINE_PATHS, tracked_texts()) == []


def test_no_file_names_where_packages_come_from() -> None:
    assert holding(REGISTRIES, tracked_texts()) == []


def test_the_measures_measure() -> None:
    """The rules above would be worthless if what they count were always small."""
    tree = ast.parse(
        "def f(self, a, *, b, **c):\n"
        '    """Idea."""\n'
        "    for x in a:\n"
        "        if x:\n"
        "            pass\n"
        "        elif b:\n"
        "            with x:\n"
        "                pass\n"
    )
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    assert (length(function), length_of_code(function), nesting(function)) == (8, 7, 3)
    assert parameters(function) == ["a", "b", "c"]
    assert holding(MACHINE_PATHS, {"x": "see /" + "work/main, not /api/" + "work/x"}) == ["x:1 /" + "work/m"]


def test_the_image_holds_every_room() -> None:
    """What is not named there is not copied into it."""
    copied = set(re.findall(r"^!(\w+)$", tracked_texts()["deploy/Dockerfile.dockerignore"], re.MULTILINE))
    compiled = re.search(r"compileall -q ([a-z ]+)", tracked_texts()["deploy/Dockerfile"])
    assert set(ROOMS) <= copied
    assert compiled and set(ROOMS) <= set(compiled[1].split())


def test_every_room_is_installed_and_held_to_its_floor() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["tool"]
    rooms = set(ROOMS)
    assert {name.rstrip("*") for name in project["setuptools"]["packages"]["find"]["include"]} == rooms
    assert set(project["importlinter"]["root_packages"]) == rooms
    assert rooms <= set(project["ruff"]["lint"]["isort"]["known-first-party"])
