"""Deciding on a proposal: approving, rejecting, taking it back, bringing it up to date, saying something of it and
adding what shows that it is right.

Each is a form of the proposal's page, and ends there: with what was done, or with why it could not be. What is
approved is what was shown: the form names the plan, and is refused when the proposal has another by now.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, request

from api import current, following, forgery, paging, signed_in
from api.blueprint import Sent
from api.caching import Caching
from api.pages.blueprints import FORM, PAGE, blueprint
from api.pages.faults import Fault, sentence
from api.pages.languages.saying import gettext, gettext_noop
from api.pages.proposals import proposal_access, proposals
from api.pages.rendering import page, refused, see
from api.permissions import Permission
from api.problems import STATUSES
from registers.errors import Conflict, Forbidden, Gone, Invalid, Moved, TooOften
from review import decisions, evidence
from review.decisions import Actor
from review.events import PUBLISHED, Proposal
from review.evidence import Evidence

SAID = Sent(
    "POST", "The form", "", {"application/x-www-form-urlencoded": ""}, 128 * 1024
)  # bytes, of 10,000 characters
HERE = "/proposals/<segment:number>"
_MISSING = {  # by part of the form, and what the rooms below say of it
    ("reason", "reason: is needed, and is empty"): gettext_noop("Give a reason: it is needed"),
    ("text", "text: is needed, and is empty"): gettext_noop("Write the comment: it is needed"),
    ("evidence", "text: is needed, and is empty"): gettext_noop("Say what shows it, or give an address: one is needed"),
}
routes = blueprint("deciding", "Deciding on a proposal")


@routes.resource(f"{HERE}/approve", permission=Permission.SIGNED_IN, caching=Caching.NO_STORE, answer=PAGE)
def show_approve(number: str) -> Response:
    """Ask whether a proposal is to be approved, and say what that does"""
    proposal = proposal_access.find_to_decide(number, "look at approving")
    with current.store().reading() as tx:
        standing = proposals.stand(tx, proposal)
    if not standing.may_decide:
        return see(_page(proposal))
    me = proposal_access.me()
    is_last = len({*proposal.approved_by, me}) >= standing.approvals
    token = forgery.token(signed_in.shown())
    return page("proposals/approve.html", proposal=proposal, standing=standing, is_last=is_last, token=token, me=me)


@routes.resource(f"{HERE}/approve", permission=Permission.SIGNED_IN, caching=Caching.NO_STORE, answer=PAGE, sent=FORM)
def send_approve(number: str) -> Response:
    """Approve a proposal, which publishes it when that is enough"""
    proposal = proposal_access.find_to_decide(number, "approve")

    def act() -> str:
        if request.form.get("plan") != proposal.subject.plan:
            raise Moved("the proposal has changed since it was shown: look at it again, and then approve it")
        me, permit = proposal_access.me(), proposal_access.permit()
        made = decisions.approve(current.store(), proposal.number, me, current.settings().operator, permit=permit)
        if made.state != PUBLISHED:
            return "approved"
        following.follow(made.subject.register)
        return "published"

    return _done(proposal, act, "proposal")


@routes.resource(f"{HERE}/reject", permission=Permission.SIGNED_IN, caching=Caching.NO_STORE, answer=PAGE, sent=SAID)
def send_reject(number: str) -> Response:
    """Reject a proposal, for a reason"""
    proposal = proposal_access.find_to_decide(number, "reject")

    def act() -> str:
        me, permit = proposal_access.me(), proposal_access.permit()
        decisions.reject(current.store(), proposal.number, me, request.form.get("reason", ""), permit=permit)
        return "rejected"

    return _done(proposal, act, "reason")


@routes.resource(f"{HERE}/withdraw", permission=Permission.SIGNED_IN, caching=Caching.NO_STORE, answer=PAGE, sent=FORM)
def send_withdraw(number: str) -> Response:
    """Take your own proposal back"""
    proposal = proposal_access.find(number)

    def act() -> str:
        decisions.withdraw(current.store(), proposal.number, proposal_access.me())
        return "withdrawn"

    return _done(proposal, act, "proposal")


@routes.resource(f"{HERE}/rebase", permission=Permission.SIGNED_IN, caching=Caching.NO_STORE, answer=PAGE, sent=FORM)
def send_rebase(number: str) -> Response:
    """Make the plan of a stale proposal anew, against its register as it is now"""
    proposal = proposal_access.find(number)
    is_custodian = proposal.author != proposal_access.me()
    if is_custodian:
        proposal_access.find_to_decide(number, "rebase")

    def act() -> str:
        who = Actor(proposal_access.me(), is_custodian)
        decisions.rebase(current.store(), proposal.number, who, current.known())
        return "changed"

    return _done(proposal, act, "proposal")


@routes.resource(f"{HERE}/comment", permission=Permission.SIGNED_IN, caching=Caching.NO_STORE, answer=PAGE, sent=SAID)
def send_comment(number: str) -> Response:
    """Say something of a proposal"""
    proposal = proposal_access.find(number)

    def act() -> str:
        proposal_access.admit_suggestion(proposal.subject.register)
        decisions.comment(current.store(), proposal.number, proposal_access.me(), request.form.get("text", ""))
        return "commented"

    return _done(proposal, act, "text")


@routes.resource(f"{HERE}/evidence", permission=Permission.SIGNED_IN, caching=Caching.NO_STORE, answer=PAGE, sent=SAID)
def send_evidence(number: str) -> Response:
    """Add evidence to an open proposal"""
    proposal = proposal_access.find(number)

    def act() -> str:
        proposal_access.admit_suggestion(proposal.subject.register)
        given = Evidence(request.form.get("evidence", ""), request.form.get("url", ""))
        evidence.add(current.store(), proposal.number, proposal_access.me(), given)
        return "evidence"

    return _done(proposal, act, "url" if request.form.get("url", "").strip() else "evidence")


def _done(proposal: Proposal, act: Callable[[], str], part: str) -> Response:
    """Do it and see the proposal; or its page as it is now, with why not beside the part of the form at fault."""
    try:
        return see(f"{_page(proposal)}?done={act()}")
    except (Invalid, Conflict, Forbidden, Gone, TooOften) as error:
        now = proposal_access.find(str(proposal.number))
        why = _MISSING.get((part, str(error)))
        said = gettext(why) if why else sentence(error, "url: ", "Address: ")
        fault = Fault(part if isinstance(error, Invalid) else "proposal", said)
        return refused(proposals.proposal_page(now, [fault], STATUSES[error.kind]), error)


def _page(proposal: Proposal) -> str:
    return paging.full_path("pages-proposals.show_proposal", number=str(proposal.number))
