"""Pages for people: the registers, their tables and records, making one, and the documentation. Plain HTML."""

from __future__ import annotations

from flask import Flask

from api.pages import (
    about,
    account,
    assets,
    barring,
    confirming,
    contact,
    crawling,
    creating,
    deciding,
    definitions,
    docs,
    downloads,
    entries,
    home,
    mails,
    maps,
    move_maps,
    openid,
    people,
    proposals,
    quality,
    queue,
    records,
    redacting,
    redefining,
    registers,
    rendering,
    sign_in_links,
    signing_in,
    suggesting,
    suggesting_files,
    trust,
)

OF_A_REGISTER = (registers, records, entries, maps, move_maps, quality, downloads, trust, definitions)
OF_PEOPLE = (signing_in, sign_in_links, openid, confirming, account, mails, people, barring)
OF_PROPOSALS = (suggesting, redefining, suggesting_files, redacting, proposals, deciding, queue)
OF_THE_SERVICE = (docs, about, assets, crawling, contact)
BLUEPRINTS = tuple(
    module.routes for module in (home, *OF_A_REGISTER, creating, *OF_PEOPLE, *OF_PROPOSALS, *OF_THE_SERVICE)
)


def register(app: Flask) -> None:
    """Add the pages to an application. They are no part of the API, nor of openapi.yaml."""
    rendering.register(app)
    for each in BLUEPRINTS:
        app.register_blueprint(each)
