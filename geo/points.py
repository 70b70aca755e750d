"""What says where, as points: coordinates in any system, postcodes, records; and what is wrong with the others.

Many at once, as NumPy arrays: one that says nothing of use has a fault, in one sentence, and is no number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from geo.crs import LON_LAT, NATIONAL_GRID, Numbers, Pairs, System, outside_fault
from geo.places import POSTCODE, Position
from registers.entry import shortened

RECORD = "record"
COORDINATES: dict[tuple[str, ...], str] = {("lon", "lat"): LON_LAT, ("easting", "northing"): NATIONAL_GRID}
WAYS: tuple[tuple[str, ...], ...] = (*COORDINATES, (POSTCODE,), (RECORD,))
"""The ways of saying where, by the names of what says it."""
FARTHEST = 4e7  # metres, about once round the Earth
NOWHERE = "it says nowhere"

Find = Callable[[Sequence[str]], Mapping[str, Position]]
"""Finds the positions of what is named: postcodes, or records such as school:100000."""
Spelled = Callable[[int], tuple[object, ...]]
"""How the coordinates of a row stood where they came from, None for nothing."""


class Points(NamedTuple):
    """Where each row is, in degrees, NaN for those with a fault; and the faults, by row."""

    longitudes: Numbers
    latitudes: Numbers
    faults: dict[int, str]


def points_from(given: System, first: Numbers, second: Numbers, spelled: Spelled | None = None) -> Points:
    """Coordinates in a system, as points; those that cannot be in it have a fault."""
    longitudes, latitudes = _in_degrees(given, first, second)
    good = (np.abs(longitudes) <= 180) & (np.abs(latitudes) <= 90)  # and so no NaN
    bad = (~good).nonzero()[0].tolist()
    longitudes[bad] = latitudes[bad] = np.nan
    numbers = {row: (float(first[row]), float(second[row])) for row in bad}
    faults = {row: _fault(given, pair, spelled(row) if spelled else pair) for row, pair in numbers.items()}
    return Points(longitudes, latitudes, faults)


def _in_degrees(given: System, first: Numbers, second: Numbers) -> Pairs:
    """Longitudes and latitudes; what is farther from a system's origin than round the Earth is nowhere in it."""
    if given.name == LON_LAT:
        return first.copy(), second.copy()
    far = (np.abs(first) > FARTHEST) | (np.abs(second) > FARTHEST)
    return given.to_lon_lat(np.where(far, np.nan, first), np.where(far, np.nan, second))


def _fault(given: System, pair: tuple[float, float], spelled: tuple[object, ...]) -> str:
    """What is wrong with a pair of coordinates."""
    x, y = pair
    if all(value is None for value in spelled):
        return f"{NOWHERE}: there are no coordinates"
    written = ", ".join("nothing" if value is None else shortened(str(value)) for value in spelled)
    if not (np.isfinite(x) and np.isfinite(y)):
        return f"{written} are not two numbers"
    if not given.is_degrees:
        return outside_fault(x, y) if given.is_grid else f"{written} is nowhere in {given.name}"
    return f"{written} is no longitude from -180 to 180 and latitude from -90 to 90"


def points_of_names(texts: Sequence[str | None], find: Find) -> Points:
    """Postcodes or records, as points; those that cannot be found have a fault."""
    named = find(list(dict.fromkeys(filter(None, texts)))) if any(texts) else {}
    longitudes, latitudes = np.full((2, len(texts)), np.nan)
    faults = {}
    for row, text in enumerate(texts):
        position = named[text] if text else f"{NOWHERE}: there is nothing"
        if isinstance(position, str):
            faults[row] = position
        else:
            longitudes[row], latitudes[row] = position
    return Points(longitudes, latitudes, faults)
