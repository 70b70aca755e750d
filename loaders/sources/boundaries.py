"""The register of any kind of area, from a file of boundaries: ONS's districts, constituencies and others, the world's.

Mapping: a column → the key and the register's own field, a column → `name`, a column, where there is one, → `name-cy`,
the shape → `geometry`, the option `start` → `start-date` of every area. The options `register`, `key` and `name` say
which columns; a preset knows them for a publisher's files, whose columns change their names with the year (LAD23CD,
LAD25CD).

Quirks of the sources:
- Shapes are dirty. Most of the districts of 2013 cross themselves or touch themselves. They are repaired, and each
  repair is among the notes. Where parts overlapped, the ground is kept once.
- A blank Welsh name is a space.
- Files that are made for drawing call the columns AREACD and AREANM, whatever the areas are, and do not say which year
  they are of. A layer may be called `UKregionmerc` and be in longitude and latitude.
- Natural Earth writes -99 where ISO has no code, and did so for France and Norway until it added ISO_A2_EH. Those get
  Natural Earth's own three letters, which are never ISO's two.
- Editions differ in what they cover: the United Kingdom or Great Britain, all of the world or what shows at a scale.
  So a file is taken to be complete only when `complete` says that it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from geo import crs, shapes
from geo.files import Feature, VectorFile, open_file
from loaders.source import About, Ending, Problems, Reading, Row, Source, once
from registers.datatypes import datatype
from registers.definition import Definition, Field, check_definition, check_name
from registers.entry import KEY_RULE, is_key, shortened
from registers.errors import Invalid

ONS = "Office for National Statistics"
OGL = "Open Government Licence v3.0"
ONS_ATTRIBUTION = (
    "Source: Office for National Statistics licensed under the Open Government Licence v.3.0. "
    "Contains OS data © Crown copyright and database right"
)
ONS_URL = "https://geoportal.statistics.gov.uk/"
OPTIONS = ("preset", "register", "key", "name", "name-cy", "start", "crs", "layer", "complete")

ABOUT = About(
    name="boundaries",
    register="local-authority-district",
    title="Areas and their boundaries",
    publisher=ONS,
    licence=OGL,
    attribution=ONS_ATTRIBUTION,
    url=ONS_URL,
    rhythm="Districts and constituencies each time that they change, mostly in April, May and December.",
)


class Preset(NamedTuple):
    """A publisher's files of one kind of area, whatever their year.

    keys        regular expressions for names of columns: an area's key is the first of those that has a value
    names       the same for its name
    welsh       one for its Welsh name; such a column need not be there
    missing     what stands in a key's column for no value
    complete    whether each of the publisher's files has all areas there are. It is said, never assumed of a file.
    """

    register: str
    title: str
    keys: tuple[str, ...]
    names: tuple[str, ...]
    rhythm: str
    complete: bool = False
    welsh: str = ""
    missing: str = ""
    publisher: str = ONS
    licence: str = OGL
    attribution: str = ONS_ATTRIBUTION
    url: str = ONS_URL
    where: str = "United Kingdom"


def _ons(
    register: str, title: str, letters: str, rhythm: str, complete: bool = False, where: str = "United Kingdom"
) -> Preset:
    """A preset for files whose columns are called, for LAD: LAD25CD, LAD25NM and LAD25NMW."""
    columns = [rf"{letters}\d\d{ending}" for ending in ("CD", "NM", "NMW")]
    keys, names = (columns[0], "AREACD"), (columns[1], "AREANM")
    return Preset(register, title, keys, names, rhythm, complete, welsh=columns[2], where=where)


PRESETS: Mapping[str, Preset] = {
    "districts": _ons("local-authority-district", "Local authority districts", "LAD", "Yearly, in May or December"),
    "constituencies": _ons(
        "parliamentary-constituency",
        "Constituencies of the House of Commons",
        "PCON",
        "When a review takes effect, last in July 2024",
        complete=True,
    ),
    "lsoa": _ons(
        "lower-layer-super-output-area",
        "Lower layer super output areas",
        "LSOA",
        "With each census",
        where="England and Wales",
    ),
    "regions": _ons(
        "region",
        "Regions of England",
        "RGN",
        "Yearly; they have not changed since 1998",
        complete=True,
        where="England",
    ),
    "countries": _ons("uk-country", "Countries of the United Kingdom", "CTRY", "Yearly, in December"),
    "natural-earth": Preset(
        "natural-earth-country",
        "Countries of the world as Natural Earth has them",
        ("ISO_A2_EH", "ISO_A2", "ADM0_A3"),
        ("NAME",),
        "Every year or two",
        missing="-99",
        publisher="Natural Earth",
        licence="Public domain",
        attribution="Made with Natural Earth.",
        url="https://www.naturalearthdata.com/",
        where="World",
    ),
}


class Columns(NamedTuple):
    """The columns of a file that are read, and what stands for no key. The first of `keys` that has a value counts."""

    keys: tuple[str, ...]
    name: str
    welsh: str
    missing: str

    def key(self, values: Mapping[str, str]) -> str:
        """The key of a feature, or nothing."""
        found = (values[column].strip() for column in self.keys)
        return next((value for value in found if value not in ("", self.missing)), "")


def read(path: Path | None, options: Mapping[str, str]) -> Reading:
    """Open a file of boundaries. Raises Invalid, in one sentence, for what is none and for options that do not fit.

    options     preset, one of PRESETS; or register, key and name (of columns), which also override a preset's;
                name-cy (a column); start (a date); crs and layer, as in `geo.files`; complete, yes or no
    """
    if path is None:
        raise Invalid("boundaries are read from a file: give its path")
    chosen = {name: value.strip() for name, value in options.items() if value.strip()}
    preset = _check_options(chosen)
    file = open_file(path, chosen.get("layer", ""), chosen.get("crs", ""))
    columns, system = _columns(file, preset, chosen), crs.system(file.crs)
    if file.bounds:
        shapes.check_bounds(file.bounds, system)
    definition = _definition(check_name(chosen.get("register", preset.register)), preset, bool(columns.welsh))
    reading = Reading(definition, _carried(definition, chosen), (), Problems())
    rows = (_row(feature, columns, system, reading) for feature in file.features())
    started = {"start-date": chosen["start"]} if "start" in chosen else {}
    reading.unique = True
    reading.rows = once((row._replace(item={**row.item, **started}) for row in rows if row), reading.problems)
    if chosen.get("complete") == "yes":
        reading.complete, reading.ending = _everything, Ending()
    elif preset.complete and "complete" not in chosen:
        reading.notes.append("nothing ends that is not in the file: if it has every area, say so with --complete yes")
    return reading


def _everything(item: object) -> bool:
    return True


# Options


def _check_options(chosen: Mapping[str, str]) -> Preset:
    """The preset, an empty one if none is asked for. Raises Invalid for an option that is unknown, missing or wrong."""
    for option in chosen:
        if option not in OPTIONS:
            raise Invalid(f"{shortened(option)} is not an option of boundaries: the options are {', '.join(OPTIONS)}")
    if chosen.get("complete", "yes") not in ("yes", "no"):
        raise Invalid(f"complete is yes or no, not {shortened(chosen['complete'])}")
    date = datatype("datetime")
    if "start" in chosen and (fault := date.check(chosen["start"])) is not None:
        raise Invalid(f"start: {shortened(chosen['start'])} {fault}")
    if "preset" in chosen:
        return _preset(chosen["preset"])
    lacking = [f"--{option}" for option in ("register", "key", "name") if option not in chosen]
    if lacking:
        raise Invalid(f"say {', '.join(lacking)}, or --preset, which is one of {', '.join(PRESETS)}")
    return Preset(chosen["register"], chosen["register"].replace("-", " ").capitalize(), (), (), "", url="")


def _preset(name: str) -> Preset:
    if name not in PRESETS:
        raise Invalid(f"{shortened(name)} is not a preset: the presets are {', '.join(PRESETS)}")
    return PRESETS[name]


def _columns(file: VectorFile, preset: Preset, chosen: Mapping[str, str]) -> Columns:
    """The columns to read. Raises Invalid, which lists those of the file, when one is not there."""
    return Columns(
        keys=_found(file, chosen.get("key", ""), preset.keys, "key"),
        name=_found(file, chosen.get("name", ""), preset.names, "name")[0],
        welsh=next(iter(_found(file, chosen.get("name-cy", ""), (preset.welsh,), "")), ""),
        missing="" if "key" in chosen else preset.missing,
    )


def _found(file: VectorFile, given: str, patterns: tuple[str, ...], option: str) -> tuple[str, ...]:
    """The column that is given, or those that fit the patterns, in the patterns' order; `option` must have one."""
    if given and given not in file.columns:
        raise Invalid(f"there is no column {shortened(given)}: {_listed(file)}")
    if given:
        return (given,)
    fitting = [[column for column in file.columns if re.fullmatch(pattern, column, re.I)] for pattern in patterns]
    for several in fitting:
        if len(several) > 1:
            raise Invalid(
                f"{file.name} has the columns {' and '.join(several)}: say which with --key, --name or --name-cy"
            )
    found = tuple(column for columns in fitting for column in columns)
    if option and not found:
        raise Invalid(f"{file.name} has no column such as the preset reads: say which with --{option}; {_listed(file)}")
    return found


