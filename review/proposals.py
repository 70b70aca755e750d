"""Proposals: plans that wait for others to agree. Submitted, found, listed, and shown change by change.

A proposal holds the very bytes that were submitted, by their SHA-256: what is shown, decided on and appended is the
same. A plan that is submitted while a proposal of the same bytes is open makes no other: it confirms that one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import groupby
from typing import Any

from registers import applying, plan, redaction, snapshot
from registers.batch import Batch
from registers.entry import Item, shortened, timestamp_text
from registers.errors import Conflict, Corrupt, Gone, Invalid, Moved, NotFound, Overtaken, TooLarge
from registers.plan import Difference, Header
from registers.redacted import holds_redacted
from registers.store import registers
from registers.store.engine import Store, Transaction
from review import checks, differing, events, policies, purposes, standing, store, superseding
from review.events import Event, Proposal, Subject
from review.findings import Report
from review.looking import NOTHING, Known

Seen = Collection[int] | None
"""Numbers of events, one of which has to be a proposal's last for something to be done to it; None for any."""
LIMIT = 64 * 1024 * 1024  # bytes of a plan
NOTE_LIMIT = 10_000  # characters
NAMED = 5  # keys that a sentence names
TAKEN = "were taken out of its register since"
# Control characters but line ends and tabs, and halves of surrogate pairs, which are no characters.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of a submission: the proposal, and whether it was there already and is now confirmed."""

    proposal: Proposal
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan to submit, read whole and held against its register before any lock.

    `taken` is the last that was taken out of the register by then, `earlier` the proposals that give way to it.
    """

    content: bytes
    actor: str
    subject: Subject
    report: Report
    taken: int
    earlier: dict[int, str]


def submit(
    into: Store, content: bytes, actor: str, note: str = "", known: Known = NOTHING, purpose: str = ""
) -> Submitted:
    """Propose a plan, or confirm the open proposal of the same plan. It is read whole and held against its register.

    An open proposal of the same actor for the same records gives way to it, as `superseding` says.

    What `checks` find in it is kept with it, and refuses nothing; `known` is what they hold it against. `purpose`
    says why, as `purposes` has it; by default the plainest that fits.

    Raises TooLarge; Invalid for what is no plan, breaks a rule or changes nothing; Moved when the register has moved
    on; Conflict when the register is another, or the actor has submitted the plan already; NotFound, Gone.
    """
    prepared = prepare(into, content, actor, note, known, purpose)
    with into.writing() as tx:
        store.lock(tx.connection)
        # If we crash here, nothing is durable. COMMIT, next, makes the plan, the proposal and its event so at once;
        # whoever submits again after that is told the proposal's number.
        return put(tx, prepared)


def prepare(
    into: Store, content: bytes, actor: str, note: str = "", known: Known = NOTHING, purpose: str = ""
) -> Prepared:
    """What `submit` does before it writes, with what it raises."""
    said = check_text("note", note)
    if len(content) > LIMIT:
        raise TooLarge(f"the plan is over {LIMIT // 2**20} MB: make it from a smaller part of the source")
    with into.reading() as tx:
        taken = last_redaction(tx, header_of(content).register)
    subject, report = look(into, content, known)
    chosen = purposes.choose(purpose, subject.kind, report.outcomes)
    subject = replace(subject, note=said, purpose=chosen)
    return Prepared(content, actor, subject, report, taken, _earlier(into, content, actor))


def put(tx: Transaction, made: Prepared, draft: int | None = None) -> Submitted:
    """A part: submit what was prepared, as the proposal that a draft becomes or as another; the head is locked.

    A draft that confirms another proposal is superseded by it. Raises Moved, Conflict.
    """
    subject, actor, digest = made.subject, made.actor, bytes.fromhex(made.subject.plan)
    if last_redaction(tx, subject.register) != made.taken:
        raise Moved(f"something was taken out of {subject.register} while this was submitted; submit it again")
    there = _find_open(tx, digest, actor)
    if there:
        _check_first_time(find(tx, there), actor)
        record(tx, there, events.CONFIRMED, actor, note=subject.note)
        number = there
    else:
        number = _begin(tx, made, draft)
        record(tx, number, events.SUBMITTED, actor, **subject.detail())
        record(tx, number, events.CHECKED, actor, **made.report.members())
    if there and draft:
        record(tx, draft, events.SUPERSEDED, actor, by=there)
        store.remove_draft(tx.connection, draft)
    _supersede(tx, made.earlier, number, actor)
    return Submitted(find(tx, number), confirmed=there is not None)


def _begin(tx: Transaction, made: Prepared, draft: int | None) -> int:
    """A part: the number of an open proposal of a plan, which is the draft's if it was one."""
    given = made.subject.register, bytes.fromhex(made.subject.plan), made.content
    if draft is None:
        return store.add_proposal(tx.connection, *given)
    store.submit_draft(tx.connection, draft, *given)
    return draft


