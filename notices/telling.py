"""From what happens to proposals to letters: a follower of their events, which are numbered without gaps.

Events are read once they are committed, so nobody is told of what was not done; letters, and the number of the last
event that was told, are one act, so nobody is told twice, and nothing is missed. Nobody is told of what they did.
Where no mail is sent the follower goes by, and what happened then is not told later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from notices import mail, wishes, wording
from notices.mail import Letter
from notices.store import wishes as stored
from notices.wording import Told
from people import accounts, roles
from registers.store import registers
from registers.store.engine import Store, Transaction
from review import events, listing, proposals
from review.events import Event, Proposal

CHUNK = 200  # events in one act
DECIDES = ("reviewer", "custodian", "administrator")  # roles of those who are told of new proposals
SAID = (events.COMMENTED, events.EVIDENCE_ADDED)  # kinds whose actors take part
YOURS, SUPPORTED, DISCUSSED = "your suggestion", "the suggestion that you support,", "the suggestion that you discuss,"


def tell(into: Store, base_url: str, sends: bool) -> None:
    """Put the letters of all that has happened; `base_url` begins their links, `sends` is whether mail is sent at all.

    Done twice, or by two at once, is done once.
    """
    while _is_behind(into):
        with into.writing() as tx:
            position, _ = stored.claim_told(tx.connection)
            some = listing.happened(tx, position, CHUNK) if sends else []
            _put_of(tx, some, base_url)
            last = some[-1].number if some else listing.last_number(tx)
            stored.move_told(tx.connection, events=max(position, last))
            # If we crash here, there are no letters and the position is as it was; COMMIT, next, makes both so.


def _is_behind(into: Store) -> bool:
    with into.reading() as tx:
        return stored.told(tx.connection) < listing.last_number(tx)


def _put_of(tx: Transaction, some: Sequence[Event], base_url: str) -> None:
    """A part: the letters of some events."""
    found = {number: proposals.find(tx, number) for number in {each.proposal for each in some}}
    for event in some:
        proposal = found[event.proposal]
        for account, whose in _concerned(tx, event, proposal):
            told = wording.tell(event, proposal, whose)
            if told:
                _put(tx, account, told, wording.link(base_url, proposal.number))
    # What is decided on already waits for nobody.
    new = [found[each.proposal] for each in some if each.kind == events.SUBMITTED and not found[each.proposal].ending]
    new.sort(key=lambda each: (each.subject.register, each.number))
    for name, of in groupby(new, key=lambda each: each.subject.register):
        _put_new(tx, name, list(of), base_url)


def _concerned(tx: Transaction, event: Event, proposal: Proposal) -> Iterator[tuple[str, str]]:
    """The accounts that an event is told to, each with what the proposal is to it."""
    if event.kind == events.SUBMITTED:
        return
    known = {proposal.author: YOURS} | dict.fromkeys(proposal.confirmed_by, SUPPORTED)
    if event.kind in SAID:
        said = [each.actor for each in proposals.events_of(tx, proposal.number) if each.kind in SAID]
        known = dict.fromkeys(said, DISCUSSED) | known
    yield from ((account, whose) for account, whose in known.items() if account != event.actor)


def _put_new(tx: Transaction, name: str, new: Sequence[Proposal], base_url: str) -> None:
    """Tell those who decide on a register of new proposals, in one letter to each."""
    register = registers.find_by_any_name(tx.connection, name)
    held = roles.on_register(tx, register.id if register else None)
    for account in sorted({each.account for each in held if each.role in DECIDES}):
        if of_others := [each for each in new if each.author != account]:
            _put(tx, account, *wording.tell_of_new(of_others, base_url))


def _put(tx: Transaction, account: str, told: Told, links: str) -> None:
    """A part: a letter to an account that wants to be told; an API key has no mail."""
    if account.startswith(accounts.PREFIX) and wishes.wants(tx, account, told.kind):
        text = "\n\n".join([part for part in (f"{told.title}.", told.more, links) if part])
        mail.put(tx, account, Letter(told.title, f"{text}\n", told.kind))


def tell_of_expired(into: Store, base_url: str, sends: bool) -> None:
    """Put the letters about proposals whose time is over since the last look: no event says so, the clock does."""
    with into.writing() as tx:
        _, since = stored.claim_told(tx.connection)
        now = tx.clock()
        for proposal in listing.expired_between(tx, since, now) if sends and since is not None else ():
            event = Event(0, proposal.number, events.EXPIRED, "", now, {})
            _put_expired(tx, event, proposal, base_url)
        stored.move_told(tx.connection, expired=now)


def _put_expired(tx: Transaction, event: Event, proposal: Proposal, base_url: str) -> None:
    for account, whose in _concerned(tx, event, proposal):
        told = wording.tell(event, proposal, whose)
        assert told is not None  # of this kind somebody always is
        _put(tx, account, told, wording.link(base_url, proposal.number))
