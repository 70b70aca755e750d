"""Plans held against the store: what one would do to a register, and the act that appends it.

    ready = make_ready(store, lines)           read, hold against the definition, hash: no lock
    append(tx, ready, authority, operator)     a part of an act: the register is made, defined further, appended to

Whole or not at all. Each change is refused when its record has moved on; a plan that was appended once is therefore
refused the second time, and told that it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice

from registers import batch as batches
from registers import definition as definitions
from registers import lifecycle, links, log, plan, redaction, snapshot, tiers
from registers.batch import Batch, Change, Rules, Subject
from registers.definition import REDACTION, Definition
from registers.entry import Region, shortened
from registers.errors import Conflict, Invalid, Moved
from registers.item import Link, normalise
from registers.plan import Difference, Header
from registers.question import title_of
from registers.register import TIERS, Authority, Register, Revision
from registers.store import records, registers
from registers.store.engine import Store, Transaction

CHUNK = 50_000  # changes in one batch, which has one revision; those after the first are made ready under the lock
LOOKED_UP = 1000  # records looked up in one transaction
_KEEP = Rules(dangling="keep")


@dataclass(frozen=True, slots=True)
class Ready:
    """A plan made ready: the register it is for (None: one that it makes), and its batches, of which some wait."""

    header: Header
    register: Register | None
    metadata: Batch | None
    batches: Iterator[Batch]
    key_field: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a plan did. `revision` is the last that it made, None when it holds no change at all."""

    register: Register
    revision: Revision | None
    entries: int


def apply(store: Store, lines: Iterable[bytes], authority: Authority, operator: str) -> Applied:
    """Append a plan: whole or not at all. `operator` is whose domain begins the origin of a register that it makes.

    Raises Invalid for what is no plan or breaks a rule; Moved when a record has moved on; Conflict when the register
    is another than the plan was made for, or the plan has been applied already.
    """
    ready = make_ready(store, lines)
    with store.writing() as tx:
        return append(tx, ready, authority, operator)


def make_ready(store: Store, lines: Iterable[bytes]) -> Ready:
    """Read a plan and prepare it, without a lock. Raises Invalid, Conflict or Moved, as `apply` does.

    A plan that would make a register critical whose custodian decides alone is a Conflict.
    """
    header, changes = plan.read(lines)
    described = list(header.definition)
    with store.reading() as tx:
        register = find(tx, header)
        _check_redactions(tx, header, register)
        taken = redaction.digests_by_record(tx, register.id) if register else {}
        subject = lifecycle.subject_of(tx, register) if register else Subject(None, 0)
        items = snapshot.metadata_items(tx, register.id) if register else {}
    metadata = batches.prepare(subject, store.hashings, described, Region.METADATA) if described else None
    definition = _grown(header, register, items) if described else subject.definition
    if definition is None:
        raise Invalid(f"the plan makes the register {header.register}, and does not say what it is")
    if register:
        tiers.check_alone(register, definition.tier)
    after = Subject(definition, subject.metadata_entries + len(described))
    made = _batches(store, after, _without_taken(store, taken, _dated(header, changes)))
    first = list(islice(made, 1))
    if first and header.redactions:
        raise Invalid("the plan takes values away and changes records as well; each is planned by itself")
    return Ready(header, register, metadata, chain(first, made), definition.key_field)


def _check_redactions(tx: Transaction, header: Header, register: Register | None) -> None:
    """Raise Invalid for a plan that takes values away and does other things, Moved when they are gone already."""
    if not header.redactions:
        return
    if register is None or len(header.redactions) != 1 or len(header.definition) != 1:
        raise Invalid("a plan takes values out of one record of a register that is here, and does nothing beside")
    definitions.check_metadata(REDACTION, header.redactions[0])
    if why := redaction.why_not(tx, register, header.redactions[0]):
        raise Moved(f"{why}; plan it again")


def find(tx: Transaction, header: Header) -> Register | None:
    """The register that a plan is for; None for one that it makes. Raises Conflict when that is not how things are."""
    there = registers.find_by_any_name(tx.connection, header.register)
    if there is None and not header.origin:
        return None
    register = snapshot.find_register(tx, header.register)
    if register.origin != header.origin:
        whose = f"for one with the origin {header.origin}" if header.origin else "to make it"
        raise Conflict(f"there is a register {register.name} of the origin {register.origin}; this plan is {whose}")
    return register


def find_defined(tx: Transaction, header: Header) -> tuple[Register | None, Definition]:
    """The register that a plan is for, as `find` has it, and its definition once the plan's entries are among it.

    Raises Conflict, NotFound, Gone; Invalid for a definition that breaks a rule, or that there is none.
    """
    register = find(tx, header)
    return register, _grown(header, register, snapshot.metadata_items(tx, register.id) if register else {})


def _grown(header: Header, register: Register | None, items: dict[str, dict[str, str | list[str]]]) -> Definition:
    """The definition as it will be, with the plan's metadata entries after those there are."""
    for change in header.definition:
        items.pop(change.key, None)
        items[change.key] = normalise(change.item)
    key_field, tier = (register.key_field, register.tier) if register else (None, TIERS[0])
    found = definitions.from_metadata(header.register, key_field, items, tier)
    if found is None:
        raise Invalid("definition: it lacks the metadata entry of the register itself")
    definitions.check_definition(found)
    return found


