"""Every route declares who may ask, how long its answer keeps and what it is; one that does not is refused."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.routing import Rule

from api import negotiation
from api.app import create_app
from api.blueprint import Declared
from api.caching import Caching
from api.openapi import description
from api.pages.blueprints import PREFIX
from api.permissions import Permission, check
from bulk.archives import ARCHIVE
from bulk.kinds import COMPRESSIONS, FORMATS
from registers.opening import open_store
from registers.settings import Settings


def make_app() -> Flask:
    return create_app(Settings(), open_store("sqlite:///never-opened.db"))


def rules() -> list[Rule]:
    return list(make_app().url_map.iter_rules())


def test_there_are_routes_to_hold_to_this() -> None:
    assert len(rules()) >= 18


@pytest.mark.parametrize("rule", rules(), ids=str)
def test_every_route_declares_its_permission_and_its_caching(rule: Rule) -> None:
    declared = getattr(make_app().view_functions[rule.endpoint], "declared", None)
    assert isinstance(declared, Declared)
    assert isinstance(declared.permission, Permission)
    assert isinstance(declared.caching, Caching)
    assert declared.answer.formats


def documented() -> list[Rule]:
    """The routes of the API: pages are for people, and in no description of it."""
    return [rule for rule in rules() if not rule.endpoint.startswith(PREFIX)]


# What no example can show in a document of text.
BINARY = {negotiation.ZIP.media_type, ARCHIVE.content_type, *COMPRESSIONS.values()}
BINARY |= {each.content_type for each in FORMATS.values() if not each.is_text}


@pytest.mark.parametrize("rule", documented(), ids=str)
def test_every_route_is_documented_with_an_example_and_its_problems(rule: Rule) -> None:
    app = make_app()
    document = description(app)
    path = rule.rule.replace("<segment:", "{").replace(">", "}")
    declared = app.view_functions[rule.endpoint].declared
    operation = document["paths"][path][declared.sent.method.lower()]
    assert operation["summary"]
    assert {"400", "406", "500", "503", "default"} <= set(operation["responses"])
    assert ("404" in operation["responses"]) == ("{" in path or "NOT_FOUND" in declared.answer.problems)
    assert ("security" in operation) == ({"401", "403"} <= set(operation["responses"])) == takes_a_key(rule)
    content = operation["responses"][str(declared.answer.status)]["content"]
    assert list(content) == [format.content_type for format in declared.answer.formats]
    sent = operation.get("requestBody", {}).get("content", {})
    assert list(sent) == list(declared.sent.examples)
    shown = [*content.items(), *sent.items()]
    assert all("example" in each for name, each in shown if name not in BINARY)
    for parameter in [*document["paths"][path].get("parameters", []), *operation.get("parameters", [])]:
        assert parameter["description"]


def takes_a_key(rule: Rule) -> bool:
    return bool(make_app().view_functions[rule.endpoint].declared.permission.scopes)


def asks(rule: Rule) -> bool:
    return make_app().view_functions[rule.endpoint].declared.sent.asks


def test_each_route_is_for_the_method_that_it_declares() -> None:
    for rule in rules():
        method = make_app().view_functions[rule.endpoint].declared.sent.method
        assert (rule.methods or set()) - {"OPTIONS"} == ({"GET", "HEAD"} if method == "GET" else {method})


def test_every_route_that_changes_something_asks_for_more_than_the_public_permission() -> None:
    """But for what pages are sent: there the key stands in the form."""
    changing = [rule for rule in rules() if not (rule.methods or set()) <= {"GET", "HEAD", "OPTIONS"}]
    changing = [rule for rule in changing if not rule.endpoint.startswith(PREFIX) and not asks(rule)]
    assert len(changing) >= 12
    assert [rule.rule for rule in changing if not takes_a_key(rule)] == []


def test_a_view_that_declares_nothing_is_refused() -> None:
    app = make_app()
    app.add_url_rule("/quiet", "quiet", lambda: "secret")
    answer = app.test_client().get("/quiet", buffered=True)
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert b"secret" not in answer.data


def test_everybody_has_the_public_permission() -> None:
    check(Permission.PUBLIC)