def look(into: Store, content: bytes, known: Known = NOTHING) -> tuple[Subject, Report]:
    """What a plan would do, once all of it has been held against its register; and what checks find in it."""
    ready = applying.make_ready(into, BytesIO(content))
    header, changes = ready.header, _count(ready.batches)
    check_text("source", header.source)
    if not changes and not header.definition:
        raise Invalid("the plan changes nothing, so there is nothing to agree to")
    if why := why_moved(into, content):
        raise Moved(f"{why}; plan it again")
    subject = Subject(
        register=header.register,
        plan=plan.digest_of(content),
        kind=policies.kind_of(header),
        changes=changes,
        definition=len(header.definition),
        size=header.entries,
        source=header.source,
        note="",
    )
    return subject, checks.look(into, content, known)


def _count(batches: Iterable[Batch]) -> int:
    """How many records a plan touches. Raises Invalid for a change that could never be appended: a second one of a
    record, or one that leaves its record as it is.
    """
    seen = set[str]()
    for batch in batches:
        for key, before, after in zip(batch.keys, batch.replaces, batch.digests["v1"], strict=True):
            if key in seen:
                raise Invalid(f"the plan changes the record {shortened(key)} twice")
            if before == after:
                raise Invalid(f"the plan leaves the record {shortened(key)} as it is")
            seen.add(key)
    return len(seen)


def last_redaction(tx: Transaction, name: str) -> int:
    """The number of the metadata entry that last took something out of the register of that name; 0 if none did."""
    register = registers.find_by_any_name(tx.connection, name)
    return redaction.latest(tx, register.id) if register else 0


def _find_open(tx: Transaction, digest: bytes, actor: str) -> int | None:
    """A part: the open proposal of a plan. One that has expired gives way to the one that the actor submits."""
    there = store.find_open(tx.connection, digest)
    if there is None:
        return None
    held = find(tx, there)
    if not standing.is_expired(tx, standing.policy_of(tx, held), held):
        return there
    record(tx, there, events.EXPIRED, actor)
    return None


def _earlier(of: Store, content: bytes, actor: str) -> dict[int, str]:
    """The open proposals of an actor that give way to a plan, and the SHA-256 of each one's."""
    name = header_of(content).register
    with of.reading() as tx:
        register = registers.find_by_any_name(tx.connection, name)
        names = [register.name, *registers.former_names(tx.connection, register.id)] if register else [name]
        numbers = store.page_open_of(tx.connection, actor, names, superseding.LOOKED_AT)
        return superseding.choose(tx, content, _derived(tx, numbers))


def _supersede(tx: Transaction, earlier: dict[int, str], by: int, actor: str) -> None:
    """A part: close what gives way to a proposal, if it is still as it was; the head is locked."""
    for each in _derived(tx, list(earlier)):
        if each.number != by and each.subject.plan == earlier[each.number] and superseding.may_give_way(each):
            record(tx, each.number, events.SUPERSEDED, actor, by=by)


def _check_first_time(proposal: Proposal, actor: str) -> None:
    if actor in (proposal.author, *proposal.confirmed_by):
        raise Conflict(f"you have submitted this plan already, as proposal {proposal.number}")


def check_text(name: str, text: str, required: bool = False) -> str:
    """The text as it is kept, of several lines perhaps. Raises Invalid, naming it, for what nobody could read."""
    kept = text.replace("\r\n", "\n").strip()
    if required and not kept:
        raise Invalid(f"{name}: is needed, and is empty")
    if len(kept) > NOTE_LIMIT:
        raise Invalid(f"{name}: is text of at most {NOTE_LIMIT:,} characters")
    if unseen := _UNSEEN.search(kept):
        raise Invalid(f"{name}: holds {shortened(unseen[0])}, which cannot be seen")
    return kept


def record(tx: Transaction, number: int, kind: str, actor: str, /, **detail: Any) -> None:
    """A part: say what happened to a proposal; the head is locked. What ends it closes it."""
    store.add_event(tx.connection, detail, proposal=number, kind=kind, actor=actor, time=tx.clock())
    if kind in events.ENDS:
        store.close(tx.connection, number)


# Reading


def header_of(content: bytes) -> Header:
    """The first line of a plan. Raises Invalid for what is none."""
    return plan.read(BytesIO(content))[0]


def find(tx: Transaction, number: int) -> Proposal:
    """A proposal. Raises NotFound."""
    found = _derived(tx, [number])
    if not found:
        raise NotFound(f"there is no proposal {number}")
    return found[0]


def last_event(tx: Transaction, number: int) -> int:
    """The number of the last thing that happened to a proposal, comments too: what tells that it has moved on."""
    return store.last_event(tx.connection, number)


def check_seen(tx: Transaction, number: int, seen: Seen) -> None:
    """Raise Overtaken for a proposal whose last event is none of those that the actor has seen it at."""
    if seen is not None and last_event(tx, number) not in seen:
        raise Overtaken(f"proposal {number} has moved on since you saw it; look at it again")


