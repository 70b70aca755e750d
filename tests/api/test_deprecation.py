"""Resources that will go: their answers say so, and so does the documentation."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask, Response

from api import paging
from api.app import create_app
from api.blueprint import Answer, Blueprint
from api.caching import Caching
from api.deprecation import deprecated
from api.documentation import DOCUMENTATION
from api.negotiation import JSON, respond
from api.openapi import description
from api.permissions import Permission
from registers.settings import Settings
from registers.store.engine import Store
from tests.api.test_blueprint import make_app


def with_old(store: Store, sunset: date | None) -> Flask:
    """An application with a resource that will go."""
    routes = Blueprint("old", "", "Old", {})

    @routes.resource(
        "/old", permission=Permission.PUBLIC, caching=Caching.NO_STORE, answer=Answer("Old", "Health", {JSON: {}})
    )
    @deprecated(since=date(2027, 1, 1), sunset=sunset, link="/docs/http")
    def show_old() -> Response:
        """Show what is old"""
        return paging.link(respond(["{}"]), [("/new", "successor-version")])

    app = create_app(Settings(), store)
    app.extensions[DOCUMENTATION].register_blueprint(routes)
    return app


@pytest.mark.parametrize("sunset", [date(2028, 7, 1), None])
def test_an_answer_says_since_when_and_until_when(sqlite_store: Store, sunset: date | None) -> None:
    app = with_old(sqlite_store, sunset)
    answer = app.test_client().get("/old")
    assert answer.headers["Deprecation"] == "@1798761600"  # date -ud 2027-01-01 +%s
    assert answer.headers.get("Sunset") == ("Sat, 01 Jul 2028 00:00:00 GMT" if sunset else None)
    assert answer.headers["Link"].startswith('</new>; rel="successor-version",</docs/http>; rel="deprecation"')
    assert ('rel="sunset"' in answer.headers["Link"]) == bool(sunset)
    assert description(app)["paths"]["/old"]["get"]["deprecated"] is True


def test_nothing_is_deprecated_yet() -> None:
    app = make_app()
    assert [name for name, view in app.view_functions.items() if view.declared.deprecated] == []
