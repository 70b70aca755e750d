"""Signing in at an OpenID provider: the way there and the way back, held together by a sealed cookie."""

from __future__ import annotations

import hmac
import logging
from dataclasses import asdict
from typing import Any

from flask import Response
from marshmallow import Schema, fields

from api import cookies, current, hosts, paging, signed_in
from api.caching import Caching
from api.pages.blueprints import PAGE, blueprint
from api.pages.faults import Fault, sentence
from api.pages.languages.saying import gettext, gettext_noop
from api.pages.people.signing_in import SignInQuery, sign_in_page, way_back
from api.pages.rendering import see
from api.permissions import Permission
from people import access, identities, openid, secret
from people.openid import Claims, Flow, Provider
from registers.errors import Conflict, Forbidden, Invalid, NotFound, Unauthorized, Unavailable

_log = logging.getLogger("registers.api")
PURPOSE = "sign in at a provider"
MOST = 10 * 60  # seconds that somebody may be away at the provider
AWAY = gettext_noop(
    "The sign-in that you come back from was not begun in this browser, or too long ago: begin it again"
)
DOWN = gettext_noop("The provider cannot be reached now: try again in a little while, or use a password")
routes = blueprint("openid", "Signing in at an OpenID provider")


class ReturnQuery(Schema):
    """What a provider sends somebody back with (RFC 6749 §4.1.2, RFC 9207); it may add to that what it likes."""

    OPEN_ENDED = ("",)

    code = fields.String(load_default="", metadata={"description": "What is changed for an ID token"})
    state = fields.String(load_default="", metadata={"description": "What was sent there"})
    iss = fields.String(load_default=None, metadata={"description": "The provider"})
    error = fields.String(load_default="", metadata={"description": "Why there is no code"})


@routes.resource(
    "/sign-in/openid", permission=Permission.PUBLIC, caching=Caching.NO_STORE, answer=PAGE, query=SignInQuery
)
def start(query: dict[str, Any]) -> Response:
    """Send somebody to the provider"""
    try:
        url, flow = openid.begin(_provider(), _back())
    except Unavailable:
        return _refused(query["next"], gettext(DOWN), 503)
    members = asdict(flow) | {"next": way_back(query["next"])}
    sealed = secret.seal(current.secret(), PURPOSE, members, current.store().clock() + MOST)
    cookies.keep(cookies.OPENID, sealed, MOST)
    return see(url)


@routes.resource(
    "/sign-in/openid/back", permission=Permission.PUBLIC, caching=Caching.NO_STORE, answer=PAGE, query=ReturnQuery
)
def come_back(query: dict[str, Any]) -> Response:
    """Begin a session for whom the provider sends back"""
    provider = _provider()
    left = _left(query["state"])
    cookies.keep(cookies.OPENID, "")  # good once, whatever comes of it
    if left is None:
        return _refused("", gettext(AWAY), 403)
    following = left.pop("next")
    if query["error"] or not query["code"]:
        return _refused(following, gettext("The provider has not signed you in"))
    try:
        claims = _claims(provider, Flow(**left), query)
        signed_in.begin(identities.sign_in(current.store(), claims, signed_in.shown()))
    except Unavailable:
        return _refused(following, gettext(DOWN), 503)
    except Conflict as error:
        access.refuse(current.store(), identities.ACTION, access.NOBODY, "an account has not confirmed the e-mail")
        return _refused(following, sentence(error), 403)
    except Forbidden as error:
        _log.warning("somebody came back from the provider and is not let in: %s", error)
        return _refused(following, sentence(error), 403)
    return see(following)


def _claims(provider: Provider, flow: Flow, query: dict[str, Any]) -> Claims:
    """Who has come back. Raises Forbidden, Unavailable."""
    if query["iss"] not in (None, provider.issuer):
        raise Forbidden("the answer is another provider's")
    return openid.finish(provider, _back(), flow, query["code"], current.store().clock())


def _left(state: str) -> dict[str, Any] | None:
    """What this browser left with, if it comes back with the same state, and in time."""
    try:
        members, _ = secret.unseal(current.secret(), PURPOSE, cookies.read(cookies.OPENID), current.store().clock())
    except (Invalid, Unauthorized):
        return None
    is_same = hmac.compare_digest(members["state"].encode(), state.encode("utf-8", "surrogatepass"))
    return members if is_same else None


def _provider() -> Provider:
    settings = current.settings()
    if not settings.oidc_issuer:
        raise NotFound("this service knows no OpenID provider: sign in with a password")
    return Provider(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)


def _back() -> str:
    return hosts.absolute(paging.plain_path("pages-openid.come_back"))


def _refused(following: str, sentence: str, status: int = 400) -> Response:
    return sign_in_page(following, [Fault("openid", sentence)], status)
