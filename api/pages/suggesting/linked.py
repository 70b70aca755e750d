"""The records of other registers that a form names: what they are called, and where more of them are found.

Without scripts a field for a key is a text field that says beside it what the key is of. With them it suggests records,
which the API completes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.pages.languages.saying import gettext
from api.pages.rendering import api_path, cut
from registers import expansion
from registers.definition import Definition, Field
from registers.entry import REDACTED, shortened
from registers.expansion import Expansion
from registers.store import registers
from registers.store.engine import Transaction

MOST = 5  # records of a list that are named
LONGEST = 60  # characters of a name


@dataclass(frozen=True, slots=True)
class Linked:
    """By field: where what is typed `completes` to a key, and what is `told` of those that were typed."""

    completes: Mapping[str, str]
    told: Mapping[str, str]


def look(tx: Transaction, definition: Definition, typed: Mapping[str, Sequence[str]]) -> Linked:
    """The records whose keys were typed, by field, for the fields whose registers are published here."""
    found = expansion.expand(tx, definition.links, [{name: list(values) for name, values in typed.items()}])
    here = {name for name, _ in found.bodies}
    completes: dict[str, str] = {}
    for field in definition.links:
        register = registers.find_by_any_name(tx.connection, field.register) if field.register else None
        if field.register and register and register.status == "published":
            here.add(field.register)
            completes[field.name] = api_path("v2", "registers", register.name, "suggest")
    told = {field.name: _told(field, typed.get(field.name, ()), found, here) for field in definition.links}
    return Linked(completes, told)


def _told(field: Field, values: Sequence[str], found: Expansion, here: set[str]) -> str:
    """What is said of the values of a field: the names of records, and of keys that there are none."""
    sentences = []
    for value in values[:MOST]:
        register, key = field.link(value)
        body = found.bodies.get((register or "", key))
        if body is not None:
            sentences.append(gettext("%(key)s is %(name)s.", key=shortened(value), name=_name(body)))
        elif register in here:
            sentences.append(
                gettext("There is no record %(key)s in %(register)s.", key=shortened(key), register=register)
            )
    return " ".join(sentences)


def _name(body: str) -> str:
    """What people call a record; "there" for one without a name, or whose name was taken away."""
    name = json.loads(body).get("name")
    return cut(name, LONGEST) if isinstance(name, str) and not name.startswith(REDACTED) else gettext("there")