def page(
    tx: Transaction, after: int, limit: int, is_open: bool = True, of: Collection[str] | None = None
) -> list[Proposal]:
    """The proposals with numbers beyond `after`, in order: the open ones or all, for the registers `of` or for any."""
    return _derived(tx, store.page(tx.connection, after, limit, is_open, of))


def events_of(tx: Transaction, number: int) -> list[Event]:
    """All that happened to a proposal, comments too, in order."""
    return [event_of(row) for row in store.events(tx.connection, [number])]


def checks_of(happened: Iterable[Event]) -> dict[str, Any] | None:
    """What machines found, when they last looked; None for a proposal of before they did."""
    found = [event for event in happened if event.kind == events.CHECKED]
    return {"checked": timestamp_text(found[-1].time), **found[-1].detail} if found else None


def _derived(tx: Transaction, numbers: Sequence[int]) -> list[Proposal]:
    """Those of these numbers that were submitted: what is a draft, or never was more, is none."""
    rows = store.events(tx.connection, numbers, without=events.SAID) if numbers else []
    found = [list(of) for _, of in groupby(map(event_of, rows), lambda event: event.proposal)]
    return [events.derive(of) for of in found if not events.is_draft(of)]


def event_of(row: Any) -> Event:
    """The event that a row of the store is."""
    number, proposal, kind, actor, time, detail = row
    return Event(number, proposal, kind, actor, time, json.loads(detail))


def plan_of(tx: Transaction, proposal: Proposal, whole: bool = True) -> bytes:
    """The plan, as it was submitted; if it need not be `whole`, values may have been taken out of it since.

    Raises Gone when it has to be whole and is not, Corrupt when what is stored is something else.
    """
    content = store.read_plan(tx.connection, bytes.fromhex(proposal.subject.plan))
    if content is None or not (_is_whole(content, proposal) or holds_redacted(content.decode(errors="replace"))):
        raise Corrupt(f"the plan of proposal {proposal.number} is not the one that was submitted")
    if whole and not _is_whole(content, proposal):
        raise Gone(f"values in the plan of proposal {proposal.number} {TAKEN}")
    return content


def _is_whole(content: bytes, proposal: Proposal) -> bool:
    return plan.digest_of(content) == proposal.subject.plan


def changes(of: Store, proposal: Proposal, after: int, limit: int) -> list[Difference]:
    """What the changes beyond the first `after` do, field by field, at most `limit` of them.

    Each is held against the item that it replaces, which the log keeps, so that it is shown the same for ever: while
    the proposal is open, when it is stale, and once it is published.
    """
    with of.reading() as tx:
        content = plan_of(tx, proposal, whole=False)
    return differing.changes_of(of, content, after, min(limit, proposal.subject.changes - after))


def definition_of(of: Store, proposal: Proposal) -> list[tuple[str, Item]]:
    """The metadata entries that a plan begins with, each a key and an item."""
    with of.reading() as tx:
        return differing.defined_in(plan_of(tx, proposal, whole=False))


# Staleness


def why_stale(of: Store, proposal: Proposal) -> str:
    """Why an open proposal cannot be approved any more, in a sentence; empty while it can, and when it is closed."""
    if proposal.ending:
        return ""
    with of.reading() as tx:
        if _is_as_it_was(tx, proposal):
            return ""
        content = plan_of(tx, proposal, whole=False)
    return why_moved(of, content) if _is_whole(content, proposal) else f"values in it {TAKEN}"


def _is_as_it_was(tx: Transaction, proposal: Proposal) -> bool:
    """Whether the register has as many entries as the plan was made against, which costs one look at its head."""
    register = registers.find(tx.connection, proposal.subject.register)
    if register is None or register.status != "published" or redaction.latest(tx, register.id):
        return False
    if proposal.subject.kind != policies.RECORDS:
        return False
    return snapshot.read_head(tx, register).entries == proposal.subject.size


def why_moved(of: Store, content: bytes) -> str:
    """Which records of a plan are not those any more that it replaces, in a sentence; empty if none."""
    try:
        keys = applying.moved(of, BytesIO(content))
    except (Conflict, NotFound, Gone) as error:
        return str(error)
    if not keys:
        return _why_past(of, header_of(content))
    named = ", ".join(shortened(key) for key in keys[:NAMED])
    more = f" and {len(keys) - NAMED:,} more" if len(keys) > NAMED else ""
    return f"the register has moved on: {named}{more} changed since this was planned"


def _why_past(of: Store, header: Header) -> str:
    """Why the entries of a plan that is dated to a day would go back in time; empty if they would not."""
    with of.reading() as tx:
        register = applying.find(tx, header) if header.as_at else None
        head = snapshot.read_head(tx, register) if register else None
    if head is None or not head.entries or timestamp_text(head.latest) <= f"{header.as_at}T00:00:00Z":
        return ""
    return f"the register has an entry of {timestamp_text(head.latest)}, and this is dated to {header.as_at}"
