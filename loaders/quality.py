"""The quality of a register: values that break their datatype, blanks, links to nothing, records nobody has confirmed;
and records that stand elsewhere than in the areas that they name, which may be right.

All current records are gone through, so it is done when it is asked for (`registers check`), and what was found is kept
for pages and programs, with the state that it is of.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from geo.areas.following import Areas
from loaders import store as kept
from loaders.belonging import Belonging
from loaders.confirmations import Confirmed
from registers import links, redaction, snapshot
from registers.datatypes import Check
from registers.definition import Definition
from registers.entry import shortened, timestamp_text
from registers.errors import Moved
from registers.item import check_of
from registers.redacted import is_redacted
from registers.register import Register
from registers.snapshot import Snapshot
from registers.store.engine import Store, Transaction

EXAMPLES = 20  # of what is wrong, for each field and for links; all are counted


@dataclass(slots=True)
class FieldQuality:
    """One field: how many records have nothing in it, and how many hold what its datatype does not allow."""

    name: str
    blank: int = 0
    invalid: int = 0
    examples: list[dict[str, str]] = field(default_factory=list)

    def look(self, key: str, check: Check, value: Any) -> None:
        """Look at what a record has in the field."""
        if not value:
            self.blank += 1
            return
        for member in value if isinstance(value, list) else [value]:
            if not is_redacted(member) and (reason := check(member)):
                self.invalid += 1
                if len(self.examples) < EXAMPLES:
                    self.examples.append({"key": key, "value": shortened(member), "reason": reason})


def report(store: Store, register: Register, definition: Definition, areas: Areas | None = None) -> dict[str, Any]:
    """Go through a register as it is now, and keep what is found; the report, as JSON has it.

    `areas` are the indexes that points are looked up in; without them no point is.
    """
    with store.reading() as tx:
        taken = snapshot.take(tx, register)
        last = kept.latest(tx.connection, register.id)
        confirmed = Confirmed(kept.confirmations(tx.connection, register.id))
    fields = {each.name: FieldQuality(each.name) for each in definition.fields}
    checks = {each.name: check_of(each) for each in definition.fields}
    belonging = Belonging(store, register, definition, areas) if areas else None
    records = unconfirmed = 0
    for number, key, item in _records(store, taken):
        records += 1
        unconfirmed += number not in confirmed
        for name, each in fields.items():
            each.look(key, checks[name], item.get(name))
        if belonging:
            belonging.look(key, item)
    dangling, examples = _dangling(store, register, definition)
    found = {
        "register": register.name,
        "entries": taken.size,
        "records": records,
        "fields": [_members(each, records) for each in fields.values()],
        "dangling-links": dangling,
        "dangling-examples": examples,
        "never-confirmed": unconfirmed,
        "last-confirmed": _confirmed(last),
        **(belonging.found() if belonging else {}),
    }
    return _keep(store, taken, found)


def read(tx: Transaction, register: Register) -> dict[str, Any] | None:
    """The last report of a register; None when nobody has looked yet."""
    found = kept.read_quality(tx.connection, register.id)
    return json.loads(found) if found else None


def _records(store: Store, taken: Snapshot) -> Iterator[tuple[int, str, dict[str, Any]]]:
    for entry in snapshot.stream_records(store, taken):
        yield entry.number, entry.key, json.loads(entry.body)


def _members(each: FieldQuality, records: int) -> dict[str, Any]:
    rate = round(each.blank / records, 4) if records else 0.0
    return {
        "field": each.name,
        "blank": each.blank,
        "blank-rate": rate,
        "invalid": each.invalid,
        "examples": each.examples,
    }


def _dangling(store: Store, register: Register, definition: Definition) -> tuple[int, list[dict[str, str]]]:
    count = 0
    examples: list[dict[str, str]] = []
    for link in links.check_links(store, register, definition):
        count += 1
        if len(examples) < EXAMPLES:
            examples.append({"place": link.place, "field": link.field, "register": link.register, "key": link.key})
    return count, examples


def _confirmed(last: kept.Comparison | None) -> dict[str, Any] | None:
    """When the list was last held against its source, and what that showed."""
    if last is None:
        return None
    counts = {name: getattr(last, name) for name in ("added", "changed", "ended", "unchanged")}
    told = {"source": last.source, "file": last.file, "dated": last.dated}
    return {"time": timestamp_text(last.time), **{name: text for name, text in told.items() if text}, **counts}


def _keep(store: Store, taken: Snapshot, found: dict[str, Any]) -> dict[str, Any]:
    """Keep a report, unless what it quotes may have been taken away meanwhile. Raises Moved."""
    register = taken.register
    with store.writing() as tx:
        if redaction.latest(tx, register.id) > taken.head.metadata_entries:
            raise Moved(f"something was taken out of {register.name} while it was looked at; look again")
        whole = {**found, "checked": timestamp_text(tx.clock())}
        kept.keep_quality(tx.connection, register.id, tx.clock(), json.dumps(whole, ensure_ascii=False))
    return whole
