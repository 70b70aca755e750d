"""The act that makes a register with its first entries in one go: defined, filled and, if asked, published.

`lifecycle` has these as acts of their own. Whoever uploads a list wants all of it or none: no draft is left behind
by an entry that will not do.
"""

from __future__ import annotations

from collections.abc import Sequence

from registers import batch as batches
from registers import lifecycle, log
from registers.batch import Change, Subject
from registers.definition import Definition, check_definition
from registers.entry import Region
from registers.register import Authority, Register
from registers.store import registers
from registers.store.engine import Store


def found(
    store: Store,
    definition: Definition,
    changes: Sequence[Change],
    authority: Authority,
    operator: str,
    publish: bool = False,
) -> Register:
    """Create a register, append its first entries if it has any, and publish it if asked: whole or not at all.

    `operator` is the operator's domain, which the register's origin begins with. Raises Conflict when the name is
    taken, Invalid for a definition that breaks a rule or naming the change at fault.
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
