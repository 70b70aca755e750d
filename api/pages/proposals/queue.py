"""Proposals in lists: what waits for who is signed in, what they suggested, and what was suggested of a register."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, request
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from api import current, forgery, paging, signed_in
from api.caching import Caching
from api.pages import catalogue
from api.pages.blueprints import FORM, PAGE, blueprint
from api.pages.faults import Fault, sentence
from api.pages.languages.saying import gettext
from api.pages.proposals import kept, proposal_access
from api.pages.rendering import page, see, with_query
from api.parameters import HUGE, WholeNumber, path_number
from api.permissions import Permission
from api.problems import STATUSES
from people import roles
from registers import snapshot
from registers.errors import Conflict, Gone
from registers.store import registers
from registers.store.engine import Transaction
from review import drafts, listing, standing
from review.events import Proposal

SHOWN = 50  # proposals in a page
WAITS_FOR = ("reviewer", "custodian", "administrator")
routes = blueprint("queue", "Proposals in lists")


class ListQuery(Schema):
    """Where the page before ended."""

    after = WholeNumber(None, "The number of the last proposal of the page before")


class MineQuery(ListQuery):
    """Where the page before ended, and what was just done, to say so."""

    done = fields.String(
        load_default="",
        validate=OneOf(["", *kept.DONE], error=f"is one of {', '.join(kept.DONE)}"),
        metadata={"description": "What was just done"},
    )


class RegisterQuery(ListQuery):
    """Which proposals of a register."""

    state = fields.String(
        load_default="open",
        validate=OneOf(["open", "closed"], error="is open or closed"),
        metadata={"description": "Those that wait, or those that are decided"},
    )


@routes.resource("/queue", permission=Permission.SIGNED_IN, caching=Caching.NO_STORE, answer=PAGE, query=ListQuery)
def show_queue(query: dict[str, Any]) -> Response:
    """Show what waits for you, the oldest first"""
    with current.store().reading() as tx:
        held = [each for each in roles.held(tx, proposal_access.me()) if each.role in WAITS_FOR]
        named = {name for each in held if each.register for name in _names(tx, each.register)}
        everywhere = any(each.register is None for each in held)
        names = None if everywhere else named
        found = listing.waiting(tx, query["after"] or 0, SHOWN + 1, names) if held else []
    here = paging.full_path("pages-queue.show_queue")
    return _list(found, here, kind="queue", heading=gettext("What waits for you"), has_role=bool(held))


@routes.resource(
    "/my-suggestions", permission=Permission.SIGNED_IN, caching=Caching.NO_STORE, answer=PAGE, query=MineQuery
)
def show_mine(query: dict[str, Any]) -> Response:
    """Show your drafts, and what you suggested, the latest first"""
    return _mine(query["after"], query["done"])


@routes.resource(
    "/my-suggestions/<segment:number>/throw-away",
    permission=Permission.SIGNED_IN,
    caching=Caching.NO_STORE,
    answer=PAGE,
    sent=FORM,
)
def send_throw_away(number: str) -> Response:
    """Throw a draft of yours away"""
    seen = kept.opened(request.form.get("draft", "")).last
    try:
        drafts.throw_away(current.store(), path_number(number), proposal_access.me(), {seen})
    except Gone:
        pass  # the button was pressed twice
    except Conflict as error:
        return _mine(None, faults=[Fault("drafts", sentence(error))], status=STATUSES[error.kind])
    return see(with_query(paging.full_path("pages-queue.show_mine"), done="gone"))


def _mine(after: int | None, done: str = "", faults: Sequence[Fault] = (), status: int = 200) -> Response:
    me = proposal_access.me()
    with current.store().reading() as tx:
        found = listing.suggested_by(tx, me, after or HUGE, SHOWN + 1)
        begun = [] if after else [(each, kept.path_of(tx, each)) for each in drafts.page(tx, me)]
    here = paging.full_path("pages-queue.show_mine")
    shown = {"drafts": begun, "faults": faults, "token": forgery.token(signed_in.shown())}
    said = gettext(kept.DONE[done]) if done else ""
    return _list(found, here, kind="mine", heading=gettext("What you suggested"), done=said, status=status, **shown)


@routes.resource(
    "/registers/<segment:register>/proposals",
    permission=Permission.SEE_PROPOSALS,
    caching=Caching.NO_STORE,
    answer=PAGE,
    query=RegisterQuery,
)
def list_proposals(query: dict[str, Any], register: str) -> Response:
    """List what was suggested of a register"""
    state, after = query["state"], query["after"]
    with current.store().reading() as tx:
        definition = snapshot.read_definition(tx, snapshot.find_register(tx, register))
        names = _names(tx, register)
        if state == "open":
            found = listing.waiting(tx, after or 0, SHOWN + 1, names)
        else:
            found = listing.decided(tx, after or HUGE, SHOWN + 1, names)
    title = catalogue.title_of(definition) if definition else register
    here = paging.full_path("pages-queue.list_proposals", register=register)
    target = with_query(here, state="" if state == "open" else state)
    return _list(found, target, kind=state, heading=gettext("Suggestions"), title=title, here=here)


def _names(tx: Transaction, name: str) -> list[str]:
    """All names that a register has and had: a proposal has the one in its plan."""
    register = registers.find_by_any_name(tx.connection, name)
    return [register.name, *registers.former_names(tx.connection, register.id)] if register else []


# Of a list that does not say otherwise.
UNSAID: dict[str, Any] = {"title": "", "here": "", "has_role": True, "drafts": [], "faults": [], "done": ""}


def _list(found: list[Proposal], target: str, **shown: Any) -> Response:
    """The page of a list; one more than it shows says that there are more."""
    last = str(found[SHOWN - 1].number) if len(found) > SHOWN else ""
    joint = "&" if "?" in target else "?"
    with current.store().reading() as tx:
        states = {each["number"]: each["state"] for each in standing.members(tx, found[:SHOWN])}
    return page(
        "proposals/proposals.html",
        found=found[:SHOWN],
        states=states,
        following=f"{target}{joint}after={last}" if last else "",
        me=signed_in.account().id,
        **(UNSAID | shown),
    )
