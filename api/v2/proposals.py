"""Proposals: plans that wait for others to agree, submitted with the scope `propose` and decided with `review`.

Whoever has one of the two may read them. A key that is limited to registers sees and decides the proposals for those.
The ETag of a proposal is the number of its last event; what is sent with an If-Match is done to that state, or not at
all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from api import bodies, current, following, paging, permissions, preconditions
from api.caching import Caching
from api.negotiation import asked, respond
from api.parameters import MOST, WholeNumber, path_number
from api.permissions import Permission
from api.v2 import drafting
from api.v2 import proposal_documents as documents
from api.v2.blueprints import blueprint
from people import api_keys, suggestions
from registers.canonical import canonical_json
from registers.errors import NotFound
from review import checks, decisions, evidence, proposals, standing
from review.decisions import Actor
from review.events import DRAFT, OPEN, PUBLISHED, Proposal
from review.evidence import Evidence

routes = blueprint(
    "proposals",
    "Proposals, with an API key of the scope `propose` or `review`",
    prefix="/v2/proposals",
    path_parameters=documents.PATH_PARAMETERS,
)


class SubmitQuery(drafting.PlanQuery):
    """What goes with a plan, and whether it is submitted at all."""

    draft = fields.String(
        load_default="false",
        validate=OneOf(["true", "false"], error="is true or false"),
        metadata={"description": "Whether it is kept as a draft, which you alone see, and is not submitted yet"},
    )


class ListQuery(Schema):
    """Which proposals."""

    state = fields.String(
        load_default=OPEN,
        validate=OneOf([OPEN, DRAFT, "all"], error="is open, draft or all"),
        metadata={"description": "Those that wait, your own drafts, or all that were ever submitted"},
    )
    limit = WholeNumber(100, "How many proposals", MOST)
    after = WholeNumber(0, "The number of the proposal before the first: follow the links", minimum=0)


class ChangesQuery(Schema):
    """Which changes."""

    limit = WholeNumber(100, "How many changes", MOST)
    after = WholeNumber(0, "How many changes come before the first: follow the links", minimum=0)


@routes.resource(
    "",
    permission=Permission.PROPOSE,
    caching=Caching.NO_STORE,
    answer=documents.SUBMITTED,
    query=SubmitQuery,
    sent=documents.PLAN_SENT,
)
def create_proposal(query: Mapping[str, str]) -> Response:
    """Propose a plan

    The plan is kept as it was sent, and appended when enough custodians have approved it. When a proposal of the same
    plan is open, this confirms it, and answers 200. As a draft it is held against nothing, and shown to nobody else.
    """
    content = request.get_data(cache=False)
    permissions.check_register(proposals.header_of(content).register)
    if query["draft"] == "true":
        return drafting.begin(content, query)
    suggestions.admit_key(current.store(), current.secret(), permissions.actor())
    given = query["note"], current.known(), query["purpose"]
    submitted = proposals.submit(current.store(), content, permissions.actor(), *given)
    answer = _answer(submitted.proposal)
    answer.status_code = 200 if submitted.confirmed else 201
    answer.headers["Location"] = drafting.path_of(submitted.proposal)
    return answer


@routes.resource(
    "/checks",
    permission=Permission.PROPOSE,
    caching=Caching.NO_STORE,
    answer=documents.CHECKS,
    sent=documents.PLAN_SENT,
)
def check_proposal() -> Response:
    """Check a plan before it is proposed

    Every change is looked at, also where the plan would be refused for the first that breaks a rule. Nothing is kept.
    """
    content = request.get_data(cache=False)
    permissions.check_register(proposals.header_of(content).register)
    return respond([canonical_json(checks.look(current.store(), content, current.known()).members())])


@routes.resource(
    "",
    permission=Permission.PROPOSALS,
    caching=Caching.NO_STORE,
    answer=documents.PROPOSALS,
    query=ListQuery,
)
def list_proposals(query: Mapping[str, Any]) -> Response:
    """List proposals

    Those that wait to be decided, or all; the oldest first. Or your own drafts, of which there are few.
    """
    limit, state = query["limit"], query["state"]
    if state == DRAFT:
        return drafting.listed(query["after"], limit)
    of = api_keys.names_for(current.store(), permissions.api_key())
    with current.store().reading() as tx:
        found = proposals.page(tx, query["after"], limit + 1, state == OPEN, of)
        shown = standing.members(tx, found[:limit])
    answer = respond([canonical_json({"proposals": [drafting.linked(each) for each in shown]})])
    if len(found) <= limit:
        return answer
    return paging.link(answer, [(f"?state={state}&limit={limit}&after={found[limit - 1].number}", "next")])


@routes.resource(
    "/<segment:number>", permission=Permission.PROPOSALS, caching=Caching.NO_STORE, answer=documents.PROPOSAL_SHOWN
)
def show_proposal(number: str) -> Response:
    """Show a proposal

    What it is, what it takes, what checks found in it, all that happened to it; and why it is stale, if it is.
    """
    store = current.store()
    if draft := drafting.mine(number):
        return drafting.shown(draft)
    known = _found(number)
    with store.reading() as tx:
        proposal = proposals.find(tx, known.number)  # as it is where the ETag is read
        (shown,) = standing.members(tx, [proposal])
        policy = decisions.policy_of(tx, proposal)
        happened = proposals.events_of(tx, proposal.number)
    stale = proposals.why_stale(store, proposal) or None
    takes = {"policy": policy.name, "approvals-needed": policy.approvals, "stale": stale}
    said = {"checks": proposals.checks_of(happened), "events": [event.members() for event in happened]}
    return preconditions.tag(respond([canonical_json(drafting.linked(shown) | takes | said)]), happened[-1].number)


@routes.resource(
    "/<segment:number>/plan", permission=Permission.PROPOSALS, caching=Caching.NO_STORE, answer=documents.PLAN
)
def download_proposal_plan(number: str) -> Response:
    """Download the plan of a proposal

    The very bytes that were submitted, whose SHA-256 the proposal names; or those of your draft.
    """
    if draft := drafting.mine(number):
        return preconditions.tag(Response(draft.written.content, content_type=asked().content_type), draft.last)
    proposal = _found(number)
    with current.store().reading() as tx:
        return Response(proposals.plan_of(tx, proposal), content_type=asked().content_type)


@routes.resource(
    "/<segment:number>/changes",
    permission=Permission.PROPOSALS,
    caching=Caching.NO_STORE,
    answer=documents.CHANGES,
    query=ChangesQuery,
)
def list_proposal_changes(query: Mapping[str, int], number: str) -> Response:
    """List what a proposal changes

    Record by record and field by field, each held against the item that it replaces; before the first of them, the
    metadata entries that go first.
    """
    store, after, limit = current.store(), query["after"], query["limit"]
    if draft := drafting.mine(number):
        return drafting.list_changes(draft, after, limit)
    proposal = _found(number)
    shown = [each.members() for each in proposals.changes(store, proposal, after, limit)]
    items = [] if after else proposals.definition_of(store, proposal)
    definition = [{"key": key, "item": item} for key, item in items]
    answer = respond([canonical_json({"definition": definition, "changes": shown})])
    if after + limit >= proposal.subject.changes:
        return answer
    return paging.link(answer, [(f"?limit={limit}&after={after + limit}", "next")])


@routes.resource(
    "/<segment:number>/approve",
    permission=Permission.REVIEW,
    caching=Caching.NO_STORE,
    answer=documents.DECIDED,
    sent=documents.NOTHING_SENT,
)
def approve_proposal(number: str) -> Response:
    """Approve a proposal

    When that is enough, its plan is appended in the same act. Nobody approves what is their own.
    """
    proposal = _found(number)
    asked = permissions.actor(), current.settings().operator, preconditions.seen()
    made = decisions.approve(current.store(), proposal.number, *asked)
    if made.state == PUBLISHED:
        following.follow(made.subject.register)
    return _answer(made)


@routes.resource(
    "/<segment:number>/reject",
    permission=Permission.REVIEW,
    caching=Caching.NO_STORE,
    answer=documents.DECIDED,
    sent=documents.REASON_SENT,
)
def reject_proposal(number: str) -> Response:
    """Reject a proposal

    For a reason, which is kept with it.
    """
    proposal = _found(number)
    reason = bodies.text_of(bodies.read_object(("reason",), ("reason",)), "reason")
    asked = permissions.actor(), reason, preconditions.seen()
    return _answer(decisions.reject(current.store(), proposal.number, *asked))


@routes.resource(
    "/<segment:number>/withdraw",
    permission=Permission.PROPOSE,
    caching=Caching.NO_STORE,
    answer=documents.DECIDED,
    sent=documents.NOTHING_SENT,
)
def withdraw_proposal(number: str) -> Response:
    """Withdraw a proposal

    Your own.
    """
    proposal = _found(number)
    return _answer(decisions.withdraw(current.store(), proposal.number, permissions.actor(), preconditions.seen()))


@routes.resource(
    "/<segment:number>/rebase",
    permission=Permission.PROPOSALS,
    caching=Caching.NO_STORE,
    answer=documents.REBASED,
    sent=documents.NOTHING_SENT,
)
def rebase_proposal(number: str) -> Response:
    """Re-base a proposal

    One that is stale: its plan is made anew against the register as it is, and approvals so far are void. Your own,
    or any with the scope `review`.
    """
    proposal = _found(number)
    who = Actor(permissions.actor(), "review" in permissions.api_key().scopes)
    return _answer(decisions.rebase(current.store(), proposal.number, who, current.known(), preconditions.seen()))


@routes.resource(
    "/<segment:number>/comment",
    permission=Permission.PROPOSALS,
    caching=Caching.NO_STORE,
    answer=documents.COMMENTED,
    sent=documents.TEXT_SENT,
)
def comment_on_proposal(number: str) -> Response:
    """Comment on a proposal

    For all who read it; it changes nothing.
    """
    proposal = _found(number)
    text = bodies.text_of(bodies.read_object(("text",), ("text",)), "text")
    asked = permissions.actor(), text, preconditions.seen()
    return _added(decisions.comment(current.store(), proposal.number, *asked))


@routes.resource(
    "/<segment:number>/evidence",
    permission=Permission.PROPOSALS,
    caching=Caching.NO_STORE,
    answer=documents.COMMENTED,
    sent=documents.EVIDENCE_SENT,
)
def add_evidence_to_proposal(number: str) -> Response:
    """Add evidence to a proposal

    While it is open: what shows that it is right, in words or where it can be looked up. It changes nothing.
    """
    proposal = _found(number)
    sent = bodies.read_object(("text", "url"))
    given = Evidence(bodies.text_of(sent, "text"), bodies.text_of(sent, "url"))
    return _added(evidence.add(current.store(), proposal.number, permissions.actor(), given, preconditions.seen()))


# What the views share


def _found(number: str) -> Proposal:
    """The proposal of the path.

    Raises NotFound, Forbidden when the key is not for its register, and Conflict for a draft of the key's own.
    """
    try:
        with current.store().reading() as tx:
            proposal = proposals.find(tx, path_number(number))
    except NotFound:
        drafting.check_none(number)
        raise
    permissions.check_register(proposal.subject.register)
    return proposal


def _added(proposal: Proposal) -> Response:
    """The proposal to which something was said."""
    answer = _answer(proposal)
    answer.status_code = 201
    answer.headers["Location"] = drafting.path_of(proposal)
    return answer


def _answer(made: Proposal) -> Response:
    """The proposal as it is now, with its ETag: what the act made of it, or what others have done since."""
    with current.store().reading() as tx:
        (shown,) = standing.members(tx, [proposals.find(tx, made.number)])
        last = proposals.last_event(tx, made.number)
    return preconditions.tag(respond([canonical_json(drafting.linked(shown))]), last)
