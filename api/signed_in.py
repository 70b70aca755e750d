"""Who is signed in, by the session that a browser's cookie shows; and what pages may know of that.

Only a page that is declared `no-store` may ask. All others are the same for everybody, so that no cache, of a browser,
a proxy or ours, can hold what was one person's. A page for people asks its permission here: of whoever is signed in, or
of who has a role on the register in the path. Each decision about a role goes into the access log.
"""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Response, g, request

from api import cookies, current, forgery, paging
from api.caching import Caching
from api.permissions import Permission
from people import roles, sessions
from people.accounts import Account
from people.sessions import Session
from people.sign_in import SignedIn
from registers.errors import Forbidden

SIGN_IN = "pages-signing-in.show_sign_in"


def admit(permission: Permission, caching: Caching, is_form: bool) -> Response | None:
    """Hold a request for a page to its permission; or answer with the way to sign in.

    `is_form` is for a form that relies on cookies. Raises Forbidden for a form that another site may have sent, without
    a session that a form needs, and without the role.
    """
    g.is_private = caching is Caching.NO_STORE
    if permission is Permission.PUBLIC:
        if is_form:
            forgery.check()
        return None
    found = session()
    if found is None and permission is Permission.SUGGEST and current.settings().sends_mail:
        if is_form:
            forgery.check(shown())
        return None
    if found is None:
        return way_in()
    if is_form:
        forgery.check(shown())
    if permission.role:
        register = (request.view_args or {}).get("register")
        roles.decide(current.store(), found.account.id, permission.value, permission.role, register)
    return None


def way_in() -> Response:
    """What sends a browser to where one signs in, and back here after that. Raises Forbidden for a form."""
    if request.method not in ("GET", "HEAD"):
        raise Forbidden("nobody is signed in here any more: sign in, and send the form again")
    here = paging.full_path(request.endpoint or "", **(request.view_args or {}))
    if query := request.query_string.decode("latin-1"):
        here += f"?{query}"
    target = f"{paging.full_path(SIGN_IN)}?{urlencode({'next': here})}"
    return Response(status=303, headers={"Location": target})


def session() -> Session | None:
    """The session of the present request; None when nobody is signed in. Raises TypeError on a page for everybody."""
    if not g.get("is_private"):
        raise TypeError(f"the view {request.endpoint} may be kept by caches, so it may not know who is signed in")
    if "session" not in g:
        g.session = sessions.find(current.store(), shown()) if shown() else None
    found: Session | None = g.session
    return found


def account() -> Account:
    """Who is signed in, on a page that only they get."""
    found = session()
    if found is None:
        raise TypeError(f"the view {request.endpoint} does not ask for somebody who is signed in")
    return found.account


def shown() -> str:
    """What the browser shows for its session, good or not."""
    return cookies.read(cookies.SESSION)


def begin(signed_in: SignedIn) -> None:
    """Have the browser keep a session that has just begun."""
    cookies.keep(cookies.SESSION, signed_in.session)


def end() -> None:
    """End the session of the present request, here and in the browser."""
    sessions.end(current.store(), shown())
    cookies.keep(cookies.SESSION, "")


def finish(response: Response) -> None:
    """Keep what one person got from everybody else."""
    cookies.send(response)
    if g.get("is_private") or "cookies" in g:
        response.headers["Cache-Control"] = Caching.NO_STORE.value
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.vary.add("Cookie")