def _dated(header: Header, changes: Iterable[Change]) -> Iterator[Change]:
    """The changes, dated as the plan asks: the first second of its day, which is within what `at=` that day shows."""
    if not header.as_at:
        return iter(changes)
    try:
        moment = int(datetime.fromisoformat(header.as_at).replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise Invalid(f"as-at: {header.as_at} is not a day of the calendar") from None
    return (change._replace(timestamp=moment) for change in changes)


def _without_taken(
    store: Store, taken: dict[str, set[tuple[str, bytes]]], changes: Iterator[Change]
) -> Iterator[Change]:
    """The changes. Raises Moved for one that would bring back what was taken out of its record."""
    digest_of = store.hashings["v2"].text_digest
    for change in changes:
        if digest_of and change.key in taken:
            for name in redaction.fields_of(normalise(change.item), taken[change.key], digest_of):
                what = f"{name}: the value that the plan has for {shortened(change.key)} was taken away"
                raise Moved(f"{change.place}: {what}; plan it again")
        yield change


def _batches(store: Store, subject: Subject, changes: Iterator[Change]) -> Iterator[Batch]:
    # Each change is forgotten when it is ready: a batch of 50,000 is a tenth of what as many changes are.
    while (batch := batches.prepare(subject, store.hashings, islice(changes, CHUNK))).keys:
        yield batch


def append(tx: Transaction, ready: Ready, authority: Authority, operator: str) -> Applied:
    """A part: append a plan that was made ready. Raises as `apply` does."""
    register = ready.register or _make(tx, ready, operator)
    revision, entries, dangling = None, 0, list[Link]()
    try:
        if ready.metadata:
            revision = lifecycle.append_metadata(tx, register, ready.metadata, authority, Rules()).revision
        for item in ready.header.redactions:
            redaction.carry_out(tx, register, item)
        for batch in ready.batches:
            appended = log.append(tx, register, batch, authority, _KEEP)
            revision, entries = appended.revision, entries + len(batch.keys)
            dangling += appended.dangling
    except Moved:
        _check_new(tx, register, authority)
        raise
    for link in links.judge(tx, register, dangling).dangling:
        log.refuse_dangling(link, Rules())
    if ready.register is None:
        registers.change(tx.connection, register.id, status="published")
    return Applied(snapshot.find_register(tx, register.name), revision, entries)


def _make(tx: Transaction, ready: Ready, operator: str) -> Register:
    """A part: the register that a plan makes, public when the act is done."""
    return lifecycle.add(tx, ready.header.register, operator, key_field=ready.key_field)


def _check_new(tx: Transaction, register: Register, authority: Authority) -> None:
    """Raise Conflict if the plan that `authority` names as its source was applied to the register before."""
    for made in registers.revisions(tx.connection, register.id, 0, 2**31):
        if made.source == authority.source and " plan " in made.source:
            raise Conflict(f"this plan has been applied already, as revision {made.number} of {register.name}")


def source_text(header: Header, digest: str) -> str:
    """What a revision says of where it came from: the source, and the plan by its name."""
    return f"{header.source} plan {digest}".strip()


def differences(store: Store, lines: Iterable[bytes]) -> Iterator[Difference]:
    """What a plan would do, record by record, held against the records as they are now; in short transactions.

    Raises Invalid for what is no plan.
    """
    header, changes = plan.read(lines)
    with store.reading() as tx:
        register = find(tx, header)
    while some := list(islice(changes, LOOKED_UP)):
        bodies: dict[str, str] = {}
        if register:
            with store.reading() as tx:
                bodies = records.bodies(tx.connection, register.id, [change.key for change in some])
        for change in some:
            item = normalise(change.item)
            before = json.loads(bodies[change.key]) if change.key in bodies else None
            yield plan.difference(change.key, before, item, title_of(item, change.key))


def moved(store: Store, lines: Iterable[bytes]) -> list[str]:
    """The keys of a plan whose records are not any more those that it replaces: while there are any, it is stale."""
    header, changes = plan.read(lines)
    with store.reading() as tx:
        register = find(tx, header)
        described = snapshot.metadata_digests(tx, register.id) if register else {}
        gone = [item for item in header.redactions if register is None or redaction.why_not(tx, register, item)]
    named = [each for each in header.definition if each.key != REDACTION]
    stale = [each.key for each in named if each.replaces != described.get(each.key, batches.NEW)]
    stale += [str(item["record"]) for item in gone]
    while some := list(islice(changes, LOOKED_UP)):
        digests: dict[str, bytes] = {}
        if register:
            with store.reading() as tx:
                found = records.current(tx.connection, register.id, [change.key for change in some])
            digests = {key: held.digest for key, held in found.items()}
        stale += [each.key for each in some if each.replaces != digests.get(each.key, batches.NEW)]
    return stale
