"""Whom to tell of a weakness of the service: security.txt (RFC 9116), as far as the operator has said it."""

from __future__ import annotations

from datetime import timedelta

from flask import Response

from api import current, hosts, paging
from api.blueprint import Answer
from api.caching import Caching
from api.negotiation import respond
from api.pages.blueprints import blueprint
from api.pages.service.crawling import TEXT
from api.permissions import Permission
from registers import snapshot
from registers.errors import NotFound

GOOD_FOR = 180  # days; RFC 9116 §2.5.5 wants less than a year
routes = blueprint("contact", "Whom to tell")


@routes.resource(
    "/.well-known/security.txt",
    permission=Permission.PUBLIC,
    caching=Caching.FILE,
    answer=Answer("Whom to tell", "", {TEXT: ""}),
)
def show_security() -> Response:
    """Show whom to tell of a weakness

    It is good for half a year from today, for it is as the operator has set it now.
    """
    contact = current.settings().security_contact
    if not contact:
        raise NotFound("whoever runs this service has not said whom to tell (REGISTERS_SECURITY_CONTACT)")
    last = snapshot.day_of(current.store()) + timedelta(days=GOOD_FOR)
    told = {
        "Contact": contact,
        "Expires": f"{last.isoformat()}T00:00:00Z",
        "Preferred-Languages": "en",
        "Canonical": hosts.absolute(paging.full_path("pages-contact.show_security")),
    }
    return respond(f"{name}: {value}\n" for name, value in told.items())
