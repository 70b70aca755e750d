"""Webhooks: URLs that are told of changes, kept with an API key of the scope `webhooks`, each by whoever made it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask import Response
from marshmallow import Schema, fields

from api import bodies, current, paging, permissions
from api.caching import Caching
from api.negotiation import respond
from api.parameters import WholeNumber
from api.permissions import Permission
from api.v2 import notices_documents as documents
from api.v2.blueprints import blueprint
from notices import deliveries, subscriptions
from notices.deliveries import Delivery
from notices.subscriptions import Subscription, Wanted
from registers.canonical import canonical_json
from registers.definition import check_name
from registers.entry import timestamp_text
from registers.errors import Forbidden, Invalid

MOST = 1000  # deliveries in one answer
_PLACE = re.compile(r"([0-9]{1,15})\.(msg_[0-9a-f]{32})", re.ASCII)

routes = blueprint(
    "webhooks",
    "Webhooks: being told of changes, with an API key of the scope `webhooks`",
    prefix="/v2/webhooks",
    path_parameters=documents.PATH_PARAMETERS,
)


class DeliveriesQuery(Schema):
    """Which deliveries."""

    limit = WholeNumber(100, "How many deliveries", MOST)
    before = fields.String(load_default=None, metadata={"description": "Where the page before ended: follow its link"})


@routes.resource(
    "",
    permission=Permission.WEBHOOKS,
    caching=Caching.NO_STORE,
    answer=documents.SUBSCRIBED,
    sent=documents.SUBSCRIPTION,
)
def create_webhook() -> Response:
    """Make a webhook

    From now on its URL is told of each revision of the register, or of all. This answer is the only one that shows
    the secret, with which what is sent can be verified.
    """
    given = bodies.read_object(("url", "register", "secret"), required=("url",))
    texts = {member: bodies.text_of(given, member) for member in given if given[member] is not None or member == "url"}
    wanted = Wanted(texts["url"], texts.get("register"), texts.get("secret"))
    _check_register(wanted.register)
    private = current.settings().webhooks_private
    made, secret = subscriptions.subscribe(current.store(), permissions.actor(), wanted, private)
    answer = respond([canonical_json({**_shape(made), "secret": secret})])
    answer.status_code = 201
    answer.headers["Location"] = paging.full_path("v2-webhooks.show_webhook", webhook=made.id)
    return answer


def _check_register(name: str | None) -> None:
    """Raise Forbidden unless the key may be used on the register; one that is limited does not stand for all."""
    if name is not None:
        check_name(name)
    permissions.check_register(name)
    if name is None and permissions.api_key().registers:
        named = ", ".join(permissions.api_key().registers)
        raise Forbidden(f"the API key {permissions.api_key().id} is for {named}: name the register")


@routes.resource("", permission=Permission.WEBHOOKS, caching=Caching.NO_STORE, answer=documents.WEBHOOKS)
def list_webhooks() -> Response:
    """List your webhooks

    Those made with your API key, the oldest first; never their secrets.
    """
    with current.store().reading() as tx:
        found = subscriptions.find_all(tx, permissions.actor())
    return respond([canonical_json({"webhooks": [_shape(each) for each in found]})])


@routes.resource(
    "/<segment:webhook>", permission=Permission.WEBHOOKS, caching=Caching.NO_STORE, answer=documents.WEBHOOK
)
def show_webhook(webhook: str) -> Response:
    """Show a webhook

    One that answered a message with 410 is disabled, and is sent nothing more.
    """
    with current.store().reading() as tx:
        return respond([canonical_json(_shape(subscriptions.find(tx, permissions.actor(), webhook)))])


@routes.resource(
    "/<segment:webhook>",
    permission=Permission.WEBHOOKS,
    caching=Caching.NO_STORE,
    answer=documents.UNSUBSCRIBED,
    sent=documents.UNSUBSCRIPTION,
)
def delete_webhook(webhook: str) -> Response:
    """Take a webhook away

    With its log. Nothing more is sent to it, but for what is on its way.
    """
    subscriptions.unsubscribe(current.store(), permissions.actor(), webhook)
    return respond([canonical_json({"id": webhook, "deleted": True})])


@routes.resource(
    "/<segment:webhook>/deliveries",
    permission=Permission.WEBHOOKS,
    caching=Caching.NO_STORE,
    answer=documents.DELIVERIES,
    query=DeliveriesQuery,
)
def list_deliveries(query: Mapping[str, object], webhook: str) -> Response:
    """List what was sent to a webhook

    The latest first, each with every attempt and what came of it. What is done is kept for 30 days.
    """
    before, limit = query["before"], query["limit"]
    assert isinstance(limit, int)
    with current.store().reading() as tx:
        subscription = subscriptions.find(tx, permissions.actor(), webhook)
        found = deliveries.log(tx, subscription.id, limit + 1, _place(before) if before is not None else None)
    answer = respond([canonical_json({"deliveries": [_delivery(each) for each in found[:limit]]})])
    if len(found) <= limit:
        return answer
    last = found[limit - 1]
    return paging.link(answer, [(f"?limit={limit}&before={last.created}.{last.id}", "next")])


def _place(before: object) -> tuple[int, str]:
    found = _PLACE.fullmatch(str(before))
    if not found:
        raise Invalid("the parameter before is not one that this resource gave: follow the links from page to page")
    return int(found[1]), found[2]


def _shape(subscription: Subscription) -> dict[str, object]:
    where = paging.full_path("v2-webhooks.list_deliveries", webhook=subscription.id)
    return {
        "id": subscription.id,
        "register": subscription.register,
        "url": subscription.url,
        "status": subscription.status,
        "created": timestamp_text(subscription.created),
        "links": {"deliveries": where},
    }


def _delivery(delivery: Delivery) -> dict[str, object]:
    attempts = [
        {
            "time": timestamp_text(each.time),
            "status": each.status,
            "error": each.error,
            "milliseconds": each.milliseconds,
        }
        for each in delivery.attempts
    ]
    return {
        "id": delivery.id,
        "register": delivery.register,
        "revision": delivery.revision,
        "status": delivery.status,
        "next-attempt": None if delivery.due is None else timestamp_text(delivery.due),
        "created": timestamp_text(delivery.created),
        "attempts": attempts,
    }
