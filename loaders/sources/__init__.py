"""The sources that there are, by the names that one types. A source's module is loaded when it is asked for.

Some read shapes and workbooks, with libraries that whoever only serves need not load.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from loaders.source import Source

# The module of each, and its place there.
PLACES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "countries": ("countries", "SOURCE"),
        "uk-subdivisions": ("uk_subdivisions", "SOURCE"),
        "country-areas": ("country_areas", "SOURCE"),
        "local-authorities": ("local_authorities", "SOURCE"),
        "school-types": ("schools", "TYPES"),
        "dioceses": ("schools", "DIOCESES"),
        "religious-characters": ("schools", "CHARACTERS"),
        "schools": ("schools", "SOURCE"),
        "boundaries": ("boundaries", "SOURCE"),
        "postcodes": ("postcodes", "SOURCE"),
        "table": ("table", "SOURCE"),
    }
)
NAMES = tuple(PLACES)
EMBEDDED = ("countries", "uk-subdivisions")  # they need no file


def find(name: str) -> Source:
    """The source of that name, which is one of `NAMES`."""
    module, place = PLACES[name]
    found: Source = getattr(import_module(f"{__name__}.{module}"), place)
    return found
