"""Who sees a proposal, and who decides on it: the same as with API keys, by the roles of whoever is signed in.

Its author sees it, and whoever suggested the same. All others take a role on its register; the access log has each
decision about one, as it has for pages that have a register in their path.
"""

from __future__ import annotations

from flask import request

from api import current, limits, signed_in
from api.parameters import path_number
from api.permissions import Permission
from api.reading import definition_of
from people import bars, roles, suggestions
from registers import snapshot
from registers.definition import Definition
from registers.errors import Forbidden
from registers.snapshot import Snapshot
from registers.store import registers
from registers.store.engine import Transaction
from review import proposals
from review.decisions import Permit
from review.events import Proposal

READS, DECIDES = "contributor", "custodian"


def me() -> str:
    """The opaque id of whoever is signed in."""
    return signed_in.account().id


def find(number: str) -> Proposal:
    """The proposal of the path, for who may read it. Raises NotFound, Forbidden."""
    with current.store().reading() as tx:
        proposal = proposals.find(tx, path_number(number))
    if me() not in (proposal.author, *proposal.confirmed_by):
        roles.decide(current.store(), me(), Permission.SEE_PROPOSALS.value, READS, proposal.subject.register)
    return proposal


def find_to_decide(number: str, action: str) -> Proposal:
    """The proposal of the path, for who may do what decides on it. Raises NotFound, Forbidden."""
    with current.store().reading() as tx:
        proposal = proposals.find(tx, path_number(number))
    roles.decide(current.store(), me(), action, DECIDES, proposal.subject.register)
    return proposal


def find_to_suggest(tx: Transaction, name: str) -> tuple[Snapshot, Definition]:
    """The register of the path as it is now, for who may suggest. Raises NotFound, for drafts too, Renamed, Retired."""
    taken = snapshot.take(tx, snapshot.find_register(tx, name, drafts=False))
    check_may_suggest(tx, taken.register.id)
    return taken, definition_of(taken)


def check_may_suggest(tx: Transaction, register_id: int) -> None:
    """Raise Forbidden when whoever is signed in, if anybody is, is barred from suggesting on a register.

    It is for showing a form or not; `admit_suggestion` is asked before anything is done.
    """
    found = signed_in.session()
    if found is not None:
        bars.check(tx, found.account.id, register_id)


def admit_suggestion(name: str) -> None:
    """Count that whoever is signed in suggests or says something on a register. Raises Forbidden, TooOften."""
    address = limits.caller_of(request.remote_addr or "")
    suggestions.admit(current.store(), current.secret(), me(), name, address)


def permit() -> Permit:
    """Holds whoever is signed in to the role that decides, in the very act: it may be taken from them meanwhile."""
    account = me()

    def check(tx: Transaction, proposal: Proposal) -> None:
        register = registers.find_by_any_name(tx.connection, proposal.subject.register)
        roles.check(tx, account, DECIDES, register.id if register else None)

    return check


def has_role(tx: Transaction, role: str, name: str) -> bool:
    """Whether whoever is signed in has a role on the register of that name: to offer what it takes, not to do it."""
    register = registers.find_by_any_name(tx.connection, name)
    try:
        roles.check(tx, me(), role, register.id if register else None)
    except Forbidden:
        return False
    return True
