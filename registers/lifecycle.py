"""The acts on a register: create it, define it further, append to it, publish it, drop it while it is a draft.

Each takes the store, and is whole or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping

from registers import batch as batches
from registers import definition as definitions
from registers import log, restating, snapshot
from registers.batch import Batch, Change, Rules, Subject
from registers.definition import (
    REDACTION,
    Definition,
    Field,
    check_definition,
    check_growth,
    check_name,
)
from registers.entry import Item, Region, first_chain
from registers.errors import Conflict, Invalid, Moved
from registers.item import ItemRules
from registers.log import Appended
from registers.register import TIERS, Authority, Head, Register
from registers.restating import Metadata
from registers.store import registers
from registers.store.engine import Store, Transaction


def create(store: Store, definition: Definition, authority: Authority, operator: str) -> Register:
    """Create a draft register. `operator` is the operator's domain, which its origin begins with.

    Raises Conflict when the name is taken, Invalid for a definition that breaks a rule.
    """
    check_definition(definition)
    changes = [Change(key, item, place=key) for key, item in definition.entries()]
    batch = batches.prepare(Subject(None, 0), store.hashings, changes, Region.METADATA)
    with store.writing() as tx:
        register = add(tx, definition.name, operator, key_field=definition.key_field)
        log.append(tx, register, batch, authority)
        return snapshot.find_register(tx, definition.name)


def add(tx: Transaction, name: str, operator: str, *, key_field: str | None = None, loading: bool = False) -> Register:
    """A part: add an empty draft. Raises Conflict when the name is taken (a loading register takes none)."""
    check_name(name)
    tx.hot.lock_registers(tx.connection)
    if not loading:
        check_free(tx, name)
    origin = f"{operator}/{name}"
    values = {"name": name, "key_field": key_field, "origin": origin, "tier": TIERS[0], "status": "draft"}
    register_id = registers.add(tx.connection, **values, loading=loading, created=tx.clock())
    chain = first_chain(origin)
    registers.add_head(tx.connection, Head(register_id, 0, 0, 0, 0, 0, 0, 0, chain, chain, b"", b"", b""))
    found = registers.get(tx.connection, register_id)
    assert found is not None
    return found


def check_free(tx: Transaction, name: str, register: Register | None = None) -> None:
    """A part: raise Conflict when a register has the name, or had it before; `register` may take back its own."""
    if registers.find(tx.connection, name):
        raise Conflict(f"there is already a register {name}")
    former = registers.find_renamed(tx.connection, name)
    if former and (register is None or former.id != register.id):
        raise Conflict(f"{name} is a former name of the register {former.name}, and its addresses lead there")


def append(
    store: Store,
    name: str,
    changes: Iterable[Change],
    authority: Authority,
    rules: Rules = Rules(),  # noqa: B008  immutable
    size: int | None = None,
) -> Appended:
    """Append changes to a register's user region, all of them or none; with `size`, only to so many entries.

    Raises Invalid naming the change at fault, NotFound, or Moved when the definition changed meanwhile, or when the
    register has not `size` entries.
    """
    with store.reading() as tx:
        register = snapshot.find_register(tx, name)
        subject = subject_of(tx, register)
    batch = batches.prepare(subject, store.hashings, changes, rules=rules)
    if not batch.keys:
        raise Invalid("there is nothing to append")
    with store.writing() as tx:
        appended = log.append(tx, register, batch, authority, rules)
        if size is not None and appended.first != size + 1:
            raise Moved(f"the register {name} has {appended.first - 1} entries, not {size}; look again")
        return appended


def subject_of(tx: Transaction, register: Register) -> Subject:
    """A part: what changes to a register are prepared for."""
    head = snapshot.read_head(tx, register)
    return Subject(snapshot.read_definition(tx, register), head.metadata_entries)


def append_metadata(tx: Transaction, register: Register, batch: Batch, authority: Authority, rules: Rules) -> Appended:
    """A part: append metadata entries, holding the definition they make against the one there was.

    Raises Invalid for a definition that does not hold together, or takes back what was published.
    """
    before = snapshot.read_definition(tx, register)
    appended = log.append(tx, register, batch, authority, rules)
    after = snapshot.read_definition(tx, register)
    if before is not None and after is not None and register.status != "draft":
        _check_growth(before, after, rules)
    return appended


def _check_growth(before: Definition, after: Definition, rules: Rules) -> None:
    try:
        check_growth(before, after)
    except Invalid as error:
        if not rules.relaxed:
            raise
        rules.note(str(error))


def define(store: Store, name: str, items: Iterable[tuple[str, Item]], authority: Authority) -> Appended:
    """Append metadata entries, as key and item, to a register: fields added, a new custodian, another text.

    Raises Invalid for what breaks a rule of metadata, or takes back what was published.
    """
    appended = _define(store, name, lambda _definition, _metadata: items, authority)
    if appended is None:
        raise Invalid("there is nothing to append")
    return appended


def add_field(store: Store, name: str, field: Field, authority: Authority) -> Appended:
    """Add a field to a register, after those it has. Raises Conflict when it has the field, Invalid for a bad one."""

    def items(definition: Definition, metadata: Metadata) -> list[tuple[str, Item]]:
        if field.name in definition.field_names:
            raise Conflict(f"the register {name} has a field {field.name} already")
        return restating.entries(definition, metadata, {}, [field])

    appended = _define(store, name, items, authority)
    assert appended is not None
    return appended


def describe(store: Store, name: str, members: Mapping[str, str], authority: Authority) -> Appended | None:
    """Change what a register says of itself: title, custodian, text, registry, phase, tier, the members of `STATED`.

    Only what differs is appended; None when nothing does. Raises Invalid for a member that is not one of these, or
    may not be emptied; Conflict for a tier that does not go with a custodian who decides alone.
    """
    restating.check_members(members)
    return _define(store, name, lambda before, metadata: restating.entries(before, metadata, members), authority)


def _define(
    store: Store,
    name: str,
    make: Callable[[Definition, Metadata], Iterable[tuple[str, Item]]],
    authority: Authority,
) -> Appended | None:
    """Append the metadata entries that `make` gives for the definition as it is; None when it gives none."""
    with store.reading() as tx:
        register = snapshot.find_register(tx, name)
        subject, metadata = subject_of(tx, register), snapshot.metadata_items(tx, register.id)
    if subject.definition is None:
        raise Invalid(f"the register {name} has no definition yet")
    changes = [Change(key, item, place=key) for key, item in make(subject.definition, metadata)]
    if not changes:
        return None
    if any(change.key == REDACTION for change in changes):
        raise Invalid("a redaction is an act of its own, and no part of a definition")
    batch = batches.prepare(subject, store.hashings, changes, Region.METADATA)
    with store.writing() as tx:
        return append_metadata(tx, register, batch, authority, Rules())


def publish(store: Store, name: str) -> Register:
    """Make a draft public. Raises Conflict when it is public already, Invalid when its definition does not hold.

    A draft's fields may have changed under its items, so each of them is held against the fields as they are now.
    """
    with store.writing() as tx:
        register = claim(tx, name)
        if register.status != "draft":
            raise Conflict(f"the register {name} is already {register.status}")
        definition = snapshot.read_definition(tx, register)
        if definition is None:
            raise Invalid(f"the register {name} has no definition, so there is nothing to publish")
        definitions.check_definition(definition)
        _check_items(tx, register, definition)
        registers.change(tx.connection, register.id, status="published")
        return snapshot.find_register(tx, name)


def drop(store: Store, name: str) -> None:
    """Take a draft away with all it holds. Raises Conflict for a register that was ever published."""
    with store.writing() as tx:
        register = claim(tx, name)
        if register.status != "draft":
            raise Conflict(f"the register {name} is {register.status}; only a draft may be dropped")
        registers.remove(tx.connection, tx.hot, tx.full_text, register.id)


def claim(tx: Transaction, name: str) -> Register:
    """A part: find a register once those are done who make, publish, rename, retire, drop or append to it."""
    tx.hot.lock_registers(tx.connection)
    register = snapshot.find_register(tx, name)
    tx.hot.lock_head(tx.connection, register.id)
    return register


def _check_items(tx: Transaction, register: Register, definition: Definition) -> None:
    rules = ItemRules(definition)
    taken = snapshot.take(tx, register)
    for first in range(1, taken.size + 1, snapshot.CHUNK):
        for entry in taken.entries(first, first + snapshot.CHUNK - 1):
            try:
                rules.check(entry.key, json.loads(entry.body))
            except Invalid as error:
                raise Invalid(f"entry {entry.number}: {error}") from None
