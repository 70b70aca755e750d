"""Postcodes of the register `postcode`, whole or only how they begin, spaced and cased as people write them.

A whole postcode is an outward code and an inward one, M1 and 1AE. All that begin with M1 are those of the outward code
M1, and not those of M11; of its sectors, M1 1 is one. Spaces tell M1 1 from M11, so a sector that is written without
its space is taken for an outward code where it could be one.

The register's keys are postcodes without their space, and an inward code is a digit and two letters. So the keys of a
sector are a range: behind M11, a letter comes next. An outward code has ten sectors, and at most 6,760 postcodes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from registers import snapshot
from registers.datatypes import datatype
from registers.entry import Item, shortened
from registers.errors import Invalid, NotFound
from registers.question import days, title_of
from registers.snapshot import Snapshot
from registers.store import registers
from registers.store.engine import Transaction

REGISTER = "postcode"
POSTCODE, SECTOR, OUTWARD = "postcode", "sector", "outward-code"
LIVE, TERMINATED, TO_COME = "live", "terminated", "to-come"
_OUTWARD = "[A-Z]{1,2}[0-9][0-9A-Z]?|GIR"  # A9, A99, A9A, AA9, AA99, AA9A, and that of Girobank
_KINDS = (
    (POSTCODE, re.compile(rf"({_OUTWARD})([0-9][A-Z]{{2}})")),
    (OUTWARD, re.compile(rf"({_OUTWARD})()")),
    (SECTOR, re.compile(rf"({_OUTWARD})([0-9])")),
)
_SPACED_SECTOR = re.compile(rf"({_OUTWARD}) ([0-9])")
_LETTERS = ("A", "[")  # from A to before what follows Z

Point = tuple[float, float]


class Sought(NamedTuple):
    """What is looked for: a whole postcode, or how some begin."""

    kind: str
    outward: str
    inward: str  # of an outward code nothing, of a sector its digit

    @property
    def key(self) -> str:
        """Without the space, as the register has it."""
        return self.outward + self.inward

    @property
    def written(self) -> str:
        """With its space, as it is written on a letter."""
        return f"{self.outward} {self.inward}".rstrip()


class Postcode(NamedTuple):
    """A postcode of the register."""

    key: str
    item: Item

    @property
    def written(self) -> str:
        """As the register writes it, with its space."""
        return title_of(self.item, self.key)

    @property
    def point(self) -> Point | None:
        """Its longitude and latitude, if it has a position."""
        text = self.item.get("point")
        if not isinstance(text, str) or datatype("point").check(text):
            return None
        longitude, latitude = json.loads(text)
        return float(longitude), float(latitude)

    def status(self, day: date) -> str:
        """Whether it is live on a day, was terminated, or has not been introduced yet."""
        first, last = days(self.item)
        if last is not None and last < day.toordinal():
            return TERMINATED
        return TO_COME if first is not None and first > day.toordinal() else LIVE


def sought(text: str) -> Sought:
    """What a text asks for. Raises Invalid, with what would be right, for what is no postcode and no beginning."""
    words = [word.upper() if word.isascii() else word for word in text.split()]  # ß is no SS
    if found := _SPACED_SECTOR.fullmatch(f"{''.join(words[:-1])} {words[-1]}" if words else ""):
        return Sought(SECTOR, found[1], found[2])
    for kind, pattern in _KINDS:
        if found := pattern.fullmatch("".join(words)):
            return Sought(kind, found[1], found[2])
    raise Invalid(
        f"{shortened(text)} is not a postcode such as M1 1AE, nor how one begins: an outward code such as M1, "
        "or a sector such as M1 1"
    )


def register_at(tx: Transaction, at: str | None, asked: str) -> Snapshot:
    """The register at a state. Raises NotFound where there is none to look something up in."""
    if registers.find(tx.connection, REGISTER) is None:
        raise NotFound(f"there is no register {REGISTER} here to look {shortened(asked)} up in")
    return snapshot.take(tx, snapshot.find_register(tx, REGISTER, drafts=False), at)


def postcode(taken: Snapshot, key: str) -> Postcode:
    """A whole postcode, live or not, by its key. Raises NotFound."""
    return Postcode(key, json.loads(taken.record(key).body))


def postcodes(taken: Snapshot, beginning: Sought) -> list[Postcode]:
    """All postcodes that begin so, live or not, by key. Raises NotFound when there are none."""
    digits = beginning.inward or "0123456789"
    prefixes = [beginning.outward + digit for digit in digits]
    ranges = [tuple(prefix + letter for letter in _LETTERS) for prefix in prefixes]
    found = [row for low, high in ranges for row in taken.bodies_between(low, high)]
    if not found:
        raise NotFound(f"the register {taken.register.name} has no postcode that begins with {beginning.written}")
    return [Postcode(key, json.loads(body)) for key, body in found]


def middle(points: Iterable[Point | None]) -> Point | None:
    """The mean of some positions, to a tenth of a metre; None when there is none."""
    placed = [point for point in points if point]
    if not placed:
        return None
    east, north = (sum(axis) / len(placed) for axis in zip(*placed, strict=True))
    return round(east, 6), round(north, 6)
