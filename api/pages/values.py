"""How values are shown to people: a link where a value is a web address or the key of a record that is here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from api import paging, state
from api.pages.languages.saying import gettext
from api.pages.rendering import readable
from registers import expansion
from registers.definition import Definition, Field
from registers.entry import REDACTED, Entry, Item
from registers.expansion import Expansion
from registers.snapshot import Snapshot

HIDDEN = ("geometry",)  # datatypes whose values are too long for a table


@dataclass(frozen=True, slots=True)
class Shown:
    """One value: its text, where it leads if it leads anywhere, and the name of what it leads to."""

    text: str
    href: str = ""
    name: str = ""
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """A field, with its values before and after; none where it has none."""

    field: str
    before: Sequence[Shown]
    after: Sequence[Shown]

    @property
    def label(self) -> str:
        """The field as people write it."""
        return readable(self.field)


@dataclass(frozen=True, slots=True)
class Values:
    """The values of some records of one register, ready to be shown."""

    definition: Definition
    expansion: Expansion

    def of(self, item: Item) -> dict[str, list[Shown]]:
        """The values of an item by field, in the order of the fields; none for a field that it lacks."""
        return {field.name: self._shown(field, item.get(field.name)) for field in self.definition.fields}

    @property
    def beside(self) -> str:
        """What these rest on beside states: a register that is linked to may come to be here."""
        return "links" if self.definition.links else ""

    def rest(self, taken: Snapshot) -> None:
        """Say that what is shown rests on the register's state, and on those of the registers it links to."""
        state.rest_on([taken, *self.expansion.states], self.beside)

    def _shown(self, field: Field, value: str | list[str] | None) -> list[Shown]:
        members = [value] if isinstance(value, str) else value or []
        return [self._one(field, member) for member in members]

    def _one(self, field: Field, value: str) -> Shown:
        if value.startswith(REDACTED):
            return Shown(gettext("Taken away"), redacted=True)
        if field.datatype == "url" and value.lower().startswith(("https://", "http://")):
            return Shown(value, value)
        register, key = field.link(value)
        body = self.expansion.bodies.get((register or "", key)) if field.name != self.definition.key_field else None
        if register is None or body is None:
            return Shown(value)
        name = json.loads(body).get("name")
        return Shown(value, record_path(register, key), name if isinstance(name, str) else "")


def values(taken: Snapshot, definition: Definition, items: Sequence[Item]) -> Values:
    """What it takes to show these items of a register: the records that they link to are looked up together."""
    return Values(definition, expansion.expand(taken.tx, definition.links, items))


def item_of(entry: Entry) -> Item:
    """The item of an entry."""
    item: Item = json.loads(entry.body)
    return item


def name_of(entry: Entry) -> str:
    """What people call a record: its name, or its key."""
    name = item_of(entry).get("name")
    return name if isinstance(name, str) and not name.startswith(REDACTED) else entry.key


def record_path(register: str, key: str) -> str:
    """The path of a record's page."""
    return paging.full_path("pages-records.show_record", register=register, key=key)


def columns(definition: Definition) -> list[Field]:
    """The fields that a table shows: the key first, and none whose values are shapes."""
    shown = [field for field in definition.fields if field.datatype not in HIDDEN]
    return sorted(shown, key=lambda field: field.name != definition.key_field)


def plain(value: str | Sequence[str]) -> list[Shown]:
    """Values as text alone."""
    members = [value] if isinstance(value, str) else value
    return [Shown("Taken away", redacted=True) if each.startswith(REDACTED) else Shown(each) for each in members]
