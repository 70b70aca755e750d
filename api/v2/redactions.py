"""Taking values away, for good: at once with the scope `direct`, or as a plan for `/v2/proposals`.

No answer holds what is taken away. What is kept of it elsewhere (files, indexes of places, old pages of the database)
`registers work` makes away with.
"""

from __future__ import annotations

from flask import Response

from api import bodies, current, following, paging, permissions
from api.caching import Caching
from api.negotiation import respond
from api.permissions import Permission
from api.v2 import redaction_documents as documents
from api.v2.blueprints import blueprint
from api.v2.writing_documents import PATH_PARAMETERS
from registers import plan, redaction
from registers.canonical import canonical_json
from registers.errors import Invalid
from registers.redaction import Wanted

MEMBERS = ("key", "fields", "entry", "only", "reason")
routes = blueprint("redactions", "Taking values away, for good", path_parameters=PATH_PARAMETERS)


@routes.resource(
    "/<segment:register>/redactions",
    permission=Permission.REDACT,
    caching=Caching.NO_STORE,
    answer=documents.REDACTED,
    sent=documents.REDACTION_SENT,
)
def redact_record(register: str) -> Response:
    """Take values out of a record

    In all items that the record ever had, each value gives way to its digest. No hash of v2, no root and no proof of
    entries changes; the items are gone from v1.
    """
    wanted, reason = _asked()
    made = redaction.take_away(current.store(), register, wanted, reason, permissions.authority())
    following.follow(register)
    numbers = {"revision": made.revision.number, "metadata-entry": made.revision.metadata_entries}
    answer = respond([canonical_json({"register": register, **made.item, "entries": made.entries, **numbers})])
    answer.status_code = 201
    answer.headers["Location"] = paging.full_path("v2-metadata.show_metadata", register=register)
    return answer


@routes.resource(
    "/<segment:register>/redactions/plan",
    permission=Permission.PLAN,
    caching=Caching.NO_STORE,
    answer=documents.PLANNED,
    sent=documents.REDACTION_SENT,
)
def plan_redaction(register: str) -> Response:
    """Plan to take values out of a record

    Nothing is written. The answer has the plan, which holds no value, to be proposed with `/v2/proposals`.
    """
    wanted, reason = _asked()
    content = redaction.plan(current.store(), register, wanted, reason)
    (item,) = plan.read(content.splitlines(keepends=True))[0].redactions
    named = {"sha-256": plan.digest_of(content), "plan": content.decode()}
    return respond([canonical_json({"register": register, **item, **named})])


def _asked() -> tuple[Wanted, str]:
    """What the body asks to be taken away, and why. Raises Invalid, naming the member at fault."""
    given = bodies.read_object(MEMBERS, ("key", "fields", "reason"))
    only = given.get("only", False)
    if not isinstance(only, bool):
        raise Invalid("only: is true or false")
    entry = bodies.number_of(given, "entry", 0) if "entry" in given else None
    fields = tuple(bodies.texts_of(given, "fields"))
    return Wanted(bodies.text_of(given, "key"), fields, entry, only), bodies.text_of(given, "reason")
