"""A new register filled from a file of any length, in the same memory: in many commits, seen by nobody until the last.

Rows are checked and hashed some thousand at a time. When one cannot be taken the rest is still looked at, so that all
that is wrong is told at once; then nothing is left of the register.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice

from loaders import planning
from loaders.planning import Progress
from loaders.source import Nothing, Reading, Row
from registers import batch, founding, links, log
from registers.batch import Change, Rules, Subject
from registers.entry import FORMAT_SUFFIXES, Region
from registers.errors import Invalid
from registers.item import ItemRules, Link
from registers.register import Authority, Register, Revision
from registers.store.engine import Store

CHUNK = 20_000  # entries in one commit


@dataclass(frozen=True, slots=True)
class Filled:
    """A register that was made: its last revision, and how many entries it has."""

    register: Register
    revision: Revision | None
    entries: int


def fill_new(
    store: Store, reading: Reading, as_at: date | None, authority: Authority, operator: str, progress: Progress
) -> Filled:
    """Make a register, fill it and publish it, its entries dated to `as_at` if that is given.

    Raises Wrong, with all that is wrong with the file; Nothing when there is no record in it; Conflict or Moved when
    another makes the register meanwhile. Then nothing is left of it.
    """
    definition = planning.grown(None, reading.definition)
    register = founding.begin(store, definition.name, operator, definition.key_field)
    try:
        filling = _Filling(store, register, reading, as_at, authority)
        filling.fill(progress)
        shown = founding.show(store, register, definition.key_field, filling.dangling, Rules())
    except BaseException:
        founding.take_away(store, register)
        raise
    return Filled(shown, filling.revision, filling.entries)


class _Filling:
    """A register that is being filled, some thousand entries at a time."""

    def __init__(self, store: Store, register: Register, reading: Reading, as_at: date | None, told: Authority) -> None:
        self.store, self.register, self.reading, self.told = store, register, reading, told
        self.moment = int(datetime.combine(as_at, datetime.min.time(), UTC).timestamp()) if as_at else None
        self.revision: Revision | None = None
        self.entries = 0
        self.dangling: list[Link] = []

    def fill(self, progress: Progress) -> None:
        """Append all rows; raise Wrong when any of them cannot be taken, after the last."""
        definition, problems = self.reading.definition, self.reading.problems
        described = [Change(key, item, place=key) for key, item in planning.growth(None, definition)]
        self._append(batch.prepare(Subject(None, 0), self.store.hashings, described, Region.METADATA))
        subject = Subject(definition, len(described))
        changes = self._changes(self.reading.rows_once())
        rules = ItemRules(definition)
        while some := list(islice(changes, CHUNK)):
            made = self._prepare(subject, rules, some)
            if made.keys and not problems.count:
                self._append(made)
                self.entries += len(made.keys)
            progress(self.entries, None)
        self._check_links()
        problems.check()
        if not self.entries:
            raise Nothing(f"there is no record in the file, and so no register {definition.name} is made")

    def _changes(self, rows: Iterable[Row]) -> Iterator[Change]:
        for row in rows:
            if row.key.endswith(FORMAT_SUFFIXES):
                self.reading.wrong(row.place, self.reading.definition.key_field, planning.suffix_fault(row.key))
            else:
                yield Change(row.key, row.item, self.moment, row.place)

    def _prepare(self, subject: Subject, rules: ItemRules, some: list[Change]) -> batch.Batch:
        """The changes made ready; one by one, to hear of each that cannot be taken, when they cannot all."""
        try:
            return batch.prepare(subject, self.store.hashings, some)
        except Invalid:
            good = [change for change in some if self._is_good(subject, rules, change)]
            return batch.prepare(subject, self.store.hashings, good)

    def _is_good(self, subject: Subject, rules: ItemRules, change: Change) -> bool:
        try:
            batch.prepare(subject, self.store.hashings, [change])
        except Invalid as error:
            row = Row(change.key, change.item, change.place)
            planning.note_faults(self.reading, rules, row, str(error).removeprefix(f"{change.place}: "))
            return False
        return True

    def _append(self, made: batch.Batch) -> None:
        with self.store.writing() as tx:
            appended = log.append(tx, self.register, made, self.told, Rules(dangling="keep"))
            # If we crash here, these entries are not durable; after COMMIT, next, they are, in a register that nobody
            # sees, which the next load of its name takes away.
        self.revision = appended.revision
        self.dangling += appended.dangling

    def _check_links(self) -> None:
        """Note a problem for each link to nothing, now that all entries are there."""
        with self.store.reading() as tx:
            for link in links.judge(tx, self.register, self.dangling).dangling:
                self.reading.wrong(link.place, link.field, planning.dangling_fault(link))
