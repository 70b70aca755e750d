"""The register `school`, from Get Information About Schools; and of the same file `school-type`, `diocese` and
`religious-character`, whose records it links to.

Three layouts are read, told by their columns: the full extract (`edubasealldata*.csv`: Windows-1252, 139 columns), and
two shorter ones that carry a few of its columns, so that a history can be made of old files.

Mapping of the full extract: `URN` → the key; `EstablishmentName` → `name`; `TypeOfEstablishment (code)` →
`school-type`; `EstablishmentStatus (name)` → `status`; `PhaseOfEducation (name)` → `phase`; `OpenDate` → `start-date`;
`CloseDate` → `end-date`; `GSSLACode (name)` → `local-authority`, looked up by its statistical code in that register;
`EstablishmentNumber` → `establishment-number`; `Diocese (code)` → `diocese`; `ReligiousCharacter (code)` →
`religious-character`; `Gender (name)` → `gender`; ages; `Street`, `Locality`, `Address3`, `Town`, `County (name)`,
`Postcode`; `UKPRN`; `UPRN`; `Easting` and `Northing` → `point`, through OSTN15.

Quirks of the source:
- The columns with the names and titles of head teachers are not read at all: they are people.
- Codes of nought ("00", "0", "999", "0000") stand for "not applicable", and are blank here; an age of 0 is an age.
- Dates are DD-MM-YYYY. An establishment closes on its last day, mostly 31 August; few have an opening date.
- The shorter extracts name types in other capitals than the full one ("Voluntary Aided School"), so names are looked
  up whatever their case. They spell a few as no code of the full extract is spelled; those are in `OTHER_NAMES`.
- The layout of July 2025 has open establishments only, and not all of them (independent schools are missing), so it is
  complete for nothing: a school that is not in it has not closed.
- The point is where the postcode is, for many; Welsh establishments and those overseas have none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

import yaml

from loaders import columns
from loaders.columns import Columns, Spec
from loaders.source import About, Problems, Reading, Resolution, Row, Source, beside
from loaders.tabular import Table, open_table
from registers.definition import Definition, from_yaml
from registers.entry import shortened
from registers.errors import Invalid

_PUBLISHER = "Department for Education"
_LICENCE = "Open Government Licence v3.0"
_ATTRIBUTION = "Contains public sector information licensed under the Open Government Licence v3.0."
_URL = "https://get-information-schools.service.gov.uk/Downloads"
_RHYTHM = "Every day"
KEY = "URN"
NOTHING = ("0", "00", "0000", "000000", "999", "ZZ")
# As the shorter extracts spell types that the full one spells otherwise, or has under another name.
OTHER_NAMES: Mapping[str, str] = {
    "LA Nursery School": "15",
    "Service Childrens Education": "26",
    "Free Schools Special": "36",
    "Free Schools - Alternative Provision": "38",
    "Free Schools - 16-19": "39",
    "Academy 16-19 Converter": "45",
    "Academy 16-19 Sponsor Led": "46",
}


class Part(NamedTuple):
    """One register of the file: the columns of its key and its name in the full extract."""

    register: str
    key: str
    name: str
    title: str


PARTS = (
    Part("school-type", "TypeOfEstablishment (code)", "TypeOfEstablishment (name)", "Types of school"),
    Part("diocese", "Diocese (code)", "Diocese (name)", "Dioceses of schools"),
    Part("religious-character", "ReligiousCharacter (code)", "ReligiousCharacter (name)", "Religious characters"),
)


def _about(name: str, register: str, title: str) -> About:
    return About(name, register, title, _PUBLISHER, _LICENCE, _ATTRIBUTION, _URL, _RHYTHM)


ABOUT = _about("schools", "school", "Schools and other establishments of education in England")


# The layouts


def _full() -> dict[str, Spec]:
    plain = {
        "name": "EstablishmentName",
        "status": "EstablishmentStatus (name)",
        "lowest-age": "StatutoryLowAge",
        "highest-age": "StatutoryHighAge",
        "street": "Street",
        "locality": "Locality",
        "address3": "Address3",
        "town": "Town",
        "county": "County (name)",
        "postcode": "Postcode",
        "ukprn": "UKPRN",
        "uprn": "UPRN",
    }
    coded = {"establishment-number": "EstablishmentNumber", "local-authority": "GSSLACode (name)"}
    specs = {field: columns.text(column) for field, column in plain.items()}
    specs |= {field: columns.text(column, NOTHING) for field, column in coded.items()}
    specs |= {part.register: columns.text(part.key, NOTHING) for part in PARTS}
    specs |= {
        "phase": columns.text("PhaseOfEducation (name)", ("Not applicable",)),
        "gender": columns.text("Gender (name)", ("Not applicable",)),
        "start-date": columns.dated("OpenDate", "DD-MM-YYYY"),
        "end-date": columns.dated("CloseDate", "DD-MM-YYYY"),
        "point": columns.grid_point("Easting", "Northing"),
    }
    return specs


def _short(table: Table) -> dict[str, Spec]:
    """The fields of whichever of the shorter layouts a table has: those of its columns that are known."""
    specs: dict[str, Spec] = {
        "name": columns.text("name"),
        "town": columns.text("town"),
        "postcode": columns.text("postcode"),
        "start-date": columns.dated("open_date", "DD-MM-YYYY"),
        "end-date": columns.dated("close_date", "DD-MM-YYYY"),
        "school-type": columns.coded("establishment-type", {**type_codes(), **OTHER_NAMES}),
        "local-authority": columns.text("la_gss_2017"),
        "establishment-number": columns.text("dfe_estab"),
        "point": columns.degree_point("longitude", "latitude"),
    }
    return {field: spec for field, spec in specs.items() if set(spec.columns) <= set(table.names)}


def type_codes() -> dict[str, str]:
    """The codes of the types of school by their names, from the YAML file beside this module."""
    types = yaml.safe_load(Path(__file__).with_name("school_types.yaml").read_text("utf-8"))
    return {str(name): str(code) for code, name in types.items()}


def _mapping(table: Table) -> Columns:
    if KEY in table.names:
        return Columns(ABOUT.register, columns.text(KEY), _full())
    if {"urn", "name"} <= set(table.names):
        return Columns(ABOUT.register, columns.text("urn"), _short(table))
    raise Invalid(
        f"this is no extract of schools: it has neither a column URN nor urn and name, but {table.names[0]} …"
    )


# Reading


def read(path: Path | None, options: Mapping[str, str]) -> Reading:
    """Open an extract, in whichever layout."""
    assert path is not None
    table = open_table(path, encoding=options.get("encoding"))
    mapping, problems = _mapping(table), Problems()
    wanted = definition()
    fields = tuple(each for each in wanted.fields if each.name in mapping.carries)
    resolves = {"local-authority": Resolution("local-authority", ("gss", "former-gss"))}
    return Reading(
        definition=replace(wanted, fields=fields),
        carries=mapping.carries,
        rows=columns.rows_of(table, mapping, problems),
        problems=problems,
        notes=list(table.notes),
        columns=mapping.called,
        resolves={field: each for field, each in resolves.items() if field in mapping.carries},
    )


def definition() -> Definition:
    """What the register is, from the YAML file beside this module."""
    return beside(__file__)


def _read_part(part: Part, path: Path | None, options: Mapping[str, str]) -> Reading:
    """Open an extract for one of the registers that schools link to: each code that it has, and its name, once."""
    assert path is not None
    table = open_table(path, encoding=options.get("encoding"))
    problems = Problems()
    made = Columns(part.register, columns.text(part.key, NOTHING), {"name": columns.text(part.name)})
    rows = _each_once(table, part, problems) if part.key in table.names else _types(table, part, problems)
    return Reading(_definition_of(part), made.carries, rows, problems, notes=list(table.notes))


def _each_once(table: Table, part: Part, problems: Problems) -> Iterator[Row]:
    found: dict[str, tuple[int, str]] = {}
    for number, (code, name) in table.rows(part.key, part.name):
        if code and name and code not in NOTHING:
            first, known = found.setdefault(code, (number, name))
            if normalize("NFC", name) != normalize("NFC", known):
                told = f"the code {code} is {shortened(name)} here, and {shortened(known)} in row {first}"
                problems.add(f"row {number}", part.name, told)
    columns.pass_on(table, problems)
    for code, (number, name) in sorted(found.items()):
        yield Row(code, {part.register: code, "name": name}, f"row {number}")


def _types(table: Table, part: Part, problems: Problems) -> Iterator[Row]:
    """Of a layout without codes, the types that it names; it names no others of these."""
    if part.register != "school-type" or "establishment-type" not in table.names:
        return
    known = {name.casefold(): (code, name) for name, code in type_codes().items()}
    by_code = dict(known.values())
    known |= {name.casefold(): (code, by_code[code]) for name, code in OTHER_NAMES.items()}
    found = {
        known[str(name).casefold()]
        for _, (name,) in table.rows("establishment-type")
        if name and name.casefold() in known
    }
    columns.pass_on(table, problems)
    for code, name in sorted(found):
        yield Row(code, {part.register: code, "name": name}, f"type {code}")


def _definition_of(part: Part) -> Definition:
    fields = [
        {"field": part.register, "text": "The code that Get Information About Schools has for it."},
        {"field": "name", "text": "Its name."},
    ]
    about = {
        "title": part.title,
        "text": f"{part.title}, as schools have them.",
        "registry": "department-for-education",
        "licence": _LICENCE,
        "copyright": _ATTRIBUTION,
        "update-frequency": "irregular",
    }
    custodian = "Whoever runs this service; the records are those of the Department for Education"
    return from_yaml({"register": part.register, **about, "custodian": custodian, "fields": fields})


_OPTIONS = frozenset({"encoding"})
TYPES, DIOCESES, CHARACTERS = (
    Source(_about(f"{part.register}s", part.register, part.title), partial(_read_part, part), _OPTIONS)
    for part in PARTS
)
SOURCE = Source(
    ABOUT,
    read,
    _OPTIONS,
    first=tuple(each.about.name for each in (TYPES, DIOCESES, CHARACTERS)),
    looks_up=frozenset({"local-authority"}),
)
