"""Forms that no other site can send in a person's name.

A browser sends its cookies with whatever asks it to, so a form that relies on them carries a token that only a page of
ours could know: a digest of what one of the cookies holds. Forms of who is signed in go by the session, and others,
such as the one to sign in with, by a *visit*, a random number that says nothing of anybody. Before that, a browser that
tells where a request comes from is believed when it says that it comes from elsewhere.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from urllib.parse import urlsplit

from flask import g, request

from api import cookies, hosts
from registers.errors import Forbidden

FIELD = "form-token"
OUT_OF_DATE = (
    "the form is not one that this browser was given, or is too old: open its page again and send it from there"
)


def token(session: str = "") -> str:
    """The token for the forms of the present page: of a session, by what its cookie holds, or of the visit."""
    return _token_of(session or _visit())


def check(session: str = "") -> None:
    """Raise Forbidden unless the form that was sent came from a page of ours, in this browser."""
    _check_origin()
    known = session or cookies.read(cookies.VISIT)
    given = request.form.get(FIELD, "")
    if not known or not hmac.compare_digest(_token_of(known).encode(), given.encode("utf-8", "surrogatepass")):
        raise Forbidden(OUT_OF_DATE)


def _check_origin() -> None:
    """What the browser says of where a form comes from; one that says nothing, or that it must not say, has its token.

    A page that sends no referrer has the origin `null` (Fetch, "serializing a request origin").
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin", "null")
    if site is not None:
        is_ours = site == "same-origin"
    else:
        is_ours = origin in ("null", _own_origin())
    if not is_ours:
        raise Forbidden("the form was sent from another site")


def _own_origin() -> str:
    parts = urlsplit(hosts.base_url() if hosts.own_register() else hosts.absolute("/"))
    return f"{parts.scheme}://{parts.netloc}"


def _visit() -> str:
    """What the cookie of the visit holds; a new one is sent with the page where there is none."""
    if "visit" not in g:
        g.visit = cookies.read(cookies.VISIT)
    if not g.visit:
        g.visit = secrets.token_urlsafe(32)
        cookies.keep(cookies.VISIT, g.visit)
    found: str = g.visit
    return found


def _token_of(text: str) -> str:
    made = hmac.digest(text.encode("utf-8", "surrogatepass"), b"forms of registers", "sha256")
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()
