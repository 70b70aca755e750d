"""Drafts of proposals over HTTP: kept, changed and submitted with the API key that began them, unseen by others.

A draft is a plan that nobody has been asked to look at yet. It is at the address of the proposal that it may become.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from api import current, paging, permissions, preconditions
from api.caching import Caching
from api.negotiation import respond
from api.parameters import path_number
from api.permissions import Permission
from api.v2 import proposal_documents as documents
from api.v2.blueprints import blueprint
from people import suggestions
from registers.canonical import canonical_json
from registers.errors import Conflict, Gone, NotFound
from review import decisions, differing, drafts, proposals, standing
from review.drafts import Draft, Written
from review.events import Proposal
from review.purposes import PURPOSES

routes = blueprint(
    "drafts",
    "Drafts of proposals, with the API key that began them",
    prefix="/v2/proposals",
    path_parameters=documents.PATH_PARAMETERS,
)


class PlanQuery(Schema):
    """What goes with a plan."""

    note = fields.String(load_default="", metadata={"description": "What those who decide should know"})
    purpose = fields.String(
        load_default="",
        validate=OneOf(["", *PURPOSES], error=f"is one of {', '.join(PURPOSES)}"),
        metadata={"description": "Why; by default the plainest that fits what the plan does"},
    )


@routes.resource(
    "/<segment:number>/plan",
    permission=Permission.PROPOSE,
    caching=Caching.NO_STORE,
    answer=documents.DRAFTED,
    query=PlanQuery,
    sent=documents.DRAFT_SENT,
)
def change_draft(query: Mapping[str, str], number: str) -> Response:
    """Change a draft

    Another plan, note and purpose take the place of those it had. Only a draft can be changed, and by its author alone.
    """
    found, content = find(number), request.get_data(cache=False)
    permissions.check_register(proposals.header_of(content).register)
    suggestions.admit_draft(current.store(), current.secret(), permissions.actor())
    given = permissions.actor(), _written(content, query), preconditions.seen()
    return _answer(drafts.save(current.store(), found.number, *given))


@routes.resource(
    "/<segment:number>/submit",
    permission=Permission.PROPOSE,
    caching=Caching.NO_STORE,
    answer=documents.DRAFT_SUBMITTED,
    sent=documents.NOTHING_SENT,
)
def submit_draft(number: str) -> Response:
    """Submit a draft

    From then on it is a proposal like all others, with the number of the draft; or, when a proposal of the same plan is
    open, that one, which this has confirmed.
    """
    found, store = find(number), current.store()
    suggestions.admit_key(store, current.secret(), permissions.actor())
    known, seen = current.known(), preconditions.seen()
    made = drafts.submit(store, found.number, permissions.actor(), known=known, seen=seen).proposal
    with store.reading() as tx:
        last = proposals.last_event(tx, made.number)
        (shown_now,) = standing.members(tx, [made])
    answer = preconditions.tag(respond([canonical_json(linked(shown_now))]), last)
    answer.headers["Location"] = path_of(made)
    return answer


@routes.resource(
    "/<segment:number>",
    permission=Permission.PROPOSE,
    caching=Caching.NO_STORE,
    answer=documents.DRAFT_DELETED,
    sent=documents.DRAFT_DELETE,
)
def delete_draft(number: str) -> Response:
    """Delete a draft

    With all it holds. What was submitted is withdrawn instead, and stays.
    """
    found = find(number)
    drafts.throw_away(current.store(), found.number, permissions.actor(), preconditions.seen())
    return respond([canonical_json({"number": found.number, "deleted": True})])


# What those of proposals answer where it is a draft


def begin(content: bytes, query: Mapping[str, str]) -> Response:
    """Keep a plan as a draft, and answer with it."""
    suggestions.admit_draft(current.store(), current.secret(), permissions.actor())
    answer = _answer(drafts.begin(current.store(), permissions.actor(), _written(content, query)))
    answer.status_code = 201
    return answer


def find(number: str) -> Draft:
    """The draft of the path, of whose key this is.

    Raises NotFound, for another's too; Conflict and Gone as `drafts.find`; Forbidden when the key is not for its
    register.
    """
    with current.store().reading() as tx:
        found = drafts.find(tx, path_number(number), permissions.actor())
    permissions.check_register(found.written.register)
    return found


def mine(number: str) -> Draft | None:
    """The draft of the path, if that is one of whose key this is; Forbidden when the key is not for its register."""
    try:
        return find(number)
    except (NotFound, Conflict):
        return None


def check_none(number: str) -> None:
    """Raise Conflict for a draft of whose key this is, which takes no proposal's acts; Gone for one that was."""
    if found := mine(number):
        raise Conflict(f"proposal {found.number} is a draft of yours, and is not submitted yet: submit or delete it")


def shown(draft: Draft) -> Response:
    """A draft, what it takes once it is submitted, and whether it could be."""
    store = current.store()
    with store.reading() as tx:
        policy = decisions.policy_of(tx, drafts.proposal_of(draft))
        happened = proposals.events_of(tx, draft.number)
    try:
        stale = drafts.why_stale(store, draft) or None
    except Gone as error:
        stale = str(error)
    takes = {"policy": policy.name, "approvals-needed": policy.approvals, "stale": stale, "checks": None}
    said = {"events": [event.members() for event in happened]}
    return preconditions.tag(respond([canonical_json(linked(drafts.members(draft)) | takes | said)]), draft.last)


def listed(after: int, limit: int) -> Response:
    """The drafts of whose key this is, the oldest first."""
    me = permissions.actor()
    with current.store().reading() as tx:
        numbers = sorted(each.number for each in drafts.page(tx, me) if each.number > after)
        found = [drafts.find(tx, number, me) for number in numbers[:limit]]
    answer = respond([canonical_json({"proposals": [linked(drafts.members(each)) for each in found]})])
    if len(numbers) <= limit:
        return answer
    return paging.link(answer, [(f"?state=draft&limit={limit}&after={numbers[limit - 1]}", "next")])


def list_changes(draft: Draft, after: int, limit: int) -> Response:
    """What a draft would change, as `list_proposal_changes` has it."""
    content, changes = draft.written.content, drafts.proposal_of(draft).subject.changes
    found = differing.changes_of(current.store(), content, after, min(limit, changes - after))
    items = [] if after else differing.defined_in(content)
    members = {
        "definition": [{"key": key, "item": item} for key, item in items],
        "changes": [each.members() for each in found],
    }
    answer = respond([canonical_json(members)])
    if after + limit >= changes:
        return answer
    return paging.link(answer, [(f"?limit={limit}&after={after + limit}", "next")])


def linked(shown: dict[str, Any]) -> dict[str, Any]:
    """A proposal as it is shown, with links to what is below it."""
    number = str(shown["number"])
    links = {
        "self": paging.full_path("v2-proposals.show_proposal", number=number),
        "plan": paging.full_path("v2-proposals.download_proposal_plan", number=number),
        "changes": paging.full_path("v2-proposals.list_proposal_changes", number=number),
    }
    return shown | {"links": links}


def path_of(proposal: Proposal) -> str:
    """The path of a proposal, or of a draft."""
    return paging.full_path("v2-proposals.show_proposal", number=str(proposal.number))


def _written(content: bytes, query: Mapping[str, str]) -> Written:
    return Written("", content, note=query["note"], purpose=query["purpose"])


def _answer(draft: Draft) -> Response:
    answer = preconditions.tag(respond([canonical_json(linked(drafts.members(draft)))]), draft.last)
    answer.headers["Location"] = path_of(drafts.proposal_of(draft))
    return answer
