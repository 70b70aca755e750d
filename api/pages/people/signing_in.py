"""Signing in and out: a form for an e-mail and a password, and the way back to the page that asked for it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from flask import Response, request
from marshmallow import Schema, fields

from api import cookies, current, forgery, limits, paging, signed_in
from api.caching import Caching
from api.pages.blueprints import FORM, PAGE, blueprint
from api.pages.faults import Fault, beside, sentence
from api.pages.languages.saying import gettext
from api.pages.rendering import page, refused, see
from api.permissions import Permission
from people import sign_in
from people.sign_in import Attempt
from registers.errors import TooOften, Unauthorized

routes = blueprint("signing-in", "Signing in and out")
# A path of this service, and not what a browser would take for another host.
_PATH = re.compile(r"/(?![/\\])[\x21-\x7e]{0,2000}", re.ASCII)


class SignInQuery(Schema):
    """Where to go once somebody is signed in."""

    next = fields.String(load_default="", metadata={"description": "The path of the page that asked for it"})


@routes.resource("/sign-in", permission=Permission.PUBLIC, caching=Caching.NO_STORE, answer=PAGE, query=SignInQuery)
def show_sign_in(query: dict[str, Any]) -> Response:
    """Show the form to sign in with"""
    if signed_in.session():
        return see(way_back(query["next"]))
    return sign_in_page(query["next"], [])


@routes.resource("/sign-in", permission=Permission.PUBLIC, caching=Caching.NO_STORE, answer=PAGE, sent=FORM)
def send_sign_in() -> Response:
    """Begin a session for whoever knows the password"""
    email, following = request.form.get("email", ""), request.form.get("next", "")
    attempt = attempted(email, request.form.get("password", ""))
    try:
        signed_in.begin(sign_in.sign_in(current.store(), current.secret(), attempt))
    except Unauthorized:
        wrong = gettext("Check your e-mail and your password: one of them is wrong")
        return sign_in_page(following, [Fault("email", wrong)], email=email)
    except TooOften as error:
        return refused(sign_in_page(following, [Fault("email", sentence(error))], 429, email), error)
    return see(way_back(following))


@routes.resource("/sign-out", permission=Permission.SIGNED_IN, caching=Caching.NO_STORE, answer=PAGE, sent=FORM)
def send_sign_out() -> Response:
    """End the session"""
    signed_in.end()
    return see(paging.full_path("pages-home.show_home"))


def attempted(email: str, password: str) -> Attempt:
    """An attempt of the present request to sign in."""
    address = limits.caller_of(request.remote_addr or "")
    return Attempt(email, password, address, cookies.read(cookies.SESSION))


def way_back(path: str) -> str:
    """The path to go on to: what was asked for, if it is one of this service, else the account."""
    return path if _PATH.fullmatch(path) else paging.full_path("pages-account.show_account")


def sign_in_page(following: str, faults: list[Fault], status: int = 400, email: str = "") -> Response:
    """The page to sign in with, with what went wrong; a provider is there where the settings name one."""
    issuer = current.settings().oidc_issuer
    provider = urlsplit(issuer).hostname if issuer else ""
    by_mail = current.settings().sends_mail
    values = {
        "by_mail": by_mail,
        "next": following,
        "email": email,
        "faults": faults,
        "token": forgery.token(),
        "provider": provider,
    }
    return page("people/sign_in.html", status=status if faults else 200, wrong=beside(faults), **values)