def _listed(file: VectorFile) -> str:
    return f"its columns are {', '.join(file.columns)}" if file.columns else "it has no columns"


# The register


def _definition(register: str, preset: Preset, has_welsh: bool) -> Definition:
    fields = [
        Field(register, text="The code of the area, as its publisher gives it."),
        Field("name", text="The name of the area, in English."),
        Field("name-cy", text="The name of the area, in Welsh."),
        Field("start-date", "datetime", text="The first day that the area was there."),
        Field("end-date", "datetime", text="The last day that the area was there."),
        Field("geometry", "geometry", text="Where the area is: GeoJSON, in longitude and latitude."),
    ]
    is_known = bool(preset.keys)
    definition = Definition(
        name=register,
        key_field=register,
        fields=tuple(field for field in fields if has_welsh or field.name != "name-cy"),
        title=preset.title,
        text=f"{preset.title}, with their boundaries.",
        custodian=preset.publisher if is_known else "",
        licence=preset.licence if is_known else "",
        copyright=preset.attribution if is_known else "",
        spatial_coverage=preset.where if is_known else "",
    )
    check_definition(definition)
    return definition


def _carried(definition: Definition, chosen: Mapping[str, str]) -> frozenset[str]:
    """What the file speaks of: never an end, and a start only if the option says one."""
    silent = {"end-date"} if "start" in chosen else {"start-date", "end-date"}
    return frozenset(definition.field_names) - silent


