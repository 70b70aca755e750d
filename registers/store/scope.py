"""Which index rows a question is answered from, and what a search gives back, in words that both engines share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

NOW = 2**62  # a size above any: the records that are current

Place = tuple[int, str, int]  # in a ranking, after its class: a length, a key, a register's id
FIRST: Place = (-1, "", 0)


@dataclass(frozen=True, slots=True)
class Scope:
    """The records of `registers`, by id, as they were at `size` entries; true on `day`, an ordinal, unless None."""

    registers: tuple[int, ...]
    size: int = NOW
    day: int | None = None


class Ranked(NamedTuple):
    """What a search found: the entry `since` which the record holds, and what it is ranked by."""

    since: int
    register_id: int
    key: str
    name: str
    length: int

    @property
    def place(self) -> Place:
        """Where it stands in its class."""
        return self.length, self.key, self.register_id
