"""The register `country-area`, from the TopoJSON of npm's world-atlas: countries as Natural Earth draws them.

Mapping: `id`, a numeric code of ISO 3166-1 → the key and `country`, its alpha-2 code, through pycountry; `name`; the
shape → `geometry`. The file is `countries-50m.json` (1:50 million); those at 1:110 and 1:10 million are read too.

Quirks of the source:
- What Natural Earth draws apart and ISO has no code for has no `id`: Kosovo, Northern Cyprus, Somaliland, the Siachen
  Glacier, and the Indian Ocean Territories of Australia, which have two codes. They are left out, so of a point there
  no country is said; a note says which they are.
- Ashmore and Cartier Islands have the code of Australia, and are part of its area.
- France's departments overseas, Svalbard, and the Caribbean Netherlands are parts of France, Norway and the
  Netherlands, although they have codes of their own. Gibraltar, Tuvalu and other small places are not drawn.
- Shapes are those of a globe: they are not cut at the antimeridian, and Antarctica is what lies between its coast and a
  ring at 89.999° south. That ring is brought to the pole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pycountry
import shapely  # type: ignore[import-untyped]

from geo import shapes
from geo.files import open_file
from loaders.source import About, Problems, Reading, Row, Source, beside
from registers.definition import Definition
from registers.entry import shortened
from registers.errors import Invalid

ABOUT = About(
    name="country-areas",
    register="country-area",
    title="Areas of countries",
    publisher="Natural Earth, packaged as world-atlas",
    licence="Public domain; the package is under the ISC licence",
    attribution="Made with Natural Earth, in the edition of the package world-atlas.",
    url="https://github.com/topojson/world-atlas",
    rhythm="With each release of world-atlas that is installed.",
)
LAYER = "countries"
POLE = 89.9985  # degrees of latitude beyond which the source means a pole


def definition() -> Definition:
    """What the register is, from the YAML file beside this module."""
    return beside(__file__)


def read(path: Path | None, _options: Mapping[str, str]) -> Reading:
    """Open the file. Raises Invalid for what is none, or has no layer `countries` with `id` and `name`."""
    assert path is not None
    file = open_file(path, LAYER)
    if not {"id", "name"} <= set(file.columns):
        raise Invalid(f"{file.name} is no file of world-atlas: its features have no id and name")
    wanted, problems = definition(), Problems()
    reading = Reading(wanted, frozenset(wanted.field_names) - {"start-date", "end-date"}, (), problems)
    codes = {country.numeric: country.alpha_2 for country in pycountry.countries}
    parts: dict[str, list[tuple[str, Any]]] = {}
    without: list[str] = []
    for feature in file.features():
        name, number = feature.values["name"].strip(), feature.values["id"].strip()
        if not number:
            without.append(name)
        elif number not in codes:
            problems.add(f"row {feature.row}", "id", f"{shortened(number)} is no numeric code of ISO 3166-1: {name}")
        elif feature.shape is None:
            problems.add(f"row {feature.row}", "geometry", f"{name} has no shape")
        else:
            parts.setdefault(codes[number], []).append((name, feature.shape))
    if without:
        reading.notes.append(f"left out, for they have no code of ISO 3166-1: {', '.join(without)}")
    reading.unique, reading.rows = True, _rows(parts, reading)
    return reading


def _rows(parts: Mapping[str, list[tuple[str, Any]]], reading: Reading) -> Iterator[Row]:
    """A row for each code. It is called as its largest part is."""
    for code, named in sorted(parts.items()):
        name = max(named, key=lambda each: shapely.area(each[1]))[0]
        try:
            made = shapes.make(_as_one([shape for _, shape in named]))
        except Invalid as fault:
            reading.problems.add(f"the country {code}", "geometry", f"{name}: {fault}")
            continue
        others = [each for each, _ in named if each != name]
        done = [*made.repairs, *(f"joined with {each}" for each in others)]
        if done:
            reading.notes.append(f"repaired {code} {name}: {', '.join(done)}")
        values = {"country-area": code, "name": name, "country": code, "geometry": made.text}
        yield Row(code, values, f"the country {code}")


def _as_one(shapes_of_country: list[Any]) -> Any:
    """The polygons of several shapes as one, with the poles where they are."""
    polygons = [polygon for shape in shapes_of_country for polygon in shapely.get_parts(shape)]
    whole = shapely.MultiPolygon(polygons) if len(polygons) > 1 else polygons[0]
    return shapely.transform(whole, _with_poles)


def _with_poles(vertices: Any) -> Any:
    longitudes, latitudes = vertices.T
    return np.column_stack([longitudes, np.where(np.abs(latitudes) > POLE, np.sign(latitudes) * 90, latitudes)])


SOURCE = Source(ABOUT, read)
