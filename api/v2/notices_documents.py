"""What feeds and webhooks answer, for `openapi.yaml`: shapes, and examples about the register `country`."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from marshmallow.validate import Length, OneOf

from api.blueprint import Answer, Sent
from api.negotiation import ATOM, JSON
from api.v2.shapes import shape, text
from notices.addresses import URL_LIMIT
from notices.store.webhooks import ACTIVE, DISABLED, FAILED, SENT, WAITING

BODY_LIMIT = 64 * 1024  # bytes; a URL of the longest takes a few thousand
PATH_PARAMETERS: dict[str, dict[str, Any]] = {
    "register": {"description": "The name of a register", "example": "country"},
    "webhook": {"description": "The id of a webhook", "example": "webhook-3f1c0e5a9b7d2468ace013579"},
}
_ID = "webhook-5d8f0a3c6e9b1d4f7a2c5e80"

# The shapes


_WEBHOOK: dict[str, fields.Field[Any]] = {
    "id": text("What the webhook is called"),
    "register": text("The register that it is told of; null for all", allow_none=True),
    "url": text("Where messages are sent"),
    "status": text("disabled once it answered 410", validate=OneOf([ACTIVE, DISABLED])),
    "created": text("When it was made, in UTC"),
    "links": fields.Dict(keys=fields.String(), values=fields.String(), required=True),
}
_ATTEMPT = shape(
    "WebhookAttempt",
    time=text("When it was made, in UTC"),
    status=fields.Integer(required=True, allow_none=True, metadata={"description": "What was answered, if anything"}),
    error=text("Why nothing was answered; empty when something was"),
    milliseconds=fields.Integer(required=True, metadata={"description": "How long it took", "minimum": 0}),
)
_DELIVERY = shape(
    "WebhookDelivery",
    id=text("The id of the message, the same at every attempt"),
    register=text("The register that it tells of"),
    revision=fields.Integer(required=True, metadata={"description": "The revision that it tells of", "minimum": 1}),
    status=text("How it stands", validate=OneOf([WAITING, SENT, FAILED])),
    next_attempt=text("When it is tried next, in UTC; null if never", allow_none=True),
    created=text("When it was made, in UTC"),
    attempts=fields.List(fields.Nested(_ATTEMPT), required=True),
)
COMPONENTS: dict[str, Any] = {
    "Webhook": shape("Webhook", **_WEBHOOK),
    "WebhookMade": shape("WebhookMade", **_WEBHOOK, secret=text("What signs the messages; shown this once")),
    "WebhookSent": shape(
        "WebhookSent",
        url=text("Where to send messages: http or https", validate=Length(max=URL_LIMIT)),
        register=fields.String(allow_none=True, metadata={"description": "The register to tell of; without it, all"}),
        secret=fields.String(allow_none=True, metadata={"description": "whsec_ and base64 of 24 to 64 random bytes"}),
    ),
    "Webhooks": shape(
        "Webhooks", webhooks=fields.List(fields.Nested(shape("ListedWebhook", **_WEBHOOK)), required=True)
    ),
    "WebhookDeleted": shape(
        "WebhookDeleted", id=text("What the webhook was called"), deleted=fields.Boolean(required=True)
    ),
    "WebhookDeliveries": shape("WebhookDeliveries", deliveries=fields.List(fields.Nested(_DELIVERY), required=True)),
}

# The examples

_ROOT = "122067af0f4a4d5b0d3a5e0b3b8a8d4e1b4d3b1a9c7a1c0d5a9c1f0be2b7c6d4e3f2"
_FEED = """\
<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><id>tag:registers.example.org,2026-11-23:country</id>\
<title>Changes to Country</title><author><name>David de Silva</name></author>\
<link rel="self" href="https://registers.example.org/v2/registers/country/feed" type="application/atom+xml" />\
<link rel="first" href="https://registers.example.org/v2/registers/country/feed" />\
<updated>2026-11-23T14:00:00Z</updated>\
<entry><id>tag:registers.example.org,2026-11-23:country/revisions/3</id><title>1 entry added to Country</title>\
<updated>2026-11-23T14:00:00Z</updated><link rel="alternate" type="application/json" \
href="https://registers.example.org/v2/registers/country/entries?start=210&amp;limit=1" />\
<content type="text">Entries 210 to 210. Revision 3; size 210; root hash """ + (f"{_ROOT}.</content></entry></feed>\n")
_PERSONAL = """\
<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><id>tag:registers.example.org,2026:people/person-5d8f0a3c6e9b</id>\
<title>Your suggestions</title><author><name>registers.example.org</name></author>\
<updated>2026-11-23T14:00:00Z</updated>\
<entry><id>tag:registers.example.org,2026:proposals/12/events/31</id>\
<title>Your suggestion 12 for country is published</title><updated>2026-11-23T14:00:00Z</updated>\
<link rel="alternate" type="text/html" href="https://registers.example.org/proposals/12" />\
<content type="text">It is entry 210.</content></entry></feed>
"""
_EXAMPLE = {
    "id": _ID,
    "register": "country",
    "url": "https://hooks.example.org/registers",
    "status": "active",
    "created": "2026-11-23T14:00:00Z",
    "links": {"deliveries": f"/v2/webhooks/{_ID}/deliveries"},
}
_SECRET = "whsec_9qPq0r8GKYqrTwjUPD8ILPZIo2LaLaSwVt5pXk1mB3c="  # noqa: S105 - an example
_DELIVERED = {
    "id": "msg_0c5bb0ae4a554f2b8a6c4d2a52d4ea65",
    "register": "country",
    "revision": 3,
    "status": "sent",
    "next-attempt": None,
    "created": "2026-11-23T14:00:01Z",
    "attempts": [
        {"time": "2026-11-23T14:00:02Z", "status": 503, "error": "", "milliseconds": 31},
        {"time": "2026-11-23T14:00:13Z", "status": 204, "error": "", "milliseconds": 28},
    ],
}
_LOCATION = {"Location": {"description": "Where the webhook is", "schema": {"type": "string"}}}
_PAGES = {"Link": {"description": "The next page", "schema": {"type": "string"}}}

# What is sent, and the answers

SUBSCRIPTION = Sent(
    "POST",
    "Whom to tell, and of what",
    "WebhookSent",
    {JSON.media_type: {"url": _EXAMPLE["url"], "register": "country"}},
    limit=BODY_LIMIT,
)
UNSUBSCRIPTION = Sent("DELETE")
FEED = Answer("The feed", "", {ATOM: _FEED})
PERSONAL_FEED = Answer("The feed", "", {ATOM: _PERSONAL}, problems=("GONE",))
WHOLE_FEED = Answer("The feed", "", {ATOM: _FEED})
SUBSCRIBED = Answer(
    "The webhook, and its secret",
    "WebhookMade",
    {JSON: {**_EXAMPLE, "secret": _SECRET}},
    _LOCATION,
    ("CONFLICT", "REQUEST_ENTITY_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"),
    status=201,
)
WEBHOOKS = Answer("Your webhooks", "Webhooks", {JSON: {"webhooks": [_EXAMPLE]}})
WEBHOOK = Answer("The webhook", "Webhook", {JSON: _EXAMPLE})
UNSUBSCRIBED = Answer("It is gone", "WebhookDeleted", {JSON: {"id": _ID, "deleted": True}})
DELIVERIES = Answer("A page of deliveries", "WebhookDeliveries", {JSON: {"deliveries": [_DELIVERED]}}, _PAGES)
