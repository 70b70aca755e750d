"""Hosts: a register's own host, `{register}.{base domain}`, has v1 at `/` and v2 at `/next`, as it was published.

A request there is for a path of the base service, and is routed as if it had been sent to that: `/records/GB` on
`country`'s host is `/v1/registers/country/records/GB`. What an answer links to is spelled the other way about, so
that a caller stays on the host it knows. Any other host is the base service.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import request

from api import current

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from registers.settings import Settings

REGISTER = "registers.own-host"
V1 = "/v1/registers/"
V2 = "/v2/registers/"
NEXT = "/next"
# What is no register's: the same on every host. The pages and the problems that answers link to are among them.
EVERYWHERE = (".well-known", "assets", "healthz", "metrics", "problems", "readyz")
# The published service's own name for what is asked of it by whoever watches over it.
RENAMED = {"/healthcheck": "/readyz"}
_PORT = r"(?P<port>:[0-9]{1,5})?"


class Hosts:
    """Which hosts are registers' own, by the settings."""

    def __init__(self, settings: Settings) -> None:
        self._base = urlsplit(settings.base_url).hostname
        self._own = re.compile(rf"(?P<register>[a-z0-9-]{{1,63}})\.{re.escape(settings.domain)}\.?{_PORT}", re.ASCII)

    def register_of(self, host: str) -> str | None:
        """The register whose own host this is; None for the base service, and for what is no host's name."""
        found = self._own.fullmatch(host.lower())
        if found is None or host.lower().removesuffix(found["port"] or "").rstrip(".") == self._base:
            return None
        return found["register"]

    def inside(self, environ: WSGIEnvironment, path: str) -> str:
        """The base service's path for a raw path on the request's host; the environment then names the register."""
        register = self.register_of(environ.get("HTTP_HOST", ""))
        if register is None:
            return path
        environ[REGISTER] = register
        path = RENAMED.get(path, path)
        if _is_everywhere(path):
            return path
        if path == NEXT or path.startswith(f"{NEXT}/"):
            return f"{V2}{register}{path.removeprefix(NEXT)}"
        return f"{V1}{register}{path}"


def own_register() -> str | None:
    """The register on whose own host the present request is; None on the base service."""
    found: str | None = request.environ.get(REGISTER)
    return found


def outside(path: str) -> str:
    """A path of the base service as the caller reaches it: on its own host, or by URL where that does not have it."""
    register = own_register()
    if register is None or _is_everywhere(path):
        return path
    if path.startswith(f"{V1}{register}/"):
        return path.removeprefix(V1 + register)
    if f"{path}/".startswith(f"{V2}{register}/"):
        return NEXT + path.removeprefix(V2 + register)
    return base_url() + path


def absolute(path: str) -> str:
    """The URL of a path that is spelled as the caller reaches it; a URL already is one."""
    register = own_register()
    if not path.startswith("/"):
        return path
    if register is not None:
        return own_url(register) + path
    base = urlsplit(current.settings().base_url)
    return (f"{base.scheme}://{base.netloc}" if base.netloc else request.host_url.rstrip("/")) + path


def _is_everywhere(path: str) -> bool:
    return path.split("/", 2)[1:2] in ([first] for first in EVERYWHERE)


def base_url() -> str:
    """Where the base service is, as far as the settings and the present request say, without a slash at the end."""
    settings = current.settings()
    return settings.base_url or f"{request.scheme}://{settings.domain}{_port()}"


def own_url(register: str) -> str:
    """Where a register's own host is, without a slash at the end."""
    return f"{request.scheme}://{register}.{current.settings().domain}{_port()}"


def _port() -> str:
    """The port that the caller reached this host by, with its colon, unless it goes without saying."""
    found = re.search(r":[0-9]{1,5}\Z", request.environ.get("HTTP_HOST", ""), re.ASCII)
    return found[0] if found else ""
