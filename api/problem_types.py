"""What each kind of problem is, at a URL that does not change: `/problems/not-found` is the `type` of a problem.

A client may tell problems apart by it; a person may read there what it means and what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from flask import Response

from api import current, paging
from api.blueprint import Answer, Blueprint
from api.caching import Caching
from api.negotiation import HTML, asked, respond
from api.negotiation import JSON as AS_JSON
from api.permissions import Permission
from registers.canonical import canonical_json
from registers.entry import shortened
from registers.errors import NotFound


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem: what it means, and what whoever meets it may do."""

    status: int
    meaning: str
    advice: str


TYPES: dict[str, ProblemType] = {
    "invalid": ProblemType(
        400,
        "Something in the request breaks a rule: a parameter that the resource does not have or that is given twice, "
        "a value out of its limits, a path that is not text, a body that is not what it should be.",
        "The detail names it. Mend it and send the request again; unmended it will fail again.",
    ),
    "unauthorized": ProblemType(
        401,
        "This takes an API key, and none was sent, or one that is unknown, expired or revoked.",
        "Send `Authorization: Bearer KEY`. Reading needs no key.",
    ),
    "forbidden": ProblemType(
        403,
        "It is known who asks, and this is not for them: the API key has not the scope that this takes or is not for "
        "this register, the person has not the role, or what is to be decided on is their own. On a page it may also "
        "be that a form is too old, or that another site sent it.",
        "Ask whoever runs the service for a key or a role that may, or let another decide. A form that is too old is "
        "sent again from its page.",
    ),
    "not-found": ProblemType(
        404,
        "There is no such register, record, entry, item, field, page or state, or nothing at this address at all.",
        "Check the spelling; keys differ by case, and a / inside a key is sent as %2F.",
    ),
    "renamed": ProblemType(
        404,
        "The register has another name now. Where the address names the register, Location says where to go.",
        "Follow it, and keep the new address.",
    ),
    "method-not-allowed": ProblemType(
        405,
        "The address is right, and this is not done there with that method.",
        "The header Allow names the methods there are.",
    ),
    "not-acceptable": ProblemType(
        406,
        "The resource is not served in any of the formats that were asked for.",
        "The detail names those there are; without an Accept header the first of them is sent.",
    ),
    "conflict": ProblemType(
        409,
        "The request does not fit what is already there: a name that is taken, a history that differs.",
        "Look at what is there, and decide again.",
    ),
    "moved": ProblemType(
        409,
        "The register has moved on since the request was made ready, by a change to the same records.",
        "Read the records again, and send the change anew.",
    ),
    "gone": ProblemType(
        410,
        "It was here and was taken away on purpose: a retired register, a redacted item, a format.",
        "A retired register may name its successor. What was redacted does not come back.",
    ),
    "precondition-failed": ProblemType(
        412,
        "If-Match names another state than the present one: somebody did something since the caller looked.",
        "Look again, decide again, and send the ETag of what was seen then.",
    ),
    "too-large": ProblemType(
        413,
        "The body, or the answer, would be over a stated limit.",
        "The detail states the limit. Send or ask for less at once.",
    ),
    "uri-too-long": ProblemType(
        414,
        "The path and the query together are longer than the service reads.",
        "Ask for less at once.",
    ),
    "unsupported-media-type": ProblemType(
        415,
        "The body is of a type that is not taken here.",
        "The detail names those that are; say in Content-Type what is sent.",
    ),
    "range-not-satisfiable": ProblemType(
        416,
        "The file has no such part: it is shorter than where the part begins, or the part is written in another way.",
        "Content-Range says how many bytes the file has. Whoever has as many has all of it; else ask for it anew.",
    ),
    "too-many-requests": ProblemType(
        429,
        "The caller has asked, or has tried to sign in, more often than the service lets anybody.",
        "Wait as many seconds as Retry-After says. To have all of a register, download it in one.",
    ),
    "error": ProblemType(
        500,
        "Something went wrong in the service. It is not the caller's fault.",
        "Tell whoever runs the service the request id.",
    ),
    "corrupt": ProblemType(
        500,
        "What is stored does not agree with itself, so the service does not answer from it.",
        "Tell whoever runs the service the request id.",
    ),
    "not-supported": ProblemType(
        501,
        "This is not something that the service or the register does, such as an archive of a very large register.",
        "The detail says what to use instead.",
    ),
    "unavailable": ProblemType(
        503,
        "The service cannot answer now: its database cannot be reached, or is busy, or is being brought up to date.",
        "Try again after as many seconds as Retry-After says.",
    ),
}
_OF_STATUS = {of.status: kind for kind, of in reversed(TYPES.items())}  # the first of each status
routes = Blueprint(
    "problems",
    "/problems",
    "What kinds of problem there are",
    {"kind": {"description": "The kind", "example": "not-found"}},
)


