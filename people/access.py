"""The access log: every decision about what a person may do, with who, what, when, allowed or refused, and why.

Of API keys it has what was refused to them: what was done with one is in revisions and proposals, which name its actor.

It is only ever added to, and lives longer than what says who somebody is: so it names opaque ids and registers, never
a name, an e-mail or an address. Decisions are numbered without gaps under their head's lock.
"""

from __future__ import annotations

from dataclasses import dataclass

from people.store import accesses
from registers.entry import timestamp_text
from registers.store.engine import Store, Transaction

NOBODY = ""  # the actor of an attempt to sign in that did not come from anybody known


@dataclass(frozen=True, slots=True)
class Access:
    """One decision. `actor` asked for it, `subject` is the account that it was about, if it was about another.

    `time` is in UTC seconds. `register` is empty where it was about none; `why` says why it was refused.
    """

    number: int
    time: int
    actor: str
    action: str
    subject: str
    register: str
    allowed: bool
    why: str

    def members(self) -> dict[str, object]:
        """The decision as it is shown, its moment as text."""
        return {name: getattr(self, name) for name in self.__slots__} | {"time": timestamp_text(self.time)}


def record(tx: Transaction, action: str, actor: str, subject: str = "", register: str = "", why: str = "") -> None:
    """Write a decision down: refused with a `why`, allowed without. Takes the lock of all who write about people."""
    values = {"actor": actor, "action": action, "subject": subject, "register": register, "why": why}
    accesses.add(tx.connection, time=tx.clock(), allowed=not why, **values)


def refuse(store: Store, action: str, actor: str, why: str) -> None:
    """Write down that somebody was refused something, in an act of its own: what was asked for is not done."""
    with store.writing() as tx:
        record(tx, action, actor, why=why)


def page(store: Store, before: int | None = None, limit: int = 100, of: str | None = None) -> list[Access]:
    """Decisions below a number, the latest first: all, or those that an account asked for or that were about it."""
    with store.reading() as tx:
        return [Access(*tuple(row)) for row in accesses.page(tx.connection, before, limit, of)]
