"""The web application, put together: its middleware, its errors, its resources, its documentation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from api import (
    blueprint,
    compression,
    current,
    health,
    languages,
    legacy,
    limits,
    methods,
    metrics,
    ogc,
    pages,
    problem_types,
    problems,
    security_headers,
    v1,
    v2,
)
from api.documentation import DOCUMENTATION, document
from api.hosts import Hosts
from api.memory import MEGABYTE, Memory
from api.paths import RawPaths, SegmentConverter
from api.request_log import RequestLog
from registers.settings import Settings
from registers.store.engine import Store


class Application(Flask):
    """Flask that does not ask, each time it calls a view or a hook, whether that is a coroutine: none here is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself."""
        return func


def create_app(settings: Settings, store: Store) -> Flask:
    """The application over a store. Nothing is read from the store before the first request."""
    app = Application("api", static_folder=None)
    # A request is for the path it names: no redirects to tidier ones, and no method that no view has.
    app.url_map.merge_slashes = False
    app.url_map.converters["segment"] = SegmentConverter
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    current.give(app, settings, store)
    compression.register(app)  # the first to be registered is the last to see an answer
    limits.register(app, settings)
    app.before_request(limits.check_length)
    app.before_request(legacy.answer)
    app.before_request(methods.answer)
    app.before_request(blueprint.admit)
    app.after_request(blueprint.finish)
    _register_resources(app, settings)
    pages.register(app)
    problems.register(app)
    _wrap(app, settings, store)
    return app


def _register_resources(app: Flask, settings: Settings) -> None:
    documentation = document(app)
    v1.describe(documentation.spec)
    v2.describe(documentation.spec)
    ogc.describe(documentation.spec)
    for name, shape in problem_types.SCHEMAS.items():
        documentation.spec.components.schema(name, shape)
    watched = [metrics.routes] if settings.metrics else []
    for each in (health.routes, *watched, problem_types.routes, *v1.BLUEPRINTS, *v2.BLUEPRINTS, *ogc.BLUEPRINTS):
        documentation.register_blueprint(each)
    app.extensions[DOCUMENTATION] = documentation


def _wrap(app: Flask, settings: Settings, store: Store) -> None:
    """The request passes the log first; what proxies say is believed of as many as the operator trusts."""
    if settings.answer_memory and store.is_sqlite and not settings.rate_limit:
        app.wsgi_app = Memory(app.wsgi_app, store, settings.answer_memory * MEGABYTE)  # type: ignore[method-assign]
    place = languages.Inside(settings, Hosts(settings))
    app.wsgi_app = RawPaths(app.wsgi_app, place)  # type: ignore[method-assign]
    if proxies := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    app.wsgi_app = security_headers.SecurityHeaders(app.wsgi_app, settings)  # type: ignore[method-assign]
    app.wsgi_app = RequestLog(app.wsgi_app, metrics.count if settings.metrics else None)  # type: ignore[method-assign]
