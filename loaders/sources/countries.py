"""The register `country`, from pycountry: ISO 3166-1, and the withdrawn codes of ISO 3166-3. No network.

Mapping: `alpha_2` → the key and `country`, `name`, `official_name` → `official-name`, `common_name` →
`common-name` (only where it differs from the name), `alpha_3` → `alpha-3`, `numeric`; of former countries
`alpha_4` → `iso-3166-3`, `comment` → `note`, `withdrawal_date` → `end-date`. Flags are left out: they are the
two letters in another alphabet.

Quirks of the source:
- Former countries share codes. `CS` was two of them, so they are CSHH and CSXX; AI, BQ, BY, GE and SK are
  other countries today, so their former holders are AIDJ, BQAQ, BYAA, GEHH and SKIN. Alpha-3 and numeric codes
  recur too.
- A withdrawal date is that of the code, in eighteen cases only a year, and often later than the country's own
  end: Czechoslovakia ended with 1992, its code on 15 June 1993. The source does not say whether that day
  still counts; it is kept as the last day.
- What the source drops without a date stays in the register as it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pycountry

from loaders.source import About, Reading, Source, beside
from registers.batch import Change
from registers.definition import Definition

ABOUT = About(
    name="countries",
    register="country",
    title="Countries, current and former",
    publisher="The iso-codes project of Debian, after ISO 3166, packaged as pycountry",
    licence="GNU Lesser General Public License, version 2.1",
    attribution="Country codes and names from the iso-codes project of Debian, by way of pycountry.",
    url="https://github.com/pycountry/pycountry",
    rhythm="With each release of pycountry that is installed; ISO changes a few entries a year, or none.",
)

_MEMBERS = {
    "name": "name",
    "official-name": "official_name",
    "common-name": "common_name",
    "alpha-3": "alpha_3",
    "numeric": "numeric",
    "iso-3166-3": "alpha_4",
    "note": "comment",
    "end-date": "withdrawal_date",
}


def definition() -> Definition:
    """What the register is, from the YAML file beside this module."""
    return beside(__file__)


def read(_path: Path | None, _options: Mapping[str, str]) -> Reading:
    """Every record as pycountry has it. What it drops without a date stays as it was."""
    return Reading.of_changes(definition(), changes())


def changes() -> list[Change]:
    """Every country as pycountry has it, current ones first, each part sorted by key."""
    current = [dict(country) for country in pycountry.countries]
    former = [dict(country) for country in pycountry.historic_countries]
    holders = Counter(country["alpha_2"] for country in current + former)
    return _sorted(current, holders) + _sorted(former, holders)


def _sorted(countries: list[dict[str, str]], holders: Counter[str]) -> list[Change]:
    made = [_change(_key(country, holders), country) for country in countries]
    return sorted(made, key=lambda change: change.key)


def _key(country: dict[str, str], holders: Counter[str]) -> str:
    """The two letters, unless a former country shares them with any other."""
    is_shared = "alpha_4" in country and holders[country["alpha_2"]] > 1
    return country["alpha_4"] if is_shared else country["alpha_2"]


def _change(key: str, country: dict[str, str]) -> Change:
    item = {field: country[member] for field, member in _MEMBERS.items() if member in country}
    if item.get("common-name") == item["name"]:
        del item["common-name"]
    return Change(key, {ABOUT.register: key, **item})


SOURCE = Source(ABOUT, read, needs_file=False)
