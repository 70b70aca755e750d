"""The published registers as people meet them: what each is called, is about, and how much is in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from api.reading import definition_of
from registers import snapshot
from registers.definition import Definition
from registers.store import registers
from registers.store.engine import Transaction
from registers.v2.shapes import readable


@dataclass(frozen=True, slots=True)
class Listed:
    """A register in a list; `updated` is in UTC seconds."""

    definition: Definition
    records: int
    updated: int | None

    @property
    def name(self) -> str:
        """The name in its address."""
        return self.definition.name

    @property
    def title(self) -> str:
        """What people call it."""
        return title_of(self.definition)


def title_of(definition: Definition) -> str:
    """What people call a register: its title, or its name made readable."""
    return definition.title or readable(definition.name)


def published(tx: Transaction) -> list[Listed]:
    """All registers that are public, by title."""
    taken = [snapshot.take(tx, register) for register in registers.find_published(tx.connection)]
    listed = [Listed(definition_of(each), each.total_records, each.last_updated) for each in taken]
    return sorted(listed, key=lambda each: (each.title.casefold(), each.name))


def matching(listed: Iterable[Listed], words: str) -> list[Listed]:
    """Those whose name, title, description or custodian hold each of the words."""
    wanted = words.casefold().split()
    return [each for each in listed if all(word in _text(each.definition) for word in wanted)]


def _text(definition: Definition) -> str:
    parts = (definition.name, title_of(definition), definition.text, definition.custodian)
    return " ".join(parts).casefold()
