"""Pages for people: the registers, their tables and records, making one, and the documentation. Plain HTML."""

from __future__ import annotations

from flask import Flask

from api.pages import assets, rendering
from api.pages.creating import creating
from api.pages.people import account, barring, confirming, mails, openid, people, sign_in_links, signing_in
from api.pages.proposals import deciding, move_maps, proposals, queue
from api.pages.reading import definitions, downloads, entries, maps, quality, records, registers, trust
from api.pages.service import about, contact, crawling, docs, home
from api.pages.suggesting import files, redacting, redefining, suggestions

READING = (registers, records, entries, maps, quality, downloads, trust, definitions)
PEOPLE = (signing_in, sign_in_links, openid, confirming, account, mails, people, barring)
SUGGESTING = (suggestions, redefining, files, redacting)
PROPOSALS = (proposals, move_maps, deciding, queue)
SERVICE = (home, docs, about, crawling, contact, assets)
BLUEPRINTS = tuple(module.routes for module in (*SERVICE, *READING, *PEOPLE, *SUGGESTING, *PROPOSALS, creating))


def register(app: Flask) -> None:
    """Add the pages to an application. They are no part of the API, nor of openapi.yaml."""
    rendering.register(app)
    for each in BLUEPRINTS:
        app.register_blueprint(each)
