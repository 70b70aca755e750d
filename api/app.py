"""The web application, put together: its middleware, its errors, its resources, its documentation."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from api import blueprint, current, health, problems, v1
from api.documentation import document
from api.paths import RawPaths, SegmentConverter
from api.request_log import RequestLog
from registers.settings import Settings
from registers.store.engine import Store

DOCUMENTATION = "registers-documentation"


def create_app(settings: Settings, store: Store) -> Flask:
    """The application over a store. Nothing is read from the store before the first request."""
    app = Flask("api", static_folder=None)
    # A request is for the path it names: no redirects to tidier ones, and no method that no view has.
    app.url_map.merge_slashes = False
    app.url_map.converters["segment"] = SegmentConverter
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    current.give(app, settings, store)
    app.before_request(blueprint.admit)
    app.after_request(blueprint.finish)
    _register_resources(app)
    problems.register(app)
    _wrap(app, settings.trusted_proxies)
    return app


def _register_resources(app: Flask) -> None:
    documentation = document(app)
    v1.describe(documentation.spec)
    for each in (health.routes, *v1.BLUEPRINTS):
        documentation.register_blueprint(each)
    app.extensions[DOCUMENTATION] = documentation


def _wrap(app: Flask, proxies: int) -> None:
    """The request passes the log first; what proxies say is believed of as many as the operator trusts."""
    app.wsgi_app = RawPaths(app.wsgi_app)  # type: ignore[method-assign]
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    app.wsgi_app = RequestLog(app.wsgi_app)  # type: ignore[method-assign]
