"""What proposals are sent and answer, for `openapi.yaml`: shapes, and an example about the register `country`."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from marshmallow.validate import Length, OneOf

from api.blueprint import Answer, Sent
from api.negotiation import JSON, NDJSON
from api.preconditions import ETAG
from api.v2.shapes import count, shape, text, texts
from review.drafts import LARGEST
from review.events import DRAFT, STATES
from review.events import KINDS as EVENTS
from review.evidence import LONGEST_URL
from review.findings import SEVERITIES
from review.policies import KINDS
from review.proposals import LIMIT, NOTE_LIMIT
from review.purposes import PURPOSES

PATH_PARAMETERS: dict[str, dict[str, Any]] = {"number": {"description": "The number of a proposal", "example": "1"}}

# The shapes


def _maybe(about: str, **rules: Any) -> fields.String:
    return text(about, allow_none=True, **rules)


_PROPOSAL: dict[str, fields.Field[Any]] = {
    "number": count("The proposal's number", 1),
    "state": text("How it stands", validate=OneOf((DRAFT, *STATES))),
    "register": text("The register that it is for"),
    "kind": text("Whether it changes records, the definition too, or makes a register", validate=OneOf(KINDS)),
    "purpose": _maybe("Why it is proposed; null if that was not asked yet", validate=OneOf(PURPOSES)),
    "changes": count("How many records it touches"),
    "definition-entries": count("How many metadata entries it begins with"),
    "made-against": count("How many entries the register had when it was planned"),
    "source": text("Where the plan comes from"),
    "plan": text("The SHA-256 of the plan"),
    "note": text("What its author says of it"),
    "author": text("Who submitted it: an opaque id"),
    "begun": _maybe("When it was kept as a draft, in UTC; null for what was submitted at once"),
    "submitted": _maybe("When it was submitted, in UTC; null for a draft"),
    "confirmed-by": texts("Who submitted the same plan"),
    "approved-by": texts("Who approved it"),
    "expires": _maybe(
        "From when it can be approved no more, or is kept no more as a draft, in UTC; null for never, and when closed"
    ),
    "decided": _maybe("When it was closed, in UTC; null while it is open"),
    "reason": _maybe("Why it was rejected; null if it was not"),
    "superseded-by": count("The proposal that took its place; null if none did", 1, allow_none=True),
    "revision": count("The revision that published it; null if none did", 1, allow_none=True),
    "first-entry": count("The first entry that it made; null if none", 1, allow_none=True),
    "last-entry": count("The last entry that it made; null if none", 1, allow_none=True),
    "links": fields.Dict(keys=fields.String(), values=fields.String(), required=True),
}
_EVENT = shape(
    "ProposalEvent",
    number=count("The event's number, among those of all proposals", 1),
    kind=text("What happened", validate=OneOf(EVENTS)),
    actor=text("Who did it: an opaque id"),
    time=text("When, in UTC"),
    detail=fields.Dict(required=True, metadata={"description": "What was said, or made"}),
)
_COUNT = shape(
    "CheckCount",
    check=text("What was looked for"),
    faults=count("How many faults it found"),
    notes=count("How many notes it has"),
)
_FINDING = shape(
    "Finding",
    check=text("Which check found it"),
    severity=text("A fault breaks a rule; a note may be right", validate=OneOf(SEVERITIES)),
    key=text("The key of the record"),
    field=text("The field; empty for the whole record"),
    sentence=text("What was found; of a proposal it repeats no value"),
)
_CHECKS: dict[str, fields.Field[Any]] = {
    "looked-at": count("How many changes were looked at"),
    "added": count("How many records they add"),
    "changed": count("How many they change"),
    "ended": count("How many they end"),
    "faults": count("How many faults there are"),
    "notes": count("How many notes there are"),
    "counts": fields.List(fields.Nested(_COUNT), required=True),
    "findings": fields.List(
        fields.Nested(_FINDING),
        required=True,
        metadata={"description": "The first of each check and severity, the faults first"},
    ),
    "limits": texts("What was not looked at, and why"),
}
_CHECKED = shape("Checked", checked=text("When, in UTC"), **_CHECKS)
_TAKES: dict[str, fields.Field[Any]] = {
    "policy": text("The policy that it falls under"),
    "approvals-needed": count(
        "How many approvals that takes, none of them the author's unless the policy is direct", 1
    ),
    "stale": _maybe("Why it cannot be approved any more; null while it can, and when it is decided"),
    "checks": fields.Nested(
        _CHECKED,
        required=True,
        allow_none=True,
        metadata={"description": "What automatic checks found; null for a draft, and of before there were any"},
    ),
    "events": fields.List(fields.Nested(_EVENT), required=True),
}
_CHANGE = shape(
    "ProposedChange",
    key=text("The key of the record"),
    change=text("What becomes of it", validate=OneOf(["added", "changed", "ended"])),
    name=text("What the record is called"),
    fields=fields.Dict(required=True, metadata={"description": "The fields that differ, with from and to"}),
)
_METADATA = shape("ProposedMetadata", key=text("The key of the metadata entry"), item=fields.Dict(required=True))
_SENT_TEXT: dict[str, Any] = {"required": True, "validate": Length(1, NOTE_LIMIT)}
COMPONENTS: dict[str, Any] = {
    "Proposal": shape("Proposal", **_PROPOSAL),
    "ProposalShown": shape("ProposalShown", **_PROPOSAL, **_TAKES),
    "Checks": shape("Checks", **_CHECKS),
    "Proposals": shape(
        "Proposals", proposals=fields.List(fields.Nested(shape("ListedProposal", **_PROPOSAL)), required=True)
    ),
    "ProposedChanges": shape(
        "ProposedChanges",
        definition=fields.List(fields.Nested(_METADATA), required=True),
        changes=fields.List(fields.Nested(_CHANGE), required=True),
    ),
    "DraftDeleted": shape(
        "DraftDeleted", number=count("The number of the draft", 1), deleted=fields.Boolean(required=True)
    ),
    "ReasonSent": shape("ReasonSent", reason=fields.String(metadata={"description": "Why"}, **_SENT_TEXT)),
    "TextSent": shape("TextSent", text=fields.String(metadata={"description": "What there is to say"}, **_SENT_TEXT)),
    "EvidenceSent": shape(
        "EvidenceSent",
        text=fields.String(validate=Length(0, NOTE_LIMIT), metadata={"description": "What shows that it is so"}),
        url=fields.String(validate=Length(0, LONGEST_URL), metadata={"description": "Where it can be looked up"}),
    ),
}

# The example

_PLAN = (
    '{"as-at":"","dated":"","definition":[],"file":"","made-against":{"entries":209,"root-hash":""},'
    '"origin":"registers.example.org/country","plan":1,"register":"country","source":"the names committee"}\n'
    '{"item":{"citizen-names":"Citizen of Myanmar","country":"MM","name":"Myanmar (Burma)",'
    '"official-name":"The Republic of the Union of Myanmar"},"key":"MM",'
    '"replaces":"sha-256:c16ac9d1f4d7b6e2e1ff4c5bb2fa4d3de5a3b4da5fbe4d9ba2f1a64b3a3c9d21"}\n'
    '{"changes":1}\n'
)
_OPEN: dict[str, Any] = {
    "number": 1,
    "state": "open",
    "register": "country",
    "kind": "records",
    "purpose": "change",
    "changes": 1,
    "definition-entries": 0,
    "made-against": 209,
    "source": "the names committee",
    "plan": "sha-256:6d0aa8f1b2c5c5ba0f04df1a03fd8d34ec3d5f1a0a2b7c9d8e6f5a4b3c2d1e0f",
    "note": "As the committee decided on 12 June",
    "author": "key-5f0c9a3b7e21",
    "begun": None,
    "submitted": "2026-11-23T14:00:00Z",
    "confirmed-by": [],
    "approved-by": [],
    "expires": "2027-11-23T14:00:00Z",
    "decided": None,
    "reason": None,
    "superseded-by": None,
    "revision": None,
    "first-entry": None,
    "last-entry": None,
    "links": {
        "self": "/v2/proposals/1",
        "plan": "/v2/proposals/1/plan",
        "changes": "/v2/proposals/1/changes",
    },
}
_DONE = {
    "state": "published",
    "expires": None,
    "approved-by": ["key-84b2c1d09f3e"],
    "decided": "2026-11-23T15:30:00Z",
    "revision": 12,
    "first-entry": 210,
    "last-entry": 210,
}
_SUBMISSION = {
    "number": 1,
    "kind": "submitted",
    "actor": _OPEN["author"],
    "time": _OPEN["submitted"],
    "detail": {"register": "country", "changes": 1, "note": _OPEN["note"]},
}
_FOUND: dict[str, Any] = {
    "looked-at": 1,
    "added": 0,
    "changed": 1,
    "ended": 0,
    "faults": 0,
    "notes": 1,
    "counts": [
        {"check": "rules", "faults": 0, "notes": 0},
        {"check": "links", "faults": 0, "notes": 0},
        {"check": "names", "faults": 0, "notes": 1},
        {"check": "shapes", "faults": 0, "notes": 0},
        {"check": "places", "faults": 0, "notes": 0},
        {"check": "source", "faults": 0, "notes": 0},
    ],
    "findings": [
        {
            "check": "names",
            "severity": "note",
            "key": "MM",
            "field": "name",
            "sentence": "its name is the same as that of the record 'BU'",
        }
    ],
    "limits": [],
}
_CHANGED = {
    "key": "MM",
    "change": "changed",
    "name": "Myanmar (Burma)",
    "fields": {
        "citizen-names": {"from": "Burmese", "to": "Citizen of Myanmar"},
        "name": {"from": "Burma", "to": "Myanmar (Burma)"},
    },
}
_LOCATION = {"Location": {"description": "Where the proposal is", "schema": {"type": "string"}}} | ETAG
_PAGES = {"Link": {"description": "The next page", "schema": {"type": "string"}}}
_TAKEN = ("CONFLICT", "REQUEST_ENTITY_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE")
_CONFIRMED = {
    "description": "The open proposal of the same plan, which this has confirmed",
    "content": {JSON.content_type: {"schema": {"$ref": "#/components/schemas/Proposal"}}},
    "headers": _LOCATION,
}

# What is sent, and the answers

PLAN_SENT = Sent("POST", "A plan", "", {NDJSON.media_type: _PLAN}, LIMIT)
NOTHING_SENT = Sent("POST", conditional=True)
_REASON = {JSON.media_type: {"reason": "The committee has not decided"}}
REASON_SENT = Sent("POST", "The reason", "ReasonSent", _REASON, conditional=True)
_TEXT = {JSON.media_type: {"text": "Which committee?"}}
TEXT_SENT = Sent("POST", "The comment", "TextSent", _TEXT, conditional=True)
_EVIDENCE = {JSON.media_type: {"text": "Page 2 of the gazette", "url": "https://example.org/gazette"}}
EVIDENCE_SENT = Sent("POST", "The evidence: a text, an address, or both", "EvidenceSent", _EVIDENCE, conditional=True)
SUBMITTED = Answer(
    "The proposal",
    "Proposal",
    {JSON: _OPEN},
    _LOCATION,
    ("NOT_FOUND", "GONE", *_TAKEN),
    status=201,
    others={200: _CONFIRMED},
)
CHECKS = Answer("What checks find in the plan", "Checks", {JSON: _FOUND}, problems=("NOT_FOUND", "GONE", *_TAKEN))
PROPOSALS = Answer("A page of proposals", "Proposals", {JSON: {"proposals": [_OPEN]}}, _PAGES)
PROPOSAL_SHOWN = Answer(
    "The proposal, and what it takes",
    "ProposalShown",
    {
        JSON: _OPEN
        | {"policy": "one-custodian", "approvals-needed": 1, "stale": None}
        | {"checks": {"checked": _OPEN["submitted"], **_FOUND}, "events": [_SUBMISSION]}
    },
    ETAG,
)
PLAN = Answer("The plan, as it was submitted", "", {NDJSON: _PLAN})
CHANGES = Answer("A page of changes", "ProposedChanges", {JSON: {"definition": [], "changes": [_CHANGED]}}, _PAGES)
_ACTED = (*_TAKEN, "PRECONDITION_FAILED")
DECIDED = Answer("The proposal as it is now", "Proposal", {JSON: _OPEN | _DONE}, ETAG, _ACTED)
REBASED = Answer("The proposal, of another plan", "Proposal", {JSON: _OPEN}, ETAG, _ACTED)
COMMENTED = Answer("The proposal", "Proposal", {JSON: _OPEN}, _LOCATION, _ACTED, status=201)
_DRAFT: dict[str, Any] = {
    "state": "draft",
    "begun": "2026-11-23T13:00:00Z",
    "submitted": None,
    "expires": "2027-02-21T13:00:00Z",
}
DRAFT_SENT = Sent(
    "PUT", "The plan that takes the place of the draft's", "", {NDJSON.media_type: _PLAN}, LARGEST, conditional=True
)
DRAFT_DELETE = Sent("DELETE", conditional=True)
DRAFTED = Answer("The draft as it is now", "Proposal", {JSON: _OPEN | _DRAFT}, _LOCATION, _ACTED)
DRAFT_SUBMITTED = Answer("The proposal", "Proposal", {JSON: _OPEN | {"begun": _DRAFT["begun"]}}, _LOCATION, _ACTED)
DRAFT_DELETED = Answer("That it is gone", "DraftDeleted", {JSON: {"number": 1, "deleted": True}}, problems=_ACTED)
