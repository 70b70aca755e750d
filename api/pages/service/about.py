"""About the service itself: how accessible it is, and what it keeps of those who use it."""

from __future__ import annotations

from flask import Response

from api import current
from api.caching import Caching
from api.pages.blueprints import PAGE, blueprint
from api.pages.rendering import page
from api.permissions import Permission

routes = blueprint("about", "About the service")


@routes.resource("/accessibility", permission=Permission.PUBLIC, caching=Caching.REVALIDATE, answer=PAGE)
def show_accessibility() -> Response:
    """Show how accessible the service is"""
    return page("service/accessibility.html", contact=_contact(), operator=current.settings().operator)


@routes.resource("/privacy", permission=Permission.PUBLIC, caching=Caching.REVALIDATE, answer=PAGE)
def show_privacy() -> Response:
    """Show what the service keeps of those who use it"""
    return page("service/privacy.html", contact=_contact(), operator=current.settings().operator)


def _contact() -> str:
    """Where the operator can be written to: a mailto: or https: address; nothing where none was set."""
    return current.settings().contact