# The rows


def _row(feature: Feature, columns: Columns, system: crs.System, reading: Reading) -> Row | None:
    """The area. One that cannot be taken goes to the reading's problems; what was repaired, to its notes."""
    place, key = f"row {feature.row}", columns.key(feature.values)
    if not is_key(key):
        fault = f"{shortened(key)} is no key: {KEY_RULE}" if key else "there is no key"
        reading.problems.add(place, columns.keys[0], fault)
        return None
    name = feature.values[columns.name].strip()
    geometry = _geometry(feature, system, f"{key} {name}".strip(), reading)
    if not geometry:
        return None
    values = {reading.definition.key_field: key, "name": name, "geometry": geometry}
    if columns.welsh:
        values["name-cy"] = feature.values[columns.welsh].strip()
    return Row(key, {field: value for field, value in values.items() if value}, place)


def _geometry(feature: Feature, system: crs.System, area: str, reading: Reading) -> str:
    """The shape's canonical text; nothing when there is a problem with it, which is noted."""
    try:
        made = shapes.make(feature.shape, system)
    except Invalid as fault:
        reading.problems.add(f"row {feature.row}", "geometry", f"{area}: {fault}")
        return ""
    repairs = ", ".join(filter(None, (feature.repaired, *made.repairs)))
    if repairs:
        reading.notes.append(f"repaired {area}: {repairs}")
    return made.text


def _register_of(options: Mapping[str, str]) -> str:
    """The register that is kept: the one told, or the preset's."""
    preset = PRESETS.get(options.get("preset", ""))
    return options.get("register", preset.register if preset else "")


SOURCE = Source(ABOUT, read, frozenset(OPTIONS), keeps=_register_of)
