"""Coordinates in one system: longitude and latitude, in that order, whatever a file counts in.

The National Grid (EPSG:27700) goes to longitude and latitude and back by OSTN15 and by nothing else, so that a
place has the same coordinates wherever they are asked for. pyproj alone would be metres off: without OSTN15's grid
file it falls back to seven parameters. OSTN15 leads to ETRS89, which is taken for WGS 84, as Ordnance Survey does.
All other systems go through pyproj.

OSTN15 is a rectangle, eastings 0 to 700 km and northings 0 to 1,250 km. Outside it there is no answer: arrays get
NaN, one point gets an error. The west of Fermanagh, 116 metres beyond its edge, is outside.

Arrays are NumPy's, of floats, of any shape; eastings and northings are in metres, longitudes and latitudes in
degrees. Nothing here loads data frames, so the application may use it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import cast

import numpy as np
import pyproj
from convertbng import cutil
from numpy.typing import ArrayLike, NDArray
from pyproj.exceptions import CRSError

from registers.entry import shortened
from registers.errors import Invalid

Numbers = NDArray[np.float64]
Pairs = tuple[Numbers, Numbers]

LON_LAT = "EPSG:4326"
NATIONAL_GRID = "EPSG:27700"
OSTN15_AREA = "eastings 0 to 700,000 and northings 0 to 1,250,000"
_SAME_AS_LON_LAT = (4326, 4258, 4979)  # WGS 84 in two dimensions and three, and ETRS89

# ETRS89 as eastings and northings: the National Grid's projection on the ellipsoid GRS80 (Ordnance Survey, "A guide
# to coordinate systems in Great Britain", annexe). convertbng has it too, but only for a box that leaves out the
# Isles of Scilly, St Kilda, the north of Shetland and the west of Northern Ireland.
_ETRS89 = (
    "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=tmerc +lat_0=49 +lon_0=-2 "
    "+k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=GRS80"
)


def lon_lat_from_grid(eastings: ArrayLike, northings: ArrayLike) -> Pairs:
    """Longitudes and latitudes of points on the National Grid, by OSTN15, to a centimetre; NaN outside its area."""
    east, north = _alike(eastings, northings)
    return _shaped(cutil.convert_lonlat(east.ravel(), north.ravel()), east.shape)


def grid_from_lon_lat(longitudes: ArrayLike, latitudes: ArrayLike) -> Pairs:
    """Eastings and northings, to the millimetre, of points by OSTN15; NaN outside its area."""
    longitude, latitude = _alike(longitudes, latitudes)
    east, north = _etrs89().transform(longitude.ravel(), latitude.ravel())
    return _shaped(cutil.convert_etrs89_to_osgb36(east, north), longitude.shape)


def lon_lat_of_point(easting: float, northing: float) -> tuple[float, float]:
    """Longitude and latitude of one point of the National Grid. Raises Invalid outside OSTN15's area."""
    longitude, latitude = lon_lat_from_grid([easting], [northing])
    if np.isnan(longitude[0]):
        raise Invalid(outside_fault(easting, northing))
    return float(longitude[0]), float(latitude[0])


def grid_of_point(longitude: float, latitude: float) -> tuple[float, float]:
    """Easting and northing of one point. Raises Invalid outside OSTN15's area."""
    easting, northing = grid_from_lon_lat([longitude], [latitude])
    if np.isnan(easting[0]):
        where = f"longitude {longitude:.7g}, latitude {latitude:.7g}"
        raise Invalid(f"{where} is not on the National Grid as OSTN15 has it: {OSTN15_AREA}")
    return float(easting[0]), float(northing[0])


def outside_fault(easting: float, northing: float) -> str:
    """What to say of a point of the National Grid that OSTN15 does not reach."""
    where = f"easting {easting:.10g}, northing {northing:.10g}"
    return f"{where} is outside OSTN15's area ({OSTN15_AREA}): use an edition in longitude and latitude"


# Any system


@dataclass(frozen=True, slots=True)
class System:
    """A coordinate reference system: whether it counts in degrees, and how it becomes longitude and latitude.

    `to_lon_lat` takes what comes first in files, longitudes or eastings, and then the other. What it cannot convert
    becomes NaN or infinite.
    """

    name: str
    is_degrees: bool
    to_lon_lat: Callable[[Numbers, Numbers], Pairs]

    @property
    def is_grid(self) -> bool:
        """Whether it is the National Grid."""
        return self.name == NATIONAL_GRID


@lru_cache(maxsize=64)
def system(text: str) -> System:
    """The system that `text` names: a code such as EPSG:3857, a URN, or well-known text as in a .prj file.

    Raises Invalid for what names none, and for a system that is not one of places on Earth.
    """
    crs = _parsed(text)
    code = crs.to_epsg(min_confidence=25)
    if code == 27700:
        return System(NATIONAL_GRID, False, lon_lat_from_grid)
    if code in _SAME_AS_LON_LAT or crs.equals(pyproj.CRS("OGC:CRS84"), ignore_axis_order=True):
        return System(LON_LAT, True, lambda longitudes, latitudes: (longitudes, latitudes))
    name = f"EPSG:{code}" if code else crs.name
    if not (crs.is_geographic or crs.is_projected):
        raise Invalid(f"{shortened(name)} is not a system of places on Earth: give one such as {NATIONAL_GRID}")
    transformer = pyproj.Transformer.from_crs(crs, LON_LAT, always_xy=True)
    return System(name, crs.is_geographic, partial(_through, transformer))


def _parsed(text: str) -> pyproj.CRS:
    """The system, without heights and without parameters of its own for reaching WGS 84."""
    try:
        crs = pyproj.CRS.from_user_input(text)
    except CRSError:
        raise Invalid(
            f"{shortened(text)} is not a coordinate reference system that is known here: give a code such as "
            f"{NATIONAL_GRID} or {LON_LAT}"
        ) from None
    while crs.is_compound or crs.is_bound:
        crs = crs.sub_crs_list[0] if crs.is_compound else cast(pyproj.CRS, crs.source_crs)
    return crs


def _through(transformer: pyproj.Transformer, first: Numbers, second: Numbers) -> Pairs:
    longitudes, latitudes = transformer.transform(first, second)
    return longitudes, latitudes


@lru_cache(maxsize=1)
def _etrs89() -> pyproj.Transformer:
    return pyproj.Transformer.from_pipeline(_ETRS89)


def _alike(first: ArrayLike, second: ArrayLike) -> Pairs:
    """Both as arrays of one shape."""
    one, two = np.broadcast_arrays(np.asarray(first, np.float64), np.asarray(second, np.float64))
    return one, two


def _shaped(pairs: Pairs, shape: tuple[int, ...]) -> Pairs:
    first, second = pairs
    return first.reshape(shape), second.reshape(shape)
