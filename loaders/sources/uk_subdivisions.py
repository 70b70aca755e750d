"""The register `uk-subdivision`, from pycountry: what ISO 3166-2 says of the United Kingdom. No network.

Mapping: `code` without `GB-` → the key and `uk-subdivision`, `name` → `name` and `name-cy`, `type`,
`parent_code` without `GB-` → `parent`; `country` is GB.

Quirks of the source:
- A second name stands in brackets after the first, with or without the code that goes with it: "Wales [Cymru
  GB-CYM]". All are in Wales and in Welsh. That code names the same place again and is left out.
- Spellings are kept, odd ones too: "Rhondda CynonTaf", "Tor-faen", "Sir Ceredigion".
- Only the four nations are parents. "England and Wales", "Great Britain" and "United Kingdom", which ISO
  3166-2 lists beside its subdivisions, are not in the source.
- There are no dates, and reorganisations come late: Cumbria, which ended on 31 March 2023, is still
  there, without the two councils that followed it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pycountry

from loaders.source import About, Reading, Source, beside
from registers.batch import Change
from registers.definition import Definition
from registers.errors import Invalid

ABOUT = About(
    name="uk-subdivisions",
    register="uk-subdivision",
    title="Subdivisions of the United Kingdom",
    publisher="The iso-codes project of Debian, after ISO 3166-2:GB, packaged as pycountry",
    licence="GNU Lesser General Public License, version 2.1",
    attribution="Subdivision codes and names from the iso-codes project of Debian, by way of pycountry.",
    url="https://github.com/pycountry/pycountry",
    rhythm="With each release of pycountry that is installed; ISO revises the United Kingdom's list every few years.",
)

COUNTRY = "GB"
WALES = "WLS"
_split_name = re.compile(r"(?P<name>[^\[\]]+?)(?: \[(?P<second>[^\[\]]+?)(?: GB-[A-Z]{3})?\])?").fullmatch


def definition() -> Definition:
    """What the register is, from the YAML file beside this module."""
    return beside(__file__)


def read(_path: Path | None, _options: Mapping[str, str]) -> Reading:
    """Every record as pycountry has it. What it drops without a date stays as it was."""
    return Reading.of_changes(definition(), changes())


def changes() -> list[Change]:
    """Every subdivision as pycountry has it, nations first, each part sorted by key.

    Raises Invalid when a later pycountry spells a name in a way this module would get wrong.
    """
    of_country = [each for each in pycountry.subdivisions if each.country_code == COUNTRY]
    made = [_change(each.code, each.name, each.type, each.parent_code) for each in of_country]
    return sorted(made, key=lambda change: ("parent" in change.item, change.key))


def _change(code: str, name: str, kind: str, parent_code: str | None) -> Change:
    key, parent = _bare(code), _bare(parent_code or "")
    names = _split_name(name)
    if names is None or (names["second"] and WALES not in (key, parent)):
        raise Invalid(f"{code}: {name!r} is not a name with a Welsh one in brackets; the loader must be mended")
    item = {ABOUT.register: key, "name": names["name"], "type": kind, "country": COUNTRY}
    item |= {"name-cy": names["second"]} if names["second"] else {}
    return Change(key, item | ({"parent": parent} if parent else {}))


def _bare(code: str) -> str:
    return code.removeprefix(f"{COUNTRY}-")


SOURCE = Source(ABOUT, read, needs_file=False)
