"""Links between registers: a field that names a register, or a CURIE, holds keys that should exist there.

A link is held against the register it points at as that will be after the batch being appended. A register that is
not here cannot be asked, and a target that has ended is worth a word, not a refusal.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from registers import snapshot
from registers.datatypes import last_day
from registers.definition import Definition
from registers.entry import shortened
from registers.errors import RegistersError
from registers.item import Link, linked_keys
from registers.register import Register
from registers.store import records, registers
from registers.store.engine import Store, Transaction

CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of links: those whose target does not exist, those whose target has ended."""

    dangling: list[Link]
    ended: list[Link]


def judge(tx: Transaction, register: Register, links: Iterable[Link], coming: Collection[str] = ()) -> Verdict:
    """Look every link up. `coming` are keys that this batch gives to `register` itself."""
    verdict = Verdict([], [])
    for name, pointing in _by_register(links).items():
        target = register if name == register.name else registers.find_by_any_name(tx.connection, name)
        if target:
            own = coming if target.id == register.id else ()
            _judge_register(tx, target, [link for link in pointing if link.key not in own], verdict)
    return verdict


def judge_for(tx: Transaction, name: str, links: Iterable[Link]) -> Verdict:
    """Look up the links of a register that is still to be made: those to itself are to nothing."""
    verdict = Verdict([], [])
    for target, pointing in _by_register(links).items():
        if target == name:
            verdict.dangling.extend(pointing)
        elif found := registers.find_by_any_name(tx.connection, target):
            _judge_register(tx, found, pointing, verdict)
    return verdict


def _by_register(links: Iterable[Link]) -> dict[str, list[Link]]:
    found: dict[str, list[Link]] = {}
    for link in links:
        found.setdefault(link.register, []).append(link)
    return found


def _judge_register(tx: Transaction, target: Register, links: list[Link], verdict: Verdict) -> None:
    bodies = records.bodies(tx.connection, target.id, sorted({link.key for link in links}))
    today = datetime.fromtimestamp(tx.clock(), UTC).date()
    for link in links:
        body = bodies.get(link.key)
        if body is None:
            verdict.dangling.append(link)
        elif '"end-date"' in body and _ended(body, today.isoformat()):
            verdict.ended.append(link)


def _ended(body: str, today: str) -> bool:
    end = json.loads(body).get("end-date")
    try:
        return isinstance(end, str) and last_day(end).isoformat() < today
    except (RegistersError, ValueError):
        return False


def check_links(store: Store, register: Register, definition: Definition) -> Iterator[Link]:
    """Every link of the register's current records that points at nothing, in chunks of short transactions."""
    with store.reading() as tx:
        now = snapshot.take(tx, register)
    found = snapshot.stream_records(store, now) if definition.links else iter(())
    while chunk := list(islice(found, CHUNK)):
        made: dict[tuple[str, str, str], Link] = {}
        for entry in chunk:
            for field, target, key in linked_keys(definition.links, json.loads(entry.body)):
                made.setdefault((entry.key, target, key), Link(f"record {shortened(entry.key)}", field, target, key))
        with store.reading() as tx:
            yield from judge(tx, register, made.values()).dangling
