"""Whether the service is well: `/healthz` says that the process answers, `/readyz` that its database does too."""

from __future__ import annotations

from typing import Any

from flask import Response

from api import current
from api.blueprint import Answer, Blueprint
from api.caching import Caching
from api.negotiation import JSON, respond
from api.permissions import Permission
from notices import mail
from registers.canonical import canonical_json
from registers.entry import timestamp_text
from registers.store import followers
from registers.store.schema import check_schema

WELL = {"status": "ok"}
FAILING = {
    "follower": "files",
    "register": "country",
    "since": "2026-11-24T12:00:00Z",
    "error": "the file records.csv cannot be written: No space left on device",
}
routes = Blueprint("health", "", "Whether the service is well", {})


@routes.resource(
    "/healthz",
    permission=Permission.PUBLIC,
    caching=Caching.NO_STORE,
    answer=Answer("The process answers", "Health", {JSON: WELL}),
)
def is_alive() -> Response:
    """Say that the process answers

    The database is not asked: a service that is only waiting for it should not be killed.
    """
    return respond([canonical_json(WELL)])


@routes.resource(
    "/readyz",
    permission=Permission.PUBLIC,
    caching=Caching.NO_STORE,
    answer=Answer("The service can answer", "Readiness", {JSON: {**WELL, "failing": [FAILING]}}),
)
def is_ready() -> Response:
    """Say that the service can answer

    The database is reachable and has the schema of this release; if not, the answer is 503. What follows the registers
    and cannot, such as files for which the disk has no room, is listed, and so is mail that cannot be sent, as `mail`
    of the register `*`: reading goes on without it.
    """
    check_schema(current.store())
    with current.store().reading() as tx:
        failures, mails = followers.failures(tx.connection), mail.standing(tx)
    if mails.failing_since is not None:
        failures.append(followers.Failure("mail", "*", mails.failing_since, mails.error))
    failing = [_told(each) for each in failures]
    return respond([canonical_json({**WELL, "failing": failing})])


def _told(failure: followers.Failure) -> dict[str, Any]:
    since = timestamp_text(failure.since)
    return {"follower": failure.follower, "register": failure.register, "since": since, "error": failure.said}
