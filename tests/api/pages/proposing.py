"""People who suggest and decide on `country`, signed in with browsers of their own."""

from __future__ import annotations

from flask import Flask

from people import accounts, roles
from people.roles import Wanted
from registers.store.engine import Store
from review import proposals
from review.events import Proposal
from tests.api.pages.visitors import Visitor, person


def somebody(store: Store, app: Flask, name: str, role: str = "", register: str | None = "country") -> Visitor:
    """Somebody who is signed in and has that role; their e-mail begins with their name."""
    account = person(store, f"{name}@example.org", name.capitalize())
    if role:
        roles.grant(store, Wanted(account.id, role, register), "tester")
    visitor = Visitor(app)
    assert visitor.sign_in(f"{name}@example.org").status_code == 303
    return visitor


def id_of(store: Store, name: str) -> str:
    """The id of somebody's account."""
    with store.reading() as tx:
        return accounts.find(tx, f"{name}@example.org").id


def found(store: Store, number: int = 1) -> Proposal:
    """A proposal as it is now."""
    with store.reading() as tx:
        return proposals.find(tx, number)


def kinds(store: Store, number: int = 1) -> list[str]:
    """What happened to a proposal, in order."""
    with store.reading() as tx:
        return [event.kind for event in proposals.events_of(tx, number)]
