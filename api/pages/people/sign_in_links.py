"""Asking for a link to sign in with, by e-mail. The answer is the same whether or not the e-mail has an account."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from api import current, forgery, limits, signed_in
from api.caching import Caching
from api.pages.blueprints import FORM, PAGE, blueprint
from api.pages.faults import Fault, sentence
from api.pages.languages.saying import gettext, plural
from api.pages.people.signing_in import SignInQuery, way_back
from api.pages.rendering import page, refused, see
from api.permissions import Permission
from api.problems import STATUSES
from notices import invitations
from people.links import MAILED, Asked
from registers.errors import Invalid, RegistersError, TooLarge, TooOften

PATH = "/sign-in/link"
routes = blueprint("sign-in-links", "Signing in by a link")


@routes.resource(PATH, permission=Permission.PUBLIC, caching=Caching.NO_STORE, answer=PAGE, query=SignInQuery)
def show_link(query: dict[str, Any]) -> Response:
    """Show the form that asks for a link"""
    if signed_in.session():
        return see(way_back(query["next"]))
    return _link_page(query["next"], "", [])


@routes.resource(PATH, permission=Permission.PUBLIC, caching=Caching.NO_STORE, answer=PAGE, sent=FORM)
def send_link() -> Response:
    """Send a link to an e-mail"""
    email, following = request.form.get("email", ""), request.form.get("next", "")
    if not current.settings().sends_mail:
        return _link_page("", "", [])
    try:
        return ask(email, way_back(following))
    except (Invalid, TooOften) as error:
        return refused(_link_page(following, email, [fault_of(error)], STATUSES[error.kind]), error)


def ask(email: str, following: str, draft: str = "") -> Response:
    """Have a link sent that leads on to a path, with what was typed there; the page that says so.

    Raises Invalid, TooOften, TooLarge.
    """
    address = limits.caller_of(request.remote_addr or "")
    asked = Asked(email, address, following, draft)
    invitations.send(current.store(), current.secret(), current.settings().base_url, asked)
    good_for = plural(MAILED // 3600, "hour")
    return page("people/link_sent.html", email=email.strip(), good_for=good_for, is_draft=bool(draft))


def fault_of(error: RegistersError) -> Fault:
    """What is wrong, beside the part of the form that it is wrong with."""
    if isinstance(error, Invalid):
        return Fault("email", gettext("Enter an e-mail address, such as name@example.org"))
    return Fault("changes" if isinstance(error, TooLarge) else "email", sentence(error))


def _link_page(following: str, email: str, faults: list[Fault], status: int = 400) -> Response:
    settings = current.settings()
    shown = {"next": following, "email": email, "faults": faults, "good_for": plural(MAILED // 3600, "hour")}
    told = {"offered": settings.sends_mail, "contact": settings.contact, "operator": settings.operator}
    if not settings.sends_mail:
        status = 404
    else:
        status = status if faults else 200
    return page("people/sign_in_link.html", status=status, token=forgery.token(), **shown, **told)
