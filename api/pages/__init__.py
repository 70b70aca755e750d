"""Pages for people: the registers, their tables and records, making one, and the documentation. Plain HTML."""

from __future__ import annotations

from flask import Flask

from api.pages import (
    assets,
    contact,
    crawling,
    creating,
    docs,
    downloads,
    home,
    maps,
    quality,
    records,
    registers,
    rendering,
)

BLUEPRINTS = tuple(
    module.routes
    for module in (home, registers, records, maps, quality, downloads, creating, docs, assets, crawling, contact)
)


def register(app: Flask) -> None:
    """Add the pages to an application. They are no part of the API, nor of openapi.yaml."""
    rendering.register(app)
    for each in BLUEPRINTS:
        app.register_blueprint(each)
