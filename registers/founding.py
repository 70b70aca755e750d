"""Making a register with its first entries in one go: defined, filled and, if asked, published.

`lifecycle` has these as acts of their own. Whoever brings a list wants all of it or none: no draft is left behind by
an entry that will not do. `found` is one act. A list that is too long for one is written in many commits, to a register
that nobody sees until its last: `begin`, then entries, then `show`; or `take_away`, and the next who begins one of
its name takes away what a killed process left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from registers import batch as batches
from registers import definition as definitions
from registers import lifecycle, links, log, snapshot
from registers.batch import Change, Rules, Subject
from registers.definition import Definition, check_definition
from registers.entry import Region
from registers.errors import Conflict, Moved
from registers.item import Link
from registers.register import Authority, Register
from registers.store import registers
from registers.store.engine import Store, Transaction


def found(
    store: Store,
    definition: Definition,
    changes: Sequence[Change],
    authority: Authority,
    operator: str,
    publish: bool = False,
) -> Register:
    """Create a register, append its first entries if it has any, and publish it if wished: whole or not at all.

    `operator` is the operator's domain, which the register's origin begins with. Raises Conflict when the name is
    taken, Invalid for a definition that breaks a rule, or naming the change at fault.
    """
    check_definition(definition)
    described = [Change(key, item, place=key) for key, item in definition.entries()]
    metadata = batches.prepare(Subject(None, 0), store.hashings, described, Region.METADATA)
    entries = batches.prepare(Subject(definition, len(metadata.keys)), store.hashings, changes)
    with store.writing() as tx:
        register = lifecycle.add(tx, definition.name, operator, key_field=definition.key_field)
        log.append(tx, register, metadata, authority)
        if entries.keys:
            log.append(tx, register, entries, authority)
        if publish:
            registers.change(tx.connection, register.id, status="published")
        made = registers.get(tx.connection, register.id)
        assert made is not None
        return made


def begin(store: Store, name: str, operator: str, key_field: str | None = None) -> Register:
    """Begin a register that is invisible, and takes no name from anybody, until `show`."""
    definitions.check_name(name)
    with store.writing() as tx:
        _take_away_unfinished(tx, name)
        return lifecycle.add(tx, name, operator, key_field=key_field, loading=True)
    # If we crash from here on, what is durable is an invisible register; the next that begins takes it away.


def _take_away_unfinished(tx: Transaction, name: str) -> None:
    tx.hot.lock_registers(tx.connection)
    for unfinished in registers.find_all(tx.connection, loading=True):
        if unfinished.name == name:
            registers.remove(tx.connection, tx.hot, tx.full_text, unfinished.id)


def take_away(store: Store, register: Register) -> None:
    """Remove a register that was begun; it was shown, when only the word of its last COMMIT was lost."""
    with store.writing() as tx:
        tx.hot.lock_registers(tx.connection)
        left = registers.get(tx.connection, register.id)
        if left and left.loading:
            registers.remove(tx.connection, tx.hot, tx.full_text, register.id)


def show(store: Store, register: Register, key_field: str, dangling: Iterable[Link], rules: Rules) -> Register:
    """Make a register visible and public, under its name, if that is still free and its dangling links hold now.

    Raises Moved when another that was begun later took its place, Conflict when the name was taken meanwhile.
    """
    with store.writing() as tx:
        tx.hot.lock_registers(tx.connection)
        if registers.get(tx.connection, register.id) is None:
            raise Moved(f"another load of {register.name} has taken the place of this one")
        if registers.find_by_any_name(tx.connection, register.name):
            raise Conflict(f"another load has made the register {register.name} meanwhile")
        for link in links.judge(tx, register, dangling).dangling:
            log.refuse_dangling(link, rules)
        registers.change(tx.connection, register.id, key_field=key_field, loading=False, status="published")
        return snapshot.find_register(tx, register.name)
