"""Automatic checks of a plan, before anyone spends time on it: what a machine can see is seen by a machine.

    rules     what appending would refuse: datatypes, fields, keys; and records that end before they begin
    links     links that lead nowhere, or to what has ended
    names     a name or a key that another record has, or almost
    shapes    shapes that cross themselves, points where nothing is
    places    whether a point lies in the areas that its record names
    source    whether it agrees with the source that the register was loaded from last

They look at what a plan changes, held against its register as it is now. They decide nothing: a custodian may approve
what has findings, and what has faults may be mended by then. The report says what was not looked at, and why.

What sources said is handed in (`Known`): the room that knows sources stands beside this one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import islice

from registers import applying, links, plan, snapshot
from registers.batch import Change
from registers.definition import Definition
from registers.entry import Item, check_key, is_key
from registers.errors import Invalid
from registers.item import ItemRules, Link, linked_keys, normalise
from registers.plan import Header
from registers.question import days
from registers.register import Register
from registers.store import records, registers
from registers.store.engine import Store, Transaction
from review.agreeing import Agreement
from review.findings import FAULT, NOTE, Finding, Report
from review.looking import NOTHING, Check, Known, Looked
from review.naming import Names
from review.placing import Places, Shapes

AT_ONCE = 1000  # changes looked at in one transaction
MOST = 100_000  # changes looked at


def look(store: Store, content: bytes, known: Known = NOTHING) -> Report:
    """Look at a plan, which need not be good: what appending would refuse is told as a fault, all of it.

    `known` is what it is held against beside the register. Raises Invalid for what
    is no plan, NotFound, Gone and Conflict when it is not for the register that is here.
    """
    header, changes = plan.read(BytesIO(content))
    report = Report()
    with store.reading() as tx:
        register, definition = applying.find_defined(tx, header)
        rules, others = Rules(definition), _checks(tx, header, register, definition, known)
    report.counts = {name: Counter() for name in (rules.name, *(check.name for check in others))}
    while some := list(islice(changes, min(AT_ONCE, MOST - report.looked_at))):
        report.looked_at += len(some)
        with store.reading() as tx:
            sound = list(rules.sound(_looked(tx, register, some), report))
            for check in others:
                report.add(check.look(tx, sound))
    if next(changes, None):
        report.limits.append(f"the first {MOST:,} changes were looked at, and no others")
    with store.reading() as tx:
        for check in others:
            report.add(check.finish(tx))
            report.limits += check.limits
    return report


def _checks(
    tx: Transaction, header: Header, register: Register | None, definition: Definition, known: Known
) -> list[Check]:
    """The checks of changes that keep the rules; the register may be one that the plan makes."""
    return [
        Links(definition, register, header.register),
        Names(register, snapshot.day_of(tx)),
        Shapes(definition),
        Places(tx, register, definition, known.areas),
        Agreement(tx, register, header.source.partition(" ")[0], known.sources),
    ]


def _looked(tx: Transaction, register: Register | None, some: Sequence[Change]) -> Iterator[tuple[Change, Item | None]]:
    """Each change, with the item that its record has now."""
    bodies: dict[str, str] = {}
    if register:
        bodies = records.bodies(tx.connection, register.id, [each.key for each in some if is_key(each.key)])
    yield from ((each, json.loads(bodies[each.key]) if each.key in bodies else None) for each in some)


class Rules:
    """What appending holds each change against. A proposal has no such faults: its plan is refused for the first."""

    name = "rules"

    def __init__(self, definition: Definition) -> None:
        self._rules = ItemRules(definition)
        self._fields = {*definition.field_names}

    def sound(self, some: Iterable[tuple[Change, Item | None]], report: Report) -> Iterator[Looked]:
        """The changes that keep the rules of keys and of the register's fields; the report is told of the others."""
        for change, before in some:
            try:
                item = normalise(change.item)
                check_key(change.key)
                self._rules.check(change.key, item)
            except Invalid as error:
                field = str(error).partition(":")[0]
                named = field if field in self._fields else ""
                report.add([Finding(self.name, FAULT, change.key, named, str(error))])
                continue
            first, last = days(item)
            if first is not None and last is not None and last < first:
                report.add([Finding(self.name, NOTE, change.key, "end-date", "it ends before it begins")])
            report.outcomes[plan.difference(change.key, before, item, "").kind] += 1
            yield Looked(change.key, item, before)


class Links:
    """Links to records that are not there, which appending refuses, and new ones to records that have ended."""

    name = "links"

    def __init__(self, definition: Definition, register: Register | None, name: str) -> None:
        self._fields, self._register = definition.links, register
        self._own = {name, register.name} if register else {name}
        self._coming = set[str]()
        self._nowhere: list[Link] = []  # within the register: a change that comes later may make its target
        self._strange: dict[str, bool] = {}

    @property
    def limits(self) -> list[str]:
        """The registers that are not here, so that nobody can tell what links to them lead to."""
        names = ", ".join(sorted(name for name, is_strange in self._strange.items() if is_strange))
        return [f"links to registers that are not here were not followed: {names}"] if names else []

    def look(self, tx: Transaction, some: Sequence[Looked]) -> Iterator[Finding]:
        """Look every link up."""
        self._coming.update(each.key for each in some)
        looked = {each.key: each for each in some}
        pointing = [Link(each.key, *link) for each in some for link in linked_keys(self._fields, each.item)]
        for name in {link.register for link in pointing} - self._strange.keys():
            is_known = name in self._own or registers.find_by_any_name(tx.connection, name)
            self._strange[name] = not is_known
        own = [link for link in pointing if link.register in self._own]
        others = [link for link in pointing if link.register not in self._own and "\0" not in link.key]
        verdict = self._judge(tx, others)
        yield from map(self._dangling, verdict.dangling)
        inside = self._judge(tx, own)
        self._nowhere += [link for link in inside.dangling if link.key not in self._coming]
        for link in (*verdict.ended, *inside.ended):
            if not looked[link.place].keeps(link.field):
                sentence = f"{link.field} names a record of {link.register} that has ended"
                yield Finding(self.name, NOTE, link.place, link.field, sentence)

    def finish(self, _tx: Transaction) -> Iterator[Finding]:
        """Links within the register whose target no change has made."""
        yield from (self._dangling(link) for link in self._nowhere if link.key not in self._coming)

    def _judge(self, tx: Transaction, pointing: Sequence[Link]) -> links.Verdict:
        if self._register:
            return links.judge(tx, self._register, pointing)
        return links.judge_for(tx, next(iter(self._own)), pointing)

    def _dangling(self, link: Link) -> Finding:
        sentence = f"{link.field} names a record that {link.register} does not have"
        return Finding(self.name, FAULT, link.place, link.field, sentence)
