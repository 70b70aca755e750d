"""Every route declares who may ask, how long its answer keeps and what it is; one that does not is refused."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.routing import Rule

from api.app import create_app
from api.blueprint import Declared
from api.caching import Caching
from api.openapi import description
from api.permissions import Permission, check
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


@pytest.mark.parametrize("rule", rules(), ids=str)
def test_every_route_is_documented_with_an_example_and_its_problems(rule: Rule) -> None:
    app = make_app()
    document = description(app)
    path = rule.rule.replace("<segment:", "{").replace(">", "}")
    operation = document["paths"][path]["get"]
    assert operation["summary"]
    assert {"400", "406", "500", "503", "default"} <= set(operation["responses"])
    assert ("404" in operation["responses"]) == ("{" in path)
    content = operation["responses"]["200"]["content"]
    formats = app.view_functions[rule.endpoint].declared.answer.formats
    assert list(content) == [format.content_type for format in formats]
    assert all("example" in shown for name, shown in content.items() if name != "application/octet-stream")
    for parameter in [*document["paths"][path].get("parameters", []), *operation.get("parameters", [])]:
        assert parameter["description"]


def test_only_reading_methods_are_routed() -> None:
    assert {method for rule in rules() for method in rule.methods or ()} == {"GET", "HEAD"}


def test_a_view_that_declares_nothing_is_refused() -> None:
    app = make_app()
    app.add_url_rule("/quiet", "quiet", lambda: "secret")
    answer = app.test_client().get("/quiet", buffered=True)
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert b"secret" not in answer.data


def test_everybody_has_the_public_permission() -> None:
    check(Permission.PUBLIC)
