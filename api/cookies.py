"""Cookies: few, without a word about anybody, and for this host alone.

Over HTTPS their names begin with `__Host-`, with which a browser takes them from this host only, and sends them over
HTTPS only. Scripts never see them, and other sites cannot make a browser send them but by a link.
"""

from __future__ import annotations

from flask import Response, g, request

from api import current

SESSION = "registers-session"
VISIT = "registers-visit"
OPENID = "registers-openid"


def read(name: str) -> str:
    """What a cookie holds; empty where the browser has none."""
    return request.cookies.get(_full(name), "")


def keep(name: str, text: str, seconds: int | None = None) -> None:
    """Have the browser keep a cookie until it is closed, or for so many seconds; an empty one is taken from it."""
    g.setdefault("cookies", {})[name] = (text, seconds)


def send(response: Response) -> None:
    """Give the answer the cookies that the browser is to keep."""
    for name, (text, seconds) in g.get("cookies", {}).items():
        age = seconds if text else 0
        response.set_cookie(_full(name), text, age, path="/", secure=_is_secure(), httponly=True, samesite="Lax")


def _full(name: str) -> str:
    return f"__Host-{name}" if _is_secure() else name


def _is_secure() -> bool:
    return current.settings().base_url.startswith("https://") or request.is_secure
