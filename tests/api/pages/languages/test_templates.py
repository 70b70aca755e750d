"""The templates hold no text of their own, nor do faults of forms: all that people read goes through the catalogues."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from api.pages.assets import TEMPLATES

NAMES = sorted(path.relative_to(TEMPLATES).with_suffix("").as_posix() for path in TEMPLATES.rglob("*.html"))
PAGES = TEMPLATES.parent
SPELT = (ast.Constant, ast.JoinedStr)
PLACE = "\ufffc"  # where an expression stands
SAID = ("gettext", "ngettext", "path", "api_path", "from", "plural")
CODE = re.compile(r"<pre\b.*?</pre>|<code>.*?</code>", re.DOTALL)
ENTITY = re.compile(r"&\w+;")
TAG = re.compile(r"<[^>]*>")
SPOKEN = re.compile(r'\b(?:aria-label|alt|title|placeholder)="([^"]*)"')
LETTERS = re.compile(r"[A-Za-z]{2}")
NAMED = re.compile(r"openapi\.(?:json|yaml)|JSON(?:-LD)?|CSV|Turtle")  # files and formats, the same in every language
SENTENCE = re.compile(r"^[A-Z][a-z]+|[a-z] [a-z]")


def plain(source: str) -> str:
    """A template's own text, with a mark where an expression stands."""
    parts, inside = [], False
    for _, kind, text in Environment(autoescape=True).lex(source):
        if kind == "data":
            parts.append(text)
        elif kind.endswith("_begin") and kind != "comment_begin":
            inside = True
        elif kind.endswith("_end") and inside:
            parts.append(PLACE)
            inside = False
    return "".join(parts)


def texts(source: str) -> Iterator[str]:
    """What a template itself would say: between tags, and in the attributes that are read out."""
    bare = CODE.sub("", plain(source))
    yield from (found for found in SPOKEN.findall(bare) if LETTERS.search(found))
    bare = TAG.sub("\n", ENTITY.sub(" ", bare))
    yield from (found.strip() for found in bare.split("\n") if LETTERS.search(NAMED.sub("", found)))


def constants(node: nodes.Node) -> Iterator[str]:
    """The sentences in a template's expressions that go through no catalogue."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in SAID:
        for each in (*node.args[2:], *(keyword.value for keyword in node.kwargs)):
            yield from constants(each)
        return
    if isinstance(node, nodes.Filter) and node.name == "plural":
        node = node.node if node.node else node
    if isinstance(node, nodes.Const) and _is_sentence(node.value):
        yield node.value
    for child in node.iter_child_nodes():
        yield from constants(child)


def _is_sentence(value: object) -> bool:
    return isinstance(value, str) and bool(SENTENCE.search(value)) and "govuk-" not in value


def parsed(source: str) -> nodes.Template:
    return Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).parse(source)


def read(name: str) -> str:
    return (Path(TEMPLATES) / f"{name}.html").read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_template_says_nothing_by_itself(name: str) -> None:
    assert [*texts(read(name)), *constants(parsed(read(name)))] == []


def test_the_test_sees_what_it_looks_for() -> None:
    source = (
        '<p class="a b">Some {{ n }} words</p><pre>left alone</pre><nav aria-label="Ways">{{ gettext("Fine") }}</nav>'
        '{{ "Not fine" if n else gettext("Fine: %(a)s", a="Nor This") }}{{ call({"text": "Press"}) }}'
    )
    assert list(texts(source)) == ["Ways", f"Some {PLACE} words"]
    assert list(constants(parsed(source))) == ["Not fine", "Nor This", "Press"]


def plain_faults(source: str) -> list[int]:
    """The lines of a module on which a fault is given its sentence as it is."""
    calls = [each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.Call)]
    faults = [each for each in calls if isinstance(each.func, ast.Name) and each.func.id == "Fault"]
    return [each.lineno for each in faults if any(isinstance(part, SPELT) for part in each.args[1:])]


@pytest.mark.parametrize("path", sorted(PAGES.rglob("*.py")), ids=lambda path: path.relative_to(PAGES).as_posix())
def test_a_fault_is_said_through_the_catalogue(path: Path) -> None:
    assert plain_faults(path.read_text("utf-8")) == []


def test_the_test_of_faults_sees_what_it_looks_for() -> None:
    source = 'Fault("a", "So")\nFault("a", f"{so}")\nFault("a", gettext("So"))\nFault("a", said)'
    assert plain_faults(source) == [1, 2]
