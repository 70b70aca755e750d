"""A proposal as a page: what it would change, how it stands, and all that happened to it; and those of a register."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from api import current, forgery, paging, signed_in
from api.caching import Caching
from api.pages import catalogue
from api.pages.blueprints import PAGE, blueprint
from api.pages.faults import Fault, beside
from api.pages.languages.saying import gettext, gettext_noop
from api.pages.proposals import differences, kept, proposal_access
from api.pages.proposals.differences import Told
from api.pages.reading import restated
from api.pages.reading.restated import Said
from api.pages.rendering import page, see
from api.parameters import WholeNumber, path_number
from api.permissions import Permission
from registers import snapshot
from registers.errors import Conflict, NotFound
from registers.store import registers
from registers.store.engine import Transaction
from review import alone, decisions, drafts, policies, proposals, redefining, standing
from review.events import (
    APPROVED,
    CHANGED,
    CHECKED,
    COMMENTED,
    CONFIRMED,
    DRAFTED,
    EVIDENCE_ADDED,
    EXPIRED,
    OPEN,
    PUBLISHED,
    REJECTED,
    SUBMITTED,
    SUPERSEDED,
    WITHDRAWN,
    Proposal,
)
from review.purposes import MEANINGS

SHOWN = 20  # changes in a page
WORDS = {
    DRAFTED: gettext_noop("began this, as a draft"),
    SUBMITTED: gettext_noop("suggested this"),
    CONFIRMED: gettext_noop("suggested the same"),
    CHANGED: gettext_noop("made it anew, against the register as it was by then"),
    COMMENTED: gettext_noop("commented"),
    EVIDENCE_ADDED: gettext_noop("added evidence"),
    APPROVED: gettext_noop("approved it"),
    PUBLISHED: gettext_noop("published it"),
    REJECTED: gettext_noop("rejected it"),
    WITHDRAWN: gettext_noop("withdrew it"),
    EXPIRED: gettext_noop("suggested the same anew, as this had expired"),
    SUPERSEDED: gettext_noop("suggested something else for the same records"),
}
DONE = {
    "suggested": gettext_noop("Thank you. Your suggestion is here for others to decide on."),
    "confirmed": gettext_noop("Somebody has suggested the same before: you have confirmed their suggestion."),
    "approved": gettext_noop("You approved this."),
    "published": gettext_noop("You approved this, and it has been published."),
    "rejected": gettext_noop("You rejected this."),
    "withdrawn": gettext_noop("You withdrew this."),
    "changed": gettext_noop(
        "You brought this up to date. Look at what it would change now; approvals before that are void."
    ),
    "commented": gettext_noop("Your comment is here."),
    "evidence": gettext_noop("Your evidence is here, for those who decide."),
}
routes = blueprint("proposals", "A proposal")


class ProposalQuery(Schema):
    """Which of its changes, and what was just done, to say so."""

    after = WholeNumber(0, "How many changes come before the first", minimum=0)
    done = fields.String(
        load_default="",
        validate=OneOf(DONE, error=f"is one of {', '.join(DONE)}"),
        metadata={"description": "What was just done"},
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """How a proposal stands: its register as people call it, what it takes, and what who is signed in may do.

    It `expires` after so many days, or never (None). `deciding` is what is to be said of who decides on the register.
    """

    title: str
    is_published: bool
    approvals: int
    expires: int | None
    is_expired: bool
    may_decide: bool
    may_rebase: bool
    is_direct: bool
    deciding: str


@routes.resource(
    "/proposals/<segment:number>",
    permission=Permission.SIGNED_IN,
    caching=Caching.NO_STORE,
    answer=PAGE,
    query=ProposalQuery,
)
def show_proposal(query: dict[str, Any], number: str) -> Response:
    """Show a proposal, or the form in which a draft of yours is"""
    if form := _form_of_draft(number):
        return see(form)
    return proposal_page(proposal_access.find(number), after=query["after"], done=query["done"])


def _form_of_draft(number: str) -> str:
    """The address of the form with that draft in it, if it is one of who is signed in; none if not. Raises Gone."""
    with current.store().reading() as tx:
        try:
            draft = drafts.find(tx, path_number(number), proposal_access.me())
        except (NotFound, Conflict):
            return ""
        return kept.path_of(tx, draft) or paging.full_path("pages-queue.show_mine")


def proposal_page(
    proposal: Proposal, faults: Sequence[Fault] = (), status: int = 200, after: int = 0, done: str = ""
) -> Response:
    """The page of a proposal, with what went wrong with a form of it."""
    store, shown = current.store(), _shown(proposal, after)
    with store.reading() as tx:
        stands = stand(tx, proposal)
        happened = proposals.events_of(tx, proposal.number)
    return page(
        "proposals/proposal.html",
        status=status,
        proposal=proposal,
        standing=stands,
        stale=proposals.why_stale(store, proposal),
        happened=[event for event in happened if event.kind not in (CHECKED, DRAFTED) or event is happened[0]],
        checks=proposals.checks_of(happened),
        why=MEANINGS.get(proposal.subject.purpose, ""),
        words=WORDS,
        told=shown,
        after=after,
        following=after + SHOWN if after + SHOWN < proposal.subject.changes else None,
        definition=[] if after else _definition(proposal),
        done=gettext(DONE[done]) if done in DONE else "",
        me=proposal_access.me(),
        faults=faults,
        wrong=beside(faults),
        typed=request.form,
        token=forgery.token(signed_in.shown()),
    )


def stand(tx: Transaction, proposal: Proposal) -> Standing:
    """How a proposal stands now, for whoever is signed in."""
    name = proposal.subject.register
    register = registers.find_by_any_name(tx.connection, name)
    definition = snapshot.read_definition(tx, register) if register else None
    policy = decisions.policy_of(tx, proposal)
    return Standing(
        title=catalogue.title_of(definition) if definition else name,
        is_published=register is not None and register.status == "published",
        approvals=policy.approvals,
        expires=policy.expires,
        is_expired=standing.is_expired(tx, policy, proposal),
        may_decide=_may_decide(tx, proposal, policy.by_author),
        may_rebase=_may_rebase(tx, proposal),
        is_direct=policy.by_author,
        deciding=alone.warning_of(tx, register) if register and proposal.state == OPEN else "",
    )


def _may_decide(tx: Transaction, proposal: Proposal, by_author: bool = False) -> bool:
    if proposal.state != OPEN or (proposal.author == proposal_access.me() and not by_author):
        return False
    return proposal_access.has_role(tx, proposal_access.DECIDES, proposal.subject.register)


def _may_rebase(tx: Transaction, proposal: Proposal) -> bool:
    if proposal.state != OPEN or proposal.subject.kind not in decisions.REBASED:
        return False
    return proposal.author == proposal_access.me() or _may_decide(tx, proposal)


def _shown(proposal: Proposal, after: int) -> list[Told]:
    found = proposals.changes(current.store(), proposal, after, SHOWN)
    return differences.told(proposal.subject.register, found)


def _definition(proposal: Proposal) -> list[Said]:
    """What the metadata entries, which go first, say anew."""
    found = redefining.changes_of(current.store(), proposal) if proposal.subject.definition else []
    is_new = proposal.subject.kind == policies.REGISTER
    return [row for each in found for row in restated.said(*each, is_new=is_new)]
