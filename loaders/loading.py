"""Load a source into its register: create it if need be, append what differs from the source, publish it.

A source is a module of this room that says what its register is (`definition`) and what the records should be
(`changes`). Loading compares each with the current record and appends only what differs, so a second load
appends nothing, and a load that was killed is completed by running it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Protocol

from loaders import countries, uk_subdivisions
from registers import lifecycle, snapshot
from registers.batch import Change
from registers.canonical import canonical_json
from registers.definition import Definition
from registers.entry import Item
from registers.errors import Conflict
from registers.item import normalise
from registers.register import Authority, Register, Revision
from registers.store import records, registers
from registers.store.engine import Store, Transaction

Progress = Callable[[int, int], None]  # changes done, changes in all


class Source(Protocol):
    """A module that knows one source. Its docstring tells the mapping and the quirks."""

    NAME: str  # as typed after `registers load`
    REGISTER: str
    PUBLISHER: str
    LICENCE: str
    ATTRIBUTION: str
    URL: str
    RHYTHM: str  # how often the source changes

    def definition(self) -> Definition:
        """What the register is."""

    def changes(self) -> list[Change]:
        """The records as they should be: one change a key, in a stable order, parents before children."""


SOURCES: Mapping[str, Source] = MappingProxyType({each.NAME: each for each in (countries, uk_subdivisions)})


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did. `revision` is the last it made, None when the register was as its source already.

    `added` records had no entry before, `changed` ones had another item, `unchanged` ones got no entry.
    """

    register: Register
    revision: Revision | None
    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class _Comparison:
    """The source held against the register: the changes that are news, and how many of them have a record."""

    news: list[Change]
    changed: int


def load(store: Store, source: Source, authority: Authority, operator: str, progress: Progress) -> Loaded:
    """Bring a source's register to what the source says now, and publish it if it is a draft.

    All new entries are one revision, whose source is the source's name. A record that the source no longer
    has stays. Raises Conflict when the register's entries came from elsewhere; Invalid when an item breaks a
    rule, or when the source now means something else by a field; then no entry is written.
    """
    authority = replace(authority, source=source.NAME)
    changes = source.changes()
    revision = _define(store, source, authority, operator)
    # If we crash here, a draft without entries is durable, or new fields; the next load goes on from there.
    compared = _compare(store, source, changes)
    unchanged = len(changes) - len(compared.news)
    progress(unchanged, len(changes))
    if compared.news:
        telling = _telling(compared.news, progress, len(changes))
        revision = lifecycle.append(store, source.REGISTER, telling, authority).revision
    # If we crash here, all entries are durable in a draft, and the next load publishes it.
    register = _publish(store, source.REGISTER)
    progress(len(changes), len(changes))
    return Loaded(register, revision, len(compared.news) - compared.changed, compared.changed, unchanged)


def _telling(news: list[Change], progress: Progress, total: int) -> Iterator[Change]:
    """The changes, telling of each as the next is asked for; the last is told when it is durable."""
    for done, change in enumerate(news, total - len(news)):
        progress(done, total)
        yield change


def _publish(store: Store, name: str) -> Register:
    with store.reading() as tx:
        register = snapshot.find_register(tx, name)
    return lifecycle.publish(store, name) if register.status == "draft" else register


# The register and its definition


def _define(store: Store, source: Source, authority: Authority, operator: str) -> Revision | None:
    """Create the register, or add the fields that it lacks; the revision of the latter."""
    wanted = source.definition()
    with store.reading() as tx:
        if registers.find(tx.connection, source.REGISTER) is None:
            definition = None
        else:
            register = snapshot.find_register(tx, source.REGISTER)
            _check_origin(tx, register, source)
            definition = snapshot.read_definition(tx, register)
    if definition is None:
        lifecycle.create(store, wanted, authority, operator)
        return None
    items = _growth(definition, wanted)
    return lifecycle.define(store, source.REGISTER, items, authority).revision if items else None


def _check_origin(tx: Transaction, register: Register, source: Source) -> None:
    """Raise Conflict when the first entries are not this source's: an import must not be written over."""
    if not snapshot.read_head(tx, register).entries:
        return
    made = registers.revisions(tx.connection, register.id)
    first = next((revision for revision in made if revision.entries), None)
    if first is None or first.source != source.NAME:
        raise Conflict(
            f"the register {register.name} is here already and was not made from {source.NAME}, "
            "which must not write over it: load it into another database"
        )


def _growth(now: Definition, wanted: Definition) -> list[tuple[str, Item]]:
    """The metadata entries that add the fields `now` lacks, after its own.

    A field that is there but means something else is among them too, for the core to refuse.
    """
    meanings = {field.name: field.meaning for field in now.fields}
    differing = [field for field in wanted.fields if meanings.get(field.name) != field.meaning]
    added = tuple(field for field in differing if field.name not in meanings)
    items: list[tuple[str, Item]] = [(f"field:{field.name}", field.item()) for field in differing]
    if added:
        grown = dict(replace(now, fields=now.fields + added).entries())
        items.append((f"register:{now.name}", grown[f"register:{now.name}"]))
    return items


# The records


def _compare(store: Store, source: Source, changes: list[Change]) -> _Comparison:
    with store.reading() as tx:
        register = snapshot.find_register(tx, source.REGISTER)
        bodies = records.bodies(tx.connection, register.id, [change.key for change in changes])
    news = [change for change in changes if canonical_json(normalise(change.item)) != bodies.get(change.key)]
    return _Comparison(news, sum(change.key in bodies for change in news))
