"""The old paths of the published service, on a register's own host: each redirects to where its resource is now.

They are no resources: nothing is read there but which fields a register has. Where a redirect leads is spelled from
the segments of the path as they were understood, so it never leaves the host, whatever they hold; a suffix, a `%2F`
and the query go with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from flask import Response, request, url_for
from werkzeug.exceptions import NotFound as NothingHere

from api import current, hosts, negotiation, paths
from registers import snapshot
from registers.entry import shortened
from registers.errors import Gone, NotFound

Segments = Sequence[str]
PLURALS = {"record": "records", "entry": "entries", "item": "items"}
ROBOTS = "User-agent: *\nDisallow:\n"
# What may stand in a query as it is; all else is percent-encoded, so that no caller writes a header.
_IN_A_QUERY = "%!$&'()*+,;=:@/?[]-._~"


def answer() -> Response | None:
    """The answer to an old path on a register's own host; None for every other request.

    Raises Invalid for a broken path, Gone for a retired format, NotFound for what the host does not have.
    """
    register = hosts.own_register()
    if register is None:
        return None
    paths.check(request.environ)
    segments = paths.decode(request.environ[paths.RAW_PATH])[1:]
    if not segments or segments[0] in hosts.EVERYWHERE:
        return None
    if segments[:2] in (["v1", "registers"], ["v2", "registers"]):
        raise NotFound(f"this is the host of the register {register} alone; all registers are at {hosts.base_url()}")
    if segments[:1] == ["v1"] and len(segments) > 1:
        return _redirect(307, segments[1:])
    return _read(register, segments) if request.method in ("GET", "HEAD") else None


def _read(register: str, segments: Segments) -> Response | None:
    stem, _, ending = segments[-1].rpartition(".")
    if stem and ending in paths.RETIRED_SUFFIXES:
        raise Gone(f"the format {ending} is no longer served; there are JSON and CSV")
    fixed = _fixed(segments)
    if fixed or not isinstance(request.routing_exception, NothingHere):
        return fixed
    return _with_value(register, segments)


def _with_value(register: str, segments: Segments) -> Response | None:
    """The answer to `/{field}/{value}`; what is neither that nor found has a reason if the register itself is not."""
    with current.store().reading() as tx:
        found = snapshot.find_register(tx, register, drafts=False)
        definition = snapshot.read_definition(tx, found)
    if len(segments) != 2 or not all(segments) or definition is None:
        return None
    field, value = segments
    if field == register:
        return _redirect(301, ["records", value])
    if field not in definition.field_names:
        raise NotFound(f"the register {register} has no field {shortened(field)}, and nothing else is at this address")
    return _redirect(301, ["records", field, value])


def _fixed(segments: Segments) -> Response | None:
    """The answer to a path that is old in any register."""
    match list(segments):
        case [""]:
            return home()
        case ["robots.txt"]:
            return Response(ROBOTS, content_type="text/plain;charset=UTF-8")
        case ["v1"]:
            return _redirect(301, [""] if _wants_a_page() else ["register"])
        case ["next"]:
            return _redirect(301, ["next", "context"])
        case [*_, ""]:
            return _redirect(301, _without_slashes(segments))
        case ["record" | "entry" | "item" as old, first, *rest]:
            return _redirect(301, [PLURALS[old], first, *rest])
        case ["proof", "entry", first, *rest]:
            return _redirect(301, ["proof", "entries", first, *rest])
    return None


def home() -> Response:
    """What a register's own host answers at `/`: where the register is described, for people or for programs."""
    answered = _redirect(303, ["register"])
    if _wants_a_page():
        page = url_for("pages-registers.show_register", register=hosts.own_register())
        answered.headers["Location"] = hosts.outside(page)
    answered.vary.add("Accept")
    return answered


def _without_slashes(segments: Segments) -> Segments:
    rest = list(segments)
    while rest and not rest[-1]:
        rest.pop()
    return rest


def _wants_a_page() -> bool:
    accept = request.headers.get("Accept", "")
    return negotiation.quality(accept, "text/html") > negotiation.quality(accept, "application/json")


def _redirect(status: int, segments: Segments) -> Response:
    """A redirect to a path of this host. Raises the framework's 404 for one with an empty segment.

    What begins with two slashes would name another host.
    """
    if not segments or not all(segments[:-1]):
        raise NothingHere
    path = "/" + "/".join(quote(segment, safe="!$&'()*+,;=:@-._~") for segment in segments)
    return Response(status=status, headers={"Location": request.script_root + path + _query()})


def _query() -> str:
    given = request.environ.get("QUERY_STRING", "")
    return f"?{quote(given.encode('latin-1', 'replace'), safe=_IN_A_QUERY)}" if given else ""
