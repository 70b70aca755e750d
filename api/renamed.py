"""Registers under another name, and retired ones: where a request for them is to go instead.

The address stays as it was asked for, but for the register's name: the raw path, the suffix, the query.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

from flask import request

from api import hosts, paths

NAMED_AFTER = ("registers", "collections")  # segments of a path after which a register is named
# What may stand in an address as it is; all else is percent-encoded, so that no caller writes a header.
_IN_A_PATH = "%!$&'()*+,;=:@/-._~"
_IN_A_QUERY = f"{_IN_A_PATH}?[]"


def address(old: str, new: str) -> str | None:
    """The address of the present request with the register `new` for `old`; None if it does not name `old`."""
    if hosts.own_register() == old:
        return hosts.own_url(new) + _path() + _query()
    segments = _path().split("/")
    place = next((n for n, segment in enumerate(segments[1:], 1) if segments[n - 1] in NAMED_AFTER), None)
    if place is None:
        return None
    named = unquote(segments[place])
    if named != old and not named.startswith(f"{old}."):
        return None
    segments[place] = quote(new + named.removeprefix(old), safe="")
    return request.script_root + "/".join(segments) + _query()


def status() -> int:
    """The status that sends the present request there: with another method than GET, 308 keeps it and the body."""
    return 301 if request.method in ("GET", "HEAD") else 308


def _path() -> str:
    path: str = request.environ.get(paths.RAW_PATH, request.path)
    return quote(path.encode("latin-1", "replace"), safe=_IN_A_PATH)


def _query() -> str:
    query = request.environ.get("QUERY_STRING", "")
    return f"?{quote(query.encode('latin-1', 'replace'), safe=_IN_A_QUERY)}" if query else ""