def url(kind: str, status: int) -> str:
    """The `type` of a problem of a kind, or, where that is unknown, of a status; `about:blank` says no more than it."""
    path = path_of(kind, status)
    return current.settings().base_url + path if path else "about:blank"


def path_of(kind: str, status: int) -> str:
    """The path of the page about a kind of problem, or, where that is unknown, a status; empty if there is none."""
    known = kind if kind in TYPES else _OF_STATUS.get(status)
    return f"/problems/{known}" if known else ""


def _shape(kind: str) -> dict[str, object]:
    of = TYPES[kind]
    return {"type": url(kind, of.status), "status": of.status, "meaning": of.meaning, "advice": of.advice}


EXAMPLE = {"type": "/problems/not-found", "status": 404, "meaning": TYPES["not-found"].meaning} | {
    "advice": TYPES["not-found"].advice
}
SCHEMA = {
    "type": "object",
    "required": ["type", "status", "meaning", "advice"],
    "properties": {
        "type": {"type": "string", "description": "What problems of this kind have as their type"},
        "status": {"type": "integer"},
        "meaning": {"type": "string"},
        "advice": {"type": "string", "description": "What whoever meets the problem may do"},
    },
}
SCHEMAS = {
    "ProblemType": SCHEMA,
    "ProblemTypes": {
        "type": "object",
        "required": ["problems"],
        "properties": {"problems": {"type": "array", "items": {"$ref": "#/components/schemas/ProblemType"}}},
    },
}
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head><body>
{body}</body></html>
"""
_LISTED = '<h2><a href="{type}">{kind}</a></h2>\n'
_TOLD = "<p>Status {status}. {meaning}</p>\n<p>{advice}</p>\n"


def _page(title: str, body: str) -> str:
    return _PAGE.format(title=escape(title), body=f"<h1>{escape(title)}</h1>\n{body}")


def _listed(kind: str) -> str:
    return _LISTED.format(type=escape(paging.full_path("problems.show_problem_type", kind=kind)), kind=kind)


def _told(kind: str) -> str:
    return _TOLD.format(**{name: escape(str(value)) for name, value in _shape(kind).items()})


@routes.resource(
    "",
    permission=Permission.PUBLIC,
    caching=Caching.ITEM,
    answer=Answer(
        "All kinds of problem",
        "ProblemTypes",
        {AS_JSON: {"problems": [EXAMPLE]}, HTML: "<!doctype html>…"},
    ),
)
def list_problem_types() -> Response:
    """List the kinds of problem"""
    if asked() is HTML:
        return respond([_page("Problems", "".join(_listed(kind) + _told(kind) for kind in TYPES))])
    return respond([canonical_json({"problems": [_shape(kind) for kind in TYPES]})])


@routes.resource(
    "/<segment:kind>",
    permission=Permission.PUBLIC,
    caching=Caching.ITEM,
    answer=Answer("One kind of problem", "ProblemType", {AS_JSON: EXAMPLE, HTML: "<!doctype html>…"}),
)
def show_problem_type(kind: str) -> Response:
    """Show what a kind of problem means, and what to do"""
    if kind not in TYPES:
        raise NotFound(f"there is no kind of problem called {shortened(kind)}")
    if asked() is HTML:
        return respond([_page(f"Problem: {kind}", _told(kind))])
    return respond([canonical_json(_shape(kind))])
